//! Postings.

use std::collections::BTreeMap;

use super::tables::Tables;
use super::{Input, reference};

/// The records that have a word, sorted.
pub(crate) fn records_with(tables: &Tables, word: &str) -> Vec<String> {
    let mut weights: BTreeMap<u32, u8> = BTreeMap::new();
    for (family, decode) in [
        (1, block as fn(u32, &[u8]) -> Vec<(u32, u8)>),
        (2, |at, value| vec![(at, value[0])]),
    ] {
        let prefix = [&[family], word.as_bytes(), &[0]].concat();
        for (key, value) in tables
            .all("text")
            .filter(|(key, _)| key.starts_with(&prefix))
        {
            let ordinal = u32::from_be_bytes(key[prefix.len()..].try_into().unwrap());
            weights.extend(decode(ordinal, value));
        }
    }
    let live = weights.into_iter().filter(|(_, weight)| *weight > 0);
    let mut records: Vec<String> = live
        .map(|(ordinal, _)| {
            let key = [&[0], &ordinal.to_be_bytes()[..]].concat();
            let mut target = Input(tables.get("text", &key));
            reference(u16::from_be_bytes(target.array()), target.0)
        })
        .collect();
    records.sort();
    records
}

/// The postings of a block: ordinals and weights.
fn block(first: u32, bytes: &[u8]) -> Vec<(u32, u8)> {
    let mut input = Input(bytes);
    let head = input.varint() as u32;
    let (count, differ, greatest) = (head >> 5, head >> 4 & 1 == 1, (head & 15) as u8);
    let mut ordinal = first;
    let mut postings = vec![(first, greatest)];
    for _ in 1..count {
        ordinal += input.varint() as u32;
        postings.push((ordinal, greatest));
    }
    if differ {
        for (at, posting) in postings.iter_mut().enumerate() {
            posting.1 = input.0[at / 2] >> (4 * (at % 2)) & 15;
        }
        input.take((count as usize).div_ceil(2));
    }
    assert!(input.0.is_empty(), "a block ends with its last posting");
    postings
}
