//! The quickstart runs to its end, says what it should, and leaves a sound file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crm_core::{Aggregate, Crm, Value};

fn quickstart(db: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.arg("--db").arg(db).args(more).output().unwrap()
}

fn printed(output: &Output) -> &str {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The line that begins with some words, without the blanks between its cells.
fn line<'t>(text: &'t str, words: &str) -> Vec<&'t str> {
    let words: Vec<&str> = words.split(' ').collect();
    let mut lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines
        .find(|line| line.starts_with(&words))
        .unwrap_or_else(|| panic!("no line `{words:?}` in\n{text}"))
}

#[test]
fn a_day_ends_with_a_sound_file() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("day.crm");
    let output = quickstart(&db, &[]);
    let text = printed(&output);
    for (file, rows) in [
        ("users.csv", "8"),
        ("companies.csv", "120"),
        ("contacts.csv", "400"),
        ("leads.csv", "79"),
        ("deals.csv", "200"),
        ("activities_calls.csv", "299"),
        ("tasks.csv", "59"),
    ] {
        assert_eq!(line(text, file)[1], rows);
    }
    for sentence in [
        "Rule runs: 2, failed: 0",
        "acknowledged. Still due: 0",
        "A day later: 1 due again.",
        "Müller & Söhne Feinmechanik",
        "Plan: index on status",
        "Created machine WX-1041: Wiesenthal Logistik AG is added",
        "As it was imported, it was in Discovery.",
        "compared: sound.",
    ] {
        assert!(text.contains(sentence), "no `{sentence}` in\n{text}");
    }

    let crm = Crm::open(&db).unwrap();
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    // What is printed as refused and what is there are all rows.
    for (file, object) in [
        ("contacts.csv", "contact"),
        ("leads.csv", "lead"),
        ("deals.csv", "deal"),
        ("activities_calls.csv", "call"),
        ("tasks.csv", "task"),
    ] {
        let counts: Vec<u64> = line(text, file)[1..5]
            .iter()
            .map(|count| count.parse().unwrap())
            .collect();
        assert_eq!(counts[0], counts[1] + counts[2], "{file}");
        assert!(counts[3] > 0, "something is wrong in {file}, and told");
        assert!(
            counts[2] * 50 < counts[0],
            "a row of {file} in fifty has nothing to hold on to"
        );
        // Rows of other files may have named further ones.
        assert!(crm.count(object, "").unwrap() >= counts[1], "{file}");
    }
    crm.close().unwrap();

    // Another run makes the file anew, and says the same.
    let again = quickstart(&db, &[]);
    let without_time = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with("All of it took"))
            .collect::<String>()
    };
    assert_eq!(without_time(printed(&again)), without_time(text));
}

#[test]
fn a_file_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |db: &Path| {
        let output = quickstart(db, &[]);
        assert!(!output.status.success());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("the quickstart did not make it"), "{error}");
        assert!(output.stdout.is_empty());
    };
    let notes = folder.path().join("notes.txt");
    std::fs::write(&notes, "not a database").unwrap();
    refused(&notes);
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "not a database");
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    refused(&empty);

    let theirs = folder.path().join("theirs.crm");
    let crm = Crm::open(&theirs).unwrap();
    crm.create(crm_core::Company::draft().name("Acme")).unwrap();
    crm.close().unwrap();
    refused(&theirs);
    assert_eq!(Crm::open(&theirs).unwrap().count("company", "").unwrap(), 1);
}

#[test]
fn the_sales_files_add_up_as_in_a_spreadsheet() {
    // Their files are not in the repository: five rows of the same form stand for them here.
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [
        (
            "sales_teams.csv",
            "sales_agent,manager,regional_office\nMoses Frase,Dustin Brinkmann,Central\n",
        ),
        (
            "products.csv",
            "product,series,sales_price\nGTX Pro,GTX,4821\n",
        ),
        (
            "accounts.csv",
            "account,sector,year_established,revenue,employees,office_location,subsidiary_of\nIsdom,medical,2002,3178.24,4540,United States,\n",
        ),
        (
            "sales_pipeline.csv",
            "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n\
             A,Moses Frase,GTXPro,Isdom,Won,2016-10-25,2017-03-11,4514\n\
             B,Moses Frase,GTX Pro,,Engaging,2016-10-25,,\n\
             C,Moses Frase,GTX Pro,Isdom,Lost,2016-10-25,2017-03-11,0\n\
             D,Moses Frase,GTX Pro,Isdom,Won,2016-10-25,2017-03-11,486\n",
        ),
    ] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let db = folder.path().join("sales.crm");
    let output = quickstart(&db, &["--data", folder.path().to_str().unwrap()]);
    let text = printed(&output);
    assert_eq!(line(text, "won"), ["won", "2", "5,000"]);
    assert_eq!(line(text, "lost")[..2], ["lost", "1"]);
    assert!(text.contains("have none here: 1\n"), "{text}");
    let crm = Crm::open(&db).unwrap();
    let won = Aggregate::of("deal")
        .filter("status == 'won' && product.name == 'GTX Pro'")
        .sum("amount");
    let groups = crm.aggregate(&won).unwrap();
    assert_eq!(
        groups[0].measures,
        [Value::List(vec![
            "5000 USD".parse::<crm_core::Money>().unwrap().into()
        ])]
    );
    assert!(crm.check().unwrap().is_sound());
}

/// The real files, where they are: in the folder that `CRM_SALES_DIR` names, or beside the repository.
fn real_sales_files() -> Option<PathBuf> {
    let given = std::env::var_os("CRM_SALES_DIR").map(PathBuf::from);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = ["../../..", "../../../.."].map(|up| here.join(up).join("shared/data/crm-sales"));
    let mut folders = given.into_iter().chain(beside);
    folders.find(|folder| folder.join("sales_pipeline.csv").exists())
}

#[test]
fn the_real_sales_files_have_their_known_totals() {
    let Some(data) = real_sales_files() else {
        eprintln!("skipped: the crm-sales files are not there; CRM_SALES_DIR names their folder");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sales.crm");
    let output = quickstart(&db, &["--data", data.to_str().unwrap()]);
    let text = printed(&output);
    assert_eq!(
        line(text, "sales_pipeline.csv"),
        ["sales_pipeline.csv", "8,800", "8,800", "0", "0", "0"]
    );
    assert_eq!(line(text, "won"), ["won", "4,238", "10,005,534"]);
    assert_eq!(line(text, "lost")[..2], ["lost", "2,473"]);
    assert!(text.contains("have none here: 1,425\n"), "{text}");
}
