//! Figures and timelines.

use crm_core::{
    Aggregate as EngineAggregate, Currency, GroupBy as EngineGroupBy, Measure as EngineMeasure,
    TimelineQuery as EngineTimelineQuery,
};

use super::crm::Crm;
use super::error::Result;
use super::value::{DateTime, Record, Ref, Values, signed, unsigned};

type DatePart = crm_core::DatePart;
type MeasureOp = crm_core::MeasureOp;

/// A part of a date.
#[uniffi::remote(Enum)]
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

/// What makes groups.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct GroupBy {
    /// The name of a field. Records with a list are in the group of each of its values.
    pub field: String,
    /// For dates and date-times: the part that makes the group, in the organisation's time zone.
    #[uniffi(default = None)]
    pub part: Option<DatePart>,
}

/// How values are combined.
#[uniffi::remote(Enum)]
pub enum MeasureOp {
    /// Their sum.
    Sum,
    /// Their mean, of those that are there.
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

/// What is measured.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Measure {
    /// How.
    pub op: MeasureOp,
    /// The name of the field.
    pub field: String,
}

/// A question for figures over an object's records.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Aggregate {
    /// The name of the object.
    pub object: String,
    /// A CEL filter; empty for all records.
    #[uniffi(default = "")]
    pub filter: String,
    /// What makes the groups; empty for one group of all.
    #[uniffi(default = [])]
    pub group_by: Vec<GroupBy>,
    /// What is measured; the count always is.
    #[uniffi(default = [])]
    pub measures: Vec<Measure>,
    /// The currency (ISO 4217) to which each record's money is converted. Without it, money is measured for each
    /// currency apart.
    #[uniffi(default = None)]
    pub convert_to: Option<String>,
}

/// One group's figures.
#[derive(uniffi::Record)]
pub struct Group {
    /// The values that make the group, in the order of `group_by`.
    pub key: Values,
    /// How many records.
    pub count: i64,
    /// The measures, in their order. Those of money, other than counts, are lists with one amount per currency, or
    /// one amount where they are converted.
    pub measures: Values,
}

/// A place on a timeline.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TimelinePlace {
    /// When.
    pub at: DateTime,
    /// The activity.
    pub activity: Ref,
}

/// A question for a record's timeline.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TimelineQuery {
    /// The record.
    pub record: Ref,
    /// The names of the activity objects to show; empty for all.
    #[uniffi(default = [])]
    pub kinds: Vec<String>,
    /// True for the record's own activities without those of linked records.
    #[uniffi(default = false)]
    pub own_only: bool,
    /// The number of entries in a page; 0 for 50.
    #[uniffi(default = 0)]
    pub limit: i64,
    /// The `next` of the page before.
    #[uniffi(default = None)]
    pub before: Option<TimelinePlace>,
}

/// An activity on a timeline.
#[derive(uniffi::Record)]
pub struct TimelineEntry {
    /// When.
    pub at: DateTime,
    /// The activity.
    pub activity: Ref,
    /// The record on whose own timeline it stands: the one asked for, or a linked one.
    pub on: Ref,
    /// What the activity's declaration keeps on the timeline.
    pub summary: Record,
}

/// A page of a timeline.
#[derive(uniffi::Record)]
pub struct TimelinePage {
    /// The entries, newest first. An activity that stands on several of the timelines appears once.
    pub entries: Vec<TimelineEntry>,
    /// What to pass as `before` for the next page; null after the last one.
    pub next: Option<TimelinePlace>,
    /// False if more records are linked than are read: the activities of the oldest of them are left out.
    pub complete: bool,
}

#[uniffi::export]
impl Crm {
    /// Figures over an object's records: counts, sums and the like, in groups.
    ///
    /// Fails with `UnknownObject`, `UnknownField`, `Expression`, `Limit` for too many groups, and `Invalid` for a
    /// field that cannot be measured or grouped so and for a missing exchange rate.
    pub fn aggregate(&self, question: Aggregate) -> Result<Vec<Group>> {
        let groups = self.session.aggregate(&question.known()?)?;
        let catalog = self.catalog();
        let wire = self.wire(&catalog);
        let groups = groups.into_iter().map(|group| {
            let crm_core::Group {
                key,
                count,
                measures,
            } = group;
            Group {
                key: wire.values(&key),
                count: signed(count),
                measures: wire.values(&measures),
            }
        });
        Ok(groups.collect())
    }

    /// A page of a record's timeline, newest first. A company shows what its people did while they were its people, a
    /// deal and its company what the members of its buying group did from then until it was closed.
    ///
    /// Fails with `NotFound`, `UnknownObject`, `Limit`.
    pub fn timeline(&self, query: TimelineQuery) -> Result<TimelinePage> {
        let catalog = self.catalog();
        let TimelineQuery {
            record,
            kinds,
            own_only,
            limit,
            before,
        } = query;
        let place = |TimelinePlace { at, activity }| -> Result<_> {
            Ok((at.known()?, activity.known(&catalog)?))
        };
        let page = self.session.timeline(&EngineTimelineQuery {
            record: record.known(&catalog)?,
            kinds,
            own_only,
            limit: unsigned(limit, "limit")?,
            before: before.map(place).transpose()?,
        })?;
        let crm_core::TimelinePage {
            entries,
            next,
            complete,
        } = page;
        let wire = self.wire(&catalog);
        let entries = entries.into_iter().map(|entry| {
            let crm_core::TimelineEntry {
                at,
                activity,
                on,
                summary,
            } = entry;
            TimelineEntry {
                at: at.into(),
                activity: Ref::new(&catalog, activity),
                on: Ref::new(&catalog, on),
                summary: wire.record(&summary),
            }
        });
        Ok(TimelinePage {
            entries: entries.collect(),
            next: next.map(|(at, activity)| TimelinePlace {
                at: at.into(),
                activity: Ref::new(&catalog, activity),
            }),
            complete,
        })
    }
}

impl Aggregate {
    fn known(self) -> Result<EngineAggregate> {
        let Aggregate {
            object,
            filter,
            group_by,
            measures,
            convert_to,
        } = self;
        Ok(EngineAggregate {
            object,
            filter,
            group_by: group_by
                .into_iter()
                .map(|GroupBy { field, part }| EngineGroupBy { field, part })
                .collect(),
            measures: measures
                .into_iter()
                .map(|Measure { op, field }| EngineMeasure { op, field })
                .collect(),
            convert_to: convert_to.map(|code| Currency::new(&code)).transpose()?,
        })
    }
}
