//! What is wrong in a declaration does not compile, and what the compiler says of it is understood by somebody who has
//! only read the declaration.
#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

const SOUND: &str = r#"
use crm_core::schema::declare::object_declaration;
use crm_core::schema::kind::{LongText, Money, Text, To};
use crm_core::schema::Save;
use crm_core::{Company, Result};

object_declaration! {
    /// A machine that somebody has.
    Machine = 900 "machine" "machines" {
        /// What people call it.
        1 name: Text { required, search(9) };
        /// Who has it.
        2 company: To<Company> { indexed };
        /// What it costs.
        3 price: Money;
        /// How to use it.
        4 manual: LongText;
    }
    /// The machines of a company.
    200 by_company: index(company, name) covering(price);
    /// What they cost.
    1 per_company: total(company) sums(price);
    title(&[name]);
    hook(logic);
}

fn logic(save: &mut Save<'_, Machine>) -> Result<()> {
    save.clear(Machine::PRICE);
    Ok(())
}
"#;

/// What is written in place of what, and what the compiler says then.
const WRONG: &[(&str, &str, &[&str])] = &[
    (
        "title(&[name])",
        "title(&[nmae])",
        &["cannot find value `nmae`", "similar name"],
    ),
    (
        "index(company, name)",
        "index(compny, name)",
        &["cannot find value `compny`", "similar name"],
    ),
    (
        "search(9)",
        "serch(9)",
        &[
            "no method named `serch` found for struct `FieldDef`",
            "similar name",
        ],
    ),
    ("name: Text {", "name: Txt {", &["cannot find type `Txt`"]),
    (
        "3 price",
        "2 price",
        &["`machine`: two fields have the same number"],
    ),
    (
        "3 price",
        "1003 price",
        &["`machine`: the numbers of fields, indexes and totals are 1 to 999"],
    ),
    (
        "200 by_company",
        "2 by_company",
        &["`machine`: an index has the number of a field or of another index"],
    ),
    (
        "covering(price)",
        "covers(price)",
        &["is neither `index(FIELD, …)` with or without `covering(FIELD, …)`"],
    ),
    (
        "3 price",
        "3 name",
        &["duplicate definitions with name `NAME`"],
    ),
    (
        "hook(logic)",
        "role(Role::Document(DocumentRole { bytes: price }))",
        &["missing field `sha256`"],
    ),
    (
        "hook(logic)",
        "membership(MembershipDef { member: nmae, group: company, index: company, period: Period::UntilClosed(price) })",
        &["cannot find value `nmae`", "similar name"],
    ),
    (
        "hook(logic)",
        "membership(MembershipDef { member: name, group: company, index: Machine::BY_COMPNY.number(), \
         period: Period::UntilClosed(price) })",
        &["associated item named `BY_COMPNY` found", "similar name"],
    ),
    (
        "hook(logic)",
        "membership(MembershipDef { member: name, group: company, index: company, \
         period: Period::UntilClosed(Company::CLOSED.number()) })",
        &["associated item named `CLOSED` found"],
    ),
    (
        "Machine::PRICE",
        "Company::NAME",
        &["expected `Field<Machine, _>`, found `Field<Company, Text>`"],
    ),
    (
        "Machine::PRICE",
        "Machine::PRIZE",
        &["associated item named `PRIZE` found", "similar name"],
    ),
];

#[test]
fn a_wrong_declaration_does_not_compile_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let sound = compile(SOUND, folder.path());
    assert!(sound.status.success(), "{}", said(&sound));
    for (right, wrong, parts) in WRONG {
        assert!(SOUND.contains(right), "{right}");
        let output = compile(&SOUND.replacen(right, wrong, 1), folder.path());
        let said = said(&output);
        assert!(!output.status.success(), "{wrong} compiles");
        for part in *parts {
            assert!(said.contains(part), "{wrong}: nothing of {part}:\n{said}");
        }
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Compiles a crate of one file against the library that this test is linked with.
fn compile(source: &str, folder: &Path) -> Output {
    let built = env::current_exe().unwrap().parent().unwrap().to_owned();
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata"])
        .arg("--extern")
        .arg(format!("crm_core={}", library(&built).display()))
        .arg("-L")
        .arg(format!("dependency={}", built.display()))
        .arg("-o")
        .arg(folder.join("libmachine.rmeta"))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = rustc.stdin.take().unwrap();
    input.write_all(source.as_bytes()).unwrap();
    drop(input);
    rustc.wait_with_output().unwrap()
}

/// The newest of the libraries that were built with different features.
fn library(built: &Path) -> PathBuf {
    let files = fs::read_dir(built).unwrap().map(|file| file.unwrap());
    let libraries = files.filter(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        name.starts_with("libcrm_core-") && name.ends_with(".rlib")
    });
    let newest = libraries.max_by_key(|file| file.metadata().unwrap().modified().unwrap());
    newest.unwrap().path()
}
