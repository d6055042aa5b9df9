//! Saving what can be read of a damaged file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::check::mend;
use super::open::{Crm, Options};
use crate::engine::salvage::{
    is_kept, is_made_anew, is_newer, is_sound, lost_schema, purged, record_of, space_of, told_of,
    without_rules,
};
use crate::engine::{FORMAT, Finding, Rewound, meta};
use crate::error::{Code, Detail, Error, Result};
use crate::limits::DOUBTFUL_MAX;
use crate::objects;
use crate::rules::refill_queue;
use crate::store::pages::read_pages;
use crate::store::salvage::read_tables;
use crate::store::{self, Making, Overlay, Progress, RedbStorage, Space, Storage};
use crate::value::Ref;

/// Rows in one commit, and between two calls of the caller's progress function.
const ROWS_AT_ONCE: u64 = 10_000;

/// What could and could not be saved of a damaged file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SalvageReport {
    /// How many records the new database has.
    pub records: u64,
    /// What could not be read: the file as a whole (its space is `None`), ranges of keys, and rows that are not in
    /// the form of their space. What is derived is not among it, since that is made anew.
    pub unreadable: Vec<Finding>,
    /// Records that no table leads to any more, and which were found in pages of the file. Each is the newest
    /// version that was found. It may be older than the newest that there was, and a record that was purged is
    /// among them if the log that says so could not be read: look through them.
    pub from_pages: Vec<Ref>,
    /// Records that were taken from pages which do not match their checksums, or of whose history a part was: a
    /// value in them may be wrong. The first [`DOUBTFUL_MAX`](crate::limits::DOUBTFUL_MAX) of them, by object and id; where
    /// there are more, `unreadable` says so.
    pub doubtful: Vec<Ref>,
    /// What a check of the new database finds, such as references to records that are lost.
    pub findings: Vec<Finding>,
}

impl SalvageReport {
    fn unreadable(&mut self, space: impl Into<Option<Space>>, what: String) {
        self.unreadable.push(Finding {
            space: space.into(),
            what,
        });
    }
}

impl Crm {
    /// Writes what can be read of the damaged database at `from`, and of the journal beside it, to a new database
    /// at `to`, and says what could not be read. The damaged files are left as they are. Where the tables of the
    /// file do not lead any more, all of its pages are searched for records; what is derived is made anew.
    ///
    /// Rows in pages that do not match their checksums are taken if they are in the form of their kind: a value
    /// in them may be wrong. The report names the records that it may be in.
    ///
    /// # Errors
    /// `Io`, also if there is something at `to`; `Cancelled` if `progress` says so. No file is left then.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use crm_core::{Company, Crm};
    /// let folder = tempfile::tempdir().unwrap();
    /// let (from, to) = (folder.path().join("damaged.crm"), folder.path().join("saved.crm"));
    /// let crm = Crm::open(&from)?;
    /// let acme = crm.create(Company::draft().name("Acme"))?;
    /// crm.close()?;
    /// let mut bytes = std::fs::read(&from).unwrap();
    /// bytes[..512].fill(0);
    /// std::fs::write(&from, bytes).unwrap();
    /// assert!(Crm::open(&from).is_err());
    ///
    /// let report = Crm::salvage(&from, &to, &mut |_| ControlFlow::Continue(()))?;
    /// assert!(report.from_pages.contains(&acme.reference()));
    /// assert_eq!(Crm::open(&to)?.get(acme)?.name(), Some("Acme"));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn salvage(
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        progress: &mut Progress<'_>,
    ) -> Result<SalvageReport> {
        let making = Making::at(to.as_ref(), Some(from.as_ref()))?;
        let options = store::Options {
            journal_bytes: 0,
            ..store::Options::default()
        };
        let storage: Arc<dyn Storage> = Arc::new(RedbStorage::open(making.beside(), options)?);
        let mut report = SalvageReport::default();
        save_rows(from.as_ref(), &*storage, &mut report, progress)?;
        let session = match Options::default().unmigrated(Arc::clone(&storage), None) {
            Err(error) if error.code() != Code::Io => {
                put_rules_away(&*storage, &error, &mut report)?;
                Options::default().unmigrated(Arc::clone(&storage), None)?
            }
            opened => opened?,
        };
        session.engine_step(|work| {
            work.settle_restored(&Rewound::default())?;
            let rows = mend(work)?;
            work.salvage_settings()?;
            if report
                .unreadable
                .iter()
                .any(|lost| lost.space == Some(Space::Job))
            {
                refill_queue(work)?;
            }
            Ok(rows)
        })?;
        let checked = session.check()?;
        report.records = checked.records;
        report.findings = checked.findings;
        session.close()?;
        making.done()?;
        Ok(report)
    }
}

/// Puts rules into the trash that do not fit the schema as far as it is left: with them nothing could be opened.
fn put_rules_away(storage: &dyn Storage, why: &Error, report: &mut SalvageReport) -> Result<()> {
    let (changes, rules) = without_rules(&*storage.snapshot()?, objects::declared())?;
    for rule in rules {
        let what = format!("rule {} is in the trash: {why}", rule.id);
        report.unreadable(Space::Meta, what);
    }
    storage.commit(&changes)
}

/// Writes the rows that can be read to a new storage.
fn save_rows(
    from: &Path,
    storage: &dyn Storage,
    report: &mut SalvageReport,
    progress: &mut Progress<'_>,
) -> Result<()> {
    let mut saved = Saved {
        storage,
        changes: Overlay::new(),
        rows: 0,
        progress,
    };
    saved.put(Space::Meta, meta::FORMAT, &FORMAT.to_be_bytes())?;
    let mut malformed = Vec::new();
    let mut doubts = Doubts::default();
    let mut take = |space: Space, key: &[u8], value: Option<&[u8]>| match value {
        _ if !is_kept(space) || is_made_anew(space, key) => Ok(()),
        None => {
            saved.changes.delete(space, key);
            Ok(())
        }
        Some(value) if is_sound(space, key, value) => saved.put(space, key, value),
        Some(_) => {
            malformed.push((space, key.to_vec()));
            Ok(())
        }
    };
    let unread = read_tables(from, &mut take, &mut |space, key, value| {
        if is_kept(space) && !is_made_anew(space, key) && is_sound(space, key, value) {
            doubts.add(space, told_of(space, key, value));
        }
        Ok(())
    })?;
    if let Some(what) = unread.file {
        report.unreadable(None, what);
    }
    if unread.wrong_pages > 0 {
        let what = format!("{} pages do not match their checksums", unread.wrong_pages);
        report.unreadable(None, what);
    }
    doubts.tell(report);
    if let Some(what) = unread.journal {
        report.unreadable(None, format!("the journal: {what}"));
    }
    for (space, key) in &malformed {
        let what = match record_of(key).filter(|_| *space == Space::Record) {
            Some(record) => format!("record {} of object {}", record.id, record.object),
            None => format!("the row of key {}", hex::encode(key)),
        };
        report.unreadable(*space, what);
    }
    let mut gaps = unread.gaps;
    gaps.retain(|gap| is_kept(gap.space));
    for gap in &gaps {
        let key = |key: &Option<Vec<u8>>, end: &str| {
            key.as_deref().map_or_else(|| end.to_owned(), hex::encode)
        };
        let (after, before) = (
            key(&gap.after, "the beginning"),
            key(&gap.before, "the end"),
        );
        report.unreadable(gap.space, format!("what lies between {after} and {before}"));
    }
    let malformed: BTreeSet<(Space, Vec<u8>)> = malformed.into_iter().collect();
    if !gaps.is_empty() || !malformed.is_empty() {
        let mut found: BTreeMap<(Space, Vec<u8>), Vec<u8>> = BTreeMap::new();
        read_pages(from, &mut |key, value| {
            let Some(space) = space_of(key, value) else {
                return Ok(());
            };
            let row = (space, key.to_vec());
            if malformed.contains(&row) || gaps.iter().any(|gap| gap.holds(space, key)) {
                let older = found.get(&row);
                if older.is_none_or(|older| is_newer(space, value, older)) {
                    found.insert(row, value.to_vec());
                }
            }
            Ok(())
        })?;
        let of_log = |space: Space| space != Space::Record;
        for ((space, key), value) in found.iter().filter(|((space, _), _)| of_log(*space)) {
            saved.put(*space, key, value)?;
        }
        saved.commit()?;
        let purged = purged(&*storage.snapshot()?)?;
        for ((_, key), value) in found.iter().filter(|((space, _), _)| !of_log(*space)) {
            if let Some(record) = record_of(key).filter(|record| !purged.contains(record)) {
                saved.put(Space::Record, key, value)?;
                report.from_pages.push(record);
            }
        }
    }
    saved.commit()?;
    // The schema is there twice.
    if let Some(schema) = lost_schema(&*storage.snapshot()?)? {
        saved.put(Space::Meta, meta::SCHEMA, &schema)?;
    }
    saved.commit()
}

/// What was taken from pages that do not match their checksums.
#[derive(Default)]
struct Doubts {
    records: BTreeSet<Ref>,
    /// True if there are more than the bound.
    more: bool,
    /// Rows that are about no record.
    others: BTreeMap<Space, u64>,
}

impl Doubts {
    fn add(&mut self, space: Space, record: Option<Ref>) {
        let Some(record) = record else {
            *self.others.entry(space).or_default() += 1;
            return;
        };
        self.records.insert(record);
        if self.records.len() > DOUBTFUL_MAX {
            self.records.pop_last();
            self.more = true;
        }
    }

    fn tell(self, report: &mut SalvageReport) {
        for (space, rows) in self.others {
            let what = format!("{rows} rows lie in pages that do not match their checksums");
            report.unreadable(space, what);
        }
        if self.more {
            let what =
                format!("records beyond the {DOUBTFUL_MAX} that are named are doubtful, too");
            report.unreadable(Space::Record, what);
        }
        report.doubtful = self.records.into_iter().collect();
    }
}

/// Rows on their way to a new storage.
struct Saved<'s, 'p> {
    storage: &'s dyn Storage,
    changes: Overlay,
    rows: u64,
    progress: &'s mut Progress<'p>,
}

impl Saved<'_, '_> {
    fn put(&mut self, space: Space, key: &[u8], value: &[u8]) -> Result<()> {
        self.changes.put(space, key, value);
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_AT_ONCE) {
            self.commit()?;
            if (self.progress)(self.rows).is_break() {
                return Err(Detail::Cancelled.into());
            }
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.storage.commit(&std::mem::take(&mut self.changes))
    }
}
