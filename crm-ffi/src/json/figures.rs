//! Figures and timelines.

use chrono::{DateTime, Utc};
use crm_core::schema::Catalog;
use crm_core::{Group, Ref, TimelineEntry, TimelinePage, record_to_json};
use serde_json::{Value as Json, json};

use super::{list, members, reference, time, values};

/// The groups of an aggregate.
pub fn groups(catalog: &Catalog, groups: &[Group]) -> Json {
    list(groups, |group| {
        let Group {
            key,
            count,
            measures,
        } = group;
        json!({
            "key": values(catalog, key),
            "count": count,
            "measures": values(catalog, measures),
        })
    })
}

/// A page of a timeline.
pub fn timeline(catalog: &Catalog, page: &TimelinePage) -> Json {
    let TimelinePage {
        entries,
        next,
        complete,
    } = page;
    let place = |(at, activity): (DateTime<Utc>, Ref)| json!({"at": time(at), "activity": reference(catalog, activity)});
    let entries = list(entries, |entry| {
        let TimelineEntry {
            at,
            activity,
            on,
            summary,
        } = entry;
        json!({
            "at": time(*at),
            "activity": reference(catalog, *activity),
            "on": reference(catalog, *on),
            "summary": record_to_json(catalog, summary),
        })
    });
    members([
        ("entries", entries),
        ("next", next.map_or(Json::Null, place)),
        ("complete", json!(complete)),
    ])
}
