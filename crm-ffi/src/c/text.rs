//! Text that crosses the boundary.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::error::Failure;
use super::status::{CRM_OK, crm_status, guard_plain};
use crate::count::Counted;

/// Text in UTF-8, borrowed.
///
/// Where the library returns one, it is also NUL-terminated and lives as long as its owner: a record until it is
/// freed or its row is stepped, an error or a crm_text until it is freed. `data` is NULL where there is no text.
///
/// Where the library takes one, `data` needs no NUL if `len` is its length in bytes, and `len` is CRM_NTS for a
/// NUL-terminated text; crm_s() makes one of a C string. It is read during the call only.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_str {
    /// The first byte, or NULL.
    pub data: *const c_char,
    /// The number of bytes, without the NUL.
    pub len: usize,
}

/// `CRM_NTS` of the header, as the length of a text that is taken: it ends with a NUL.
const CRM_NTS: usize = usize::MAX;

// SAFETY: it is read-only text; who keeps one, as an object that lends it, keeps the text with it.
unsafe impl Send for crm_str {}

impl crm_str {
    pub(super) const ABSENT: crm_str = crm_str {
        data: ptr::null(),
        len: 0,
    };

    /// The bytes that the host passes; `None` without any.
    fn bytes(&self) -> Result<Option<&[u8]>, Failure> {
        if self.data.is_null() {
            return match self.len {
                0 | CRM_NTS => Ok(None),
                len => Err(Failure::misuse(format!(
                    "a text is NULL and {len} bytes long"
                ))),
            };
        }
        if self.len == CRM_NTS {
            // SAFETY: the host says that a NUL ends it.
            return Ok(Some(
                unsafe { std::ffi::CStr::from_ptr(self.data) }.to_bytes(),
            ));
        }
        // SAFETY: the host says that so many bytes can be read, which `bytes_of` holds against what is possible.
        unsafe { bytes_of(self.data.cast(), self.len) }.map(Some)
    }

    /// The text that the host passes; `None` without one.
    pub(super) fn optional(&self) -> Result<Option<&str>, Failure> {
        let Some(bytes) = self.bytes()? else {
            return Ok(None);
        };
        std::str::from_utf8(bytes).map(Some).map_err(|error| {
            Failure::invalid(
                &String::from_utf8_lossy(bytes),
                &format!(
                    "text is UTF-8, and this is not from byte {} on",
                    error.valid_up_to()
                ),
            )
        })
    }

    /// The text that the host passes; empty without one.
    pub(super) fn or_empty(&self) -> Result<&str, Failure> {
        Ok(self.optional()?.unwrap_or_default())
    }

    /// The text that the host must pass.
    pub(super) fn required(&self, what: &str) -> Result<&str, Failure> {
        self.optional()?
            .ok_or_else(|| Failure::misuse(format!("{what} is NULL")))
    }
}

/// Bytes that the host passes.
///
/// # Safety
/// `data` is NULL or can be read for `len` bytes while the result is used.
pub(super) unsafe fn bytes_of<'b>(data: *const c_void, len: usize) -> Result<&'b [u8], Failure> {
    if isize::try_from(len).is_err() {
        return Err(Failure::misuse(format!(
            "{len} bytes are more than memory can hold"
        )));
    }
    match (data.is_null(), len) {
        (true, 0) => Ok(&[]),
        (true, _) => Err(Failure::misuse(format!(
            "the data are NULL and {len} bytes long"
        ))),
        // SAFETY: as the caller promises.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(data.cast(), len) }),
    }
}

/// Elements that the host passes.
///
/// # Safety
/// `data` is NULL or can be read for `len` elements while the result is used.
pub(super) unsafe fn elements_of<'b, T>(data: *const T, len: usize) -> Result<&'b [T], Failure> {
    let bytes = len.checked_mul(size_of::<T>().max(1));
    if bytes.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(Failure::misuse(format!(
            "{len} elements are more than memory can hold"
        )));
    }
    match (data.is_null(), len) {
        (true, 0) => Ok(&[]),
        (true, _) => Err(Failure::misuse(format!(
            "a list is NULL and {len} elements long"
        ))),
        // SAFETY: as the caller promises.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(data, len) }),
    }
}

/// Texts that an object of the library lends to the host: NUL-terminated, and where they are until all are
/// forgotten together.
#[derive(Default)]
pub(super) struct Texts {
    /// Each is filled up to its capacity and never moved.
    chunks: Vec<Vec<u8>>,
    /// What is there, by what it was asked for.
    known: Vec<(u64, crm_str)>,
}

/// What a chunk holds at least: the short texts of a record.
const CHUNK_BYTES: usize = 1 << 10;

impl Texts {
    /// Lends what was lent under this key before, or what `make` makes.
    pub(super) fn lend(&mut self, key: u64, text: &str) -> crm_str {
        match self.known.iter().find(|(known, _)| *known == key) {
            Some((_, text)) => *text,
            None => {
                let lent = self.add(text);
                self.known.push((key, lent));
                lent
            }
        }
    }

    fn add(&mut self, text: &str) -> crm_str {
        let fits = |chunk: &Vec<u8>| chunk.capacity() - chunk.len() > text.len();
        if !self.chunks.last().is_some_and(fits) {
            self.chunks
                .push(Vec::with_capacity(CHUNK_BYTES.max(text.len() + 1)));
        }
        let Some(chunk) = self.chunks.last_mut() else {
            return crm_str::ABSENT;
        };
        let at = chunk.len();
        chunk.extend_from_slice(text.as_bytes());
        chunk.push(0);
        crm_str {
            data: chunk.as_ptr().wrapping_add(at).cast(),
            len: text.len(),
        }
    }

    /// Forgets the texts of the keys from `first` to `last`; their memory stays until all are forgotten.
    pub(super) fn forget(&mut self, first: u64, last: u64) {
        self.known.retain(|(key, _)| !(first..=last).contains(key));
    }

    /// Forgets all texts, and keeps the memory of the short ones.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.chunks.truncate(1);
        self.chunks.retain(|chunk| chunk.capacity() <= CHUNK_BYTES);
        self.chunks.iter_mut().for_each(Vec::clear);
    }
}

/// Text or bytes that the library made for the host; free with crm_text_free.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_text {
    /// With a NUL at the end.
    bytes: Vec<u8>,
    _counted: Counted,
}

/// Gives bytes to the host.
pub(super) fn give(
    out: Option<&mut *mut crm_text>,
    bytes: impl Into<Vec<u8>>,
) -> Result<crm_status, Failure> {
    let mut bytes = bytes.into();
    bytes.push(0);
    let text = crm_text {
        bytes,
        _counted: Counted::new(),
    };
    super::give(out, text)
}

/// The text, valid until it is freed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_text_str(text: Option<&crm_text>) -> crm_str {
    text.map_or(crm_str::ABSENT, |text| crm_str {
        data: text.bytes.as_ptr().cast(),
        len: text.bytes.len() - 1,
    })
}

/// Frees a text; NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_text_free(text: Option<Box<crm_text>>) {
    guard_plain(|| {
        drop(text);
        Ok(CRM_OK)
    });
}
