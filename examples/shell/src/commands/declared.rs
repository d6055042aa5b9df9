//! `do`: every declared operation, by its declaration. Nothing here knows one of them.

mod told;

use std::fmt::Write;

use crm_core::operation::{Duty, Given, Manner, MemberDef, Operation, Shape, told_as_json};
use crm_core::value::{ReadOptions, normalise};
use crm_core::{Result, Value};
use serde_json::{Map, Value as Json};

use crate::args::Do;
use crate::output::{Answer, Part, Side, Table};
use crate::progress::Progress;
use crate::shell::{Shell, refusal};

/// Calls an operation, or says what there is.
pub fn call(shell: &Shell, args: &Do) -> Result<Answer> {
    if args.operation == "help" {
        return Ok(list());
    }
    let operation = Operation::named(&args.operation).ok_or_else(|| {
        let reason = "there is no operation of this name; `do help` lists them";
        refusal(&args.operation, reason)
    })?;
    if args.help {
        return Ok(help(operation));
    }
    let manner = Manner {
        rehearse: args.rehearse,
    };
    let given = arguments(shell, operation, &args.words)?;
    let progress = Progress::of(operation.name);
    let answer = operation.call(&shell.crm, manner, given, &mut |done| progress.at(done))?;
    drop(progress);
    let json = told_as_json(&shell.crm.catalog(), &*answer);
    Ok(Answer::new(json, told::shown(shell, &*answer)?))
}

/// What each word gives: `name=value`, or the value of the next argument in order.
fn arguments(shell: &Shell, operation: &Operation, words: &[String]) -> Result<Vec<Given>> {
    let mut given = vec![Given::NOTHING; operation.arguments.len()];
    let mut in_order = operation
        .arguments
        .iter()
        .filter(|argument| !argument.by_name);
    for word in words {
        let named = word.split_once('=').and_then(|(name, text)| {
            let named = operation
                .arguments
                .iter()
                .find(|argument| argument.name == name);
            named.map(|argument| (argument, text))
        });
        let next = || in_order.next().map(|argument| (argument, word.as_str()));
        let (argument, text) = named.or_else(next).ok_or_else(|| {
            let known = names(operation.arguments);
            refusal(
                word,
                &format!("arguments are given as `name=value`, of {known}"),
            )
        })?;
        if let Some(place) = given.get_mut(usize::from(argument.number) - 1) {
            *place = read(shell, argument, text)?;
        }
    }
    Ok(given)
}

fn names(arguments: &[MemberDef]) -> String {
    let names: Vec<&str> = arguments.iter().map(|argument| argument.name).collect();
    names.join(", ")
}

fn read(shell: &Shell, argument: &MemberDef, text: &str) -> Result<Given> {
    match argument.shape.required() {
        Shape::List(of) => {
            let all = text.split(';').map(str::trim).filter(|one| !one.is_empty());
            let all = all.map(|one| Ok(Given::One(value(shell, argument, of, one)?)));
            Ok(Given::Many(all.collect::<Result<_>>()?))
        }
        Shape::Structure(_) | Shape::Draft(_) => {
            let json = serde_json::from_str::<Json>(text);
            let reason = format!("`{}` is given as JSON", argument.name);
            argument.given_as_json(&shell.catalog, &json.map_err(|_| refusal(text, &reason))?)
        }
        shape => Ok(Given::One(value(shell, argument, shape, text)?)),
    }
}

/// One value. References are given by title, `contact:Ada` where several objects fit.
fn value(shell: &Shell, argument: &MemberDef, shape: &Shape, text: &str) -> Result<Value> {
    let refused = |what: &str| refusal(text, &format!("`{}` is {what}", argument.name));
    let options = || ReadOptions {
        time_zone: shell.crm.settings().time_zone.clone(),
        ..ReadOptions::default()
    };
    Ok(match shape {
        Shape::Bool => match text {
            "true" | "yes" => true.into(),
            "false" | "no" => false.into(),
            _ => return Err(refused("true or false")),
        },
        Shape::Int => {
            let number = text.parse::<i64>();
            number.map_err(|_| refused("a whole number"))?.into()
        }
        Shape::Ref(objects) => {
            let prefixed = text
                .split_once(':')
                .filter(|(object, _)| shell.catalog.object_named(object).is_ok());
            match (prefixed, *objects) {
                (Some((object, title)), _) => shell.find(object, title.trim())?.into(),
                (None, [object]) => shell.find(object, text)?.into(),
                (None, _) => {
                    let reason = "a record: say of which object, as in `contact:Ada Lovelace`";
                    return Err(refused(reason));
                }
            }
        }
        Shape::Date => normalise::date(text, &options())?.into(),
        Shape::DateTime => shell.time(Some(text))?.into(),
        Shape::Duration => normalise::duration(text, &options())?.into(),
        _ => text.into(),
    })
}

/// All operations.
fn list() -> Answer {
    let mut table = Table::new([("Operation", Side::Left), ("What it does", Side::Left)]);
    let mut all = Map::new();
    for operation in Operation::all() {
        let about = operation.about();
        let first = about
            .split_once(". ")
            .map_or(about.as_str(), |(first, _)| first);
        let first = first.trim_end_matches('.').to_owned();
        all.insert(operation.full_name(), first.clone().into());
        table.row([operation.full_name(), first]);
    }
    let hint = "\n`do OPERATION --help` shows the arguments of one.".to_owned();
    Answer::new(
        Json::Object(all),
        vec![Part::Table(table), Part::Text(hint)],
    )
}

/// One operation: what it does, what it takes, and on which terms.
fn help(operation: &Operation) -> Answer {
    let mut usage = format!("do {}", operation.full_name());
    for argument in operation.arguments {
        let name = argument.name;
        let _ = match argument.by_name {
            true => write!(usage, " [{name}=…]"),
            false => write!(usage, " {name}=…"),
        };
    }
    if operation.changes() {
        usage.push_str(" [--rehearse]");
    }
    let columns = ["Argument", "Type", "Default", "What it is"];
    let mut table = Table::new(columns.map(|title| (title, Side::Left)));
    for argument in operation.arguments {
        table.row([
            argument.name.to_owned(),
            type_of(argument.shape.required()),
            default(argument),
            argument
                .doc
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        ]);
    }
    let text = vec![
        Part::Text(format!("{}\n\n{usage}\n", operation.about())),
        Part::Table(table),
        Part::Text(format!("\nFails with {}", operation.failures())),
        Part::Text(terms(operation)),
    ];
    Answer::new(operation.to_json(), text)
}

/// What an argument takes, in words.
fn type_of(shape: &Shape) -> String {
    match shape {
        Shape::Ref([]) => "a record, as contact:Ada".to_owned(),
        Shape::Ref(objects) => objects.join(" or "),
        Shape::List(of) => format!("{}; …", type_of(of)),
        Shape::Choice(of) => {
            let names: Vec<&str> = of().choices.iter().map(|choice| choice.name).collect();
            names.join(" | ")
        }
        Shape::Structure(of) => format!("{} as JSON", of().name),
        Shape::Draft(object) => format!("fields of a {object} as JSON"),
        shape => shape.to_string().replace('_', "-"),
    }
}

fn default(argument: &MemberDef) -> String {
    match (argument.default, argument.shape) {
        (Some(default), Shape::Choice(of)) => {
            let variant = default.rsplit("::").next();
            let choice = of()
                .choices
                .iter()
                .find(|choice| Some(choice.variant) == variant);
            choice.map_or(default, |choice| choice.name).to_owned()
        }
        (default, _) => default.unwrap_or_default().to_owned(),
    }
}

fn terms(operation: &Operation) -> String {
    let terms = &operation.terms;
    let duty = match terms.duty {
        Duty::Records(_) => "rights to the records",
        Duty::Administer(what) => what.name(),
    };
    format!(
        "Effect: {}. Undone: {}. Without a person: {}. Needs: {duty}.",
        terms.effect.name(),
        terms.undo.name().replace('_', " "),
        terms.autonomy.name().replace('_', " "),
    )
}
