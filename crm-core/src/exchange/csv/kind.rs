//! Files that are no CSV, told by their first bytes.

use crate::error::{Error, Result};

/// The first bytes of a kind of file, what it is, and what to do with it.
const KINDS: &[(&[u8], &str, &str)] = &[
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "an old Excel workbook (.xls)",
        SAVE_AS_CSV,
    ),
    (b"\x1F\x8B", "packed by gzip (.gz)", UNPACK),
    (b"BZh", "packed by bzip2 (.bz2)", UNPACK),
    (b"\xFD7zXZ\x00", "packed by xz (.xz)", UNPACK),
    (b"\x28\xB5\x2F\xFD", "packed by zstd (.zst)", UNPACK),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive (.7z)", UNPACK),
    (b"Rar!\x1A\x07", "a RAR archive (.rar)", UNPACK),
    (b"%PDF-", "a PDF document", NOT_A_TABLE),
    (
        b"SQLite format 3\x00",
        "an SQLite database",
        "export its table as CSV and import that",
    ),
    (
        b"redb\x1A\x0A\xA9\x0D\x0A",
        "a database of this engine",
        "open it, or export its records as CSV",
    ),
    (
        b"PAR1",
        "a Parquet file",
        "export it as CSV and import that",
    ),
    (b"\x89PNG\r\n", "a picture (.png)", NOT_A_TABLE),
    (b"\xFF\xD8\xFF", "a picture (.jpg)", NOT_A_TABLE),
    (b"{\\rtf", "a text document (.rtf)", NOT_A_TABLE),
    (b"\x00\x00\xFE\xFF", "text in UTF-32", "save it as UTF-8"),
    (b"\xFF\xFE\x00\x00", "text in UTF-32", "save it as UTF-8"),
];

const SAVE_AS_CSV: &str = "save its sheet as CSV (UTF-8) there and import that";
const UNPACK: &str = "unpack it and import what is inside";
const NOT_A_TABLE: &str = "an import reads CSV: rows of text, the first of which names the columns";

/// Refuses a file whose beginning shows that it is something else than CSV. Of one in UTF-16 the bytes tell less.
///
/// # Errors
/// `Invalid` that says what the file is and what to do.
pub(super) fn check(head: &[u8], utf16: bool) -> Result<()> {
    let known = KINDS.iter().find(|(start, _, _)| head.starts_with(start));
    let found = known.map(|(_, what, advice)| (*what, *advice));
    let by_text = || if utf16 { None } else { text(head) };
    match found.or_else(|| zip(head)).or_else(by_text) {
        Some((what, advice)) => Err(Error::invalid(
            "the file",
            format!("it is {what}, not CSV; {advice}"),
        )),
        None => Ok(()),
    }
}

/// A ZIP archive, or one of the documents that are such archives, told by the names in them.
fn zip(head: &[u8]) -> Option<(&'static str, &'static str)> {
    if !head.starts_with(b"PK\x03\x04") && !head.starts_with(b"PK\x05\x06") {
        return None;
    }
    let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    Some(
        if has(b"xl/") || has(b"[Content_Types].xml") && !has(b"word/") && !has(b"ppt/") {
            ("an Excel workbook (.xlsx)", SAVE_AS_CSV)
        } else if has(b"opendocument.spreadsheet") {
            ("a LibreOffice spreadsheet (.ods)", SAVE_AS_CSV)
        } else if has(b"Index/") && has(b".iwa") {
            ("a Numbers spreadsheet (.numbers)", SAVE_AS_CSV)
        } else if has(b"word/") {
            ("a Word document (.docx)", NOT_A_TABLE)
        } else {
            ("a ZIP archive (.zip)", UNPACK)
        },
    )
}

/// Text that is no table.
fn text(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let head = head
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(head)
        .trim_ascii_start();
    let begins = |with: &str| {
        let start = head.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    let after = |mark: u8| Some(head.strip_prefix(&[mark])?.trim_ascii_start());
    let is_json = after(b'{').is_some_and(|rest| rest.starts_with(b"\"") || rest.starts_with(b"}"))
        || after(b'[').is_some_and(|rest| rest.starts_with(b"{") || rest.starts_with(b"["));
    if begins("BEGIN:VCARD") {
        Some((
            "a file of business cards (.vcf)",
            "export the contacts as CSV and import that",
        ))
    } else if begins("BEGIN:VCALENDAR") {
        Some(("a calendar (.ics)", "export it as CSV and import that"))
    } else if is_json {
        Some((
            "JSON",
            "write it as CSV, a row for each record; a mapping is given beside the data",
        ))
    } else if begins("<!DOCTYPE html") || begins("<html") || begins("<table") {
        Some((
            "a web page (HTML)",
            "open it in a spreadsheet, save it as CSV (UTF-8) and import that",
        ))
    } else if begins("<?xml") {
        Some(("XML", "export it as CSV and import that"))
    } else if is_binary(head) {
        Some(("binary data", NOT_A_TABLE))
    } else {
        None
    }
}

/// True where the first line has characters that no text has. In later rows a single one is the fault of its cell.
fn is_binary(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_odd = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\r' | 0x0B | 0x0C | 0x1B);
    line.iter().take(4_096).any(is_odd)
}
