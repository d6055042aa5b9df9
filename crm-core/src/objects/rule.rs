//! Automation rules.

use crate::schema::declare::{choices, object};
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
    }
    title(&[1]);
    role(Role::Rule);
}
