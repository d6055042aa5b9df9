//! What one evaluation may use: steps for its work, and bytes for the values that it makes and holds.
//!
//! Work is counted where its amount depends on the record: elements of lists, records that are followed, and texts by
//! their bytes. Memory is counted before it is taken. A value is dropped at the latest when the condition, the call or
//! the round of a macro has ended that it was made for, so that is where its bytes are given back; what they leave
//! behind, such as the list that `map` makes, is counted on.

use std::cell::Cell;

use super::syntax::limit;
use crate::error::Result;
use crate::limits;
use crate::value::ValueRef;

/// Text that is read, compared for equality, searched or copied counts as a step for each so many bytes.
pub(super) const BYTES_PER_STEP: usize = 256;
/// Text that is folded, or put in order, counts as a step for each so many bytes.
pub(super) const FOLDED_BYTES_PER_STEP: usize = 32;

/// The counters of an evaluation.
#[derive(Debug, Default)]
pub(super) struct Budget {
    steps: Cell<u32>,
    held: Cell<usize>,
}

impl Budget {
    /// Counts work.
    ///
    /// # Errors
    /// `Limit` when it becomes too much.
    #[inline]
    pub(super) fn step(&self, count: usize) -> Result<()> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let steps = self.steps.get().saturating_add(count);
        self.steps.set(steps);
        if steps > limits::EXPRESSION_STEPS_MAX {
            let max = limits::EXPRESSION_STEPS_MAX;
            return Err(limit("steps of an expression", max.into(), steps.into()));
        }
        Ok(())
    }

    /// Counts the work of looking at a value: none for most.
    ///
    /// # Errors
    /// As [`step`](Budget::step).
    #[inline]
    pub(super) fn read(&self, value: ValueRef<'_>) -> Result<()> {
        match value.walked_bytes() / BYTES_PER_STEP {
            0 => Ok(()),
            steps => self.step(steps),
        }
    }

    /// Counts the work of folding a text.
    ///
    /// # Errors
    /// As [`step`](Budget::step).
    pub(super) fn fold(&self, value: ValueRef<'_>) -> Result<()> {
        self.step(value.walked_bytes() / FOLDED_BYTES_PER_STEP)
    }

    /// Counts memory that is about to be taken.
    ///
    /// # Errors
    /// `Limit` when it becomes too much.
    #[inline]
    pub(super) fn hold(&self, bytes: usize) -> Result<()> {
        let held = self.held.get().saturating_add(bytes);
        self.held.set(held);
        if held > limits::EXPRESSION_BYTES_MAX {
            let max = limits::EXPRESSION_BYTES_MAX as u64;
            return Err(limit("bytes of values in an expression", max, held as u64));
        }
        Ok(())
    }

    /// What is held now.
    #[inline]
    pub(super) fn held(&self) -> usize {
        self.held.get()
    }

    /// Goes back to what was held: all that was made since is dropped.
    #[inline]
    pub(super) fn give_back(&self, held: usize) {
        self.held.set(held);
    }
}
