//! Messages for the outside world.

use crate::schema::declare::{choices, object};
use crate::schema::kind::{Choice, DateTime, Integer, LongText, OneOf, Reference, Text};

choices! {
    /// How far a message is.
    OutboxStatus {
        /// Waits for the host.
        Waiting = "waiting" "Waiting",
        /// The host has sent it.
        Sent = "sent" "Sent",
        /// The host has given it up.
        Dead = "dead" "Given up",
    }
}

object! {
    /// Something that the host is to do outside: send a mail, call a webhook. The host takes it, does it and
    /// says so.
    OutboxMessage = 25 "outbox_message" "outbox messages" {
        /// By which means.
        1 channel: Choice { required, open_choices, indexed, choices(&[
            ("email", "E-mail"),
            ("sms", "Text message"),
            ("push", "Push notification"),
            ("webhook", "Webhook"),
        ]) };
        /// To whom.
        2 to: Text { personal };
        /// The subject.
        3 subject: Text;
        /// The content.
        4 body: LongText { personal };
        /// The record that gave rise to it.
        5 about: Reference { indexed };
        /// How far it is.
        6 status: OneOf<OutboxStatus> { default("waiting"), indexed };
        /// How often the host has tried.
        7 attempts: Integer { default("0") };
        /// What went wrong the last time.
        8 error: LongText;
        /// When the host may try again.
        9 not_before: DateTime;
    }
    title(&[subject]);
    role(Role::Bookkeeping);
}
