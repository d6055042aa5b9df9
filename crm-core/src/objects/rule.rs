//! Automation rules.

use crate::error::Result;
use crate::schema::declare::{choices, object};
use crate::schema::Save;
use crate::schema::kind::{Boolean, DateTime, Duration, Integer, LongText, Many, OneOf, Text};

choices! {
    /// What sets a rule off.
    Trigger {
        /// A record was created.
        Created = "created" "Record created",
        /// A record was changed, in one of the watched fields if there are any.
        Updated = "updated" "Record updated",
        /// A record was created with, or changed to, a value of the watched field: it entered a stage.
        Entered = "entered" "Value entered",
        /// A date in the watched field is reached, before or after an offset.
        DateReached = "date_reached" "Date reached",
        /// At intervals, for each record that meets the condition.
        Schedule = "schedule" "Schedule",
    }
}

object! {
    /// A rule: when something happens to a record of an object and a condition holds, actions follow in the
    /// same transaction.
    Rule = 22 "rule" "rules" {
        /// The rule's name.
        1 name: Text { required, unique };
        /// The name of the object whose records it watches.
        2 object: Text { required, indexed };
        /// What sets it off.
        3 trigger: OneOf<Trigger> { required };
        /// The fields that it watches: for `updated` any of them, for `entered` and `date_reached` the one.
        4 fields: Many<Text>;
        /// The condition, in CEL; empty for none.
        5 condition: LongText;
        /// What follows: a JSON array of actions; see [`Action`](crate::rules::Action).
        6 actions: LongText { required };
        /// For `date_reached`: how long after the date it fires; negative for before. Whole days are those of the
        /// calendar, the rest is counted exactly.
        7 offset: Duration;
        /// For `schedule`: the interval. Whole days are those of the calendar, so that what runs at nine in the
        /// morning does so in summer and in winter.
        8 every: Duration;
        /// For `schedule`: when it first fires; without it, an interval after the rule was made.
        9 starts: DateTime;
        /// The order among rules set off by the same change, ascending.
        10 order: Integer { default("0") };
        /// False for a rule that is switched off.
        11 active: Boolean { default("true") };
        /// How it may set itself off again, by the names of the rules: `ping → pong → ping`. It runs once for a
        /// record and a change all the same. Found when the rule is saved.
        12 cycle: LongText { read_only };
        /// How many of its runs have failed in a row; see
        /// [`RULE_FAILURES_MAX`](crate::limits::RULE_FAILURES_MAX).
        13 failures: Integer { read_only };
        /// Why it was switched off, if it was because its runs failed.
        14 switched_off_reason: LongText { read_only };
    }
    title(&[name]);
    role(Role::Rule);
    hook(begin_anew);
}

/// A rule that somebody has mended or switched on again has not failed yet.
fn begin_anew(save: &mut Save<'_, Rule>) -> Result<()> {
    let is_mended =
        save.is_given(Rule::ACTIVE) || save.is_given(Rule::CONDITION) || save.is_given(Rule::ACTIONS);
    let is_on = save.get(Rule::ACTIVE) != Some(false);
    let is_noted = save.is_given(Rule::FAILURES);
    if is_on && !is_noted && is_mended {
        save.clear(Rule::FAILURES);
        save.clear(Rule::SWITCHED_OFF_REASON);
    }
    Ok(())
}
