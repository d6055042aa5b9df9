//! Tasks.

use chrono::{DateTime as Instant, TimeDelta, Utc};

use super::User;
use crate::error::Result;
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Choice, Date, DateTime, LongText, Many, OneOf, Reference, Text, To};
use crate::schema::Save;
use crate::value::Zone;

choices! {
    /// How far a task is.
    TaskStatus {
        /// Nobody has begun.
        Open = "open" "Open",
        /// Somebody works on it.
        Started = "started" "Started",
        /// Put off.
        Deferred = "deferred" "Deferred",
        /// Done.
        Done = "done" "Done",
        /// Will not be done.
        Cancelled = "cancelled" "Cancelled",
    }
}

object! {
    /// Something to be done.
    Task = 14 "task" "tasks" {
        /// What is to be done.
        1 subject: Text { required, search(6), aliases(&["task", "title"]) };
        /// The records that it concerns.
        2 about: Many<Reference> { indexed, aliases(&["regarding", "related to"]) };
        /// When it is to be done. A day without a time of it goes to [`due_on`](Task::DUE_ON), and this is the end of
        /// that day: the task is late when the day is over.
        3 due: DateTime { indexed, or_day(due_on), aliases(&["due date", "deadline"]) };
        /// How far it is.
        4 status: OneOf<TaskStatus> { default("open"), indexed };
        /// How urgent it is.
        5 priority: Choice { default("normal"), choices(&[("low", "Low"), ("normal", "Normal"), ("high", "High"), ("urgent", "Urgent")]) };
        /// What else is to be known.
        6 description: LongText { search(1), aliases(&["notes", "body"]) };
        /// When it was done or given up.
        7 completed_at: DateTime { read_only };
        /// Who is to do it.
        8 owner: To<User> { indexed, aliases(&["assigned to", "assignee"]) };
        /// Where it stands on timelines: when it was done, else when it is due, else when it was made.
        9 at: DateTime { read_only };
        /// The day on which it is to be done, where no time of it is said. It ends in the zone of the owner, or else of
        /// the organisation.
        10 due_on: Date;
    }
    title(&[subject]);
    timeline(at, &[about], &[subject, due, status, owner]);
    hook(follow_status);
}

fn follow_status(save: &mut Save<'_, Task>) -> Result<()> {
    follow_day(save)?;
    let is_closed = |status| matches!(status, Some(TaskStatus::Done | TaskStatus::Cancelled));
    match (is_closed(save.old(Task::STATUS)), is_closed(save.get(Task::STATUS))) {
        (false, true) => save.set(Task::COMPLETED_AT, completed_at(save)),
        (true, false) => save.clear(Task::COMPLETED_AT),
        _ => {}
    }
    let at = save.get(Task::COMPLETED_AT).or_else(|| save.get(Task::DUE)).or_else(|| save.created_at());
    save.set(Task::AT, at.unwrap_or_else(|| save.now()));
    Ok(())
}

/// A task that is due on a day is due when the day ends.
fn follow_day(save: &mut Save<'_, Task>) -> Result<()> {
    if save.is_given(Task::DUE) && !save.is_given(Task::DUE_ON) {
        save.clear(Task::DUE_ON);
    }
    match save.get(Task::DUE_ON) {
        Some(date) => {
            if let Some(next) = date.succ_opt() {
                let end = match owners_zone(save)? {
                    Some(zone) => zone.start_of_day(next),
                    None => save.start_of(next),
                };
                save.set(Task::DUE, end - TimeDelta::microseconds(1));
            }
        }
        None if save.is_given(Task::DUE_ON) && !save.is_given(Task::DUE) => save.clear(Task::DUE),
        None => {}
    }
    Ok(())
}

/// The time zone of the one who is to do it, if it is not the organisation's.
fn owners_zone(save: &Save<'_, Task>) -> Result<Option<Zone>> {
    let Some(owner) = save.get(Task::OWNER) else {
        return Ok(None);
    };
    let name = save.lookup(owner, User::TIME_ZONE)?;
    // Users of earlier versions may have zones that there are not.
    Ok(name.and_then(|name| name.parse().ok()))
}

/// When the task was done: now, unless it was done before it came here; then when it was to be done.
fn completed_at(save: &Save<'_, Task>) -> Instant<Utc> {
    match save.get(Task::DUE) {
        Some(due) if save.is_new() => due.min(save.now()),
        _ => save.now(),
    }
}
