//! What a journal holds that its database does not, and whose it is.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::redb::StorageBackend;

use super::disk::{Disk, DiskFile};
use super::failure::io_error;
use super::frame::{Frame, Input, Round, Tip};
use super::journal::{HEADER_LEN, MAGIC, PAGE};
use super::names::{beside, journal_of};
use super::state::State;
use crate::error::{Error, Result};
use crate::store::Overlay;

/// What a journal holds that the database does not.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) changes: Overlay,
    pub(super) tip: Tip,
    /// Every commit from the first frame on, also such as the database had before.
    pub(super) round: Round,
    /// Where the next frame would begin.
    pub(super) end: u64,
}

/// A journal that was found.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
    /// `None` if the database holds all that is in it.
    pub(super) recovered: Option<Recovered>,
}

/// Why a database is not opened with the journal that was found.
#[derive(Debug)]
pub(super) enum Refused {
    /// The journal beside it.
    Journal(PathBuf, Beyond),
    /// The one that the file says it has, at a path, is not there or goes on from another state.
    NotAt(String),
    Other(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused::Other(error)
    }
}

/// What a host can do about a journal that is in the way.
const DISCARD: &str = "open the database with `discard_journal`: it goes on without these commits, and the journal is \
                       renamed";

impl Refused {
    pub(super) fn into_error(self, database: &Path) -> Error {
        match self {
            Refused::Journal(path, beyond @ Beyond::Foreign(_)) => {
                let reason = format!("{}; or {DISCARD}", beyond.reason());
                Error::invalid(path.display(), reason)
            }
            Refused::Journal(path, beyond) => {
                Error::corrupt(format!("{}: {}", path.display(), beyond.reason()))
            }
            Refused::NotAt(place) => Error::invalid(
                database.display(),
                format!(
                    "commits that were acknowledged may be missing: the file was not closed under the name that it \
                     had then, and its journal was {place}, where there is none that goes on from this state; put \
                     it there, or beside this file, or {DISCARD}"
                ),
            ),
            Refused::Other(error) => error,
        }
    }
}

/// Looks for the journal of a database, beside it and where the file says that it was.
pub(super) fn find(
    disk: &dyn Disk,
    database: &Path,
    state: &State,
) -> Result<Option<Found>, Refused> {
    let journal = journal_of(database);
    if let Some((file, read)) = read(disk, &journal, state)? {
        return match read {
            (_, Some(beyond)) => Err(Refused::Journal(journal, beyond)),
            (recovered, None) => Ok(Some(Found {
                path: journal,
                file,
                recovered,
            })),
        };
    }
    let Some(place) = &state.place else {
        return Ok(None);
    };
    let elsewhere = PathBuf::from(place);
    if elsewhere != journal
        && let Ok(Some((file, (recovered, None)))) = read(disk, &elsewhere, state)
    {
        return Ok(Some(Found {
            path: elsewhere,
            file,
            recovered,
        }));
    }
    Err(Refused::NotAt(place.clone()))
}

type Read = (Option<Recovered>, Option<Beyond>);

/// Reads the journal at a path; `None` if there is none.
fn read(disk: &dyn Disk, path: &Path, state: &State) -> Result<Option<(Arc<dyn DiskFile>, Read)>> {
    let Some(len) = disk.len(path).map_err(io_error)? else {
        return Ok(None);
    };
    let file = disk.open(path).map_err(io_error)?;
    let frames = read_frames(&*file.backend().map_err(io_error)?, len, state)?;
    Ok(Some((file, frames)))
}

/// The name of the database that a journal lies beside.
pub(super) fn database_of(journal: &Path) -> Option<PathBuf> {
    let name = journal.to_str()?.strip_suffix("-journal")?;
    Some(name.into())
}

/// Where a journal goes that the host does not want.
pub(super) fn discarded(database: &Path) -> PathBuf {
    beside(
        database,
        &format!("{}{}", super::names::DISCARDED, uuid::Uuid::now_v7()),
    )
}

/// Commits in a journal that cannot be applied.
#[derive(Debug, Clone, Copy)]
pub(super) enum Beyond {
    /// It is no journal.
    Other,
    /// They were made on another state than that of the database, from this one on.
    Foreign(u64),
    /// The one with this number is whole, and one before it is damaged.
    Damage(u64),
}

impl Beyond {
    pub(super) fn reason(self) -> String {
        match self {
            Beyond::Other => "it does not begin as a journal does: it is another program's, or damaged; move it away"
                .to_owned(),
            Beyond::Foreign(commit) => format!(
                "commit {commit} and those after it in this journal do not follow this state of the database: the \
                 journal is another database's, which had this name and was not closed, or the file is a copy that \
                 has gone on by itself; put the right one in place"
            ),
            Beyond::Damage(commit) => format!(
                "commit {commit} is in it, and one before that is damaged; salvage the database, or {DISCARD}"
            ),
        }
    }
}

impl State {
    /// True for a commit of the journal that the file holds.
    fn has_absorbed(&self, tip: Tip) -> bool {
        match (&self.tip, &self.absorbed) {
            // A version that kept no digests.
            (Some(now), None) => tip.sequence <= now.sequence,
            (_, Some(rounds)) => rounds.lead_to(tip),
            (None, None) => false,
        }
    }
}

/// What follows the state of a file, and what else is there that was acknowledged.
pub(super) fn read_frames(file: &dyn StorageBackend, len: u64, state: &State) -> Result<Read> {
    if !begins_as_journal(file, len).map_err(io_error)? {
        return Ok((None, Some(Beyond::Other)));
    }
    let mut changes = Overlay::new();
    let mut round = Round::default();
    let mut now = state.tip;
    let mut previous: Option<Tip> = None;
    let mut beyond = None;
    let mut at = 0;
    while let Some(bytes) = read_frame(file, at, len).map_err(io_error)?
        && let Some(frame) = Frame::read(&bytes)
    {
        if previous.is_some_and(|previous| previous != frame.before) {
            break;
        }
        if Some(frame.before) == now {
            frame.apply(&mut changes)?;
            now = Some(frame.after);
        } else if !state.has_absorbed(frame.after) {
            beyond = Some(Beyond::Foreign(frame.after.sequence));
            break;
        }
        round.push(frame.after);
        previous = Some(frame.after);
        at += bytes.len().next_multiple_of(PAGE) as u64;
    }
    if beyond.is_none() {
        // A frame is written when the one before it is on the disk. So only the last one can be torn, and where
        // one follows that is whole, what is between has been damaged since.
        let reached = now.map_or(0, |now| now.sequence);
        let whole = whole_frame_beyond(file, at, len, reached).map_err(io_error)?;
        beyond = whole.map(|tip| Beyond::Damage(tip.sequence));
    }
    let recovered = now.filter(|now| Some(*now) != state.tip);
    let recovered = recovered.map(|tip| Recovered {
        changes,
        tip,
        round,
        end: at,
    });
    Ok((recovered, beyond))
}

/// False for a file that cannot have been a journal: one begins with its mark, of which a part may not have got to the
/// disk.
fn begins_as_journal(file: &dyn StorageBackend, len: u64) -> io::Result<bool> {
    let mut begin = [0; MAGIC.len()];
    let there = usize::try_from(len).map_or(begin.len(), |len| len.min(begin.len()));
    file.read(0, &mut begin[..there])?;
    let mut pairs = begin.iter().zip(MAGIC);
    Ok(pairs.all(|(byte, expected)| *byte == 0 || *byte == expected))
}

/// The tip of a frame, from a place on, that leads beyond a commit. What an earlier round of the file has left
/// leads to a state that the database held before this round began.
fn whole_frame_beyond(
    file: &dyn StorageBackend,
    from: u64,
    file_len: u64,
    sequence: u64,
) -> io::Result<Option<Tip>> {
    for at in (from..file_len).step_by(PAGE) {
        if let Some(bytes) = read_frame(file, at, file_len)?
            && let Some(frame) = Frame::read(&bytes)
            && frame.after.sequence > sequence
        {
            return Ok(Some(frame.after));
        }
    }
    Ok(None)
}

/// The bytes of what may be a frame; `None` if it would be longer than the file.
fn read_frame(file: &dyn StorageBackend, at: u64, file_len: u64) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; HEADER_LEN];
    if at + HEADER_LEN as u64 > file_len {
        return Ok(None);
    }
    file.read(at, &mut header)?;
    let mut input = Input(&header);
    let (Some(MAGIC), Some(len)) = (input.array(), input.array()) else {
        return Ok(None);
    };
    let len = HEADER_LEN + u32::from_le_bytes(len) as usize;
    if at + len as u64 > file_len {
        return Ok(None);
    }
    let mut frame = vec![0; len];
    file.read(at, &mut frame)?;
    Ok(Some(frame))
}
