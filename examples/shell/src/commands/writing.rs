//! `create`, `update`, `delete` and `restore`.

use crm_core::{Change, Outcome, Result};
use serde_json::json;

use crate::args::{Create, Delete, One, Update};
use crate::output::Answer;
use crate::shell::Shell;

pub fn create(shell: &Shell, args: &Create) -> Result<Answer> {
    let fields = shell.fields(&args.object, &args.fields)?;
    change(
        shell,
        Change::Create {
            object: args.object.clone(),
            id: None,
            fields,
        },
    )
}

pub fn update(shell: &Shell, args: &Update) -> Result<Answer> {
    let record = shell.find(&args.object, &args.id)?;
    let fields = shell.fields(&args.object, &args.fields)?;
    change(
        shell,
        Change::Update {
            record,
            fields,
            expected: None,
        },
    )
}

pub fn delete(shell: &Shell, args: &Delete) -> Result<Answer> {
    let One { object, id } = &args.record;
    if !args.purge {
        return change(
            shell,
            Change::Delete {
                record: shell.find(object, id)?,
            },
        );
    }
    let record = shell
        .find(object, id)
        .or_else(|_| shell.find_in_trash(object, id))?;
    change(shell, Change::Purge { record })
}

pub fn restore(shell: &Shell, args: &One) -> Result<Answer> {
    let record = shell.find_in_trash(&args.object, &args.id)?;
    change(shell, Change::Restore { record })
}

fn change(shell: &Shell, change: Change) -> Result<Answer> {
    let Outcome {
        record,
        kind,
        version,
    } = shell.crm.change(change)?;
    let outcome = kind.name();
    let object = shell.catalog.object_name(record.object);
    let json = json!({"outcome": outcome, "object": object, "id": record.id.to_string(), "version": version});
    Ok(Answer::line(
        json,
        format!("{outcome} {object} {}", record.id),
    ))
}
