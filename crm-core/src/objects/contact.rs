//! People.

use super::{Company, Lifecycle, Tag, User};
use crate::error::Result;
use crate::schema::{Save, SaveContext};
use crate::schema::declare::object;
use crate::schema::kind::{Address, Choice, Email, LongText, Many, OneOf, PartialDate, PersonName, Phone, Text, To, Url};
use crate::value::{Parts, Value};

object! {
    /// A person whom we know.
    Contact = 5 "contact" "contacts" {
        /// The person's name. Where it is not known, the person is called by an address, a number or the company.
        1 name: PersonName { required, indexed, search(9), personal, aliases(&["contact", "full name", "contact name"]) };
        /// The main e-mail address.
        2 email: Email { indexed, search(6), personal, contact_point, aliases(&["mail", "e-mail", "email address"]) };
        /// Further e-mail addresses.
        3 other_emails: Many<Email> { search(4), personal, contact_point, aliases(&["other e-mails", "email 2", "secondary email"]) };
        /// The main phone number.
        4 phone: Phone { search(5), personal, contact_point, aliases(&["telephone", "phone number", "work phone"]) };
        /// The mobile phone number.
        5 mobile: Phone { search(5), personal, contact_point, aliases(&["cell", "mobile phone", "cell phone"]) };
        /// Further phone numbers.
        6 other_phones: Many<Phone> { search(3), personal, contact_point };
        /// The company for which the person mainly works; see [`Employment`](super::Employment) for all of them.
        7 company: To<Company> { timeline_up, aliases(&["account", "company name", "organisation"]) };
        /// The position there.
        8 job_title: Text { search(2), aliases(&["title", "position", "role"]) };
        /// The part of the company.
        9 department: Text;
        /// Where the person can be reached by post.
        10 address: Address { personal };
        /// The birthday; the year may be unknown.
        11 birthday: PartialDate { personal, aliases(&["date of birth", "birth date"]) };
        /// The language in which to write to the person, BCP 47.
        12 language: Text;
        /// A profile on a network.
        13 profile: Url { personal, aliases(&["linkedin", "linkedin url"]) };
        /// Where the person came from.
        14 source: Choice { open_choices, indexed, aliases(&["lead source"]) };
        /// Where the person stands on the way to being a customer.
        15 lifecycle: OneOf<Lifecycle> { indexed, aliases(&["lifecycle stage"]) };
        /// The person through whom we know this one.
        16 referred_by: To<Contact> { indexed };
        /// Who looks after the person.
        17 owner: To<User> { indexed };
        /// Words that mark the person.
        18 tags: Many<To<Tag>> { indexed };
        /// What else is to be known.
        19 description: LongText { search(1), personal, aliases(&["notes", "about"]) };
        /// The key in the system from which the person came.
        20 external_id: Text { key, aliases(&["external key", "contact id"]) };
        /// How to refer to the person: `she/her`.
        21 pronouns: Text { personal };
    }
    title(&[name]);
    hook(call);
}

fn call(save: &mut Save<'_, Contact>) -> Result<()> {
    let by = [Contact::EMAIL.number(), Contact::OTHER_EMAILS.number(), Contact::PHONE.number(), Contact::MOBILE.number()];
    let by = [by.as_slice(), &[Contact::OTHER_PHONES.number(), Contact::COMPANY.number()]].concat();
    call_by(save.context(), Contact::NAME.number(), &by)
}

/// Calls somebody without a name by the first of some fields that has a value, until there is a name.
pub(super) fn call_by(context: &mut dyn SaveContext, name: u16, by: &[u16]) -> Result<()> {
    // Who has a family name is called by it, and was: most are.
    let has_family = |name: &Value| match name {
        Value::Parts(name) => name.as_slice().get(1).is_some_and(|family| !family.is_empty()),
        _ => false,
    };
    if has_family(&context.get(name)) && (context.is_new() || has_family(&context.old(name))) {
        return Ok(());
    }
    let stands_in = |name: &Value, text: &Option<String>| match (name, text) {
        (Value::Parts(name), Some(text)) => name.as_slice().first() == Some(text),
        _ => false,
    };
    let old = called(context, by, &|context, field| context.old(field))?;
    let was_called = stands_in(&context.old(name), &old);
    let mut parts = match context.get(name) {
        Value::Parts(parts) => parts.as_slice().to_vec(),
        _ => Vec::new(),
    };
    if was_called && parts.first() == old.as_ref() && let Some(given) = parts.first_mut() {
        given.clear();
    }
    if parts.iter().all(|part| part.is_empty()) {
        let new = called(context, by, &|context, field| context.get(field))?;
        parts = new.into_iter().collect();
    }
    let parts = Parts::new(parts);
    let value = if parts.is_empty() { Value::Null } else { Value::Parts(parts) };
    if value != context.get(name) {
        context.set(name, value);
    }
    Ok(())
}

fn called(
    context: &dyn SaveContext,
    by: &[u16],
    get: &dyn Fn(&dyn SaveContext, u16) -> Value,
) -> Result<Option<String>> {
    for field in by {
        let value = match get(context, *field) {
            Value::List(list) => list.into_iter().next().unwrap_or_default(),
            one => one,
        };
        let value = match value {
            Value::Ref(company) => context.lookup(company, Company::NAME.number())?,
            value => value,
        };
        if let Value::Text(text) = value {
            return Ok(Some(text));
        }
    }
    Ok(None)
}
