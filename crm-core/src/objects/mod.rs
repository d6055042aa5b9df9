//! The standard objects, one file each: a declaration, and the pure logic that belongs to the object alone.
//!
//! A further object type costs a file and a word in the list below; everything else (storage, indexes,
//! search, history, expressions, import, boards) reads the declaration.

use crate::schema::Declared;
use crate::schema::declare::objects;

objects![
    organisation,
    user,
    team,
    company,
    contact,
    employment,
    lead,
    pipeline,
    stage,
    deal,
    deal_contact,
    call,
    meeting,
    attendee,
    email,
    note,
    task,
    document,
    tag,
    contact_point,
    exchange_rate,
    validation_rule,
    rule,
    rule_run,
    reminder,
    outbox_message,
    import_run,
    import_problem,
];

mod former;

/// What this version declares.
pub(crate) fn declared() -> Declared {
    Declared {
        standard: standard(),
        former: former::former(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails should panic")]
mod tests {
    use std::collections::BTreeSet;

    use super::{Contact, Deal, DealContact, Employment};
    use crate::schema::{Catalog, KeptPeriod, MembershipDef, Object, Period, check_object};

    /// What is declared fulfils what is asked of definitions that are made at run time, and roles have fields of the
    /// types that the engine reads.
    #[test]
    fn every_declaration_is_sound() {
        let mut objects = super::standard();
        objects.extend(super::declared().former);
        let catalog = Catalog::new(objects, 0);
        for object in catalog.objects() {
            check_object(&catalog, object).unwrap();
        }
        let numbers: BTreeSet<u16> = catalog.objects().iter().map(|object| object.id).collect();
        assert_eq!(
            numbers.len(),
            catalog.objects().len(),
            "a number is never given twice"
        );
    }

    /// What is wrong in the membership of a link, in the words of the refusal.
    fn fault<O: Object>(change: impl Fn(&mut MembershipDef)) -> String {
        let mut objects = super::standard();
        let link = objects.iter_mut().find(|object| object.id == O::TYPE);
        change(link.unwrap().membership.as_mut().unwrap());
        let catalog = Catalog::new(objects, 0);
        let refused = check_object(&catalog, catalog.object(O::TYPE).unwrap());
        refused.unwrap_err().to_string()
    }

    #[test]
    fn a_membership_that_could_not_be_kept_is_refused() {
        let of_employment = |change: fn(&mut MembershipDef)| fault::<Employment>(change);
        let of_period = |change: fn(&mut KeptPeriod)| {
            fault::<Employment>(|membership| match &mut membership.period {
                Period::Kept(period) => change(period),
                Period::UntilClosed(_) => {}
            })
        };
        let of_part = |change: fn(&mut MembershipDef)| fault::<DealContact>(change);
        let faults = [
            (
                of_employment(|it| it.member = Employment::ROLE.number()),
                "single references",
            ),
            (
                of_employment(|it| it.group = Employment::SINCE.number()),
                "single references",
            ),
            (
                of_employment(|it| it.index = Employment::ONE_EMPLOYMENT.number()),
                "not unique",
            ),
            (
                of_employment(|it| it.index = Employment::COMPANY.number()),
                "on group and member",
            ),
            (
                of_period(|it| it.main = Contact::OWNER.number()),
                "leads up to the group",
            ),
            (
                of_period(|it| it.since = Employment::BEGAN.number()),
                "a single date",
            ),
            (
                of_period(|it| it.away = Employment::ENDED.number()),
                "a list of date_time",
            ),
            (
                of_period(|it| it.over = Employment::PRIMARY.number()),
                "its index covers it",
            ),
            (
                of_part(|it| it.index = DealContact::CONTACT.number()),
                "begins with the group",
            ),
            (
                of_part(|it| it.period = Period::UntilClosed(Deal::CLOSE_DATE.number())),
                "a date-time of the group",
            ),
        ];
        for (said, expected) in faults {
            assert!(said.contains(expected), "{said}: nothing of {expected}");
        }
    }
}
