//! Writing a state to a new file, in key order, so that its pages are full.

use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::Arc;

use ::redb::WriteTransaction;

use super::disk::DiskFile;
use super::failure::{Translate, io_error};
use super::placed::Placed;
use super::state::{State, write_dense_state};
use super::write::entry_bytes;
use super::{Options, commit_durably, table};
use crate::error::{Detail, Result};
use crate::store::{KeyRange, Progress, Read, Space};

/// How many entries are copied between two calls of the caller's progress function.
const PROGRESS_EVERY: u64 = 1_024;

/// Writes to a new file, which is at a path and knows this of a journal.
pub(super) fn write(
    source: &dyn Read,
    state: Option<&State>,
    file: &Arc<dyn DiskFile>,
    path: &Path,
    options: &Options,
    progress: &mut Progress<'_>,
) -> Result<()> {
    let placed = Placed::new(file, path.to_owned()).map_err(io_error)?;
    let mut database = options.builder().create_with_backend(placed).translate()?;
    commit_durably(&database, |transaction| {
        let bytes = copy(source, transaction, progress)?;
        write_dense_state(transaction, state, bytes)
    })?;
    // Gives back what the file grew too far; closing makes the commit that lets it open at once.
    database.compact().translate()?;
    database.close().translate()
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
