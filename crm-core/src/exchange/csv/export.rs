//! CSV export.

use std::collections::HashMap;
use std::io::Write;

use super::cell::guard;
use super::header::{self, Place};
use super::list;
use crate::access::Lens;
use crate::api::{Session, full_name, title_of};
use crate::error::{Detail, Error, Result, nearest};
use crate::limits;
use crate::query::{self, Query, Reader};
use crate::record::Record;
use crate::schema::{FieldDef, FieldType, ObjectDef, system};
use crate::value::{Ref, ValueRef};

/// A column of an export.
struct Exported<'o> {
    field: &'o FieldDef,
    place: Place,
}

impl Session {
    /// Writes the records that a query asks for as CSV (RFC 4180, UTF-8), with the fields as columns, and
    /// returns how many there were. A query without a limit asks for all.
    ///
    /// A field stands under its name, a part of a name or address under `name.given`. Without fields it is
    /// the id and every field, names and addresses in their parts and references both by title and by id, so that an
    /// import brings back what was exported: by the ids into the same database, by the names into another. References
    /// are written by title, and by id as `company.id`; values in their canonical text, lists joined by `; `. A text
    /// that a spreadsheet would take for a formula, or an import for nothing, gets an apostrophe before it, which an
    /// import takes away again.
    ///
    /// # Errors
    /// As [`find`](Session::find), and `Io`.
    ///
    /// ```
    /// use crm_core::{Company, Crm, Query};
    /// let crm = Crm::in_memory()?;
    /// crm.create(Company::draft().name("=Acme").employees(40))?;
    /// let mut file = Vec::new();
    /// crm.export_csv(&Query::of("company"), &["name", "employees"], &mut file)?;
    /// assert_eq!(String::from_utf8(file).unwrap(), "name,employees\n'=Acme,40\n");
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn export_csv(&self, query: &Query, fields: &[&str], out: impl Write) -> Result<u64> {
        self.read(|reader| {
            let object = reader.lens.object(&query.object)?;
            let columns = if fields.is_empty() {
                all_columns(&reader.lens, object)
            } else {
                fields
                    .iter()
                    .map(|field| column(&reader.lens, object, field))
                    .collect::<Result<_>>()?
            };
            let mut out = ::csv::Writer::from_writer(out);
            let headers = columns.iter().map(Exported::name);
            out.write_record(headers).map_err(failed)?;
            let mut titles = Titles::default();
            let mut left = if query.limit == 0 {
                usize::MAX
            } else {
                query.limit
            };
            let mut query = Query {
                fields: Vec::new(),
                ..query.clone()
            };
            let mut count = 0;
            while left > 0 {
                query.limit = left.min(limits::PAGE_LEN_MAX);
                let page = query::find(reader, &query)?;
                left -= page.rows.len().min(left);
                for record in &page.rows {
                    for column in &columns {
                        let text = column.text(reader, record, &mut titles)?;
                        out.write_field(&*guard(&text)).map_err(failed)?;
                    }
                    out.write_record(None::<&[u8]>).map_err(failed)?;
                    count += 1;
                }
                match page.next {
                    Some(next) => query.after = next,
                    None => break,
                }
            }
            out.flush().map_err(failed)?;
            Ok(count)
        })
    }
}

fn failed(error: impl Into<std::io::Error>) -> Error {
    let error = error.into();
    Error::io(&error, format!("the export: {error}"))
}

fn column<'o>(lens: &Lens<'_>, object: &'o ObjectDef, name: &str) -> Result<Exported<'o>> {
    let (whole, part) = name
        .split_once('.')
        .map_or((name, None), |(whole, part)| (whole, Some(part)));
    let field = lens.field(object, whole)?;
    let place = match part {
        None => Place::Whole,
        Some(part) => header::place(field, part).ok_or_else(|| {
            Error::from(Detail::UnknownField {
                object: format!("{}.{whole}", object.name),
                name: part.to_owned(),
                nearest: nearest(part, header::part_names(field).iter().copied()),
            })
        })?,
    };
    Ok(Exported { field, place })
}

/// The id, and every field that is not the engine's own.
fn all_columns<'o>(lens: &Lens<'_>, object: &'o ObjectDef) -> Vec<Exported<'o>> {
    let whole = |field| Exported {
        field,
        place: Place::Whole,
    };
    let id = object.field(system::ID).map(whole);
    let fields = lens.fields(object).filter(|field| field.id < system::FIRST);
    let columns = fields.flat_map(|field| match field.ty.part_names() {
        [] if field.ty == FieldType::Reference => vec![
            whole(field),
            Exported {
                field,
                place: Place::Id,
            },
        ],
        [] => vec![whole(field)],
        _ if field.many => vec![whole(field)],
        parts => (0..parts.len())
            .map(|at| Exported {
                field,
                place: Place::Part(at),
            })
            .collect(),
    });
    id.into_iter().chain(columns).collect()
}

/// The titles of the records referred to, each of them read once.
#[derive(Default)]
struct Titles(HashMap<Ref, String>);

impl Titles {
    fn of(&mut self, reader: &Reader<'_>, reference: Ref) -> Result<&str> {
        use std::collections::hash_map::Entry;
        Ok(match self.0.entry(reference) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let record = reader.lens.record(reference)?;
                let title = record.map(|record| title_of(reader.lens.catalog(), &record));
                new.insert(title.unwrap_or_else(|| reference.id.to_string()))
            }
        })
    }
}

impl Exported<'_> {
    fn name(&self) -> String {
        let part = match self.place {
            Place::Whole => return self.field.name.clone(),
            Place::Part(at) => self
                .field
                .ty
                .part_names()
                .get(at)
                .copied()
                .unwrap_or_default(),
            Place::Currency => "currency",
            Place::Id => "id",
        };
        format!("{}.{part}", self.field.name)
    }

    fn text(&self, reader: &Reader<'_>, record: &Record, titles: &mut Titles) -> Result<String> {
        if self.field.id == system::ID {
            return Ok(record.id().to_string());
        }
        let mut texts = Vec::new();
        for value in record.get(self.field.id).elements() {
            texts.push(match (self.place, value) {
                (Place::Part(at), ValueRef::Parts(parts)) => parts.get(at).to_owned(),
                (Place::Currency, ValueRef::Money(money)) => money.currency().code().to_owned(),
                (Place::Id, ValueRef::Ref(reference)) => {
                    let object = reader.lens.catalog().object_name(reference.object);
                    format!("{object}:{}", reference.id)
                }
                (Place::Whole, ValueRef::Ref(reference)) => {
                    titles.of(reader, reference)?.to_owned()
                }
                (Place::Whole, ValueRef::Parts(parts))
                    if self.field.ty == FieldType::PersonName =>
                {
                    full_name(parts)
                }
                (Place::Whole, ValueRef::Decimal(_) | ValueRef::Money(_)) => {
                    clear(&value.to_string())
                }
                (_, value) => value.to_string(),
            });
        }
        Ok(match texts.pop() {
            Some(only) if texts.is_empty() && !self.field.many => only,
            last => list::join(&texts.into_iter().chain(last).collect::<Vec<_>>()),
        })
    }
}

/// A number with three decimals gets a fourth, a zero: nobody can take its point for that of a thousand.
fn clear(number: &str) -> String {
    let end = number.find(' ').unwrap_or(number.len());
    let (digits, currency) = number.split_at(end);
    match digits.split_once('.') {
        Some((_, decimals)) if decimals.len() == 3 => format!("{digits}0{currency}"),
        _ => number.to_owned(),
    }
}
