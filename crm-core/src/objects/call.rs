//! Calls.

use super::User;
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Choice, DateTime, Duration, LongText, Many, OneOf, Phone, Reference, Text, To, Url};

choices! {
    /// Who called whom.
    Direction {
        /// They came to us.
        Inbound = "inbound" "Inbound",
        /// We went to them.
        Outbound = "outbound" "Outbound",
    }
}

object! {
    /// A phone call, planned or made.
    Call = 10 "call" "calls" {
        /// What it is about.
        1 subject: Text { required, search(6) };
        /// The records that it concerns.
        2 about: Many<Reference> { indexed, aliases(&["regarding", "related to"]) };
        /// When it takes, or took, place.
        3 at: DateTime { required, default("now"), indexed, aliases(&["date", "start", "time"]) };
        /// How long it took.
        4 duration: Duration;
        /// Who called whom.
        5 direction: OneOf<Direction> { default("outbound") };
        /// What came of it.
        6 outcome: Choice { open_choices, choices(&[
            ("connected", "Connected"),
            ("no_answer", "No answer"),
            ("busy", "Busy"),
            ("left_message", "Left a message"),
            ("wrong_number", "Wrong number"),
        ]) };
        /// The number on the other side.
        7 number: Phone { personal };
        /// What was said.
        8 notes: LongText { search(2), personal, aliases(&["description", "summary"]) };
        /// Where a recording is.
        9 recording: Url;
        /// Who called or was called on our side.
        10 owner: To<User> { indexed };
    }
    title(&[subject]);
    timeline(at, &[about], &[subject, direction, outcome, owner]);
}
