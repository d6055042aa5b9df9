//! Wrong declarations of operations do not compile, and each says in a sentence what is wrong. The declarations are in
//! `wrong/`, a file for each stage of the compiler, since none that stops at one gets to the next.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test should stop at the line"
)]

use std::path::Path;
use std::process::Command;

#[test]
fn what_has_not_the_form_of_a_declaration() {
    refused(
        "form",
        &[
            "operation `counted` does not say its duty",
            "operation `counted` does not say its effect: Reads, Changes or Sends",
            "operation `unresulting` does not have the form: /// its documentation",
        ],
    );
}

#[test]
fn types_that_do_not_fit() {
    refused(
        "types",
        &[
            "HashMap<std::string::String, std::string::String>` has no form in the other languages",
            "an operation cannot take `Board`",
            "expected `Id<Company>`, found `Id<Contact>`",
            "expected `bool`, found integer",
        ],
    );
}

#[test]
fn what_contradicts_itself_or_others() {
    refused(
        "values",
        &[
            "operation `misspelt` says that it fails with `NotFoundd`, and no error is called so",
            "operation `silent` does not say how it fails: its documentation needs a section `# Errors`",
            "operation `undocumented` is not documented: put `///` before its name",
            "`mute.all` is not documented: put `///` before its number",
            "`gapped.three` has another number than its place",
            "operation `dutiful`: its duty is about the argument `lead`, and there is none of this name",
            "operation `changing`: an operation whose effect is Changes has a `duty` that writes records",
            "operation `loose` changes records, so it is declared on a subject",
            "operation `undoing` changes no records, so `undo` is Nothing or Never",
            "operations `board` and `second_board` have the same number",
        ],
    );
}

/// Compiles the crate with the declarations of a file; each of these has to be among the errors.
fn refused(file: &str, sentences: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wrong = folder.join(format!("tests/wrong/{file}.rs"));
    let output = Command::new(env!("CARGO"))
        .current_dir(folder)
        .args(["rustc", "--quiet", "--lib", "--profile", "dev", "--"])
        .args(["--emit=metadata", "--cfg", "crm_wrong"])
        .env("CRM_WRONG", &wrong)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{file} compiles");
    for sentence in sentences {
        assert!(
            said.contains(sentence),
            "{file}: `{sentence}` is not in\n{said}"
        );
    }
}
