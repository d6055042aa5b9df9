//! The crm-sales files, imported by the plan that the quickstart ships: whole, with nothing dropped in silence.
//!
//! They are not part of this repository. Where they are not found (beside it, or in `$CRM_SALES_DIR`), a small
//! extract with the same dirt stands in for them.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crm_core::*;
use rust_decimal::Decimal;

fn folder_of_this_crate() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn extract() -> PathBuf {
    folder_of_this_crate().join("tests/data/crm-sales")
}

/// The real files, where they are.
fn real_files() -> Option<PathBuf> {
    let given = std::env::var_os("CRM_SALES_DIR").map(PathBuf::from);
    let beside = [
        "../../shared/data/crm-sales",
        "../../../shared/data/crm-sales",
    ];
    let beside = beside.map(|folder| folder_of_this_crate().join(folder));
    let mut folders = given.into_iter().chain(beside);
    folders.find(|folder| folder.join("sales_pipeline.csv").exists())
}

fn crm() -> Crm {
    let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
    let crm = Crm::options().clock(clock).ids(SequentialIds::default());
    crm.in_memory().unwrap()
}

fn import(crm: &Crm, folder: &Path) -> Vec<ImportReport> {
    let plan = folder_of_this_crate().join("../examples/quickstart/crm-sales/plan.json");
    let plan = ImportPlan::load(plan).unwrap();
    crm.run_import_plan(&plan, folder, &mut |_| ControlFlow::Continue(()))
        .unwrap()
}

fn rows(folder: &Path, file: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// Count and sum of the deals of each stage, from the file itself.
fn expected_stages(folder: &Path) -> BTreeMap<String, (u64, Decimal)> {
    let mut stages: BTreeMap<String, (u64, Decimal)> = BTreeMap::new();
    for row in rows(folder, "sales_pipeline.csv") {
        let stage = stages.entry(row["deal_stage"].clone()).or_default();
        stage.0 += 1;
        stage.1 += row["close_value"].parse::<Decimal>().unwrap_or_default();
    }
    stages
}

/// The amounts of a sum of money; there is one for each currency.
fn amounts(sum: &Value) -> impl Iterator<Item = Decimal> {
    let list = match sum {
        Value::List(list) => list.clone(),
        one => vec![one.clone()],
    };
    list.into_iter().filter_map(|value| match value {
        Value::Money(money) => Some(money.amount()),
        _ => None,
    })
}

fn count(crm: &Crm, filter: &str) -> u64 {
    crm.count("deal", filter).unwrap()
}

fn check_import(folder: &Path) -> Crm {
    let crm = crm();
    let reports = import(&crm, folder);
    for report in &reports {
        assert_eq!(report.problems, [], "{:?}", report.run);
        assert!(report.unmapped_columns.is_empty());
    }
    let deals = rows(folder, "sales_pipeline.csv");
    let read = |report: &ImportReport| (report.rows, report.created);
    let all = deals.len() as u64;
    assert_eq!(read(&reports[5]), (all, all));

    let stages = expected_stages(folder);
    let pipeline = crm.find(&Query::of("pipeline")).unwrap().rows.remove(0);
    let board = crm.board("deal", pipeline.reference(), 0).unwrap();
    let by_column: BTreeMap<String, (u64, Decimal)> = board
        .columns
        .iter()
        .map(|column| {
            let sum = amounts(&column.sums[0]).sum();
            (crm.title(&column.record), (column.count, sum))
        })
        .collect();
    assert_eq!(by_column, stages);
    let by_stage = crm
        .aggregate(&Aggregate::of("deal").group_by("stage").sum("amount"))
        .unwrap();
    for group in by_stage {
        let Value::Ref(stage) = group.key[0] else {
            panic!("{group:?} is not that of a stage");
        };
        let stage = crm.title(&crm.get_record(stage).unwrap());
        let sum: Decimal = amounts(&group.measures[0]).sum();
        assert_eq!((group.count, sum), stages[&stage], "{stage}");
    }

    // Nothing is lost: what the file leaves open is open, what it names is linked.
    let without = |column: &str| deals.iter().filter(|row| row[column].is_empty()).count() as u64;
    assert_eq!(count(&crm, "company == null"), without("account"));
    assert_eq!(count(&crm, "amount == null"), without("close_value"));
    assert_eq!(count(&crm, "opened == null"), without("engage_date"));
    assert_eq!(count(&crm, "owner == null || product == null"), 0);
    let dirty = deals
        .iter()
        .filter(|row| row["product"] == "GTXPro")
        .count() as u64;
    assert_eq!(count(&crm, "product.name == 'GTX Pro'"), dirty);
    let accounts = rows(folder, "accounts.csv");
    let subsidiaries = accounts
        .iter()
        .filter(|row| !row["subsidiary_of"].is_empty())
        .count();
    assert_eq!(
        crm.count("company", "parent != null").unwrap(),
        subsidiaries as u64
    );
    assert_eq!(crm.count("company", "").unwrap(), accounts.len() as u64);

    // A deal that was closed before it came here was closed on its own day.
    let closed = crm
        .list::<Deal>(Query::default().filter("status != 'open'").limit(10_000))
        .unwrap();
    for deal in &closed.rows {
        let day = deal.close_date().unwrap().and_hms_opt(0, 0, 0).unwrap();
        assert_eq!(deal.closed_at(), Some(day.and_utc()));
    }
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    crm
}

#[test]
fn the_real_files_are_imported_whole() {
    let Some(folder) = real_files() else {
        println!("skipped: the crm-sales files are not here; set CRM_SALES_DIR to their folder");
        return;
    };
    let crm = check_import(&folder);
    assert_eq!(count(&crm, "status == 'won'"), 4_238);
    assert_eq!(count(&crm, "status == 'lost'"), 2_473);
    assert_eq!(count(&crm, ""), 8_800);
    let won = Aggregate::of("deal")
        .filter("status == 'won'")
        .sum("amount");
    let groups = crm.aggregate(&won).unwrap();
    assert_eq!(groups[0].measures[0].to_string(), "10005534.00 USD");
    assert_eq!(crm.count("user", "").unwrap(), 35 + 6);
    assert_eq!(crm.count("company", "").unwrap(), 85);
}

#[test]
fn an_extract_with_the_same_dirt_is_imported_whole() {
    let crm = check_import(&extract());
    let kestrel = crm
        .list::<Company>(Query::default().filter("name == 'Kestrel Ltd'"))
        .unwrap()
        .rows
        .remove(0);
    assert_eq!(kestrel.industry(), Some("technology"));
    assert_eq!(
        kestrel.annual_revenue().unwrap().to_string(),
        "1100040000.00 USD"
    );
    // The parent comes in a later row.
    let parent = crm.get(kestrel.parent().unwrap()).unwrap();
    assert_eq!(parent.name(), Some("Wyvern Group"));
    // A manager who comes in a later row is not created twice.
    assert_eq!(crm.count("user", "name == 'Dora Lindqvist'").unwrap(), 1);
    assert_eq!(
        crm.count("user", "manager.name == 'Otto Brandt'").unwrap(),
        2
    );
    let names = crm.find(&Query::of("deal").sort("external_id")).unwrap();
    let names: Vec<String> = names.rows.iter().map(|deal| crm.title(deal)).collect();
    assert_eq!(names[1], "GTX Pro – Osprey & Co");
    assert_eq!(names[4], "GTX Basic");
}

#[test]
fn a_second_run_changes_nothing_and_one_undo_takes_all_of_it_back() {
    let crm = crm();
    let operation = import(&crm, &extract())[0].operation.clone();
    let again = import(&crm, &extract());
    for report in &again {
        assert_eq!(report.unchanged, report.rows, "{:?}", report.problems);
    }
    let report = crm.undo(&operation).unwrap();
    assert_eq!(report.skipped, []);
    for object in [
        "user", "team", "company", "product", "pipeline", "stage", "deal",
    ] {
        assert_eq!(crm.count(object, "").unwrap(), 0, "{object}");
    }
    assert!(crm.check().unwrap().is_sound());
}
