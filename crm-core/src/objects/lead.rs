//! Leads.

use super::contact::call_by;
use super::{Company, Contact, Deal, Tag, User};
use crate::error::Result;
use crate::schema::Save;
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Address, Choice, DateTime, Email, LongText, Many, Money, OneOf, PersonName, Phone, Text, To, Url};

choices! {
    /// How far a lead is.
    LeadStatus {
        /// Nobody has looked at it.
        New = "new" "New",
        /// Somebody works on it.
        Working = "working" "Working",
        /// Worth a deal.
        Qualified = "qualified" "Qualified",
        /// Became a contact, and a company and deal where there is one.
        Converted = "converted" "Converted",
        /// Not worth further work.
        Unqualified = "unqualified" "Unqualified",
    }
}

object! {
    /// Somebody who may become a customer and is not yet known well enough to be a contact.
    Lead = 6 "lead" "leads" {
        /// The person's name. Where it is not known, the lead is called by an address, a number or the company.
        1 name: PersonName { required, indexed, search(9), personal, aliases(&["lead", "full name", "lead name", "contact name"]) };
        /// The name of the person's company.
        2 company_name: Text { search(6), indexed, aliases(&["company", "account", "organisation"]) };
        /// The position there.
        3 job_title: Text { search(2), aliases(&["title", "position"]) };
        /// The e-mail address.
        4 email: Email { search(6), personal, contact_point, aliases(&["mail", "e-mail", "email address"]) };
        /// The phone number.
        5 phone: Phone { search(5), personal, contact_point, aliases(&["telephone", "phone number"]) };
        /// The company's website.
        6 website: Url { aliases(&["url"]) };
        /// Where the person can be reached by post.
        7 address: Address { personal };
        /// How far the lead is.
        8 status: OneOf<LeadStatus> { default("new"), indexed, aliases(&["lead status"]) };
        /// Where the lead came from.
        9 source: Choice { open_choices, indexed, aliases(&["lead source", "channel"]) };
        /// What the lead may be worth.
        10 value: Money { aliases(&["amount", "estimated value"]) };
        /// Why the lead is not worth further work.
        11 unqualified_reason: Text;
        /// Who works on it.
        12 owner: To<User> { indexed, aliases(&["assigned to"]) };
        /// Words that mark it.
        13 tags: Many<To<Tag>> { indexed };
        /// What else is to be known.
        14 description: LongText { search(1), personal, aliases(&["notes", "message"]) };
        /// When it was converted.
        15 converted_at: DateTime { read_only };
        /// The contact that it became.
        16 converted_contact: To<Contact> { indexed };
        /// The company that it became.
        17 converted_company: To<Company> { indexed };
        /// The deal that it became.
        18 converted_deal: To<Deal> { indexed };
        /// The key in the system from which it came.
        19 external_id: Text { key, aliases(&["external key", "lead id"]) };
    }
    title(&[name]);
    hook(call);
}

fn call(save: &mut Save<'_, Lead>) -> Result<()> {
    let by = [Lead::EMAIL.number(), Lead::PHONE.number(), Lead::COMPANY_NAME.number()];
    call_by(save.context(), Lead::NAME.number(), &by)
}
