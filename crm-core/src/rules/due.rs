//! The due queue: reminders, dates that rules watch, schedules. The host owns time: it asks when something is
//! due and says when to do it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::action::with_env;
use super::react::{Cause, live, run};
use super::set::{CompiledRule, RuleSet};
use crate::access::EngineLens;
use crate::engine::{
    Event, Job, JobKind, Right, Walk, Work, record_id, record_key, records_of, to_micros,
};
use crate::error::Result;
use crate::expr::Expr;
use crate::limits;
use crate::objects::{Reminder, ReminderStatus, Rule, Trigger};
use crate::record::{Fields, Record};
use crate::schema::kind::Choices;
use crate::schema::{Object, View};
use crate::store::Space;
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
        return follow_rule(work, event);
    }
    if let Some((settings, parts)) = work.catalog().settings()
        && settings.id == object
        && event.changed.contains(&parts.time_zone)
    {
        follow_time_zone(work)?;
    }
    let rules = RuleSet::of(work);
    let time_zone = work.settings().time_zone.clone();
    let now = work.now();
    let of_object = rules.of_object(object);
    for rule in of_object.into_iter().flat_map(|rules| rules.on_dates()) {
        let job = |record: &Record| date_job(rule, record, &time_zone, now);
        let (old, new) = (event.old.as_ref().and_then(job), job(&event.new));
        if old == new {
            continue;
        }
        let is_due = match old.filter(|old| old.at <= now) {
            Some(old) => work.read().exists(Space::Job, &old.key())?,
            None => false,
        };
        if is_due && event.new.is_deleted() {
            // It may come back from the trash before the host asks what is due.
            continue;
        }
        // What is past already is not reached any more, so that importing the past sets nothing off.
        replace(work, old, new.filter(|job| is_due || job.at >= now))?;
    }
    Ok(())
}

/// Days may begin at another time now.
fn follow_time_zone(work: &mut Work<'_, '_>) -> Result<()> {
    move_dates(work, piece(JobKind::Move, Id::NIL, work.now()), &[])
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
    EngineLens::within(work).for_each_live(Reminder::TYPE, &mut |record| {
        waiting.extend(reminder_job(&record).map(|job| job.key()));
        Ok(())
    })?;
    EngineLens::within(work).scan(&Job::all(), &mut |key, _| {
        walk.row();
        let Ok(job) = Job::read(key) else {
            walk.stray(Space::Job, key, "a row that is no work");
            return Ok(ControlFlow::Continue(()));
        };
        let is_wanted = match job.kind {
            JobKind::Reminder => waiting.remove(key),
            JobKind::Move if job.rule == Id::NIL => true,
            _ => RuleSet::of(work).get(job.rule).is_some(),
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
        ValueRef::DateTime(at) => time_zone.after(at, rule.offset)?,
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

/// A rule was made or changed: what the change touches of its work in the queue is made anew. What is due already
/// stays due.
fn follow_rule(work: &mut Work<'_, '_>, event: &Event) -> Result<()> {
    let touches = |fields: &[u16]| event.changed.iter().any(|field| fields.contains(field));
    let was_on = event.old.as_ref().is_some_and(is_on);
    let about = [
        Rule::OBJECT.number(),
        Rule::TRIGGER.number(),
        Rule::FIELDS.number(),
    ];
    let is_another = was_on != is_on(&event.new) || touches(&about);
    if was_on && is_another {
        forget(work, &|job| job.rule == event.new.id())?;
    }
    let Some(rule) = RuleSet::of(work).get(event.new.id()).cloned() else {
        return Ok(());
    };
    if is_another {
        return wait_for(work, &rule);
    }
    match rule.trigger {
        Trigger::Schedule if touches(&[Rule::EVERY.number(), Rule::STARTS.number()]) => {
            reschedule(work, &rule)
        }
        Trigger::DateReached if touches(&[Rule::OFFSET.number()]) => {
            move_dates(work, piece(JobKind::Move, rule.id, work.now()), &[])?;
            wait_for(work, &rule)
        }
        _ => Ok(()),
    }
}

fn is_on(rule: &Record) -> bool {
    !rule.is_deleted() && rule.get(Rule::ACTIVE.number()).as_bool() != Some(false)
}

/// Takes work out of the queue.
fn forget(work: &mut Work<'_, '_>, is_gone: &dyn Fn(&Job) -> bool) -> Result<()> {
    let mut gone = Vec::new();
    EngineLens::within(work).scan(&Job::all(), &mut |key, _| {
        gone.extend(Some(Job::read(key)?).filter(is_gone));
        Ok(ControlFlow::Continue(()))
    })?;
    gone.into_iter().for_each(|job| work.unschedule(job));
    Ok(())
}

/// Puts the work of a rule into the queue that has none there, or some of it.
fn wait_for(work: &mut Work<'_, '_>, rule: &CompiledRule) -> Result<()> {
    match rule.trigger {
        Trigger::Schedule => {
            let ahead = rule.starts.filter(|starts| *starts >= work.now());
            let zone = &work.settings().time_zone;
            match ahead.or_else(|| rule.next_run(work.now(), zone)) {
                Some(at) => work.schedule(schedule_job(rule, at)),
                None => Ok(()),
            }
        }
        Trigger::DateReached => fill_dates(work, piece(JobKind::Fill, rule.id, work.now())),
        _ => Ok(()),
    }
}

/// The times of a schedule were changed. A run that is due finds the next one by itself.
fn reschedule(work: &mut Work<'_, '_>, rule: &CompiledRule) -> Result<()> {
    let now = work.now();
    let is_next = |job: &Job| job.rule == rule.id && job.kind == JobKind::Schedule;
    let mut is_due = false;
    EngineLens::within(work).scan(&Job::due(now), &mut |key, _| {
        is_due |= is_next(&Job::read(key)?);
        Ok(ControlFlow::Continue(()))
    })?;
    if is_due {
        return Ok(());
    }
    forget(work, &is_next)?;
    wait_for(work, rule)
}

/// Work on the queue itself that began at a time.
fn piece(kind: JobKind, rule: Id, began: DateTime<Utc>) -> Job {
    Job {
        at: began,
        kind,
        record: Ref {
            object: Rule::TYPE,
            id: Id::NIL,
        },
        rule,
    }
}

/// Puts dates that a rule waits for into the queue, those of the records after the one that the job names, and
/// leaves the rest of a long list to the next piece.
fn fill_dates(work: &mut Work<'_, '_>, job: Job) -> Result<()> {
    let Some(rule) = RuleSet::of(work).get(job.rule).cloned() else {
        return Ok(());
    };
    let mut range = records_of(rule.object);
    if job.record.id != Id::NIL {
        range = range.resumed_after(&record_key(job.record));
    }
    let zone = work.settings().time_zone.clone();
    let (mut jobs, mut seen, mut last) = (Vec::new(), 0, None);
    EngineLens::within(work).scan(&range, &mut |key, value| {
        let record = Record::new(rule.object, record_id(key)?, value)?;
        seen += 1;
        last = Some(record.reference());
        jobs.extend(date_job(&rule, &record, &zone, job.at).filter(|date| date.at >= job.at));
        Ok(unless_full(seen))
    })?;
    jobs.into_iter().try_for_each(|job| work.schedule(job))?;
    match last.filter(|_| unless_full(seen).is_break()) {
        Some(record) => work.schedule(Job { record, ..job }),
        None => Ok(()),
    }
}

/// Brings the dates in the queue, of one rule or of all, to where they are now, those of the rows after a key,
/// and leaves the rest of a long queue to the next piece. What is due by now is done, and not forgotten.
fn move_dates(work: &mut Work<'_, '_>, job: Job, after: &[u8]) -> Result<()> {
    let rules = RuleSet::of(work);
    let zone = work.settings().time_zone.clone();
    let mut range = Job::all();
    if !after.is_empty() {
        range = range.resumed_after(after);
    }
    let (mut moved, mut seen, mut last) = (Vec::new(), 0, Vec::new());
    EngineLens::within(work).scan(&range, &mut |key, _| {
        let waiting = Job::read(key)?;
        seen += 1;
        last = key.to_vec();
        let is_meant = job.rule == Id::NIL || job.rule == waiting.rule;
        if is_meant
            && waiting.kind == JobKind::DateReached
            && let Some(rule) = rules.get(waiting.rule)
            && let Some(record) = EngineLens::within(work).record(waiting.record)?
            // Of the days of a birthday, the one that is nearest to where it was.
            && let Some(near) = waiting.at.checked_sub_signed(TimeDelta::days(180))
            && let Some(new) = date_job(rule, &record, &zone, near)
            && new != waiting
        {
            moved.push((waiting, new));
        }
        Ok(unless_full(seen))
    })?;
    for (old, new) in moved {
        replace(work, Some(old), Some(new))?;
    }
    if unless_full(seen).is_break() {
        work.schedule_after(job, last)?;
    }
    Ok(())
}

fn unless_full(seen: usize) -> ControlFlow<()> {
    if seen < limits::DUE_REBUILD_MAX {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

/// Makes the work of every rule anew, where nobody knows what waited.
#[cfg(feature = "redb")]
pub(crate) fn refill_queue(work: &mut Work<'_, '_>) -> Result<()> {
    forget(work, &|job| job.kind != JobKind::Reminder)?;
    let rules = RuleSet::of(work);
    rules.all().try_for_each(|rule| wait_for(work, rule))
}

/// The time of the first work in the queue.
pub(crate) fn next_due(engine: EngineLens<'_>) -> Result<Option<DateTime<Utc>>> {
    let mut first = None;
    engine.scan(&Job::all(), &mut |key, _| {
        first = Some(Job::read(key)?.at);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(first)
}

/// Does what is due up to a time, in order, up to a bound. What was done is no longer in the queue, so that a
/// second call does not do it again. For all that is done it is that time, where the clock is not later.
pub(crate) fn run_due(
    work: &mut Work<'_, '_>,
    until: DateTime<Utc>,
    automate: bool,
) -> Result<DueReport> {
    work.set_now(work.now().max(to_micros(until)));
    let mut jobs = Vec::new();
    EngineLens::within(work).scan(&Job::due(until), &mut |key, value| {
        jobs.push((Job::read(key)?, value.to_vec()));
        Ok(if jobs.len() < limits::DUE_BATCH_MAX {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    let mut report = DueReport::default();
    for (job, value) in jobs {
        work.unschedule(job);
        match job.kind {
            // What comes after it waits for it.
            JobKind::Fill => {
                fill_dates(work, job)?;
                break;
            }
            JobKind::Move => {
                move_dates(work, job, &value)?;
                break;
            }
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
        work.with_right(Right::Engine, |work| work.update(job.record, &due, None))?;
        report.reminders.push(job.record);
    }
    Ok(())
}

fn reach_date(work: &mut Work<'_, '_>, job: Job, automate: bool) -> Result<bool> {
    let rule = RuleSet::of(work).get(job.rule).cloned();
    let (Some(rule), Some(record)) = (rule, work.record(job.record)?) else {
        return Ok(false);
    };
    let zone = work.settings().time_zone.clone();
    // The date, or what is kept of it, may have changed since a birthday's turn was put into the queue.
    if date_job(&rule, &record, &zone, job.at) != Some(job) {
        return Ok(false);
    }
    let next = job.at + TimeDelta::microseconds(1);
    if let Some(next) = date_job(&rule, &record, &zone, next).filter(|next| next.at > job.at) {
        work.schedule(next)?;
    }
    if automate && let Some(record) = live(work, &record)? {
        let cause = due_cause(work);
        run(work, &rule, &record, None, &cause, 0)?;
    }
    Ok(automate)
}

/// That a time is reached is a cause of its own.
fn due_cause(work: &mut Work<'_, '_>) -> Cause<'static> {
    Cause {
        number: work.causes().begin(),
        chain: &[],
    }
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
    let Some(rule) = RuleSet::of(work).get(job.rule).cloned() else {
        return Ok(0);
    };
    let mut after = None;
    if job.kind == JobKind::Schedule {
        // Runs that a sleeping host has missed are made up for by one.
        let zone = work.settings().time_zone.clone();
        if let Some(at) = rule.next_run(until.max(job.at), &zone) {
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
            let cause = due_cause(work);
            done += run(work, &rule, &record, None, &cause, done)?;
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
    EngineLens::within(work).scan(&range, &mut |key, value| {
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
