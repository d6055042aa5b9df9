//! `crm-uniffi-bindgen generate --library LIB --language LANGUAGE --out-dir DIR`: uniffi's own command, pinned to the
//! version that the library is built with.

fn main() {
    uniffi::uniffi_bindgen_main();
}
