//! The operations of a database, by the names and parameters that they have in every host.

use std::time::Duration;

use crm::json;
use crm_core::schema::Catalog;
use crm_core::search::Prefix;
use crm_core::{
    Aggregate, Change, Currency, DatePart, GroupBy, Keyed, Measure, MeasureOp, Ref, SearchOptions,
    Session, TimelineQuery, View, Watch, record_to_json,
};
use serde_json::{Value as Json, json};

use super::arguments::Arguments;
use super::definition;
use super::handle::{Failure, Handle, Made};
use super::value::parsed;

/// Calls an operation; `None` if it is none of these.
pub fn call(
    session: &Session,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Option<Made>, Failure> {
    if let Some(handle) = make_handle(session, op, arguments)? {
        return Ok(Some(Made::Handle(Box::new(handle))));
    }
    let catalog = &session.catalog();
    for group in [write, read, figures, ahead, schema, feed, upkeep] {
        if let Some(json) = group(session, catalog, op, arguments)? {
            return Ok(Some(Made::Json(json)));
        }
    }
    Ok(None)
}

fn make_handle(
    session: &Session,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Option<Handle>, Failure> {
    use std::sync::{Arc, Mutex};
    Ok(Some(match op {
        "as_user" => Handle::Database(session.as_user(arguments.id("user")?)?),
        "operation" => Handle::Database(session.operation(&arguments.text("name")?)),
        "caused_by" => Handle::Database(session.caused_by(&arguments.text("cause")?)),
        "without_rules" => Handle::Database(session.without_rules()),
        "find_all" => {
            let rows = session.find_all(&arguments.query("query")?);
            Handle::Rows(session.clone(), Arc::new(Mutex::new(rows)))
        }
        "watch" => {
            let mut watch = Arguments::members(arguments.needed("watch")?)?;
            let watched = match watch.text("type")?.as_str() {
                "everything" => Watch::Everything,
                "record" => Watch::Record(watch.reference(&session.catalog(), "record")?),
                "query" => Watch::Query(watch.query("query")?),
                other => return Err(Failure::scenario(format!("there is no watch `{other}`"))),
            };
            watch.finish()?;
            let subscription = session.watch(watched)?;
            let stopper = subscription.stopper();
            Handle::Subscription(session.clone(), Arc::new(Mutex::new(subscription)), stopper)
        }
        _ => return Ok(None),
    }))
}

fn write(
    session: &Session,
    catalog: &Catalog,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Option<Json>, Failure> {
    let outcome = match op {
        "create" => {
            let object = arguments.text("object")?;
            let fields = arguments.fields(catalog, &object)?;
            let record = session.create_record(&object, fields)?;
            return Ok(Some(json::reference(catalog, record)));
        }
        "create_record" => {
            let object = arguments.text("object")?;
            let fields = arguments.fields(catalog, &object)?;
            let create = Change::Create {
                object,
                id: None,
                fields,
            };
            let (_, record) = session.change_and_read(create)?;
            return Ok(record.map(|record| record_to_json(catalog, &record)));
        }
        "create_json" => {
            let object = arguments.text("object")?;
            let fields = json_fields(catalog, &object, &arguments.text("json")?)?;
            let record = session.create_record(&object, fields)?;
            return Ok(Some(json::reference(catalog, record)));
        }
        "batch" => {
            let changes = arguments.changes(catalog)?;
            let key = arguments.optional::<String>("key")?;
            let outcomes = session.batch(&changes, key.as_deref().map(Keyed))?;
            return Ok(Some(json::outcomes(catalog, &outcomes)));
        }
        "rehearse_batch" => {
            let outcomes = session.rehearse_batch(&arguments.changes(catalog)?)?;
            return Ok(Some(json::outcomes(catalog, &outcomes)));
        }
        "undo" => {
            let report = session.undo(&arguments.text("operation")?)?;
            return Ok(Some(json::undo_report(catalog, &report)));
        }
        "put_content" => {
            session.put_content(arguments.id("document")?, &arguments.bytes("content")?)?;
            return Ok(Some(Json::Null));
        }
        "update" => {
            let record = arguments.reference(catalog, "record")?;
            session.change(Change::Update {
                record,
                fields: arguments.fields(catalog, catalog.object_name(record.object))?,
                expected: arguments.optional("expected")?,
            })?
        }
        "update_json" => {
            let record = arguments.reference(catalog, "record")?;
            let object = catalog.object_name(record.object);
            let fields = json_fields(catalog, object, &arguments.text("json")?)?;
            session.update_record(record, fields)?
        }
        "upsert" => {
            let object = arguments.text("object")?;
            session.change(Change::Upsert {
                by: arguments.text("by")?,
                fields: arguments.fields(catalog, &object)?,
                object,
            })?
        }
        "delete" => session.delete(arguments.reference(catalog, "record")?)?,
        "restore" => session.restore(arguments.reference(catalog, "record")?)?,
        "purge" => session.purge(arguments.reference(catalog, "record")?)?,
        "change" => {
            let change = Arguments::members(arguments.needed("change")?)?;
            session.change(change.change(catalog)?)?
        }
        "move_card" => session.move_card(
            arguments.reference(catalog, "card")?,
            arguments.reference(catalog, "column")?,
            arguments.optional_reference(catalog, "behind")?,
        )?,
        _ => return Ok(None),
    };
    Ok(Some(json::outcome(catalog, &outcome)))
}

fn json_fields(catalog: &Catalog, object: &str, text: &str) -> Result<crm_core::Fields, Failure> {
    let json = parsed::<Json>(text)?;
    Ok(crm_core::fields_from_json(catalog, object, &json)?)
}

fn read(
    session: &Session,
    catalog: &Catalog,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Option<Json>, Failure> {
    let optional = |record: Option<crm_core::Record>| {
        record.map_or(Json::Null, |record| record_to_json(catalog, &record))
    };
    Ok(Some(match op {
        "get" => {
            let record = session.get_record(arguments.reference(catalog, "record")?)?;
            record_to_json(catalog, &record)
        }
        "find_record" => optional(session.find_record(arguments.reference(catalog, "record")?)?),
        "record_at" => {
            let record = arguments.reference(catalog, "record")?;
            optional(session.record_at(record, arguments.time("at")?)?)
        }
        "record_as_of" => {
            let record = arguments.reference(catalog, "record")?;
            optional(session.record_as_of(record, arguments.needed("sequence")?)?)
        }
        "organisation" => record_to_json(catalog, &session.organisation()?.into_record()),
        "find" => json::page(catalog, &session.find(&arguments.query("query")?)?),
        "explain" => json::plan(&session.explain(&arguments.query("query")?)?),
        "count" => {
            let object = arguments.text("object")?;
            json!(session.count(&object, &arguments.take::<String>("filter")?)?)
        }
        "search" => {
            let objects: Vec<String> = arguments.take("objects")?;
            let objects = objects
                .iter()
                .map(|object| Ok(catalog.object_named(object)?.id))
                .collect::<Result<Vec<u16>, Failure>>()?;
            let prefix = match arguments.optional::<String>("prefix")?.as_deref() {
                None => Prefix::default(),
                Some("never") => Prefix::Never,
                Some("last") => Prefix::Last,
                Some("every") => Prefix::Every,
                Some(other) => return Err(Failure::scenario(format!("no prefix is `{other}`"))),
            };
            let options = SearchOptions {
                objects: (!objects.is_empty()).then_some(&objects),
                limit: arguments.optional("limit")?.unwrap_or(50),
                prefix,
            };
            let hits = session.search(&arguments.text("text")?, &options)?;
            json::search_hits(catalog, &hits)
        }
        "title" => {
            let record = session.get_record(arguments.reference(catalog, "record")?)?;
            json!(session.title(&record))
        }
        "json" => {
            let record = session.get_record(arguments.reference(catalog, "record")?)?;
            json!(record_to_json(catalog, &record).to_string())
        }
        "content" => session
            .content(arguments.id("document")?)?
            .map_or(Json::Null, super::canonical::bytes),
        "history" => {
            let record = arguments.reference(catalog, "record")?;
            json::history(catalog, record.object, &session.history(record)?)
        }
        "field_history" => {
            let record = arguments.reference(catalog, "record")?;
            let entries = session.field_history(record, &arguments.text("field")?)?;
            json::history(catalog, record.object, &entries)
        }
        "actor" => session
            .actor()
            .map_or(Json::Null, |actor| json::reference(catalog, actor)),
        "now" => json::time(session.now()),
        "settings" => json::settings(&session.settings()),
        _ => return Ok(None),
    }))
}

fn figures(
    session: &Session,
    catalog: &Catalog,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Option<Json>, Failure> {
    Ok(Some(match op {
        "aggregate" => {
            let question = question(arguments)?;
            json::groups(catalog, &session.aggregate(&question)?)
        }
        "timeline" => {
            let mut query = Arguments::members(arguments.needed("query")?)?;
            let asked = TimelineQuery {
                record: query.reference(catalog, "record")?,
                kinds: query.take("kinds")?,
                own_only: query.take("own_only")?,
                limit: query.take("limit")?,
                before: place(&mut query, "before", |place| {
                    Ok((place.time("at")?, place.reference(catalog, "activity")?))
                })?,
            };
            query.finish()?;
            json::timeline(catalog, &session.timeline(&asked)?)
        }
        _ => return Ok(None),
    }))
}

/// A place in a list: something that orders it, and a record.
fn place<T>(
    arguments: &mut Arguments,
    name: &str,
    read: impl FnOnce(&mut Arguments) -> Result<(T, Ref), Failure>,
) -> Result<Option<(T, Ref)>, Failure> {
    let Some(json) = arguments.optional::<Json>(name)? else {
        return Ok(None);
    };
    let mut members = Arguments::members(json)?;
    let place = read(&mut members)?;
    members.finish()?;
    Ok(Some(place))
}

fn question(arguments: &mut Arguments) -> Result<Aggregate, Failure> {
    let mut members = Arguments::members(arguments.needed("question")?)?;
    let group_by = members
        .take::<Vec<Json>>("group_by")?
        .into_iter()
        .map(|json| {
            let mut group = Arguments::members(json)?;
            let by = GroupBy {
                field: group.text("field")?,
                part: match group.optional::<String>("part")? {
                    None => None,
                    Some(part) => Some(date_part(&part)?),
                },
            };
            group.finish().map(|()| by)
        });
    let group_by = group_by.collect::<Result<_, Failure>>()?;
    let measures = members
        .take::<Vec<Json>>("measures")?
        .into_iter()
        .map(|json| {
            let mut measure = Arguments::members(json)?;
            let measured = Measure {
                op: measure_op(&measure.text("op")?)?,
                field: measure.text("field")?,
            };
            measure.finish().map(|()| measured)
        });
    let measures = measures.collect::<Result<_, Failure>>()?;
    let convert_to = members.optional::<String>("convert_to")?;
    let question = Aggregate {
        object: members.text("object")?,
        filter: members.take("filter")?,
        group_by,
        measures,
        convert_to: match convert_to {
            Some(code) => Some(Currency::new(&code)?),
            None => None,
        },
    };
    members.finish()?;
    Ok(question)
}

fn date_part(name: &str) -> Result<DatePart, Failure> {
    Ok(match name {
        "day" => DatePart::Day,
        "week" => DatePart::Week,
        "month" => DatePart::Month,
        "quarter" => DatePart::Quarter,
        "year" => DatePart::Year,
        "fiscal_year" => DatePart::FiscalYear,
        _ => return Err(Failure::scenario(format!("no part of a date is `{name}`"))),
    })
}

fn measure_op(name: &str) -> Result<MeasureOp, Failure> {
    Ok(match name {
        "sum" => MeasureOp::Sum,
        "average" => MeasureOp::Average,
        "min" => MeasureOp::Min,
        "max" => MeasureOp::Max,
        "count_values" => MeasureOp::CountValues,
        "count_distinct" => MeasureOp::CountDistinct,
        _ => return Err(Failure::scenario(format!("no measure is `{name}`"))),
    })
}

fn ahead(
    session: &Session,
    catalog: &Catalog,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Option<Json>, Failure> {
    let outcome = match op {
        "next_due" => return Ok(Some(session.next_due()?.map_or(Json::Null, json::time))),
        "run_due" => {
            let report = session.run_due(arguments.time("until")?)?;
            return Ok(Some(json::due_report(catalog, &report)));
        }
        "due_reminders" => {
            let limit = arguments.optional("limit")?.unwrap_or(50);
            let reminders = session.due_reminders(limit)?.into_iter();
            let records: Vec<_> = reminders.map(View::into_record).collect();
            return Ok(Some(json::records(catalog, &records)));
        }
        "outbox" => {
            let limit = arguments.optional("limit")?.unwrap_or(50);
            let messages = session.outbox(limit)?.into_iter();
            let records: Vec<_> = messages.map(View::into_record).collect();
            return Ok(Some(json::records(catalog, &records)));
        }
        "contact_point" => {
            let state = session.contact_point(&arguments.text("address")?)?;
            return Ok(Some(json::contact_point(catalog, &state)));
        }
        "acknowledge" => session.acknowledge(arguments.id("reminder")?)?,
        "snooze" => session.snooze(arguments.id("reminder")?, arguments.time("until")?)?,
        "outbox_sent" => session.outbox_sent(arguments.id("message")?)?,
        "outbox_failed" => session.outbox_failed(
            arguments.id("message")?,
            &arguments.text("error")?,
            arguments.optional_time("retry")?,
        )?,
        "set_opted_out" => {
            let address = arguments.text("address")?;
            session.set_opted_out(&address, arguments.needed("opted_out")?)?
        }
        "set_invalid" => {
            let address = arguments.text("address")?;
            let reason = arguments.optional::<String>("reason")?;
            session.set_invalid(&address, reason.as_deref())?
        }
        _ => return Ok(None),
    };
    Ok(Some(json::outcome(catalog, &outcome)))
}

fn schema(
    session: &Session,
    catalog: &Catalog,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Option<Json>, Failure> {
    Ok(Some(match op {
        "schema" => json::catalog(catalog),
        "schema_version" => json!(catalog.version()),
        "add_object" => {
            let object = definition::object(arguments.needed("object")?)?;
            json!(session.add_object(object)?)
        }
        "add_field" => {
            let field = definition::field(arguments.needed("field")?)?;
            json!(session.add_field(&arguments.text("object")?, field)?)
        }
        "add_fields" => {
            let fields: Vec<Json> = arguments.needed("fields")?;
            let fields = fields.into_iter().map(definition::field);
            let fields = fields.collect::<Result<_, _>>()?;
            json!(session.add_fields(&arguments.text("object")?, fields)?)
        }
        "rename_field" => {
            let (object, field) = (arguments.text("object")?, arguments.text("field")?);
            session.rename_field(&object, &field, &arguments.text("name")?)?;
            Json::Null
        }
        "retire_field" => {
            session.retire_field(&arguments.text("object")?, &arguments.text("field")?)?;
            Json::Null
        }
        "restore_field" => {
            session.restore_field(&arguments.text("object")?, &arguments.text("field")?)?;
            Json::Null
        }
        "retype_field" => {
            let (object, field) = (arguments.text("object")?, arguments.text("field")?);
            let ty = arguments.needed("ty")?;
            let clear_failures = arguments.take("clear_failures")?;
            let report = session.retype_field(&object, &field, ty, clear_failures)?;
            json::retype_report(&session.catalog(), &report)
        }
        "index_field" => {
            session.index_field(&arguments.text("object")?, &arguments.text("field")?)?;
            Json::Null
        }
        _ => return Ok(None),
    }))
}

fn feed(
    session: &Session,
    _: &Catalog,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Option<Json>, Failure> {
    let entries_max = |arguments: &mut Arguments| -> Result<usize, Failure> {
        Ok(arguments.optional("entries_max")?.unwrap_or(1_000))
    };
    let commits = match op {
        "changes" => session.changes(arguments.needed("after")?, entries_max(arguments)?)?,
        "wait_for_changes" => {
            let after = arguments.needed("after")?;
            let timeout = Duration::from_millis(arguments.needed("timeout_ms")?);
            session.wait_for_changes(after, entries_max(arguments)?, timeout)?
        }
        "sequence" => return Ok(Some(json!(session.sequence()))),
        _ => return Ok(None),
    };
    Ok(Some(json::changes(&session.catalog(), &commits)))
}

fn upkeep(
    session: &Session,
    _: &Catalog,
    op: &str,
    _: &mut Arguments,
) -> Result<Option<Json>, Failure> {
    Ok(Some(match op {
        "check" => json::check_report(&session.check()?),
        "repair" => json::repair_report(&session.repair()?),
        "stats" => json::stats(&session.stats()?),
        "maintain" => json!(session.maintain()?),
        "reopen" => {
            session.reopen()?;
            Json::Null
        }
        "shutdown" => {
            session.close()?;
            Json::Null
        }
        _ => return Ok(None),
    }))
}
