//! Reads that somebody ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::search::SearchOptions;
use crm_core::*;

/// A clock that goes on by a second each time it is asked: it says how often that was.
#[derive(Default)]
pub struct Ticking(AtomicU64);

impl Clock for &'static Ticking {
    fn now(&self) -> DateTime<Utc> {
        let asked = self.0.fetch_add(1, Ordering::Relaxed);
        DateTime::UNIX_EPOCH + TimeDelta::seconds(asked.cast_signed())
    }
}

/// Such a clock for a database of a test.
pub fn ticking() -> &'static Ticking {
    Box::leak(Box::default())
}

/// A thousand companies; with or without columns.
fn world(column_bytes: usize) -> (Crm, &'static Ticking) {
    let clock = ticking();
    let options = Crm::options().clock(clock).column_bytes(column_bytes);
    let crm = options.in_memory().unwrap();
    let changes: Vec<_> = (0..1_000_i64)
        .map(|n| Change::Create {
            object: "company".to_owned(),
            id: None,
            fields: Fields::new()
                .with("name", format!("Company {n}"))
                .with("employees", n % 7),
        })
        .collect();
    crm.without_rules().batch(&changes, None).unwrap();
    (crm, clock)
}

type Reads = [(&'static str, fn(&Session) -> Result<()>); 11];

/// Everything that reads as much as there is.
const READS: Reads = [
    ("count", |crm| {
        crm.count("company", "employees > 2 && name.contains('x')")
            .map(drop)
    }),
    ("find", |crm| {
        crm.find(&Query::of("company").filter("name.contains('x')"))
            .map(drop)
    }),
    ("find in order", |crm| {
        crm.find(&Query::of("company").sort("employees")).map(drop)
    }),
    ("find by index", |crm| {
        crm.find(&Query::of("company").sort("name").limit(1_000))
            .map(drop)
    }),
    ("find_all", |crm| {
        crm.find_all(&Query::of("company"))
            .try_for_each(|row| row.map(drop))
    }),
    ("find_all in order", |crm| {
        let all = Query::of("company").sort("employees");
        crm.find_all(&all).try_for_each(|row| row.map(drop))
    }),
    ("aggregate", |crm| {
        crm.aggregate(
            &Aggregate::of("company")
                .group_by("employees")
                .sum("employees"),
        )
        .map(drop)
    }),
    ("search", |crm| {
        let options = SearchOptions {
            limit: 1_000,
            ..SearchOptions::default()
        };
        crm.search("company", &options).map(drop)
    }),
    ("export", |crm| {
        crm.export_csv(&Query::of("company"), &[], std::io::sink())
            .map(drop)
    }),
    ("check", |crm| crm.check().map(drop)),
    ("timeline", |crm| {
        let company = crm.find(&Query::of("company").limit(1))?.rows;
        crm.timeline(&TimelineQuery::of(company[0].reference()))
            .map(drop)
    }),
];

#[test]
fn a_read_ends_when_it_is_told_to() {
    for column_bytes in [0, 16 << 20] {
        let (crm, _) = world(column_bytes);
        let cancel = Cancel::new();
        let session = crm.cancelled_by(&cancel);
        for (name, read) in READS {
            read(&session).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        cancel.cancel();
        for (name, read) in READS {
            let code = read(&session).map_err(|error| error.code());
            assert_eq!(code, Err(Code::Cancelled), "{name}");
            read(&crm).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

/// It ends at once, wherever the time comes, and not at the end of what it reads.
#[test]
fn a_read_ends_when_its_time_has_come() {
    for column_bytes in [0, 16 << 20] {
        let (crm, clock) = world(column_bytes);
        for (name, read) in READS {
            for seconds in [5, 60, 300] {
                let now = clock.now();
                let cancel = Cancel::at(now + TimeDelta::seconds(seconds));
                let result = read(&crm.cancelled_by(&cancel));
                let asked = (clock.now() - now).num_seconds();
                match result {
                    Ok(()) => assert!(asked <= seconds + 2, "{name}: done after {asked}"),
                    Err(error) => {
                        assert_eq!(error.code(), Code::Cancelled, "{name}");
                        assert!(asked <= seconds + 5, "{name}: ended after {asked}");
                    }
                }
            }
        }
    }
}

/// The host's other thread, while the session reads.
#[test]
fn another_thread_ends_a_read() {
    let (crm, _) = world(0);
    let cancel = Cancel::new();
    let session = crm.cancelled_by(&cancel);
    let crm = Arc::new(crm);
    let reader = std::thread::spawn(move || {
        loop {
            if let Err(error) = session.count("company", "name.contains('x')") {
                return error;
            }
        }
    });
    crm.create(Company::draft().name("Acme")).unwrap();
    cancel.cancel();
    assert_eq!(reader.join().unwrap().code(), Code::Cancelled);
}
