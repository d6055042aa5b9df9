//! The due queue: reminders, dates that rules watch, schedules. The host owns time: it asks when something is
//! due and says when to do it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::action::with_env;
use super::react::{live, run};
use super::set::CompiledRule;
use crate::engine::{Event, Job, JobKind, Walk, Work, read, record_id, record_key, records_of};
use crate::error::Result;
use crate::expr::Expr;
use crate::limits;
use crate::objects::{Reminder, ReminderStatus, Rule, Trigger};
use crate::record::{Fields, Record};
use crate::schema::kind::Choices;
use crate::schema::{Object, Role, View};
use crate::store::{Read, Space};
use crate::value::{Id, Ref, ValueRef, Zone};

/// What a call of `run_due` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DueReport {
    /// The reminders whose time has come.
    pub reminders: Vec<Ref>,
    /// How many rules were run because a date or their schedule was reached.
    pub rule_runs: usize,
    /// True if more is due: call again.
    pub more: bool,
}

/// Brings the due queue after a record's change.
pub(super) fn follow(work: &mut Work<'_, '_>, event: &Event) -> Result<()> {
    let object = event.new.object();
    if object == Reminder::TYPE {
        let old = event.old.as_ref().and_then(reminder_job);
        let new = reminder_job(&event.new);
        if old != new {
            replace(work, old, new)?;
        }
    }
    if object == Rule::TYPE {
        return follow_rule(work, event.new.id());
    }
    let rules = work.state.program.rules.clone();
    let time_zone = work.state.settings.time_zone.clone();
    let now = work.now;
    if work.catalog().object(object)?.role == Some(Role::Settings) {
        // Days may begin at another time now.
        for rule in rules.waiting_for_dates() {
            follow_rule(work, rule)?;
        }
    }
    let of_object = rules.of_object(object);
    for rule in of_object.into_iter().flat_map(|rules| rules.on_dates()) {
        let job = |record: &Record| date_job(rule, record, &time_zone, now);
        let (old, new) = (event.old.as_ref().and_then(job), job(&event.new));
        if old != new {
            // What is past already is not reached any more, so that importing the past sets nothing off.
            replace(work, old, new.filter(|job| job.at >= now))?;
        }
    }
    Ok(())
}

fn replace(work: &mut Work<'_, '_>, old: Option<Job>, new: Option<Job>) -> Result<()> {
    if let Some(old) = old {
        work.unschedule(old);
    }
    new.map_or(Ok(()), |new| work.schedule(new))
}

/// When a reminder is to be told, if it waits.
fn reminder_job(record: &Record) -> Option<Job> {
    let status = record.get(Reminder::STATUS.number()).as_text();
    let waits = status == Some(ReminderStatus::Waiting.key()) && !record.is_deleted();
    let at = record.get(Reminder::AT.number()).as_datetime();
    Some(Job {
        at: at.filter(|_| waits)?,
        kind: JobKind::Reminder,
        record: record.reference(),
        rule: Id::NIL,
    })
}

/// Compares the queue with the reminders that wait, and with the rules that there are. Which dates were
/// reached already, the queue alone knows.
pub(crate) fn check_queue(work: &Work<'_, '_>, walk: &mut Walk) -> Result<()> {
    let mut waiting = BTreeSet::new();
    read::for_each_live(work.txn, Reminder::TYPE, &mut |record| {
        waiting.extend(reminder_job(&record).map(|job| job.key()));
        Ok(())
    })?;
    read::scan(work.txn, &Job::all(), &mut |key, _| {
        walk.row()?;
        let Ok(job) = Job::read(key) else {
            walk.stray(Space::Job, key, "a row that is no work");
            return Ok(ControlFlow::Continue(()));
        };
        let is_wanted = match job.kind {
            JobKind::Reminder => waiting.remove(key),
            _ => work.state.program.rules.get(job.rule).is_some(),
        };
        if !is_wanted {
            let what = format!("{:?} waits for nothing", job.record);
            walk.stray(Space::Job, key, what);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for key in waiting {
        let what = format!("{:?} will not be told", Job::read(&key)?.record);
        walk.missing(Space::Job, key, [], what);
    }
    Ok(())
}

/// When a rule's date is reached for a record.
fn date_job(
    rule: &CompiledRule,
    record: &Record,
    time_zone: &Zone,
    now: DateTime<Utc>,
) -> Option<Job> {
    if record.is_deleted() {
        return None;
    }
    let at = match record.get(*rule.fields.first()?) {
        ValueRef::DateTime(at) => at.checked_add_signed(rule.offset)?,
        ValueRef::Date(date) => from_day(date, rule.offset, time_zone)?,
        // A date without a year comes back every year.
        ValueRef::PartialDate(date) => {
            let today = time_zone.day(now);
            let from = today
                .checked_sub_signed(rule.offset)?
                .checked_sub_signed(TimeDelta::days(2))?;
            let mut day = date.next_anniversary(from)?;
            while from_day(day, rule.offset, time_zone)? < now {
                day = date.next_anniversary(day.succ_opt()?)?;
            }
            from_day(day, rule.offset, time_zone)?
        }
        _ => return None,
    };
    Some(Job {
        at,
        kind: JobKind::DateReached,
        record: record.reference(),
        rule: rule.id,
    })
}

/// A length of time before or after the beginning of a day: whole days by the calendar, on which a day may have
/// 23 hours, the rest by the clock.
fn from_day(date: NaiveDate, offset: TimeDelta, time_zone: &Zone) -> Option<DateTime<Utc>> {
    let days = TimeDelta::days(offset.num_days());
    let day = date.checked_add_signed(days)?;
    time_zone
        .start_of_day(day)
        .checked_add_signed(offset - days)
}

/// A rule was made or changed: its work in the queue is made anew.
fn follow_rule(work: &mut Work<'_, '_>, rule: Id) -> Result<()> {
    let mut stale = Vec::new();
    read::scan(work.txn, &Job::all(), &mut |key, _| {
        let job = Job::read(key)?;
        if job.rule == rule {
            stale.push(job);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for job in stale {
        work.unschedule(job);
    }
    let Some(rule) = work.state.program.rules.get(rule).cloned() else {
        return Ok(());
    };
    match rule.trigger {
        Trigger::Schedule => {
            let starts = rule.starts.unwrap_or(work.now);
            let ahead = rule.starts.filter(|starts| *starts >= work.now);
            match ahead.or_else(|| rule.next_run(starts, work.now)) {
                Some(at) => work.schedule(schedule_job(&rule, at)),
                None => Ok(()),
            }
        }
        Trigger::DateReached => {
            let mut jobs = Vec::new();
            let (time_zone, now) = (work.state.settings.time_zone.clone(), work.now);
            read::for_each_live(work.txn, rule.object, &mut |record| {
                jobs.extend(date_job(&rule, &record, &time_zone, now).filter(|job| job.at >= now));
                Ok(())
            })?;
            jobs.into_iter().try_for_each(|job| work.schedule(job))
        }
        _ => Ok(()),
    }
}

/// Makes the work of every rule anew, where nobody knows what waited.
#[cfg(feature = "redb")]
pub(crate) fn refill_queue(work: &mut Work<'_, '_>) -> Result<()> {
    let rules = work.state.program.rules.clone();
    rules.ids().try_for_each(|rule| follow_rule(work, rule))
}

/// The time of the first work in the queue.
pub(crate) fn next_due(read: &dyn Read) -> Result<Option<DateTime<Utc>>> {
    let mut first = None;
    read::scan(read, &Job::all(), &mut |key, _| {
        first = Some(Job::read(key)?.at);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(first)
}

/// Does what is due up to a time, in order, up to a bound. What was done is no longer in the queue, so that a
/// second call does not do it again.
pub(crate) fn run_due(
    work: &mut Work<'_, '_>,
    until: DateTime<Utc>,
    automate: bool,
) -> Result<DueReport> {
    let mut jobs = Vec::new();
    read::scan(work.txn, &Job::due(until), &mut |key, _| {
        jobs.push(Job::read(key)?);
        Ok(if jobs.len() < limits::DUE_BATCH_MAX {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    let mut report = DueReport::default();
    for job in jobs {
        work.unschedule(job);
        match job.kind {
            JobKind::Reminder => remind(work, job, &mut report)?,
            JobKind::DateReached => {
                report.rule_runs += usize::from(reach_date(work, job, automate)?)
            }
            JobKind::Schedule | JobKind::ScheduleRest => {
                report.rule_runs += run_schedule(work, job, until, automate)?
            }
        }
    }
    Ok(report)
}

/// A reminder's time has come, unless something that was due before it has put it off.
fn remind(work: &mut Work<'_, '_>, job: Job, report: &mut DueReport) -> Result<()> {
    if work.record(job.record)?.as_ref().and_then(reminder_job) == Some(job) {
        let due: Fields = Reminder::draft().status(ReminderStatus::Due).into();
        work.update(job.record, &due, None, true)?;
        report.reminders.push(job.record);
    }
    Ok(())
}

fn reach_date(work: &mut Work<'_, '_>, job: Job, automate: bool) -> Result<bool> {
    let rule = work.state.program.rules.get(job.rule).cloned();
    let (Some(rule), Some(record)) = (rule, work.record(job.record)?) else {
        return Ok(false);
    };
    let zone = work.state.settings.time_zone.clone();
    // The date, or what is kept of it, may have changed since a birthday's turn was put into the queue.
    if date_job(&rule, &record, &zone, job.at) != Some(job) {
        return Ok(false);
    }
    let next = job.at + TimeDelta::microseconds(1);
    if let Some(next) = date_job(&rule, &record, &zone, next).filter(|next| next.at > job.at) {
        work.schedule(next)?;
    }
    if automate && let Some(record) = live(work, &record)? {
        run(work, &rule, &record, None, &[], 0)?;
    }
    Ok(automate)
}

fn schedule_job(rule: &CompiledRule, at: DateTime<Utc>) -> Job {
    Job {
        at,
        kind: JobKind::Schedule,
        record: Ref {
            object: Rule::TYPE,
            id: rule.id,
        },
        rule: rule.id,
    }
}

fn run_schedule(
    work: &mut Work<'_, '_>,
    job: Job,
    until: DateTime<Utc>,
    automate: bool,
) -> Result<usize> {
    let Some(rule) = work.state.program.rules.get(job.rule).cloned() else {
        return Ok(0);
    };
    let mut after = None;
    if job.kind == JobKind::Schedule {
        // Runs that a sleeping host has missed are made up for by one.
        if let Some(at) = rule.next_run(job.at, until.max(job.at)) {
            work.schedule(schedule_job(&rule, at))?;
        }
    } else {
        after = Some(job.record);
    }
    if !automate {
        return Ok(0);
    }
    let (records, more) = records_from(work, &rule, after)?;
    if let Some(last) = records.last().filter(|_| more) {
        work.schedule(Job {
            kind: JobKind::ScheduleRest,
            record: last.reference(),
            ..job
        })?;
    }
    let mut done = 0;
    for record in &records {
        // As the runs before have left it.
        if let Some(record) = live(work, record)? {
            done += run(work, &rule, &record, None, &[], done)?;
        }
    }
    Ok(records.len())
}

/// The records that meet a schedule's condition, after one: as many as the actions of one transaction allow, and
/// whether there may be more. Where the condition fails, the run will say so.
fn records_from(
    work: &Work<'_, '_>,
    rule: &CompiledRule,
    after: Option<Ref>,
) -> Result<(Vec<Record>, bool)> {
    let max = limits::RULE_ACTIONS_MAX / rule.actions.len().max(1);
    let mut range = records_of(rule.object);
    if let Some(after) = after {
        range = range.resumed_after(&record_key(after));
    }
    let mut records = Vec::new();
    read::scan(work.txn, &range, &mut |key, value| {
        let record = Record::new(rule.object, record_id(key)?, value)?;
        let meets = |condition: &Expr| {
            let holds = with_env(work, &record, None, |env| condition.matches(env));
            !matches!(holds, Ok(false))
        };
        if !record.is_deleted() && rule.condition.as_ref().is_none_or(meets) {
            records.push(record);
        }
        Ok(if records.len() < max {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    let more = records.len() == max;
    Ok((records, more))
}

impl View<Reminder> {
    /// True if its time has come and nobody has answered it.
    pub fn is_due(&self) -> bool {
        self.status() == Some(ReminderStatus::Due)
    }
}
