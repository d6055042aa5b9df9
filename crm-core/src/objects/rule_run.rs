//! The record of a rule's run.

use super::Rule;
use crate::schema::declare::object;
use crate::schema::kind::{Boolean, DateTime, Integer, LongText, Reference, To};

object! {
    /// That a rule fired, for which record, and what came of it.
    RuleRun = 23 "rule_run" "rule runs" {
        /// The rule; null if it has been purged.
        1 rule: To<Rule> { indexed };
        /// The record for which it fired.
        2 record: Reference { indexed };
        /// When.
        3 at: DateTime { required };
        /// How many actions were done.
        4 actions: Integer;
        /// True if an action failed. Nothing of that action is kept; the others stand.
        5 failed: Boolean { default("false"), indexed };
        /// The errors of the actions that failed, or that of the run.
        6 error: LongText;
        /// The rules that led to this one, from the first, by name.
        7 cause: LongText;
    }
    title(&[cause]);
    role(Role::RuleRun);
}
