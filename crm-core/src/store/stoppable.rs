//! Reading that somebody may stop.

use std::ops::ControlFlow;

use super::answers::{Answer, MakeAnswer};
use super::{Head, KeyRange, Open, Read, Shared, Space, Visit};
use crate::error::Result;

/// A state whose reader is asked, at each entry that is read, whether it is to go on.
pub(crate) struct Stoppable<'a> {
    pub read: &'a dyn Read,
    /// Fails when the reader is to stop.
    pub go_on: &'a dyn Fn() -> Result<()>,
}

/// Makes a scan that ends when `go_on` fails, which is asked before it and at each entry.
pub(super) fn scan_while(
    go_on: &dyn Fn() -> Result<()>,
    visit: &mut Visit<'_>,
    scan: impl FnOnce(&mut Visit<'_>) -> Result<()>,
) -> Result<()> {
    go_on()?;
    let mut stopped = Ok(());
    scan(&mut |key, value| {
        stopped = go_on();
        match stopped {
            Ok(()) => visit(key, value),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    stopped
}

impl Read for Stoppable<'_> {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        (self.go_on)()?;
        self.read.get(space, key, found)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        scan_while(self.go_on, visit, |visit| self.read.scan(range, visit))
    }

    fn get_many(
        &self,
        space: Space,
        keys: &[&[u8]],
        found: &mut dyn FnMut(usize, Option<&[u8]>),
    ) -> Result<()> {
        (self.go_on)()?;
        self.read.get_many(space, keys, found)
    }

    fn get_shared(&self, space: Space, key: &[u8], open: Open) -> Result<Option<Shared>> {
        (self.go_on)()?;
        self.read.get_shared(space, key, open)
    }

    fn head(&self, space: Space, prefix: &[u8], entries: usize, open: Open) -> Result<Head> {
        (self.go_on)()?;
        self.read.head(space, prefix, entries, open)
    }

    fn answer(&self, question: &[u8], make: &MakeAnswer<'_>) -> Result<Option<Answer>> {
        (self.go_on)()?;
        self.read.answer(question, make)
    }
}
