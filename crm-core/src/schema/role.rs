//! Jobs that the engine gives to objects, each with the fields that play a part in it: the engine knows neither an
//! object nor a field by its name.

use super::field::FieldType;

/// The engine's job for an object, whatever it and its fields are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one record of organisation-wide settings.
    Settings(SettingsRole),
    /// Those who act.
    Actor(ActorRole),
    /// Dated exchange rates.
    ExchangeRate(ExchangeRateRole),
    /// Automation rules.
    Rule,
    /// The record of a rule's run, which sets no rule off.
    RuleRun,
    /// What is kept beside the records that people know by name: reminders, messages for the outside world, what is
    /// known of addresses. An import looks for no name there.
    Bookkeeping,
    /// Words that mark records. An import makes the ones that it does not find.
    Tag,
    /// Documents, whose content may be kept in the store.
    Document(DocumentRole),
    /// Validation rules.
    Validation(ValidationRole),
}

/// The fields of the settings that the engine reads, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsRole {
    /// What the organisation is called; a new database gives it a name.
    pub name: u16,
    /// The code of the currency in which totals are reported.
    pub base_currency: u16,
    /// The code of the country in which local phone numbers are read.
    pub region: u16,
    /// The name of the zone in which days begin and end.
    pub time_zone: u16,
    /// The month in which the fiscal year begins.
    pub fiscal_year_start: u16,
    /// For how many days the idempotency keys of batches are kept.
    pub batch_keys_days: u16,
}

/// The fields of somebody who acts, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorRole {
    /// False for somebody who is switched off.
    pub active: u16,
}

/// The fields of an exchange rate, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeRateRole {
    /// The code of the currency.
    pub currency: u16,
    /// The first day on which the rate holds.
    pub date: u16,
    /// Units of the base currency for one unit of the currency.
    pub rate: u16,
}

/// The fields of a document that follow from its content, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentRole {
    /// The length in bytes.
    pub bytes: u16,
    /// The SHA-256 in hexadecimal digits.
    pub sha256: u16,
}

/// The fields of a validation rule, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidationRole {
    /// What the rule is called.
    pub name: u16,
    /// The name of the object whose records it is about.
    pub object: u16,
    /// The condition that they meet.
    pub condition: u16,
    /// What somebody is told whose record does not.
    pub message: u16,
    /// False for a rule that is switched off.
    pub active: u16,
}

impl Role {
    /// The fields that play a part, each with the type that it has to have.
    pub fn parts(&self) -> Vec<(u16, FieldType)> {
        use FieldType as T;
        match *self {
            Role::Settings(SettingsRole {
                name,
                base_currency,
                region,
                time_zone,
                fiscal_year_start,
                batch_keys_days,
            }) => vec![
                (name, T::Text),
                (base_currency, T::Text),
                (region, T::Text),
                (time_zone, T::Text),
                (fiscal_year_start, T::Integer),
                (batch_keys_days, T::Integer),
            ],
            Role::ExchangeRate(ExchangeRateRole {
                currency,
                date,
                rate,
            }) => vec![(currency, T::Text), (date, T::Date), (rate, T::Decimal)],
            Role::Document(DocumentRole { bytes, sha256 }) => {
                vec![(bytes, T::Integer), (sha256, T::Text)]
            }
            Role::Validation(ValidationRole {
                name,
                object,
                condition,
                message,
                active,
            }) => vec![
                (name, T::Text),
                (object, T::Text),
                (condition, T::LongText),
                (message, T::Text),
                (active, T::Boolean),
            ],
            Role::Actor(ActorRole { active }) => vec![(active, T::Boolean)],
            Role::Rule | Role::RuleRun | Role::Bookkeeping | Role::Tag => Vec::new(),
        }
    }
}
