//! Counts, sums and the like over the records that a filter selects, in groups.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::figure::{Figure, too_large};
use super::groups::Groups;
use super::matched::Match;
use super::reader::Reader;
use crate::access::Lens;
use crate::engine::State;
use crate::error::{Error, Result};
use crate::schema::{FieldDef, FieldType, ObjectDef, system};
use crate::value::{Currency, Money, Value, ValueRef};

/// A question for figures over the live records of one object.
///
/// ```
/// use crm_core::{Aggregate, DatePart};
/// let won_by_month = Aggregate::of("deal")
///     .filter("status == 'won'")
///     .group_by_date("close_date", DatePart::Month)
///     .sum("amount");
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aggregate {
    /// The name of the object.
    pub object: String,
    /// A CEL filter; empty for all records.
    pub filter: String,
    /// What makes the groups; empty for one group of all.
    pub group_by: Vec<GroupBy>,
    /// What is measured; the count always is.
    pub measures: Vec<Measure>,
    /// The currency to which each record's money is converted, rounded to its decimals, by the rate of the day
    /// that the object's declaration names (a deal's close date), else of its creation. Without it, money is
    /// measured for each currency apart.
    pub convert_to: Option<Currency>,
}

/// What makes groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupBy {
    /// The name of a field. Records with a list are in the group of each of its values.
    pub field: String,
    /// For dates and date-times: the part that makes the group, in the organisation's time zone.
    pub part: Option<DatePart>,
}

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatePart {
    /// `2026-03-14`.
    Day,
    /// The week's Monday (ISO 8601): `2026-03-09`.
    Week,
    /// `2026-03`.
    Month,
    /// `2026-Q1`.
    Quarter,
    /// `2026`.
    Year,
    /// The fiscal year, by the calendar year in which it begins.
    FiscalYear,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// How.
    pub op: MeasureOp,
    /// The name of the field.
    pub field: String,
}

/// How values are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureOp {
    /// Their sum.
    Sum,
    /// Their mean, of those that are there; to 10 decimals, money to its currency's.
    Average,
    /// The smallest.
    Min,
    /// The greatest.
    Max,
    /// How many are there.
    CountValues,
    /// How many different ones are there.
    CountDistinct,
}

/// One group's figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The values that make the group, in the order of `group_by`.
    pub key: Vec<Value>,
    /// How many records.
    pub count: u64,
    /// The measures, in their order. Those of money, other than counts, are lists with one amount per currency,
    /// or one amount where they are converted. Of nothing, the sum is zero and the others are null.
    pub measures: Vec<Value>,
}

impl Aggregate {
    /// Figures over an object's records.
    pub fn of(object: &str) -> Self {
        Aggregate {
            object: object.to_owned(),
            ..Aggregate::default()
        }
    }

    /// Sets the filter.
    pub fn filter(mut self, filter: &str) -> Self {
        self.filter = filter.to_owned();
        self
    }

    /// Groups by the values of a field.
    pub fn group_by(mut self, field: &str) -> Self {
        self.group_by.push(GroupBy {
            field: field.to_owned(),
            part: None,
        });
        self
    }

    /// Groups by a part of a date.
    pub fn group_by_date(mut self, field: &str, part: DatePart) -> Self {
        self.group_by.push(GroupBy {
            field: field.to_owned(),
            part: Some(part),
        });
        self
    }

    /// Measures a field.
    pub fn measure(mut self, op: MeasureOp, field: &str) -> Self {
        self.measures.push(Measure {
            op,
            field: field.to_owned(),
        });
        self
    }

    /// Measures the sum of a field.
    pub fn sum(self, field: &str) -> Self {
        self.measure(MeasureOp::Sum, field)
    }

    /// Measures the mean of a field.
    pub fn average(self, field: &str) -> Self {
        self.measure(MeasureOp::Average, field)
    }

    /// Converts money.
    pub fn convert_to(mut self, currency: Currency) -> Self {
        self.convert_to = Some(currency);
        self
    }
}

/// Dated exchange rates into the base currency.
struct Rates {
    base: Currency,
    by_currency: BTreeMap<Currency, BTreeMap<NaiveDate, Decimal>>,
}

impl Rates {
    fn load(reader: &Reader<'_>) -> Result<Self> {
        let mut rates = Rates {
            base: reader.lens.state().settings.base_currency,
            by_currency: BTreeMap::new(),
        };
        let Some((object, parts)) = reader.lens.catalog().exchange_rates() else {
            return Ok(rates);
        };
        reader.lens.for_each_live(object.id, |record| {
            let code = record.get(parts.currency).as_text().unwrap_or_default();
            if let (Ok(code), Some(date), Some(rate)) = (
                Currency::new(code),
                record.get(parts.date).as_date(),
                record.get(parts.rate).as_decimal(),
            ) {
                rates
                    .by_currency
                    .entry(code)
                    .or_default()
                    .insert(date, rate);
            }
            Ok(())
        })?;
        Ok(rates)
    }

    /// Units of the base currency for one of another on a day.
    fn to_base(&self, currency: Currency, day: NaiveDate) -> Result<Decimal> {
        if currency == self.base {
            return Ok(Decimal::ONE);
        }
        let rates = self.by_currency.get(&currency);
        let rate = rates
            .and_then(|rates| rates.range(..=day).next_back())
            .map(|(_, rate)| *rate);
        rate.filter(|rate| !rate.is_zero()).ok_or_else(|| {
            Error::invalid(
                currency,
                format!("there is no exchange rate of {currency} for {day} or before; add one"),
            )
        })
    }

    fn convert(&self, money: Money, to: Currency, day: NaiveDate) -> Result<Money> {
        if money.currency() == to {
            return Ok(money);
        }
        let (from, into) = (self.to_base(money.currency(), day)?, self.to_base(to, day)?);
        let in_base = money.amount().checked_mul(from);
        let amount = in_base.and_then(|amount| amount.checked_div(into));
        Ok(Money::rounded(amount.ok_or_else(too_large)?, to))
    }
}

/// The figures of one group, in the making.
struct Figures {
    count: u64,
    measures: Vec<Figure>,
}

/// Figures for each group, in the order of the groups' values.
pub(crate) fn aggregate(reader: &Reader<'_>, question: &Aggregate) -> Result<Vec<Group>> {
    let prepared = reader.prepare(&question.object, &question.filter, &[], false)?;
    let object = prepared.object;
    let group_by = question.group_by.iter();
    let group_by = group_by.map(|by| grouping(&reader.lens, object, by));
    let group_by: Vec<(&FieldDef, Option<DatePart>)> = group_by.collect::<Result<_>>()?;
    let measures = question
        .measures
        .iter()
        .map(|measure| measurable(&reader.lens, object, measure));
    let measures: Vec<(&FieldDef, MeasureOp)> = measures.collect::<Result<_>>()?;
    let conversion = question
        .convert_to
        .map(|to| Ok::<_, Error>((to, Rates::load(reader)?)))
        .transpose()?;
    if group_by.is_empty() && measures.is_empty() {
        return Ok(vec![Group {
            key: Vec::new(),
            count: reader.count_matches(&prepared)?,
            measures: Vec::new(),
        }]);
    }
    let nothing = || Figures {
        count: 0,
        measures: measures
            .iter()
            .map(|(field, op)| Figure::new(*op, field.ty, question.convert_to))
            .collect(),
    };
    let mut asked: BTreeSet<u16> = group_by.iter().map(|(field, _)| field.id).collect();
    let figures_bytes = size_of::<Figures>() + measures.len() * size_of::<Figure>();
    let mut groups = Groups::new(reader.lens.state(), group_by, figures_bytes);
    asked.remove(&system::ID);
    asked.extend(measures.iter().map(|(field, _)| field.id));
    if conversion.is_some() {
        asked.extend(object.rate_date);
        asked.insert(system::CREATED_AT);
    }
    let mut figures: Vec<Figures> = Vec::new();
    reader.for_each_match_of(&prepared, &asked, &mut |record| {
        let mut bytes = 0;
        let places = groups.of(record)?;
        if let Some(last) = places.iter().max() {
            let len = figures.len().max(last + 1);
            figures.resize_with(len, nothing);
        }
        for place in places {
            let Some(figures) = figures.get_mut(*place) else {
                continue;
            };
            figures.count += 1;
            for (figure, (field, _)) in figures.measures.iter_mut().zip(&measures) {
                let value = record.field(field.id)?;
                let converted = match (&conversion, value) {
                    (Some((to, rates)), ValueRef::Money(money)) => {
                        let day = rate_day(reader.lens.state(), object, record)?;
                        Some(Value::Money(rates.convert(money, *to, day)?))
                    }
                    _ => None,
                };
                for value in converted.as_ref().map_or(value, ValueRef::from).elements() {
                    bytes += figure.add(value)?;
                }
            }
        }
        groups.hold(bytes)
    })?;
    let mut keys = groups.keys;
    if keys.is_empty() && question.group_by.is_empty() {
        keys.push((Vec::new(), Vec::new()));
        figures.push(nothing());
    }
    let mut all: Vec<_> = keys.into_iter().zip(figures).collect();
    all.sort_unstable_by(|((a, _), _), ((b, _), _)| a.cmp(b));
    let groups = all.into_iter().map(|((_, key), figures)| Group {
        key,
        count: figures.count,
        measures: figures.measures.into_iter().map(Figure::value).collect(),
    });
    Ok(groups.collect())
}

fn grouping<'o>(
    lens: &Lens<'_>,
    object: &'o ObjectDef,
    by: &GroupBy,
) -> Result<(&'o FieldDef, Option<DatePart>)> {
    let field = lens.field(object, &by.field)?;
    if by.part.is_some() && !matches!(field.ty, FieldType::Date | FieldType::DateTime) {
        let reason = "only dates and date-times have parts to group by";
        return Err(Error::invalid(&by.field, reason).at_field(&object.name, &field.name));
    }
    Ok((field, by.part))
}

fn measurable<'o>(
    lens: &Lens<'_>,
    object: &'o ObjectDef,
    measure: &Measure,
) -> Result<(&'o FieldDef, MeasureOp)> {
    use FieldType as T;
    let field = lens.field(object, &measure.field)?;
    let number = matches!(
        field.ty,
        T::Integer | T::Decimal | T::Percent | T::Money | T::Duration
    );
    if !number && matches!(measure.op, MeasureOp::Sum | MeasureOp::Average) {
        let reason = format!("{} cannot be added up", field.type_name());
        return Err(Error::invalid(&measure.field, reason).at_field(&object.name, &field.name));
    }
    Ok((field, measure.op))
}

pub(super) fn local_day(state: &State, at: DateTime<Utc>) -> NaiveDate {
    state.settings.time_zone.day(at)
}

/// The day whose exchange rates hold for a record.
fn rate_day(state: &State, object: &ObjectDef, record: Match<'_>) -> Result<NaiveDate> {
    let declared = match object.rate_date {
        Some(field) => record.field(field)?,
        None => ValueRef::Null,
    };
    Ok(match declared {
        ValueRef::Date(day) => day,
        ValueRef::DateTime(at) => local_day(state, at),
        _ => {
            let created = record.field(system::CREATED_AT)?;
            local_day(state, created.as_datetime().unwrap_or_default())
        }
    })
}
