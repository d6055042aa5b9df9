//! `stats`, `check`, `compact` and `backup`.

use std::path::Path;

use crm_core::Result;
use serde_json::{Map, Value as Json, json};

use super::counted;
use crate::args::Backup;
use crate::output::{Answer, Part, Side, Table};
use crate::progress::Progress;
use crate::shell::{Shell, cannot_read, refusal};

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
    let findings: Vec<Json> = report
        .findings
        .iter()
        .map(|finding| json!({"space": finding.place(), "what": finding.what}))
        .collect();
    let json = json!({
        "sound": report.is_sound(),
        "records": report.records,
        "rows": report.rows,
        "findings": findings,
    });
    let verdict = if report.is_sound() {
        "sound".to_owned()
    } else {
        counted(findings.len() as u64, "finding", "findings")
    };
    let mut text = vec![Part::Text(format!(
        "{verdict}: {} and {} compared",
        counted(report.records, "record", "records"),
        counted(report.rows, "row", "rows")
    ))];
    if !report.is_sound() {
        let mut table = Table::new(["Space", "What is wrong"].map(|title| (title, Side::Left)));
        for finding in &report.findings {
            table.row([finding.place().to_owned(), finding.what.clone()]);
        }
        text.push(Part::Table(table));
    }
    Ok(Answer {
        good: report.is_sound(),
        ..Answer::new(json, text)
    })
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

pub fn backup(shell: &Shell, args: &Backup) -> Result<Answer> {
    if args.to.exists() {
        let to = args.to.display().to_string();
        return Err(refusal(&to, "it is there, and a backup overwrites nothing"));
    }
    let progress = Progress::of("copying");
    shell.crm.backup(&args.to, &mut |done| progress.at(done))?;
    drop(progress);
    let (file, bytes) = (args.to.display().to_string(), bytes_of(&args.to)?);
    let line = format!("{file}: {}", counted(bytes, "byte", "bytes"));
    Ok(Answer::line(json!({"file": file, "bytes": bytes}), line))
}

fn bytes_of(path: &Path) -> Result<u64> {
    let metadata = std::fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
    Ok(metadata.len())
}
