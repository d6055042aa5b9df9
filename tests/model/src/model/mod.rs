//! The model: what the public API promises, by maps and loops. Nothing is kept that can be computed, and nothing
//! is shared with the engine but values and the names of what can happen.

mod call;
mod import;
mod logic;
mod membership;
mod read;
mod rules;
mod save;
mod schema;
mod schema_change;
mod trash;
mod undo;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use crm_core::{Change, Code, OutcomeKind, Ref, Value};

pub use import::HEADERS;
pub use read::Place;
pub use rules::Job;
pub use schema::{Field, references};

use crate::answer::{Commit, Flat};
use crate::op::Kind;

/// A record's fields by name, without those that are null.
pub type Fields = BTreeMap<&'static str, Value>;

/// The result of what can be refused.
pub type Res<T> = Result<T, Code>;

/// What a change did.
pub type Outcome = (Ref, OutcomeKind, u64);

/// A batch with a key: who made it when, of what, and what came of it.
#[derive(Clone)]
struct Keyed {
    actor: Option<Ref>,
    at: DateTime<Utc>,
    changes: Vec<Change>,
    outcomes: Vec<Outcome>,
}

/// The state of a database.
#[derive(Clone)]
pub struct Model {
    /// Every record, those in the trash as well.
    pub records: BTreeMap<Ref, Arc<Fields>>,
    /// What was committed since the model began.
    pub log: Vec<Arc<Commit>>,
    /// What falls due.
    pub queue: BTreeSet<Job>,
    /// The records to which the engine gave an id.
    pub made: Vec<Ref>,
    schema: BTreeMap<Kind, Vec<Field>>,
    /// Batches with a key.
    keys: BTreeMap<u8, Keyed>,
    /// The last commit of all.
    sequence: u64,
    /// Where the last question's next page begins.
    cursor: Option<Place>,
}

impl Model {
    /// A database that nobody has written to, after the commit that made it.
    pub fn new(sequence: u64) -> Self {
        let schema = Kind::ALL.map(|(kind, ..)| (kind, schema::standard(kind)));
        Model {
            records: BTreeMap::new(),
            log: Vec::new(),
            queue: BTreeSet::new(),
            made: Vec::new(),
            schema: schema.into(),
            keys: BTreeMap::new(),
            sequence,
            cursor: None,
        }
    }

    /// The number of the last commit.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    fn fields(&self, object: u16) -> &[Field] {
        let fields = Kind::of(object).and_then(|kind| self.schema.get(&kind));
        fields.map_or(&[], Vec::as_slice)
    }

    fn field(&self, object: u16, name: &str) -> Option<&Field> {
        self.fields(object).iter().find(|field| field.name == name)
    }

    /// A record, also from the trash.
    fn any(&self, record: Ref) -> Option<&Fields> {
        self.records.get(&record).map(|fields| &**fields)
    }

    /// A live record.
    pub fn live(&self, record: Ref) -> Option<&Fields> {
        self.any(record).filter(|fields| is_live(fields))
    }

    /// The live records of an object, by id.
    pub fn all_live(&self, object: u16) -> impl Iterator<Item = (Ref, &Fields)> {
        let all = self
            .records
            .iter()
            .map(|(record, fields)| (*record, &**fields));
        all.filter(move |(record, fields)| record.object == object && is_live(fields))
    }

    /// The value of a field of a record, also of one in the trash.
    fn value(&self, record: Ref, field: &str) -> Value {
        self.any(record)
            .map_or(Value::Null, |fields| get(fields, field))
    }

    /// A record as the engine would show it.
    pub fn flat(&self, record: Ref) -> Option<Flat> {
        Some(flat(self.any(record)?))
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.queue.first().map(|job| job.at)
    }

    /// The reference fields that can point to an object's records.
    fn referrers(&self, object: u16) -> Vec<(u16, Field)> {
        let mut found = Vec::new();
        for (kind, fields) in &self.schema {
            for field in fields {
                if let schema::Ty::Ref(targets) = field.ty
                    && (targets.is_empty() || targets.iter().any(|to| to.number() == object))
                {
                    found.push((kind.number(), field.clone()));
                }
            }
        }
        found
    }

    /// The live records whose field points to a record.
    fn referring(&self, object: u16, field: &str, to: Ref) -> Vec<Ref> {
        let refers = |fields: &Fields| references(&get(fields, field)).contains(&to);
        let found = self.all_live(object).filter(|(_, fields)| refers(fields));
        found.map(|(record, _)| record).collect()
    }
}

fn is_live(fields: &Fields) -> bool {
    !fields.contains_key("deleted_at")
}

/// The value of a field, null if there is none.
fn get(fields: &Fields, name: &str) -> Value {
    fields.get(name).cloned().unwrap_or_default()
}

fn flat(fields: &Fields) -> Flat {
    let named = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    named.collect()
}

fn version(fields: &Fields) -> u64 {
    match fields.get("version") {
        Some(Value::Int(version)) => version.unsigned_abs(),
        _ => 0,
    }
}
