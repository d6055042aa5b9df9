//! What the linker is told about the shared library.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("FAMILY").contains("unix") && target("VENDOR") != "apple" {
        // Programs that are linked against it ask for this interface, not for whatever version the file has.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libcrm.so.1");
        // What is built to be small (the profile `mobile`) packs its relocations, to a twentieth of their size.
        // Loaders read that from Android 11 and glibc 2.36 on; the library says so, and older ones refuse it.
        let is_small = matches!(var("OPT_LEVEL").as_deref(), Ok("s" | "z"));
        if is_small && matches!(target("OS").as_str(), "android" | "linux") {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-z,pack-relative-relocs");
        }
    }
}
