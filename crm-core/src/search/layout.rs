//! The keys of [`Space::Text`], and scans over them.

use std::ops::ControlFlow;

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::store::{KeyRange, Read, Space, Transaction};
use crate::value::{Id, Ref};

/// Ends the token in a key. No token contains it, so that keys sort by token and then by ordinal.
const END: u8 = 0;

/// A key, most of which are short.
pub(super) type Key = SmallVec<[u8; 40]>;

/// A family of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Family {
    Target = 0,
    Block = 1,
    Tail = 2,
}

impl Family {
    /// The key of a token's row.
    pub(super) fn key(self, token: &str, ordinal: u32) -> Key {
        let mut key = self.token_prefix(token);
        key.extend_from_slice(&ordinal.to_be_bytes());
        key
    }

    fn token_prefix(self, token: &str) -> Key {
        let mut key = Key::new();
        key.push(self as u8);
        key.extend_from_slice(token.as_bytes());
        key.push(END);
        key
    }

    /// The rows of one token, in order of their ordinals.
    pub(super) fn rows_of(self, token: &str) -> KeyRange {
        KeyRange::prefix(Space::Text, &self.token_prefix(token))
    }

    /// The rows of the tokens that begin with `start`, in order of the tokens.
    pub(super) fn rows_starting(self, start: &str) -> KeyRange {
        let mut prefix = vec![self as u8];
        prefix.extend_from_slice(start.as_bytes());
        KeyRange::prefix(Space::Text, &prefix)
    }

    /// All rows of the family.
    pub(super) fn rows(self) -> KeyRange {
        self.rows_starting("")
    }
}

/// The token and the ordinal in the key of a block or tail row.
pub(super) fn split_key(key: &[u8]) -> Result<(&str, u32)> {
    let parts = || {
        let (head, ordinal) = key.split_last_chunk::<4>()?;
        let token = head.get(1..)?.strip_suffix(&[END])?;
        Some((
            std::str::from_utf8(token).ok()?,
            u32::from_be_bytes(*ordinal),
        ))
    };
    parts().ok_or_else(|| Error::corrupt("a key of the search index"))
}

/// The weight in a tail row; 0 says that the posting is gone.
pub(super) fn tail_weight(value: &[u8]) -> Result<u8> {
    match value {
        [weight] if *weight <= super::WEIGHT_MAX => Ok(*weight),
        _ => Err(Error::corrupt("a tail row of the search index")),
    }
}

fn target_key(ordinal: u32) -> [u8; 5] {
    let [a, b, c, d] = ordinal.to_be_bytes();
    [Family::Target as u8, a, b, c, d]
}

/// Notes which record has an ordinal.
pub(super) fn put_target(txn: &mut Transaction<'_>, ordinal: u32, target: Ref) -> Result<()> {
    let value = [&target.object.to_be_bytes()[..], target.id.as_bytes()].concat();
    txn.put(Space::Text, target_key(ordinal), value)
}

/// Forgets the record of an ordinal.
pub(super) fn delete_target(txn: &mut Transaction<'_>, ordinal: u32) {
    txn.delete(Space::Text, target_key(ordinal));
}

/// The record that has an ordinal.
pub(super) fn target(read: &dyn Read, ordinal: u32) -> Result<Option<Ref>> {
    let mut target = Ok(None);
    read.get(Space::Text, &target_key(ordinal), &mut |value| {
        target = parse_target(value).map(Some);
    })?;
    target
}

/// The record in a target row.
pub(super) fn parse_target(value: &[u8]) -> Result<Ref> {
    let parts = value.split_first_chunk::<2>().and_then(|(object, id)| {
        let id = Id::from_bytes(id.try_into().ok()?);
        Some(Ref {
            object: u16::from_be_bytes(*object),
            id,
        })
    });
    parts.ok_or_else(|| Error::corrupt("a target row of the search index"))
}

/// The ordinal in the key of a target row.
pub(super) fn target_ordinal(key: &[u8]) -> Result<u32> {
    match key
        .split_first_chunk::<1>()
        .map(|(_, ordinal)| ordinal.try_into())
    {
        Some(Ok(ordinal)) => Ok(u32::from_be_bytes(ordinal)),
        _ => Err(Error::corrupt("a target key of the search index")),
    }
}

/// The greatest ordinal in use.
pub(super) fn last_ordinal(read: &dyn Read) -> Result<Option<u32>> {
    let mut last = None;
    scan(read, &Family::Target.rows().reversed(), &mut |key, _| {
        last = Some(target_ordinal(key)?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(last)
}

/// What [`scan`] calls with each key and value.
type FallibleVisit<'v> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>> + 'v;

/// A scan whose visitor may fail, which ends the scan.
pub(super) fn scan(read: &dyn Read, range: &KeyRange, visit: &mut FallibleVisit<'_>) -> Result<()> {
    let mut failure = None;
    read.scan(range, &mut |key, value| {
        visit(key, value).unwrap_or_else(|error| {
            failure = Some(error);
            ControlFlow::Break(())
        })
    })?;
    failure.map_or(Ok(()), Err)
}
