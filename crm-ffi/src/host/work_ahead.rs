//! What is to come and what goes out.

use crm_core::View;

use super::change::Outcome;
use super::crm::Crm;
use super::error::Result;
use super::value::{DateTime, Records, Ref, refs, signed, unsigned};

/// What a call of `run_due` did.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct DueReport {
    /// The reminders whose time has come.
    pub reminders: Vec<Ref>,
    /// How many rules were run because a date or their schedule was reached.
    pub rule_runs: i64,
    /// True if more is due: call again.
    pub more: bool,
}

/// What is known of an e-mail address or phone number, whoever has it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
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

#[uniffi::export]
impl Crm {
    /// When something is due next; null if nothing is. The host sets its timer to it and calls `run_due`.
    pub fn next_due(&self) -> Result<Option<DateTime>> {
        Ok(self.session.next_due()?.map(DateTime::from))
    }

    /// Does what is due up to a time: reminders become due, rules that wait for dates and schedules run. One call
    /// does a bounded number; the report says if more is due. A second call does nothing twice.
    pub fn run_due(&self, until: DateTime) -> Result<DueReport> {
        let crm_core::DueReport {
            reminders,
            rule_runs,
            more,
        } = self.session.run_due(until.known()?)?;
        Ok(DueReport {
            reminders: refs(&self.catalog(), reminders),
            rule_runs: signed(rule_runs),
            more,
        })
    }

    /// The reminders that are due and that nobody has acknowledged, oldest first.
    #[uniffi::method(default(limit = 50))]
    pub fn due_reminders(&self, limit: i64) -> Result<Records> {
        let reminders = self.session.due_reminders(unsigned(limit, "limit")?)?;
        let records: Vec<_> = reminders.into_iter().map(View::into_record).collect();
        let catalog = self.catalog();
        Ok(self.wire(&catalog).records(&records))
    }

    /// Says that somebody has seen a reminder.
    ///
    /// Fails with `NotFound`.
    pub fn acknowledge(&self, reminder: Ref) -> Result<Outcome> {
        Ok(Outcome::new(
            &self.catalog(),
            self.session.acknowledge(reminder.of()?)?,
        ))
    }

    /// Puts a reminder off.
    ///
    /// Fails with `NotFound`.
    pub fn snooze(&self, reminder: Ref, until: DateTime) -> Result<Outcome> {
        Ok(Outcome::new(
            &self.catalog(),
            self.session.snooze(reminder.of()?, until.known()?)?,
        ))
    }

    /// The messages that the host is to send now, oldest first.
    #[uniffi::method(default(limit = 50))]
    pub fn outbox(&self, limit: i64) -> Result<Records> {
        let messages = self.session.outbox(unsigned(limit, "limit")?)?;
        let records: Vec<_> = messages.into_iter().map(View::into_record).collect();
        let catalog = self.catalog();
        Ok(self.wire(&catalog).records(&records))
    }

    /// Says that a message has been sent.
    ///
    /// Fails with `NotFound`.
    pub fn outbox_sent(&self, message: Ref) -> Result<Outcome> {
        Ok(Outcome::new(
            &self.catalog(),
            self.session.outbox_sent(message.of()?)?,
        ))
    }

    /// Says that a message could not be sent, and when to try again; without a time it is given up.
    ///
    /// Fails with `NotFound`.
    #[uniffi::method(default(retry = None))]
    pub fn outbox_failed(
        &self,
        message: Ref,
        error: String,
        retry: Option<DateTime>,
    ) -> Result<Outcome> {
        let retry = retry.map(DateTime::known).transpose()?;
        Ok(Outcome::new(
            &self.catalog(),
            self.session.outbox_failed(message.of()?, &error, retry)?,
        ))
    }

    /// What is known of an e-mail address or phone number, and who has it.
    ///
    /// Fails with `Invalid` if it is neither.
    pub fn contact_point(&self, address: String) -> Result<ContactPointState> {
        let state = self.session.contact_point(&address)?;
        let crm_core::ContactPointState {
            address,
            opted_out,
            invalid,
            holders,
        } = state;
        Ok(ContactPointState {
            address,
            opted_out,
            invalid,
            holders: refs(&self.catalog(), holders),
        })
    }

    /// Says that the owner of an address does, or does not, want to be contacted there. It holds for every record
    /// that has the address, now or later.
    ///
    /// Fails with `Invalid` if it is neither an e-mail address nor a phone number.
    pub fn set_opted_out(&self, address: String, opted_out: bool) -> Result<Outcome> {
        Ok(Outcome::new(
            &self.catalog(),
            self.session.set_opted_out(&address, opted_out)?,
        ))
    }

    /// Says that messages to an address do not arrive, and why; or, without a reason, that they do.
    ///
    /// Fails as `set_opted_out` does.
    #[uniffi::method(default(reason = None))]
    pub fn set_invalid(&self, address: String, reason: Option<String>) -> Result<Outcome> {
        Ok(Outcome::new(
            &self.catalog(),
            self.session.set_invalid(&address, reason.as_deref())?,
        ))
    }
}
