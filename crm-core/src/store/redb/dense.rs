//! Writing a state to a new file, in key order, so that its pages are full.

use std::ops::{Bound, ControlFlow};
use std::path::Path;

use ::redb::WriteTransaction;

use super::failure::Translate;
use super::journal::Tip;
use super::state::write_dense_state;
use super::write::entry_bytes;
use super::{Options, commit_durably, table};
use crate::error::{Detail, Result};
use crate::store::{KeyRange, Progress, Read, Space};

/// How many entries are copied between two calls of the caller's progress function.
const PROGRESS_EVERY: u64 = 1_024;

/// Writes a new file that is at a tip of the journal; on failure there is none.
pub(super) fn write(
    source: &dyn Read,
    tip: Option<Tip>,
    path: &Path,
    options: &Options,
    progress: &mut Progress<'_>,
) -> Result<()> {
    let disk = &options.disk;
    let mut database = disk.database(path, true, &options.builder()).translate()?;
    let written = (|| {
        commit_durably(&database, |transaction| {
            let bytes = copy(source, transaction, progress)?;
            write_dense_state(transaction, tip, bytes)
        })?;
        // Gives back what the file grew too far; closing makes the commit that lets it open at once.
        database.compact().translate()?;
        database.close().translate()?;
        Ok(())
    })();
    if written.is_err() {
        // The failure to report is the first one.
        let _ = disk.remove(path);
    }
    written
}

/// Copies everything; returns how many bytes the entries take.
fn copy(
    source: &dyn Read,
    transaction: &WriteTransaction,
    progress: &mut Progress<'_>,
) -> Result<u64> {
    let (mut copied, mut bytes) = (0, 0);
    for space in Space::ALL {
        let mut table = transaction.open_table(table(space)).translate()?;
        // Appending through a cursor fills each page before it begins the next.
        let mut end = table
            .upper_bound_mut(Bound::<&[u8]>::Unbounded)
            .translate()?;
        let mut failed = None;
        source.scan(&KeyRange::all(space), &mut |key, value| {
            if let Err(error) = end.insert_before(key, value).translate() {
                failed = Some(error);
                return ControlFlow::Break(());
            }
            bytes += entry_bytes(key, value).unsigned_abs();
            copied += 1;
            if copied % PROGRESS_EVERY == 0 && progress(copied).is_break() {
                failed = Some(Detail::Cancelled.into());
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        end.close().translate()?;
    }
    Ok(bytes)
}
