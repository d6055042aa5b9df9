//! Counts, sums and the like in groups.

use crm_core::{Aggregate, Currency, DatePart, GroupBy, Measure, MeasureOp};

use super::database::{crm_db, database, sized};
use super::error::{Failure, crm_error};
use super::read::{field_name, object};
use super::row::Row;
use super::rows::{crm_rows, give_rows};
use super::status::{crm_status, guard};
use super::text::{crm_str, elements_of};
use super::values::{crm_field, crm_type};

/// The value itself.
pub const CRM_PART_NONE: i32 = 0;
/// `2026-03-14`.
pub const CRM_PART_DAY: i32 = 1;
/// The week's Monday.
pub const CRM_PART_WEEK: i32 = 2;
/// `2026-03`.
pub const CRM_PART_MONTH: i32 = 3;
/// `2026-Q1`.
pub const CRM_PART_QUARTER: i32 = 4;
/// `2026`.
pub const CRM_PART_YEAR: i32 = 5;
/// The fiscal year, by the calendar year in which it begins.
pub const CRM_PART_FISCAL_YEAR: i32 = 6;

/// The sum of the values.
pub const CRM_SUM: i32 = 1;
/// Their mean, of those that are there.
pub const CRM_AVERAGE: i32 = 2;
/// The smallest.
pub const CRM_MIN: i32 = 3;
/// The greatest.
pub const CRM_MAX: i32 = 4;
/// How many are there.
pub const CRM_COUNT_VALUES: i32 = 5;
/// How many different ones are there.
pub const CRM_COUNT_DISTINCT: i32 = 6;

/// What makes groups.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_group_by {
    /// The field.
    pub field: crm_field,
    /// For dates and date-times, the part that makes the group: CRM_PART_MONTH and so on.
    pub part: i32,
}

/// What is measured.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_measure {
    /// The field.
    pub field: crm_field,
    /// How: CRM_SUM and so on.
    pub op: i32,
}

/// A question for figures. Begin with `crm_figures figures = {sizeof(crm_figures), CRM_TYPE_DEAL};`.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_figures {
    /// sizeof(crm_figures).
    pub size: u32,
    /// The object type.
    pub object: crm_type,
    /// A CEL filter; absent for all records.
    pub filter: crm_str,
    /// What makes the groups; NULL for one group of all.
    pub group_by: *const crm_group_by,
    /// How many fields make the groups.
    pub group_by_len: usize,
    /// What is measured; the count always is.
    pub measures: *const crm_measure,
    /// How many measures there are.
    pub measures_len: usize,
    /// The currency to which each amount is converted, by its ISO code; absent to keep currencies apart.
    pub convert_to: crm_str,
}

impl Default for crm_figures {
    fn default() -> Self {
        crm_figures {
            size: 0,
            object: 0,
            filter: crm_str::ABSENT,
            group_by: std::ptr::null(),
            group_by_len: 0,
            measures: std::ptr::null(),
            measures_len: 0,
            convert_to: crm_str::ABSENT,
        }
    }
}

fn part(part: i32) -> Result<Option<DatePart>, Failure> {
    Ok(Some(match part {
        CRM_PART_NONE => return Ok(None),
        CRM_PART_DAY => DatePart::Day,
        CRM_PART_WEEK => DatePart::Week,
        CRM_PART_MONTH => DatePart::Month,
        CRM_PART_QUARTER => DatePart::Quarter,
        CRM_PART_YEAR => DatePart::Year,
        CRM_PART_FISCAL_YEAR => DatePart::FiscalYear,
        other => return Err(Failure::misuse(format!("{other} is no part of a date"))),
    }))
}

fn op(op: i32) -> Result<MeasureOp, Failure> {
    Ok(match op {
        CRM_SUM => MeasureOp::Sum,
        CRM_AVERAGE => MeasureOp::Average,
        CRM_MIN => MeasureOp::Min,
        CRM_MAX => MeasureOp::Max,
        CRM_COUNT_VALUES => MeasureOp::CountValues,
        CRM_COUNT_DISTINCT => MeasureOp::CountDistinct,
        other => return Err(Failure::misuse(format!("{other} is no measure"))),
    })
}

/// Figures over the live records that a filter selects, a row for each group: CRM_ROW_KEY + i, CRM_ROW_COUNT,
/// CRM_ROW_MEASURE + i. Measures of money, other than counts, are lists with one amount for each currency, or one
/// amount where they are converted.
///
/// Errors: CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD, CRM_EXPRESSION; CRM_INVALID for a measure that a field does not
/// have and for a missing exchange rate; CRM_LIMIT.
#[unsafe(no_mangle)]
pub extern "C" fn crm_aggregate(
    db: *const crm_db,
    figures: *const crm_figures,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        super::needed(!figures.is_null(), "the figures")?;
        // SAFETY: a struct of the size that it says.
        let figures = unsafe { sized(figures, "crm_figures") }?;
        let catalog = session.catalog();
        let object = object(&catalog, figures.object)?;
        let mut question = Aggregate::of(&object.name).filter(figures.filter.or_empty()?);
        // SAFETY: the host says that there are so many.
        for by in unsafe { elements_of(figures.group_by, figures.group_by_len) }? {
            question.group_by.push(GroupBy {
                field: field_name(&catalog, by.field, Some(object))?,
                part: part(by.part)?,
            });
        }
        // SAFETY: the host says that there are so many.
        for measure in unsafe { elements_of(figures.measures, figures.measures_len) }? {
            question.measures.push(Measure {
                op: op(measure.op)?,
                field: field_name(&catalog, measure.field, Some(object))?,
            });
        }
        if let Some(code) = figures.convert_to.optional()? {
            question.convert_to = Some(Currency::new(code)?);
        }
        let groups = session.aggregate(&question)?;
        give_rows(out, catalog, groups.into_iter().map(Row::from))
    })
}
