//! The log as somebody may see it: histories, earlier states and the feed.

use chrono::{DateTime, Utc};

use super::Lens;
use crate::engine::{
    self, ChangeKind, Commit, FieldChange, LogEntry, as_of, as_of_place, creation_values,
    entries_after, page_after, sequence_at,
};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::value::Ref;

impl Lens<'_> {
    /// A record's changes, newest first, each with its commit; a creation has the values that the record began with.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn history(&self, reference: Ref) -> Result<Vec<(Commit, LogEntry)>> {
        if !self.sees(reference)? {
            return Ok(Vec::new());
        }
        let mut history = Vec::new();
        for mut entry in entries_after(self.read, reference, 0)? {
            let commit = Commit::load(self.read, entry.sequence)?;
            let commit = commit
                .ok_or_else(|| Error::corrupt(format!("commit {} is missing", entry.sequence)))?;
            if entry.kind == ChangeKind::Created {
                let place = (entry.sequence, entry.n);
                let created = as_of_place(self.read, reference, place)?;
                entry.changes = created.map_or_else(Vec::new, |record| creation_values(&record));
            }
            self.hide(reference, &mut entry.changes);
            history.push((commit, entry));
        }
        Ok(history)
    }

    /// A record as it was after a commit; `None` if it did not exist then or has been purged since.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn record_as_of(&self, reference: Ref, sequence: u64) -> Result<Option<Record>> {
        if !self.sees(reference)? {
            return Ok(None);
        }
        let record = as_of(self.read, reference, sequence)?;
        record.map(|record| self.shown(record)).transpose()
    }

    /// A record as it was at a time, as [`record_as_of`](Lens::record_as_of) has it.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn record_at(&self, reference: Ref, at: DateTime<Utc>) -> Result<Option<Record>> {
        let last = self.state().counters.sequence;
        self.record_as_of(reference, sequence_at(self.read, at, last)?)
    }

    /// A page of the log from after a commit on: whole commits, each with its entries. A commit of which nothing is to
    /// be seen is there without entries, so that whoever follows the log gets past it.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn changes_after(
        &self,
        sequence: u64,
        entries_max: usize,
    ) -> Result<Vec<(Commit, Vec<LogEntry>)>> {
        let mut page = page_after(self.read, sequence, entries_max)?;
        if self.scope.is_everything() {
            return Ok(page);
        }
        for (_, entries) in &mut page {
            for mut entry in std::mem::take(entries) {
                if self.sees(entry.record)? {
                    self.hide(entry.record, &mut entry.changes);
                    entries.push(entry);
                }
            }
        }
        Ok(page)
    }

    fn hide(&self, record: Ref, changes: &mut Vec<FieldChange>) {
        changes.retain(|change| self.scope.has_field(record.object, change.field));
    }

    /// The content of a document; `None` if it is kept elsewhere or nowhere.
    ///
    /// # Errors
    /// `NotFound`; `Corrupt` if it does not have its hash.
    pub(crate) fn content(&self, document: Ref) -> Result<Option<Vec<u8>>> {
        if !self.sees(document)? {
            return Err(self.not_found(document));
        }
        engine::content(self.read, self.catalog(), document)
    }
}
