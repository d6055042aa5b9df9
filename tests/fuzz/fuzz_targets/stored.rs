//! What is stored, changed anywhere (records, indexes, log, totals, postings, queue, schema): every read ends with an
//! answer or a typed error, and so does the check.
#![no_main]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::time::Duration;

use crm_core::{
    Aggregate, Crm, ImportOptions, Pipeline, Query, SearchOptions, TimelineQuery, Watch,
};
use crm_fuzz::{Input, World};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(80));

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mut changes: BTreeMap<usize, Vec<[u8; 4]>> = BTreeMap::new();
    while !input.is_empty() && changes.len() < 8 {
        let position = usize::from(input.u16()) % WORLD.entries();
        changes.entry(position).or_default().push(input.array());
    }
    let opened = WORLD.fork_with(|position, key, value| {
        changes
            .get(&position)
            .is_none_or(|changes| changes.iter().all(|how| change(key, value, *how)))
    });
    if let Ok(crm) = opened {
        read(&crm);
        write(&crm);
    }
});

/// Changes a byte of an entry, cuts it, makes it longer, or says that it goes.
fn change(key: &mut Vec<u8>, value: &mut Vec<u8>, [kind, at, at_high, byte]: [u8; 4]) -> bool {
    let bytes = if kind & 0x80 != 0 { key } else { value };
    let at = usize::from(u16::from_le_bytes([at, at_high]));
    let place = bytes.len().checked_sub(1).map(|last| at % (last + 1));
    match (kind & 7, place) {
        (0, _) => return false,
        (1, Some(place)) => bytes.truncate(place),
        (2, _) => bytes.extend(std::iter::repeat_n(byte, at % 40)),
        (3, Some(place)) => bytes[place] ^= 1 << (byte % 8),
        (_, Some(place)) => bytes[place] = byte,
        (_, None) => {}
    }
    true
}

/// Each read is asked for; its outcome is any, as long as there is one.
fn read(crm: &Crm) {
    let _ = crm.check();
    let _ = crm.stats();
    for commit in crm.changes(0, 1_000).unwrap_or_default() {
        for entry in commit.entries.iter().take(20) {
            let _ = crm.history(entry.record);
            let _ = crm.timeline(&TimelineQuery::of(entry.record));
            let _ = crm.record_as_of(entry.record, commit.commit.sequence);
        }
    }
    for object in ["company", "contact", "deal", "sample"] {
        let _ = crm.find(&Query::of(object).sort("-created_at"));
        let _ = crm.count(object, "owner == null");
        let _ = crm.aggregate(&Aggregate::of(object));
        if let Ok(mut watched) = crm.watch(Watch::Query(Query::of(object))) {
            let _ = watched.next_batch(Some(Duration::ZERO));
        }
    }
    let _ = crm.search("acme bol", &SearchOptions::default());
    let pipelines = crm.list::<Pipeline>(Query::default());
    for pipeline in pipelines.map(|page| page.rows).unwrap_or_default() {
        let _ = crm.board("deal", pipeline.id().reference(), 10);
    }
    let _ = crm.next_due();
}

fn write(crm: &Crm) {
    let file = "name,employees\nAcme,7\nBolt,8\n".as_bytes();
    let options = ImportOptions::new("company").upsert("name");
    let _ = crm.import_csv(file, &options, &mut |_| ControlFlow::Continue(()));
    let _ = crm.run_due(crm.now());
    while crm.maintain().unwrap_or(false) {}
    let _ = crm.check();
}
