//! E-mail addresses and phone numbers as things of their own.

use crate::error::{Error, Result};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Boolean, DateTime, OneOf, Text};
use crate::schema::{Object, Save};
use crate::value::normalise;

choices! {
    /// What kind of address it is.
    ContactPointKind {
        /// An e-mail address.
        Email = "email" "E-mail address",
        /// A phone number.
        Phone = "phone" "Phone number",
    }
}

object! {
    /// An e-mail address or phone number, shared by all records that have it, so that an opt-out given to
    /// one holds for all. Made when there is something to say about the address.
    ContactPoint = 17 "contact_point" "contact points" {
        /// The address in its normal form.
        1 address: Text { required, unique, personal };
        /// What kind of address it is.
        2 kind: OneOf<ContactPointKind> { required };
        /// True if its owner does not want to be contacted here.
        3 opted_out: Boolean { default("false"), aliases(&["opt out", "unsubscribed"]) };
        /// When that was said.
        4 opted_out_at: DateTime;
        /// True if messages do not arrive.
        5 invalid: Boolean { default("false"), aliases(&["bounced"]) };
        /// What showed that.
        6 invalid_reason: Text;
    }
    title(&[address]);
    role(Role::Bookkeeping);
    hook(normal_form);
}

/// An address is found by its normal form, so that it has to be in it.
fn normal_form(save: &mut Save<'_, ContactPoint>) -> Result<()> {
    let (Some(text), Some(kind)) = (save.get(ContactPoint::ADDRESS), save.get(ContactPoint::KIND)) else {
        return Ok(());
    };
    let normal = match kind {
        ContactPointKind::Email => normalise::email(&text),
        ContactPointKind::Phone if text.starts_with('+') => normalise::phone(&text, "US"),
        ContactPointKind::Phone => Err(Error::invalid(text, "the number needs its country code, as in `+14155552671`")),
    };
    let normal = normal.map_err(|error| error.at_field(ContactPoint::TYPE_NAME, ContactPoint::ADDRESS.name()))?;
    save.set(ContactPoint::ADDRESS, normal);
    Ok(())
}
