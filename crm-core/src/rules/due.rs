//! The due queue: reminders, dates that rules watch, schedules. The host owns time: it asks when something is
//! due and says when to do it.

use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::react::run;
use super::set::CompiledRule;
use crate::engine::{Event, Job, JobKind, Work, read};
use crate::error::Result;
use crate::limits;
use crate::objects::{Reminder, ReminderStatus, Rule, Trigger};
use crate::record::{Fields, Record};
use crate::schema::kind::Choices;
use crate::schema::{Object, View};
use crate::store::Read;
use crate::value::{Id, Ref, ValueRef};

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
        let job = |record: &Record| {
            let waiting = record.get(Reminder::STATUS.number()).as_text()
                == Some(ReminderStatus::Waiting.key());
            let at = record.get(Reminder::AT.number()).as_datetime();
            at.filter(|_| waiting && !record.is_deleted())
                .map(|at| Job {
                    at,
                    kind: JobKind::Reminder,
                    record: record.reference(),
                    rule: Id::NIL,
                })
        };
        replace(work, event.old.as_ref().and_then(job), job(&event.new))?;
    }
    if object == Rule::TYPE {
        return follow_rule(work, event.new.id());
    }
    let rules = work.state.program.rules.clone();
    let time_zone = work.state.settings.time_zone;
    let now = work.now;
    for rule in rules
        .of_object(object)
        .iter()
        .filter(|rule| rule.trigger == Trigger::DateReached)
    {
        let job = |record: &Record| date_job(rule, record, time_zone, now);
        // What is past already is not reached any more, so that importing the past sets nothing off.
        replace(
            work,
            event.old.as_ref().and_then(job),
            job(&event.new).filter(|job| job.at >= now),
        )?;
    }
    Ok(())
}

fn replace(work: &mut Work<'_, '_>, old: Option<Job>, new: Option<Job>) -> Result<()> {
    if old == new {
        return Ok(());
    }
    if let Some(old) = old {
        work.unschedule(old);
    }
    new.map_or(Ok(()), |new| work.schedule(new))
}

/// When a rule's date is reached for a record.
fn date_job(
    rule: &CompiledRule,
    record: &Record,
    time_zone: Tz,
    now: DateTime<Utc>,
) -> Option<Job> {
    if record.is_deleted() {
        return None;
    }
    let date = match record.get(*rule.fields.first()?) {
        ValueRef::DateTime(at) => at,
        ValueRef::Date(date) => start_of_day(date, time_zone),
        // A date without a year comes back every year.
        ValueRef::PartialDate(date) => {
            let today = now.with_timezone(&time_zone).date_naive();
            let from = today.checked_sub_signed(rule.offset)?;
            start_of_day(date.next_anniversary(from)?, time_zone)
        }
        _ => return None,
    };
    Some(Job {
        at: date.checked_add_signed(rule.offset)?,
        kind: JobKind::DateReached,
        record: record.reference(),
        rule: rule.id,
    })
}

/// The first instant of a day in a zone: midnight, or what follows it where a clock change skips midnight.
fn start_of_day(date: NaiveDate, time_zone: Tz) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    let hours = (0..24).map(|hour| midnight + chrono::TimeDelta::hours(hour));
    let mut instants = hours.filter_map(|time| time_zone.from_local_datetime(&time).earliest());
    instants
        .next()
        .map_or_else(|| midnight.and_utc(), |instant| instant.to_utc())
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
        Trigger::Schedule => work.schedule(Job {
            at: rule.starts.unwrap_or(work.now + rule.every).max(work.now),
            kind: JobKind::Schedule,
            record: Ref {
                object: Rule::TYPE,
                id: rule.id,
            },
            rule: rule.id,
        }),
        Trigger::DateReached => {
            let mut jobs = Vec::new();
            let (time_zone, now) = (work.state.settings.time_zone, work.now);
            read::for_each_live(work.txn, rule.object, &mut |record| {
                jobs.extend(date_job(&rule, &record, time_zone, now).filter(|job| job.at >= now));
                Ok(())
            })?;
            jobs.into_iter().try_for_each(|job| work.schedule(job))
        }
        _ => Ok(()),
    }
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
    let mut more = false;
    read::scan(work.txn, &Job::due(until), &mut |key, _| {
        if jobs.len() == limits::DUE_BATCH_MAX {
            more = true;
            return Ok(ControlFlow::Break(()));
        }
        jobs.push(Job::read(key)?);
        Ok(ControlFlow::Continue(()))
    })?;
    let mut report = DueReport {
        more,
        ..DueReport::default()
    };
    for job in jobs {
        work.unschedule(job);
        match job.kind {
            JobKind::Reminder => {
                let due: Fields = Reminder::draft().status(ReminderStatus::Due).into();
                work.update(job.record, &due, None, true)?;
                report.reminders.push(job.record);
            }
            JobKind::DateReached => {
                report.rule_runs += usize::from(reach_date(work, job, automate)?)
            }
            JobKind::Schedule => report.rule_runs += run_schedule(work, job, until, automate)?,
        }
    }
    Ok(report)
}

fn reach_date(work: &mut Work<'_, '_>, job: Job, automate: bool) -> Result<bool> {
    let rule = work.state.program.rules.get(job.rule).cloned();
    let record = work
        .record(job.record)?
        .filter(|record| !record.is_deleted());
    let (Some(rule), Some(record)) = (rule, record) else {
        return Ok(false);
    };
    if let Some(ValueRef::PartialDate(_)) = rule.fields.first().map(|field| record.get(*field)) {
        let zone = work.state.settings.time_zone;
        let next_year = job.at + chrono::TimeDelta::days(300);
        if let Some(next) =
            date_job(&rule, &record, zone, next_year).filter(|next| next.at.year() > job.at.year())
        {
            work.schedule(next)?;
        }
    }
    if automate {
        run(work, &rule, &record, None, &[], 0)?;
    }
    Ok(automate)
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
    // Runs that a sleeping host has missed are made up for by one.
    let mut next = job.at + rule.every;
    while next <= until {
        next += rule.every;
    }
    work.schedule(Job { at: next, ..job })?;
    if !automate {
        return Ok(0);
    }
    run_on_all(work, &rule)
}

fn run_on_all(work: &mut Work<'_, '_>, rule: &Arc<CompiledRule>) -> Result<usize> {
    let mut records = Vec::new();
    read::for_each_live(work.txn, rule.object, &mut |record| {
        let holds = match &rule.condition {
            None => true,
            Some(condition) => {
                super::action::with_env(work, &record, None, |env| condition.matches(env))?
            }
        };
        if holds {
            records.push(record);
        }
        Ok(())
    })?;
    let mut done = 0;
    for record in &records {
        done += run(work, rule, record, None, &[], done)?;
    }
    Ok(records.len())
}

impl View<Reminder> {
    /// True if its time has come and nobody has answered it.
    pub fn is_due(&self) -> bool {
        self.status() == Some(ReminderStatus::Due)
    }
}
