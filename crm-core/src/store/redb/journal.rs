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

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::redb::StorageBackend;
use sha2::{Digest, Sha256};

use super::disk::Disk;
use super::failure::io_error;
use crate::error::{Detail, Error, Result};
use crate::store::{Overlay, Space};

/// A frame begins at a multiple of it: the largest sector of disks in use.
const PAGE: usize = 4_096;
/// The file grows by so much at a time: a sync is quicker where the length does not change.
const GROWTH: usize = 64 * PAGE;
/// A commit longer than this part of the journal goes to the database at once: it would be written twice, and
/// a checkpoint would soon follow.
const FRAME_PART_MAX: usize = 4;

const MAGIC: [u8; 4] = *b"CRMJ";
const HEADER_LEN: usize = 48;
/// Stands for a length where a key is deleted.
const DELETED: u32 = u32::MAX;

/// Identifies a state by the commits that led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tip {
    sequence: u64,
    digest: [u8; 16],
}

impl Tip {
    /// How many bytes it is.
    pub(super) const LEN: usize = 24;

    /// That of a state to which no journal leads.
    pub(super) fn new() -> Self {
        Tip {
            sequence: 0,
            digest: uuid::Uuid::now_v7().into_bytes(),
        }
    }

    /// After a commit that is in no journal.
    pub(super) fn next(self) -> Self {
        Tip {
            sequence: self.sequence + 1,
            ..Tip::new()
        }
    }

    pub(super) fn to_bytes(self) -> [u8; Tip::LEN] {
        let mut bytes = [0; Tip::LEN];
        let (sequence, digest) = bytes.split_at_mut(8);
        sequence.copy_from_slice(&self.sequence.to_le_bytes());
        digest.copy_from_slice(&self.digest);
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let mut input = Input(bytes);
        let tip = input.tip();
        tip.ok_or_else(|| Error::corrupt("the tip of the journal"))
    }
}

/// The journal of an open database.
pub(super) struct Journal {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// How long the frames may be altogether.
    bytes_max: usize,
    /// Made by the first commit: who only reads leaves no file behind.
    file: Option<Box<dyn StorageBackend>>,
    /// How long the file is.
    len: usize,
    /// Where the next frame goes.
    end: usize,
    tip: Tip,
    /// A write or a sync has failed: what the file holds is not known.
    failed: bool,
}

/// What a journal holds that the database does not.
pub(super) struct Recovered {
    pub(super) changes: Overlay,
    pub(super) tip: Tip,
}

impl Journal {
    /// The journal of a database that is at a tip, and which holds everything that a journal held.
    pub(super) fn new(disk: Arc<dyn Disk>, path: PathBuf, bytes_max: usize, tip: Tip) -> Self {
        Journal {
            disk,
            path,
            bytes_max,
            file: None,
            len: 0,
            end: 0,
            tip,
            failed: false,
        }
    }

    /// The state after the last frame, or after the last checkpoint.
    pub(super) fn tip(&self) -> Tip {
        self.tip
    }

    /// Says that a write has failed.
    pub(super) fn check(&self) -> Result<()> {
        if self.failed {
            let reason = "a write to the journal has failed".to_owned();
            return Err(Detail::NeedsReopen(reason).into());
        }
        Ok(())
    }

    /// Makes changes durable; false if they are too large for what room there is.
    pub(super) fn append(&mut self, changes: &Overlay) -> Result<bool> {
        self.check()?;
        let room = (self.bytes_max / FRAME_PART_MAX).min(self.bytes_max.saturating_sub(self.end));
        let Some((mut frame, tip)) = frame(self.tip, changes, room) else {
            return Ok(false);
        };
        let end = self.end + frame.len().next_multiple_of(PAGE);
        if end > self.len {
            // The zeros behind the frame are room for the ones to come.
            frame.resize(end.next_multiple_of(GROWTH) - self.end, 0);
        }
        let written = self.write(&frame);
        self.failed = written.is_err();
        written?;
        self.end = end;
        self.tip = tip;
        Ok(true)
    }

    fn write(&mut self, frame: &[u8]) -> Result<()> {
        let file = match &self.file {
            Some(file) => file,
            None => {
                let file = self.disk.file(&self.path).map_err(io_error)?;
                // A durable frame is worth nothing in a file whose name is lost.
                self.disk.sync_folder_of(&self.path).map_err(io_error)?;
                self.file.insert(file)
            }
        };
        file.write(self.end as u64, frame).map_err(io_error)?;
        file.sync_data().map_err(io_error)?;
        self.len = self.len.max(self.end + frame.len());
        Ok(())
    }

    /// The database holds everything, and is at this tip: the frames so far are worth nothing any more.
    pub(super) fn restart(&mut self, tip: Tip) {
        self.end = 0;
        self.tip = tip;
    }

    /// Leaves nothing of the frames in the file, once the database holds everything: what was purged is in them, too.
    pub(super) fn clear(&mut self) -> Result<()> {
        // After a crash it may be there before anything was written to it.
        let is_there = self.disk.len(&self.path).map_err(io_error)?;
        if is_there.is_none_or(|len| len == 0) {
            return Ok(());
        }
        let file = match &self.file {
            Some(file) => file,
            None => self
                .file
                .insert(self.disk.file(&self.path).map_err(io_error)?),
        };
        file.set_len(0).map_err(io_error)?;
        file.sync_data().map_err(io_error)?;
        self.len = 0;
        Ok(())
    }

    /// Removes the file, once the database holds everything.
    pub(super) fn remove(&mut self) -> Result<()> {
        self.file = None;
        self.len = 0;
        self.disk.remove(&self.path).map_err(io_error)
    }
}

/// Reads what the journal at a path holds beyond the tip of its database; `None` if that is nothing.
///
/// # Errors
/// `Corrupt` if it holds commits that do not follow that tip, or not without one that is damaged: it is another
/// database's, or the database is an older copy. They were acknowledged, so that only the host can say that they
/// may go.
pub(super) fn recover(disk: &dyn Disk, path: &Path, tip: Option<Tip>) -> Result<Option<Recovered>> {
    let Some(len) = disk.len(path).map_err(io_error)? else {
        return Ok(None);
    };
    let file = disk.file(path).map_err(io_error)?;
    let (recovered, beyond) = read_frames(&*file, len, tip)?;
    match beyond {
        None => Ok(recovered),
        Some(beyond) => Err(Error::corrupt(format!(
            "{}: {}",
            path.display(),
            beyond.reason()
        ))),
    }
}

/// Commits in a journal that cannot be applied.
#[derive(Debug, Clone, Copy)]
pub(super) enum Beyond {
    /// They were made on another state than that of the database.
    Foreign,
    /// The one with this number is whole, and one before it is damaged.
    Damage(u64),
}

impl Beyond {
    pub(super) fn reason(self) -> String {
        match self {
            Beyond::Foreign => "its commits do not follow this state of the database: it is another's, or the \
                                database is an older copy; put the right one in place, or move the journal away"
                .to_owned(),
            Beyond::Damage(commit) => format!(
                "commit {commit} is in it, and one before that is damaged; salvage the database, or move the \
                 journal away and go on without them"
            ),
        }
    }
}

/// What follows a tip, and what else is there that was acknowledged.
pub(super) fn read_frames(
    file: &dyn StorageBackend,
    len: u64,
    tip: Option<Tip>,
) -> Result<(Option<Recovered>, Option<Beyond>)> {
    let mut changes = Overlay::new();
    let mut now = tip;
    let mut previous: Option<Tip> = None;
    let mut beyond = None;
    let mut at = 0;
    while let Some(bytes) = read_frame(file, at, len).map_err(io_error)?
        && let Some(frame) = Frame::read(&bytes)
    {
        if previous.is_some_and(|previous| previous != frame.before) {
            break;
        }
        let is_older = tip.is_some_and(|tip| frame.after.sequence <= tip.sequence);
        if Some(frame.before) == now {
            frame.apply(&mut changes)?;
            now = Some(frame.after);
        } else if !is_older {
            beyond = Some(Beyond::Foreign);
            break;
        }
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
    let recovered = now
        .filter(|now| Some(*now) != tip)
        .map(|tip| Recovered { changes, tip });
    Ok((recovered, beyond))
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

/// The frame of changes made on a tip, and the tip that it leads to; `None` if it is too long.
fn frame(before: Tip, changes: &Overlay, len_max: usize) -> Option<(Vec<u8>, Tip)> {
    let mut bytes = vec![0; HEADER_LEN];
    for space in Space::ALL {
        let changes = changes.changes(space);
        if changes.len() == 0 {
            continue;
        }
        bytes.push(space as u8);
        bytes.extend(u32::try_from(changes.len()).ok()?.to_le_bytes());
        for (key, change) in changes {
            bytes.extend(u16::try_from(key.len()).ok()?.to_le_bytes());
            let len = match change {
                Some(value) => u32::try_from(value.len()).ok()?,
                None => DELETED,
            };
            bytes.extend(len.to_le_bytes());
            bytes.extend(key);
            bytes.extend(change.unwrap_or_default());
            if bytes.len() > len_max {
                return None;
            }
        }
    }
    let len = u32::try_from(bytes.len() - HEADER_LEN).ok()?;
    let (header, changes) = bytes.split_at_mut(HEADER_LEN);
    let sequence = before.sequence + 1;
    let digest = digest(len, sequence, &before.digest, changes);
    let parts: [&[u8]; 5] = [
        &MAGIC,
        &len.to_le_bytes(),
        &sequence.to_le_bytes(),
        &before.digest,
        &digest,
    ];
    header.copy_from_slice(&parts.concat());
    Some((bytes, Tip { sequence, digest }))
}

fn digest(len: u32, sequence: u64, before: &[u8; 16], changes: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(MAGIC);
    hash.update(len.to_le_bytes());
    hash.update(sequence.to_le_bytes());
    hash.update(before);
    hash.update(changes);
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}

/// A frame that is whole.
struct Frame<'a> {
    before: Tip,
    after: Tip,
    changes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame at the beginning of some bytes, `None` if there is none that is whole.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut input = Input(bytes);
        if input.array()? != MAGIC {
            return None;
        }
        let len = u32::from_le_bytes(input.array()?);
        let sequence = u64::from_le_bytes(input.array()?);
        let before = input.array()?;
        let after = input.array()?;
        let changes = input.take(len as usize)?;
        let is_whole = digest(len, sequence, &before, changes) == after;
        is_whole.then_some(Frame {
            before: Tip {
                sequence: sequence.checked_sub(1)?,
                digest: before,
            },
            after: Tip {
                sequence,
                digest: after,
            },
            changes,
        })
    }

    fn apply(&self, to: &mut Overlay) -> Result<()> {
        let mut input = Input(self.changes);
        while !input.0.is_empty() {
            let applied = apply_space(&mut input, to);
            applied.ok_or_else(|| Error::corrupt("the changes of a frame of the journal"))?;
        }
        Ok(())
    }
}

fn apply_space(input: &mut Input<'_>, to: &mut Overlay) -> Option<()> {
    let [space] = input.array()?;
    let space = *Space::ALL.get(usize::from(space))?;
    for _ in 0..u32::from_le_bytes(input.array()?) {
        let key_len = u16::from_le_bytes(input.array()?);
        let len = u32::from_le_bytes(input.array()?);
        let key = input.take(key_len.into())?;
        if len == DELETED {
            to.delete(space, key);
        } else {
            to.put(space, key, input.take(len as usize)?);
        }
    }
    Some(())
}

/// Bytes that are read from the front.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn tip(&mut self) -> Option<Tip> {
        Some(Tip {
            sequence: u64::from_le_bytes(self.array()?),
            digest: self.array()?,
        })
    }
}
