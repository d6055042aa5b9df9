//! The timeline of a record: its own activities and those of the records below it, newest first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::find::{Reader, page_len};
use crate::engine::{read, timeline_entry, timeline_of};
use crate::error::{Error, Result};
use crate::limits;
use crate::record::Record;
use crate::value::{Ref, ValueRef};

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

    /// Sets the number of entries in a page.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
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
}

/// Time, activity, place of its source in the list of sources, summary.
type Candidate = (DateTime<Utc>, Ref, usize, Vec<u8>);

/// Merges the timelines of a record and of those below it.
pub(crate) fn timeline(reader: &Reader<'_>, query: &TimelineQuery) -> Result<TimelinePage> {
    read::live_record(reader.read, &reader.state.catalog, query.record)?;
    let limit = page_len(query.limit)?;
    let mut kinds = Vec::with_capacity(query.kinds.len());
    for name in &query.kinds {
        let object = reader.state.catalog.object_named(name)?;
        if object.timeline.is_none() {
            return Err(Error::invalid(
                name,
                "records of this object stand on no timeline",
            ));
        }
        kinds.push(object.id);
    }
    let sources = sources(reader, query)?;
    // Each source gives its newest entries; the newest of all are among them.
    let mut newest: BinaryHeap<Reverse<Candidate>> = BinaryHeap::new();
    let mut held = BTreeSet::new();
    for (at_source, source) in sources.iter().enumerate() {
        let mut taken = 0;
        let mut failure = None;
        reader
            .read
            .scan(&timeline_of(*source), &mut |key, summary| {
                let (at, activity) = match timeline_entry(key) {
                    Ok(entry) => entry,
                    Err(error) => {
                        failure = Some(error);
                        return ControlFlow::Break(());
                    }
                };
                let place = (at, Reverse(activity));
                if query
                    .before
                    .is_some_and(|(at, activity)| place >= (at, Reverse(activity)))
                    || (!kinds.is_empty() && !kinds.contains(&activity.object))
                {
                    return ControlFlow::Continue(());
                }
                if newest.len() > limit
                    && newest
                        .peek()
                        .is_some_and(|Reverse((oldest, ..))| at < *oldest)
                {
                    return ControlFlow::Break(());
                }
                taken += 1;
                if held.insert((at, activity)) {
                    newest.push(Reverse((at, activity, at_source, summary.to_vec())));
                    if newest.len() > limit + 1
                        && let Some(Reverse((at, activity, ..))) = newest.pop()
                    {
                        held.remove(&(at, activity));
                    }
                }
                if taken > limit {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
        failure.map_or(Ok(()), Err)?;
    }
    let mut found: Vec<_> = newest.into_iter().map(|Reverse(entry)| entry).collect();
    found.sort_by_key(|(at, activity, ..)| (Reverse(*at), *activity));
    let more = found.len() > limit;
    found.truncate(limit);
    let next = if more {
        found.last().map(|(at, activity, ..)| (*at, *activity))
    } else {
        None
    };
    let entries = found.into_iter().map(|(at, activity, source, summary)| {
        Ok(TimelineEntry {
            at,
            activity,
            on: sources.get(source).copied().unwrap_or(query.record),
            summary: Record::new(activity.object, activity.id, &summary)?,
        })
    });
    Ok(TimelinePage {
        entries: entries.collect::<Result<_>>()?,
        next,
    })
}

/// The record and those whose timelines flow into its own: deals and people of a company, its branches.
fn sources(reader: &Reader<'_>, query: &TimelineQuery) -> Result<Vec<Ref>> {
    let mut sources = vec![query.record];
    if query.own_only {
        return Ok(sources);
    }
    let mut at = 0;
    while let Some(&target) = sources.get(at) {
        at += 1;
        for (object, field) in reader
            .state
            .catalog
            .referrers(target.object)
            .filter(|(_, field)| field.timeline_up)
        {
            read::for_each_in_index(
                reader.read,
                object.id,
                field.id,
                &[ValueRef::Ref(target)],
                &mut |id, _| {
                    let source = Ref {
                        object: object.id,
                        id,
                    };
                    if !sources.contains(&source) {
                        sources.push(source);
                    }
                    Ok(if sources.len() >= limits::TIMELINE_SOURCES_MAX {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    })
                },
            )?;
        }
    }
    Ok(sources)
}
