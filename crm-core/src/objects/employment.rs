//! The link between people and companies.

use super::{Company, Contact};
use crate::error::{Error, Result};
use crate::schema::declare::object;
use crate::schema::kind::{Boolean, Date, Text, To};
use crate::schema::{Object, Save};

object! {
    /// That a person works, or worked, for a company.
    Employment = 19 "employment" "employments" {
        /// The person.
        1 contact: To<Contact> { required, indexed, on_delete(OnDelete::Cascade) };
        /// The company.
        2 company: To<Company> { required, indexed, on_delete(OnDelete::Cascade) };
        /// What the person does there.
        3 role: Text { aliases(&["position", "job title"]) };
        /// When it began.
        4 since: Date;
        /// When it ended.
        5 until: Date;
        /// True if it is over.
        6 former: Boolean { default("false") };
        /// True for the one company for which the person mainly works.
        7 primary: Boolean { default("false") };
    }
    /// One employment of a person at a company.
    200 one_employment: unique(contact, company);
    title(&[role]);
    link(contact, company, Some(primary));
    hook(ends_after_it_begins);
}

fn ends_after_it_begins(save: &mut Save<'_, Employment>) -> Result<()> {
    if !save.is_given(Employment::SINCE) && !save.is_given(Employment::UNTIL) {
        return Ok(());
    }
    match (save.get(Employment::SINCE), save.get(Employment::UNTIL)) {
        (Some(since), Some(until)) if until < since => {
            let error = Error::invalid(until, "an employment does not end before it begins");
            Err(error.at_field(Employment::TYPE_NAME, Employment::UNTIL.name()))
        }
        _ => Ok(()),
    }
}
