//! The table of operations as text: what `operations.txt` keeps, and what a host's layer and the library compare.

use std::fmt::Write;

use super::{ChoiceDef, MemberDef, Operation, Shape, StructureDef};

/// The operations, structures and choices with their numbers, names and shapes, a line each. Lines are only ever added:
/// a number says the same in every version.
pub fn table() -> String {
    let (structures, choices) = types();
    let mut table = Table::default();
    for of in Operation::all() {
        let (number, name, effect) = (of.number, of.full_name(), of.terms.effect.name());
        table.line(format_args!(
            "operation {number} {name} {effect} -> {}",
            of.result
        ));
        table.members("operation", number, of.arguments);
    }
    for of in structures {
        table.line(format_args!("structure {} {}", of.number, of.name));
        table.members("structure", of.number, of.members);
    }
    for of in choices {
        table.line(format_args!("choice {} {}", of.number, of.name));
        for (number, choice) in (1..).zip(of.choices) {
            table.line(format_args!(
                "choice {}.{number} {}",
                of.number, choice.name
            ));
        }
    }
    table.0
}

/// Identifies the table: who was generated from another one does not fit.
pub fn digest() -> u32 {
    // FNV-1a, so that generators need no library for it.
    table().bytes().fold(0x811c_9dc5, |digest, byte| {
        (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// The structures and choices that operations name, each by its numbers.
pub fn types() -> (Vec<&'static StructureDef>, Vec<&'static ChoiceDef>) {
    let mut types = Types::default();
    for operation in Operation::all() {
        types.see(operation.result);
        operation
            .arguments
            .iter()
            .for_each(|argument| types.see(argument.shape));
    }
    types.structures.sort_by_key(|of| of.number);
    types.choices.sort_by_key(|of| of.number);
    (types.structures, types.choices)
}

#[derive(Default)]
struct Types {
    structures: Vec<&'static StructureDef>,
    choices: Vec<&'static ChoiceDef>,
}

impl Types {
    fn see(&mut self, shape: &Shape) {
        match shape {
            Shape::Optional(shape) | Shape::List(shape) => self.see(shape),
            Shape::Structure(of) => {
                let of = of();
                if self.structures.iter().all(|known| known.name != of.name) {
                    self.structures.push(of);
                    of.members.iter().for_each(|member| self.see(member.shape));
                }
            }
            Shape::Choice(of) => {
                let of = of();
                if self.choices.iter().all(|known| known.name != of.name) {
                    self.choices.push(of);
                }
            }
            _ => {}
        }
    }
}

#[derive(Default)]
struct Table(String);

impl Table {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let written = writeln!(self.0, "{line}");
        debug_assert!(written.is_ok(), "a text takes every line");
    }

    fn members(&mut self, what: &str, of: u16, members: &'static [MemberDef]) {
        for MemberDef {
            number,
            name,
            shape,
            default,
            ..
        } in members
        {
            let default = default.map(|default| format!(" = {default}"));
            let default = default.unwrap_or_default();
            self.line(format_args!(
                "{what} {of}.{number} {name}: {shape}{default}"
            ));
        }
    }
}
