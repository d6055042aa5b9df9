//! Columns in memory against the records: the same database, once with columns and once without.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::store::{
    KeyRange, MemoryStorage, Overlay, Read, Snapshot, Space, Stats, Storage, Visit,
};
use crm_core::*;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::filter::{Filter, filter};
use crate::order::{sort, sort_text};
use crate::read_support::options;
use crate::world::{Thing, World, fields, thing, world_in};
use crate::{config, pages};

/// More records than columns begin with.
const THINGS: usize = 300;

/// Storage in memory that counts the records that are read.
#[derive(Default)]
struct Counting {
    storage: MemoryStorage,
    read: Arc<AtomicU64>,
}

struct CountingSnapshot {
    snapshot: Arc<dyn Snapshot>,
    read: Arc<AtomicU64>,
}

impl Storage for Counting {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(CountingSnapshot {
            snapshot: self.storage.snapshot()?,
            read: self.read.clone(),
        }))
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        self.storage.commit(changes)
    }

    fn stats(&self) -> Result<Stats> {
        self.storage.stats()
    }
}

impl Read for CountingSnapshot {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.read
            .fetch_add(u64::from(space == Space::Record), Ordering::Relaxed);
        self.snapshot.get(space, key, found)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        self.snapshot.scan(range, &mut |key, value| {
            self.read
                .fetch_add(u64::from(range.space == Space::Record), Ordering::Relaxed);
            visit(key, value)
        })
    }
}

impl Counting {
    /// What `f` returns, and how many records were read for it.
    fn count<R>(&self, f: impl FnOnce() -> R) -> (R, u64) {
        let before = self.read.load(Ordering::Relaxed);
        let result = f();
        (result, self.read.load(Ordering::Relaxed) - before)
    }
}

fn with_columns(storage: &Arc<Counting>) -> Crm {
    let (options, _) = options();
    options.with_storage(storage.clone()).unwrap()
}

/// The same state, read from the records.
fn without_columns(storage: &Arc<Counting>) -> Crm {
    let (options, _) = options();
    options
        .column_bytes(0)
        .with_storage(storage.clone())
        .unwrap()
}

/// Things enough, of those given over and over.
fn many(things: &[Thing]) -> Vec<Thing> {
    things.iter().cycle().take(THINGS).cloned().collect()
}

#[derive(Debug, Clone)]
enum Step {
    Nothing,
    Create(Thing),
    Update(Index, Thing),
    Delete(Index),
    Restore(Index),
    Purge(Index),
    AddField,
    RetireField,
    RetypeField,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Nothing),
        2 => thing().prop_map(Step::Create),
        6 => (any::<Index>(), thing()).prop_map(|(at, thing)| Step::Update(at, thing)),
        2 => any::<Index>().prop_map(Step::Delete),
        1 => any::<Index>().prop_map(Step::Restore),
        1 => any::<Index>().prop_map(Step::Purge),
        1 => prop_oneof![Just(Step::AddField), Just(Step::RetireField), Just(Step::RetypeField)],
    ]
}

impl Step {
    /// Does it, unless the record is not as it would have to be.
    fn take(&self, world: &mut World) {
        let crm = world.crm.clone();
        let record = |at: &Index| world.things[at.index(world.things.len())].0;
        match self {
            Step::Nothing => {}
            Step::Create(thing) => {
                // Where fields are gone the thing cannot be said any more.
                if let Ok(record) = crm.create_record("thing", fields(thing, &world.firms)) {
                    world.things.push((record, thing.clone()));
                }
            }
            Step::Update(at, thing) => {
                let _ = crm.update_record(record(at), fields(thing, &world.firms));
            }
            Step::Delete(at) => drop(crm.delete(record(at))),
            Step::Restore(at) => drop(crm.restore(record(at))),
            Step::Purge(at) => drop(crm.purge(record(at))),
            Step::AddField => {
                drop(crm.add_field("thing", FieldDef::custom("extra", FieldType::Text)))
            }
            Step::RetireField => drop(crm.retire_field("thing", "day_plain")),
            Step::RetypeField => {
                drop(crm.retype_field("thing", "n_plain", FieldType::Decimal, true));
            }
        }
    }
}

fn question() -> impl Strategy<Value = (Filter, Vec<(&'static str, bool)>, usize, bool)> {
    (filter(), sort(), 20..200_usize, prop::bool::weighted(0.1))
}

/// Figures of which no index helps: over all things, and over some.
fn unindexed() -> [Aggregate; 5] {
    let all = || Aggregate::of("thing");
    [
        all()
            .group_by("kind_plain")
            .sum("n_plain")
            .average("amount_plain"),
        all()
            .group_by("tags_plain")
            .group_by_date("at_plain", DatePart::Month)
            .measure(MeasureOp::CountDistinct, "name_plain"),
        all()
            .measure(MeasureOp::Min, "day_plain")
            .measure(MeasureOp::Max, "name_plain"),
        all().group_by("id").sum("n_plain"),
        all()
            .filter("flag")
            .group_by("flag")
            .group_by("kind_plain")
            .sum("amount_plain"),
    ]
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn columns_say_what_the_records_say(
        things in prop::collection::vec(thing(), 8..24),
        rounds in prop::collection::vec((step(), prop::collection::vec(question(), 3)), 6),
    ) {
        let storage = Arc::new(Counting::default());
        let mut world = world_in(with_columns(&storage), many(&things));
        for (step, questions) in rounds {
            step.take(&mut world);
            let plain = without_columns(&storage);
            for (filter, sort, limit, trash) in questions {
                let text = filter.text("_plain", &world.firms);
                prop_assert_eq!(world.crm.count("thing", &text), plain.count("thing", &text), "{}", &text);
                let mut query = Query::of("thing").filter(&text).sort(&sort_text(&sort)).limit(limit);
                query.trash = trash;
                match plain.find(&query) {
                    Ok(_) => prop_assert_eq!(pages(&world.crm, &query), pages(&plain, &query), "{:?}", &query),
                    expected => prop_assert_eq!(world.crm.find(&query), expected),
                }
                let figures = Aggregate::of("thing").filter(&text).group_by("kind").sum("n").sum("amount_plain");
                prop_assert_eq!(world.crm.aggregate(&figures), plain.aggregate(&figures), "{}", &text);
            }
            for figures in unindexed() {
                prop_assert_eq!(world.crm.aggregate(&figures), plain.aggregate(&figures), "{:?}", &figures);
            }
        }
    }

    #[test]
    fn earlier_states_stay_as_they_were(
        things in prop::collection::vec(thing(), 8..24),
        filter in filter(),
        steps in prop::collection::vec(step(), 12),
    ) {
        let storage = Arc::new(Counting::default());
        let mut world = world_in(with_columns(&storage), many(&things));
        let text = filter.text("_plain", &world.firms);
        let query = Query::of("thing").filter(&text).limit(7);
        let expected: Result<Vec<Record>> = world.crm.find_all(&query).collect();
        world.crm.count("thing", &text).unwrap();
        let held: Vec<Rows> = (0..3).map(|_| world.crm.find_all(&query)).collect();
        for (rows, steps) in held.into_iter().zip(steps.chunks(4)) {
            for step in steps {
                step.take(&mut world);
                let _ = world.crm.count("thing", &text);
            }
            prop_assert_eq!(&rows.collect::<Result<Vec<Record>>>(), &expected);
        }
    }
}

#[test]
fn a_filter_that_is_asked_again_reads_what_has_changed() {
    let storage = Arc::new(Counting::default());
    let crm = with_columns(&storage);
    let companies: Vec<Ref> = companies(&crm, 400);
    let filter = "employees > 100 && industry == 'steel' || has(phone)";
    let count = || crm.count("company", filter).unwrap();
    let (first, read) = storage.count(count);
    assert!(read >= 400);
    assert_eq!(storage.count(count), (first, 0));
    // Other values of the same fields need no record either, nor does another order of the same conditions.
    let (_, read) = storage.count(|| crm.count("company", "industry != 'wood' && employees < 7"));
    assert_eq!(read, 0);
    crm.update_record(
        companies[7],
        Fields::new()
            .with("employees", 101)
            .with("industry", "steel"),
    )
    .unwrap();
    crm.delete(companies[8]).unwrap();
    let (again, read) = storage.count(count);
    assert_eq!(read, 2);
    assert_eq!(
        again,
        without_columns(&storage).count("company", filter).unwrap()
    );
    // A list reads the records that it returns.
    let steel = Query::of("company").filter("industry != 'wood' && employees < 30");
    let (page, read) = storage.count(|| crm.find(&steel).unwrap());
    assert!(!page.rows.is_empty());
    assert_eq!(read, page.rows.len() as u64);
}

#[test]
fn columns_are_made_anew_where_the_log_says_more_than_half_as_much() {
    let storage = Arc::new(Counting::default());
    let crm = with_columns(&storage);
    let companies: Vec<Ref> = companies(&crm, 400);
    let filter = "employees >= 1000";
    let count = || crm.count("company", filter).unwrap();
    let grow = |count: usize, to: i64| {
        let changed = companies.iter().take(count);
        let changes = changed.map(|record| Change::Update {
            record: *record,
            fields: Fields::new().with("employees", to),
            expected: None,
        });
        crm.batch(&changes.collect::<Vec<_>>(), None).unwrap();
    };
    assert_eq!(count(), 0);
    grow(200, 1_000);
    assert_eq!(storage.count(count), (200, 200));
    grow(201, 1_001);
    assert_eq!(storage.count(count), (201, 400));
    assert_eq!(storage.count(count), (201, 0));
}

#[test]
fn figures_that_are_asked_again_read_what_has_changed() {
    let storage = Arc::new(Counting::default());
    let crm = with_columns(&storage);
    let companies = companies(&crm, 400);
    let figures = Aggregate::of("company")
        .group_by("industry")
        .sum("employees");
    let ask = || crm.aggregate(&figures).unwrap();
    let (first, read) = storage.count(ask);
    assert_eq!((first.len(), read), (3, 400));
    assert_eq!(storage.count(ask), (first.clone(), 0));
    // Nor do other figures of the same fields.
    let largest = Aggregate::of("company").measure(MeasureOp::Max, "employees");
    let (groups, read) = storage.count(|| crm.aggregate(&largest).unwrap());
    assert_eq!(
        (groups[0].measures[0].to_string(), read),
        ("399".to_owned(), 0)
    );
    let industry = Fields::new().with("industry", "glass");
    crm.update_record(companies[7], industry).unwrap();
    crm.delete(companies[8]).unwrap();
    let (again, read) = storage.count(ask);
    assert_eq!((again.len(), read), (4, 2));
    assert_eq!(
        again,
        without_columns(&storage).aggregate(&figures).unwrap()
    );
    assert_eq!(again.iter().map(|group| group.count).sum::<u64>(), 399);
}

#[test]
fn pages_make_columns_when_they_have_read_as_much() {
    let storage = Arc::new(Counting::default());
    let crm = with_columns(&storage);
    companies(&crm, 400);
    let query = Query::of("company").filter("employees == 399");
    let (_, read) = storage.count(|| crm.find(&query).unwrap());
    assert_eq!(read, 400);
    storage.count(|| crm.find(&query).unwrap());
    let (page, read) = storage.count(|| crm.find(&query).unwrap());
    assert_eq!(page.rows.len(), 1);
    // It may be in memory already.
    assert!(read <= 1);
}

#[test]
fn without_memory_for_them_there_are_no_columns() {
    let storage = Arc::new(Counting::default());
    let (options, _) = options();
    // A text of its own for each record takes more than is left.
    let crm = options
        .column_bytes(60_000)
        .with_storage(storage.clone())
        .unwrap();
    companies(&crm, 500);
    let (few, _) = storage.count(|| {
        crm.count("company", "employees < 10 && name != ''")
            .unwrap()
    });
    for _ in 0..3 {
        assert_eq!(
            crm.count("company", "employees < 10 && name != ''")
                .unwrap(),
            few
        );
    }
    // What there is room for narrows the records that are read.
    let (again, read) = storage.count(|| {
        crm.count("company", "employees < 10 && name != ''")
            .unwrap()
    });
    assert_eq!(again, few);
    // Some of them may be in memory already.
    assert!(read <= few);
    // The part that comes first has no column.
    let (again, read) = storage.count(|| {
        crm.count("company", "name != '' && employees < 10")
            .unwrap()
    });
    assert_eq!((again, read), (few, 500));
}

#[test]
fn ids_take_as_much_as_they_differ() {
    let storage = Arc::new(Counting::default());
    let (options, _) = options();
    // Less than half of what whole ids would take.
    let crm = options
        .column_bytes(5_000 * 7)
        .with_storage(storage.clone())
        .unwrap();
    companies(&crm, 5_000);
    let count = || crm.count("company", "industry != 'wood'").unwrap();
    let (others, read) = storage.count(count);
    assert_eq!((others, read), (3_333, 5_000));
    assert_eq!(storage.count(count), (3_333, 0));
    // Those that come later differ from them in other bits, too.
    companies(&crm, 300);
    let (others, read) = storage.count(count);
    assert_eq!((others, read), (3_533, 300));
    assert_eq!(storage.count(count), (3_533, 0));
}

#[test]
fn columns_grow_and_shrink_with_their_object() {
    // Ids from both ends of the key space, so that later ones come between.
    columns_grow_and_shrink(|n| [n, 0x0707_0707_0707_0707]);
}

#[test]
fn columns_grow_and_shrink_whatever_the_ids_are() {
    columns_grow_and_shrink(|n| {
        let scattered = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        [scattered, scattered.rotate_left(n as u32 % 64) ^ n]
    });
}

fn columns_grow_and_shrink(id: fn(u64) -> [u64; 2]) {
    let storage = Arc::new(Counting::default());
    let crm = with_columns(&storage);
    let mut firms = ObjectDef::custom("firm", "firms");
    firms = firms.with(FieldDef::new(1, "code", FieldType::Text));
    firms = firms.with(FieldDef::new(2, "n", FieldType::Integer));
    crm.add_object(firms).unwrap();
    let id = |n: u64| {
        let bytes = id(n).map(u64::to_be_bytes).concat();
        Id::from_bytes(bytes.try_into().unwrap())
    };
    let create = |n: u64| Change::Create {
        object: "firm".to_owned(),
        id: Some(id(n)),
        fields: Fields::new()
            .with("code", format!("F{n}"))
            .with("n", (n % 300) as i64),
    };
    let insert = |of: &mut dyn Iterator<Item = u64>| {
        let outcomes = crm
            .batch(&of.map(create).collect::<Vec<_>>(), None)
            .unwrap();
        outcomes
            .iter()
            .map(|outcome| outcome.record)
            .collect::<Vec<_>>()
    };
    let agree = || {
        let plain = without_columns(&storage);
        for filter in [
            "n < 17",
            "code > 'F5'",
            "code.endsWith('77') || n == 299",
            "n * 2 > 590 && code < 'f2'",
        ] {
            assert_eq!(
                crm.count("firm", filter),
                plain.count("firm", filter),
                "{filter}"
            );
            let query = Query::of("firm").filter(filter).sort("-id").limit(500);
            assert_eq!(pages(&crm, &query), pages(&plain, &query), "{filter}");
        }
    };
    let even = insert(&mut (0..9_000).step_by(2));
    agree();
    insert(&mut (4_000..7_000).filter(|n| n % 2 == 1));
    agree();
    for record in even.iter().skip(500).step_by(3).take(900) {
        crm.delete(*record).unwrap();
    }
    agree();
    for record in even.iter().skip(500).step_by(6).take(300) {
        crm.purge(*record).unwrap();
    }
    agree();
    // A few other texts, then so many that reading them anew is less work. Those at the end are all there.
    let rename = |round: u32, count: usize| {
        let changes = even.iter().rev().take(count).enumerate();
        let changes = changes.map(|(n, record)| Change::Update {
            record: *record,
            fields: Fields::new().with("code", format!("G{round}-{n}77")),
            expected: None,
        });
        crm.batch(&changes.collect::<Vec<_>>(), None).unwrap();
    };
    rename(0, 50);
    agree();
    for round in 1..4 {
        rename(round, 1_200);
    }
    agree();
}

#[test]
fn readers_and_writers_at_once_see_whole_states() {
    let storage = Arc::new(Counting::default());
    let crm = with_columns(&storage);
    let companies = companies(&crm, 300);
    let same = companies.iter().map(|company| Change::Update {
        record: *company,
        fields: Fields::new().with("employees", 1).with("industry", "steel"),
        expected: None,
    });
    crm.batch(&same.collect::<Vec<_>>(), None).unwrap();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    let odd = crm
                        .count("company", "(employees == 1) != (industry == 'steel')")
                        .unwrap();
                    assert_eq!(odd, 0);
                }
            });
        }
        for round in 0..400_usize {
            let (employees, industry) = if round % 2 == 0 {
                (2, "wood")
            } else {
                (1, "steel")
            };
            let fields = Fields::new()
                .with("employees", employees)
                .with("industry", industry);
            crm.update_record(companies[round / 2 % companies.len()], fields)
                .unwrap();
        }
        ended.store(true, Ordering::Relaxed);
    });
}

fn companies(crm: &Crm, count: i64) -> Vec<Ref> {
    let changes = (0..count).map(|n| Change::Create {
        object: "company".to_owned(),
        id: None,
        fields: Company::draft()
            .name(format!("Company number {n}"))
            .employees(n)
            .industry(["steel", "wood", "software"][n as usize % 3])
            .into(),
    });
    let outcomes = crm.batch(&changes.collect::<Vec<_>>(), None).unwrap();
    outcomes.iter().map(|outcome| outcome.record).collect()
}
