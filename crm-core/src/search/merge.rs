//! Maintenance: from many small rows to few packed blocks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::Posting;
use super::fold::fold;
use super::layout::{Family, scan, split_key, tail_weight};
use crate::error::Result;
use crate::store::{Space, Transaction};

/// Folds up to `budget` tail rows into the blocks. True if more are left: call it again, in this
/// transaction or a later one.
///
/// Rows are taken in the order of their keys and deleted when they are folded, so that there is no position
/// to keep, and a merge of a merged index changes nothing.
pub fn merge(txn: &mut Transaction<'_>, budget: usize) -> Result<bool> {
    let mut tokens: BTreeMap<String, Vec<Posting>> = BTreeMap::new();
    let (mut taken, mut more) = (0, false);
    scan(txn, &Family::Tail.rows(), &mut |key, value| {
        if taken == budget {
            more = true;
            return Ok(ControlFlow::Break(()));
        }
        taken += 1;
        let (token, ordinal) = split_key(key)?;
        let posting = (ordinal, tail_weight(value)?);
        match tokens.get_mut(token) {
            Some(changes) => changes.push(posting),
            None => {
                tokens.insert(token.to_owned(), vec![posting]);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let changes: Vec<_> = tokens
        .iter()
        .map(|(token, changes)| (token.as_str(), changes.into()))
        .collect();
    fold(txn, &changes)?;
    for (token, changes) in &tokens {
        for (ordinal, _) in changes {
            txn.delete(Space::Text, Family::Tail.key(token, *ordinal));
        }
    }
    Ok(more)
}
