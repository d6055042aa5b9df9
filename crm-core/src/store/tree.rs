//! A B-tree whose versions share their nodes.

mod node;
mod rows;

use std::ops::Range;
use std::sync::Arc;

use self::node::{Branch, Leaf, Node};
use super::KeyRange;

/// One version of a sorted map. Cloning it is a counted reference.
///
/// A save changes some fifty keys in as many places, and every one of them costs a copy of its leaf: so a leaf is
/// one piece of memory and not an object for each of its keys, each with a counter to be touched.
#[derive(Clone, Default)]
pub(super) struct Tree {
    root: Option<Arc<Node>>,
}

/// A key and its new value, or `None` to delete it.
pub(super) type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// What becomes of a key that is deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Deleted {
    /// It is no longer in the tree.
    Gone,
    /// It stays, without a value, to hide what lies below the tree.
    #[cfg(feature = "redb")]
    Remembered,
}

impl Tree {
    #[cfg(feature = "redb")]
    pub(super) fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The value of a key, `Some(None)` if it is remembered as deleted.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        let mut node = &**self.root.as_ref()?;
        loop {
            match node {
                Node::Branch(branch) => node = branch.node(branch.node_of(key)),
                Node::Leaf(leaf) => return leaf.get(key),
            }
        }
    }

    /// The entries of a range, in its direction.
    pub(super) fn entries<'a>(&'a self, range: &'a KeyRange) -> Entries<'a> {
        let mut entries = Entries {
            range,
            above: Vec::new(),
            leaf: None,
        };
        if let Some(root) = self.root.as_ref().filter(|_| !range.is_empty()) {
            entries.descend(root);
        }
        entries
    }

    /// Makes changes that are sorted by key.
    pub(super) fn apply(&mut self, changes: &[Change<'_>], deleted: Deleted) {
        if changes.is_empty() {
            return;
        }
        let mut nodes = match self.root.take() {
            Some(root) => root.with(changes, deleted),
            None => Leaf::default().with(changes, deleted),
        };
        while nodes.len() > 1 {
            nodes = Branch::above(&nodes);
        }
        self.root = nodes.pop();
    }
}

/// Walks through the entries of a range.
pub(super) struct Entries<'a> {
    range: &'a KeyRange,
    /// What is still to be visited of the branches above, the root's first.
    above: Vec<(&'a Branch, Range<usize>)>,
    leaf: Option<(&'a Leaf, Range<usize>)>,
}

impl<'a> Entries<'a> {
    /// Goes down to the first leaf below a node.
    fn descend(&mut self, mut node: &'a Node) {
        let KeyRange {
            start,
            end,
            reverse,
            ..
        } = self.range;
        loop {
            match node {
                Node::Leaf(leaf) => {
                    self.leaf = Some((leaf, leaf.between(start, end.as_deref())));
                    return;
                }
                Node::Branch(branch) => {
                    let mut nodes = branch.between(start, end.as_deref());
                    let next = step(&mut nodes, *reverse);
                    self.above.push((branch, nodes));
                    match next {
                        Some(next) => node = branch.node(next),
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
            if let Some((leaf, rows)) = &mut self.leaf
                && let Some(row) = step(rows, self.range.reverse)
            {
                return Some(leaf.row(row));
            }
            let (branch, nodes) = self.above.last_mut()?;
            let branch = *branch;
            match step(nodes, self.range.reverse) {
                Some(next) => self.descend(branch.node(next)),
                None => {
                    self.above.pop();
                }
            }
        }
    }
}

fn step(positions: &mut Range<usize>, reverse: bool) -> Option<usize> {
    if reverse {
        positions.next_back()
    } else {
        positions.next()
    }
}
