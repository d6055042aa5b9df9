//! The link between deals and people.

use super::{Contact, Deal};
use crate::schema::declare::object;
use crate::schema::kind::{Boolean, Choice, To};

object! {
    /// That a person takes part in a deal, in a buying role.
    ///
    /// What the person does from then until the deal is closed stands on the timeline of the deal and of its company.
    DealContact = 20 "deal_contact" "deal contacts" {
        /// The deal.
        1 deal: To<Deal> { required, indexed, on_delete(OnDelete::Cascade) };
        /// The person.
        2 contact: To<Contact> { required, indexed, on_delete(OnDelete::Cascade) };
        /// The part that the person plays in the decision.
        3 role: Choice { open_choices, aliases(&["buying role"]), choices(&[
            ("decision_maker", "Decision maker"),
            ("champion", "Champion"),
            ("influencer", "Influencer"),
            ("budget_holder", "Budget holder"),
            ("user", "User"),
            ("blocker", "Blocker"),
        ]) };
        /// True for the one person with whom we mainly speak.
        4 primary: Boolean { default("false") };
    }
    /// One part of a person in a deal.
    200 one_part: unique(deal, contact);
    title(&[role]);
    link(deal, contact, Some(primary));
    membership(MembershipDef {
        member: contact,
        group: deal,
        index: deal,
        period: Period::UntilClosed(Deal::CLOSED_AT.number()),
    });
}
