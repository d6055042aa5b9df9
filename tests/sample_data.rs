//! The sample data has the dirt that its README lists, and no other: an import that says what the README says
//! has found everything.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test should stop at the line"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use crm_core::Currency;
use crm_core::value::fold;
use crm_core::value::normalise::{self, DecimalMark, ReadOptions};

#[test]
fn the_files_have_the_listed_rows() {
    let readme = readme();
    let listed = tables(&readme).filter(|row| row.len() == 4 && row[2].parse::<usize>().is_ok());
    let mut count = 0;
    for row in listed {
        let records = read(&row[0]);
        let found = records
            .iter()
            .skip(1)
            .filter(|record| !is_empty(record))
            .count();
        assert_eq!(found.to_string(), row[2], "rows of {}", row[0]);
        count += 1;
    }
    assert_eq!(count, 7, "files in the first table of the README");
}

#[test]
fn the_readme_quotes_the_cells_as_they_are() {
    let mut files = HashMap::new();
    for note in notes() {
        let records = files
            .entry(note.file.clone())
            .or_insert_with(|| read(&note.file));
        let record = &records[note.row - 1];
        let place = format!("{} row {} {}", note.file, note.row, note.column);
        match note.kind.as_str() {
            "empty" => assert!(is_empty(record), "{place} is not empty"),
            "ragged" => assert_ne!(record.len(), records[0].len(), "{place} is not ragged"),
            _ => {
                let column = records[0].iter().position(|header| *header == note.column);
                let column = column.unwrap_or_else(|| panic!("{place}: there is no such column"));
                assert_eq!(record[column], note.cell, "{place}");
            }
        }
    }
}

#[test]
fn every_fault_of_form_is_listed() {
    let mut faults = Vec::new();
    for file in FILES {
        let is_listed = listed(file, |kind| matches!(kind, "ragged" | "empty"));
        let records = read(file);
        for (row, record) in records.iter().enumerate().skip(1) {
            let is_odd = is_empty(record) || record.len() != records[0].len();
            if is_odd != is_listed.contains_key(&(row + 1, String::new())) {
                faults.push(format!("{file} row {}", row + 1));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "odd rows, or listed ones that are not: {faults:#?}"
    );
}

/// The readers of the engine refuse the cells that are listed as refused, and accept all others.
#[test]
fn every_refused_cell_is_listed() {
    let mut faults = Vec::new();
    for file in FILES {
        let refused = listed(file, |kind| kind == "refused");
        for (row, column, cell) in cells(file) {
            let Some(result) = read_cell(file, &column, &cell) else {
                continue;
            };
            let is_listed = refused.contains_key(&(row, column.clone()));
            if result.is_err() != is_listed {
                faults.push(format!("{file} row {row} {column}: `{cell}`: {result:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Names that nobody has, or more than one has, are listed as unresolved.
#[test]
fn every_unresolved_name_is_listed() {
    let mut faults = Vec::new();
    let companies = name_counts("companies.csv", "Company");
    let users = name_counts("users.csv", "Name");
    for file in FILES {
        let unresolved = listed(file, |kind| kind == "unresolved");
        for (row, column, cell) in cells(file) {
            let known = match (file, column.as_str()) {
                // A lead has the name of its company as text.
                ("companies.csv" | "leads.csv", "Company") => continue,
                (_, "Company" | "Parent company") => &companies,
                (_, "Owner" | "Assigned to" | "Account manager" | "Reports to") => &users,
                _ => continue,
            };
            let is_found = known.get(&*fold(&cell)) == Some(&1);
            if is_found == unresolved.contains_key(&(row, column.clone())) {
                faults.push(format!("{file} row {row} {column}: `{cell}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

const FILES: [&str; 7] = [
    "users.csv",
    "companies.csv",
    "contacts.csv",
    "leads.csv",
    "deals.csv",
    "activities_calls.csv",
    "tasks.csv",
];

/// What the engine makes of a cell; nothing where its column is not of a form that could be wrong.
fn read_cell(file: &str, column: &str, cell: &str) -> Option<crm_core::Result<()>> {
    let options = ReadOptions {
        decimal_mark: Some(match file {
            "deals.csv" => DecimalMark::Comma,
            _ => DecimalMark::Point,
        }),
        day_first: Some(true),
        time_zone: "Europe/Berlin".parse().unwrap(),
        region: "DE".to_owned(),
        currency: Currency::new("EUR").ok(),
    };
    let result = match column {
        "Telephone" | "Mobile phone" | "Number" => {
            normalise::phone(cell, &options.region).map(drop)
        }
        "E-Mail" => normalise::email(cell).map(drop),
        "Website" | "LinkedIn" => normalise::url(cell).map(drop),
        "Number of employees" | "Founded" => normalise::integer(cell, &options).map(drop),
        "Annual revenue" | "Value" | "Estimated value" => {
            normalise::money(cell, &options).map(drop)
        }
        "Close date" | "Open date" => normalise::date(cell, &options).map(drop),
        "Date of birth" => normalise::partial_date(cell, &options).map(drop),
        "Date" | "Due date" => normalise::datetime(cell, &options).map(drop),
        "Duration" => normalise::duration(cell, &options).map(drop),
        _ => return None,
    };
    Some(result)
}

/// How many rows have each name, without case and accents.
fn name_counts(file: &str, column: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (_, _, cell) in cells(file).into_iter().filter(|(_, at, _)| at == column) {
        *counts.entry(fold(&cell).into_owned()).or_default() += 1;
    }
    counts
}

/// The filled cells below the header, with their rows and columns.
fn cells(file: &str) -> Vec<(usize, String, String)> {
    let records = read(file);
    let mut found = Vec::new();
    for (row, record) in records.iter().enumerate().skip(1) {
        let filled = records[0]
            .iter()
            .zip(record)
            .filter(|(_, cell)| !cell.is_empty());
        found.extend(filled.map(|(column, cell)| (row + 1, column.clone(), cell.clone())));
    }
    found
}

/// A row of the README's table of dirt.
struct Note {
    file: String,
    row: usize,
    column: String,
    cell: String,
    kind: String,
}

fn notes() -> Vec<Note> {
    let notes: Vec<Note> = tables(&readme())
        .filter(|row| row.len() == 6)
        .filter_map(|row| {
            Some(Note {
                row: row[1].parse().ok()?,
                file: row[0].clone(),
                column: row[2].clone(),
                cell: row[3].replace('⏎', "\n"),
                kind: row[4].clone(),
            })
        })
        .collect();
    assert!(notes.len() > 80, "the table of the README is not read");
    notes
}

/// The notes of a file of some kinds, by row and column.
fn listed(file: &str, kinds: impl Fn(&str) -> bool) -> HashMap<(usize, String), Note> {
    notes()
        .into_iter()
        .filter(|note| note.file == file && kinds(&note.kind))
        .map(|note| ((note.row, note.column.clone()), note))
        .collect()
}

/// The cells of the rows of all tables, without the marks of code around them.
fn tables(markdown: &str) -> impl Iterator<Item = Vec<String>> {
    markdown.lines().filter_map(|line| {
        let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let bare = |cell: &str| {
            // A blank at the end of a quoted cell is part of it.
            let cell = cell.trim();
            match cell
                .strip_prefix('`')
                .and_then(|cell| cell.strip_suffix('`'))
            {
                Some(code) if !code.contains('`') => code.to_owned(),
                _ => cell.to_owned(),
            }
        };
        Some(inner.split(" | ").map(bare).collect())
    })
}

fn is_empty(record: &[String]) -> bool {
    record.iter().all(String::is_empty)
}

fn folder() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().join("examples/quickstart/data")
}

fn readme() -> String {
    fs::read_to_string(folder().join("README.md")).unwrap()
}

/// The records of a file as RFC 4180 has them. A reader of its own, so that the engine's is not tested
/// against itself, and one that keeps empty lines, which count in a spreadsheet.
fn read(file: &str) -> Vec<Vec<String>> {
    let text =
        fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
    let delimiter = if file == "deals.csv" { ';' } else { ',' };
    let mut records = Vec::new();
    let (mut record, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            c if c == delimiter && !quoted => record.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            c => cell.push(c),
        }
    }
    assert!(
        !quoted && cell.is_empty(),
        "{file} does not end with a whole line"
    );
    records
}
