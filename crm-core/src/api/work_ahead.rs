//! What is to come and what goes out: the due queue, reminders, the outbox, and what is known of addresses.

use chrono::{DateTime, Utc};

use super::session::Session;
use crate::access::EngineLens;
use crate::engine::{Outcome, Work};
use crate::error::{Error, Result};
use crate::objects::{
    ContactPoint, ContactPointKind, OutboxMessage, OutboxStatus, Reminder, ReminderStatus,
};
use crate::query::Query;
use crate::record::Fields;
use crate::rules::{self, DueReport};
use crate::schema::{FieldType, Object, View};
use crate::value::{Id, Ref, Value, ValueRef, normalise};

/// What is known of an e-mail address or phone number, whoever has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactPointState {
    /// The address in its normal form.
    pub address: String,
    /// True if its owner does not want to be contacted here.
    pub opted_out: bool,
    /// True if messages do not arrive.
    pub invalid: bool,
    /// The live records that have it.
    pub holders: Vec<Ref>,
}

impl Session {
    /// When something is due next; `None` if nothing is.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn next_due(&self) -> Result<Option<DateTime<Utc>>> {
        self.read(|reader| rules::next_due(EngineLens::behind(&reader.lens)))
    }

    /// Does what is due up to a time: reminders become due, rules that wait for dates and schedules run. One
    /// call does a bounded number; the report says if more is due. A second call does nothing twice. Where the
    /// clock is behind that time, it is that time for all that is done: conditions, records that are made.
    ///
    /// # Errors
    /// Those of the store; what a rule does wrong is recorded in its run.
    pub fn run_due(&self, until: DateTime<Utc>) -> Result<DueReport> {
        let automate = self.automates();
        let mut report = self
            .caused_by("due")
            .transact(|work| rules::run_due(work, until, automate))?;
        report.more = self.to_the_end().next_due()?.is_some_and(|at| at <= until);
        Ok(report)
    }

    /// The reminders whose time has come and that nobody has acknowledged, the oldest first.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn due_reminders(&self, limit: usize) -> Result<Vec<View<Reminder>>> {
        Ok(self
            .list(
                Query::of(Reminder::TYPE_NAME)
                    .filter("status == 'due'")
                    .sort("at")
                    .limit(limit),
            )?
            .rows)
    }

    /// Says that a reminder has been seen.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn acknowledge(&self, reminder: Id<Reminder>) -> Result<Outcome> {
        self.update(
            reminder,
            Reminder::draft().status(ReminderStatus::Acknowledged),
        )
    }

    /// Puts a reminder off.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn snooze(&self, reminder: Id<Reminder>, until: DateTime<Utc>) -> Result<Outcome> {
        self.update(
            reminder,
            Reminder::draft().status(ReminderStatus::Waiting).at(until),
        )
    }

    /// The messages that wait for the host, the oldest first. They stay in the outbox until the host says that
    /// they are sent: each is delivered at least once, and its id tells a repetition.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn outbox(&self, limit: usize) -> Result<Vec<View<OutboxMessage>>> {
        let waiting = "status == 'waiting' && (not_before == null || not_before <= now)";
        Ok(self
            .list(
                Query::of(OutboxMessage::TYPE_NAME)
                    .filter(waiting)
                    .limit(limit),
            )?
            .rows)
    }

    /// Says that a message has been sent.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn outbox_sent(&self, message: Id<OutboxMessage>) -> Result<Outcome> {
        self.update(message, OutboxMessage::draft().status(OutboxStatus::Sent))
    }

    /// Says that a message could not be sent, and when to try again; without a time it is given up.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn outbox_failed(
        &self,
        message: Id<OutboxMessage>,
        error: &str,
        retry: Option<DateTime<Utc>>,
    ) -> Result<Outcome> {
        self.transact(|work| {
            let record = work.live_record(message.reference())?;
            let attempts = View::<OutboxMessage>::new(record).attempts().unwrap_or(0) + 1;
            let draft = OutboxMessage::draft().attempts(attempts).error(error);
            let draft = match retry {
                Some(at) => draft.not_before(at),
                None => draft.status(OutboxStatus::Dead),
            };
            work.update(message.reference(), &draft.into(), None)
        })
    }

    /// What is known of an e-mail address or phone number, and who has it.
    ///
    /// # Errors
    /// `Invalid` if it is neither.
    pub fn contact_point(&self, address: &str) -> Result<ContactPointState> {
        let (address, kind) = self.address(address)?;
        let known = self.read(|reader| {
            let points = reader.lens.catalog().object(ContactPoint::TYPE)?;
            let field = ContactPoint::ADDRESS.number();
            let holder = reader
                .lens
                .holder(points, field, ValueRef::Text(&address))?;
            Ok(holder.map(View::<ContactPoint>::new))
        })?;
        let known = known.as_ref();
        Ok(ContactPointState {
            opted_out: known
                .and_then(View::<ContactPoint>::opted_out)
                .unwrap_or(false),
            invalid: known
                .and_then(View::<ContactPoint>::invalid)
                .unwrap_or(false),
            holders: self.holders(&address, kind)?,
            address,
        })
    }

    /// Says that the owner of an address does, or does not, want to be contacted there. It holds for every
    /// record that has the address, now or later.
    ///
    /// # Errors
    /// `Invalid` if it is neither an e-mail address nor a phone number.
    pub fn set_opted_out(&self, address: &str, opted_out: bool) -> Result<Outcome> {
        let at = if opted_out { Some(self.now()) } else { None };
        self.say_of(address, |fields| {
            fields.set_number(ContactPoint::OPTED_OUT.number(), opted_out.into());
            fields.set_number(ContactPoint::OPTED_OUT_AT.number(), at.into());
        })
    }

    /// Says that messages to an address do not arrive, and why; or with `None` that they do.
    ///
    /// # Errors
    /// As [`set_opted_out`](Session::set_opted_out).
    pub fn set_invalid(&self, address: &str, reason: Option<&str>) -> Result<Outcome> {
        self.say_of(address, |fields| {
            fields.set_number(ContactPoint::INVALID.number(), reason.is_some().into());
            fields.set_number(ContactPoint::INVALID_REASON.number(), reason.into());
        })
    }

    fn say_of(&self, address: &str, say: impl FnOnce(&mut Fields)) -> Result<Outcome> {
        let (address, kind) = self.address(address)?;
        let mut fields: Fields = ContactPoint::draft()
            .address(address.clone())
            .kind(kind)
            .into();
        say(&mut fields);
        self.transact(|work: &mut Work<'_, '_>| {
            let key = Value::from(address);
            match work.find_unique(ContactPoint::TYPE, ContactPoint::ADDRESS.number(), &key)? {
                Some(point) => work.update(point, &fields, None),
                None => work.create(ContactPoint::TYPE, None, &fields),
            }
        })
    }

    fn address(&self, text: &str) -> Result<(String, ContactPointKind)> {
        if text.contains('@') {
            return Ok((normalise::email(text)?, ContactPointKind::Email));
        }
        let phone = normalise::phone(text, &self.settings().region);
        let phone = phone.map_err(|_| {
            Error::invalid(text, "this is neither an e-mail address nor a phone number")
        })?;
        Ok((phone, ContactPointKind::Phone))
    }

    /// The live records that have an address, in any case of its letters, as their indexes know them.
    fn holders(&self, address: &str, kind: ContactPointKind) -> Result<Vec<Ref>> {
        let ty = match kind {
            ContactPointKind::Email => FieldType::Email,
            ContactPointKind::Phone => FieldType::Phone,
        };
        let mut holders = Vec::new();
        for object in self.catalog().objects() {
            for field in object
                .live_fields()
                .filter(|field| field.contact_point && field.ty == ty)
            {
                self.read(|reader| {
                    let (index, value) = ((object.id, field.id), ValueRef::Text(address));
                    reader.lens.for_each_holding(index, value, |record| {
                        let has = |value: ValueRef<'_>| {
                            let own = value.as_text();
                            own.is_some_and(|own| normalise::same_email(own, address))
                        };
                        if record.get(field.id).elements().any(has) {
                            holders.push(record.reference());
                        }
                        Ok(())
                    })
                })?;
            }
        }
        holders.sort_unstable();
        holders.dedup();
        Ok(holders)
    }
}
