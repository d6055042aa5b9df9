//! The log.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::tables::Tables;
use super::{Input, record, reference};

/// Every commit with its entries.
pub(crate) fn commits(tables: &Tables) -> Json {
    let mut commits: Vec<Json> = Vec::new();
    for (key, value) in tables.all("log").filter(|(key, _)| key[0] == 1) {
        let mut key = Input(&key[1..]);
        let (sequence, n) = (counted(&mut key), counted(&mut key));
        if n == 0 {
            let fields = record::fields(value);
            assert_eq!(sequence, commits.len() as u64 + 1, "commits have no gaps");
            commits.push(json!({
                "sequence": sequence,
                "at": fields["1"]["time"],
                "actor": fields["2"]["ref"],
                "cause": fields["3"]["text"].as_str().unwrap_or_default(),
                "operation": fields["4"]["text"],
                "entries": [],
            }));
        } else {
            let commit = commits.last_mut().unwrap();
            let entries = commit["entries"].as_array_mut().unwrap();
            entries.push(entry(n, Input(value)));
        }
    }
    commits.into()
}

/// A number behind the count of its bytes.
fn counted(input: &mut Input<'_>) -> u64 {
    let count = input.u8();
    let bytes = input.take(count.into());
    assert_ne!(bytes.first(), Some(&0), "no leading zeros");
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn entry(n: u64, mut value: Input<'_>) -> Json {
    let kind = value.u8();
    let object = u16::from_be_bytes(value.array());
    let record = reference(object, value.take(16));
    if value.0.is_empty() {
        return json!({ "n": n, "kind": kind, "record": record, "cause": null, "changes": [] });
    }
    let len = u32::from_be_bytes(value.array());
    let cause = String::from_utf8(value.take(len as usize).to_vec()).unwrap();
    let len = u32::from_be_bytes(value.array());
    let (old, new) = (
        record::fields(value.take(len as usize)),
        record::fields(value.0),
    );
    let numbers = |fields: &Json| -> BTreeSet<u16> {
        let numbers = fields.as_object().unwrap().keys();
        numbers.map(|number| number.parse().unwrap()).collect()
    };
    let changed = numbers(&old)
        .union(&numbers(&new))
        .copied()
        .collect::<Vec<_>>();
    let changes = changed.iter().map(|field| {
        let of = |fields: &Json| fields[&field.to_string()].clone();
        json!([field, of(&old), of(&new)])
    });
    json!({
        "n": n,
        "kind": kind,
        "record": record,
        "cause": Some(cause).filter(|cause| !cause.is_empty()),
        "changes": changes.collect::<Vec<_>>(),
    })
}

/// Each entry stands in the history of its record, and each commit of an operation under its name.
pub(crate) fn is_complete(tables: &Tables) {
    let mut histories: BTreeSet<(String, u64, u64)> = BTreeSet::new();
    let mut operations: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (key, value) in tables.all("log").filter(|(key, _)| key[0] > 1) {
        assert!(value.is_empty());
        let mut rest = Input(&key[1..]);
        if key[0] == 2 {
            let object = u16::from_be_bytes(rest.array());
            let record = reference(object, rest.take(16));
            histories.insert((record, counted(&mut rest), counted(&mut rest)));
        } else {
            let (name, commit) = rest.0.split_at(rest.0.len() - 8);
            let name = String::from_utf8(name.strip_suffix(&[0]).unwrap().to_vec()).unwrap();
            let commit = u64::from_be_bytes(commit.try_into().unwrap());
            operations.entry(name).or_default().push(commit);
        }
    }
    let commits = commits(tables);
    let mut expected = BTreeSet::new();
    let mut named: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for commit in commits.as_array().unwrap() {
        let sequence = commit["sequence"].as_u64().unwrap();
        for entry in commit["entries"].as_array().unwrap() {
            let record = entry["record"].as_str().unwrap().to_owned();
            expected.insert((record, sequence, entry["n"].as_u64().unwrap()));
        }
        if let Some(name) = commit["operation"].as_str() {
            named.entry(name.to_owned()).or_default().push(sequence);
        }
    }
    assert_eq!(histories, expected);
    assert_eq!(operations, named);
}
