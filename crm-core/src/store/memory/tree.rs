//! A B-tree whose versions share their nodes.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::store::{KeyRange, Visit};

/// Elements of a node: few enough to copy on every commit, enough that a tree of millions has 4 levels.
const NODE_LEN_MAX: usize = 64;

/// One version of a sorted map. Cloning it is a counted reference.
#[derive(Clone, Default)]
pub(super) struct Tree {
    root: Option<Child>,
}

/// A key and its new value, or `None` to delete it.
type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// A node that is never empty. Nodes emptied by deletions vanish; half-empty ones are not merged with
/// their neighbours, since a storage of this kind does not live for long.
enum Node {
    Leaf(Vec<Entry>),
    Branch(Vec<Child>),
}

#[derive(Clone)]
struct Entry {
    key: Arc<[u8]>,
    value: Arc<[u8]>,
}

#[derive(Clone)]
struct Child {
    /// The first key of the node.
    first: Arc<[u8]>,
    node: Arc<Node>,
}

impl Tree {
    pub(super) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let mut node = &self.root.as_ref()?.node;
        loop {
            match &**node {
                Node::Branch(children) => node = &children[child_of(children, key)].node,
                Node::Leaf(entries) => {
                    let found = entries.binary_search_by(|entry| (*entry.key).cmp(key));
                    return Some(&entries[found.ok()?].value);
                }
            }
        }
    }

    pub(super) fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> ControlFlow<()> {
        match &self.root {
            Some(root) if !range.is_empty() => root.node.scan(range, visit),
            _ => ControlFlow::Continue(()),
        }
    }

    /// Makes changes that are sorted by key.
    pub(super) fn apply(&mut self, changes: &[Change<'_>]) {
        if changes.is_empty() {
            return;
        }
        let mut nodes = match self.root.take() {
            Some(root) => root.node.with(changes),
            None => leaves(merge(&[], changes)),
        };
        while nodes.len() > 1 {
            nodes = branches(nodes);
        }
        self.root = nodes.pop();
    }
}

impl Node {
    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> ControlFlow<()> {
        let before_end = |key: &[u8]| range.end.as_deref().is_none_or(|end| key < end);
        match self {
            Node::Leaf(entries) => {
                let from = entries.partition_point(|entry| *entry.key < *range.start);
                let to = entries.partition_point(|entry| before_end(&entry.key));
                each(&entries[from..to], range.reverse, |entry| {
                    visit(&entry.key, &entry.value)
                })
            }
            Node::Branch(children) => {
                let from = child_of(children, &range.start);
                let to = children.partition_point(|child| before_end(&child.first));
                each(&children[from..to.max(from)], range.reverse, |child| {
                    child.node.scan(range, visit)
                })
            }
        }
    }

    /// What stands in the place of this node after the changes: none, one or several nodes.
    fn with(&self, mut changes: &[Change<'_>]) -> Vec<Child> {
        match self {
            Node::Leaf(entries) => leaves(merge(entries, changes)),
            Node::Branch(children) => {
                let mut nodes = Vec::with_capacity(children.len() + 1);
                for (position, child) in children.iter().enumerate() {
                    let count = match children.get(position + 1) {
                        Some(next) => changes.partition_point(|(key, _)| *key < &*next.first),
                        None => changes.len(),
                    };
                    let (here, later) = changes.split_at(count);
                    changes = later;
                    if here.is_empty() {
                        nodes.push(child.clone());
                    } else {
                        nodes.extend(child.node.with(here));
                    }
                }
                branches(nodes)
            }
        }
    }
}

/// The position of the child that has the key, if any has.
fn child_of(children: &[Child], key: &[u8]) -> usize {
    let after = children.partition_point(|child| *child.first <= *key);
    after.saturating_sub(1)
}

fn each<T>(
    items: &[T],
    reverse: bool,
    visit: impl FnMut(&T) -> ControlFlow<()>,
) -> ControlFlow<()> {
    if reverse {
        items.iter().rev().try_for_each(visit)
    } else {
        items.iter().try_for_each(visit)
    }
}

fn merge(entries: &[Entry], changes: &[Change<'_>]) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(entries.len() + changes.len());
    let mut entries = entries.iter().peekable();
    for (key, change) in changes {
        while let Some(entry) = entries.next_if(|entry| *entry.key < **key) {
            merged.push(entry.clone());
        }
        let replaced = entries.next_if(|entry| (*entry.key).cmp(key) == Ordering::Equal);
        if let Some(value) = change {
            let key = replaced.map_or_else(|| Arc::from(*key), |entry| Arc::clone(&entry.key));
            let value = Arc::from(*value);
            merged.push(Entry { key, value });
        }
    }
    merged.extend(entries.cloned());
    merged
}

fn leaves(entries: Vec<Entry>) -> Vec<Child> {
    divided(entries, |part| {
        let first = Arc::clone(&part.first()?.key);
        let node = Arc::new(Node::Leaf(part));
        Some(Child { first, node })
    })
}

fn branches(children: Vec<Child>) -> Vec<Child> {
    divided(children, |part| {
        let first = Arc::clone(&part.first()?.first);
        let node = Arc::new(Node::Branch(part));
        Some(Child { first, node })
    })
}

/// Cuts `items` into as few parts of about equal length as [`NODE_LEN_MAX`] allows.
fn divided<T>(items: Vec<T>, node: impl Fn(Vec<T>) -> Option<Child>) -> Vec<Child> {
    let parts = items.len().div_ceil(NODE_LEN_MAX).max(1);
    let part_len = items.len().div_ceil(parts);
    let mut items = items.into_iter();
    (0..parts)
        .filter_map(|_| node(items.by_ref().take(part_len).collect()))
        .collect()
}
