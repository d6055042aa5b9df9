use std::ops::ControlFlow;

use crm_core::*;

pub fn crm() -> Crm {
    let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
    let options = Crm::options().clock(clock).ids(SequentialIds::default());
    options.in_memory().unwrap()
}

pub fn try_import(
    crm: &Session,
    file: impl AsRef<[u8]>,
    options: &ImportOptions,
) -> Result<ImportReport> {
    crm.import_csv(file.as_ref(), options, &mut |_| ControlFlow::Continue(()))
}

pub fn import(crm: &Session, file: impl AsRef<[u8]>, options: &ImportOptions) -> ImportReport {
    try_import(crm, file, options).unwrap()
}

/// The only record of an object.
pub fn only<O: schema::Object>(crm: &Crm) -> View<O> {
    let mut rows = crm.list::<O>(Query::default()).unwrap().rows;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

/// Row, column and reason of each problem.
pub fn problems(report: &ImportReport) -> Vec<(u64, &str, &str)> {
    let problems = report.problems.iter();
    problems
        .map(|problem| {
            (
                problem.row,
                problem.column.as_str(),
                problem.reason.as_str(),
            )
        })
        .collect()
}

pub fn assert_sound(crm: &Crm) {
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}
