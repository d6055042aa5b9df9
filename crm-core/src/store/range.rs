//! Ranges of keys.

use std::ops::Bound;

use super::Space;

/// The keys of one space from `start` (inclusive) to `end` (exclusive), in one direction or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The space to look at.
    pub space: Space,
    /// The first key.
    pub start: Vec<u8>,
    /// The first key that no longer belongs to the range; `None` for the end of the space.
    pub end: Option<Vec<u8>>,
    /// From the last key to the first one.
    pub reverse: bool,
}

impl KeyRange {
    /// The keys from `start` to just before `end`.
    pub fn new(space: Space, start: impl Into<Vec<u8>>, end: impl Into<Vec<u8>>) -> Self {
        KeyRange {
            space,
            start: start.into(),
            end: Some(end.into()),
            reverse: false,
        }
    }

    /// The keys from `start` to the end of the space.
    pub fn starting_at(space: Space, start: impl Into<Vec<u8>>) -> Self {
        KeyRange {
            space,
            start: start.into(),
            end: None,
            reverse: false,
        }
    }

    /// All keys of the space.
    pub fn all(space: Space) -> Self {
        KeyRange::starting_at(space, [])
    }

    /// The keys that begin with `prefix`.
    pub fn prefix(space: Space, prefix: &[u8]) -> Self {
        KeyRange {
            space,
            start: prefix.to_vec(),
            end: after_prefix(prefix),
            reverse: false,
        }
    }

    /// The same keys, in the other direction.
    pub fn reversed(mut self) -> Self {
        self.reverse = !self.reverse;
        self
    }

    /// The part of the range that a scan has not yet seen when `key` was the last one it was given.
    pub fn resumed_after(mut self, key: &[u8]) -> Self {
        if self.reverse {
            self.end = Some(key.to_vec());
        } else {
            // No key lies between a key and the same key with a zero byte behind it.
            self.start.clear();
            self.start.extend_from_slice(key);
            self.start.push(0);
        }
        self
    }

    /// True if no key can be in the range.
    pub fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }

    /// True if `key` is in the range.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.start.as_slice() <= key && self.end.as_deref().is_none_or(|end| key < end)
    }

    /// True if a scan of the range that has come to `key` has not left it.
    #[cfg(feature = "redb")]
    #[inline]
    pub(super) fn is_before_end(&self, key: &[u8]) -> bool {
        if self.reverse {
            self.start.as_slice() <= key
        } else {
            self.end.as_deref().is_none_or(|end| key < end)
        }
    }

    pub(super) fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        let end = self.end.as_deref();
        (
            Bound::Included(self.start.as_slice()),
            end.map_or(Bound::Unbounded, Bound::Excluded),
        )
    }
}

/// The smallest key that is greater than every key with this prefix.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xFF)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}
