//! What the service answers: the board, records and hits as JSON for people to look at.

use std::sync::Arc;

use crm_core::schema::{Catalog, FieldType, system};
use crm_core::value::{JsonNames, to_json};
use crm_core::{
    CommitChanges, Crm, Deal, Object, Query, Record, Ref, Reminder, Result, SearchOptions, Stage,
    TimelineEntry, TimelineQuery, User, ValueRef, View, record_to_json,
};
use serde_json::{Value, json};

use crate::App;

/// The objects that people may look at and write to here. Others (rules, users, …) are none of a board's.
pub const OBJECTS: [&str; 3] = ["deal", "company", "contact"];

/// Cards that a column shows; its totals count all.
const CARDS_MAX: usize = 100;
/// Activities of a record that are shown.
const TIMELINE_MAX: usize = 30;
/// Reminders and hits that are shown.
const LIST_MAX: usize = 20;

/// The whole board, with the number of a commit that it surely shows.
pub fn board(app: &App) -> Result<Value> {
    let sequence = app.crm.sequence();
    Ok(json!({
        "sequence": sequence,
        "organisation": app.crm.organisation()?.name(),
        "pipeline": app.crm.get(app.pipeline)?.name(),
        "columns": columns(app, |_| true)?,
    }))
}

/// Some columns of the board, in its order. Totals and cards are of one commit.
pub fn columns(app: &App, wanted: impl Fn(Ref) -> bool) -> Result<Value> {
    let board = app.crm.board(Deal::TYPE_NAME, app.pipeline, CARDS_MAX)?;
    let columns = Arc::unwrap_or_clone(board).columns.into_iter();
    let columns = columns.filter(|column| wanted(column.record.reference()));
    columns
        .map(|column| {
            let mut sums = column
                .sums
                .iter()
                .map(|sum| to_json(sum.into(), JsonNames::NONE));
            let cards = column.cards.into_iter();
            let cards = cards.filter_map(|card| View::of(card.record));
            let stage = column.record;
            Ok(json!({
                "id": stage.id(),
                "name": app.crm.title(&stage),
                "kind": stage.get(Stage::KIND.number()).as_text(),
                "count": column.count,
                "amount": sums.next(),
                "weighted": sums.next(),
                "cards": cards.map(|deal| card(&app.crm, &deal)).collect::<Result<Value>>()?,
            }))
        })
        .collect()
}

fn card(crm: &Crm, deal: &View<Deal>) -> Result<Value> {
    let amount = deal.get(Deal::AMOUNT.number());
    Ok(json!({
        "id": deal.id(),
        "name": deal.name(),
        "amount": to_json(amount, JsonNames::NONE),
        "close_date": deal.close_date().map(|day| day.to_string()),
        "company": title(crm, deal.company())?,
        "owner": title(crm, deal.owner())?,
    }))
}

/// Who changed what, for those who look on.
pub fn changes(app: &App, commits: &[CommitChanges]) -> Result<Value> {
    let catalog = app.crm.catalog();
    let changes = commits
        .iter()
        .flat_map(|CommitChanges { commit, entries }| {
            entries.iter().map(|entry| {
                Ok(json!({
                    "sequence": commit.sequence,
                    "by": title(&app.crm, commit.actor)?,
                    "kind": entry.kind.name(),
                    "object": catalog.object_name(entry.record.object),
                    "id": entry.record.id,
                }))
            })
        });
    changes.collect()
}

/// A record with what stands on its timeline and what is to come.
pub fn record(crm: &Crm, of: Ref) -> Result<Value> {
    let sequence = crm.sequence();
    let catalog = crm.catalog();
    let record = crm.get_record(of)?;
    let timeline = crm.timeline(&TimelineQuery::of(of).limit(TIMELINE_MAX))?;
    let entries = timeline.entries.iter().map(|at| entry(crm, &catalog, at));
    let waiting = Query::default()
        .filter(&format!("about == '{}' && status != 'acknowledged'", of.id))
        .sort("at")
        .limit(LIST_MAX);
    let reminders = crm.list::<Reminder>(waiting)?.rows;
    Ok(json!({
        "sequence": sequence,
        "title": crm.title(&record),
        "record": record_to_json(&catalog, &record),
        "facts": facts(crm, &catalog, &record)?,
        "timeline": entries.collect::<Result<Value>>()?,
        "reminders": reminders.iter().map(|due| reminder(crm, due)).collect::<Result<Value>>()?,
    }))
}

/// The fields of a record in words, without those that make its title and without its place on the board.
fn facts(crm: &Crm, catalog: &Catalog, record: &Record) -> Result<Value> {
    let object = catalog.object(record.object())?;
    let place = object.board.as_ref().map(|board| board.position);
    let fields = object.live_fields().filter(|field| {
        field.id < system::FIRST && !object.title.contains(&field.id) && Some(field.id) != place
    });
    let facts = fields.filter_map(|field| {
        let value = record.get(field.id);
        if value.is_null() {
            return None;
        }
        let text: Result<Vec<String>> = value.elements().map(|one| words(crm, one)).collect();
        Some(text.map(|text| {
            let target = value.as_ref().map(|target| link(catalog, target));
            json!({"label": field.label, "text": text.join(", "), "link": target})
        }))
    });
    facts.collect()
}

fn words(crm: &Crm, value: ValueRef<'_>) -> Result<String> {
    Ok(match value {
        ValueRef::Ref(record) => title(crm, Some(record))?.unwrap_or_default(),
        ValueRef::DateTime(at) => at.format("%Y-%m-%d %H:%M UTC").to_string(),
        value => value.to_string(),
    })
}

/// An activity: what, when, on which record, and what was written down.
fn entry(crm: &Crm, catalog: &Catalog, entry: &TimelineEntry) -> Result<Value> {
    let object = catalog.object(entry.activity.object)?;
    let long = object
        .live_fields()
        .find(|field| field.ty == FieldType::LongText);
    let activity = crm.find_record(entry.activity)?;
    let text = activity.as_ref().zip(long).map(|(activity, field)| {
        let text = activity.get(field.id);
        text.as_text().unwrap_or_default().to_owned()
    });
    let subject = object.field_named("subject")?.id;
    let owner = object.field_named("owner")?.id;
    Ok(json!({
        "kind": object.label,
        "at": entry.at.to_rfc3339(),
        "subject": entry.summary.get(subject).as_text(),
        "text": text,
        "by": title(crm, entry.summary.get(owner).as_ref())?,
        "on": title(crm, Some(entry.on))?,
    }))
}

/// The reminders whose time has come.
pub fn due(crm: &Crm) -> Result<Value> {
    let due = crm.due_reminders(LIST_MAX)?;
    due.iter().map(|due| reminder(crm, due)).collect()
}

fn reminder(crm: &Crm, reminder: &View<Reminder>) -> Result<Value> {
    let about = reminder.about();
    Ok(json!({
        "id": reminder.id(),
        "text": reminder.text(),
        "at": reminder.at().map(|at| at.to_rfc3339()),
        "about": title(crm, about)?,
        "link": about.map(|about| link(&crm.catalog(), about)),
        "owner": title(crm, reminder.owner())?,
    }))
}

/// What is found by words, as they are typed.
pub fn search(crm: &Crm, text: &str) -> Result<Value> {
    let catalog = crm.catalog();
    let objects = OBJECTS.map(|name| Ok(catalog.object_named(name)?.id));
    let objects = objects.into_iter().collect::<Result<Vec<u16>>>()?;
    let options = SearchOptions {
        objects: Some(&objects),
        limit: LIST_MAX,
        ..SearchOptions::default()
    };
    let hits = crm.search(text, &options)?.into_iter();
    let hits =
        hits.map(|hit| json!({"title": hit.title, "link": link(&catalog, hit.record.reference())}));
    Ok(hits.collect())
}

/// The people who can be chosen as those who act.
pub fn users(crm: &Crm) -> Result<Value> {
    let active = Query::default().filter("active").sort("name");
    let users = crm.list_all::<User>(active);
    users
        .map(|user| {
            let user = user?;
            Ok(json!({"id": user.id(), "name": user.name()}))
        })
        .collect()
}

fn link(catalog: &Catalog, record: Ref) -> Value {
    json!({"object": catalog.object_name(record.object), "id": record.id})
}

/// What a record is called; nothing for one that is gone.
fn title(crm: &Crm, record: Option<impl Into<Ref>>) -> Result<Option<String>> {
    let Some(record) = record else {
        return Ok(None);
    };
    let found = crm.find_record(record.into())?;
    Ok(found.map(|record| crm.title(&record)))
}
