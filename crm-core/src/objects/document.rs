//! Documents.

use super::User;
use crate::schema::declare::object;
use crate::schema::kind::{DateTime, Integer, LongText, Many, Reference, Text, To, Url};

object! {
    /// A file: what is known of it, and its content up to the host's limit; beyond that where it is.
    Document = 15 "document" "documents" {
        /// The file's name.
        1 name: Text { required, search(6), aliases(&["file name", "title"]) };
        /// The records that it concerns.
        2 about: Many<Reference> { indexed, aliases(&["regarding", "related to"]) };
        /// When it was added.
        3 at: DateTime { required, default("now"), aliases(&["date"]) };
        /// The media type (RFC 6838).
        4 media_type: Text;
        /// The length of the content in bytes.
        5 bytes: Integer { read_only };
        /// The SHA-256 of the content in hexadecimal digits.
        6 sha256: Text { read_only, indexed };
        /// Where the content is, if it is not in the store.
        7 location: Url;
        /// What it is.
        8 description: LongText { search(1) };
        /// Who added it.
        9 owner: To<User> { indexed };
    }
    title(&[name]);
    timeline(at, &[about], &[name, media_type, bytes, owner]);
    role(Role::Document(DocumentRole { bytes, sha256 }));
}
