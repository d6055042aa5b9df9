//! Sums that are kept. They are exact whatever was added and taken away, in any order: what a sum loses when a
//! value goes is what it gained when the value came.

use rust_decimal::Decimal;

use crate::error::{Error, Result};
use crate::value::{Currency, Money, Value, ValueRef};

/// Decimals that a number can have.
const SCALE_MAX: u32 = 28;
/// A whole in units of the last decimal, 10²⁸.
const WHOLE: i128 = power(SCALE_MAX);

/// The exact sum of any decimals: a whole number, and decimals that are added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Exact {
    whole: i128,
    /// In units of 10⁻²⁸; at least 0, less than [`WHOLE`].
    fraction: i128,
}

impl Exact {
    /// Adds a number, or takes it away.
    ///
    /// # Errors
    /// `Invalid` after more than a billion numbers that are as large as numbers can be.
    pub(crate) fn add(&mut self, number: Decimal, sign: i64) -> Result<()> {
        let number = if sign < 0 { -number } else { number };
        let unit = power(number.scale());
        let rest = number.mantissa().rem_euclid(unit);
        let fraction = self.fraction + rest * power(SCALE_MAX - number.scale());
        let whole = number.mantissa().div_euclid(unit) + fraction / WHOLE;
        self.whole = self.whole.checked_add(whole).ok_or_else(|| {
            Error::invalid(number, "a sum that is kept would have more than 38 digits")
        })?;
        self.fraction = fraction % WHOLE;
        Ok(())
    }

    fn is_zero(&self) -> bool {
        self.whole == 0 && self.fraction == 0
    }

    /// The sum, if a number has so many digits.
    pub(crate) fn exactly(&self) -> Option<Decimal> {
        let is_in = |scale: &u32| self.fraction % power(SCALE_MAX - scale) == 0;
        let scale = (0..=SCALE_MAX).find(is_in)?;
        self.at_scale(scale)
    }

    /// The number that is nearest to the sum, if numbers are as large. One that is not the sum itself has all
    /// digits that a number can have, zeros at its end too; see [`is_full`].
    pub(crate) fn nearest(&self) -> Option<Decimal> {
        let rounded = |scale: u32| {
            let unit = power(SCALE_MAX - scale);
            let (kept, rest) = (self.fraction / unit, self.fraction % unit);
            let up = rest > unit / 2 || (rest == unit / 2 && kept % 2 == 1);
            let rounded = Exact {
                whole: self.whole,
                fraction: kept * unit,
            };
            number(rounded.mantissa(scale)?.checked_add(up.into())?, scale)
        };
        self.exactly()
            .or_else(|| (0..SCALE_MAX).rev().find_map(rounded))
    }

    fn at_scale(&self, scale: u32) -> Option<Decimal> {
        number(self.mantissa(scale)?, scale)
    }

    fn mantissa(&self, scale: u32) -> Option<i128> {
        let fraction = self.fraction / power(SCALE_MAX - scale);
        self.whole.checked_mul(power(scale))?.checked_add(fraction)
    }

    /// Numbers of which this is the sum: itself, or what stands above 10²⁸, below it, and behind the point.
    fn parts(&self) -> Vec<Decimal> {
        if let Some(number) = self.exactly() {
            return vec![number];
        }
        let (above, below) = (self.whole.div_euclid(WHOLE), self.whole.rem_euclid(WHOLE));
        let parts = [(above, 0), (below, 0), (self.fraction, SCALE_MAX)];
        let parts = parts.map(|(mantissa, scale)| number(mantissa, scale).unwrap_or_default());
        parts.to_vec()
    }

    /// Puts the numbers of [`parts`](Exact::parts) together.
    fn from_parts(parts: impl IntoIterator<Item = Decimal>) -> Result<Self> {
        let parts: Vec<Decimal> = parts.into_iter().collect();
        let mut sum = Exact::default();
        match parts.as_slice() {
            [above, below @ ..] if !below.is_empty() => {
                let above = above.mantissa().checked_mul(WHOLE);
                sum.whole = above.ok_or_else(|| Error::corrupt("a sum that is too large"))?;
                below.iter().try_for_each(|part| sum.add(*part, 1))?;
            }
            parts => parts.iter().try_for_each(|part| sum.add(*part, 1))?,
        }
        Ok(sum)
    }
}

/// A power of ten, up to that of [`SCALE_MAX`]: each sum asks for several.
const fn power(exponent: u32) -> i128 {
    const POWERS: [i128; SCALE_MAX as usize + 1] = {
        let mut powers = [1; SCALE_MAX as usize + 1];
        let mut at = 1;
        while at < powers.len() {
            powers[at] = powers[at - 1] * 10;
            at += 1;
        }
        powers
    };
    POWERS[exponent as usize]
}

fn number(mantissa: i128, scale: u32) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

/// True for a number that has all digits that numbers have, so that it may have been rounded.
pub(crate) fn is_full(number: Decimal) -> bool {
    number.mantissa().unsigned_abs() >= Decimal::MAX.mantissa().unsigned_abs() / 10
}

/// A sum of numbers, or of money by currency.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Sum {
    pub number: Exact,
    /// In the order of the currencies, none of them zero.
    money: Vec<(Currency, Exact)>,
}

impl Sum {
    /// Adds a value, or takes it away.
    ///
    /// # Errors
    /// As [`Exact::add`].
    pub(crate) fn add(&mut self, value: &Value, sign: i64) -> Result<()> {
        match value {
            Value::Int(number) => self.number.add((*number).into(), sign),
            Value::Decimal(number) => self.number.add(*number, sign),
            Value::Money(money) => {
                let mut amount = Exact::default();
                amount.add(money.amount(), sign)?;
                self.add_money(money.currency(), &amount)
            }
            _ => Ok(()),
        }
    }

    /// Adds another sum.
    ///
    /// # Errors
    /// As [`Exact::add`].
    pub(crate) fn add_sum(&mut self, other: &Sum) -> Result<()> {
        add_exact(&mut self.number, &other.number)?;
        let mut money = other.money.iter();
        money.try_for_each(|(currency, amount)| self.add_money(*currency, amount))
    }

    fn add_money(&mut self, currency: Currency, amount: &Exact) -> Result<()> {
        let at = self.money.binary_search_by_key(&currency, |(own, _)| *own);
        let at = at.unwrap_or_else(|at| {
            self.money.insert(at, (currency, Exact::default()));
            at
        });
        if let Some((_, own)) = self.money.get_mut(at) {
            add_exact(own, amount)?;
        }
        self.money.retain(|(_, amount)| !amount.is_zero());
        Ok(())
    }

    /// True where nothing is left.
    pub(crate) fn is_zero(&self) -> bool {
        self.number.is_zero() && self.money.is_empty()
    }

    /// The amounts as a list, one for each currency; null where one of them has more digits than an amount can have.
    pub(crate) fn money(&self) -> Value {
        let amounts = self.money.iter().map(|(currency, amount)| {
            let amount = amount.exactly()?;
            Some(Money::from_parts(amount, *currency).into())
        });
        amounts
            .collect::<Option<Vec<Value>>>()
            .map_or(Value::Null, Value::List)
    }

    /// The number in the stored form: itself, or a list of three of which it is the sum.
    pub(crate) fn stored_number(&self) -> Value {
        match self.number.parts().as_slice() {
            [number] => Value::Decimal(*number),
            parts => Value::List(parts.iter().copied().map(Value::from).collect()),
        }
    }

    /// The amounts in the stored form: one of each currency, or three of which it is the sum.
    pub(crate) fn stored_money(&self) -> Value {
        let amounts = self.money.iter().flat_map(|(currency, amount)| {
            let parts = amount.parts().into_iter();
            parts.map(|part| Money::from_parts(part, *currency).into())
        });
        Value::List(amounts.collect())
    }

    /// Reads the stored forms.
    ///
    /// # Errors
    /// `Corrupt` for what is none of them.
    pub(crate) fn from_stored(number: ValueRef<'_>, money: ValueRef<'_>) -> Result<Self> {
        let mut sum = Sum {
            number: Exact::from_parts(number.elements().filter_map(ValueRef::as_decimal))?,
            money: Vec::new(),
        };
        let amounts: Vec<Money> = money.elements().filter_map(ValueRef::as_money).collect();
        for amounts in amounts.chunk_by(|a, b| a.currency() == b.currency()) {
            let amount = Exact::from_parts(amounts.iter().map(Money::amount))?;
            if let Some(first) = amounts.first() {
                sum.add_money(first.currency(), &amount)?;
            }
        }
        Ok(sum)
    }
}

fn add_exact(sum: &mut Exact, other: &Exact) -> Result<()> {
    let fraction = sum.fraction + other.fraction;
    let whole = sum.whole.checked_add(other.whole);
    let whole = whole.and_then(|whole| whole.checked_add(fraction / WHOLE));
    sum.whole =
        whole.ok_or_else(|| Error::invalid("sum", "a sum would have more than 38 digits"))?;
    sum.fraction = fraction % WHOLE;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimals() -> impl Strategy<Value = Decimal> {
        let max = Decimal::MAX.mantissa();
        let mantissa = prop_oneof![-max..=max, -1_000_000..=1_000_000_i128, Just(max)];
        (mantissa, 0..=28_u32).prop_map(|(mantissa, scale)| number(mantissa, scale).unwrap())
    }

    proptest! {
        #[test]
        fn what_comes_and_goes_leaves_nothing(numbers in proptest::collection::vec(decimals(), 0..12), rest in decimals()) {
            let mut sum = Exact::default();
            sum.add(rest, 1).unwrap();
            for number in &numbers {
                sum.add(*number, 1).unwrap();
                prop_assert_eq!(Exact::from_parts(sum.parts()).unwrap(), sum);
            }
            for number in numbers.iter().rev() {
                sum.add(*number, -1).unwrap();
            }
            prop_assert_eq!(sum.exactly(), Some(rest));
        }

        #[test]
        fn what_is_rounded_is_full_and_near(a in decimals(), b in decimals()) {
            let mut sum = Exact::default();
            sum.add(a, 1).unwrap();
            sum.add(b, 1).unwrap();
            let nearest = sum.nearest();
            prop_assert_eq!(nearest.is_none(), a.checked_add(b).is_none());
            let Some(nearest) = nearest else { return Ok(()) };
            match sum.exactly() {
                Some(exact) => prop_assert_eq!(exact, nearest),
                None => prop_assert!(is_full(nearest)),
            }
            sum.add(nearest, -1).unwrap();
            let mut unit = Exact::default();
            unit.add(number(1, nearest.scale()).unwrap(), 1).unwrap();
            let mut twice = sum;
            add_exact(&mut twice, &sum).unwrap();
            let off = if twice.whole < 0 { -twice.whole - i128::from(twice.fraction > 0) } else { twice.whole };
            prop_assert!(off <= unit.whole.max(1), "{sum:?} of {unit:?}");
        }
    }
}
