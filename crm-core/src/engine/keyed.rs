//! Batches with an idempotency key: what became of each is kept for a while, so that a repetition is answered and not
//! made again.

use std::ops::ControlFlow;

use chrono::{DateTime, TimeDelta, Utc};

use super::keys::meta;
use super::log::Commit;
use super::read;
use super::work::{Outcome, OutcomeKind, Work};
use crate::error::{Error, Result};
use crate::limits;
use crate::schema::Catalog;
use crate::store::{KeyRange, Read, Space};
use crate::value::{Id, Ref};

/// A stored outcome: kind, object, id, version.
const OUTCOME_LEN: usize = 27;
/// What is stored behind the outcomes: the number of the commit, the time, the digest of what was asked for.
const REQUEST_LEN: usize = 8 + 8 + 32;

/// Identifies what a batch asks for, and who.
pub(crate) type RequestDigest = [u8; 32];

/// A batch that was made.
#[derive(Debug, PartialEq)]
pub(crate) struct KeyedBatch {
    pub outcomes: Vec<Outcome>,
    /// `None` in what an earlier version wrote.
    pub request: Option<Request>,
}

/// When a batch was made, and what it was.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    /// The commit, or the next one where the batch changed nothing.
    pub sequence: u64,
    pub at: DateTime<Utc>,
    pub digest: RequestDigest,
}

impl KeyedBatch {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.outcomes.len() * OUTCOME_LEN + REQUEST_LEN);
        for outcome in &self.outcomes {
            bytes.push(outcome.kind as u8);
            bytes.extend_from_slice(&outcome.record.object.to_be_bytes());
            bytes.extend_from_slice(outcome.record.id.as_bytes());
            bytes.extend_from_slice(&outcome.version.to_be_bytes());
        }
        if let Some(request) = &self.request {
            bytes.extend_from_slice(&request.sequence.to_be_bytes());
            bytes.extend_from_slice(&request.at.timestamp_micros().to_be_bytes());
            bytes.extend_from_slice(&request.digest);
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let damaged = || Error::corrupt("the outcomes of a batch");
        // An earlier version wrote outcomes alone, and no number of them is as long as some with a request.
        let (outcomes, request) = match bytes.len() % OUTCOME_LEN {
            0 => (bytes, None),
            _ => {
                let at = bytes.len().checked_sub(REQUEST_LEN).ok_or_else(damaged)?;
                let (outcomes, request) = bytes.split_at(at);
                (
                    outcomes,
                    Some(Request::decode(request).ok_or_else(damaged)?),
                )
            }
        };
        let (rows, rest) = outcomes.as_chunks::<OUTCOME_LEN>();
        let outcomes = rows.iter().map(|row| outcome(row).ok_or_else(damaged));
        if !rest.is_empty() {
            return Err(damaged());
        }
        Ok(KeyedBatch {
            outcomes: outcomes.collect::<Result<_>>()?,
            request,
        })
    }

    /// True if it was made after a commit, or may have been.
    #[cfg(feature = "redb")]
    pub(crate) fn may_be_after(&self, sequence: u64) -> bool {
        let request = self.request.as_ref();
        request.is_none_or(|request| request.sequence > sequence)
    }

    /// True if it was made after a commit, as far as can be known.
    #[cfg(feature = "redb")]
    pub(crate) fn is_after(&self, sequence: u64) -> bool {
        match &self.request {
            Some(request) => request.sequence > sequence,
            None => self.last_version() > sequence,
        }
    }

    fn last_version(&self) -> u64 {
        let versions = self.outcomes.iter().map(|outcome| outcome.version);
        versions.max().unwrap_or_default()
    }

    /// When it was made; of what an earlier version wrote, when the last of its records changed.
    fn made_at(&self, read: &dyn Read) -> Result<DateTime<Utc>> {
        if let Some(request) = &self.request {
            return Ok(request.at);
        }
        let commit = Commit::load(read, self.last_version())?;
        Ok(commit.map_or_else(DateTime::default, |commit| commit.at))
    }
}

impl Request {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (sequence, rest) = bytes.split_first_chunk::<8>()?;
        let (at, digest) = rest.split_first_chunk::<8>()?;
        Some(Request {
            sequence: u64::from_be_bytes(*sequence),
            at: DateTime::from_timestamp_micros(i64::from_be_bytes(*at))?,
            digest: digest.try_into().ok()?,
        })
    }
}

fn outcome(row: &[u8; OUTCOME_LEN]) -> Option<Outcome> {
    let [kind, o0, o1, rest @ ..] = *row;
    let (id, version) = rest.split_first_chunk::<16>()?;
    let kinds = [
        OutcomeKind::Created,
        OutcomeKind::Updated,
        OutcomeKind::Unchanged,
        OutcomeKind::Deleted,
        OutcomeKind::Restored,
        OutcomeKind::Purged,
    ];
    Some(Outcome {
        record: Ref {
            object: u16::from_be_bytes([o0, o1]),
            id: Id::from_bytes(*id),
        },
        kind: kinds.into_iter().find(|known| *known as u8 == kind)?,
        version: u64::from_be_bytes(version.try_into().ok()?),
    })
}

fn row_of(key: &str) -> Vec<u8> {
    [meta::IDEMPOTENCY, key.as_bytes()].concat()
}

/// What takes a key, as it is stored, and its batch.
type VisitBatch<'v> = dyn FnMut(&[u8], KeyedBatch) -> Result<ControlFlow<()>> + 'v;

/// Calls `visit` with each key and its batch.
pub(super) fn for_each_batch(read: &dyn Read, visit: &mut VisitBatch<'_>) -> Result<()> {
    let all = KeyRange::prefix(Space::Meta, meta::IDEMPOTENCY);
    read::scan(read, &all, &mut |key, bytes| {
        visit(key, KeyedBatch::decode(bytes)?)
    })
}

/// How long keys are kept at least, as the settings say.
fn kept_for(read: &dyn Read, catalog: &Catalog) -> Result<TimeDelta> {
    let mut days = None;
    if let Some((settings, parts)) = catalog.settings()
        && let Some(record) = read::first_record(read, settings.id)?
    {
        days = record.get(parts.batch_keys_days).as_int();
    }
    let days = days.unwrap_or(limits::BATCH_KEYS_DAYS_DEFAULT);
    Ok(TimeDelta::try_days(days).unwrap_or(TimeDelta::MAX))
}

/// The keys, as they are stored, whose time is over, so many at most.
pub(crate) fn old_batches(
    read: &dyn Read,
    catalog: &Catalog,
    now: DateTime<Utc>,
    max: usize,
) -> Result<Vec<Vec<u8>>> {
    let mut old = Vec::new();
    let Some(before) = now.checked_sub_signed(kept_for(read, catalog)?) else {
        return Ok(old);
    };
    for_each_batch(read, &mut |key, batch| {
        if batch.made_at(read)? < before {
            old.push(key.to_vec());
        }
        Ok(if old.len() < max {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    Ok(old)
}

impl Work<'_, '_> {
    /// What became of the batch that was made with a key.
    ///
    /// # Errors
    /// `Invalid` if that was another one, or another user's.
    pub(crate) fn keyed(&self, key: &str, digest: &RequestDigest) -> Result<Option<Vec<Outcome>>> {
        let Some(bytes) = self.tx.get_vec(Space::Meta, &row_of(key))? else {
            return Ok(None);
        };
        let batch = KeyedBatch::decode(&bytes)?;
        let request = batch.request.as_ref();
        if request.is_some_and(|request| request.digest != *digest) {
            let reason = "another batch was made with this idempotency key, with other changes or by another user, \
                          and nothing of this one; give a new key to what is not a repetition";
            return Err(Error::invalid(key, reason));
        }
        Ok(Some(batch.outcomes))
    }

    /// Keeps what became of a batch.
    pub(crate) fn keep_keyed(
        &mut self,
        key: &str,
        digest: RequestDigest,
        outcomes: &[Outcome],
    ) -> Result<()> {
        let batch = KeyedBatch {
            outcomes: outcomes.to_vec(),
            request: Some(Request {
                sequence: self.tx.sequence,
                at: self.tx.now,
                digest,
            }),
        };
        self.tx.put(Space::Meta, row_of(key), batch.encode())
    }

    /// Drops keys whose time is over; one that was given anew meanwhile stays.
    pub(crate) fn drop_keyed(&mut self, old: Vec<Vec<u8>>) -> Result<()> {
        let catalog = self.catalog();
        let Some(before) = self
            .tx
            .now
            .checked_sub_signed(kept_for(&self.tx, &catalog)?)
        else {
            return Ok(());
        };
        for key in old {
            if let Some(bytes) = self.tx.get_vec(Space::Meta, &key)?
                && KeyedBatch::decode(&bytes)?.made_at(&self.tx)? < before
            {
                self.tx.delete(Space::Meta, key);
            }
        }
        Ok(())
    }
}
