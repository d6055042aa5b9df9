//! The parts of a filter, by what each of them reads of a record: what reads one field holds, or does not, of every
//! record with the same value there.

use std::collections::BTreeSet;

use super::budget::Budget;
use super::env::Env;
use super::eval::Run;
use super::tree::Node;
use crate::error::Result;
use crate::schema::system;

/// A filter, or a part of one. Tested one after the other, and no further than needed, the parts say what the
/// whole says.
#[derive(Debug)]
pub(crate) enum Part<'e> {
    All(Vec<Part<'e>>),
    Any(Vec<Part<'e>>),
    Not(Box<Part<'e>>),
    /// Reads this field, which every stored record has or lacks, and else only what is the same for all records.
    OfField(u16, Condition<'e>),
    /// Reads several fields, the id, or more than the record.
    OfRecord(Condition<'e>),
}

/// A condition that a part of a filter makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Condition<'e> {
    node: &'e Node,
    text: &'e str,
}

impl Condition<'_> {
    /// True if it holds of a record.
    ///
    /// # Errors
    /// As [`Expr::matches`](super::Expr::matches).
    pub(crate) fn holds(&self, env: &dyn Env) -> Result<bool> {
        let budget = Budget::default();
        Run::within(&budget, env, self.text).test(self.node, None)
    }
}

impl<'e> Part<'e> {
    pub(super) fn of(node: &'e Node, text: &'e str) -> Self {
        let condition = Condition { node, text };
        let mut own = Own::default();
        own.read(node);
        if !own.more && own.fields.len() == 1 {
            return match own.fields.first() {
                Some(field) => Part::OfField(*field, condition),
                None => Part::OfRecord(condition),
            };
        }
        let parts = |nodes: &'e [Node]| nodes.iter().map(|node| Part::of(node, text)).collect();
        match node {
            Node::And(nodes) => Part::All(parts(nodes)),
            Node::Or(nodes) => Part::Any(parts(nodes)),
            Node::Not(node) => Part::Not(Box::new(Part::of(node, text))),
            _ => Part::OfRecord(condition),
        }
    }

    /// Adds the stored fields of the record that it reads.
    pub(crate) fn add_fields(&self, fields: &mut BTreeSet<u16>) {
        match self {
            Part::All(parts) | Part::Any(parts) => {
                parts.iter().for_each(|part| part.add_fields(fields));
            }
            Part::Not(part) => part.add_fields(fields),
            Part::OfField(field, _) => {
                fields.insert(*field);
            }
            Part::OfRecord(condition) => {
                let mut own = Own::default();
                own.read(condition.node);
                fields.append(&mut own.fields);
            }
        }
    }
}

/// What an expression reads.
#[derive(Default)]
struct Own {
    /// The stored fields of the record.
    fields: BTreeSet<u16>,
    /// True if it reads the id, another record or a change.
    more: bool,
}

impl Own {
    fn read(&mut self, node: &Node) {
        match node {
            Node::Field(system::ID) | Node::Old(_) | Node::IsNew | Node::Follow(..) => {
                self.more = true
            }
            Node::Changed(field) => {
                self.more = true;
                self.fields.insert(*field);
            }
            Node::Field(field) => {
                self.fields.insert(*field);
            }
            _ => {}
        }
        for child in node.children() {
            self.read(child);
        }
    }
}
