//! What a command answers, and the one place where it is printed.

use std::io::{self, Write};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle};
use console::{Term, measure_text_width};
use crm_core::{Detail, Error, Result};
use serde_json::{Value as Json, json};

/// The answer of a command, in both of its forms.
pub struct Answer {
    /// What `--json` prints.
    pub json: Json,
    /// What is printed otherwise.
    pub text: Vec<Part>,
    /// False if the answer is bad news: the program exits with 1.
    pub good: bool,
}

/// A part of a readable answer.
pub enum Part {
    /// A line, or several.
    Text(String),
    /// A table.
    Table(Table),
}

impl Answer {
    /// An answer in both forms.
    pub fn new(json: Json, text: Vec<Part>) -> Self {
        Answer {
            json,
            text,
            good: true,
        }
    }

    /// An answer that is one line for people.
    pub fn line(json: Json, line: impl Into<String>) -> Self {
        Answer::new(json, vec![Part::Text(line.into())])
    }

    /// Prints the answer.
    ///
    /// # Errors
    /// `Io`.
    pub fn print(&self, as_json: bool) -> Result<()> {
        let written = if as_json {
            write_json(&mut Out, &self.json)
        } else {
            self.text.iter().try_for_each(|part| match part {
                Part::Text(text) => writeln!(Out, "{}", shown(text)),
                Part::Table(table) => table.write(&mut Out),
            })
        };
        written
            .and_then(|()| Out.flush())
            .map_err(|error| Detail::Io(error.to_string()).into())
    }
}

/// Standard output. That nobody reads on (`| head`) is no error.
pub struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_closed(io::stdout().write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(io::stdout().flush(), ())
    }
}

fn unless_closed<T>(result: io::Result<T>, otherwise: T) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(otherwise),
        result => result,
    }
}

/// Where a column's values stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// What the table writer puts beside the cells of a column.
const PADDING: usize = 3;

/// A table for people. On a terminal it fits the width; elsewhere its cells keep theirs.
pub struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = (T, Side)>) -> Self {
        let columns = columns
            .into_iter()
            .map(|(title, side)| (title.into(), side));
        Table {
            columns: columns.collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Keeps the first columns, and of the others those that have values: so many that the rest stay legible,
    /// and on a terminal no more than fit.
    pub fn tidy(mut self, keep: usize, columns_max: usize) -> Self {
        let mut left = terminal_width().map_or(usize::MAX, usize::from);
        let mut kept = Vec::new();
        for (at, (title, _)) in self.columns.iter().enumerate() {
            let cells = || self.rows.iter().filter_map(|row| row.get(at));
            if at >= keep && cells().all(String::is_empty) {
                continue;
            }
            let widths = cells().chain([title]).map(|text| measure_text_width(text));
            let width = widths.max().unwrap_or(0) + PADDING;
            if at >= keep && (width > left || kept.len() == columns_max) {
                break;
            }
            left = left.saturating_sub(width);
            kept.push(at);
        }
        let pick = |row: &[String]| kept.iter().filter_map(|at| row.get(*at).cloned()).collect();
        self.rows = self.rows.iter().map(|row| pick(row)).collect();
        self.columns = kept
            .iter()
            .filter_map(|at| self.columns.get(*at).cloned())
            .collect();
        self
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = comfy_table::Table::new();
        let style = UTF8_HORIZONTAL_ONLY
            .top_border(LineStyle::none())
            .header_separator(LineStyle::none().fill('─').junction('─'))
            .row_separator(LineStyle::none())
            .bottom_border(LineStyle::none());
        table.load_style(style);
        if let Some(width) = terminal_width() {
            table
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width);
        }
        let cell = |text: &str, side: Side| {
            let alignment = if side == Side::Right {
                CellAlignment::Right
            } else {
                CellAlignment::Left
            };
            Cell::new(shown(text)).set_alignment(alignment)
        };
        table.set_header(self.columns.iter().map(|(title, side)| cell(title, *side)));
        for row in &self.rows {
            table.add_row(
                row.iter()
                    .zip(&self.columns)
                    .map(|(text, (_, side))| cell(text, *side)),
            );
        }
        table
            .lines()
            .try_for_each(|line| writeln!(out, "{}", line.trim_end()))
    }
}

/// The width of the terminal, if the answer goes to one.
fn terminal_width() -> Option<u16> {
    Term::stdout().size_checked().map(|(_, width)| width)
}

/// A text without the control characters by which data could steer the terminal.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect()
}

/// Prints an error of the engine to standard error.
pub fn print_error(error: &Error, as_json: bool) {
    let mut object = json!({"code": error.code().name(), "message": error.to_string()});
    if let (Detail::Expression { line, column, .. }, Json::Object(map)) =
        (error.detail(), &mut object)
    {
        map.insert("line".to_owned(), (*line).into());
        map.insert("column".to_owned(), (*column).into());
    }
    print_failure(object, as_json);
}

/// Prints a wrong command line to standard error.
pub fn print_usage_error(message: &str, as_json: bool) {
    print_failure(json!({"code": "usage", "message": message}), as_json);
}

fn print_failure(error: Json, as_json: bool) {
    let mut out = io::stderr().lock();
    // There is nowhere to say that standard error cannot be written.
    let _ = if as_json {
        write_json(&mut out, &json!({ "error": error }))
    } else {
        let message = error
            .get("message")
            .and_then(Json::as_str)
            .unwrap_or_default();
        writeln!(out, "crm: {}", shown(message))
    };
}

/// The one writer of JSON.
fn write_json(out: &mut dyn Write, json: &Json) -> io::Result<()> {
    writeln!(out, "{json:#}")
}
