//! Names the shared library for the loader: programs that are linked against it ask for this interface, not for
//! whatever version the file happens to be.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("FAMILY").contains("unix") && target("VENDOR") != "apple" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libcrm.so.1");
    }
}
