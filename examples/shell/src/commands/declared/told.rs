//! What an operation returns, for people: members as lines, lists of structures as tables.

use crm_core::operation::{Out, StructureDef, Told};
use crm_core::{Record, Result, Value, ValueRef};

use crate::output::{Part, Side, Table};
use crate::shell::{Shell, tail};

/// What was returned.
pub fn shown(shell: &Shell, answer: &dyn Told) -> Result<Vec<Part>> {
    let mut tree = Tree::default();
    answer.tell(&mut tree);
    let mut parts = Vec::new();
    match tree.whole {
        None | Some(Node::Value(Value::Null)) => {}
        Some(Node::Structure(of, members)) => structure(shell, of, &members, &mut parts)?,
        Some(Node::List(all)) => list(shell, &all, &mut parts)?,
        Some(one) => parts.push(Part::Text(cell(shell, &one)?)),
    }
    Ok(parts)
}

/// A result as a tree.
#[derive(Default)]
struct Tree {
    open: Vec<Node>,
    whole: Option<Node>,
}

enum Node {
    Value(Value),
    Record(Record),
    List(Vec<Node>),
    Structure(&'static StructureDef, Vec<Node>),
}

impl Node {
    /// True for what has a table of its own.
    fn is_table(&self) -> bool {
        let is_row = |node: &Node| matches!(node, Node::Structure(..) | Node::Record(_));
        matches!(self, Node::List(all) if all.first().is_some_and(is_row))
    }
}

impl Tree {
    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(Node::List(all) | Node::Structure(_, all)) => all.push(node),
            _ => self.whole = Some(node),
        }
    }

    fn close(&mut self) {
        if let Some(node) = self.open.pop() {
            self.put(node);
        }
    }
}

impl Out for Tree {
    fn value(&mut self, value: ValueRef<'_>) {
        self.put(Node::Value(value.to_value()));
    }

    fn record(&mut self, record: &Record) {
        self.put(Node::Record(record.clone()));
    }

    fn begin_list(&mut self, len: usize) {
        self.open.push(Node::List(Vec::with_capacity(len)));
    }

    fn end_list(&mut self) {
        self.close();
    }

    fn begin_structure(&mut self, of: &'static StructureDef) {
        self.open.push(Node::Structure(of, Vec::new()));
    }

    fn end_structure(&mut self) {
        self.close();
    }
}

/// Members as lines, then those that are tables.
fn structure(
    shell: &Shell,
    of: &StructureDef,
    members: &[Node],
    parts: &mut Vec<Part>,
) -> Result<()> {
    let mut tables = Vec::new();
    for (member, node) in of.members.iter().zip(members) {
        if let (true, Node::List(all)) = (node.is_table(), node) {
            tables.push(Part::Text(format!("\n{}:", title(member.name))));
            list(shell, all, &mut tables)?;
            continue;
        }
        let text = cell(shell, node)?;
        if !text.is_empty() {
            parts.push(Part::Text(format!("{}: {text}", title(member.name))));
        }
    }
    parts.extend(tables);
    Ok(())
}

/// A table of structures or records; behind it the tables of each of its rows.
fn list(shell: &Shell, all: &[Node], parts: &mut Vec<Part>) -> Result<()> {
    let columns: Vec<String> = match all.first() {
        Some(Node::Structure(of, _)) => {
            of.members.iter().map(|member| title(member.name)).collect()
        }
        Some(_) => vec!["Value".to_owned()],
        None => return Ok(()),
    };
    let mut table = Table::new(columns.into_iter().map(|title| (title, Side::Left)));
    let mut below = Vec::new();
    for node in all {
        let Node::Structure(of, members) = node else {
            table.row([cell(shell, node)?]);
            continue;
        };
        let cells = members.iter().map(|member| cell(shell, member));
        let cells = cells.collect::<Result<Vec<_>>>()?;
        let first = cells.first().cloned().unwrap_or_default();
        table.row(cells);
        for (member, inner) in of.members.iter().zip(members) {
            if let (true, Node::List(inner)) = (inner.is_table(), inner) {
                let heading = format!("\n{first}, {}:", title(member.name).to_lowercase());
                below.push(Part::Text(heading));
                list(shell, inner, &mut below)?;
            }
        }
    }
    parts.push(Part::Table(table));
    parts.extend(below);
    Ok(())
}

fn cell(shell: &Shell, node: &Node) -> Result<String> {
    Ok(match node {
        Node::Value(value) => text(shell, value.into())?,
        Node::Record(record) => shell.crm.title(record),
        Node::List(all) if node.is_table() => all.len().to_string(),
        Node::List(all) => join(all.iter().map(|one| cell(shell, one)), "; ")?,
        Node::Structure(_, members) => join(members.iter().map(|one| cell(shell, one)), ", ")?,
    })
}

fn text(shell: &Shell, value: ValueRef<'_>) -> Result<String> {
    Ok(match value {
        ValueRef::Null => String::new(),
        ValueRef::Ref(record) => match shell.title(record)? {
            title if title.is_empty() => tail(record.id),
            title => title,
        },
        ValueRef::DateTime(time) => shell.local(time),
        ValueRef::List(list) => join(list.iter().map(|one| text(shell, one)), "; ")?,
        value => value.to_string(),
    })
}

fn join(texts: impl Iterator<Item = Result<String>>, separator: &str) -> Result<String> {
    let texts = texts.collect::<Result<Vec<_>>>()?;
    let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    Ok(texts.join(separator))
}

/// `cards_max` as a heading.
fn title(name: &str) -> String {
    let mut title = name.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}
