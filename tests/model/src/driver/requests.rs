//! Requests, as the engine takes them.

use std::ops::ControlFlow;

use crm_core::schema::{FieldDef, FieldType, RollUp, RollUpOp};
use crm_core::search::Prefix;
use crm_core::*;

use super::Res;
use crate::answer::Answer;
use crate::op::*;

/// A change as the engine takes it.
pub fn change(edit: &Edit, made: &[Ref], last: u64) -> Change {
    let values = |vals: &Vals| {
        let mut fields = Fields::new();
        for (name, value) in vals {
            fields.set(name, value.value(made));
        }
        fields
    };
    match edit {
        Edit::Create { record, fields } => {
            let (Rec::Of(kind, _) | Rec::Made(kind, _)) = record;
            Change::Create {
                object: kind.name().to_owned(),
                id: Some(record.find(made).id),
                fields: values(fields),
            }
        }
        Edit::Make { kind, fields } => Change::Create {
            object: kind.name().to_owned(),
            id: None,
            fields: values(fields),
        },
        Edit::Update {
            record,
            fields,
            seen,
        } => Change::Update {
            record: record.find(made),
            fields: values(fields),
            expected: seen.map(|seen| seen.sequence(last)),
        },
        Edit::Upsert { kind, by, fields } => Change::Upsert {
            object: kind.name().to_owned(),
            by: (*by).to_owned(),
            fields: values(fields),
        },
        Edit::Move {
            card,
            stage,
            behind,
            seen,
        } => Change::Move {
            card: card.find(made),
            column: stage.find(made),
            behind: behind.map(|behind| behind.find(made)),
            expected: seen.map(|seen| seen.sequence(last)),
        },
        Edit::Delete(record) => Change::Delete {
            record: record.find(made),
        },
        Edit::Restore(record) => Change::Restore {
            record: record.find(made),
        },
        Edit::Purge(record) => Change::Purge {
            record: record.find(made),
        },
    }
}

/// A custom field.
pub fn definition(name: &str, custom: Custom) -> FieldDef {
    let over_deals = |op, field: &str, filter: &str| RollUp {
        object: Deal::TYPE_NAME.to_owned(),
        via: "company".to_owned(),
        op,
        field: field.to_owned(),
        filter: filter.to_owned(),
    };
    let with_default = |field: FieldDef, default: Option<&str>| match default {
        Some(default) => field.default(default),
        None => field,
    };
    let field = |ty| FieldDef::custom(name, ty);
    match custom {
        Custom::Text(default) => with_default(field(FieldType::Text).search(2), default),
        Custom::Number(default) => with_default(field(FieldType::Integer), default),
        Custom::Unique => field(FieldType::Text).unique(),
        Custom::DealCount => field(FieldType::Integer).roll_up(over_deals(RollUpOp::Count, "", "")),
        Custom::WonAmount => {
            let roll_up = over_deals(RollUpOp::Sum, "amount", "status == 'won'");
            field(FieldType::Money).many().roll_up(roll_up)
        }
        Custom::BestChance => {
            field(FieldType::Percent).roll_up(over_deals(RollUpOp::Max, "probability", ""))
        }
        Custom::Tenfold => field(FieldType::Integer).formula("employees * 10"),
    }
}

/// Imports rows as a file.
pub fn import(
    session: &Session,
    upsert: bool,
    dry: bool,
    operation: u8,
    rows: &[(u16, u8, &'static str)],
) -> Res<Answer> {
    let mut file = crate::model::HEADERS.join(",") + "\n";
    for (key, name, employees) in rows {
        file.push_str(&format!("K{key},{},{employees}\n", word(*name)));
    }
    let mut options =
        ImportOptions::new(Kind::Company.name()).operation(&operation_name(operation));
    if upsert {
        options = options.upsert("external_id");
    }
    options.dry_run = dry;
    let go_on = &mut |_: ImportProgress| ControlFlow::Continue(());
    let report = session.import_csv(file.as_bytes(), &options, go_on)?;
    Ok(Answer::Imported([
        report.rows,
        report.created,
        report.updated,
        report.unchanged,
        report.refused,
    ]))
}

/// Searches for words.
pub fn search(session: &Session, words: &[u8], letters: u8) -> Res<Answer> {
    let mut words: Vec<&str> = words.iter().map(|n| word(*n)).collect();
    let mut prefix = Prefix::Last;
    if let Some(last) = words.last_mut()
        && letters > 0
    {
        *last = &last[..last.len().min(letters.into())];
    } else if words.len() > 1 {
        // As words go, none of these begins another one.
        prefix = Prefix::Never;
    }
    let options = SearchOptions {
        limit: limits::PAGE_LEN_MAX,
        prefix,
        ..SearchOptions::default()
    };
    let hits = session.search(&words.join(" "), &options)?;
    let mut records: Vec<Ref> = hits.iter().map(|hit| hit.record.reference()).collect();
    records.sort();
    Ok(Answer::Records(records))
}
