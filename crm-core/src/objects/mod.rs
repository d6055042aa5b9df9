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

    use crate::schema::{Catalog, check_object};

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
}
