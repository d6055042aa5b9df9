//! `backup` and `restore-backup`.

use std::path::Path;

use crm_core::value::{ReadOptions, normalise};
use crm_core::{Crm, PointInTime, Result};
use serde_json::json;

use super::counted;
use super::upkeep::{bytes_of, json_of, table_of};
use crate::args::{Backup, RestoreBackup};
use crate::output::{Answer, Part};
use crate::progress::Progress;
use crate::shell::{Shell, refusal};

pub fn backup(shell: &Shell, args: &Backup) -> Result<Answer> {
    let file = args.to.display().to_string();
    if args.to.exists() {
        return Err(refusal(
            &file,
            "it is there, and a backup overwrites nothing",
        ));
    }
    let progress = Progress::of("copying");
    let (json, commits) = match args.since {
        Some(since) => {
            let increment = shell
                .crm
                .backup_since(since, &args.to, &mut |done| progress.at(done))?;
            let json = json!({"from": increment.from, "to": increment.to, "rows": increment.rows});
            (json, format!("commits {} to {}", since + 1, increment.to))
        }
        None => {
            shell.crm.backup(&args.to, &mut |done| progress.at(done))?;
            // Nobody else writes: the file is ours.
            let to = shell.crm.sequence();
            (json!({"to": to}), format!("up to commit {to}"))
        }
    };
    drop(progress);
    let bytes = bytes_of(&args.to)?;
    let mut json = json;
    json["file"] = json!(file);
    json["bytes"] = json!(bytes);
    let line = format!("{file}: {commits}, {}", counted(bytes, "byte", "bytes"));
    Ok(Answer::line(json, line))
}

pub fn restore(base: &Path, args: &RestoreBackup) -> Result<Answer> {
    let point = match (args.commit, &args.at) {
        (Some(commit), _) => PointInTime::Commit(commit),
        (None, Some(at)) => PointInTime::Time(normalise::datetime(at, &ReadOptions::default())?),
        (None, None) => PointInTime::Newest,
    };
    let progress = Progress::of("restoring");
    let tick = &mut |done| progress.at(done);
    let report = Crm::restore(base, &args.increments, &args.to, point, tick)?;
    drop(progress);
    let purged: Vec<String> = report
        .purged
        .iter()
        .map(|record| record.id.to_string())
        .collect();
    let file = args.to.display().to_string();
    let mut text = vec![Part::Text(format!(
        "{file}: as it was after commit {}, but for {} that were purged later",
        report.sequence,
        counted(purged.len() as u64, "record", "records")
    ))];
    text.extend(table_of(&report.findings));
    let json = json!({
        "file": file,
        "sequence": report.sequence,
        "purged": purged,
        "findings": json_of(&report.findings),
    });
    Ok(Answer {
        good: report.findings.is_empty(),
        ..Answer::new(json, text)
    })
}
