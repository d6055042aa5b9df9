//! Imported files.

use std::io::{self, Read};
use std::ops::ControlFlow;

use crm_core::*;

use super::common::{assert_sound, crm};
use super::{limit, refused};

fn import(crm: &Crm, file: impl Read, options: &ImportOptions) -> Result<ImportReport> {
    let mut file = file;
    crm.import_csv(&mut file, options, &mut |_| ControlFlow::Continue(()))
}

#[test]
fn columns_and_headers() {
    let (crm, _) = crm();
    let options = ImportOptions::new("company");
    assert_eq!(
        limit(import(&crm, "a,".repeat(2_001).as_bytes(), &options)),
        "columns of an imported file"
    );
    // A header of megabytes names no field, and makes none.
    let header = format!("name,{}\nAcme,x\n", "h".repeat(4 << 20));
    let report = import(&crm, header.as_bytes(), &options).unwrap();
    assert_eq!((report.created, report.unmapped_columns.len()), (1, 1));
    let options = ImportOptions {
        custom_fields: true,
        ..options
    };
    if let Ok(report) = import(&crm, header.as_bytes(), &options) {
        assert!(
            report
                .columns
                .iter()
                .all(|(_, field)| field.as_ref().is_none_or(|name| name.len() <= 64))
        );
    }
    assert_sound(&crm);
}

#[test]
fn a_row_that_does_not_end() {
    let (crm, _) = crm();
    for start in ["name\n\"", "name,", "name\nx,", "\""] {
        let file = start.as_bytes().chain(io::repeat(b'x'));
        let what = limit(import(&crm, file, &ImportOptions::new("company")));
        assert_eq!(
            what, "bytes of a row (is a quotation mark never closed?)",
            "{start:?}"
        );
    }
}

#[test]
fn a_file_in_utf_16_is_held_in_memory_and_bounded() {
    let (crm, _) = crm();
    let file = b"\xFF\xFE".as_slice().chain(io::repeat(b' '));
    let what = limit(import(&crm, file, &ImportOptions::new("company")));
    assert!(what.starts_with("bytes of a file in UTF-16"), "{what}");
}

/// A few bytes in a template that become many in each row.
#[test]
fn a_template_does_not_multiply_a_cell() {
    let (crm, _) = crm();
    let file = format!("story\n{}\nshort\n", "x".repeat(1 << 20));
    for field in ["name", "description"] {
        let options = ImportOptions::new("company")
            .column("story", "industry")
            .value("name", "Acme")
            .value(field, &"{story}".repeat(100_000));
        let report = import(&crm, file.as_bytes(), &options).unwrap();
        assert_eq!(
            (report.rows, report.created),
            (2, 2 * u64::from(field == "description"))
        );
        assert!(
            report
                .problems
                .iter()
                .all(|problem| problem.reason.len() < 1_000)
        );
    }
    assert_sound(&crm);
}

/// A small file of nothing but faults would fill the database with records of them. Its good rows come in all the same.
#[test]
fn an_import_keeps_so_many_problems_and_counts_the_rest() {
    let (crm, _) = crm();
    let columns = ["employees", "founded", "annual_revenue", "website", "email"];
    let row = "x,x,x,:,x\n".repeat(25_000);
    let file = format!("{}\n{row}7,1999,,,\n", columns.join(","));
    let options = ImportOptions {
        dry_run: true,
        ..ImportOptions::new("company").value("name", "Acme")
    };
    let report = import(&crm, file.as_bytes(), &options).unwrap();
    let max = limits::IMPORT_PROBLEMS_MAX as u64;
    assert!(!report.cancelled);
    assert_eq!(
        (report.rows, report.created, report.refused),
        (25_001, 25_001, 0)
    );
    assert_eq!(report.problem_count, 125_000);
    assert_eq!(report.unkept_problems, 125_000 - max);
}

#[test]
fn mappings_that_are_no_mappings() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(serde_json::from_str::<ImportOptions>(&deep).is_err());
    let (crm, _) = crm();
    let options = ImportOptions::new("company").value("name", &"{".repeat(100_001));
    assert_eq!(
        refused(import(&crm, "industry\nit\n".as_bytes(), &options)).code(),
        Code::Invalid
    );
}
