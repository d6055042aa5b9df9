//! Changes as values: what a batch holds, and what hosts in other languages send.

use super::card;
use crate::engine::{Outcome, OutcomeKind, Work};
use crate::error::{Detail, Error, Result};
use crate::record::{FieldKey, Fields};
use crate::schema::Object;
use crate::value::{Id, Ref};

/// A change that is asked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Creates a record.
    Create {
        /// The name of the object.
        object: String,
        /// The id, where the caller makes it; the engine makes one otherwise.
        id: Option<Id>,
        /// Its values.
        fields: Fields,
    },
    /// Changes fields of a record.
    Update {
        /// The record.
        record: Ref,
        /// The values; null clears a field.
        fields: Fields,
        /// The version that the caller has read, or any later commit as of which that was the record: if somebody
        /// else has changed one of the same fields since, the change is refused as `Stale`. `None` overwrites.
        ///
        /// Two who set a field to the same value do not disagree: the second is `Unchanged`. So a field that is
        /// set to what was read only says that it must still be that, and a counter, where two who add one must
        /// both be counted, needs another field that tells the two apart.
        expected: Option<u64>,
    },
    /// Changes the record that has a value in a unique or indexed field, or creates one. Where no record has the value
    /// as it is written, another spelling of it counts: of an e-mail address in other case, of other text in other
    /// case or with other accents, unless the field is exact.
    Upsert {
        /// The name of the object.
        object: String,
        /// The name of the field that finds the record; its value is among `fields`.
        by: String,
        /// The values.
        fields: Fields,
    },
    /// Moves a card of a board; see [`Session::move_card`](crate::Session::move_card).
    Move {
        /// The card.
        card: Ref,
        /// The record of the column where it is to stand.
        column: Ref,
        /// The card of that column behind which it is to stand; `None` for the top.
        behind: Option<Ref>,
        /// The commit whose state the caller has read, such as [`Session::sequence`](crate::Session::sequence)
        /// from before the board was read: if somebody else has moved the card since, the move is refused as
        /// `Stale`. `None` moves it all the same.
        expected: Option<u64>,
    },
    /// Puts a record into the trash.
    Delete {
        /// The record.
        record: Ref,
    },
    /// Takes a record out of the trash.
    Restore {
        /// The record.
        record: Ref,
    },
    /// Removes a record for good.
    Purge {
        /// The record.
        record: Ref,
    },
}

impl Change {
    /// Creates a record.
    pub fn create<O: Object>(draft: crate::Draft<O>) -> Self {
        Change::Create {
            object: O::TYPE_NAME.to_owned(),
            id: None,
            fields: draft.into(),
        }
    }

    /// Changes fields of a record.
    pub fn update<O: Object>(id: Id<O>, draft: crate::Draft<O>) -> Self {
        Change::Update {
            record: id.reference(),
            fields: draft.into(),
            expected: None,
        }
    }
}

/// A batch's key: a second batch with the same key does nothing and returns the first one's outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed<'a>(pub &'a str);

/// Makes one change.
pub(super) fn apply(work: &mut Work<'_, '_>, change: &Change) -> Result<Outcome> {
    let catalog = work.catalog();
    match change {
        Change::Create { object, id, fields } => {
            work.create(catalog.object_named(object)?.id, *id, fields, false)
        }
        Change::Update {
            record,
            fields,
            expected,
        } => work.update(*record, fields, *expected, false),
        Change::Upsert { object, by, fields } => {
            let object = catalog.object_named(object)?;
            let key = object.field_named(by)?;
            let names = |name: &FieldKey| match name {
                FieldKey::Number(number) => *number == key.id,
                FieldKey::Name(name) => *name == key.name,
            };
            let value = fields
                .iter()
                .find(|(name, _)| names(name))
                .map(|(_, value)| value.clone());
            let value = value.filter(|value| !value.is_null()).ok_or_else(|| {
                Error::invalid(
                    "",
                    "an upsert needs a value of the field that finds the record",
                )
                .at_field(&object.name, &key.name)
            })?;
            match work.find_by(object, key, value)?.as_slice() {
                [] => work.create(object.id, None, fields, false),
                [one] => work.update(*one, fields, None, false),
                [first, second, ..] => Err(Detail::Invalid {
                    object: object.name.clone(),
                    field: key.name.clone(),
                    input: first.id.to_string(),
                    reason: format!("several records have this value, {} is another", second.id),
                }
                .into()),
            }
        }
        Change::Move {
            card,
            column,
            behind,
            expected,
        } => card::place(work, *card, *column, *behind, *expected),
        Change::Delete { record } => work.delete(*record),
        Change::Restore { record } => work.restore(*record),
        Change::Purge { record } => work.purge(*record),
    }
}

pub(super) fn encode(outcomes: &[Outcome]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(outcomes.len() * 27);
    for outcome in outcomes {
        bytes.push(outcome.kind as u8);
        bytes.extend_from_slice(&outcome.record.object.to_be_bytes());
        bytes.extend_from_slice(outcome.record.id.as_bytes());
        bytes.extend_from_slice(&outcome.version.to_be_bytes());
    }
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Outcome>> {
    let damaged = || Error::corrupt("the outcomes of a batch");
    let (rows, rest) = bytes.as_chunks::<27>();
    if !rest.is_empty() {
        return Err(damaged());
    }
    rows.iter()
        .map(|row| {
            let [kind, o0, o1, rest @ ..] = *row;
            let (id, version) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
            let kinds = [
                OutcomeKind::Created,
                OutcomeKind::Updated,
                OutcomeKind::Unchanged,
                OutcomeKind::Deleted,
                OutcomeKind::Restored,
                OutcomeKind::Purged,
            ];
            Ok(Outcome {
                record: Ref {
                    object: u16::from_be_bytes([o0, o1]),
                    id: Id::from_bytes(*id),
                },
                kind: kinds
                    .into_iter()
                    .find(|known| *known as u8 == kind)
                    .ok_or_else(damaged)?,
                version: u64::from_be_bytes(version.try_into().map_err(|_| damaged())?),
            })
        })
        .collect()
}
