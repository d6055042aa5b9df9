//! What an expression is compiled to.

use std::sync::Arc;

use super::functions::Function;
use super::pattern::Pattern;
use crate::value::Value;

/// A node, checked: the operands have types that the operation knows.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Const(Value),
    Field(u16),
    Old(u16),
    Changed(u16),
    /// The variable of the macro that many levels further out, 0 being the innermost.
    Local(usize),
    IsNew,
    Now,
    Today,
    Actor,
    /// One part of an address or a name.
    Part(Box<Node>, usize),
    /// A field of the record referred to: which one, by the object of that record; 0 for any object.
    Follow(Box<Node>, Box<[(u16, u16)]>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    Compare(Comparison, Box<[Node; 2]>),
    /// Whether a list has an element that is equal by this comparison.
    In(Comparison, Box<[Node; 2]>),
    If(Box<[Node; 3]>),
    Negate(Box<Node>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    Index(Box<[Node; 2]>),
    List(Vec<Node>),
    Loop(Box<Loop>),
    Matches(Box<Node>, Arc<Pattern>),
    /// Contains a text that is folded already.
    Like(Box<Node>, String),
    Call(Function, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    /// Equality of e-mail addresses, in any case.
    Same,
    NotSame,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Comparison {
    /// The comparison that says the same with its sides exchanged.
    pub(super) fn flipped(self) -> Self {
        match self {
            Comparison::Lt => Comparison::Gt,
            Comparison::Le => Comparison::Ge,
            Comparison::Gt => Comparison::Lt,
            Comparison::Ge => Comparison::Le,
            Comparison::Eq | Comparison::Ne | Comparison::Same | Comparison::NotSame => self,
        }
    }

    /// The comparison for e-mail addresses.
    pub(super) fn of_addresses(self) -> Self {
        match self {
            Comparison::Eq => Comparison::Same,
            Comparison::Ne => Comparison::NotSame,
            other => other,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A macro over a list.
#[derive(Debug, Clone)]
pub(super) struct Loop {
    pub(super) kind: LoopKind,
    pub(super) list: Node,
    /// The condition of each macro but `map`, where it is the first of two arguments and may be left out.
    pub(super) test: Option<Node>,
    /// What `map` makes of each element.
    pub(super) body: Option<Node>,
    /// The steps of one element: what is evaluated for it once.
    pub(super) steps: usize,
}

impl Loop {
    /// Nodes whose evaluation takes about as long as a step.
    const NODES_PER_STEP: usize = 16;

    pub(super) fn new(kind: LoopKind, list: Node, test: Option<Node>, body: Option<Node>) -> Self {
        let nodes: usize = [&test, &body].into_iter().flatten().map(Node::count).sum();
        Loop {
            kind,
            list,
            test,
            body,
            steps: 1 + nodes / Loop::NODES_PER_STEP,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoopKind {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

/// What the value of a node depends on, besides the text of the expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depends {
    Nothing,
    /// On the time, the time zone or the actor, and so the same for all records.
    Ambient,
    Record,
}

impl Node {
    /// How many nodes there are, this one included.
    fn count(&self) -> usize {
        1 + self.children().into_iter().map(Node::count).sum::<usize>()
    }

    /// The operands.
    pub(super) fn children(&self) -> Vec<&Node> {
        match self {
            Node::Part(node, _)
            | Node::Follow(node, _)
            | Node::Not(node)
            | Node::IsNull(node)
            | Node::Negate(node)
            | Node::Matches(node, _)
            | Node::Like(node, _) => vec![node],
            Node::And(nodes) | Node::Or(nodes) | Node::List(nodes) | Node::Call(_, nodes) => {
                nodes.iter().collect()
            }
            Node::Compare(_, pair)
            | Node::Arithmetic(_, pair)
            | Node::In(_, pair)
            | Node::Index(pair) => pair.iter().collect(),
            Node::If(nodes) => nodes.iter().collect(),
            Node::Loop(looped) => [
                Some(&looped.list),
                looped.test.as_ref(),
                looped.body.as_ref(),
            ]
            .into_iter()
            .flatten()
            .collect(),
            _ => Vec::new(),
        }
    }

    /// True if the value follows from the stored record alone: not from other records, the state before a
    /// change, the time, the time zone or the actor.
    pub(super) fn is_pure(&self) -> bool {
        let own = match self {
            Node::Old(_)
            | Node::Changed(_)
            | Node::IsNew
            | Node::Follow(..)
            | Node::Now
            | Node::Today
            | Node::Actor => false,
            Node::Call(function, _) => !function.needs_time_zone(),
            _ => true,
        };
        own && self.children().into_iter().all(Node::is_pure)
    }

    /// True if its evaluation fails for no record.
    pub(super) fn cannot_fail(&self) -> bool {
        let own = matches!(
            self,
            Node::Const(_)
                | Node::Field(_)
                | Node::Old(_)
                | Node::Changed(_)
                | Node::IsNew
                | Node::Now
                | Node::Today
                | Node::Actor
                | Node::Part(..)
                | Node::And(_)
                | Node::Or(_)
                | Node::Not(_)
                | Node::IsNull(_)
                | Node::Compare(..)
                | Node::In(..)
                | Node::If(_)
                | Node::List(_)
        );
        own && self.children().into_iter().all(Node::cannot_fail)
    }

    /// What the value depends on.
    pub(super) fn depends(&self) -> Depends {
        let of = |nodes: &[Node]| nodes.iter().map(Node::depends).max();
        let own = match self {
            Node::Field(_)
            | Node::Old(_)
            | Node::Changed(_)
            | Node::Local(_)
            | Node::IsNew
            | Node::Follow(..)
            | Node::Loop(_) => Depends::Record,
            Node::Now | Node::Today | Node::Actor => Depends::Ambient,
            Node::Call(function, _) if function.needs_time_zone() => Depends::Ambient,
            _ => Depends::Nothing,
        };
        let inner = match self {
            Node::Part(node, _)
            | Node::Not(node)
            | Node::IsNull(node)
            | Node::Negate(node)
            | Node::Matches(node, _)
            | Node::Like(node, _) => Some(node.depends()),
            Node::And(nodes) | Node::Or(nodes) | Node::List(nodes) | Node::Call(_, nodes) => {
                of(nodes)
            }
            Node::Compare(_, pair) | Node::Arithmetic(_, pair) => of(&pair[..]),
            Node::In(_, pair) | Node::Index(pair) => of(&pair[..]),
            Node::If(nodes) => of(&nodes[..]),
            _ => None,
        };
        own.max(inner.unwrap_or(Depends::Nothing))
    }
}
