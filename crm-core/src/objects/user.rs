//! Those who act.

use super::Team;
use crate::error::Result;
use crate::schema::declare::object;
use crate::schema::kind::{Boolean, Email, Text, To};
use crate::schema::{Object, Save};
use crate::value::Zone;

object! {
    /// Somebody who works with the CRM: owns records, acts, is reminded.
    User = 2 "user" "users" {
        /// The full name.
        1 name: Text { required, search(5), indexed, aliases(&["user", "agent", "sales agent", "full name"]) };
        /// The e-mail address by which the user signs in to the host.
        2 email: Email { unique, personal, aliases(&["mail", "e-mail"]) };
        /// The user to whom this one reports.
        3 manager: To<User> { hierarchy, aliases(&["reports to"]) };
        /// The team in which the user works.
        4 team: To<Team> { indexed, aliases(&["office", "regional office", "region"]) };
        /// False for somebody who has left: they act no more, and what they own and did stays theirs. Records may
        /// still be given to them, as imports of what they did are.
        5 active: Boolean { default("true") };
        /// The IANA time zone, where it is not the organisation's.
        6 time_zone: Text;
    }
    title(&[name]);
    role(Role::Actor(ActorRole { active }));
    hook(check_zone);
}

fn check_zone(save: &mut Save<'_, User>) -> Result<()> {
    match save.get(User::TIME_ZONE) {
        Some(name) if save.is_given(User::TIME_ZONE) => {
            let zone = name.parse::<Zone>().map(drop);
            zone.map_err(|error| error.at_field(User::TYPE_NAME, User::TIME_ZONE.name()))
        }
        _ => Ok(()),
    }
}
