//! The order that a query asks for, and the places in it that cursors hold.

use super::SortKey;
use crate::access::Lens;
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::record::Stored;
use crate::schema::{ObjectDef, system};
use crate::value::{Id, KeyBuilder, KeyReader};

/// The order of a query's records. Of equals the id decides, so that no two records share a place.
#[derive(Debug)]
pub(super) struct Order {
    /// The fields, with true for the greatest first.
    keys: Vec<(u16, bool)>,
    /// True if of equals the greatest id is first.
    ids_descending: bool,
}

/// A record's place in an order: its sort values and its id, as they stand in an index.
pub(super) struct Place(Vec<u8>);

impl Place {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Order {
    pub(super) fn new(lens: &Lens<'_>, object: &ObjectDef, sort: &[SortKey]) -> Result<Self> {
        if sort.len() > limits::SORT_KEYS_MAX {
            return Err(Detail::Limit {
                what: "fields that order a query",
                max: limits::SORT_KEYS_MAX as u64,
                actual: sort.len() as u64,
            }
            .into());
        }
        let mut order = Order {
            keys: Vec::with_capacity(sort.len()),
            ids_descending: false,
        };
        for key in sort {
            let field = lens.field(object, &key.field)?;
            if field.many {
                let reason = "records cannot be ordered by a list";
                return Err(Error::invalid(&key.field, reason).at_field(&object.name, &key.field));
            }
            order.ids_descending = key.descending;
            if field.id == system::ID {
                // Nothing is left to order behind the id.
                break;
            }
            order.keys.push((field.id, key.descending));
        }
        Ok(order)
    }

    /// True for an order that is an ascending one read backwards, false for an ascending one; `None` for one
    /// of both.
    pub(super) fn direction(&self) -> Option<bool> {
        let all = |descending| self.keys.iter().all(|(_, other)| *other == descending);
        all(self.ids_descending).then_some(self.ids_descending)
    }

    /// The fields that order, without the id.
    pub(super) fn fields(&self) -> Vec<u16> {
        self.keys.iter().map(|(field, _)| *field).collect()
    }

    /// The place of a record.
    pub(super) fn place(&self, record: Stored<'_>) -> Result<Place> {
        let mut key = KeyBuilder::new();
        for (field, _) in &self.keys {
            key.push_value(record.fields.try_get(*field)?)?;
        }
        key.push_id(record.id);
        Ok(Place(key.into_bytes()))
    }

    /// The place that a cursor holds.
    ///
    /// # Errors
    /// `Corrupt` for bytes that are no place in this order.
    pub(super) fn place_from(&self, bytes: Vec<u8>) -> Result<Place> {
        self.parts(&bytes)?;
        Ok(Place(bytes))
    }

    /// Bytes that compare as the records stand in the order: those of a descending key are inverted.
    pub(super) fn rank(&self, record: Stored<'_>) -> Result<Vec<u8>> {
        self.rank_of(&self.place(record)?)
    }

    /// The rank of a place.
    pub(super) fn rank_of(&self, place: &Place) -> Result<Vec<u8>> {
        let mut rank = place.0.clone();
        if self.direction() == Some(false) {
            return Ok(rank);
        }
        let mut start = 0;
        for (end, descending) in self.parts(&place.0)? {
            if descending && let Some(part) = rank.get_mut(start..end) {
                part.iter_mut().for_each(|byte| *byte = !*byte);
            }
            start = end;
        }
        Ok(rank)
    }

    /// Where each value of a place ends, the id's last, and whether it descends.
    fn parts(&self, place: &[u8]) -> Result<Vec<(usize, bool)>> {
        let mut reader = KeyReader::new(place);
        let mut parts = Vec::with_capacity(self.keys.len() + 1);
        for (_, descending) in &self.keys {
            reader.skip_value()?;
            parts.push((place.len() - reader.rest().len(), *descending));
        }
        let _: Id = reader.id()?;
        if !reader.is_empty() {
            return Err(Error::corrupt("a place that does not end with an id"));
        }
        parts.push((place.len(), self.ids_descending));
        Ok(parts)
    }
}
