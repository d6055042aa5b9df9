//! Answers a query: reads candidates by the plan, tests them with the filter, orders them, cuts the page.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::plan::{self, IndexPlan, Plan};
use super::{Page, Query, SortKey, cursor};
use crate::engine::{RecordEnv, State, index_id, read, record_id, records_of};
use crate::error::{Detail, Error, Result};
use crate::expr::{Ambient, Constraint, Expr, Test};
use crate::limits;
use crate::record::Record;
use crate::schema::{FieldDef, IndexDef, ObjectDef, system};
use crate::store::{KeyRange, Read};
use crate::value::{Id, KeyBuilder, RecordBuf, RecordRef, Ref, Value, ValueRef};

/// A consistent state, and what reading it needs to know.
pub(crate) struct Reader<'a> {
    pub read: &'a dyn Read,
    pub state: &'a State,
    pub now: DateTime<Utc>,
    pub actor: Option<Ref>,
}

/// What is called with each match.
pub(super) type VisitMatch<'v> = dyn FnMut(Record) -> Result<ControlFlow<()>> + 'v;

/// A query with its names resolved.
pub(super) struct Prepared<'a> {
    pub object: &'a ObjectDef,
    pub filter: Option<Expr>,
    pub trash: bool,
    constraints: Vec<Constraint>,
    sort: Vec<(u16, bool)>,
}

impl<'a> Reader<'a> {
    pub(super) fn prepare(
        &self,
        object: &str,
        filter: &str,
        sort: &[SortKey],
        trash: bool,
    ) -> Result<Prepared<'a>> {
        let object = self.state.catalog.object_named(object)?;
        let filter = match filter.trim() {
            "" => None,
            text => Some(Expr::compile_filter(text, &self.state.catalog, object)?),
        };
        let ambient = Ambient {
            now: self.now,
            time_zone: self.state.settings.time_zone,
            actor: self.actor,
        };
        let constraints = filter
            .as_ref()
            .map_or(Ok(Vec::new()), |filter| filter.constraints(&ambient))?;
        let sort = sort
            .iter()
            .map(|key| Ok((sortable(object, &key.field)?.id, key.descending)));
        Ok(Prepared {
            object,
            constraints,
            trash,
            sort: sort.collect::<Result<_>>()?,
            filter,
        })
    }

    /// True if a record is one that the query asks for. It is looked at where it lies: most are not.
    pub(super) fn is_match(
        &self,
        prepared: &Prepared<'_>,
        id: Id,
        record: RecordRef<'_>,
    ) -> Result<bool> {
        if record.contains(system::DELETED_AT) != prepared.trash {
            return Ok(false);
        }
        let Some(filter) = &prepared.filter else {
            return Ok(true);
        };
        filter.matches(&RecordEnv {
            read: self.read,
            time_zone: self.state.settings.time_zone,
            id,
            record,
            old: None,
            now: self.now,
            actor: self.actor,
            id_text: Default::default(),
        })
    }

    /// True if a query selects a record.
    pub(crate) fn selects(&self, query: &Query, record: &Record) -> Result<bool> {
        if self.state.catalog.object_named(&query.object)?.id != record.object() {
            return Ok(false);
        }
        let prepared = self.prepare(&query.object, &query.filter, &[], query.trash)?;
        self.is_match(&prepared, record.id(), record.fields())
    }

    /// Calls `visit` with every match, in the order of the plan.
    pub(super) fn for_each_match(
        &self,
        prepared: &Prepared<'_>,
        visit: &mut VisitMatch<'_>,
    ) -> Result<()> {
        let object = prepared.object.id;
        if let Some(ids) = by_id(prepared) {
            for id in ids {
                if let Some(record) = read::record(self.read, Ref { object, id })?
                    && self.is_match(prepared, id, record.fields())?
                    && visit(record)?.is_break()
                {
                    break;
                }
            }
            return Ok(());
        }
        if let Some(index) = self.choose_index(prepared)? {
            return self.for_each_in_ranges(prepared, &index, false, visit);
        }
        read::scan(self.read, &records_of(object), &mut |key, value| {
            let id = record_id(key)?;
            if self.is_match(prepared, id, RecordRef::new(value)?)? {
                return visit(Record::new(object, id, value)?);
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    fn for_each_in_ranges(
        &self,
        prepared: &Prepared<'_>,
        plan: &IndexPlan,
        reverse: bool,
        visit: &mut VisitMatch<'_>,
    ) -> Result<()> {
        // A list field has an entry for each value: a record may come up in several ranges.
        let list = plan
            .index
            .fields
            .first()
            .and_then(|field| prepared.object.field(*field))
            .is_some_and(|field| field.many);
        let mut seen = BTreeSet::new();
        let mut stopped = false;
        let ranges: Vec<&KeyRange> = if reverse {
            plan.ranges.iter().rev().collect()
        } else {
            plan.ranges.iter().collect()
        };
        for range in ranges {
            let range = if reverse {
                range.clone().reversed()
            } else {
                range.clone()
            };
            read::scan(self.read, &range, &mut |key, value| {
                let id = if plan.index.unique {
                    crate::value::KeyReader::new(value).id()?
                } else {
                    index_id(key)?
                };
                if list && !seen.insert(id) {
                    return Ok(ControlFlow::Continue(()));
                }
                let reference = Ref {
                    object: prepared.object.id,
                    id,
                };
                let record = read::record(self.read, reference)?.ok_or_else(|| {
                    Error::corrupt(format!(
                        "an index of {} points to {id}, which does not exist",
                        prepared.object.name
                    ))
                })?;
                if !self.is_match(prepared, id, record.fields())? {
                    return Ok(ControlFlow::Continue(()));
                }
                let flow = visit(record)?;
                stopped |= flow.is_break();
                Ok(flow)
            })?;
            if stopped {
                break;
            }
        }
        Ok(())
    }

    /// The index that narrows the search best; the trash stands in none.
    fn choose_index(&self, prepared: &Prepared<'_>) -> Result<Option<IndexPlan>> {
        if prepared.trash {
            return Ok(None);
        }
        let object = prepared.object.id;
        plan::best_index(prepared.object, &prepared.constraints, &|index| {
            self.state.is_built(object, index)
        })
    }

    /// The index that gives the order of a query, and whether it is read backwards.
    fn ordering_index(&self, prepared: &Prepared<'_>) -> Result<Option<(IndexPlan, bool)>> {
        let Some(&(_, descending)) = prepared.sort.first() else {
            return Ok(None);
        };
        if prepared.trash || prepared.sort.iter().any(|(_, other)| *other != descending) {
            return Ok(None);
        }
        let fields: Vec<u16> = prepared.sort.iter().map(|(field, _)| *field).collect();
        if let Some(plan) = self.choose_index(prepared)?
            && plan.ranges.len() == 1
            && !plan.index.unique
            && plan.index.fields.get(plan.fixed..) == Some(&fields)
            && self.holds_all(prepared, &plan.index, plan.fixed)
        {
            return Ok(Some((plan, descending)));
        }
        // Without a narrowing index, one that is in order saves reading and sorting everything.
        if self.choose_index(prepared)?.is_some() {
            return Ok(None);
        }
        let whole = prepared.object.all_indexes().find(|index| {
            !index.unique
                && index.fields == fields
                && self.state.is_built(prepared.object.id, index.id)
                && self.holds_all(prepared, index, 0)
        });
        Ok(whole.map(|index| (plan::whole_index(prepared.object, index), descending)))
    }

    /// True if every match stands in the index: its first field is required, or fixed, and no list.
    fn holds_all(&self, prepared: &Prepared<'_>, index: &IndexDef, fixed: usize) -> bool {
        let first = index
            .fields
            .first()
            .and_then(|field| prepared.object.field(*field));
        first.is_some_and(|field| fixed > 0 || (field.required && !field.many))
    }
}

fn sortable<'o>(object: &'o ObjectDef, name: &str) -> Result<&'o FieldDef> {
    let field = object.field_named(name)?;
    if field.many {
        return Err(Error::invalid(name, "records cannot be ordered by a list")
            .at_field(&object.name, name));
    }
    Ok(field)
}

fn by_id(prepared: &Prepared<'_>) -> Option<Vec<Id>> {
    prepared
        .constraints
        .iter()
        .find_map(|constraint| match &constraint.test {
            Test::Eq(Value::Text(text)) if constraint.field == system::ID => {
                Some(text.parse().into_iter().collect())
            }
            _ => None,
        })
}

/// One page of a query.
pub(crate) fn find(reader: &Reader<'_>, query: &Query) -> Result<Page> {
    let prepared = reader.prepare(&query.object, &query.filter, &query.sort, query.trash)?;
    let limit = page_len(query.limit)?;
    let after = match query.after.as_str() {
        "" => None,
        cursor => Some(cursor::decode(query, cursor)?),
    };
    let wanted = projection(prepared.object, &query.fields)?;
    let mut matches = if prepared.sort.is_empty() {
        in_order_of_creation(reader, &prepared, after.as_deref(), limit + 1)?
    } else if let Some((plan, reverse)) = reader.ordering_index(&prepared)? {
        in_index_order(reader, &prepared, plan, reverse, after, limit + 1)?
    } else {
        sorted(reader, &prepared, after, limit + 1)?
    };
    let next = (matches.len() > limit).then(|| {
        matches.truncate(limit);
        matches
            .last()
            .map(|(place, _)| cursor::encode(query, place))
    });
    let rows = matches
        .into_iter()
        .map(|(_, record)| project(record, &wanted));
    Ok(Page {
        rows: rows.collect::<Result<_>>()?,
        next: next.flatten(),
    })
}

/// Matches with the places after which a page goes on.
type Places = Vec<(Vec<u8>, Record)>;

fn in_order_of_creation(
    reader: &Reader<'_>,
    prepared: &Prepared<'_>,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Places> {
    let object = prepared.object.id;
    let mut matches = Vec::new();
    let indexed = by_id(prepared).is_some() || reader.choose_index(prepared)?.is_some();
    if indexed {
        // Candidates come in the order of the index; the page wants the lowest ids.
        let mut lowest: BTreeMap<Id, Record> = BTreeMap::new();
        reader.for_each_match(prepared, &mut |record| {
            if after.is_none_or(|after| record.id().as_bytes().as_slice() > after) {
                lowest.insert(record.id(), record);
                if lowest.len() > limit {
                    lowest.pop_last();
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        return Ok(lowest
            .into_iter()
            .map(|(id, record)| (id.as_bytes().to_vec(), record))
            .collect());
    }
    let mut range = records_of(object);
    if let Some(after) = after {
        let mut key = range.start.clone();
        key.extend_from_slice(after);
        range = range.resumed_after(&key);
    }
    read::scan(reader.read, &range, &mut |key, value| {
        let id = record_id(key)?;
        if reader.is_match(prepared, id, RecordRef::new(value)?)? {
            matches.push((id.as_bytes().to_vec(), Record::new(object, id, value)?));
        }
        Ok(if matches.len() == limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    Ok(matches)
}

fn in_index_order(
    reader: &Reader<'_>,
    prepared: &Prepared<'_>,
    mut plan: IndexPlan,
    reverse: bool,
    after: Option<Vec<u8>>,
    limit: usize,
) -> Result<Places> {
    let mut matches = Vec::new();
    if let (Some(after), Some(range)) = (after, plan.ranges.first_mut()) {
        // The place is the end of the key, from the first sorted field on; what is before it is fixed.
        let mut key = fixed_prefix(plan.fixed, range)?;
        key.extend_from_slice(&after);
        if reverse {
            range.end = Some(key);
        } else {
            *range = range.clone().resumed_after(&key);
        }
    }
    reader.for_each_in_ranges(prepared, &plan, reverse, &mut |record| {
        matches.push((sort_place(prepared, &record, false)?, record));
        Ok(if matches.len() == limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    Ok(matches)
}

/// The part of an index range's keys before the sorted fields.
fn fixed_prefix(fixed: usize, range: &KeyRange) -> Result<Vec<u8>> {
    let mut reader = crate::value::KeyReader::new(&range.start);
    reader.u16()?;
    reader.u16()?;
    for _ in 0..fixed {
        reader.skip_value()?;
    }
    let rest = reader.rest().len();
    Ok(range
        .start
        .get(..range.start.len() - rest)
        .unwrap_or_default()
        .to_vec())
}

/// The sort values and the id as bytes that compare as the records do. In a sort in memory each descending
/// value is inverted; an index is read backwards instead.
fn sort_place(prepared: &Prepared<'_>, record: &Record, invert: bool) -> Result<Vec<u8>> {
    let mut place = Vec::new();
    for (field, descending) in &prepared.sort {
        let mut key = KeyBuilder::new();
        match *field {
            system::ID => key.push_id(record.id()),
            field => key.push_value(record.get(field))?,
        };
        let mut bytes = key.into_bytes();
        if invert && *descending {
            bytes.iter_mut().for_each(|byte| *byte = !*byte);
        }
        place.extend(bytes);
    }
    let last_descending = prepared
        .sort
        .last()
        .is_some_and(|(_, descending)| *descending);
    let id = record.id();
    place.extend(id.as_bytes().iter().map(|byte| {
        if invert && last_descending {
            !*byte
        } else {
            *byte
        }
    }));
    Ok(place)
}

fn sorted(
    reader: &Reader<'_>,
    prepared: &Prepared<'_>,
    after: Option<Vec<u8>>,
    limit: usize,
) -> Result<Places> {
    let mut first: BTreeMap<Vec<u8>, Record> = BTreeMap::new();
    reader.for_each_match(prepared, &mut |record| {
        let place = sort_place(prepared, &record, true)?;
        let beyond = first.len() == limit
            && first
                .last_key_value()
                .is_some_and(|(last, _)| place >= *last);
        if !beyond && after.as_ref().is_none_or(|after| place > *after) {
            first.insert(place, record);
            if first.len() > limit {
                first.pop_last();
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(first.into_iter().collect())
}

pub(super) fn page_len(limit: usize) -> Result<usize> {
    match limit {
        0 => Ok(limits::PAGE_LEN_DEFAULT),
        limit if limit > limits::PAGE_LEN_MAX => Err(Detail::Limit {
            what: "records in a page",
            max: limits::PAGE_LEN_MAX as u64,
            actual: limit as u64,
        }
        .into()),
        limit => Ok(limit),
    }
}

fn projection(object: &ObjectDef, fields: &[String]) -> Result<Vec<u16>> {
    let mut wanted: Vec<u16> = fields
        .iter()
        .map(|name| Ok(object.field_named(name)?.id))
        .collect::<Result<_>>()?;
    wanted.sort_unstable();
    Ok(wanted)
}

fn project(record: Record, wanted: &[u16]) -> Result<Record> {
    if wanted.is_empty() {
        return Ok(record);
    }
    let kept = record.fields().try_fields().filter(|field| match field {
        Ok((field, _)) => wanted.binary_search(field).is_ok() || *field == system::VERSION,
        Err(_) => true,
    });
    let kept: Vec<(u16, ValueRef<'_>)> = kept.collect::<Result<_>>()?;
    let bytes = RecordBuf::encode(kept)?;
    Record::new(record.object(), record.id(), bytes.as_bytes())
}

/// How a query would be answered.
pub(crate) fn explain(reader: &Reader<'_>, query: &Query) -> Result<Plan> {
    let prepared = reader.prepare(&query.object, &query.filter, &query.sort, query.trash)?;
    if by_id(&prepared).is_some() {
        return Ok(Plan::ById);
    }
    let name = |field: &u16| {
        prepared
            .object
            .field(*field)
            .map_or_else(String::new, |field| field.name.clone())
    };
    let of_index = |plan: &IndexPlan, ordered| Plan::Index {
        fields: plan.index.fields.iter().map(name).collect(),
        ranges: plan.ranges.len(),
        ordered,
    };
    if let Some((plan, _)) = reader.ordering_index(&prepared)? {
        return Ok(of_index(&plan, true));
    }
    Ok(match reader.choose_index(&prepared)? {
        Some(plan) => of_index(&plan, false),
        None => Plan::Scan {
            ordered: prepared.sort.is_empty(),
        },
    })
}
