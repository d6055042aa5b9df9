//! `aggregate` and `board`.

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::{
    Aggregate, Currency, DatePart, Measure, MeasureOp, Query, Record, Ref, Result, Value, ValueRef,
};
use serde_json::{Map, Value as Json, json};

use super::counted;
use super::reading::table;
use crate::args;
use crate::output::{Answer, Part, Side, Table};
use crate::shell::{Shell, refusal};

pub fn aggregate(shell: &Shell, args: &args::Aggregate) -> Result<Answer> {
    let object = shell.catalog.object_named(&args.object)?;
    let mut question = Aggregate::of(&args.object).filter(&args.filter);
    for text in &args.group_by {
        question = match text.split_once(':') {
            None => question.group_by(text),
            Some((field, part)) => question.group_by_date(field, date_part(part)?),
        };
    }
    let measures = [
        (MeasureOp::Sum, &args.sum),
        (MeasureOp::Average, &args.avg),
        (MeasureOp::Min, &args.min),
        (MeasureOp::Max, &args.max),
        (MeasureOp::CountDistinct, &args.distinct),
    ];
    for (op, fields) in measures {
        for field in fields {
            question = question.measure(op, field);
        }
    }
    question.convert_to = args.convert.as_deref().map(Currency::new).transpose()?;
    let groups = shell.crm.aggregate(&question)?;

    let columns = question
        .group_by
        .iter()
        .zip(&args.group_by)
        .map(|(by, text)| Ok((object.field_named(&by.field)?, text)));
    let columns: Vec<(&FieldDef, &String)> = columns.collect::<Result<_>>()?;
    let measured = question
        .measures
        .iter()
        .map(|measure| Ok((measure, object.field_named(&measure.field)?)));
    let measured: Vec<(&Measure, &FieldDef)> = measured.collect::<Result<_>>()?;
    let mut titles: Vec<(String, Side)> = columns
        .iter()
        .map(|(_, text)| ((*text).clone(), Side::Left))
        .collect();
    titles.push(("Count".to_owned(), Side::Right));
    titles.extend(measured.iter().map(|(measure, _)| {
        (
            format!("{} of {}", op_name(measure.op), measure.field),
            Side::Right,
        )
    }));
    let mut table = Table::new(titles);
    let mut json_groups = Vec::with_capacity(groups.len());
    for group in &groups {
        let mut cells = Vec::new();
        let mut json_key = Map::new();
        for ((field, name), value) in columns.iter().zip(&group.key) {
            cells.push(shell.text(field, value.into())?);
            let json = match value {
                Value::Ref(record) => shell.titled_json(*record)?,
                value => shell.value_json(field, value.into()),
            };
            json_key.insert((*name).clone(), json);
        }
        cells.push(group.count.to_string());
        let mut json_group = Map::from_iter([
            ("key".to_owned(), json_key.into()),
            ("count".to_owned(), group.count.into()),
        ]);
        for ((measure, field), value) in measured.iter().zip(&group.measures) {
            cells.push(shell.text(field, value.into())?);
            let figures = json_group
                .entry(op_name(measure.op))
                .or_insert_with(|| json!({}));
            if let Json::Object(figures) = figures {
                figures.insert(
                    measure.field.clone(),
                    figure_json(shell, &question, field, value),
                );
            }
        }
        table.row(cells);
        json_groups.push(Json::Object(json_group));
    }
    Ok(Answer::new(
        json!({ "groups": json_groups }),
        vec![Part::Table(table)],
    ))
}

/// A figure in JSON. Of money it is a list with one amount per currency, also if there is none, unless it is
/// converted.
fn figure_json(shell: &Shell, question: &Aggregate, field: &FieldDef, value: &Value) -> Json {
    let is_list = field.ty == FieldType::Money && question.convert_to.is_none();
    match value {
        Value::Money(_) if is_list => json!([shell.value_json(field, value.into())]),
        Value::Null | Value::Decimal(_) if is_list => json!([]),
        value => shell.value_json(field, value.into()),
    }
}

fn op_name(op: MeasureOp) -> &'static str {
    match op {
        MeasureOp::Sum => "sum",
        MeasureOp::Average => "avg",
        MeasureOp::Min => "min",
        MeasureOp::Max => "max",
        MeasureOp::CountDistinct => "distinct",
        _ => "count",
    }
}

fn date_part(name: &str) -> Result<DatePart> {
    Ok(match name {
        "day" => DatePart::Day,
        "week" => DatePart::Week,
        "month" => DatePart::Month,
        "quarter" => DatePart::Quarter,
        "year" => DatePart::Year,
        "fiscal_year" => DatePart::FiscalYear,
        _ => {
            return Err(refusal(
                name,
                "a part of a date is day, week, month, quarter, year or fiscal_year",
            ));
        }
    })
}

pub fn board(shell: &Shell, args: &args::Board) -> Result<Answer> {
    let object = shell.catalog.object_named(&args.object)?;
    let of = board_record(shell, object, args.pipeline.as_deref())?;
    let board = shell.crm.board(&object.name, of, args.cards)?;
    let sums = summed(object);

    let mut columns = vec![("Stage", Side::Left), ("Count", Side::Right)];
    columns.extend(sums.iter().map(|field| (field.label.as_str(), Side::Right)));
    let mut summary = Table::new(columns);
    let mut text = Vec::new();
    let mut json_columns = Vec::with_capacity(board.columns.len());
    for column in &board.columns {
        let title = shell.crm.title(&column.record);
        let mut cells = vec![title.clone(), column.count.to_string()];
        let mut json_sums = Map::new();
        for (field, sum) in sums.iter().zip(&column.sums) {
            let sum = ValueRef::from(sum);
            cells.push(shell.text(field, sum)?);
            json_sums.insert(field.name.clone(), shell.value_json(field, sum));
        }
        summary.row(cells);
        let cards: Vec<Record> = column
            .cards
            .iter()
            .map(|card| card.record.clone())
            .collect();
        json_columns.push(json!({
            "column": shell.titled_json(column.record.reference())?,
            "count": column.count,
            "sums": json_sums,
            "cards": shell.records_json(&cards),
        }));
        if !cards.is_empty() {
            let shown = counted(cards.len() as u64, "card", "cards");
            text.push(Part::Text(format!(
                "\n{title}: {shown} of {}",
                column.count
            )));
            text.push(Part::Table(table(
                shell,
                object,
                &card_fields(object),
                &cards,
            )?));
        }
    }
    text.splice(0..0, [Part::Text(shell.title(of)?), Part::Table(summary)]);
    let json =
        json!({"object": board.object, "of": shell.titled_json(of)?, "columns": json_columns});
    Ok(Answer::new(json, text))
}

/// The record that the board belongs to: the one that is named, else the first in their order.
fn board_record(shell: &Shell, object: &ObjectDef, named: Option<&str>) -> Result<Ref> {
    let board = object
        .board
        .as_ref()
        .and_then(|board| object.field(board.board));
    let target = board.and_then(|field| field.targets.first());
    let target = target.ok_or_else(|| refusal(&object.name, "the object has no board"))?;
    if let Some(named) = named {
        return shell.find(target, named);
    }
    let by_order = if shell
        .catalog
        .object_named(target)?
        .field_named("order")
        .is_ok()
    {
        "order"
    } else {
        ""
    };
    let first = shell.crm.find(&Query::of(target).sort(by_order).limit(1))?;
    let first = first.rows.first().map(Record::reference);
    first.ok_or_else(|| refusal(target, "there is none yet; create one, and its stages"))
}

/// The fields whose sums the board keeps.
fn summed(object: &ObjectDef) -> Vec<&FieldDef> {
    let total = object
        .board
        .as_ref()
        .and_then(|board| object.totals.iter().find(|total| total.id == board.total));
    let sums = total.map_or(&[][..], |total| &total.sums);
    sums.iter()
        .filter_map(|field| object.field(*field))
        .collect()
}

/// What a card shows: the title, then the other fields that the board's index covers.
fn card_fields(object: &ObjectDef) -> Vec<&str> {
    let Some(board) = &object.board else {
        return Vec::new();
    };
    let cards = object.indexes.iter().find(|index| index.id == board.cards);
    let covered = cards.map_or(&[][..], |index| &index.covering);
    let covered = covered.iter().filter(|field| **field != board.position);
    covered
        .filter_map(|field| Some(object.field(*field)?.name.as_str()))
        .collect()
}
