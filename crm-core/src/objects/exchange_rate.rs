//! Exchange rates.

use rust_decimal::Decimal as Number;

use crate::error::{Error, Result};
use crate::schema::declare::object;
use crate::schema::{Object, Save};
use crate::value::Currency;
use crate::schema::kind::{Date, Decimal, Text};

object! {
    /// What one unit of a currency was worth in the organisation's base currency from a day on. The host
    /// supplies the rates.
    ExchangeRate = 18 "exchange_rate" "exchange rates" {
        /// The ISO 4217 code of the currency.
        1 currency: Text { required };
        /// The first day on which the rate holds.
        2 date: Date { required };
        /// Units of the base currency for one unit of the currency.
        3 rate: Decimal { required };
    }
    /// One rate of a currency from a day on.
    200 one_rate: unique(currency, date);
    title(&[currency, date]);
    role(Role::ExchangeRate(ExchangeRateRole { currency, date, rate }));
    hook(check);
}

fn check(save: &mut Save<'_, ExchangeRate>) -> Result<()> {
    if let Some(code) = save.get(ExchangeRate::CURRENCY) {
        let currency = Currency::new(&code)
            .map_err(|error| error.at_field(ExchangeRate::TYPE_NAME, ExchangeRate::CURRENCY.name()))?;
        save.set(ExchangeRate::CURRENCY, currency.code().to_owned());
    }
    match save.get(ExchangeRate::RATE) {
        Some(rate) if rate <= Number::ZERO => {
            let error = Error::invalid(rate, "a rate is greater than zero");
            Err(error.at_field(ExchangeRate::TYPE_NAME, ExchangeRate::RATE.name()))
        }
        _ => Ok(()),
    }
}
