//! What the first rows of a column tell of how all of it is written.

use super::bind::Bound;
use super::header::Place;
use super::source::Row;
use crate::schema::{FieldType, ObjectDef};
use crate::value::ReadOptions;
use crate::value::normalise::{self, DecimalMark};

/// How a column writes numbers and dates.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Told {
    pub decimal_mark: Option<DecimalMark>,
    pub day_first: Option<bool>,
}

impl Told {
    /// The options of a column; none where they are those of the file.
    pub(super) fn options(self, read: &ReadOptions) -> Option<ReadOptions> {
        (self != Told::default()).then(|| ReadOptions {
            decimal_mark: self.decimal_mark.or(read.decimal_mark),
            day_first: self.day_first.or(read.day_first),
            ..read.clone()
        })
    }
}

impl Bound {
    /// Lets the first rows say how the numbers and dates of their columns are written, where the options do not. Rows
    /// that contradict each other say nothing.
    pub(super) fn learn(&mut self, object: &ObjectDef, read: &ReadOptions, rows: &[Row]) {
        let mut all = Vec::new();
        for binding in &self.bindings {
            let field = object.field(binding.target.field);
            let ty = field
                .filter(|_| binding.target.place == Place::Whole)
                .map(|field| field.ty);
            let texts = || rows.iter().map(|row| self.text(&binding.source, row));
            let mut told = Told::default();
            match ty {
                Some(ty) if is_number(ty) && read.decimal_mark.is_none() => {
                    let three = read
                        .currency
                        .is_some_and(|currency| currency.decimals() > 2);
                    let open = match ty {
                        FieldType::Integer => Some("000"),
                        FieldType::Money if !three && binding.multiply.is_none() => Some("0"),
                        _ => None,
                    };
                    told.decimal_mark =
                        agreed(texts().map(|text| normalise::told_mark(&text, open)));
                }
                Some(FieldType::Date | FieldType::PartialDate | FieldType::DateTime)
                    if read.day_first.is_none() =>
                {
                    told.day_first = agreed(texts().map(|text| normalise::told_order(&text)));
                }
                _ => {}
            }
            all.push(told);
        }
        for (binding, told) in self.bindings.iter_mut().zip(all) {
            binding.told = told;
        }
    }
}

/// True for the types whose text has a decimal mark.
pub(super) fn is_number(ty: FieldType) -> bool {
    use FieldType as T;
    matches!(ty, T::Integer | T::Decimal | T::Percent | T::Money)
}

/// What those agree on that say anything.
fn agreed<T: PartialEq>(said: impl Iterator<Item = Option<T>>) -> Option<T> {
    let mut agreed = None;
    for said in said.flatten() {
        match &agreed {
            Some(other) if *other != said => return None,
            _ => agreed = Some(said),
        }
    }
    agreed
}
