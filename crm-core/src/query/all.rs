//! All records of a query, a page at a time.

use std::collections::BTreeMap;

use super::Query;
use super::cursor;
use super::find::{Access, Route, find, page_len, project, projection};
use super::prepared::Prepared;
use super::reader::Reader;
use crate::error::{Error, Result};
use crate::limits;
use crate::record::Record;
use crate::value::{Id, Ref};

/// The way through all records of a query, over one state.
///
/// In an order that no index has, a page is the first of all that comes after the page before, which takes a look at
/// all of them. So the places of the next pages are found with one look: as many as there is room for.
pub(crate) struct Through {
    query: Query,
    /// The ids of the records that come next, in such an order.
    ahead: std::vec::IntoIter<Id>,
    /// The rank of the last of them, if there are more behind it.
    after: Option<Vec<u8>>,
    /// True if nothing comes behind `ahead`.
    ended: bool,
    places_bytes_max: usize,
}

impl Through {
    pub(crate) fn new(query: Query) -> Self {
        Through {
            query,
            ahead: Vec::new().into_iter(),
            after: None,
            ended: false,
            places_bytes_max: limits::PLACES_BYTES_MAX,
        }
    }

    /// The next records; none at the end.
    pub(crate) fn page(&mut self, reader: &Reader<'_>) -> Result<Vec<Record>> {
        let limit = page_len(self.query.limit)?;
        while self.ahead.len() == 0 && !self.ended {
            if let Some(page) = self.look(reader)? {
                return Ok(page);
            }
        }
        let object = reader.lens.object(&self.query.object)?;
        let wanted = projection(&reader.lens, object, &self.query.fields)?;
        let ids = self.ahead.by_ref().take(limit);
        let rows = ids.map(|id| {
            let object = object.id;
            let record = reader.lens.record(Ref { object, id })?;
            let gone = || Error::corrupt(format!("record {id} went while records were read"));
            project(&reader.lens, record.ok_or_else(gone)?, &wanted)
        });
        rows.collect()
    }

    /// Finds what comes next: a page of an order that is there, or the places of the next ones.
    fn look(&mut self, reader: &Reader<'_>) -> Result<Option<Vec<Record>>> {
        let Query {
            object,
            filter,
            sort,
            trash,
            ..
        } = &self.query;
        let prepared = reader.prepare(object, filter, sort, *trash)?;
        projection(&reader.lens, prepared.object, &self.query.fields)?;
        let Route::Sorted(access) = reader.route(&prepared)? else {
            let page = find(reader, &self.query)?;
            match page.next {
                Some(next) => self.query.after = next,
                None => self.ended = true,
            }
            return Ok(Some(page.rows));
        };
        if !self.query.after.is_empty() {
            let after = cursor::decode(&self.query, &prepared.order, &self.query.after)?;
            self.after = Some(prepared.order.rank_of(&after)?);
            self.query.after.clear();
        }
        let places = self.places(reader, &prepared, &access)?;
        self.ahead = places.into_iter();
        Ok(None)
    }

    /// The ids of the first records behind `after`, for which there is room.
    fn places(
        &mut self,
        reader: &Reader<'_>,
        prepared: &Prepared<'_>,
        access: &Access,
    ) -> Result<Vec<Id>> {
        /// What a place takes besides its rank.
        const PLACE_BYTES: usize = 64;
        let (mut first, mut bytes, mut more) = (BTreeMap::new(), 0, false);
        reader.for_each_in(prepared, access, &mut |stored| {
            let rank = prepared.order.rank(stored)?;
            if self.after.as_ref().is_some_and(|after| rank <= *after) {
                return Ok(());
            }
            let is_beyond = |(last, _): (&Vec<u8>, _)| rank > *last;
            if more && first.last_key_value().is_some_and(is_beyond) {
                return Ok(());
            }
            bytes += rank.len() + PLACE_BYTES;
            first.insert(rank, stored.id);
            while bytes > self.places_bytes_max && first.len() > 1 {
                more = true;
                bytes -= first
                    .pop_last()
                    .map_or(0, |(rank, _)| rank.len() + PLACE_BYTES);
            }
            Ok(())
        })?;
        self.ended = !more;
        self.after = first.last_key_value().map(|(rank, _)| rank.clone());
        Ok(first.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Company, Crm};

    /// Wherever the room for places ends, the records are those that pages give, in their order.
    #[test]
    fn places_are_found_for_as_many_as_there_is_room_for() {
        let crm = Crm::in_memory().unwrap();
        for n in 0..300_u64 {
            let name = format!("Company {}", n * 7_919 % 300);
            let draft = Company::draft().name(name).employees((n % 7).cast_signed());
            crm.create(draft).unwrap();
        }
        for sort in ["employees", "-employees,name", "description,-employees"] {
            let query = Query::of("company").sort(sort).limit(11);
            let (mut paged, mut after) = (Vec::new(), Some(String::new()));
            while let Some(cursor) = after {
                let page = crm.find(&query.clone().after(&cursor)).unwrap();
                paged.extend(page.rows.iter().map(Record::id));
                after = page.next;
            }
            assert_eq!(paged.len(), 300);
            let second = crm.find(&query).unwrap().next.unwrap();
            for (start, after) in [(0, ""), (11, second.as_str())] {
                for room in [0, 1_000, 5_000, limits::PLACES_BYTES_MAX] {
                    let mut through = Through::new(query.clone().after(after));
                    through.places_bytes_max = room;
                    let mut found = Vec::new();
                    loop {
                        let page = crm.read(|reader| through.page(reader)).unwrap();
                        if page.is_empty() {
                            break;
                        }
                        found.extend(page.iter().map(Record::id));
                    }
                    assert_eq!(found, paged[start..], "{sort}, room for {room}");
                }
            }
        }
    }
}
