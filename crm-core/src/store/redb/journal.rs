//! The journal: small commits, durable with one write and one sync, in a file beside the database.
//!
//! A commit to redb writes some twenty scattered pages and syncs twice. A frame of the journal is one write
//! behind the frame before it, in a file that has its length already. What the frames hold lies in memory
//! ([`Recent`](crate::store::recent::Recent)) and over the database until a checkpoint commits it to redb at
//! once; then the file is written from its beginning again.
//!
//! Every state has a [`Tip`]: how many commits led to it, and a digest of them. The database says in its
//! table `journal` which tip it is at, in the same commit that brought it there. A frame says on which tip it
//! was made and carries the one it leads to, which is the digest of that tip and of its changes. So a frame
//! can follow only the state that it was made on: one of an earlier round of the file, of another database or
//! of another copy of this one does not fit, and neither does one that is torn. Recovery takes the frames
//! that follow the database's tip and stops at the first that does not follow the one before. If a whole frame
//! comes later, that is no torn end but damage, and an error: commits that were acknowledged would be missing.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `CRMJ` |
//! | 4 | the length of the changes |
//! | 8 | which commit it is: that of the tip before, and one |
//! | 16 | the digest of the tip before |
//! | 16 | the digest of the tip that it leads to: the first half of SHA-256 of all other bytes |
//! | … | the changes, space by space |
//!
//! Numbers are little-endian. A frame begins at a multiple of [`PAGE`], so that writing it touches no page of
//! the frame before.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::redb::StorageBackend;

use super::disk::{Disk, DiskFile};
use super::failure::io_error;
use super::frame::frame;
pub(super) use super::frame::{Round, Rounds, Tip};
use super::names::journal_of;
use super::recovery::{Found, database_of};
use super::state::State;
use crate::error::{Detail, Result};
use crate::store::Overlay;

/// A frame begins at a multiple of it: the largest sector of disks in use.
pub(super) const PAGE: usize = 4_096;
/// The file grows by so much at a time: a sync is quicker where the length does not change.
const GROWTH: usize = 64 * PAGE;
/// A commit longer than this part of the journal goes to the database at once: it would be written twice, and
/// a checkpoint would soon follow.
const FRAME_PART_MAX: usize = 4;

pub(super) const MAGIC: [u8; 4] = *b"CRMJ";
pub(super) const HEADER_LEN: usize = 48;

/// The journal of an open database.
pub(super) struct Journal {
    disk: Arc<dyn Disk>,
    /// The database that it is beside.
    database: PathBuf,
    path: PathBuf,
    /// How long the frames may be altogether.
    bytes_max: usize,
    /// Made by the first commit: who only reads leaves no file behind.
    file: Option<JournalFile>,
    /// Where the next frame goes.
    end: usize,
    tip: Tip,
    /// The frames of this round.
    round: Round,
    /// Those of the rounds before, of which the last is in the file until this one has its first.
    absorbed: Option<Rounds>,
    /// Where the database says that there may be commits which it does not have.
    marked: Option<String>,
    /// The tip of the database is in the database.
    is_tip_known: bool,
    /// A journal at another place, from which commits were taken that the database does not have yet.
    elsewhere: Option<PathBuf>,
    /// A write or a sync has failed: what the file holds is not known.
    failed: bool,
}

struct JournalFile {
    file: Arc<dyn DiskFile>,
    backend: Box<dyn StorageBackend>,
    len: usize,
}

impl JournalFile {
    fn of(file: Arc<dyn DiskFile>) -> Result<Self> {
        let backend = file.backend().map_err(io_error)?;
        let len = backend.len().map_err(io_error)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        Ok(JournalFile { file, backend, len })
    }
}

/// A frame that is to be written, and the tip that it leads to.
pub(super) struct NextFrame {
    bytes: Vec<u8>,
    tip: Tip,
}

impl Journal {
    /// The journal of a database in this state, which goes on with the one that was found. Returns the changes that the
    /// database does not have, too.
    pub(super) fn of(
        disk: Arc<dyn Disk>,
        database: &Path,
        bytes_max: usize,
        state: State,
        found: Option<Found>,
    ) -> Result<(Self, Overlay)> {
        let path = journal_of(database);
        let tip = state.tip.unwrap_or_else(Tip::new);
        let mut journal = Journal {
            disk,
            database: database.to_owned(),
            bytes_max,
            file: None,
            end: 0,
            tip,
            round: Round::default(),
            absorbed: match state.tip {
                Some(_) => state.absorbed,
                None => Some(Rounds::default()),
            },
            marked: state.place,
            is_tip_known: state.tip.is_some(),
            elsewhere: None,
            failed: false,
            path,
        };
        let Some(found) = found else {
            return Ok((journal, Overlay::new()));
        };
        if found.path == journal.path {
            journal.file = Some(JournalFile::of(found.file)?);
        } else {
            journal.elsewhere = Some(found.path);
        }
        let Some(recovered) = found.recovered else {
            return Ok((journal, Overlay::new()));
        };
        // What a killed process has written and not yet synced is there, too, and will be read.
        if let Some(file) = &journal.file {
            file.backend.sync_data().map_err(io_error)?;
        }
        journal.tip = recovered.tip;
        journal.round = recovered.round;
        journal.end = usize::try_from(recovered.end).unwrap_or(usize::MAX);
        Ok((journal, recovered.changes))
    }

    /// The state after the last frame, or after the last checkpoint.
    pub(super) fn tip(&self) -> Tip {
        self.tip
    }

    fn place(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// What the database is to know of the journal when it holds everything in it, and has come to a tip with that. At
    /// the `last` commit, no journal is left.
    pub(super) fn state(&self, tip: Tip, last: bool) -> State {
        State {
            tip: Some(tip),
            absorbed: self.absorbed(),
            place: (self.is_marked() && !last).then(|| self.place()),
        }
    }

    /// A version that kept none does not begin to before it has a whole round.
    fn absorbed(&self) -> Option<Rounds> {
        match &self.absorbed {
            None if self.round == Round::default() => None,
            absorbed => Some(absorbed.clone().unwrap_or_default().with(&self.round)),
        }
    }

    /// True if the database says that there may be commits in this journal which it does not have.
    pub(super) fn is_marked(&self) -> bool {
        self.marked.as_ref() == Some(&self.place())
    }

    /// True if the database has nothing to say about a journal.
    pub(super) fn is_settled(&self) -> bool {
        self.marked.is_none()
    }

    /// What the database is to say before the first frame is written. The journal is there by then.
    pub(super) fn mark(&mut self) -> Result<State> {
        let made = self.make_file();
        self.failed = made.is_err();
        made?;
        let first = !self.is_tip_known;
        Ok(State {
            tip: first.then_some(self.tip),
            absorbed: self.absorbed.clone().filter(|_| first),
            place: Some(self.place()),
        })
    }

    /// The database says what [`mark`](Journal::mark) has returned, or, after a failure, may say so.
    pub(super) fn marked(&mut self, done: bool) {
        self.failed |= !done;
        self.marked = Some(self.place());
        self.is_tip_known = true;
    }

    /// True if what the journal holds is to go to the database now: there is to be none, or it is not this one.
    pub(super) fn is_to_end(&self) -> bool {
        self.elsewhere.is_some()
            || self.bytes_max == 0 && (self.file.is_some() || self.marked.is_some())
    }

    /// Says that a write has failed.
    pub(super) fn check(&self) -> Result<()> {
        if self.failed {
            let reason = "a write to the journal has failed".to_owned();
            return Err(Detail::NeedsReopen(reason).into());
        }
        Ok(())
    }

    /// The frame of changes; `None` if they are too large for what room there is.
    pub(super) fn frame(&self, changes: &Overlay) -> Result<Option<NextFrame>> {
        self.check()?;
        if self.elsewhere.is_some() {
            return Ok(None);
        }
        let room = (self.bytes_max / FRAME_PART_MAX).min(self.bytes_max.saturating_sub(self.end));
        let frame = frame(self.tip, changes, room);
        Ok(frame.map(|(bytes, tip)| NextFrame { bytes, tip }))
    }

    /// Makes changes durable.
    pub(super) fn append(&mut self, frame: NextFrame) -> Result<()> {
        let written = self.write(frame.bytes);
        self.failed = written.is_err();
        written?;
        self.round.push(frame.tip);
        self.tip = frame.tip;
        Ok(())
    }

    fn write(&mut self, mut frame: Vec<u8>) -> Result<()> {
        self.make_file()?;
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        if !file.file.is_at(&self.path).map_err(io_error)? {
            return Err(Detail::Io(format!(
                "{} was moved, replaced or deleted while the database was open; nothing more is saved",
                self.path.display()
            ))
            .into());
        }
        let end = self.end + frame.len().next_multiple_of(PAGE);
        if end > file.len {
            // The zeros behind the frame are room for the ones to come.
            frame.resize(end.next_multiple_of(GROWTH) - self.end, 0);
        }
        file.backend
            .write(self.end as u64, &frame)
            .map_err(io_error)?;
        file.backend.sync_data().map_err(io_error)?;
        file.len = file.len.max(self.end + frame.len());
        self.end = end;
        Ok(())
    }

    /// A file that has appeared since the database was opened is another program's.
    fn make_file(&mut self) -> Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        let file = self.disk.make(&self.path, Some(&self.database));
        let file = file.map_err(|error| {
            io_error(std::io::Error::new(
                error.kind(),
                format!("{}: {error}", self.path.display()),
            ))
        })?;
        // A durable frame is worth nothing in a file whose name is lost.
        self.disk.sync_folder_of(&self.path).map_err(io_error)?;
        self.file = Some(JournalFile::of(file)?);
        Ok(())
    }

    /// The database holds everything, and is at this tip: the frames so far are worth nothing any more.
    pub(super) fn restart(&mut self, tip: Tip, last: bool) {
        self.end = 0;
        self.tip = tip;
        self.is_tip_known = true;
        self.absorbed = self.absorbed();
        self.round = Round::default();
        if last || !self.is_marked() {
            self.marked = None;
        }
        // That of a file which has been moved since. If there is another file of that name, it may be that one's.
        if let Some(elsewhere) = self.elsewhere.take()
            && let Some(database) = database_of(&elsewhere)
            && self.disk.len(&database).is_ok_and(|len| len.is_none())
        {
            // The database holds it all: that it stays is no loss.
            let _ = self.disk.remove(&elsewhere);
        }
    }

    /// Leaves nothing of the frames in the file, once the database holds everything: what was purged is in them, too.
    pub(super) fn clear(&mut self) -> Result<()> {
        if let Some(file) = &mut self.file
            && file.len > 0
        {
            file.backend.set_len(0).map_err(io_error)?;
            file.backend.sync_data().map_err(io_error)?;
            file.len = 0;
        }
        Ok(())
    }

    /// Removes the file, once the database holds everything and says so.
    pub(super) fn remove(&mut self) -> Result<()> {
        if let Some(JournalFile { file, .. }) = self.file.take()
            && file.is_at(&self.path).map_err(io_error)?
        {
            self.disk.remove(&self.path).map_err(io_error)?;
        }
        Ok(())
    }
}
