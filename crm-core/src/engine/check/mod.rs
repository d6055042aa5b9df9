//! Walks every derived structure against what it is derived from, and says what would put it right.

mod computed;
mod content;
mod history;
mod records;
mod rows;

use crate::error::{Code, Result, shortened};
use crate::limits;
use crate::schema::system;
use crate::search::{self, Document, IndexWriter, VisitDocument};
use crate::store::{Overlay, Read, Space};

pub(crate) use self::content::check_contents;
pub(crate) use self::history::{check_counters, check_history};
pub(crate) use self::records::check_records;

use super::work::Work;
use super::{derive, keys, read};

/// What a check looked at and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// How many records were read.
    pub records: u64,
    /// How many rows of indexes, timelines, totals, the log, the due queue and contents were compared.
    pub rows: u64,
    /// What is wrong; empty for a sound database.
    pub findings: Vec<Finding>,
}

/// Something that is wrong with the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which structure; `None` for the file as a whole.
    pub space: Option<Space>,
    /// What is wrong with it.
    pub what: String,
}

impl Finding {
    /// The name of the structure: `index`, `timeline`, …, or `file`.
    pub fn place(&self) -> &'static str {
        self.space.map_or("file", Space::name)
    }
}

impl CheckReport {
    /// True if nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Findings beyond these say nothing new.
const FINDINGS_MAX: usize = 1_000;

/// A walk over the data: what it has found, and, where that is wanted, the rows that would put it right.
#[derive(Default)]
pub(crate) struct Walk {
    pub report: CheckReport,
    fixes: Option<Overlay>,
}

impl Walk {
    /// A row that is compared.
    pub(crate) fn row(&mut self) {
        self.report.rows += 1;
    }

    /// One that collects what would put its findings right.
    pub(crate) fn mending() -> Self {
        Walk {
            fixes: Some(Overlay::new()),
            ..Walk::default()
        }
    }

    /// Something that no derived row puts right.
    pub(crate) fn find(&mut self, space: impl Into<Option<Space>>, what: impl Into<String>) {
        if self.report.findings.len() < FINDINGS_MAX {
            self.report.findings.push(Finding {
                space: space.into(),
                // It may name a value.
                what: shortened(what.into()),
            });
        }
    }

    /// A row that is not to be there.
    pub(crate) fn stray(&mut self, space: Space, key: &[u8], what: impl Into<String>) {
        self.find(space, what);
        // What is to be there has the key, with another value.
        if let Some(fixes) = &mut self.fixes
            && fixes.get(space, key).is_none()
        {
            fixes.delete(space, key);
        }
    }

    /// A row that is to be there.
    pub(crate) fn missing(
        &mut self,
        space: Space,
        key: impl AsRef<[u8]>,
        value: impl Into<Vec<u8>>,
        what: impl Into<String>,
    ) {
        self.find(space, what);
        if let Some(fixes) = &mut self.fixes {
            fixes.put(space, key, value);
        }
    }

    /// Takes damage that ended a part of the walk as a finding, so that the others follow.
    pub(crate) fn settle(&mut self, space: Option<Space>, part: Result<()>) -> Result<()> {
        match part {
            // A damaged record may look like one of a later version.
            Err(error) if matches!(error.code(), Code::Corrupt | Code::NewerFormat) => {
                self.find(space, error.to_string());
                Ok(())
            }
            part => part,
        }
    }
}

/// Compares the search index with the words of the records, in as many parts as it takes to hold each of them.
pub(crate) fn check_search(work: &Work<'_, '_>, walk: &mut Walk) -> Result<()> {
    /// What the words of a record take, about.
    const RECORD_BYTES: u64 = 800;
    let parts = 1 + walk.report.records * RECORD_BYTES / limits::CHECK_BYTES_MAX as u64;
    let of = u32::try_from(parts).unwrap_or(u32::MAX);
    for number in 0..of {
        let found = search::check_part(&work.tx, search::Part { number, of }, |visit| {
            work.for_each_document(visit)
        })?;
        found
            .into_iter()
            .for_each(|what| walk.find(Space::Text, what));
    }
    Ok(())
}

impl Work<'_, '_> {
    /// Puts right what a walk finds; returns how many rows were written or removed.
    pub(crate) fn mend(
        &mut self,
        check: impl FnOnce(&Self, &mut Walk) -> Result<()>,
        wanted: impl Fn(Space) -> bool,
    ) -> Result<u64> {
        let mut walk = Walk::mending();
        check(self, &mut walk)?;
        let fixes = walk.fixes.unwrap_or_default();
        let mut rows = 0;
        for space in Space::ALL.into_iter().filter(|space| wanted(*space)) {
            for (key, change) in fixes.changes(space) {
                rows += 1;
                match change {
                    Some(value) => self.tx.put(space, key, value)?,
                    None => self.tx.delete(space, key),
                }
            }
        }
        Ok(rows)
    }

    /// Writes the search index anew if it is not what the records say; returns how many records are in it then.
    pub(crate) fn mend_search(&mut self) -> Result<u64> {
        std::mem::take(&mut self.deferred.search).finish(self.tx.rows())?;
        let mut walk = Walk::default();
        self.for_each_document(&mut |_, _, _| {
            walk.report.records += 1;
            Ok(())
        })?;
        // An index that cannot be read is no better than a wrong one.
        if check_search(self, &mut walk).is_ok() && walk.report.is_sound() {
            return Ok(0);
        }
        self.tx.clear(&crate::store::KeyRange::all(Space::Text))?;
        let (mut index, nothing) = (IndexWriter::default(), Document::new());
        self.for_each_document(&mut |ordinal, record, document| {
            index.update(ordinal, record, &nothing, document);
            Ok(())
        })?;
        index.finish(self.tx.rows())?;
        Ok(walk.report.records)
    }

    /// Calls `visit` with each live record that has words by which it is to be found.
    fn for_each_document(&self, visit: &mut VisitDocument<'_>) -> Result<()> {
        for object in self.catalog().objects() {
            let range = keys::records_of(object.id);
            read::for_each_sound(&self.tx, &range, &mut |record| {
                let ordinal = record.get(system::ORDINAL).as_int();
                let ordinal = ordinal.and_then(|ordinal| u32::try_from(ordinal).ok());
                let Some(ordinal) = ordinal.filter(|_| !record.is_deleted()) else {
                    return Ok(());
                };
                let document = derive::document(object, record.fields())?;
                if document.is_empty() {
                    return Ok(());
                }
                visit(ordinal, record.reference(), &document)
            })?;
        }
        Ok(())
    }

    fn has(&self, space: Space, key: &[u8]) -> Result<bool> {
        self.tx.exists(space, key)
    }
}
