//! The link between people and companies.

use super::{Company, Contact};
use crate::error::{Error, Result};
use crate::schema::declare::object;
use crate::schema::kind::{Boolean, Date, DateTime, Many, Text, To};
use crate::schema::{Object, Save};

object! {
    /// That a person works, or worked, for a company.
    ///
    /// What the person did while the employment lasted stands on the company's timeline. When
    /// [`Contact::COMPANY`](super::Contact::COMPANY) changes from one company to another, the employment at the one
    /// ends and that at the other begins at that moment, and they are made where there were none; undoing the change
    /// takes them back.
    Employment = 19 "employment" "employments" {
        /// The person.
        1 contact: To<Contact> { required, indexed, on_delete(OnDelete::Cascade) };
        /// The company.
        2 company: To<Company> { required, indexed, on_delete(OnDelete::Cascade) };
        /// What the person does there.
        3 role: Text { aliases(&["position", "job title"]) };
        /// The day on which it began, as people say it; it counts before [`began`](Employment::BEGAN).
        4 since: Date;
        /// The last day of it, as people say it; it counts before [`ended`](Employment::ENDED).
        5 until: Date;
        /// True if it is over. It ends when this is said, unless `until` says another day; one that came here as a
        /// former one without that day puts nothing on the company's timeline.
        6 former: Boolean { default("false") };
        /// True for the one company for which the person mainly works.
        7 primary: Boolean { default("false") };
        /// The moment at which the person came from another company.
        8 began: DateTime { read_only };
        /// The moment at which the person went, or it was said that it is over.
        9 ended: DateTime { read_only };
        /// The moments at which the person went and came back, in turn, before the last time.
        10 away: Many<DateTime> { read_only };
    }
    /// One employment of a person at a company.
    200 one_employment: unique(contact, company);
    /// The people of a company, with when they were there.
    201 by_company: index(company, contact) covering(contact, since, until, former, began, ended, away);
    title(&[role]);
    link(contact, company, Some(primary));
    membership(MembershipDef {
        member: contact,
        group: company,
        index: Employment::BY_COMPANY.number(),
        period: Period::Kept(KeptPeriod {
            main: Contact::COMPANY.number(),
            since,
            until,
            began,
            ended,
            away,
            over: former,
        }),
    });
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
