//! Exchange rates.

use crate::schema::declare::object;
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
    title(&[1, 2]);
    unique(200, &[1, 2]);
    role(Role::ExchangeRate);
}
