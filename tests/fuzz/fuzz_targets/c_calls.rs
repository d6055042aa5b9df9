//! The C interface: any calls in any order. Nothing panics or touches what is not its own (AddressSanitizer looks on),
//! each failure has its error object, the database stays sound, and in the end nothing is left.
#![no_main]

// The calls, and the library that they are linked with.
use {crm as _, crm_fuzz as _};

use libfuzzer_sys::fuzz_target;

unsafe extern "C" {
    fn crm_fuzz_calls(data: *const u8, len: usize);
}

fuzz_target!(|data: &[u8]| {
    // SAFETY: it reads that many bytes.
    unsafe { crm_fuzz_calls(data.as_ptr(), data.len()) }
});
