//! What a definition made at run time must fulfil before the engine keeps it.

use std::collections::BTreeSet;

use super::field::{FieldDef, FieldType, system};
use super::object::ObjectDef;
use super::{BoardDef, Catalog, MembershipDef, Period};
use crate::error::{Detail, Error, Result};

/// The first number of custom fields and of custom objects.
pub(crate) const CUSTOM_FIRST: u16 = 1_000;

/// Words of the expression language, which no expression could use as a name.
const RESERVED: [&str; 4] = ["true", "false", "null", "in"];

fn refused(name: &str, reason: impl Into<String>) -> Error {
    Detail::Schema {
        name: name.to_owned(),
        reason: reason.into(),
    }
    .into()
}

/// Refuses a name that expressions, imports and APIs could not use.
pub(crate) fn check_name(name: &str) -> Result<()> {
    FieldDef::check_name(name).map_err(|error| match error.detail() {
        Detail::Invalid { reason, .. } => refused(name, reason.as_str()),
        _ => error,
    })?;
    if RESERVED.contains(&name) {
        return Err(refused(name, "this is a word of the expression language"));
    }
    Ok(())
}

/// Refuses a field that the engine could not keep; `catalog` knows its object already.
pub(crate) fn check_field(catalog: &Catalog, object: &ObjectDef, field: &FieldDef) -> Result<()> {
    let refuse = |reason: &str| Err(refused(&field.name, reason));
    check_name(&field.name)?;
    let is_reference = field.ty == FieldType::Reference;
    for target in &field.targets {
        catalog.object_named(target)?;
    }
    if field.search > 9 {
        return refuse("the weight in search is 1 to 9, or 0 for none");
    }
    if field.ty == FieldType::Choice && field.choices.is_empty() && !field.open_choices {
        return refuse("a choice field has choices, or open ones");
    }
    let keys: BTreeSet<&str> = field.choices.iter().map(|choice| &*choice.key).collect();
    if keys.len() < field.choices.len() || keys.contains("") {
        return refuse("each choice has a key of its own");
    }
    if (field.hierarchy || field.timeline_up) && (!is_reference || field.many) {
        return refuse("the parent of a hierarchy or of a timeline is a single reference");
    }
    if field.hierarchy && field.targets.iter().any(|target| *target != object.name) {
        return refuse("the parent of a hierarchy is a record of the same object");
    }
    if field.contact_point && !matches!(field.ty, FieldType::Email | FieldType::Phone) {
        return refuse("a contact point is an e-mail address or a phone number");
    }
    if field.formula.is_some() && field.roll_up.is_some() {
        return refuse("a field is a formula or a roll-up, not both");
    }
    Ok(())
}

/// Refuses an object that the engine could not keep; `catalog` knows it already.
pub(crate) fn check_object(catalog: &Catalog, object: &ObjectDef) -> Result<()> {
    check_name(&object.name)?;
    let own = object
        .fields
        .iter()
        .filter(|field| field.id < system::FIRST);
    for field in own {
        check_field(catalog, object, field)?;
    }
    let refuse = |what: &str, reason: &str| Err(refused(&object.name, format!("{what}: {reason}")));
    let field = |what: &str, id: u16| match object.field(id) {
        Some(field) if id != system::ID => Ok(field),
        _ => Err(refused(
            &object.name,
            format!("{what}: there is no field {id}"),
        )),
    };
    for id in &object.title {
        field("the title", *id)?;
    }
    let mut numbers = BTreeSet::new();
    for index in &object.indexes {
        let taken = !numbers.insert(index.id) || object.field(index.id).is_some();
        if taken || !(1..CUSTOM_FIRST).contains(&index.id) {
            return refuse(
                "an index",
                "its number, below 1,000, is no field's and no other index's",
            );
        }
        let Some((_, rest)) = index.fields.split_first() else {
            return refuse("an index", "it has no fields");
        };
        for id in index.fields.iter().chain(&index.covering) {
            field("an index", *id)?;
        }
        for id in rest {
            if field("an index", *id)?.many {
                return refuse("an index", "only its first field may be a list");
            }
        }
    }
    let mut numbers = BTreeSet::new();
    for total in &object.totals {
        if !numbers.insert(total.id) || !(1..CUSTOM_FIRST).contains(&total.id) {
            return refuse("a total", "its number, 1 to 999, is no other total's");
        }
        for id in &total.group_by {
            if field("a total", *id)?.many {
                return refuse("a total", "it is not grouped by a list");
            }
        }
        for id in &total.sums {
            use FieldType as T;
            let summed = field("a total", *id)?;
            let adds_up = matches!(summed.ty, T::Integer | T::Decimal | T::Percent | T::Money);
            if !adds_up || summed.many {
                return refuse("a total", "it sums single numbers and amounts of money");
            }
        }
    }
    if let Some(timeline) = &object.timeline {
        if field("the timeline", timeline.at)?.ty != FieldType::DateTime {
            return refuse("the timeline", "a date-time orders it");
        }
        for id in &timeline.about {
            if field("the timeline", *id)?.ty != FieldType::Reference {
                return refuse("the timeline", "references say what an entry is about");
            }
        }
        for id in &timeline.summary {
            field("the timeline", *id)?;
        }
    }
    if let Some(link) = &object.link {
        for id in [link.from, link.to] {
            let end = field("the link", id)?;
            if end.ty != FieldType::Reference || end.many {
                return refuse("the link", "its ends are single references");
            }
        }
        if let Some(id) = link.primary
            && field("the link", id)?.ty != FieldType::Boolean
        {
            return refuse("the link", "a boolean marks the primary one");
        }
    }
    if let Some(id) = object.rate_date {
        let date = field("the date of exchange rates", id)?.ty;
        if !matches!(date, FieldType::Date | FieldType::DateTime) {
            return refuse("the date of exchange rates", "it is a date or a date-time");
        }
    }
    let parts = object.role.map_or(Vec::new(), |role| role.parts());
    for (id, ty) in parts {
        let part = field("the role", id)?;
        if part.ty != ty || part.many {
            let reason = format!("`{}` is a single {}", part.name, ty.name());
            return refuse("the role", &reason);
        }
    }
    if let Some(membership) = &object.membership {
        check_membership(catalog, object, membership)?;
    }
    match &object.board {
        Some(board) => check_board(catalog, object, board),
        None => Ok(()),
    }
}

/// Refuses a membership whose times the engine could not keep, or a timeline not find.
fn check_membership(
    catalog: &Catalog,
    object: &ObjectDef,
    membership: &MembershipDef,
) -> Result<()> {
    let refuse = |reason: &str| Err(refused(&object.name, format!("the membership: {reason}")));
    let one_target = |id: u16| match object.field(id) {
        Some(field) if field.ty == FieldType::Reference && !field.many => {
            match field.targets.as_slice() {
                [target] => catalog.object_named(target).ok(),
                _ => None,
            }
        }
        _ => None,
    };
    let (Some(member), Some(group)) = (one_target(membership.member), one_target(membership.group))
    else {
        return refuse("its member and its group are single references to one object each");
    };
    let mut indexes = object.all_indexes();
    let Some(index) = indexes.find(|index| index.id == membership.index && !index.unique) else {
        return refuse("its index is one of the link that is not unique");
    };
    let period = match &membership.period {
        Period::UntilClosed(closed) => {
            let closed = group.field(*closed);
            if !closed.is_some_and(|field| field.ty == FieldType::DateTime && !field.many) {
                return refuse("a date-time of the group says when it was closed");
            }
            if index.fields.first() != Some(&membership.group) {
                return refuse("its index begins with the group");
            }
            return Ok(());
        }
        Period::Kept(period) => period,
    };
    let main = member.field(period.main);
    if !main.is_some_and(|main| main.timeline_up && main.targets == [group.name.as_str()]) {
        return refuse("the main group is a reference of the member that leads up to the group");
    }
    let covers = |id: u16| index.covering.contains(&id);
    if index.fields != [membership.group, membership.member] || !covers(membership.member) {
        return refuse("its index is on group and member, and covers the member");
    }
    for (id, ty) in period.parts() {
        let is_list = id == period.away;
        let part = object.field(id);
        if !part.is_some_and(|part| part.ty == ty && part.many == is_list) || !covers(id) {
            let kind = if is_list { "list of" } else { "single" };
            let reason = format!(
                "field {id}, a part of its period, is a {kind} {}, and its index covers it",
                ty.name()
            );
            return refuse(&reason);
        }
    }
    Ok(())
}

fn check_board(catalog: &Catalog, object: &ObjectDef, board: &BoardDef) -> Result<()> {
    let refuse = |reason: &str| Err(refused(&object.name, format!("the board: {reason}")));
    let one_target = |id: u16| match object.field(id) {
        Some(field) if field.ty == FieldType::Reference && !field.many => {
            match field.targets.as_slice() {
                [target] => catalog.object_named(target).ok(),
                _ => None,
            }
        }
        _ => None,
    };
    let (Some(_), Some(columns)) = (one_target(board.board), one_target(board.column)) else {
        return refuse("its board and its columns are single references to one object each");
    };
    let of_board = columns.field(board.column_board);
    if !of_board.is_some_and(|field| field.ty == FieldType::Reference && field.indexed)
        || !columns
            .field(board.column_order)
            .is_some_and(|field| field.ty == FieldType::Integer)
    {
        return refuse(
            "a column has an indexed reference to its board, and an integer as its place",
        );
    }
    let position = object.field(board.position);
    if !position.is_some_and(|field| field.ty == FieldType::Decimal && !field.many) {
        return refuse("a decimal orders the cards of a column");
    }
    let cards = object.indexes.iter().find(|index| index.id == board.cards);
    let cards = cards.filter(|index| !index.unique && index.covering.contains(&board.position));
    if cards.is_none_or(|index| index.fields != [board.column, board.position]) {
        return refuse("its cards are an index on column and position that covers the position");
    }
    let total = object.totals.iter().find(|total| total.id == board.total);
    if total.is_none_or(|total| total.group_by != [board.column]) {
        return refuse("its total is grouped by column");
    }
    Ok(())
}

/// What of the schema is built on a field, so that the field cannot go or become another.
pub(crate) fn built_on(catalog: &Catalog, object: &ObjectDef, field: u16) -> Option<&'static str> {
    let indexes = object.indexes.iter();
    if indexes
        .flat_map(|index| &index.fields)
        .any(|id| *id == field)
    {
        return Some("an index over several fields");
    }
    let totals = object.totals.iter();
    if totals
        .flat_map(|total| total.group_by.iter().chain(&total.sums))
        .any(|id| *id == field)
    {
        return Some("a total");
    }
    let timeline = object.timeline.as_ref();
    if timeline.is_some_and(|timeline| timeline.at == field || timeline.about.contains(&field)) {
        return Some("the timeline");
    }
    let link = object.link.as_ref();
    if link
        .is_some_and(|link| [Some(link.from), Some(link.to), link.primary].contains(&Some(field)))
    {
        return Some("the link");
    }
    if object.rate_date == Some(field) {
        return Some("the choice of exchange rates");
    }
    let on_board = |other: &ObjectDef| {
        other.board.as_ref().is_some_and(|board| {
            let own = [board.board, board.column, board.position];
            let columns = other
                .field(board.column)
                .map_or(&[][..], |column| &column.targets);
            other.id == object.id && own.contains(&field)
                || columns.contains(&object.name)
                    && [board.column_board, board.column_order].contains(&field)
        })
    };
    catalog.objects().iter().any(on_board).then_some("a board")
}
