//! Tags.

use crate::schema::declare::object;
use crate::schema::kind::Text;

object! {
    /// A word that marks records.
    Tag = 16 "tag" "tags" {
        /// The word.
        1 name: Text { required, unique, search(3), aliases(&["tag"]) };
        /// A colour, `#rrggbb`.
        2 color: Text;
    }
    title(&[name]);
    role(Role::Tag);
}
