//! Verifying every checksum of a file that is open.
//!
//! redb compares checksums when it opens a file, if it is asked to, and never when it reads. So the file is opened
//! a second time, on a [`Shadow`].

use ::redb::{Database, StorageBackend};

use super::failure::{Translate, guarded, io_error};
use super::journal::Tip;
use super::read_tip;
use super::shadow::Shadow;
use crate::error::{Error, Result};
use crate::store::GoOn;

/// Memory for pages: each is read once.
const CACHE_BYTES: usize = 1 << 20;

/// Compares every page of a file, to which nobody may write meanwhile, with its checksum.
///
/// # Errors
/// `Corrupt` if one does not match, or if the file holds another state than that of `tip`, as one does whose
/// header leads to an older commit; what `go_on` fails with, which is asked for each page.
pub(super) fn verify(
    file: Box<dyn StorageBackend>,
    tip: Option<Tip>,
    go_on: Option<&GoOn>,
) -> Result<()> {
    let shadow = Shadow::of(file).map_err(io_error)?.reading_while(go_on);
    let found = guarded("a comparison of checksums", || {
        let mut builder = Database::builder();
        builder
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true);
        let database = builder.create_with_backend(shadow).translate()?;
        read_tip(&database)
    });
    // What has ended the reads says why, and not what redb makes of reads that fail.
    go_on.map_or(Ok(()), |go_on| go_on())?;
    let found = found?;
    if found != tip {
        return Err(Error::corrupt("the file's newest commit"));
    }
    Ok(())
}
