//! What the tests share: a database whose time and ids are the test's, and a sales pipeline.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::sync::Arc;

use crm_core::*;

/// Monday, 2 March 2026, 09:00 UTC: what the clock shows at first.
pub const START: &str = "2026-03-02T09:00:00Z";

/// An empty database in memory and its clock.
pub fn crm() -> (Crm, Arc<ManualClock>) {
    let (options, clock) = options();
    (options.in_memory().unwrap(), clock)
}

/// How the tests open databases.
pub fn options() -> (Options, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(at(START)));
    let options = Crm::options()
        .clock(clock.clone())
        .ids(SequentialIds::default());
    (options, clock)
}

/// A database in memory and, where there are files, one on a file, for what must hold on both. The folder goes
/// when it is dropped.
pub fn on_each_store() -> (Vec<(Crm, Arc<ManualClock>)>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let stores = vec![
        crm(),
        #[cfg(feature = "redb")]
        {
            let (options, clock) = options();
            (options.open(folder.path().join("test.crm")).unwrap(), clock)
        },
    ];
    (stores, folder)
}

pub fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

pub fn money(amount: i64, currency: &str) -> Money {
    Money::new(amount, Currency::new(currency).unwrap()).unwrap()
}

/// The pipeline `Sales` of two open stages, one won and one lost.
pub fn pipeline(crm: &Crm) -> (Id<Pipeline>, Vec<Id<Stage>>) {
    pipeline_named(crm, "Sales")
}

/// As [`pipeline`], with a name of the test's.
pub fn pipeline_named(crm: &Crm, name: &str) -> (Id<Pipeline>, Vec<Id<Stage>>) {
    let sales = crm.create(Pipeline::draft().name(name)).unwrap();
    let stages = [
        ("Qualification", StageKind::Open, 10),
        ("Proposal", StageKind::Open, 50),
        ("Won", StageKind::Won, 100),
        ("Lost", StageKind::Lost, 0),
    ];
    let stages = stages
        .iter()
        .enumerate()
        .map(|(order, (name, kind, probability))| {
            let stage = Stage::draft()
                .name(*name)
                .pipeline(sales)
                .order(order as i64)
                .kind(*kind)
                .probability(*probability);
            crm.create(stage).unwrap()
        });
    (sales, stages.collect())
}

/// Every derived structure says what the records say.
#[track_caller]
pub fn assert_sound(crm: &Crm) {
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:#?}", report.findings);
}
