//! Links that say which group a record belonged to and when, kept as its main group changes.

use std::collections::BTreeMap;

use super::authority::Right;
use super::log::{Commit, FieldChange, entries_after};
use super::save::{Manner, Save};
use super::work::Work;
use crate::error::Result;
use crate::record::Record;
use crate::schema::{KeptPeriod, MembershipDef, ObjectDef, Period};
use crate::value::{Ref, Value, ValueRef};

/// A link of a member, and what it is to say.
struct Kept<'a> {
    link: &'a ObjectDef,
    membership: &'a MembershipDef,
    period: &'a KeptPeriod,
    member: Ref,
}

impl Work<'_, '_> {
    /// Ends the membership in the main group that a record leaves, and begins that in the one to which it goes. One
    /// that had no group before, and is in no other, is taken to have been in this one all along: that costs no link.
    pub(super) fn keep_memberships(
        &mut self,
        save: &Save<'_>,
        changes: &BTreeMap<u16, Value>,
    ) -> Result<()> {
        // What an undo takes back, it takes back in the links as well.
        let is_asked_for =
            save.manner == Manner::Written && !self.tx.origin.authority.right.is_of_the_engine();
        let (true, Some(old)) = (is_asked_for, &save.old) else {
            return Ok(());
        };
        let catalog = self.catalog();
        for (link, membership) in catalog.memberships_of_member(save.object.id) {
            let Period::Kept(period) = &membership.period else {
                continue;
            };
            let Some(new) = changes.get(&period.main) else {
                continue;
            };
            let kept = Kept {
                link,
                membership,
                period,
                member: old.reference(),
            };
            self.keep_membership(
                &kept,
                old.get(period.main).as_ref(),
                ValueRef::from(new).as_ref(),
            )?;
        }
        Ok(())
    }

    fn keep_membership(
        &mut self,
        kept: &Kept<'_>,
        left: Option<Ref>,
        to: Option<Ref>,
    ) -> Result<()> {
        let Some(field) = kept.link.field(kept.membership.member) else {
            return Ok(());
        };
        let links = self.referring(kept.link, field, kept.member)?;
        if left.is_none() && links.is_empty() {
            return Ok(());
        }
        let of = |group: Ref| {
            let mut links = links.iter();
            links.find(|link| link.get(kept.membership.group).as_ref() == Some(group))
        };
        // The links to a group in the trash are there, too, and catch up when they come back.
        if let Some(left) = left
            && self.record(left)?.is_some_and(|group| !group.is_deleted())
        {
            self.end_membership(kept, left, of(left))?;
        }
        match to {
            Some(to) => self.begin_membership(kept, to, of(to)),
            None => Ok(()),
        }
    }

    /// Ends a membership that comes back from the trash at the moment when its member went elsewhere meanwhile, as the
    /// log says: links in the trash are not kept.
    pub(super) fn catch_up_membership(&mut self, link: &ObjectDef, record: Ref) -> Result<()> {
        let Some(membership) = &link.membership else {
            return Ok(());
        };
        let Period::Kept(period) = &membership.period else {
            return Ok(());
        };
        let record = self.live_record(record)?;
        let is_over = record.get(period.over).as_bool() == Some(true);
        let (Some(member), Some(group), false) = (
            record.get(membership.member).as_ref(),
            record.get(membership.group).as_ref(),
            is_over,
        ) else {
            return Ok(());
        };
        let since = self.trashed_in(record.reference())?;
        let goes = |change: &FieldChange| change.field == period.main && change.old == group.into();
        let later = entries_after(&self.tx, member, since)?;
        let Some(move_away) = later.iter().find(|entry| entry.changes.iter().any(goes)) else {
            return Ok(());
        };
        let at = match Commit::load(&self.tx, move_away.sequence)? {
            Some(commit) => commit.at,
            None => self.tx.now,
        };
        let zone = &self.state.settings.time_zone;
        let get = |field| record.get(field).to_value();
        let changes = period.closed(&get, &|day| zone.start_of_day(day), at);
        let kept = Kept {
            link,
            membership,
            period,
            member,
        };
        self.write_membership(&kept, group, Some(&record), changes, false)
    }

    fn end_membership(&mut self, kept: &Kept<'_>, group: Ref, link: Option<&Record>) -> Result<()> {
        if link.is_some_and(|link| link.get(kept.period.over).as_bool() == Some(true)) {
            return Ok(());
        }
        let get = |field| link.map_or(Value::Null, |link| link.get(field).to_value());
        let zone = &self.state.settings.time_zone;
        let changes = kept
            .period
            .closed(&get, &|day| zone.start_of_day(day), self.tx.now);
        self.write_membership(kept, group, link, changes, false)
    }

    fn begin_membership(
        &mut self,
        kept: &Kept<'_>,
        group: Ref,
        link: Option<&Record>,
    ) -> Result<()> {
        let changes = match link {
            None => vec![(kept.period.began, self.tx.now.into())],
            Some(link) => {
                let get = |field| link.get(field).to_value();
                let zone = &self.state.settings.time_zone;
                let start_of = |day| zone.start_of_day(day);
                let end = kept.period.end(&get, &start_of);
                let is_over = link.get(kept.period.over).as_bool() == Some(true)
                    || end.is_some_and(|end| end <= self.tx.now);
                match is_over {
                    true => kept.period.reopened(&get, &start_of, self.tx.now)?,
                    false => Vec::new(),
                }
            }
        };
        self.write_membership(kept, group, link, changes, true)
    }

    /// Writes a link, a new one if there is none. It is the engine's own beside what somebody writes, so that what the
    /// organisation requires and validates is not asked of it.
    fn write_membership(
        &mut self,
        kept: &Kept<'_>,
        group: Ref,
        link: Option<&Record>,
        changes: Vec<(u16, Value)>,
        is_main: bool,
    ) -> Result<()> {
        let object = kept.link;
        let mut values: BTreeMap<u16, Value> = changes.into_iter().collect();
        if let Some(primary) = object.link.as_ref().and_then(|link| link.primary) {
            values.insert(primary, is_main.into());
        }
        let (record, old) = match link {
            // As it is now: the link of the group that was left may have been changed since.
            Some(link) => (link.reference(), Some(self.live_record(link.reference())?)),
            None => {
                values.insert(kept.membership.member, kept.member.into());
                values.insert(kept.membership.group, group.into());
                (self.new_reference(object.id, None)?, None)
            }
        };
        let save = Save::kept(object, record, old, values);
        self.with_right(Right::Engine, |work| work.save(save))?;
        Ok(())
    }
}
