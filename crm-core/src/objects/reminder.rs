//! Reminders.

use super::User;
use crate::schema::declare::{choices, object};
use crate::schema::kind::{DateTime, OneOf, Reference, Text, To};

choices! {
    /// How far a reminder is.
    ReminderStatus {
        /// Its time is to come.
        Waiting = "waiting" "Waiting",
        /// Its time has come and nobody has answered it.
        Due = "due" "Due",
        /// Somebody has seen it.
        Acknowledged = "acknowledged" "Acknowledged",
    }
}

object! {
    /// That somebody wants to be told something about a record at a time.
    Reminder = 24 "reminder" "reminders" {
        /// What to be told.
        1 text: Text { required, search(3), aliases(&["subject"]) };
        /// The record that it is about.
        2 about: Reference { indexed, on_delete(OnDelete::Cascade), aliases(&["regarding", "record"]) };
        /// When.
        3 at: DateTime { required, indexed, aliases(&["due", "date"]) };
        /// How far it is.
        4 status: OneOf<ReminderStatus> { default("waiting"), indexed };
        /// Who is to be told.
        5 owner: To<User> { indexed };
    }
    title(&[text]);
    role(Role::Bookkeeping);
}
