//! Files that are broken, by accident or on purpose: a typed error or a listed problem, never a panic.

use std::io::{self, Read};
use std::ops::ControlFlow;

use crm_core::*;
use proptest::prelude::*;

use super::support::*;

fn companies(file: impl AsRef<[u8]>) -> Result<ImportReport> {
    let crm = crm();
    let report = try_import(&crm, file, &ImportOptions::new("company"));
    assert_sound(&crm);
    report
}

#[test]
fn nothing_to_read() {
    for file in ["", "\n\n", "\u{FEFF}", ",,\n"] {
        let error = companies(file).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{error}");
    }
    let report = companies("name,employees\n").unwrap();
    assert_eq!((report.rows, report.problem_count), (0, 0));
}

#[test]
fn too_much_to_read() {
    let columns: Vec<String> = (0..3_000).map(|column| format!("c{column}")).collect();
    let error = companies(columns.join(",")).unwrap_err();
    assert_eq!(error.code(), Code::Limit, "{error}");
    let report = companies(format!(
        "name,description\nAcme,{}\nBolt,x\n",
        "y".repeat(10 << 20)
    ))
    .unwrap();
    assert_eq!((report.created, report.refused), (2, 0));
    let problem = &report.problems[0];
    assert!(
        problem.reason.contains("10485760 bytes"),
        "{}",
        problem.reason
    );
    assert!(problem.input.chars().count() <= 201);
    let endless = io::repeat(b'x').take(100 << 20);
    let file = "name\n\"".as_bytes().chain(endless);
    let error = crm()
        .import_csv(file, &ImportOptions::new("company"), &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap_err();
    assert_eq!(error.code(), Code::Limit, "{error}");
}

/// A cell costs memory before it can be seen that no column wants it.
#[test]
fn a_row_of_nothing_but_cells_is_refused() {
    let file = b"name\nAcme\n".chain(io::repeat(b',').take(60 << 20));
    let outcome = crm().import_csv(file, &ImportOptions::new("company"), &mut |_| {
        ControlFlow::Continue(())
    });
    let error = outcome.unwrap_err();
    assert!(
        matches!(error.detail(), Detail::Limit { what, max, .. } if what.contains("cells of a row")
            && *max == limits::IMPORT_ROW_CELLS_MAX as u64),
        "{error}"
    );
    // A long text may have many of them.
    let commas = "x,".repeat(300_000);
    let report = companies(format!("name,description\nAcme,\"{commas}\"\n")).unwrap();
    assert_eq!((report.created, report.problem_count), (1, 0));
}

#[test]
fn files_of_other_kinds_are_called_by_their_names() {
    let utf16: Vec<u8> = "name,city\nAcme,York\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(companies(&utf16).unwrap().created, 1);
    let pdf = [b"%PDF-1.7\n".as_slice(), &[0xE2, 0xE3, 0xCF]].concat();
    for (file, named) in [
        (
            b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml..xl/workbook.xml".as_slice(),
            ".xlsx",
        ),
        (b"PK\x03\x04\x14\x00\x06\x00leads.csv", ".zip"),
        (
            b"PK\x03\x04\x14\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            ".ods",
        ),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\x00\x00", ".xls"),
        (b"\x1F\x8B\x08\x00\x00\x00\x00\x00", ".gz"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", ".vcf"),
        (b"\xEF\xBB\xBFBEGIN:VCALENDAR\r\n", ".ics"),
        (b"[\n {\"name\": \"Acme\"}\n]", "JSON"),
        (b"{\"name\": \"Acme\"}", "JSON"),
        (b"<!DOCTYPE html><table>", "HTML"),
        (b"<?xml version=\"1.0\"?>", "XML"),
        (&pdf, "PDF"),
        (b"SQLite format 3\x00\x10\x00", "SQLite"),
        (b"\xFF\xFE\x00\x00n\x00\x00\x00", "UTF-32"),
        (b"name\x01\x02\x03,city\nx,y\n", "binary"),
    ] {
        let error = companies(file).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(named) && text.contains("not CSV"), "{text}");
        assert!(
            !text.contains(|c: char| c.is_control() || c == '\u{FFFD}'),
            "{text:?}"
        );
    }
    // What only begins like one of them is a table.
    for file in [
        "[id],name\n1,Acme\n",
        "{x},name\n1,Acme\n",
        "BZ,name\n1,Acme\n",
    ] {
        assert_eq!(companies(file).unwrap().created, 1, "{file}");
    }
}

#[test]
fn a_quotation_mark_that_is_never_closed_is_told() {
    let report = companies("name,industry\nAcme,it\nBolt,\"it\nCora,it\nDuo,it\n").unwrap();
    assert_eq!((report.created, report.refused), (1, 1));
    let said = problems(&report);
    assert!(
        said[0].0 == 3 && said[0].2.contains("never closed"),
        "{said:?}"
    );
    // One inside a cell is a character like others.
    let report = companies("name,industry\n5\" pipes,it\nBolt,\"\"\"it\"\"\"\n").unwrap();
    assert_eq!((report.created, report.refused), (2, 0));
}

#[test]
fn nul_and_binary_junk() {
    let report = companies("name,industry\nAc\0me,it\nBolt,it\n").unwrap();
    assert_eq!((report.created, report.refused), (1, 1));
    assert!(report.problems[0].reason.contains("NUL"));
    let junk: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    assert!(companies(junk).is_err());
    assert!(companies(b"PK\x03\x04\x14\x00\x06\x00xl/workbook.xml").is_err());
}

#[test]
fn a_reader_that_fails_is_an_error_of_input() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the stick was pulled out"))
        }
    }
    let rows: String = (0..20_000).map(|row| format!("Company {row}\n")).collect();
    let file = format!("name\n{rows}");
    let crm = crm();
    let error = crm
        .import_csv(
            file.as_bytes().chain(Failing),
            &ImportOptions::new("company"),
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap_err();
    assert!(
        matches!(error.detail(), Detail::Io(text) if text.contains("pulled out")),
        "{error}"
    );
    // What was committed before stays, and the run tells how to take it back.
    let run = only::<ImportRun>(&crm);
    let kept = crm.count("company", "").unwrap();
    assert_eq!(run.created().unwrap() as u64, kept);
    assert!(kept > 0);
    crm.undo(run.operation().unwrap()).unwrap();
    assert_eq!(crm.count("company", "").unwrap(), 0);
    assert_sound(&crm);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic_and_every_row_is_accounted_for(
        bytes in prop::collection::vec(prop_oneof![
            Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b';'), Just(b'\''), Just(b'='), any::<u8>(),
        ], 0..400),
        with_header in any::<bool>(),
    ) {
        let header: &[u8] = if with_header { b"name,employees,parent,address.city\n" } else { b"" };
        let file = [header, &bytes].concat();
        let crm = crm();
        let options = ImportOptions::new("company");
        if let Ok(report) = try_import(&crm, &file, &options) {
            prop_assert_eq!(report.rows, report.created + report.updated + report.unchanged + report.refused);
            let made = report.created_links.get("company").copied().unwrap_or(0);
            prop_assert_eq!(crm.count("company", "").unwrap(), report.created + made);
            prop_assert_eq!(crm.count("import_problem", "").unwrap(), report.problem_count);
            if report.created > 0 {
                crm.undo(&report.operation).unwrap();
                prop_assert_eq!(crm.count("company", "").unwrap(), 0);
            }
        }
        assert_sound(&crm);
    }
}
