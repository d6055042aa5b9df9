//! Incremental backups.

use std::path::PathBuf;

use crate::api::{Increment, Session};
use crate::error::Result;
use crate::operation::operation;
use crate::store::Progress;

operation! {
    /// Writes what was committed after a commit to a new file, an increment to a backup that ends with that
    /// commit or to another increment that does; a restoration puts them together. Its size follows from what was
    /// changed: the log of these commits, each record that they touched once, and the contents of documents among
    /// them. Others go on writing meanwhile.
    ///
    /// A backup ends with the commit that the copy says is its last when it is opened, an increment with its `to`.
    ///
    /// # Errors
    /// `Invalid` if there is no such commit yet; `Io`, also if the file exists; `Full`; `Cancelled` if `progress`
    /// stops it. No file is left then.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use crm_core::{Company, Crm, PointInTime};
    /// let folder = tempfile::tempdir().unwrap();
    /// let file = |name: &str| folder.path().join(name);
    /// let go_on = &mut |_| ControlFlow::Continue(());
    /// let crm = Crm::open(file("sales.crm"))?;
    /// crm.backup(file("sunday.crm"), go_on)?;
    /// let sunday = crm.sequence();
    /// let acme = crm.create(Company::draft().name("Acme"))?;
    /// let increment = crm.backup_since(sunday, file("monday.crm-rows"), go_on)?;
    /// assert_eq!((increment.from, increment.to), (sunday, crm.sequence()));
    ///
    /// let monday = [file("monday.crm-rows")];
    /// Crm::restore(file("sunday.crm"), &monday, file("newest.crm"), PointInTime::Newest, go_on)?;
    /// assert_eq!(Crm::open(file("newest.crm"))?.get(acme)?.name(), Some("Acme"));
    /// let then = PointInTime::Commit(sunday);
    /// Crm::restore(file("sunday.crm"), &monday, file("earlier.crm"), then, go_on)?;
    /// assert!(Crm::open(file("earlier.crm"))?.get(acme).is_err());
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    backup_since = 3 on Session {
        effect: Sends,
        undo: Nothing,
        autonomy: Confirmed,
        duty: Administer(Administration::Backup),
    } following progress (
        /// The last commit that was backed up.
        1 sequence: u64;
        /// The new file.
        2 path as PathBuf;
    ) -> Increment
}

fn backup_since(
    session: &Session,
    sequence: u64,
    path: PathBuf,
    progress: &mut Progress<'_>,
) -> Result<Increment> {
    session.write_increment(sequence, &path, progress)
}
