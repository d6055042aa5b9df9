//! `due` and `run-due`.

use crm_core::{Object, Query, Record, Reminder, Result, Value};
use serde_json::json;

use super::counted;
use super::reading::table;
use crate::args::At;
use crate::output::{Answer, Part};
use crate::shell::Shell;

const COLUMNS: [&str; 5] = ["at", "text", "about", "owner", "status"];

pub fn due(shell: &Shell, args: &At) -> Result<Answer> {
    let at = shell.time(args.at.as_deref())?;
    let filter = format!(
        "status == 'due' || (status == 'waiting' && at <= timestamp('{}'))",
        Value::from(at)
    );
    let query = Query::of(Reminder::TYPE_NAME)
        .filter(&filter)
        .sort("at")
        .limit(crm_core::limits::PAGE_LEN_MAX);
    let reminders = shell.crm.find(&query)?.rows;
    let next = shell.crm.next_due()?;
    let json = json!({
        "at": Value::from(at).to_string(),
        "reminders": shell.records_json(&reminders),
        "next": next.map(|next| Value::from(next).to_string()),
    });
    let last = next.map_or_else(
        || "Nothing else is to come".to_owned(),
        |next| format!("Next: {}", shell.local(next)),
    );
    Ok(Answer::new(json, listed(shell, &reminders, last)?))
}

pub fn run_due(shell: &Shell, args: &At) -> Result<Answer> {
    let at = shell.time(args.at.as_deref())?;
    let mut rule_runs = 0;
    let mut reminders = Vec::new();
    loop {
        let report = shell.crm.run_due(at)?;
        rule_runs += report.rule_runs;
        for reminder in report.reminders {
            reminders.push(shell.crm.get_record(reminder)?);
        }
        if !report.more {
            break;
        }
    }
    let json = json!({
        "at": Value::from(at).to_string(),
        "reminders": shell.records_json(&reminders),
        "rule_runs": rule_runs,
    });
    Ok(Answer::new(
        json,
        listed(
            shell,
            &reminders,
            counted(rule_runs as u64, "rule run", "rule runs"),
        )?,
    ))
}

fn listed(shell: &Shell, reminders: &[Record], last: String) -> Result<Vec<Part>> {
    let object = shell.catalog.object_named(Reminder::TYPE_NAME)?;
    let count = counted(reminders.len() as u64, "reminder", "reminders");
    Ok(vec![
        Part::Table(table(shell, object, &COLUMNS, reminders)?),
        Part::Text(format!("{count}. {last}")),
    ])
}
