//! The link between meetings and those who take part.

use super::Meeting;
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Boolean, OneOf, Reference, To};

choices! {
    /// What an invitee answered (RFC 5545, `PARTSTAT`).
    Answer {
        /// No answer yet.
        NeedsAction = "needs_action" "No answer",
        /// Comes.
        Accepted = "accepted" "Accepted",
        /// May come.
        Tentative = "tentative" "Tentative",
        /// Does not come.
        Declined = "declined" "Declined",
    }
}

object! {
    /// That a person is invited to a meeting. The meeting stands on the person's timeline.
    Attendee = 21 "attendee" "attendees" {
        /// The meeting.
        1 meeting: To<Meeting> { required, indexed, on_delete(OnDelete::Cascade) };
        /// Who is invited.
        2 person: Reference { required, indexed, targets(&["contact", "lead", "user"]), on_delete(OnDelete::Cascade) };
        /// What they answered.
        3 answer: OneOf<Answer> { default("needs_action") };
        /// True if the meeting can do without them.
        4 optional: Boolean { default("false") };
    }
    /// One invitation of a person to a meeting.
    200 one_invitation: unique(meeting, person);
    timeline_link(meeting, person);
}
