//! Meetings.

use super::User;
use crate::error::{Error, Result};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{DateTime, LongText, Many, OneOf, Reference, Text, To, Url};
use crate::schema::{Object, SaveContext};
use crate::value::Value;

choices! {
    /// Whether a meeting took place.
    MeetingStatus {
        /// To come.
        Planned = "planned" "Planned",
        /// It took place.
        Held = "held" "Held",
        /// It did not.
        NotHeld = "not_held" "Not held",
    }
}

object! {
    /// A meeting; see [`Attendee`](super::Attendee) for those who take part.
    Meeting = 11 "meeting" "meetings" {
        /// What it is about.
        1 subject: Text { required, search(6) };
        /// The records that it concerns.
        2 about: Many<Reference> { indexed, aliases(&["regarding", "related to"]) };
        /// When it begins.
        3 starts: DateTime { required, indexed, aliases(&["start", "date", "from"]) };
        /// When it ends.
        4 ends: DateTime { aliases(&["end", "to"]) };
        /// Where it takes place.
        5 location: Text;
        /// Where it can be joined.
        6 link: Url;
        /// Whether it took place.
        7 status: OneOf<MeetingStatus> { default("planned"), indexed };
        /// What was said.
        8 notes: LongText { search(2), personal, aliases(&["description", "summary"]) };
        /// Who called it.
        9 owner: To<User> { indexed, aliases(&["organiser"]) };
        /// The `UID` of the iCalendar event (RFC 5545).
        10 uid: Text { key };
    }
    title(&[subject]);
    timeline(starts, &[about], &[subject, ends, status, owner]);
    hook(ends_after_it_starts);
}

fn ends_after_it_starts(context: &mut dyn SaveContext) -> Result<()> {
    let (starts, ends) = (Meeting::STARTS.number(), Meeting::ENDS.number());
    if !context.is_given(starts) && !context.is_given(ends) {
        return Ok(());
    }
    match (context.get(starts), context.get(ends)) {
        (Value::DateTime(start), Value::DateTime(end)) if end < start => {
            let error = Error::invalid(Value::from(end), "a meeting does not end before it starts");
            Err(error.at_field(Meeting::TYPE_NAME, Meeting::ENDS.name()))
        }
        _ => Ok(()),
    }
}
