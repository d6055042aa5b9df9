//! Values in memory that many readers share.

use crate::error::Result;

/// Stored values as those who read them often want them: bytes, and text that is known to be UTF-8. What of a value is
/// where, [`Open`] decides.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// What is not text.
    pub bytes: Vec<u8>,
    /// What is text.
    pub text: String,
}

/// What checks a stored value and puts it behind those that a piece of memory already holds. After an error the memory
/// is dropped.
pub type Open = fn(&[u8], &mut Shared) -> Result<()>;

impl Shared {
    /// A stored value, opened.
    pub(super) fn of(value: &[u8], open: Open) -> Result<Self> {
        let mut shared = Shared::default();
        open(value, &mut shared)?;
        Ok(shared)
    }

    /// The memory that it takes, about.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + self.text.len()
    }
}
