//! Answers a query: reads candidates by the plan, tests them with the filter, orders them, cuts the page.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::order::Place;
use super::plan::{self, IndexPlan, Plan};
use super::prepared::Prepared;
use super::reader::Reader;
use super::{Page, Query, cursor};
use crate::access::Lens;
use crate::error::{Detail, Result};
use crate::expr::{Constraint, Expr, Test};
use crate::limits;
use crate::record::{Record, Stored};
use crate::schema::{ObjectDef, system};
use crate::store::KeyRange;
use crate::value::{Id, KeyReader, RecordBuf, Ref, Value, ValueRef};

/// What a look at matches calls with each of them.
type VisitMatch<'v> = dyn FnMut(Stored<'_>) -> Result<ControlFlow<()>> + 'v;

/// The records that may match.
pub(super) enum Access {
    Ids(BTreeSet<Id>),
    Index(IndexPlan),
    All,
}

/// The way to a page.
pub(super) enum Route {
    /// What may match is read whole, and ordered in memory.
    Sorted(Access),
    /// All records in the order of their ids, or backwards.
    Scanned { backwards: bool },
    /// An index that has the order that is asked for, or backwards.
    Indexed { plan: IndexPlan, backwards: bool },
}

impl Reader<'_> {
    /// Calls `visit` with every match, in whatever order they are found.
    pub(super) fn for_each_match(
        &self,
        prepared: &Prepared<'_>,
        visit: &mut dyn FnMut(Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_in(prepared, &self.access(prepared)?, visit)
    }

    /// How many records match.
    pub(super) fn count_matches(&self, prepared: &Prepared<'_>) -> Result<u64> {
        match self.access(prepared)? {
            Access::All => self.count_in_all(prepared),
            access => {
                let mut count = 0;
                self.for_each_in(prepared, &access, &mut |_| {
                    count += 1;
                    Ok(())
                })?;
                Ok(count)
            }
        }
    }

    pub(super) fn for_each_in(
        &self,
        prepared: &Prepared<'_>,
        access: &Access,
        visit: &mut dyn FnMut(Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut go_on = |stored: Stored<'_>| {
            visit(stored)?;
            Ok(ControlFlow::Continue(()))
        };
        match access {
            Access::Ids(ids) => {
                for &id in ids {
                    self.visit_match(prepared, id, &mut go_on)?;
                }
                Ok(())
            }
            Access::Index(plan) => self.for_each_in_ranges(prepared, plan, false, &mut go_on),
            Access::All => self.for_each_in_all(prepared, visit),
        }
    }

    /// Calls `visit` with the record of an id if it matches; `None` if there is none to be seen.
    fn visit_match(
        &self,
        prepared: &Prepared<'_>,
        id: Id,
        visit: &mut VisitMatch<'_>,
    ) -> Result<Option<ControlFlow<()>>> {
        let object = prepared.object.id;
        let Some(record) = self.lens.record(Ref { object, id })? else {
            return Ok(None);
        };
        let stored = record.as_stored();
        if self.is_match(prepared, stored)? {
            visit(stored).map(Some)
        } else {
            Ok(Some(ControlFlow::Continue(())))
        }
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
            self.lens.for_each_id(&range, plan.index.unique, |id| {
                if list && !seen.insert(id) {
                    return Ok(ControlFlow::Continue(()));
                }
                let Some(flow) = self.visit_match(prepared, id, visit)? else {
                    let object = prepared.object.id;
                    self.lens.dangling(Ref { object, id }, || {
                        let object = &prepared.object.name;
                        format!("an index of {object} points to {id}, which does not exist")
                    })?;
                    return Ok(ControlFlow::Continue(()));
                };
                stopped |= flow.is_break();
                Ok(flow)
            })?;
            if stopped {
                break;
            }
        }
        Ok(())
    }

    /// The fewest records that hold all matches. The trash stands in no index.
    pub(super) fn access(&self, prepared: &Prepared<'_>) -> Result<Access> {
        if let Some(ids) = by_id(prepared) {
            return Ok(Access::Ids(ids));
        }
        if prepared.trash {
            return Ok(Access::All);
        }
        let object = prepared.object;
        let fields = prepared.order.direction().map(|_| prepared.order.fields());
        let readable = |index| self.lens.state().is_built(object.id, index);
        let best = plan::best_index(object, &prepared.constraints, fields.as_deref(), &readable)?;
        Ok(best.map_or(Access::All, Access::Index))
    }

    /// The way to a page of a query.
    pub(super) fn route(&self, prepared: &Prepared<'_>) -> Result<Route> {
        let access = self.access(prepared)?;
        let order = &prepared.order;
        let Some(backwards) = order.direction() else {
            return Ok(Route::Sorted(access));
        };
        let fields = order.fields();
        Ok(match access {
            // Every match stands in an index that narrows the search. Behind the fields that are fixed to one
            // value it is in the order of the others and then of the ids.
            Access::Index(plan) if plan.is_in_order_of(&fields) => {
                Route::Indexed { plan, backwards }
            }
            Access::All if fields.is_empty() => Route::Scanned { backwards },
            // Without a narrowing index, one that is in order saves reading and sorting everything.
            Access::All if !prepared.trash => match self.whole_index(prepared, &fields) {
                Some(plan) => Route::Indexed { plan, backwards },
                None => Route::Sorted(Access::All),
            },
            access => Route::Sorted(access),
        })
    }

    /// An index in the order of fields in which every record stands: the first field is required, and no list.
    fn whole_index(&self, prepared: &Prepared<'_>, fields: &[u16]) -> Option<IndexPlan> {
        let object = prepared.object;
        let first = object.field(*fields.first()?)?;
        if !first.required || first.many {
            return None;
        }
        let index = object.all_indexes().find(|index| {
            !index.unique
                && index.fields == fields
                && self.lens.state().is_built(object.id, index.id)
        })?;
        Some(plan::whole_index(object, index))
    }
}

fn by_id(prepared: &Prepared<'_>) -> Option<BTreeSet<Id>> {
    let of_id = |constraint: &&Constraint| constraint.field == system::ID;
    let id = |value: &Value| match value {
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    let mut tests = prepared.constraints.iter().filter(of_id);
    tests.find_map(|constraint| match &constraint.test {
        Test::Eq(value) => Some(id(value).into_iter().collect()),
        Test::In(values) => Some(values.iter().filter_map(id).collect()),
        _ => None,
    })
}

/// One page of a query.
pub(crate) fn find(reader: &Reader<'_>, query: &Query) -> Result<Page> {
    let prepared = reader.prepare(&query.object, &query.filter, &query.sort, query.trash)?;
    let limit = page_len(query.limit)?;
    let after = match query.after.as_str() {
        "" => None,
        cursor => Some(cursor::decode(query, &prepared.order, cursor)?),
    };
    let wanted = projection(&reader.lens, prepared.object, &query.fields)?;
    let mut rows = match reader.route(&prepared)? {
        Route::Sorted(access) => sorted(reader, &prepared, &access, after, limit + 1)?,
        Route::Scanned { backwards } => {
            // Without other sort keys the place is the id.
            let after = after.map(|place| KeyReader::new(place.as_bytes()).id());
            reader.first_in_all(&prepared, backwards, after.transpose()?, limit + 1)?
        }
        Route::Indexed { plan, backwards } => {
            in_index_order(reader, &prepared, plan, backwards, after, limit + 1)?
        }
    };
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = match rows.last().filter(|_| more) {
        Some(last) => Some(cursor::encode(
            query,
            &prepared.order.place(last.as_stored())?,
        )),
        None => None,
    };
    let rows = rows
        .into_iter()
        .map(|record| project(&reader.lens, record, &wanted));
    Ok(Page {
        rows: rows.collect::<Result<_>>()?,
        next,
    })
}

fn in_index_order(
    reader: &Reader<'_>,
    prepared: &Prepared<'_>,
    mut plan: IndexPlan,
    backwards: bool,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<Record>> {
    if let (Some(after), Some(range)) = (after, plan.ranges.first_mut()) {
        // The place is the end of the key, from the first sorted field on; what is before it is fixed.
        let mut key = plan.fixed_prefix.clone();
        key.extend_from_slice(after.as_bytes());
        if backwards {
            range.end = Some(key);
        } else {
            *range = range.clone().resumed_after(&key);
        }
    }
    let mut rows = Vec::with_capacity(limit);
    reader.for_each_in_ranges(prepared, &plan, backwards, &mut |stored| {
        rows.push(stored.to_record()?);
        Ok(enough(&rows, limit))
    })?;
    Ok(rows)
}

fn enough(rows: &[Record], limit: usize) -> ControlFlow<()> {
    if rows.len() < limit {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

fn sorted(
    reader: &Reader<'_>,
    prepared: &Prepared<'_>,
    access: &Access,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<Record>> {
    let order = &prepared.order;
    let after = after.map(|after| order.rank_of(&after)).transpose()?;
    let mut first: BTreeMap<Vec<u8>, Record> = BTreeMap::new();
    reader.for_each_in(prepared, access, &mut |stored| {
        let rank = order.rank(stored)?;
        let beyond = first.len() == limit
            && first
                .last_key_value()
                .is_some_and(|(last, _)| rank >= *last);
        if !beyond && after.as_ref().is_none_or(|after| rank > *after) {
            first.insert(rank, stored.to_record()?);
            if first.len() > limit {
                first.pop_last();
            }
        }
        Ok(())
    })?;
    Ok(first.into_values().collect())
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

pub(super) fn projection(
    lens: &Lens<'_>,
    object: &ObjectDef,
    fields: &[String],
) -> Result<Vec<u16>> {
    let mut wanted: Vec<u16> = fields
        .iter()
        .map(|name| Ok(lens.field(object, name)?.id))
        .collect::<Result<_>>()?;
    wanted.sort_unstable();
    Ok(wanted)
}

/// A record as it leaves, with the fields that are asked for.
pub(super) fn project(lens: &Lens<'_>, record: Record, wanted: &[u16]) -> Result<Record> {
    if wanted.is_empty() {
        return lens.shown(record);
    }
    // Fields that are asked for were named through the lens. Without these two a record would not know its version,
    // or that it is in the trash.
    let always = [system::VERSION, system::DELETED_AT];
    let kept = record.fields().try_fields().filter(|field| match field {
        Ok((field, _)) => wanted.binary_search(field).is_ok() || always.contains(field),
        Err(_) => true,
    });
    let kept: Vec<(u16, ValueRef<'_>)> = kept.collect::<Result<_>>()?;
    let bytes = RecordBuf::encode(kept)?;
    Record::new(record.object(), record.id(), bytes.as_bytes())
}

/// The records that a query selects, whatever its order and its page.
pub(crate) struct Selection<'r, 'a> {
    reader: &'r Reader<'a>,
    prepared: Prepared<'a>,
    wanted: Vec<u16>,
}

impl<'r, 'a> Selection<'r, 'a> {
    pub(crate) fn new(reader: &'r Reader<'a>, query: &Query) -> Result<Self> {
        let prepared = reader.prepare(&query.object, &query.filter, &query.sort, query.trash)?;
        Ok(Selection {
            reader,
            wanted: projection(&reader.lens, prepared.object, &query.fields)?,
            prepared,
        })
    }

    /// A record, if it is selected.
    pub(crate) fn get(&self, record: Ref) -> Result<Option<Record>> {
        if record.object != self.prepared.object.id {
            return Ok(None);
        }
        let lens = &self.reader.lens;
        let Some(found) = lens.record(record)? else {
            return Ok(None);
        };
        let is_match = self.reader.is_match(&self.prepared, found.as_stored())?;
        is_match
            .then(|| project(lens, found, &self.wanted))
            .transpose()
    }

    /// The reference of one of them.
    pub(crate) fn reference(&self, id: Id) -> Ref {
        Ref {
            object: self.prepared.object.id,
            id,
        }
    }

    /// All of them, by id.
    pub(crate) fn all(&self) -> Result<BTreeMap<Id, Record>> {
        let mut all = BTreeMap::new();
        self.reader.for_each_match(&self.prepared, &mut |stored| {
            let record = project(&self.reader.lens, stored.to_record()?, &self.wanted)?;
            all.insert(stored.id, record);
            Ok(())
        })?;
        Ok(all)
    }

    /// True if a change of a record of an object may select or drop other records: those that refer to it.
    pub(crate) fn looks_at(&self, object: u16) -> bool {
        let follows = self.prepared.filter.as_ref().map(Expr::follows);
        let mut follows = follows.unwrap_or_default().iter();
        follows.any(|followed| followed.object == object || followed.object == 0)
    }
}

/// How a query would be answered.
pub(crate) fn explain(reader: &Reader<'_>, query: &Query) -> Result<Plan> {
    let prepared = reader.prepare(&query.object, &query.filter, &query.sort, query.trash)?;
    projection(&reader.lens, prepared.object, &query.fields)?;
    let name = |field: &u16| {
        let field = prepared.object.field(*field);
        field.map_or_else(String::new, |field| field.name.clone())
    };
    let of_index = |plan: &IndexPlan, ordered| Plan::Index {
        fields: plan.index.fields.iter().map(name).collect(),
        ranges: plan.ranges.len(),
        ordered,
    };
    Ok(match reader.route(&prepared)? {
        Route::Sorted(Access::Ids(_)) => Plan::ById,
        Route::Sorted(Access::Index(plan)) => of_index(&plan, false),
        Route::Sorted(Access::All) => Plan::Scan { ordered: false },
        Route::Scanned { .. } => Plan::Scan { ordered: true },
        Route::Indexed { plan, .. } => of_index(&plan, true),
    })
}
