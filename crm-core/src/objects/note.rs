//! Notes.

use super::User;
use crate::schema::declare::object;
use crate::schema::kind::{Boolean, DateTime, LongText, Many, Reference, Text, To};

object! {
    /// Something that somebody wrote down.
    Note = 13 "note" "notes" {
        /// A heading.
        1 subject: Text { search(5), aliases(&["heading", "title"]) };
        /// The records that it concerns.
        2 about: Many<Reference> { indexed, aliases(&["regarding", "related to"]) };
        /// When it was written.
        3 at: DateTime { required, default("now"), indexed, aliases(&["date"]) };
        /// The text.
        4 body: LongText { search(2), personal, aliases(&["text", "note"]) };
        /// True if it stands above the others.
        5 pinned: Boolean { default("false") };
        /// Who wrote it.
        6 owner: To<User> { indexed, aliases(&["author"]) };
    }
    title(&[subject]);
    timeline(at, &[about], &[subject, pinned, owner]);
}
