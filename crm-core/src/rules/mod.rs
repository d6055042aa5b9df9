//! Automation: rules react to what a transaction did, inside it; reminders and dates fall due when the host
//! says what time it is.
//!
//! A rule is a record of [`Rule`](crate::objects::Rule). Its run is recorded as a
//! [`RuleRun`](crate::objects::RuleRun). An action that fails leaves nothing behind, and the record says why, while
//! the other actions and the save that set the rule off go on; a rule that fails again and again is switched off. A
//! rule runs once for a record and a change that somebody asked for, so that rules which set each other off come to
//! an end; a rule says so itself if it may. Chains over ever new records end at
//! [`RULE_DEPTH_MAX`](crate::limits::RULE_DEPTH_MAX) with a recorded error.

mod action;
mod choice;
mod cycle;
mod due;
mod react;
mod set;
mod soundness;

pub use action::{Action, ActionValue};
pub use due::DueReport;

#[cfg(feature = "redb")]
pub(crate) use due::refill_queue;
pub(crate) use due::{check_queue, next_due, run_due};
pub(crate) use react::react;
pub(crate) use set::RULES;
#[cfg(test)]
pub(crate) use set::RuleSet;
