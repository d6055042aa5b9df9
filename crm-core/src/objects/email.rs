//! E-mails.

use super::{Direction, User};
use crate::schema::declare::object;
use crate::schema::kind::{DateTime, Email as Address, LongText, Many, OneOf, Reference, Text, To};

object! {
    /// An e-mail that was sent or received.
    Email = 12 "email" "emails" {
        /// The subject.
        1 subject: Text { search(6) };
        /// The records that it concerns.
        2 about: Many<Reference> { indexed, aliases(&["regarding", "related to"]) };
        /// When it was sent.
        3 at: DateTime { required, default("now"), indexed, aliases(&["date", "sent"]) };
        /// Whether it came or went.
        4 direction: OneOf<Direction> { default("outbound") };
        /// Who sent it.
        5 from: Address { personal, search(3), contact_point, aliases(&["sender"]) };
        /// To whom it was sent.
        6 to: Many<Address> { personal, search(3), contact_point, aliases(&["recipients"]) };
        /// Who received a copy.
        7 cc: Many<Address> { personal, search(2), contact_point };
        /// The text.
        8 body: LongText { search(1), personal, aliases(&["text", "message"]) };
        /// The `Message-ID` (RFC 5322).
        9 message_id: Text { key };
        /// The `Message-ID` of the first e-mail of the conversation.
        10 thread: Text { indexed };
        /// Who of us wrote or received it.
        11 owner: To<User> { indexed };
    }
    title(&[subject]);
    timeline(at, &[about], &[subject, direction, from, owner]);
}
