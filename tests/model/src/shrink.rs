//! From a sequence of calls that fails to the shortest that still does.

use crate::driver::Place;
use crate::op::{Edit, Op, Step};
use crate::trial::{self, Difference};

/// A sequence that fails, and cannot lose a call without passing.
pub struct Shrunk {
    /// The calls.
    pub steps: Vec<Step>,
    /// Where they fail.
    pub difference: Difference,
}

/// Leaves out calls, then changes of batches, then values, then who makes the calls, as long as what is left fails.
pub fn shrink(mut steps: Vec<Step>, place: Place, mut difference: Difference) -> Shrunk {
    let fails = |steps: &[Step]| trial::run(steps, place).err();
    steps.truncate(difference.step + 1);
    let mut size = steps.len().next_power_of_two();
    while size > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(steps.len()));
            match fails(&fewer) {
                Some(found) => {
                    steps = fewer;
                    steps.truncate(found.step + 1);
                    difference = found;
                }
                None => at += size,
            }
        }
        size /= 2;
    }
    for at in 0..steps.len() {
        let mut tried = 0;
        while let Some(simpler) = simplified(&steps[at], tried) {
            let mut others = steps.clone();
            others[at] = simpler;
            match fails(&others) {
                Some(found) if found.step + 1 == steps.len() => {
                    steps = others;
                    difference = found;
                }
                _ => tried += 1,
            }
        }
    }
    Shrunk { steps, difference }
}

/// The n-th way to make a call simpler.
fn simplified(step: &Step, n: usize) -> Option<Step> {
    let mut ways = Vec::new();
    let mut way = |change: &dyn Fn(&mut Step)| {
        let mut simpler = step.clone();
        change(&mut simpler);
        if simpler != *step {
            ways.push(simpler);
        }
    };
    way(&|step| step.user = None);
    way(&|step| step.operation = None);
    way(&|step| step.rules = false);
    way(&|step| step.minutes = 0);
    let edits = match &step.op {
        Op::Batch { changes, .. } | Op::Rehearse { changes } => changes.len(),
        Op::Change(_) => 1,
        Op::Import { rows, .. } => rows.len(),
        _ => 0,
    };
    for at in 0..edits {
        way(&|step| match &mut step.op {
            Op::Batch { changes, .. } | Op::Rehearse { changes } if edits > 1 => {
                changes.remove(at);
            }
            Op::Import { rows, .. } => {
                rows.remove(at);
            }
            _ => {}
        });
        for field in 0..fields_of(step, at) {
            way(&|step| drop_field(step, at, field));
        }
    }
    ways.into_iter().nth(n)
}

fn edit_of(op: &mut Op, at: usize) -> Option<&mut Edit> {
    match op {
        Op::Batch { changes, .. } | Op::Rehearse { changes } => changes.get_mut(at),
        Op::Change(edit) => Some(edit),
        _ => None,
    }
}

fn fields_of(step: &Step, at: usize) -> usize {
    let mut op = step.op.clone();
    match edit_of(&mut op, at) {
        Some(
            Edit::Create { fields, .. }
            | Edit::Make { fields, .. }
            | Edit::Update { fields, .. }
            | Edit::Upsert { fields, .. },
        ) => fields.len(),
        _ => 0,
    }
}

fn drop_field(step: &mut Step, at: usize, field: usize) {
    if let Some(
        Edit::Create { fields, .. }
        | Edit::Make { fields, .. }
        | Edit::Update { fields, .. }
        | Edit::Upsert { fields, .. },
    ) = edit_of(&mut step.op, at)
    {
        fields.remove(field);
    }
}

impl Shrunk {
    /// A test that fails as the sequence does.
    pub fn to_test(&self, place: Place) -> String {
        let steps: Vec<String> = self
            .steps
            .iter()
            .map(|step| format!("        {},\n", step.to_rust()))
            .collect();
        format!(
            "#[test]\nfn engine_and_model_agree() {{\n    use {{Custom::*, Edit::*, Kind::*, Op::*, Rec::*, Seen::*, Val::*}};\n    let steps = vec![\n{}    ];\n    crm_model::trial::run(&steps, crm_model::driver::Place::{place:?}).unwrap();\n}}\n",
            steps.concat()
        )
    }
}
