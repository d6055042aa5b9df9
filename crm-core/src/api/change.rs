//! Changes as values: what a batch holds, and what hosts in other languages send.

use sha2::{Digest, Sha256};

use super::card;
use crate::access::Lens;
use crate::engine::{Outcome, RequestDigest, Work};
use crate::error::{Detail, Error, Result};
use crate::record::{FieldKey, Fields};
use crate::schema::Object;
use crate::value::{Id, RecordBuf, Ref};

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

/// A batch's key: the same batch of the same user with the same key does nothing a second time and returns the first
/// one's outcomes, for as many days as the field `batch_keys_days` of the organisation says, 30 where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed<'a>(pub &'a str);

/// Makes one change.
pub(super) fn apply(work: &mut Work<'_, '_>, change: &Change) -> Result<Outcome> {
    let catalog = work.catalog();
    match change {
        Change::Create { object, id, fields } => {
            work.create(catalog.object_named(object)?.id, *id, fields)
        }
        Change::Update {
            record,
            fields,
            expected,
        } => work.update(*record, fields, *expected),
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
            match Lens::matching(work, object, key, value)?.as_slice() {
                [] => work.create(object.id, None, fields),
                [one] => work.update(*one, fields, None),
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

/// Identifies what changes ask for and who asks, for as long as files are kept: all of it goes in with its length, in
/// a form that later versions read, too.
pub(super) fn digest(changes: &[Change], actor: Option<Ref>) -> Result<RequestDigest> {
    let mut request = Request(Sha256::new());
    request.reference(actor);
    for change in changes {
        request.change(change)?;
    }
    Ok(request.0.finalize().into())
}

/// A request that is being identified.
struct Request(Sha256);

impl Request {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn reference(&mut self, record: Option<Ref>) {
        match record {
            Some(record) => {
                let object = record.object.to_be_bytes();
                self.bytes(&[&object[..], record.id.as_bytes()].concat());
            }
            None => self.bytes(&[]),
        }
    }

    fn number(&mut self, number: Option<u64>) {
        self.bytes(number.map(u64::to_be_bytes).as_ref().map_or(&[], |n| n));
    }

    fn fields(&mut self, fields: &Fields) -> Result<()> {
        let mut sorted: Vec<_> = fields.iter().collect();
        // In whatever order a host's dictionary has them; of a field that is set twice, the last counts.
        sorted.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        self.number(Some(sorted.len() as u64));
        for (key, value) in sorted {
            let (number, name) = order(key);
            self.number(Some(number.into()));
            self.bytes(name.as_bytes());
            self.bytes(RecordBuf::encode([(1, value)])?.as_bytes());
        }
        Ok(())
    }

    fn change(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::Create { object, id, fields } => {
                self.bytes(b"create");
                self.bytes(object.as_bytes());
                self.bytes(id.as_ref().map_or(&[], |id| id.as_bytes()));
                self.fields(fields)
            }
            Change::Update {
                record,
                fields,
                expected,
            } => {
                self.bytes(b"update");
                self.reference(Some(*record));
                self.number(*expected);
                self.fields(fields)
            }
            Change::Upsert { object, by, fields } => {
                self.bytes(b"upsert");
                self.bytes(object.as_bytes());
                self.bytes(by.as_bytes());
                self.fields(fields)
            }
            Change::Move {
                card,
                column,
                behind,
                expected,
            } => {
                self.bytes(b"move");
                self.reference(Some(*card));
                self.reference(Some(*column));
                self.reference(*behind);
                self.number(*expected);
                Ok(())
            }
            Change::Delete { record } => self.of_record(b"delete", *record),
            Change::Restore { record } => self.of_record(b"restore", *record),
            Change::Purge { record } => self.of_record(b"purge", *record),
        }
    }

    fn of_record(&mut self, what: &[u8], record: Ref) -> Result<()> {
        self.bytes(what);
        self.reference(Some(record));
        Ok(())
    }
}

/// The number or the name of a field.
fn order(key: &FieldKey) -> (u16, &str) {
    match key {
        FieldKey::Number(number) => (*number, ""),
        FieldKey::Name(name) => (0, name),
    }
}
