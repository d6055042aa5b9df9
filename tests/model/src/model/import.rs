//! Import of companies.

use crm_core::{Code, OutcomeKind, Value};

use super::save::Request;
use super::work::{Caller, Work};
use super::{Fields, Model, Res};
use crate::answer::{Answer, Oracle};
use crate::op::{Kind, Val, word};

/// A row: key, name and employees.
pub type Row = (u16, u8, &'static str);

/// The headers of the file.
pub const HEADERS: [&str; 3] = ["External key", "Company", "Employees"];

/// What came of an import: rows, created, updated, unchanged, refused; and what was wrong.
#[derive(Default)]
struct Report {
    counts: [u64; 5],
    problems: Vec<Request>,
}

impl Model {
    /// Imports rows: the run is written down, then the rows, then what was wrong, then what came of it.
    pub fn import(
        &mut self,
        caller: &Caller,
        oracle: &mut Oracle,
        upsert: bool,
        rows: &[Row],
    ) -> Res<Answer> {
        let import = Caller {
            cause: "import",
            automate: false,
            ..caller.clone()
        };
        let books = Caller {
            operation: None,
            ..import.clone()
        };
        let operation = import.operation.clone();
        let run = self.transact(&books, oracle, |work| {
            let run = work.new_record(Kind::ImportRun);
            let request = vec![
                ("name", Kind::Company.name().into()),
                ("object", Kind::Company.name().into()),
                ("at", work.caller.now.into()),
                ("operation", operation.into()),
            ];
            work.create(run, &request, true)?;
            Ok(run)
        })?;
        let report = self.transact(&import, oracle, |work| work.import_rows(upsert, rows))?;
        self.transact(&books, oracle, |work| {
            for problem in report.problems {
                let record = work.new_record(Kind::ImportProblem);
                let mut request = problem;
                request.push(("run", run.into()));
                request.push(("reason", "why".into()));
                work.create(record, &request, true)?;
            }
            Ok(())
        })?;
        self.transact(&books, oracle, |work| {
            let names = ["rows", "created", "updated", "unchanged", "refused"];
            let counts = report.counts.map(|count| Value::Int(count.cast_signed()));
            let request = names.into_iter().zip(counts).collect();
            work.update(run, &request, None, false)
        })?;
        Ok(Answer::Imported(report.counts))
    }

    /// What an import would do.
    pub fn rehearse_import(&self, caller: &Caller, upsert: bool, rows: &[Row]) -> Res<Answer> {
        let mut copy = self.clone();
        let mut nobody = Oracle::default();
        let caller = Caller {
            automate: false,
            ..caller.clone()
        };
        let report = copy.transact(&caller, &mut nobody, |work| work.import_rows(upsert, rows))?;
        Ok(Answer::Imported(report.counts))
    }
}

impl Work<'_> {
    fn import_rows(&mut self, upsert: bool, rows: &[Row]) -> Res<Report> {
        let mut report = Report::default();
        let [all, created, updated, unchanged, refused] = &mut report.counts;
        for (at, row) in rows.iter().enumerate() {
            *all += 1;
            let problem = |column: &str, input: String, refused: bool| -> Request {
                vec![
                    ("row", Value::Int(at as i64 + 2)),
                    ("column", column.into()),
                    ("input", input.into()),
                    ("refused", refused.into()),
                ]
            };
            if !row.2.is_empty() && row.2.parse::<i64>().is_err() {
                // The row comes without the cell that cannot be read.
                report
                    .problems
                    .push(problem(HEADERS[2], row.2.to_owned(), false));
            }
            let outcome = self.attempt(|work| work.import_row(upsert, *row));
            match outcome {
                Ok(OutcomeKind::Created) => *created += 1,
                Ok(OutcomeKind::Updated) => *updated += 1,
                Ok(_) => *unchanged += 1,
                Err(code) => {
                    *refused += 1;
                    let (column, input) = match code {
                        Code::Duplicate => (HEADERS[0], format!("K{}", row.0)),
                        Code::Invalid => (HEADERS[2], row.2.to_owned()),
                        _ => ("", String::new()),
                    };
                    report.problems.push(problem(column, input, true));
                }
            }
        }
        Ok(report)
    }

    fn import_row(&mut self, upsert: bool, (key, name, employees): Row) -> Res<OutcomeKind> {
        let object = Kind::Company.number();
        let key = Val::Key(key).value(&[]);
        let found = if upsert {
            self.find_by(object, "external_id", key.clone())?
        } else {
            None
        };
        let mut values = Fields::from([("external_id", key), ("name", word(name).into())]);
        if let Ok(number) = employees.parse() {
            values.insert("employees", Value::Int(number));
        }
        let record = match found {
            Some(found) => found,
            None => self.new_record(Kind::Company),
        };
        Ok(self.save(record, values, false)?.1)
    }
}
