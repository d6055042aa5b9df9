//! Cost against size, drawn with letters.

use std::fmt::Write as _;

use crate::report::{Row, Samples, Setting, Unit, shown};

/// For each job and side a bar for each size. A block more is twice the time: where ten times the contacts cost
/// three blocks more, the cost is linear, and where they cost none, it is flat.
pub fn chart(tables: &[(Setting, Vec<Row>)]) -> String {
    let mut out = String::from("cost against size: each block more is twice the time\n");
    let Some((_, first)) = tables.first() else {
        return out;
    };
    for row in first.iter().filter(|row| row.unit == Unit::Time) {
        let of_size = |(setting, rows): &(Setting, Vec<Row>)| {
            let same = rows.iter().find(|other| {
                (&other.job, other.against, other.clients) == (&row.job, row.against, row.clients)
            });
            same.map(|row| (setting.contacts, row.ours.clone(), row.other.clone()))
        };
        let sizes: Vec<_> = tables.iter().filter_map(of_size).collect();
        if sizes.len() < 2 {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\n{} ({})", row.job, row.against);
        for (contacts, ours, _) in &sizes {
            let _ = writeln!(out, "  ours  {}", bar(*contacts, ours));
        }
        for (contacts, _, other) in &sizes {
            let _ = writeln!(out, "  other {}", bar(*contacts, other));
        }
    }
    out
}

fn bar(contacts: usize, samples: &Samples) -> String {
    let median = samples.percentile(0.5);
    // From a quarter of a microsecond on.
    let blocks = (median * 4e6).log2().round().max(0.0) as usize;
    format!(
        "{contacts:>9} {:>8} {}",
        shown(Unit::Time, median),
        "█".repeat(blocks)
    )
}
