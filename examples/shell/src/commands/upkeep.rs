//! `stats`, `check`, `repair`, `salvage` and `compact`.

use std::path::Path;

use crm_core::{Crm, Finding, Ref, Result};
use serde_json::{Map, Value as Json, json};

use super::counted;
use crate::args::Copy;
use crate::output::{Answer, Part, Side, Table};
use crate::progress::Progress;
use crate::shell::{Shell, cannot_read};

pub fn stats(shell: &Shell) -> Result<Answer> {
    let stats = shell.crm.stats()?;
    let mut records = Table::new([("Object", Side::Left), ("Records", Side::Right)]);
    for (object, count) in &stats.records {
        records.row([object.clone(), count.to_string()]);
    }
    let mut spaces = Table::new([
        ("Space", Side::Left),
        ("Entries", Side::Right),
        ("Bytes", Side::Right),
    ]);
    let mut json_spaces = Vec::new();
    for space in &stats.storage.spaces {
        let name = format!("{:?}", space.space).to_lowercase();
        spaces.row([
            name.clone(),
            space.entries.to_string(),
            space.stored_bytes.to_string(),
        ]);
        json_spaces
            .push(json!({"space": name, "entries": space.entries, "bytes": space.stored_bytes}));
    }
    let counts: Map<String, Json> = stats
        .records
        .iter()
        .map(|(object, count)| (object.clone(), (*count).into()))
        .collect();
    let json = json!({
        "records": counts,
        "sequence": stats.sequence,
        "file_bytes": stats.storage.file_bytes,
        "spaces": json_spaces,
    });
    let last = format!(
        "{}, {} on disk",
        counted(stats.sequence, "commit", "commits"),
        counted(stats.storage.file_bytes, "byte", "bytes")
    );
    Ok(Answer::new(
        json,
        vec![Part::Table(records), Part::Table(spaces), Part::Text(last)],
    ))
}

pub fn check(shell: &Shell) -> Result<Answer> {
    let progress = Progress::of("checking");
    let report = shell.crm.check()?;
    drop(progress);
    let json = json!({
        "sound": report.is_sound(),
        "records": report.records,
        "rows": report.rows,
        "findings": json_of(&report.findings),
    });
    let verdict = if report.is_sound() {
        "sound".to_owned()
    } else {
        counted(report.findings.len() as u64, "finding", "findings")
    };
    let mut text = vec![Part::Text(format!(
        "{verdict}: {} and {} compared",
        counted(report.records, "record", "records"),
        counted(report.rows, "row", "rows")
    ))];
    text.extend(table_of(&report.findings));
    Ok(Answer {
        good: report.is_sound(),
        ..Answer::new(json, text)
    })
}

pub fn repair(shell: &Shell) -> Result<Answer> {
    let progress = Progress::of("repairing");
    let report = shell.crm.repair()?;
    drop(progress);
    let json = json!({
        "found": json_of(&report.found),
        "rows": report.rows,
        "records": report.records,
        "left": json_of(&report.left),
    });
    let mut text = vec![Part::Text(format!(
        "{}; {} and {} put right; {} left",
        counted(report.found.len() as u64, "finding", "findings"),
        counted(report.rows, "row", "rows"),
        counted(report.records, "record", "records"),
        report.left.len()
    ))];
    text.extend(table_of(&report.left));
    Ok(Answer {
        good: report.left.is_empty(),
        ..Answer::new(json, text)
    })
}

pub fn salvage(file: &Path, args: &Copy) -> Result<Answer> {
    let progress = Progress::of("reading");
    let report = Crm::salvage(file, &args.to, &mut |done| progress.at(done))?;
    drop(progress);
    let ids = |records: &[Ref]| -> Vec<String> {
        let ids = records.iter().map(|record| record.id.to_string());
        ids.collect()
    };
    let json = json!({
        "file": args.to.display().to_string(),
        "records": report.records,
        "unreadable": json_of(&report.unreadable),
        "from_pages": ids(&report.from_pages),
        "doubtful": ids(&report.doubtful),
        "findings": json_of(&report.findings),
    });
    let mut text = vec![Part::Text(format!(
        "{} saved, {} of them from pages to which nothing leads any more, {} from damaged ones",
        counted(report.records, "record", "records"),
        report.from_pages.len(),
        report.doubtful.len()
    ))];
    text.extend(table_of(&report.unreadable));
    text.extend(table_of(&report.findings));
    Ok(Answer {
        good: report.unreadable.is_empty() && report.findings.is_empty(),
        ..Answer::new(json, text)
    })
}

pub(super) fn json_of(findings: &[Finding]) -> Json {
    let findings = findings.iter();
    findings
        .map(|finding| json!({"space": finding.place(), "what": finding.what}))
        .collect()
}

/// Nothing where there are none.
pub(super) fn table_of(findings: &[Finding]) -> Option<Part> {
    let mut table = Table::new(["Space", "What is wrong"].map(|title| (title, Side::Left)));
    for finding in findings {
        table.row([finding.place().to_owned(), finding.what.clone()]);
    }
    (!findings.is_empty()).then_some(Part::Table(table))
}

pub fn compact(shell: &Shell) -> Result<Answer> {
    let before = bytes_of(&shell.file)?;
    let progress = Progress::of("compacting");
    shell.crm.compact(&mut |done| progress.at(done))?;
    drop(progress);
    let after = bytes_of(&shell.file)?;
    Ok(Answer::line(
        json!({"bytes_before": before, "bytes_after": after}),
        format!("{before} bytes before, {after} after"),
    ))
}

pub(super) fn bytes_of(path: &Path) -> Result<u64> {
    let metadata = std::fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
    Ok(metadata.len())
}
