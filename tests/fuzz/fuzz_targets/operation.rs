//! Declared operations: each of them, with any arguments, ends with a result or a typed error, and a rehearsal leaves
//! nothing behind.
#![no_main]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use crm_core::operation::{Effect, Given, Manner, Operation, Shape, told_as_json};
use crm_core::{Crm, Fields, Ref, Value};
use crm_fuzz::{Input, World, assert_sound, expected};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(40));

/// Lists in lists.
const DEPTH_MAX: usize = 3;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let crm = WORLD.fork().expect("a database");
    let records = records(&crm);
    // What sends something out would write to any file.
    let all: Vec<&Operation> = Operation::all()
        .iter()
        .copied()
        .filter(|operation| operation.terms.effect != Effect::Sends)
        .collect();
    for _ in 0..8 {
        if input.is_empty() {
            break;
        }
        let operation: &Operation = *input.one_of(&all);
        call(&crm, operation, &records, &mut input);
    }
    assert_sound(&crm);
});

fn call(crm: &Crm, operation: &Operation, records: &[Ref], input: &mut Input<'_>) {
    let manner = Manner {
        rehearse: input.u8() % 3 == 0,
    };
    let known = operation.arguments.iter().map(|argument| argument.shape);
    let mut given: Vec<Given> = known
        .map(|shape| fitting(shape, records, input, 0))
        .collect();
    match input.u8() % 8 {
        0 => given.push(any(input, 0)),
        1 => given.truncate(usize::from(input.u8()) % (given.len() + 1)),
        _ => {}
    }
    let before = crm.sequence();
    match operation.call(crm, manner, given, &mut |_| ControlFlow::Continue(())) {
        Ok(answer) => drop(told_as_json(&crm.catalog(), &*answer)),
        Err(error) => expected(&error),
    }
    if manner.rehearse || operation.terms.effect == Effect::Reads {
        assert_eq!(crm.sequence(), before, "{}", operation.name);
    }
}

/// Mostly what the argument takes.
fn fitting(shape: &Shape, records: &[Ref], input: &mut Input<'_>, depth: usize) -> Given {
    if depth > DEPTH_MAX || input.u8() % 8 == 0 {
        return any(input, depth);
    }
    let len = usize::from(input.u8() % 4);
    Given::One(match shape.required() {
        Shape::Bool => Value::Bool(input.u8() % 2 == 0),
        Shape::Int => Value::Int(match input.u8() % 4 {
            0 => input.i64(),
            _ => input.u8().into(),
        }),
        Shape::Object => Value::from(*input.one_of(&["deal", "contact", "sample", "lead", ""])),
        Shape::Ref(_) => Value::Ref(*input.one_of(records)),
        Shape::Choice(of) => Value::from(input.one_of(of().choices).name),
        Shape::List(of) => {
            let all = (0..len).map(|_| fitting(of, records, input, depth + 1));
            return Given::Many(all.collect());
        }
        Shape::Structure(of) => {
            let members = of().members.iter();
            let all = members.map(|member| fitting(member.shape, records, input, depth + 1));
            return Given::Many(all.collect());
        }
        Shape::Draft(_) => {
            let mut fields = Fields::new();
            for _ in 0..len {
                fields.set_number(u16::from(input.u8() % 30), input.value());
            }
            return Given::Fields(fields);
        }
        _ => input.value(),
    })
}

fn any(input: &mut Input<'_>, depth: usize) -> Given {
    match input.u8() % 4 {
        0 if depth <= DEPTH_MAX => {
            let len = input.u8() % 4;
            Given::Many((0..len).map(|_| any(input, depth + 1)).collect())
        }
        1 => Given::NOTHING,
        _ => Given::One(input.value()),
    }
}

/// Records that are there, or were.
fn records(crm: &Crm) -> Vec<Ref> {
    let commits = crm.changes(0, 1_000).expect("the log");
    let entries = commits.iter().flat_map(|commit| &commit.entries);
    entries.map(|entry| entry.record).collect()
}
