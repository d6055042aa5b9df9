//! Comparing what is derived with the records, and putting it right.

use super::session::Session;
use crate::engine::{
    CheckReport, Finding, Walk, Work, check_contents, check_counters, check_history, check_records,
    check_search,
};
use crate::error::Result;
use crate::rules::check_queue;
use crate::store::Space;

/// A part of a check: the structure that it is about, and how it is compared.
type Part = (Space, fn(&Work<'_, '_>, &mut Walk) -> Result<()>);

/// All parts, each of which reads what those before it have looked at.
const PARTS: [Part; 7] = [
    (Space::Record, check_records),
    (Space::Record, |work, walk| work.check_computed(walk)),
    (Space::Job, check_queue),
    (Space::Log, check_history),
    (Space::Blob, check_contents),
    (Space::Meta, check_counters),
    (Space::Text, check_search),
];

/// What a repair found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// What a check found before.
    pub found: Vec<Finding>,
    /// How many derived rows were written or removed. A search index that is wrong is written anew; each
    /// record in it counts as one.
    pub rows: u64,
    /// How many records had a formula or a roll-up that was wrong. Each is a change in the record's history,
    /// with the cause `repair`.
    pub records: u64,
    /// What a check finds now: damage to what is not derived, of which nothing else can say what it was.
    pub left: Vec<Finding>,
}

impl Session {
    /// Reads everything, verifies the checksums of the storage, and compares what is derived (indexes,
    /// timelines, totals, search, formulas, roll-ups, the due queue, histories, who holds which content) with
    /// the records and the log. Writers wait while checksums are compared. What it holds in memory does not
    /// grow with the records (see [`CHECK_BYTES_MAX`](crate::limits::CHECK_BYTES_MAX)), but for those with contents.
    ///
    /// # Errors
    /// `Io`, `Cancelled`; damage is a finding of the report as far as it can be read around.
    pub fn check(&self) -> Result<CheckReport> {
        let verified = self.verify();
        self.rehearse(|work| {
            let mut walk = Walk::default();
            walk.settle(None, verified)?;
            for (space, part) in PARTS {
                let checked = part(work, &mut walk);
                walk.settle(Some(space), checked)?;
            }
            Ok(walk.report)
        })
    }

    /// Brings what is derived into agreement with the records and the log, in one transaction: whole or not at
    /// all. Records stay as they are, but for formulas and roll-ups that are wrong. It holds what it changes in
    /// memory, and what [`check`](Session::check) needs.
    ///
    /// # Errors
    /// Those of the store; `Corrupt` if the file itself is damaged, which is a case for `Crm::salvage`; `Cancelled` up to
    /// the commit: the check after it is always made. Nothing is changed then.
    ///
    /// ```
    /// use crm_core::{Company, Crm};
    /// let crm = Crm::in_memory()?;
    /// crm.create(Company::draft().name("Acme"))?;
    /// let report = crm.repair()?;
    /// assert!(report.found.is_empty() && report.left.is_empty());
    /// assert_eq!((report.rows, report.records), (0, 0));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn repair(&self) -> Result<RepairReport> {
        self.verify()?;
        let found = self.check()?.findings;
        let (rows, records) = self.engine_step(mend)?;
        Ok(RepairReport {
            found,
            rows,
            records,
            left: self.to_the_end().check()?.findings,
        })
    }

    /// Compares the checksums of the storage.
    fn verify(&self) -> Result<()> {
        let go_on = self.go_on();
        let committer = &self.shared().committer;
        committer.maintain(|storage| storage.verify(go_on.as_ref()))
    }
}

/// Puts right what is derived; returns how many rows were changed, and how many records.
pub(super) fn mend(work: &mut Work<'_, '_>) -> Result<(u64, u64)> {
    work.set_cause("repair");
    let mut rows = u64::from(work.mend_counters()?);
    // Timelines and roll-ups are found through indexes.
    rows += work.mend(check_records, |space| space == Space::Index)?;
    // Contents are found through histories.
    rows += work.mend(check_history, |_| true)?;
    let rest = |work: &Work<'_, '_>, walk: &mut Walk| {
        check_records(work, walk)?;
        check_queue(work, walk)?;
        check_contents(work, walk)
    };
    rows += work.mend(rest, |_| true)?;
    let records = work.mend_computed()?;
    rows += work.mend_search()?;
    Ok((rows, records))
}
