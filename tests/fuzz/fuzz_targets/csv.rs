//! CSV files of every dialect and dirt: each row is accounted for, and an undone import has never been.
#![no_main]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use crm_core::{ImportMode, ImportOptions};
use crm_fuzz::{Input, World, assert_sound, expected};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(20));

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let [object, mode, how] = input.array();
    let (object, by, link) = [
        ("company", "name", "parent"),
        ("contact", "email", "company"),
        ("deal", "external_id", "company"),
        ("sample", "a_text", "a_reference"),
    ][usize::from(object % 4)];
    let is_set = |bit: u8| how & 1 << bit != 0;
    let options = ImportOptions {
        mode: match mode % 3 {
            0 => ImportMode::Create,
            1 => ImportMode::Update(by.to_owned()),
            _ => ImportMode::Upsert(by.to_owned()),
        },
        create_missing: is_set(0).then(|| link.to_owned()).into_iter().collect(),
        custom_fields: is_set(1),
        strict: is_set(2),
        clear_empty: is_set(3),
        with_rules: is_set(4),
        dry_run: is_set(5),
        delimiter: is_set(6).then_some(';'),
        ..ImportOptions::new(object)
    };
    let crm = WORLD.fork().expect("a database");
    let before = crm.count(object, "").expect("a count");
    let file = input.0;
    let report = match crm.import_csv(file, &options, &mut |_| ControlFlow::Continue(())) {
        Ok(report) => report,
        Err(error) => {
            expected(&error);
            return assert_eq!(crm.count(object, "").expect("a count"), before);
        }
    };
    let sum = report.created + report.updated + report.unchanged + report.refused;
    assert_eq!(report.rows, sum, "rows that went nowhere");
    let links = report.created_links.get(object).copied().unwrap_or(0);
    let after = crm.count(object, "").expect("a count");
    if options.dry_run {
        return assert_eq!(after, before, "a dry run leaves records behind");
    }
    assert_eq!(after, before + report.created + links);
    assert_sound(&crm);
    if report.created + report.updated + links > 0 {
        crm.undo(&report.operation)
            .expect("an import can be undone");
        assert_eq!(crm.count(object, "").expect("a count"), before);
        assert_sound(&crm);
    }
});
