//! The timeline of a record: its own activities and those of the records below it, newest first.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::find::page_len;
use super::reader::Reader;
use crate::access::RowFields;
use crate::engine::{timeline, timeline_entry, timeline_of};
use crate::error::{Error, Result};
use crate::limits;
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
    /// The number of entries in a page; 0 for [`PAGE_LEN_DEFAULT`](limits::PAGE_LEN_DEFAULT).
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
    /// False if more records are linked than [`TIMELINE_SOURCES_MAX`](limits::TIMELINE_SOURCES_MAX): the
    /// activities of the oldest of them are left out.
    pub complete: bool,
}

/// Merges the timelines of a record and of those below it.
pub(crate) fn page_of_timeline(reader: &Reader<'_>, query: &TimelineQuery) -> Result<TimelinePage> {
    let lens = &reader.lens;
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
    let (sources, complete) = sources(reader, query)?;
    // Each source gives its newest entries; the newest of all are among them. One more than the page shows that
    // there is another page.
    let mut newest: Vec<TimelineEntry> = Vec::with_capacity(limit + 1);
    for source in sources {
        let prefix = timeline_of(source);
        let (known, last) = (newest.len(), newest.get(limit).map(place));
        let mut visit = |key: &[u8], summary: RowFields<'_>| {
            let (at, activity) = timeline_entry(key)?;
            if !kinds.is_empty() && !kinds.contains(&activity.object) {
                return Ok(ControlFlow::Continue(()));
            }
            if last.is_some_and(|last| (Reverse(at), activity) > last) {
                return Ok(ControlFlow::Break(()));
            }
            lens.open_row(summary, activity, |summary| {
                newest.push(TimelineEntry {
                    at,
                    activity,
                    on: source,
                    summary,
                });
                Ok(if newest.len() - known > limit {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })
        };
        let prefix = prefix.as_bytes();
        match query.before {
            // Of the record itself a whole page is wanted; of the others what comes before its last entry.
            None if known == 0 => {
                lens.for_each_row(Space::Timeline, prefix, limit + 1, &mut visit)?;
            }
            None => {
                let range = KeyRange::prefix(Space::Timeline, prefix);
                lens.for_each_row_in(&range, &mut visit)?;
            }
            Some((at, activity)) => {
                let after = timeline(source, at, activity);
                let range = KeyRange::prefix(Space::Timeline, prefix).resumed_after(&after);
                lens.for_each_row_in(&range, &mut visit)?;
            }
        }
        if known > 0 {
            // On several of the timelines an activity appears once, on the nearest one, which was read first.
            newest.sort_by_key(place);
            newest.dedup_by_key(|entry| place(entry));
            newest.truncate(limit + 1);
        }
    }
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

/// The record and those whose timelines flow into its own: deals and people of a company, its branches.
fn sources(reader: &Reader<'_>, query: &TimelineQuery) -> Result<(Vec<Ref>, bool)> {
    let mut sources = vec![query.record];
    let mut complete = true;
    if query.own_only {
        return Ok((sources, complete));
    }
    let mut at = 0;
    while let Some(&target) = sources.get(at) {
        at += 1;
        for (object, field) in reader
            .lens
            .catalog()
            .referrers(target.object)
            .filter(|(_, field)| field.timeline_up)
        {
            // The newest records first: if some must be left out, the oldest are.
            let index = (object.id, field.id);
            reader
                .lens
                .for_each_referring(index, target, true, |source| {
                    if sources.contains(&source) {
                        return Ok(ControlFlow::Continue(()));
                    }
                    if sources.len() == limits::TIMELINE_SOURCES_MAX {
                        complete = false;
                        return Ok(ControlFlow::Break(()));
                    }
                    sources.push(source);
                    Ok(ControlFlow::Continue(()))
                })?;
        }
    }
    Ok((sources, complete))
}
