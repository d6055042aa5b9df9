//! Tasks.

use chrono::{DateTime as Instant, TimeDelta, Utc};

use super::User;
use crate::error::Result;
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Choice, Choices, Date, DateTime, LongText, Many, OneOf, Reference, Text, To};
use crate::schema::SaveContext;
use crate::value::{Value, Zone};

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

fn follow_status(context: &mut dyn SaveContext) -> Result<()> {
    follow_day(context)?;
    let closed = |value: &Value| match value {
        Value::Text(key) => matches!(TaskStatus::from_key(key), Some(TaskStatus::Done | TaskStatus::Cancelled)),
        _ => false,
    };
    let status = Task::STATUS.number();
    let completed = Task::COMPLETED_AT.number();
    match (closed(&context.old(status)), closed(&context.get(status))) {
        (false, true) => {
            let at = completed_at(context);
            context.set(completed, at.into());
        }
        (true, false) => context.set(completed, Value::Null),
        _ => {}
    }
    let candidates = [completed, Task::DUE.number(), crate::schema::system::CREATED_AT];
    let at = candidates.into_iter().map(|field| context.get(field)).find(|value| !value.is_null());
    context.set(Task::AT.number(), at.unwrap_or_else(|| context.now().into()));
    Ok(())
}

/// A task that is due on a day is due when the day ends.
fn follow_day(context: &mut dyn SaveContext) -> Result<()> {
    let (due, day) = (Task::DUE.number(), Task::DUE_ON.number());
    if context.is_given(due) && !context.is_given(day) {
        context.set(day, Value::Null);
    }
    match context.get(day) {
        Value::Date(date) => {
            if let Some(next) = date.succ_opt() {
                let end = match owners_zone(context)? {
                    Some(zone) => zone.start_of_day(next),
                    None => context.start_of(next),
                };
                context.set(due, (end - TimeDelta::microseconds(1)).into());
            }
        }
        _ if context.is_given(day) && !context.is_given(due) => context.set(due, Value::Null),
        _ => {}
    }
    Ok(())
}

/// The time zone of the one who is to do it, if it is not the organisation's.
fn owners_zone(context: &dyn SaveContext) -> Result<Option<Zone>> {
    let Value::Ref(owner) = context.get(Task::OWNER.number()) else {
        return Ok(None);
    };
    Ok(match context.lookup(owner, User::TIME_ZONE.number())? {
        // Users of earlier versions may have zones that there are not.
        Value::Text(name) => name.parse().ok(),
        _ => None,
    })
}

/// When the task was done: now, unless it was done before it came here; then when it was to be done.
fn completed_at(context: &dyn SaveContext) -> Instant<Utc> {
    match context.get(Task::DUE.number()) {
        Value::DateTime(due) if context.is_new() => due.min(context.now()),
        _ => context.now(),
    }
}
