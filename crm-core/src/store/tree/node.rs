//! The nodes of a tree. A change makes a new node in the place of each on its way; what they have in common is copied
//! in one piece, or is a node further down, which both have.

use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use super::rows::{ROWS_MAX, Rows};
use super::{Change, Deleted};

/// Bytes of a node's rows, beyond which it is divided. Memory of this size an allocator has at hand.
const BYTES_MAX: usize = 1_000;
/// A longer value lies for itself and is shared by the versions of its leaf.
const HERE_MAX: usize = 256;

/// What stands at the beginning of a row's value in a leaf.
const DELETED: &[u8] = &[0];
const HERE: &[u8] = &[1];
const APART: &[u8] = &[2];

/// A node that is never empty. Nodes emptied by deletions vanish; half-empty ones are not merged with
/// their neighbours, since a storage of this kind does not live for long.
pub(super) enum Node {
    Leaf(Leaf),
    Branch(Branch),
}

/// What stands in the place of a node after changes, most often one.
pub(super) type Nodes = SmallVec<[Arc<Node>; 2]>;

#[derive(Default)]
pub(super) struct Leaf {
    rows: Rows,
    /// The long values, each with its row.
    apart: Vec<(usize, Arc<[u8]>)>,
}

/// Nodes by their first keys.
pub(super) struct Branch {
    firsts: Rows,
    nodes: Vec<Arc<Node>>,
}

impl Node {
    pub(super) fn with(&self, changes: &[Change<'_>], deleted: Deleted) -> Nodes {
        match self {
            Node::Leaf(leaf) => leaf.with(changes, deleted),
            Node::Branch(branch) => branch.with(changes, deleted),
        }
    }

    fn first(&self) -> &[u8] {
        match self {
            Node::Leaf(leaf) => leaf.rows.key(0),
            Node::Branch(branch) => branch.firsts.key(0),
        }
    }
}

impl Leaf {
    /// The value of a key, `Some(None)` if it is remembered as deleted.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        let row = self.rows.first_from(key, 0..self.rows.len());
        let is_there = row < self.rows.len() && self.rows.key(row) == key;
        is_there.then(|| self.value(row))
    }

    /// The key and the value of a row, `None` if it is remembered as deleted.
    pub(super) fn row(&self, row: usize) -> Change<'_> {
        (self.rows.key(row), self.value(row))
    }

    fn value(&self, row: usize) -> Option<&[u8]> {
        match self.rows.value(row).split_at(1) {
            (HERE, value) => Some(value),
            (APART, _) => {
                let place = self.apart.binary_search_by_key(&row, |(row, _)| *row);
                place.ok().map(|place| &*self.apart[place].1)
            }
            _ => None,
        }
    }

    /// The rows from a key to just before another.
    pub(super) fn between(&self, start: &[u8], end: Option<&[u8]>) -> Range<usize> {
        let all = 0..self.rows.len();
        let from = self.rows.first_from(start, all.clone());
        let to = end.map_or(all.end, |end| self.rows.first_from(end, all));
        from..to.max(from)
    }

    /// What stands in the place of this leaf after changes, which are sorted.
    pub(super) fn with(&self, changes: &[Change<'_>], deleted: Deleted) -> Nodes {
        let added = changes.iter().map(|(key, change)| {
            let here = change.filter(|value| value.len() <= HERE_MAX);
            key.len() + 1 + here.map_or(0, <[u8]>::len)
        });
        let rows = self.rows.len() + changes.len();
        let mut parts = Parts::<Leaf>::new(rows, self.rows.bytes() + added.sum::<usize>());
        let mut at = 0;
        for (key, change) in changes {
            let place = self.rows.first_from(key, at..self.rows.len());
            parts.keep(self, at..place);
            let is_there = place < self.rows.len() && self.rows.key(place) == *key;
            at = place + usize::from(is_there);
            if change.is_some() || deleted != Deleted::Gone {
                parts.open().push(key, *change);
            }
        }
        parts.keep(self, at..self.rows.len());
        parts.finish()
    }

    fn push(&mut self, key: &[u8], value: Option<&[u8]>) {
        match value {
            None => self.rows.push(key, &[DELETED]),
            Some(value) if value.len() <= HERE_MAX => self.rows.push(key, &[HERE, value]),
            Some(value) => {
                self.apart.push((self.rows.len(), value.into()));
                self.rows.push(key, &[APART]);
            }
        }
    }
}

impl Branch {
    /// A level of branches above nodes that follow each other.
    pub(super) fn above(nodes: &[Arc<Node>]) -> Nodes {
        let bytes = nodes.iter().map(|node| node.first().len());
        let mut parts = Parts::<Branch>::new(nodes.len(), bytes.sum());
        for node in nodes {
            parts.open().push(node);
        }
        parts.finish()
    }

    pub(super) fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// The position of the node that has a key, if any has.
    pub(super) fn node_of(&self, key: &[u8]) -> usize {
        self.node_from(key, 0)
    }

    fn node_from(&self, key: &[u8], from: usize) -> usize {
        let place = self.firsts.first_from(key, from..self.firsts.len());
        if place < self.firsts.len() && self.firsts.key(place) == key {
            place
        } else {
            place.saturating_sub(1)
        }
    }

    /// The nodes that may have keys from one to just before another.
    pub(super) fn between(&self, start: &[u8], end: Option<&[u8]>) -> Range<usize> {
        let from = self.node_of(start);
        let all = from..self.firsts.len();
        from..end.map_or(all.end, |end| self.firsts.first_from(end, all))
    }

    /// What stands in the place of this branch after changes, which are sorted.
    fn with(&self, mut changes: &[Change<'_>], deleted: Deleted) -> Nodes {
        // The nodes that change, and what stands in their places.
        let mut replaced: SmallVec<[(usize, Nodes); 16]> = SmallVec::new();
        let (mut rows, mut bytes) = (self.nodes.len(), self.firsts.bytes());
        let mut from = 0;
        while let Some((key, _)) = changes.first() {
            let at = self.node_from(key, from);
            from = at + 1;
            let count = match self.nodes.get(from) {
                Some(_) => changes.partition_point(|(key, _)| *key < self.firsts.key(from)),
                None => changes.len(),
            };
            let (here, later) = changes.split_at(count);
            changes = later;
            let nodes = self.nodes[at].with(here, deleted);
            rows += nodes.len();
            bytes += nodes.iter().map(|node| node.first().len()).sum::<usize>();
            replaced.push((at, nodes));
        }
        let mut parts = Parts::<Branch>::new(rows - replaced.len(), bytes);
        let mut at = 0;
        for (place, nodes) in &replaced {
            parts.keep(self, at..*place);
            for node in nodes {
                parts.open().push(node);
            }
            at = place + 1;
        }
        parts.keep(self, at..self.nodes.len());
        parts.finish()
    }

    fn push(&mut self, node: &Arc<Node>) {
        self.firsts.push(node.first(), &[]);
        self.nodes.push(Arc::clone(node));
    }
}

/// Nodes of one kind in the making: as few as [`ROWS_MAX`] and [`BYTES_MAX`] allow, of about equal length.
struct Parts<P> {
    closed: Nodes,
    open: P,
    rows_max: usize,
    bytes_max: usize,
    /// True if all rows fit into one node.
    is_one: bool,
}

/// A kind of node.
trait Part: Sized {
    fn with_capacity(rows: usize, bytes: usize) -> Self;
    fn rows(&self) -> &Rows;
    /// Adds rows of another one behind these.
    fn extend(&mut self, from: &Self, range: Range<usize>);
    fn into_node(self) -> Node;
}

impl<P: Part> Parts<P> {
    /// For so many rows with so many bytes, or less.
    fn new(rows: usize, bytes: usize) -> Self {
        let parts = rows
            .div_ceil(ROWS_MAX)
            .max(bytes.div_ceil(BYTES_MAX))
            .max(1);
        let (rows_max, bytes_max) = (rows.div_ceil(parts), bytes.div_ceil(parts));
        Parts {
            closed: Nodes::new(),
            open: P::with_capacity(rows_max, bytes_max),
            rows_max,
            bytes_max,
            is_one: parts == 1,
        }
    }

    /// The node to which the next row is to be added.
    fn open(&mut self) -> &mut P {
        let rows = self.open.rows();
        if !self.is_one && (rows.len() >= self.rows_max || rows.bytes() >= self.bytes_max) {
            let next = P::with_capacity(self.rows_max, self.bytes_max);
            let full = std::mem::replace(&mut self.open, next);
            self.closed.push(Arc::new(full.into_node()));
        }
        &mut self.open
    }

    /// Adds rows of a node that is replaced.
    fn keep(&mut self, from: &P, mut range: Range<usize>) {
        while !range.is_empty() {
            let end = if self.is_one {
                range.end
            } else {
                range.start + 1
            };
            self.open().extend(from, range.start..end);
            range.start = end;
        }
    }

    fn finish(mut self) -> Nodes {
        if self.open.rows().len() > 0 {
            self.closed.push(Arc::new(self.open.into_node()));
        }
        self.closed
    }
}

impl Part for Leaf {
    fn with_capacity(_: usize, bytes: usize) -> Self {
        Leaf {
            rows: Rows::with_capacity(bytes),
            apart: Vec::new(),
        }
    }

    fn rows(&self) -> &Rows {
        &self.rows
    }

    fn extend(&mut self, from: &Self, range: Range<usize>) {
        let to = self.rows.len();
        let first = from.apart.partition_point(|(row, _)| *row < range.start);
        let apart = from.apart[first..].iter();
        for (row, value) in apart.take_while(|(row, _)| *row < range.end) {
            self.apart.push((row - range.start + to, Arc::clone(value)));
        }
        self.rows.extend(&from.rows, range);
    }

    fn into_node(self) -> Node {
        Node::Leaf(self)
    }
}

impl Part for Branch {
    fn with_capacity(rows: usize, bytes: usize) -> Self {
        Branch {
            firsts: Rows::with_capacity(bytes),
            nodes: Vec::with_capacity(rows),
        }
    }

    fn rows(&self) -> &Rows {
        &self.firsts
    }

    fn extend(&mut self, from: &Self, range: Range<usize>) {
        self.nodes.extend_from_slice(&from.nodes[range.clone()]);
        self.firsts.extend(&from.firsts, range);
    }

    fn into_node(self) -> Node {
        Node::Branch(self)
    }
}
