//! The frames of the journal: how a commit and the state that it leads to are written down.

use sha2::{Digest, Sha256};

use super::journal::{HEADER_LEN, MAGIC};
use crate::error::{Error, Result};
use crate::store::{Overlay, Space};

/// Stands for a length where a key is deleted.
const DELETED: u32 = u32::MAX;
/// How much of a digest tells a commit from the others of its round.
const SHORT: usize = 8;
/// So many rounds are known again.
const ROUNDS_MAX: usize = 4;

/// Identifies a state by the commits that led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) sequence: u64,
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

/// The commits of one round of the journal, from its first frame to a last one: enough of their digests to know them
/// again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Round {
    /// The number of the first.
    first: u64,
    digests: Vec<[u8; SHORT]>,
}

impl Round {
    /// Adds the commit that led to a tip, which follows the others.
    pub(super) fn push(&mut self, tip: Tip) {
        if self.digests.is_empty() {
            self.first = tip.sequence;
        }
        self.digests.push(short(&tip.digest));
    }

    /// True if one of the commits led to a tip.
    fn leads_to(&self, tip: Tip) -> bool {
        let nth = tip.sequence.checked_sub(self.first);
        let nth = nth.and_then(|nth| usize::try_from(nth).ok());
        let digest = nth.and_then(|nth| self.digests.get(nth));
        digest == Some(&short(&tip.digest))
    }
}

/// The last rounds of the journal that the file has taken in, the newest first. The journal itself can hold the newest
/// alone; the others are for one that somebody puts back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rounds(Vec<Round>);

impl Rounds {
    /// Adds a round, if it has commits.
    pub(super) fn with(&self, newest: &Round) -> Self {
        let newest = Some(newest).filter(|round| !round.digests.is_empty());
        let all = newest.into_iter().chain(&self.0);
        Rounds(all.take(ROUNDS_MAX).cloned().collect())
    }

    /// True if a commit in them led to a tip.
    pub(super) fn lead_to(&self, tip: Tip) -> bool {
        self.0.iter().any(|round| round.leads_to(tip))
    }

    /// Of each, the number of its first commit, how many they are, and eight bytes of the digest of each. Numbers are
    /// little-endian.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for Round { first, digests } in &self.0 {
            bytes.extend(first.to_le_bytes());
            bytes.extend((digests.len() as u64).to_le_bytes());
            bytes.extend(digests.as_flattened());
        }
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let mut input = Input(bytes);
        let mut rounds = Rounds::default();
        while !input.0.is_empty() {
            let round = read_round(&mut input);
            rounds
                .0
                .push(round.ok_or_else(|| {
                    Error::corrupt("what the file has taken in from its journal")
                })?);
        }
        Ok(rounds)
    }
}

fn read_round(input: &mut Input<'_>) -> Option<Round> {
    let first = u64::from_le_bytes(input.array()?);
    let count = usize::try_from(u64::from_le_bytes(input.array()?)).ok()?;
    let (digests, _) = input.take(count.checked_mul(SHORT)?)?.as_chunks();
    Some(Round {
        first,
        digests: digests.to_vec(),
    })
}

fn short(digest: &[u8; 16]) -> [u8; SHORT] {
    let mut short = [0; SHORT];
    short.copy_from_slice(&digest[..SHORT]);
    short
}

/// The frame of changes made on a tip, and the tip that it leads to; `None` if it is too long.
pub(super) fn frame(before: Tip, changes: &Overlay, len_max: usize) -> Option<(Vec<u8>, Tip)> {
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
pub(super) struct Frame<'a> {
    pub(super) before: Tip,
    pub(super) after: Tip,
    changes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame at the beginning of some bytes, `None` if there is none that is whole.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
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

    pub(super) fn apply(&self, to: &mut Overlay) -> Result<()> {
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
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn tip(&mut self) -> Option<Tip> {
        Some(Tip {
            sequence: u64::from_le_bytes(self.array()?),
            digest: self.array()?,
        })
    }
}
