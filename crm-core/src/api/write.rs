//! Changing records.

use super::change::{self, Change, Keyed};
use super::session::Session;
use crate::access::Lens;
use crate::engine::{Outcome, UndoReport};
use crate::error::{Detail, Result};
use crate::limits;
use crate::objects::Document;
use crate::record::{Fields, Record};
use crate::schema::kind::Kind;
use crate::schema::{Draft, Field, Object, View};
use crate::value::{Id, Ref};

impl Session {
    /// Creates a record.
    ///
    /// # Errors
    /// `Invalid` for a value that does not fit its field, `Duplicate`, `MissingReference`, `Cycle`,
    /// `Validation`. Nothing is changed then.
    pub fn create<O: Object>(&self, draft: Draft<O>) -> Result<Id<O>> {
        let fields: Fields = draft.into();
        let outcome = self.transact(|work| work.create(O::TYPE, None, &fields))?;
        Ok(outcome.record.id.of())
    }

    /// Changes the fields of a record that the draft sets; the others stay.
    ///
    /// # Errors
    /// As [`create`](Session::create), and `NotFound`.
    pub fn update<O: Object>(&self, id: Id<O>, draft: Draft<O>) -> Result<Outcome> {
        self.change(Change::update(id, draft))
    }

    /// As [`update`](Session::update), refused if somebody else has changed one of the same fields since the
    /// view was read.
    ///
    /// # Errors
    /// As [`update`](Session::update), and `Stale` with the fields and who changed them.
    pub fn update_from<O: Object>(&self, read: &View<O>, draft: Draft<O>) -> Result<Outcome> {
        self.change(Change::Update {
            record: read.id().reference(),
            fields: draft.into(),
            expected: Some(read.version()),
        })
    }

    /// Changes the record that has the draft's value in a unique or indexed field, or creates one.
    ///
    /// # Errors
    /// As [`update`](Session::update); `Invalid` if several records have the value.
    pub fn upsert<O: Object, K: Kind>(&self, by: Field<O, K>, draft: Draft<O>) -> Result<Outcome> {
        self.change(Change::Upsert {
            object: O::TYPE_NAME.to_owned(),
            by: by.name().to_owned(),
            fields: draft.into(),
        })
    }

    /// Creates a record of any object, custom ones too.
    ///
    /// # Errors
    /// As [`create`](Session::create), and `UnknownObject`, `UnknownField`.
    pub fn create_record(&self, object: &str, fields: Fields) -> Result<Ref> {
        let change = Change::Create {
            object: object.to_owned(),
            id: None,
            fields,
        };
        Ok(self.change(change)?.record)
    }

    /// Changes fields of any record.
    ///
    /// # Errors
    /// As [`update`](Session::update), and `UnknownField`.
    pub fn update_record(&self, record: Ref, fields: Fields) -> Result<Outcome> {
        self.change(Change::Update {
            record,
            fields,
            expected: None,
        })
    }

    /// Puts a record into the trash, with the links and parts that go with it.
    ///
    /// # Errors
    /// `NotFound`; `Referenced` if another record needs it.
    pub fn delete(&self, record: impl Into<Ref>) -> Result<Outcome> {
        self.change(Change::Delete {
            record: record.into(),
        })
    }

    /// Takes a record out of the trash, with what went there with it.
    ///
    /// # Errors
    /// `NotFound`; `Duplicate` if another record has taken its unique value.
    pub fn restore(&self, record: impl Into<Ref>) -> Result<Outcome> {
        self.change(Change::Restore {
            record: record.into(),
        })
    }

    /// Removes a record for good, with the values that the log holds of it. References to it are cleared, whatever
    /// the organisation's validation says of the records that have them. Nothing of it is in the files after
    /// [`compact`](Session::compact).
    ///
    /// # Errors
    /// As [`delete`](Session::delete).
    pub fn purge(&self, record: impl Into<Ref>) -> Result<Outcome> {
        self.change(Change::Purge {
            record: record.into(),
        })
    }

    /// Makes a change.
    ///
    /// # Errors
    /// As the method of the same name.
    pub fn change(&self, change: Change) -> Result<Outcome> {
        self.transact(|work| change::apply(work, &change))
    }

    /// As [`change`](Session::change), with the record as the transaction leaves it, rules and roll-ups included:
    /// what others write right behind it is not in it. `None` if the transaction has purged it.
    ///
    /// # Errors
    /// As the method of the same name.
    ///
    /// ```
    /// use crm_core::{Change, Contact, Crm};
    /// let crm = Crm::in_memory()?;
    /// let ada = Change::create(Contact::draft().name("Ada Lovelace"));
    /// let (outcome, record) = crm.change_and_read(ada)?;
    /// assert_eq!(record.map(|record| record.version()), Some(outcome.version));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn change_and_read(&self, change: Change) -> Result<(Outcome, Option<Record>)> {
        self.transact_and_read(
            |work| change::apply(work, &change),
            |work, outcome| {
                let record = Lens::within(work).record(outcome.record)?;
                Ok((outcome, record))
            },
        )
    }

    /// Makes changes in one transaction: all of them or, if one is refused, none. With a key, a repetition
    /// changes nothing and returns the first outcomes: a retry after a lost answer is safe.
    ///
    /// # Errors
    /// That of the first change that is refused; `Invalid` for a key with which other changes were made, or the same
    /// by another user; `Limit` beyond [`BATCH_LEN_MAX`](limits::BATCH_LEN_MAX) changes.
    pub fn batch(&self, changes: &[Change], key: Option<Keyed<'_>>) -> Result<Vec<Outcome>> {
        if changes.len() > limits::BATCH_LEN_MAX {
            return Err(Detail::Limit {
                what: "changes in a batch",
                max: limits::BATCH_LEN_MAX as u64,
                actual: changes.len() as u64,
            }
            .into());
        }
        let keyed = match key {
            Some(Keyed(key)) => Some((key, change::digest(changes, self.actor())?)),
            None => None,
        };
        self.transact(|work| {
            if let Some((key, digest)) = &keyed
                && let Some(first) = work.keyed(key, digest)?
            {
                return Ok(first);
            }
            let outcomes: Vec<Outcome> = changes
                .iter()
                .map(|change| change::apply(work, change))
                .collect::<Result<_>>()?;
            if let Some((key, digest)) = keyed {
                work.keep_keyed(key, digest, &outcomes)?;
            }
            Ok(outcomes)
        })
    }

    /// What a batch would do, rules included; nothing of it remains.
    ///
    /// # Errors
    /// As [`batch`](Session::batch).
    pub fn rehearse_batch(&self, changes: &[Change]) -> Result<Vec<Outcome>> {
        self.rehearse(|work| {
            changes
                .iter()
                .map(|change| change::apply(work, change))
                .collect()
        })
    }

    /// Takes back the changes of a named operation; see [`operation`](Session::operation). What somebody has
    /// changed again since stays and is reported, also if it was set back; so does a record to which others refer.
    ///
    /// # Errors
    /// `NotFound` if nothing was done under this name.
    pub fn undo(&self, operation: &str) -> Result<UndoReport> {
        let session = self
            .caused_by("undo")
            .operation(&format!("undo of {operation}"))
            .without_rules();
        session.transact(|work| {
            let report = work.undo(operation)?;
            Lens::within(work).undo_report(report)
        })
    }

    /// Moves a card: to a column of the board (for deals, a stage), behind another card or, with `None`, to
    /// the top.
    ///
    /// # Errors
    /// As [`update`](Session::update); `Invalid` for an object without a board.
    pub fn move_card(
        &self,
        card: impl Into<Ref>,
        column: impl Into<Ref>,
        behind: Option<Ref>,
    ) -> Result<Outcome> {
        self.change(Change::Move {
            card: card.into(),
            column: column.into(),
            behind,
            expected: None,
        })
    }

    /// Keeps the content of a document in the store, up to the host's limit.
    ///
    /// # Errors
    /// `Limit` beyond it; `NotFound`.
    pub fn put_content(&self, document: Id<Document>, content: &[u8]) -> Result<()> {
        let bytes_max = self.shared().document_bytes_max;
        self.transact(|work| work.put_content(document.reference(), content, bytes_max))
    }
}
