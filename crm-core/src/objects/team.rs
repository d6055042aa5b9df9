//! Teams.

use crate::schema::declare::object;
use crate::schema::kind::{LongText, Text, To};

object! {
    /// A group of users: an office, a department, a territory.
    Team = 3 "team" "teams" {
        /// The team's name.
        1 name: Text { required, unique, search(5), aliases(&["team", "office"]) };
        /// The team that this one is part of.
        2 parent: To<Team> { hierarchy };
        /// What the team does.
        3 description: LongText;
    }
    title(&[name]);
}
