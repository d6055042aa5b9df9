//! Automation: rules react to what a transaction did, inside it; reminders and dates fall due when the host
//! says what time it is.
//!
//! A rule is a record of [`Rule`](crate::objects::Rule). Its run is recorded as a
//! [`RuleRun`](crate::objects::RuleRun); if an action fails, none of the run's changes is kept and the record
//! says why, while the save that set the rule off goes on. Rules that set each other off end at
//! [`RULE_DEPTH_MAX`](crate::limits::RULE_DEPTH_MAX) with a recorded error.

mod action;
mod choice;
mod due;
mod react;
mod set;

pub use action::{Action, ActionValue};
pub use due::DueReport;

#[cfg(feature = "redb")]
pub(crate) use due::refill_queue;
pub(crate) use due::{check_queue, next_due, run_due};
pub(crate) use react::react;
pub(crate) use set::RuleSet;
