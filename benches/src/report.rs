//! The results as a table and as JSON.

use std::fmt::Write as _;
use std::fs;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// What a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Time,
    /// Bytes.
    Bytes,
}

/// The measurements of one side, in the row's unit.
#[derive(Debug, Clone)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn new(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Samples(samples)
    }

    /// The value below which a share of the samples lies.
    pub fn percentile(&self, share: f64) -> f64 {
        let at = (self.0.len().saturating_sub(1) as f64 * share).round() as usize;
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }
}

/// A row of the table.
pub struct Row {
    pub job: String,
    pub against: &'static str,
    pub durability: &'static str,
    pub clients: usize,
    pub unit: Unit,
    pub ours: Samples,
    /// What it is against: SQLite, or our own store without the engine.
    pub other: Samples,
}

impl Row {
    /// The other side's median by ours: above 1 we are faster, or smaller.
    pub fn ratio(&self) -> f64 {
        self.other.percentile(0.5) / self.ours.percentile(0.5)
    }
}

/// Where and when it was measured.
pub struct Setting {
    pub contacts: usize,
    pub activities: usize,
    pub deals: usize,
}

impl Setting {
    fn lines(&self) -> Vec<String> {
        let now: DateTime<Utc> = std::time::SystemTime::now().into();
        let field = |path: &str, name: &str| -> String {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text
                .lines()
                .find(|line| line.starts_with(name))
                .unwrap_or_default();
            line.split_once(':')
                .map_or("", |(_, value)| value)
                .trim()
                .to_owned()
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        vec![
            format!(
                "{} · SQLite {}",
                now.to_rfc3339_opts(SecondsFormat::Secs, true),
                rusqlite::version()
            ),
            format!(
                "{} · {cores} cores · {} · Linux {} · load {}",
                field("/proc/cpuinfo", "model name"),
                field("/proc/meminfo", "MemTotal"),
                kernel.trim(),
                load.split(' ').next().unwrap_or_default(),
            ),
            format!(
                "{} contacts, {} activities, {} deals",
                self.contacts, self.activities, self.deals
            ),
        ]
    }
}

/// A figure with its unit.
pub fn shown(unit: Unit, value: f64) -> String {
    let scales: [(f64, &str); 4] = match unit {
        Unit::Time => [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
        Unit::Bytes => [(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
    };
    let (scale, name) = scales
        .into_iter()
        .find(|(scale, _)| value >= *scale)
        .unwrap_or(scales[3]);
    let value = value / scale;
    let decimals = usize::from(value < 100.0) + usize::from(value < 10.0);
    format!("{value:.decimals$} {name}")
}

/// The table in Markdown, aligned so that it also reads well in a terminal.
pub fn table(setting: &Setting, rows: &[Row]) -> String {
    let head = [
        "job",
        "against",
        "durability",
        "clients",
        "ours p50",
        "p95",
        "other p50",
        "p95",
        "ratio",
    ];
    let mut lines: Vec<[String; 9]> = vec![head.map(str::to_owned)];
    for row in rows {
        let show = |samples: &Samples, share| shown(row.unit, samples.percentile(share));
        lines.push([
            row.job.clone(),
            row.against.to_owned(),
            row.durability.to_owned(),
            row.clients.to_string(),
            show(&row.ours, 0.5),
            show(&row.ours, 0.95),
            show(&row.other, 0.5),
            show(&row.other, 0.95),
            format!("{:.2}", row.ratio()),
        ]);
    }
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 9] = std::array::from_fn(width);
    let mut out = setting.lines().join("\n")
        + "\nratio = the other side's median ÷ ours (SQLite where redb is not named): above 1 we are faster (smaller)\n\n";
    for (number, line) in lines.iter().enumerate() {
        for (column, (text, width)) in line.iter().zip(widths).enumerate() {
            // Writing to a String cannot fail.
            let _ = if column < 3 {
                write!(out, "| {text:<width$} ")
            } else {
                write!(out, "| {text:>width$} ")
            };
        }
        out.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.into_iter().enumerate() {
                let (rule, end) = ("-".repeat(width + 1), if column < 3 { '-' } else { ':' });
                let _ = write!(out, "|{rule}{end}");
            }
            out.push_str("|\n");
        }
    }
    out
}

/// The same for programs: times in seconds, sizes in bytes.
pub fn json(setting: &Setting, rows: &[Row]) -> Value {
    let side = |samples: &Samples| json!({"p50": samples.percentile(0.5), "p95": samples.percentile(0.95), "samples": samples.0.len()});
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "job": row.job,
                "against": row.against,
                "durability": row.durability,
                "clients": row.clients,
                "unit": match row.unit { Unit::Time => "s", Unit::Bytes => "B" },
                "ours": side(&row.ours),
                "other": side(&row.other),
                "ratio": row.ratio(),
            })
        })
        .collect();
    json!({
        "setting": setting.lines(),
        "contacts": setting.contacts,
        "activities": setting.activities,
        "deals": setting.deals,
        "rows": rows,
    })
}
