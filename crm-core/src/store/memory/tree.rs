//! A B-tree whose versions share their nodes.

use std::cmp::Ordering;
use std::slice;
use std::sync::Arc;

use crate::store::KeyRange;

/// Elements of a node: few enough to copy on every commit, enough that a tree of millions has 4 levels.
const NODE_LEN_MAX: usize = 64;

/// One version of a sorted map. Cloning it is a counted reference.
#[derive(Clone, Default)]
pub(in crate::store) struct Tree {
    root: Option<Child>,
}

/// A key and its new value, or `None` to delete it.
type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// What becomes of a key that is deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Deleted {
    /// It is no longer in the tree.
    Gone,
    /// It stays, without a value, to hide what lies below the tree.
    #[cfg(feature = "redb")]
    Remembered,
}

/// A node that is never empty. Nodes emptied by deletions vanish; half-empty ones are not merged with
/// their neighbours, since a storage of this kind does not live for long.
enum Node {
    Leaf(Vec<Entry>),
    Branch(Vec<Child>),
}

#[derive(Clone)]
struct Entry {
    key: Arc<[u8]>,
    /// `None` where it is remembered that the key is deleted.
    value: Option<Arc<[u8]>>,
}

#[derive(Clone)]
struct Child {
    /// The first key of the node.
    first: Arc<[u8]>,
    node: Arc<Node>,
}

impl Tree {
    #[cfg(feature = "redb")]
    pub(in crate::store) fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The value of a key, `Some(None)` if it is remembered as deleted.
    pub(in crate::store) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        let mut node = &self.root.as_ref()?.node;
        loop {
            match &**node {
                Node::Branch(children) => node = &children[child_of(children, key)].node,
                Node::Leaf(entries) => {
                    let found = entries.binary_search_by(|entry| (*entry.key).cmp(key));
                    return Some(entries[found.ok()?].value.as_deref());
                }
            }
        }
    }

    /// The entries of a range, in its direction.
    pub(in crate::store) fn entries<'a>(&'a self, range: &KeyRange) -> Entries<'a> {
        let mut entries = Entries {
            range: range.clone(),
            above: Vec::new(),
            leaf: [].iter(),
        };
        if let Some(root) = self.root.as_ref().filter(|_| !range.is_empty()) {
            entries.descend(&root.node);
        }
        entries
    }

    /// Makes changes that are sorted by key.
    pub(in crate::store) fn apply(&mut self, changes: &[Change<'_>], deleted: Deleted) {
        if changes.is_empty() {
            return;
        }
        let mut nodes = match self.root.take() {
            Some(root) => root.node.with(changes, deleted),
            None => leaves(merge(&[], changes, deleted)),
        };
        while nodes.len() > 1 {
            nodes = branches(nodes);
        }
        self.root = nodes.pop();
    }
}

/// Walks through the entries of a range.
pub(in crate::store) struct Entries<'a> {
    range: KeyRange,
    /// What is still to be visited of the nodes above, the root's first.
    above: Vec<slice::Iter<'a, Child>>,
    leaf: slice::Iter<'a, Entry>,
}

impl<'a> Entries<'a> {
    /// Goes down to the first leaf below a node.
    fn descend(&mut self, mut node: &'a Node) {
        loop {
            let KeyRange { start, end, .. } = &self.range;
            let before_end = |key: &[u8]| end.as_deref().is_none_or(|end| key < end);
            match node {
                Node::Leaf(entries) => {
                    let from = entries.partition_point(|entry| *entry.key < **start);
                    let to = entries.partition_point(|entry| before_end(&entry.key));
                    self.leaf = entries.get(from..to).unwrap_or_default().iter();
                    return;
                }
                Node::Branch(children) => {
                    let from = child_of(children, start);
                    let to = children.partition_point(|child| before_end(&child.first));
                    let mut children = children.get(from..to).unwrap_or_default().iter();
                    let next = step(&mut children, self.range.reverse);
                    self.above.push(children);
                    match next {
                        Some(child) => node = &child.node,
                        None => return,
                    }
                }
            }
        }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Change<'a>;

    fn next(&mut self) -> Option<Change<'a>> {
        loop {
            if let Some(entry) = step(&mut self.leaf, self.range.reverse) {
                return Some((&*entry.key, entry.value.as_deref()));
            }
            match step(self.above.last_mut()?, self.range.reverse) {
                Some(child) => self.descend(&child.node),
                None => {
                    self.above.pop();
                }
            }
        }
    }
}

fn step<'a, T>(items: &mut slice::Iter<'a, T>, reverse: bool) -> Option<&'a T> {
    if reverse {
        items.next_back()
    } else {
        items.next()
    }
}

impl Node {
    /// What stands in the place of this node after the changes: none, one or several nodes.
    fn with(&self, mut changes: &[Change<'_>], deleted: Deleted) -> Vec<Child> {
        match self {
            Node::Leaf(entries) => leaves(merge(entries, changes, deleted)),
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
                        nodes.extend(child.node.with(here, deleted));
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

fn merge(entries: &[Entry], changes: &[Change<'_>], deleted: Deleted) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(entries.len() + changes.len());
    let mut entries = entries.iter().peekable();
    for (key, change) in changes {
        while let Some(entry) = entries.next_if(|entry| *entry.key < **key) {
            merged.push(entry.clone());
        }
        let replaced = entries.next_if(|entry| (*entry.key).cmp(key) == Ordering::Equal);
        if change.is_some() || deleted != Deleted::Gone {
            let key = replaced.map_or_else(|| Arc::from(*key), |entry| Arc::clone(&entry.key));
            let value = change.map(Arc::from);
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
