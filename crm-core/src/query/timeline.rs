//! The timeline of a record: its own activities and those of the records below it, newest first.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::find::page_len;
use super::flow::{Source, Sources};
use super::reader::Reader;
use super::spans::ALL_TIME;
use crate::access::{Lens, RowFields};
use crate::engine::{timeline, timeline_at, timeline_entry, timeline_of};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::store::{KeyRange, Space};
use crate::value::Ref;

/// A question for a record's timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineQuery {
    /// The record.
    pub record: Ref,
    /// The names of the activity objects to show; empty for all.
    pub kinds: Vec<String>,
    /// True for the record's own activities without those of linked records.
    pub own_only: bool,
    /// The number of entries in a page; 0 for [`PAGE_LEN_DEFAULT`](crate::limits::PAGE_LEN_DEFAULT).
    pub limit: usize,
    /// The `next` of the page before.
    pub before: Option<(DateTime<Utc>, Ref)>,
}

impl TimelineQuery {
    /// The whole timeline of a record.
    pub fn of(record: impl Into<Ref>) -> Self {
        TimelineQuery {
            record: record.into(),
            kinds: Vec::new(),
            own_only: false,
            limit: 0,
            before: None,
        }
    }

    /// Shows only some kinds of activities, by the names of their objects.
    pub fn kinds(mut self, kinds: &[&str]) -> Self {
        self.kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        self
    }

    /// Shows the record's own activities only.
    pub fn own_only(mut self) -> Self {
        self.own_only = true;
        self
    }

    /// Sets the number of entries in a page.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Continues after a page: with its `next`.
    pub fn before(mut self, place: (DateTime<Utc>, Ref)) -> Self {
        self.before = Some(place);
        self
    }
}

/// An activity on a timeline, with the fields that its object's declaration keeps there.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// The activity.
    pub activity: Ref,
    /// The record on whose own timeline it stands: the one asked for, or a linked one.
    pub on: Ref,
    /// The activity's summary: the declared fields, by number; others are null.
    pub summary: Record,
}

/// A page of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelinePage {
    /// The entries, newest first. An activity that stands on several of the timelines appears once.
    pub entries: Vec<TimelineEntry>,
    /// What to pass as `before` for the next page.
    pub next: Option<(DateTime<Utc>, Ref)>,
    /// False if more records are linked than [`TIMELINE_SOURCES_MAX`](crate::limits::TIMELINE_SOURCES_MAX): the
    /// activities of the oldest of them are left out.
    pub complete: bool,
}

/// Merges the timelines of a record and of those below it.
pub(crate) fn page_of_timeline(reader: &Reader<'_>, query: &TimelineQuery) -> Result<TimelinePage> {
    let lens = reader.lens;
    lens.live_record(query.record)?;
    let limit = page_len(query.limit)?;
    let mut kinds = Vec::with_capacity(query.kinds.len());
    for name in &query.kinds {
        let object = lens.object(name)?;
        if object.timeline.is_none() {
            return Err(Error::invalid(
                name,
                "records of this object stand on no timeline",
            ));
        }
        kinds.push(object.id);
    }
    let sources = Sources::only(lens, query.record);
    let (sources, complete) = match query.own_only {
        true => sources.all(),
        false => sources.with_those_below()?,
    };
    let mut newest = Newest {
        kinds,
        limit,
        before: query.before,
        entries: Vec::with_capacity(limit + 1),
    };
    for source in sources {
        newest.take(&lens, &source)?;
    }
    let mut newest = newest.entries;
    let more = newest.len() > limit;
    newest.truncate(limit);
    let next = newest.last().filter(|_| more);
    Ok(TimelinePage {
        next: next.map(|last| (last.at, last.activity)),
        entries: newest,
        complete,
    })
}

/// The order of a timeline: the newest first; of the same time, by activity.
type Place = (Reverse<DateTime<Utc>>, Ref);

fn place(entry: &TimelineEntry) -> Place {
    (Reverse(entry.at), entry.activity)
}

/// The newest entries of several timelines. One more than the page shows says that there is another page.
struct Newest {
    kinds: Vec<u16>,
    limit: usize,
    before: Option<(DateTime<Utc>, Ref)>,
    entries: Vec<TimelineEntry>,
}

impl Newest {
    /// Takes the newest entries of a source: those of a page are among them.
    fn take(&mut self, lens: &Lens<'_>, source: &Source) -> Result<()> {
        let known = self.entries.len();
        let last = self.entries.get(self.limit).map(place);
        for span in source.shown.newest_first() {
            if self
                .take_of(lens, source.record, span, known, last)?
                .is_break()
            {
                break;
            }
        }
        if known > 0 {
            // On several of the timelines an activity appears once, on the nearest one, which was read first.
            self.entries.sort_by_key(place);
            self.entries.dedup_by_key(|entry| place(entry));
            self.entries.truncate(self.limit + 1);
        }
        Ok(())
    }

    /// Takes what a source has in a span of time, up to the `last` entry of a page; breaks where earlier ones are not
    /// wanted any more.
    fn take_of(
        &mut self,
        lens: &Lens<'_>,
        source: Ref,
        span: (i64, i64),
        known: usize,
        last: Option<Place>,
    ) -> Result<ControlFlow<()>> {
        let mut flow = ControlFlow::Continue(());
        let limit = self.limit;
        let mut visit = |key: &[u8], summary: RowFields<'_>| {
            let (at, activity) = timeline_entry(key)?;
            if !self.kinds.is_empty() && !self.kinds.contains(&activity.object) {
                return Ok(flow);
            }
            if last.is_some_and(|last| (Reverse(at), activity) > last) {
                flow = ControlFlow::Break(());
                return Ok(flow);
            }
            flow = lens.open_row(summary, activity, |summary| {
                self.entries.push(TimelineEntry {
                    at,
                    activity,
                    on: source,
                    summary,
                });
                Ok(if self.entries.len() - known > limit {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
            Ok(flow)
        };
        let prefix = timeline_of(source);
        // Of the record itself a whole page is wanted; of the others what comes before its last entry.
        if known == 0 && self.before.is_none() && span == ALL_TIME {
            lens.for_each_row(Space::Timeline, prefix.as_bytes(), limit + 1, &mut visit)?;
            return Ok(flow);
        }
        let mut range = KeyRange::prefix(Space::Timeline, prefix.as_bytes());
        let (from, to) = span;
        if let Some(newest) = (to != i64::MAX).then(|| to - 1) {
            range.start = timeline_at(source, newest).into_bytes();
        }
        if let Some(older) = (from != i64::MIN).then(|| from - 1) {
            range.end = Some(timeline_at(source, older).into_bytes());
        }
        if let Some((at, activity)) = self.before {
            let after = timeline(source, at, activity);
            if range.start <= after {
                range = range.resumed_after(&after);
            }
        }
        if !range.is_empty() {
            lens.for_each_row_in(&range, &mut visit)?;
        }
        Ok(flow)
    }
}
