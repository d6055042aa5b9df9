//! The records whose timelines flow into that of another, and which times of theirs do.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::spans::Spans;
use crate::access::Lens;
use crate::engine::{index_id, index_of};
use crate::error::Result;
use crate::limits;
use crate::record::Record;
use crate::schema::{FieldDef, KeptPeriod, MembershipDef, ObjectDef, Period, system};
use crate::store::{KeyRange, Space};
use crate::value::{Id, Ref, ValueRef};

/// A record whose timeline flows into the one that is asked for.
pub(super) struct Source {
    pub record: Ref,
    /// The times of its own activities that are shown.
    pub shown: Spans,
    /// The times of what flows into its own timeline that are.
    through: Spans,
}

/// The sources of a timeline, the nearest first.
pub(super) struct Sources<'r> {
    lens: Lens<'r>,
    found: Vec<Source>,
    /// Where each of them is, but the first, which most timelines have alone.
    places: HashMap<Ref, usize>,
    /// Those whose own sources are to be looked for.
    waiting: VecDeque<usize>,
    /// The links of which it is known whether there are any.
    links: HashMap<u16, bool>,
    /// False if there are more than may be looked at.
    complete: bool,
}

impl<'r> Sources<'r> {
    /// The record alone.
    pub(super) fn only(lens: Lens<'r>, record: Ref) -> Self {
        Sources {
            lens,
            found: vec![Source {
                record,
                shown: Spans::ALWAYS,
                through: Spans::ALWAYS,
            }],
            places: HashMap::new(),
            waiting: VecDeque::new(),
            links: HashMap::new(),
            complete: true,
        }
    }

    /// With those that refer to it, or to one of them, by a field that leads up; with those that were members of one
    /// of them, for as long as they were.
    pub(super) fn with_those_below(mut self) -> Result<(Vec<Source>, bool)> {
        let catalog = self.lens.catalog();
        let mut next = Some(0);
        while let Some((target, through)) = next.and_then(|next| self.way_of(next)) {
            let up = catalog.referrers(target.object);
            for (object, field) in up.filter(|(_, field)| field.timeline_up) {
                let Some(kept) = self.kept_by(object, field, target.object)? else {
                    // The newest records first: if some must be left out, the oldest are.
                    let (lens, index) = (self.lens, (object.id, field.id));
                    lens.for_each_referring(index, target, true, |source| {
                        Ok(self.add(source, &through, &through))
                    })?;
                    continue;
                };
                for (id, spans) in self.members(object, field, kept, target)?.iter().rev() {
                    let member = Ref {
                        object: object.id,
                        id: *id,
                    };
                    let spans = spans.and(&through);
                    if self.add(member, &spans, &spans).is_break() {
                        break;
                    }
                }
            }
            for (link, membership) in catalog.memberships_of_group(target.object) {
                if let Period::UntilClosed(closed) = membership.period
                    && self.has_records(link)?
                {
                    self.add_members_until(link, membership, closed, target, &through)?;
                }
            }
            next = self.waiting.pop_front();
        }
        Ok(self.all())
    }

    pub(super) fn all(self) -> (Vec<Source>, bool) {
        (self.found, self.complete)
    }

    /// A source, and the times of what flows through it.
    fn way_of(&self, place: usize) -> Option<(Ref, Spans)> {
        let source = self.found.get(place)?;
        Some((source.record, source.through.clone()))
    }

    fn place_of(&self, record: Ref) -> Option<usize> {
        match self.found.first() {
            Some(first) if first.record == record => Some(0),
            _ => self.places.get(&record).copied(),
        }
    }

    /// Adds times of a source; breaks when there is no room for another one.
    fn add(&mut self, record: Ref, shown: &Spans, through: &Spans) -> ControlFlow<()> {
        if shown.is_never() {
            return ControlFlow::Continue(());
        }
        let place = match self.place_of(record) {
            Some(place) => place,
            None if self.found.len() == limits::TIMELINE_SOURCES_MAX => {
                self.complete = false;
                return ControlFlow::Break(());
            }
            None => {
                let place = self.found.len();
                self.places.insert(record, place);
                self.found.push(Source {
                    record,
                    shown: Spans::NEVER,
                    through: Spans::NEVER,
                });
                place
            }
        };
        if let Some(source) = self.found.get_mut(place) {
            source.shown.add(shown);
            if source.through.add(through) {
                self.waiting.push_back(place);
            }
        }
        ControlFlow::Continue(())
    }

    /// True if there may be links of an object: most databases have none, and need not look for them.
    fn has_records(&mut self, link: &ObjectDef) -> Result<bool> {
        if let Some(known) = self.links.get(&link.id) {
            return Ok(*known);
        }
        let has_records = match self.lens.whole(link.id) {
            Some(whole) => whole.count()? > 0,
            None => true,
        };
        self.links.insert(link.id, has_records);
        Ok(has_records)
    }

    /// The links that say when the records of an object were in a group that they name with a field, if there are any.
    fn kept_by(
        &mut self,
        object: &ObjectDef,
        field: &FieldDef,
        group: u16,
    ) -> Result<Option<(&'r ObjectDef, &'r MembershipDef, KeptPeriod)>> {
        for (link, membership) in self.lens.catalog().memberships_of_group(group) {
            let Period::Kept(period) = membership.period else {
                continue;
            };
            let member = link.field(membership.member);
            let is_member = member.is_some_and(|member| member.targets.contains(&object.name));
            if is_member && period.main == field.id && self.has_records(link)? {
                return Ok(Some((link, membership, period)));
            }
        }
        Ok(None)
    }

    /// The members of a group by id, with the times when they were: as their links say, or else always for those whose
    /// main group it is. No more than may be sources are read, the newest.
    fn members(
        &mut self,
        object: &ObjectDef,
        field: &FieldDef,
        kept: (&ObjectDef, &MembershipDef, KeptPeriod),
        group: Ref,
    ) -> Result<BTreeMap<Id, Spans>> {
        let lens = self.lens;
        let mut members = BTreeMap::new();
        lens.for_each_referring((object.id, field.id), group, true, |member| {
            if members.len() == limits::TIMELINE_SOURCES_MAX {
                self.complete = false;
                return Ok(ControlFlow::Break(()));
            }
            members.insert(member.id, Spans::ALWAYS);
            Ok(ControlFlow::Continue(()))
        })?;
        let (link, membership, period) = kept;
        let key = index_of(link.id, membership.index, group)?;
        let range = KeyRange::prefix(Space::Index, key.as_bytes()).reversed();
        let (mut read, mut oldest) = (0, None);
        lens.for_each_row_in(&range, |key, row| {
            if read == limits::TIMELINE_SOURCES_MAX {
                self.complete = false;
                members.retain(|id, _| oldest.is_none_or(|oldest| oldest <= *id));
                return Ok(ControlFlow::Break(()));
            }
            read += 1;
            let (object, id) = (link.id, index_id(key)?);
            lens.open_row(row, Ref { object, id }, |link| {
                let Some(member) = link.get(membership.member).as_ref() else {
                    return Ok(ControlFlow::Continue(()));
                };
                oldest = Some(member.id);
                if let Some(spans) = self.spans(period, &link)
                    && lens.sees(member)?
                {
                    members.insert(member.id, spans);
                }
                Ok(ControlFlow::Continue(()))
            })
        })?;
        Ok(members)
    }

    /// When a link says that the membership lasts; `None` if it does not say.
    fn spans(&self, period: KeptPeriod, link: &Record) -> Option<Spans> {
        let zone = &self.lens.state().settings.time_zone;
        let start_of = |day| zone.start_of_day(day);
        let micros = |at: DateTime<Utc>| at.timestamp_micros();
        let from = match link.get(period.since).as_date() {
            Some(since) => Some(start_of(since)),
            None => link.get(period.began).as_datetime(),
        };
        let to = period.end(&|field| link.get(field).to_value(), &start_of);
        if to.is_none() && link.get(period.over).as_bool() == Some(true) {
            return None;
        }
        let mut spans = Spans::between(from.map(micros), to.map(micros));
        let mut away = link.get(period.away).elements().map(ValueRef::as_datetime);
        while let (Some(Some(from)), Some(Some(to))) = (away.next(), away.next()) {
            spans = spans.without(micros(from), micros(to));
        }
        Some(spans)
    }

    /// Adds the members of a group of whom it has what they did from when they became so until it was closed.
    fn add_members_until(
        &mut self,
        link: &ObjectDef,
        membership: &MembershipDef,
        closed: u16,
        group: Ref,
        through: &Spans,
    ) -> Result<()> {
        let lens = self.lens;
        let micros = |value: ValueRef<'_>| value.as_datetime().map(|at| at.timestamp_micros());
        let closed = lens
            .record(group)?
            .and_then(|group| micros(group.get(closed)));
        lens.for_each_referring((link.id, membership.index), group, true, |link| {
            let Some(link) = lens.record(link)? else {
                return Ok(ControlFlow::Continue(()));
            };
            let Some(member) = link.get(membership.member).as_ref() else {
                return Ok(ControlFlow::Continue(()));
            };
            if !lens.sees(member)? {
                return Ok(ControlFlow::Continue(()));
            }
            let spans = Spans::between(micros(link.get(system::CREATED_AT)), closed);
            Ok(self.add(member, &spans.and(through), &Spans::NEVER))
        })
    }
}
