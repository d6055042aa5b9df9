//! The description of the format (`crm-core/FORMAT.md`) suffices to read a file: this reader uses redb, SHA-256 and the
//! description, and none of crm-core's decoders, and finds what the engine has found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

mod keys;
mod log;
mod record;
mod search;
mod tables;

use std::collections::BTreeMap;

use crm_golden::{all, copy, kept_dump};
use serde_json::{Map, Value as Json, json};
use tables::Tables;

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        taken
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap()
    }

    pub(crate) fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(crate) fn varint(&mut self) -> u128 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.u8();
            number |= u128::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    }
}

/// `object:id`, as dumps have it.
pub(crate) fn reference(object: u16, id: &[u8]) -> String {
    format!("{object}:{}", crm_golden::bytes_as_text(id))
}

#[test]
fn the_description_is_enough_to_read_a_file() {
    for golden in all().unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let path = copy(&golden, folder.path()).unwrap();
        let tables = Tables::read(&path);
        let expected = kept_dump(&golden).unwrap();
        let at = golden.display();
        assert_eq!(tables.get("meta", b"format"), [0, 0, 0, 1], "{at}");
        let counters = record::fields(tables.get("meta", b"counters"));
        assert_eq!(counters["1"]["int"], expected["sequence"], "{at}");
        assert_eq!(schema_version(&tables), expected["schema_version"], "{at}");
        assert_eq!(records(&tables), expected["records"], "{at}");
        assert_eq!(counts(&tables), expected["counts"], "{at}");
        assert_eq!(log::commits(&tables), expected["log"], "{at}");
        log::is_complete(&tables);
        orders(&tables, &expected["orders"]);
        let found: Map<String, Json> = expected["search"]
            .as_object()
            .unwrap()
            .keys()
            .map(|word| (word.clone(), search::records_with(&tables, word).into()))
            .collect();
        assert_eq!(Json::Object(found), expected["search"], "{at}");
        assert_eq!(next_due(&tables), expected["next_due"], "{at}");
        tables::contents_have_their_hashes(&tables);
    }
}

fn schema_version(tables: &Tables) -> Json {
    match tables.find("meta", b"schema") {
        Some(schema) => serde_json::from_slice::<Json>(schema).unwrap()["version"].clone(),
        None => 0.into(),
    }
}

/// Records by object, id and field number.
fn records(tables: &Tables) -> Json {
    let mut objects: BTreeMap<u16, Map<String, Json>> = BTreeMap::new();
    for (key, value) in tables.all("record") {
        let mut key = Input(key);
        let object = u16::from_be_bytes(key.array());
        let id = crm_golden::bytes_as_text(key.0);
        let of_object = objects.entry(object).or_default();
        of_object.insert(id, record::fields(value));
    }
    let named = objects
        .into_iter()
        .map(|(object, records)| (object.to_string(), records.into()));
    Json::Object(named.collect())
}

fn counts(tables: &Tables) -> Json {
    let mut counts = Map::new();
    for (object, _) in records(tables).as_object().unwrap() {
        let number: u16 = object.parse().unwrap();
        let key = [number.to_be_bytes(), [0, 0]].concat();
        let count = tables.find("total", &key).map(record::fields);
        let count = count.map_or(json!(0), |fields| fields["1"]["int"].clone());
        counts.insert(object.clone(), count);
    }
    counts.into()
}

/// The entries of each index of one field stand in the order of the values, and are those of live records.
fn orders(tables: &Tables, expected: &Json) {
    for (object, fields) in expected.as_object().unwrap() {
        for (field, ids) in fields.as_object().unwrap() {
            let (object, field): (u16, u16) = (object.parse().unwrap(), field.parse().unwrap());
            let prefix = [object.to_be_bytes(), field.to_be_bytes()].concat();
            let entries = tables
                .all("index")
                .filter(|(key, _)| key.starts_with(&prefix));
            let mut found = Vec::new();
            for (key, value) in entries {
                let mut rest = Input(&key[4..]);
                let of = keys::value(&mut rest);
                let id = if rest.0.len() == 16 { rest.0 } else { value };
                let record = [&object.to_be_bytes()[..], id].concat();
                let fields = record::fields(tables.get("record", &record));
                keys::is_key_of(&of, &fields[&field.to_string()]);
                found.push(crm_golden::bytes_as_text(id));
            }
            assert_eq!(Json::from(found), *ids, "object {object}, field {field}");
        }
    }
}

fn next_due(tables: &Tables) -> Json {
    let first = tables.all("job").next();
    first.map_or(Json::Null, |(key, _)| keys::time(&mut Input(key)).into())
}
