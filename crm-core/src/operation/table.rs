//! The table of operations as text: what `operations.txt` keeps, and what a host's layer and the library compare.

use std::fmt::Write;

use super::{ChoiceDef, MemberDef, Operation, Shape, StructureDef};

/// The operations, structures and choices with their numbers, names and shapes, a line each. Lines are only ever added:
/// a number says the same in every version.
pub fn table() -> String {
    let mut table = Table::default();
    for operation in Operation::all() {
        table.operation(operation);
    }
    table.structures.sort_by_key(|of| of.number);
    table.choices.sort_by_key(|of| of.number);
    table.finish()
}

/// Identifies the table: who was generated from another one does not fit.
pub fn digest() -> u32 {
    // FNV-1a, so that generators need no library for it.
    table().bytes().fold(0x811c_9dc5, |digest, byte| {
        (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[derive(Default)]
struct Table {
    lines: String,
    structures: Vec<&'static StructureDef>,
    choices: Vec<&'static ChoiceDef>,
}

impl Table {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let written = writeln!(self.lines, "{line}");
        debug_assert!(written.is_ok(), "a text takes every line");
    }

    fn operation(&mut self, of: &Operation) {
        self.see(of.result);
        let (number, name) = (of.number, of.full_name());
        let effect = of.terms.effect.name();
        self.line(format_args!(
            "operation {number} {name} {effect} -> {}",
            of.result
        ));
        self.members("operation", number, of.arguments);
    }

    fn members(&mut self, what: &str, of: u16, members: &'static [MemberDef]) {
        for member in members {
            self.see(member.shape);
            let MemberDef {
                number,
                name,
                shape,
                ..
            } = member;
            let default = member.default.map(|default| format!(" = {default}"));
            let default = default.unwrap_or_default();
            self.line(format_args!(
                "{what} {of}.{number} {name}: {shape}{default}"
            ));
        }
    }

    fn see(&mut self, shape: &Shape) {
        match shape {
            Shape::Optional(shape) | Shape::List(shape) => self.see(shape),
            Shape::Structure(of) => {
                let of = of();
                if self
                    .structures
                    .iter()
                    .all(|known| known.number != of.number)
                {
                    self.structures.push(of);
                    of.members.iter().for_each(|member| self.see(member.shape));
                }
            }
            Shape::Choice(of) => {
                let of = of();
                if self.choices.iter().all(|known| known.number != of.number) {
                    self.choices.push(of);
                }
            }
            _ => {}
        }
    }

    fn finish(mut self) -> String {
        for of in std::mem::take(&mut self.structures) {
            self.line(format_args!("structure {} {}", of.number, of.name));
            self.members("structure", of.number, of.members);
        }
        for of in std::mem::take(&mut self.choices) {
            self.line(format_args!("choice {} {}", of.number, of.name));
            for (number, choice) in (1..).zip(of.choices) {
                self.line(format_args!(
                    "choice {}.{number} {}",
                    of.number, choice.name
                ));
            }
        }
        self.lines
    }
}
