//! The rows of a file, whatever wrote it: encodings, delimiters, quotes, blank and ragged lines.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use ::csv::{ByteRecord, ReaderBuilder, StringRecord};

use super::encoding::{Utf16, windows_1252};
use super::kind;
use crate::error::{Detail, Error, Result};
use crate::limits;

/// The start of a file by which its encoding and its delimiter are found out.
const HEAD_BYTES: u64 = 64 << 10;
const DELIMITERS: [u8; 4] = *b",;\t|";

/// A row of a file.
pub(super) struct Row {
    /// As a spreadsheet counts: the header is row 1, blank lines are rows too.
    pub number: u64,
    pub cells: StringRecord,
    /// What is wrong with its form.
    pub fault: Option<Fault>,
}

impl Row {
    /// A cell as it stands there; empty where the row is too short.
    pub(super) fn cell(&self, at: usize) -> &str {
        self.cells.get(at).unwrap_or_default()
    }
}

/// What is wrong with the form of a row.
pub(super) struct Fault {
    pub input: String,
    pub reason: String,
    /// True if something would be lost if the row were imported.
    pub refused: bool,
}

/// A file, read row by row.
pub(super) struct Source<'r> {
    reader: ::csv::Reader<Box<dyn Read + 'r>>,
    watch: Rc<Watch>,
    /// The number of the row that was read last.
    number: u64,
    /// The row that is read next.
    ahead: Option<Row>,
    /// The headers, each of them once.
    columns: Vec<String>,
}

impl<'r> Source<'r> {
    /// Finds out how the file is written, and reads its header.
    pub(super) fn open(mut data: &'r mut dyn Read, delimiter: Option<char>) -> Result<Self> {
        let mut head = Vec::new();
        (&mut data)
            .take(HEAD_BYTES)
            .read_to_end(&mut head)
            .map_err(failed)?;
        let mut rest: Box<dyn Read + 'r> = Box::new(data);
        let utf16 = Utf16::of(&head);
        kind::check(&head, utf16.is_some())?;
        if let Some(utf16) = utf16 {
            let mut bytes = std::mem::take(&mut head);
            let max = limits::IMPORT_UTF16_BYTES_MAX as u64;
            rest.take(max).read_to_end(&mut bytes).map_err(failed)?;
            if bytes.len() as u64 >= max {
                return Err(Detail::Limit {
                    what: "bytes of a file in UTF-16 (save it as UTF-8)",
                    max,
                    actual: bytes.len() as u64,
                }
                .into());
            }
            let text = utf16.decode(&bytes);
            rest = Box::new(Cursor::new(text.into_bytes()));
            rest.by_ref()
                .take(HEAD_BYTES)
                .read_to_end(&mut head)
                .map_err(failed)?;
        }
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
        let (head, said) = strip_separator_line(head);
        let given = delimiter.map(|delimiter| {
            u8::try_from(delimiter)
                .ok()
                .filter(u8::is_ascii)
                .ok_or_else(|| Error::invalid(delimiter, "a delimiter is an ASCII character"))
        });
        let delimiter = given
            .transpose()?
            .or(said)
            .unwrap_or_else(|| sniff_delimiter(head));
        let watch = Rc::new(Watch {
            delimiter,
            ..Watch::default()
        });
        // With a line end at the end of the file every row has one.
        let data = Cursor::new(head.to_vec()).chain(rest).chain(&b"\n"[..]);
        let watched: Box<dyn Read + 'r> = Box::new(Watched {
            inner: data,
            watch: watch.clone(),
        });
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(watched);
        let mut source = Source {
            reader,
            watch,
            number: 0,
            ahead: None,
            columns: Vec::new(),
        };
        let header = source.read()?.ok_or_else(|| {
            Error::invalid("", "the file is empty; its first row names the columns")
        })?;
        if header.cells.len() > limits::IMPORT_COLUMNS_MAX {
            return Err(Detail::Limit {
                what: "columns of an imported file",
                max: limits::IMPORT_COLUMNS_MAX as u64,
                actual: header.cells.len() as u64,
            }
            .into());
        }
        source.columns = unique_headers(&header.cells);
        source.ahead = source.read()?;
        Ok(source)
    }

    /// The headers, each of them once.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many bytes have been read.
    pub(super) fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next rows: up to so many, and up to so many bytes; none at the end.
    pub(super) fn rows(&mut self, rows_max: usize, bytes_max: usize) -> Result<Vec<Row>> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while rows.len() < rows_max && bytes < bytes_max {
            let Some(mut row) = self.ahead.take() else {
                break;
            };
            self.ahead = self.read()?;
            self.check(&mut row);
            bytes += row.cells.as_slice().len();
            rows.push(row);
        }
        Ok(rows)
    }

    /// The next row with something in it.
    fn read(&mut self) -> Result<Option<Row>> {
        let mut record = ByteRecord::new();
        loop {
            let line = self.reader.position().line();
            self.watch.unread.set(0);
            self.watch.cells.set(0);
            let more = self.reader.read_byte_record(&mut record);
            if self.watch.too_long.get() {
                return Err(Detail::Limit {
                    what: "bytes of a row (is a quotation mark never closed?)",
                    max: limits::IMPORT_ROW_BYTES_MAX as u64,
                    actual: limits::IMPORT_ROW_BYTES_MAX as u64 + 1,
                }
                .into());
            }
            if self.watch.too_many.get() {
                return Err(Detail::Limit {
                    what: "cells of a row",
                    max: limits::IMPORT_ROW_CELLS_MAX as u64,
                    actual: self.watch.cells.get() as u64,
                }
                .into());
            }
            if !more.map_err(|error| failed(error.into()))? {
                return Ok(None);
            }
            let lines = self.reader.position().line() - line;
            let inside = record.as_slice().iter().filter(|byte| **byte == b'\n');
            let blank = lines.saturating_sub(1 + inside.count() as u64);
            self.number += 1 + blank;
            let cells = decode(record);
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some(Row {
                    number: self.number,
                    cells,
                    fault: None,
                }));
            }
            record = ByteRecord::new();
        }
    }

    /// Notes what is wrong with the form of a row.
    fn check(&self, row: &mut Row) {
        let (cells, columns) = (row.cells.len(), self.columns.len());
        let further = row.cells.iter().skip(columns);
        let lost = further.map(str::trim).find(|cell| !cell.is_empty());
        let last = row.cell(cells.saturating_sub(1));
        if self.ahead.is_none() && self.watch.odd_quotes.get() && last.contains('\n') {
            row.fault = Some(Fault {
                input: last.to_owned(),
                reason:
                    "a quotation mark is opened here and never closed: the rest of the file was \
                         read as one cell"
                        .to_owned(),
                refused: true,
            });
        } else if let Some(lost) = lost {
            row.fault = Some(Fault {
                input: lost.to_owned(),
                reason: format!("the row has {cells} cells, the header has {columns}"),
                refused: true,
            });
        } else if cells < columns {
            row.fault = Some(Fault {
                input: last.to_owned(),
                reason: format!(
                    "the row has {cells} cells, the header has {columns}; the others are taken as empty"
                ),
                refused: false,
            });
        }
    }
}

/// What is watched while the file is read.
#[derive(Default)]
struct Watch {
    /// Bytes that were read for the row at work.
    unread: Cell<usize>,
    too_long: Cell<bool>,
    delimiter: u8,
    /// Delimiters that were read for the row at work: so many cells it has at most.
    cells: Cell<usize>,
    too_many: Cell<bool>,
    /// True after an odd number of quotation marks: one of them is not closed.
    odd_quotes: Cell<bool>,
}

/// Bounds the memory that one row can take: an open quotation mark makes a row of the whole file.
struct Watched<R> {
    inner: R,
    watch: Rc<Watch>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let unread = self.watch.unread.get() + count;
        self.watch.unread.set(unread);
        if unread > limits::IMPORT_ROW_BYTES_MAX {
            self.watch.too_long.set(true);
            return Err(io::Error::other("the row is too long"));
        }
        let read = buffer.get(..count).unwrap_or_default();
        let delimiters = read.iter().filter(|byte| **byte == self.watch.delimiter);
        let cells = self.watch.cells.get() + delimiters.count();
        self.watch.cells.set(cells);
        if cells > limits::IMPORT_ROW_CELLS_MAX {
            self.watch.too_many.set(true);
            return Err(io::Error::other("the row has too many cells"));
        }
        let quotes = read.iter().filter(|byte| **byte == b'"').count();
        let odd = self.watch.odd_quotes.get() ^ (quotes % 2 == 1);
        self.watch.odd_quotes.set(odd);
        Ok(count)
    }
}

fn failed(error: io::Error) -> Error {
    Detail::Io(format!("the file: {error}")).into()
}

/// The cells of a row as text: UTF-8 or, cell by cell, Windows-1252.
fn decode(record: ByteRecord) -> StringRecord {
    StringRecord::from_byte_record(record).unwrap_or_else(|error| {
        let record = error.into_byte_record();
        record
            .iter()
            .map(|cell| match std::str::from_utf8(cell) {
                Ok(text) => text.to_owned(),
                Err(_) => windows_1252(cell),
            })
            .collect()
    })
}

/// Excel's own way to name the delimiter: a first line of `sep=;`.
fn strip_separator_line(head: &[u8]) -> (&[u8], Option<u8>) {
    let Some(rest) = head.strip_prefix(b"sep=") else {
        return (head, None);
    };
    match rest {
        [delimiter, b'\r', b'\n', rest @ ..] | [delimiter, b'\n', rest @ ..] => {
            (rest, Some(*delimiter))
        }
        _ => (head, None),
    }
}

/// The delimiter that cuts the most rows into as many cells as the first one.
fn sniff_delimiter(head: &[u8]) -> u8 {
    let score = |delimiter: u8| {
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(head);
        let lengths: Vec<usize> = reader
            .into_byte_records()
            .take(50)
            .map_while(Result::ok)
            .map(|record| record.len())
            .collect();
        let (first, rest) = lengths.split_first().unwrap_or((&0, &[]));
        let alike = rest.iter().filter(|length| *length == first).count();
        // In thousandths, so that one odd row does not outweigh a cell.
        let share = (alike * 1_000).checked_div(rest.len()).unwrap_or(1_000);
        if *first < 2 {
            (0, 0)
        } else {
            (share / 100, *first)
        }
    };
    let mut best = (b',', (0, 0));
    for delimiter in DELIMITERS {
        let score = score(delimiter);
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

/// Trimmed headers; those of the same text are numbered, those without one are named as spreadsheets do.
fn unique_headers(cells: &StringRecord) -> Vec<String> {
    let mut headers: Vec<String> = Vec::with_capacity(cells.len());
    let mut taken = std::collections::HashSet::new();
    for (at, cell) in cells.iter().enumerate() {
        let name = match cell.trim() {
            "" => format!("Column {}", letters(at)),
            name => name.to_owned(),
        };
        let mut header = name.clone();
        let mut number = 1;
        while !taken.insert(header.clone()) {
            number += 1;
            header = format!("{name} ({number})");
        }
        headers.push(header);
    }
    headers
}

/// The name of a spreadsheet's column: A to Z, AA, AB, …
fn letters(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (at % 26) as u8);
        if at < 26 {
            break;
        }
        at = at / 26 - 1;
    }
    letters.into_iter().rev().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
        let mut data = bytes;
        let mut source = Source::open(&mut data, None).unwrap();
        let rows = source.rows(usize::MAX, usize::MAX).unwrap();
        let rows = rows
            .into_iter()
            .map(|row| (row.number, row.cells.iter().map(str::to_owned).collect()));
        let rows = rows.collect();
        (source.columns, rows)
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does() {
        let (columns, rows) = read(b"a,b\n\n1,\"x\ny\"\n,\n\n\n2,z");
        assert_eq!(columns, ["a", "b"]);
        let numbers: Vec<u64> = rows.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [3, 7]);
        assert_eq!(rows[0].1, ["1", "x\ny"]);
    }

    #[test]
    fn delimiters_and_encodings_are_found_out() {
        for text in ["\u{FEFF}n;é\nx;1,5\ny;2,5\n", "sep=;\nn;é\nx;1,5\n"] {
            let (columns, rows) = read(text.as_bytes());
            assert_eq!(columns, ["n", "é"]);
            assert_eq!(rows[0].1, ["x", "1,5"]);
        }
        assert_eq!(read(b"n\tm\nx,y\t2\n").1[0].1, ["x,y", "2"]);
        assert_eq!(read(b"n|m\nx|2\n").0, ["n", "m"]);
        assert_eq!(read(b"n,m\nM\xFCller,\x80 5\n").1[0].1, ["Müller", "€ 5"]);
        let utf16: Vec<u8> = "\u{FEFF}n\tm\né\t😀\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(&utf16).1[0].1, ["é", "😀"]);
    }

    #[test]
    fn headers_are_made_unique() {
        assert_eq!(
            read(b"Mail,,Mail,,Mail (2)\n").0,
            ["Mail", "Column B", "Mail (2)", "Column D", "Mail (2) (2)"]
        );
        assert_eq!(
            letters(0) + &letters(25) + &letters(26) + &letters(701),
            "AZAAZZ"
        );
    }
}
