//! Changing records.

use std::sync::Arc;

use crm_core::schema::Catalog;
use crm_core::{Change as EngineChange, Detail, Keyed, fields_from_json};

use super::crm::Crm;
use super::error::{CrmError, Result};
use super::value::{Fields, Record, Ref, signed, unsigned};

type OutcomeKind = crm_core::OutcomeKind;

/// What happened to a record.
#[uniffi::remote(Enum)]
pub enum OutcomeKind {
    /// It was created.
    Created,
    /// Some of its fields changed.
    Updated,
    /// It already was as asked.
    Unchanged,
    /// It went to the trash.
    Deleted,
    /// It came back from the trash.
    Restored,
    /// It was removed for good.
    Purged,
}

/// The result of a change.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Outcome {
    /// The record.
    pub record: Ref,
    /// What happened to it.
    pub kind: OutcomeKind,
    /// The commit that changed the record last; what a later change passes as `expected`.
    pub version: i64,
}

impl Outcome {
    pub fn new(catalog: &Catalog, outcome: crm_core::Outcome) -> Self {
        let crm_core::Outcome {
            record,
            kind,
            version,
        } = outcome;
        Outcome {
            record: Ref::new(catalog, record),
            kind,
            version: signed(version),
        }
    }
}

/// A change that is asked for.
#[derive(uniffi::Enum)]
pub enum Change {
    /// Creates a record. The id is given where the caller makes it, a UUID; the engine makes one otherwise.
    Create {
        object: String,
        id: Option<String>,
        fields: Fields,
    },
    /// Changes fields of a record. With the version that the caller has read, it is refused as `Stale` if somebody
    /// else has changed one of the same fields since.
    Update {
        record: Ref,
        fields: Fields,
        expected: Option<i64>,
    },
    /// Changes the record that has a value in the unique or indexed field `by`, or creates one.
    Upsert {
        object: String,
        by: String,
        fields: Fields,
    },
    /// Moves a card of a board: to a column, behind another card or, without one, to the top. With the commit whose
    /// state the caller has read, it is refused as `Stale` if somebody else has moved the card since.
    Move {
        card: Ref,
        column: Ref,
        behind: Option<Ref>,
        expected: Option<i64>,
    },
    /// Puts a record into the trash.
    Delete { record: Ref },
    /// Takes a record out of the trash.
    Restore { record: Ref },
    /// Removes a record for good.
    Purge { record: Ref },
}

/// A change that an undo left as it is.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct UndoSkipped {
    /// The record.
    pub record: Ref,
    /// The field, if it is about one; else the whole record.
    pub field: Option<String>,
    /// Why.
    pub reason: String,
}

/// What an undo did.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct UndoReport {
    /// How many changes were taken back.
    pub undone: i64,
    /// The changes that stay, and why.
    pub skipped: Vec<UndoSkipped>,
}

#[uniffi::export]
impl Crm {
    /// Creates a record of any object, custom ones too.
    ///
    /// Fails with `Invalid`, `UnknownObject`, `UnknownField`, `Duplicate`, `MissingReference`, `Cycle`,
    /// `Validation`. Nothing is changed then.
    pub fn create(&self, object: String, fields: Fields) -> Result<Ref> {
        let change = self.engine_change(Change::Create {
            object,
            id: None,
            fields,
        })?;
        let outcome = self.session.change(change)?;
        Ok(Ref::new(&self.catalog(), outcome.record))
    }

    /// As `create`, returning the record as it is kept: with its id, defaults, values in their normal form and what
    /// rules have set. It is of the same transaction, so that nobody else's change is in it.
    ///
    /// Fails as `create` does; with `NotFound` if a rule has removed the record again.
    pub fn create_record(&self, object: String, fields: Fields) -> Result<Record> {
        let change = self.engine_change(Change::Create {
            object,
            id: None,
            fields,
        })?;
        let (outcome, record) = self.session.change_and_read(change)?;
        let catalog = self.catalog();
        let record = record.ok_or_else(|| {
            let Ref { object, id } = Ref::new(&catalog, outcome.record);
            CrmError::from(Detail::NotFound { object, id })
        })?;
        Ok(self.wire(&catalog).record(&record))
    }

    /// Changes the given fields of a record; the others stay. With `expected`, the version that was read, it fails
    /// with `Stale` if somebody else has changed one of the same fields since.
    ///
    /// Fails as `create` does, and with `NotFound`.
    #[uniffi::method(default(expected = None))]
    pub fn update(&self, record: Ref, fields: Fields, expected: Option<i64>) -> Result<Outcome> {
        self.change(Change::Update {
            record,
            fields,
            expected,
        })
    }

    /// Changes the record that has the value of the unique or indexed field `by`, or creates one.
    ///
    /// Fails as `update` does, and with `Invalid` if several records have the value.
    pub fn upsert(&self, object: String, by: String, fields: Fields) -> Result<Outcome> {
        self.change(Change::Upsert { object, by, fields })
    }

    /// Puts a record into the trash, with the links and parts that go with it.
    ///
    /// Fails with `NotFound`; `Referenced` if another record needs it.
    pub fn delete(&self, record: Ref) -> Result<Outcome> {
        self.change(Change::Delete { record })
    }

    /// Takes a record out of the trash, with what went there with it.
    ///
    /// Fails with `NotFound`; `Duplicate` if another record has taken its unique value.
    pub fn restore(&self, record: Ref) -> Result<Outcome> {
        self.change(Change::Restore { record })
    }

    /// Removes a record for good, with the values that the log holds of it.
    ///
    /// Fails as `delete` does.
    pub fn purge(&self, record: Ref) -> Result<Outcome> {
        self.change(Change::Purge { record })
    }

    /// Makes a change.
    ///
    /// Fails as the method of the same name does.
    pub fn change(&self, change: Change) -> Result<Outcome> {
        let outcome = self.session.change(self.engine_change(change)?)?;
        Ok(Outcome::new(&self.catalog(), outcome))
    }

    /// Makes changes in one transaction: all of them or, if one is refused, none. With a key, a repetition changes
    /// nothing and returns the first outcomes: a retry after a lost answer is safe.
    ///
    /// Fails as the first change that is refused; `Invalid` for a key with which other changes were made, or the same
    /// by another user; `Limit` for too many changes.
    #[uniffi::method(default(key = None))]
    pub fn batch(&self, changes: Vec<Change>, key: Option<String>) -> Result<Vec<Outcome>> {
        let changes = self.engine_changes(changes)?;
        let outcomes = self.session.batch(&changes, key.as_deref().map(Keyed))?;
        Ok(self.outcomes(outcomes))
    }

    /// What a batch would do, rules included; nothing of it remains.
    pub fn rehearse_batch(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        let outcomes = self
            .session
            .rehearse_batch(&self.engine_changes(changes)?)?;
        Ok(self.outcomes(outcomes))
    }

    /// Takes back the changes of a named operation. What somebody has changed again since stays and is reported.
    ///
    /// Fails with `NotFound` if nothing was done under this name.
    pub fn undo(&self, operation: String) -> Result<UndoReport> {
        let crm_core::UndoReport { undone, skipped } = self.session.undo(&operation)?;
        let catalog = self.catalog();
        let skipped = skipped.into_iter().map(|skipped| {
            let crm_core::UndoSkipped {
                record,
                field,
                reason,
            } = skipped;
            UndoSkipped {
                record: Ref::new(&catalog, record),
                field,
                reason,
            }
        });
        Ok(UndoReport {
            undone: signed(undone),
            skipped: skipped.collect(),
        })
    }

    /// Moves a card: to a column of the board (for deals, a stage), behind another card or, without one, to the top.
    ///
    /// Fails as `update` does; `Invalid` for an object without a board.
    #[uniffi::method(default(behind = None))]
    pub fn move_card(&self, card: Ref, column: Ref, behind: Option<Ref>) -> Result<Outcome> {
        let behind = behind.map(|behind| self.known(&behind)).transpose()?;
        let outcome = self
            .session
            .move_card(self.known(&card)?, self.known(&column)?, behind)?;
        Ok(Outcome::new(&self.catalog(), outcome))
    }

    /// Keeps the content of a document in the store.
    ///
    /// Fails with `Limit` beyond the bound that was given when the database was opened; `NotFound`.
    pub fn put_content(&self, document: Ref, content: &[u8]) -> Result<()> {
        Ok(self.session.put_content(document.of()?, content)?)
    }

    /// Creates a record from a JSON object: the form of `json`, in which any value may also be text.
    ///
    /// Fails as `create` does.
    pub fn create_json(&self, object: String, json: String) -> Result<Ref> {
        let fields = self.json_fields(&object, &json)?;
        let record = self.session.create_record(&object, fields)?;
        Ok(Ref::new(&self.catalog(), record))
    }

    /// Changes the fields of a record that a JSON object names; null clears one.
    ///
    /// Fails as `update` does.
    pub fn update_json(&self, record: Ref, json: String) -> Result<Outcome> {
        let fields = self.json_fields(&record.object, &json)?;
        let outcome = self.session.update_record(self.known(&record)?, fields)?;
        Ok(Outcome::new(&self.catalog(), outcome))
    }
}

impl Crm {
    fn engine_change(&self, change: Change) -> Result<EngineChange> {
        let catalog = self.catalog();
        let wire = self.wire(&catalog);
        Ok(match change {
            Change::Create { object, id, fields } => EngineChange::Create {
                fields: wire.fields(&object, &fields)?,
                object,
                id: id.map(|id| id.parse()).transpose()?,
            },
            Change::Update {
                record,
                fields,
                expected,
            } => EngineChange::Update {
                fields: wire.fields(&record.object, &fields)?,
                record: record.known(&catalog)?,
                expected: expected
                    .map(|version| unsigned(version, "expected"))
                    .transpose()?,
            },
            Change::Upsert { object, by, fields } => EngineChange::Upsert {
                fields: wire.fields(&object, &fields)?,
                object,
                by,
            },
            Change::Move {
                card,
                column,
                behind,
                expected,
            } => EngineChange::Move {
                card: card.known(&catalog)?,
                column: column.known(&catalog)?,
                behind: behind.map(|behind| behind.known(&catalog)).transpose()?,
                expected: expected
                    .map(|version| unsigned(version, "expected"))
                    .transpose()?,
            },
            Change::Delete { record } => EngineChange::Delete {
                record: record.known(&catalog)?,
            },
            Change::Restore { record } => EngineChange::Restore {
                record: record.known(&catalog)?,
            },
            Change::Purge { record } => EngineChange::Purge {
                record: record.known(&catalog)?,
            },
        })
    }

    fn engine_changes(&self, changes: Vec<Change>) -> Result<Vec<EngineChange>> {
        changes
            .into_iter()
            .map(|change| self.engine_change(change))
            .collect()
    }

    fn outcomes(&self, outcomes: Vec<crm_core::Outcome>) -> Vec<Outcome> {
        let catalog: Arc<Catalog> = self.catalog();
        outcomes
            .into_iter()
            .map(|outcome| Outcome::new(&catalog, outcome))
            .collect()
    }

    fn json_fields(&self, object: &str, json: &str) -> Result<crm_core::Fields> {
        let json = serde_json::from_str(json)
            .map_err(|error| CrmError::invalid(json, &format!("the JSON: {error}")))?;
        Ok(fields_from_json(&self.catalog(), object, &json)?)
    }
}
