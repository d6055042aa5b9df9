//! Values in memory that many readers share.

use std::sync::Arc;

use crate::error::Result;

/// Stored values as those who read them often want them: bytes, and text that is known to be UTF-8. What of a value is
/// where, [`Open`] decides. Whoever has a copy has the places of both, without a look at a third.
#[derive(Debug, Clone)]
pub struct Shared {
    bytes: Arc<[u8]>,
    text: Arc<str>,
}

/// Memory that is being filled, before it is shared.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// What is not text.
    pub bytes: Vec<u8>,
    /// What is text.
    pub text: String,
}

/// What checks a stored value and puts it behind those that memory already holds. After an error the memory is dropped.
pub type Open = fn(&[u8], &mut Memory) -> Result<()>;

impl Shared {
    /// A stored value, opened.
    pub(crate) fn of(value: &[u8], open: Open) -> Result<Self> {
        let mut memory = Memory::default();
        open(value, &mut memory)?;
        Ok(memory.into())
    }

    /// What is not text.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is text.
    #[inline]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The memory that it takes, about.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + self.text.len()
    }
}

impl From<Memory> for Shared {
    fn from(memory: Memory) -> Self {
        Shared {
            bytes: memory.bytes.into(),
            text: memory.text.into(),
        }
    }
}
