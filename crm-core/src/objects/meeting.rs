//! Meetings.

use super::User;
use crate::error::{Error, Result};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{DateTime, LongText, Many, OneOf, Reference, Text, To, Url};
use crate::schema::{Object, Save};
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

fn ends_after_it_starts(save: &mut Save<'_, Meeting>) -> Result<()> {
    if !save.is_given(Meeting::STARTS) && !save.is_given(Meeting::ENDS) {
        return Ok(());
    }
    match (save.get(Meeting::STARTS), save.get(Meeting::ENDS)) {
        (Some(start), Some(end)) if end < start => {
            let error = Error::invalid(Value::from(end), "a meeting does not end before it starts");
            Err(error.at_field(Meeting::TYPE_NAME, Meeting::ENDS.name()))
        }
        _ => Ok(()),
    }
}
