//! Exchange rates.

use rust_decimal::Decimal as Number;

use crate::error::{Error, Result};
use crate::schema::declare::object;
use crate::schema::{Object, SaveContext};
use crate::value::{Currency, Value};
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
    role(Role::ExchangeRate);
    hook(check);
}

fn check(context: &mut dyn SaveContext) -> Result<()> {
    if let Value::Text(code) = context.get(ExchangeRate::CURRENCY.number()) {
        let currency = Currency::new(&code).map_err(|error| error.at_field(ExchangeRate::TYPE_NAME, "currency"))?;
        context.set(ExchangeRate::CURRENCY.number(), currency.code().into());
    }
    match context.get(ExchangeRate::RATE.number()) {
        Value::Decimal(rate) if rate <= Number::ZERO => {
            Err(Error::invalid(rate, "a rate is greater than zero").at_field(ExchangeRate::TYPE_NAME, "rate"))
        }
        _ => Ok(()),
    }
}
