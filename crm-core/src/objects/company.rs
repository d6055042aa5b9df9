//! Companies.

use super::{Tag, User};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Address, Choice, Domain, Email, Integer, LongText, Many, Money, OneOf, Phone, Text, To, Url};
use crate::schema::Save;
use crate::value::normalise::domain;
use crate::error::Result;

choices! {
    /// Where a person or company stands on the way to being a customer, in ascending order.
    Lifecycle {
        /// Known by name only.
        Subscriber = "subscriber" "Subscriber",
        /// Showed interest.
        Lead = "lead" "Lead",
        /// Worth a salesperson's time.
        Qualified = "qualified" "Qualified",
        /// Has an open deal.
        Opportunity = "opportunity" "Opportunity",
        /// Bought.
        Customer = "customer" "Customer",
        /// Recommends us.
        Evangelist = "evangelist" "Evangelist",
        /// None of these: a partner, a supplier.
        Other = "other" "Other",
    }
}

object! {
    /// A company or other organisation that we deal with.
    Company = 4 "company" "companies" {
        /// The name by which people know it.
        1 name: Text { required, indexed, search(9), aliases(&["company", "account", "account name", "company name", "organisation"]) };
        /// The host name of its website, taken from the website where it is not given.
        2 domain: Domain { indexed, search(5), aliases(&["domain name"]) };
        /// Its website.
        3 website: Url { aliases(&["url", "homepage", "web site"]) };
        /// Its main phone number.
        4 phone: Phone { search(4), contact_point, aliases(&["telephone", "phone number"]) };
        /// Its general e-mail address.
        5 email: Email { search(4), contact_point, aliases(&["mail", "e-mail"]) };
        /// The company that this one belongs to.
        6 parent: To<Company> { hierarchy, timeline_up, aliases(&["parent company", "subsidiary of", "parent account"]) };
        /// Its line of business.
        7 industry: Choice { open_choices, indexed, aliases(&["sector", "branch"]) };
        /// How many people work there.
        8 employees: Integer { aliases(&["number of employees", "headcount"]) };
        /// Its revenue in a year.
        9 annual_revenue: Money { aliases(&["revenue", "turnover"]) };
        /// The year in which it was founded.
        10 founded: Integer { aliases(&["year established", "founded in", "year founded"]) };
        /// Where it is.
        11 address: Address { aliases(&["office location", "headquarters"]) };
        /// Where it stands on the way to being a customer.
        12 lifecycle: OneOf<Lifecycle> { indexed, aliases(&["lifecycle stage"]) };
        /// Who looks after it.
        13 owner: To<User> { indexed, aliases(&["account manager", "owner"]) };
        /// Words that mark it.
        14 tags: Many<To<Tag>> { indexed };
        /// What else is to be known.
        15 description: LongText { search(1), aliases(&["notes", "about"]) };
        /// Its key in the system from which it came.
        16 external_id: Text { key, aliases(&["external key", "account id", "company id"]) };
    }
    title(&[name]);
    hook(domain_of_website);
}

fn domain_of_website(save: &mut Save<'_, Company>) -> Result<()> {
    let follows = save.is_given(Company::WEBSITE) && !save.is_given(Company::DOMAIN);
    if follows && let Some(url) = save.get(Company::WEBSITE) {
        save.set(Company::DOMAIN, domain(&url)?);
    }
    Ok(())
}
