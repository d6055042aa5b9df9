//! What the fuzz targets share: bytes read as choices and values, and a small database to try them on.

pub mod disk;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta};
use crm_core::store::{KeyRange, MemoryStorage, Overlay, Space, Storage};
use crm_core::{
    Code, Crm, Currency, Error, Id, Money, PartialDate, Parts, Ref, Result, Value,
    schema::FieldDef, schema::FieldType, schema::ObjectDef,
};
use crm_crash::{Workload, clock, options};
use rust_decimal::Decimal;

/// Bytes that are read from the front; after their end, zeros.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    pub fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.array())
    }

    /// One of several; there must be one.
    pub fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[usize::from(self.u16()) % all.len()]
    }

    /// Text of up to 255 bytes, of which what is no UTF-8 is replaced.
    pub fn text(&mut self) -> String {
        let len = self.u8().into();
        String::from_utf8_lossy(self.take(len)).into_owned()
    }

    /// A value of any type; a list holds no lists.
    pub fn value(&mut self) -> Value {
        match self.u8() % 13 {
            0..=11 if self.is_empty() => Value::Null,
            12 => Value::List((0..self.u8() % 6).map(|_| self.element()).collect()),
            _ => self.element(),
        }
    }

    fn element(&mut self) -> Value {
        match self.u8() % 12 {
            0 => Value::Null,
            1 => Value::Bool(self.u8() % 2 == 1),
            2 => Value::Int(self.i64()),
            3 => Value::Decimal(self.decimal()),
            4 => {
                let code = self.one_of(&["EUR", "JPY", "KWD", "USD"]);
                let currency = Currency::new(code).expect("a currency");
                Value::Money(Money::rounded(self.decimal(), currency))
            }
            5 => Value::Text(self.text()),
            6 => NaiveDate::from_epoch_days(i32::from_le_bytes(self.array()))
                .map_or(Value::Null, Value::Date),
            7 => {
                let [year, month, day] = self.array();
                let year = (year > 0).then_some(i32::from(year) * 30);
                let month_day = (month > 0).then_some((month.into(), day.into()));
                PartialDate::new(year, month_day).map_or(Value::Null, Value::PartialDate)
            }
            8 => DateTime::from_timestamp_micros(self.i64()).map_or(Value::Null, Value::DateTime),
            9 => TimeDelta::try_milliseconds(self.i64()).map_or(Value::Null, Value::Duration),
            10 => Value::Ref(Ref {
                object: self.u16(),
                id: Id::from_bytes(self.array()),
            }),
            _ => Value::Parts(Parts::new(
                (0..self.u8() % 5).map(|_| self.text()).collect(),
            )),
        }
    }

    fn decimal(&mut self) -> Decimal {
        let mantissa = i128::from(self.i64()) * i128::from(self.u16());
        Decimal::try_from_i128_with_scale(mantissa, u32::from(self.u8() % 29)).unwrap_or_default()
    }
}

/// A small database with something of everything in it, to be forked for each input.
pub struct World(Vec<(Space, Vec<u8>, Vec<u8>)>);

impl World {
    /// What a workload makes in so many calls, and an object with a field of every type.
    pub fn new(calls: usize) -> Self {
        let storage = Arc::new(MemoryStorage::new());
        let clock = clock(0);
        let crm = options(&clock).with_storage(Arc::clone(&storage) as Arc<dyn Storage>);
        let crm = crm.expect("an empty database");
        crm.add_object(sample()).expect("the object");
        let mut workload = Workload::new(crm, clock, 1);
        for _ in 0..calls {
            workload.step().expect("a call");
        }
        let mut entries = Vec::new();
        let snapshot = storage.snapshot().expect("a snapshot");
        for space in Space::ALL {
            let mut copy = |key: &[u8], value: &[u8]| {
                entries.push((space, key.to_vec(), value.to_vec()));
                std::ops::ControlFlow::Continue(())
            };
            snapshot
                .scan(&KeyRange::all(space), &mut copy)
                .expect("a scan");
        }
        World(entries)
    }

    /// How many entries its store has.
    pub fn entries(&self) -> usize {
        self.0.len()
    }

    /// A copy of its own.
    ///
    /// # Errors
    /// None but those of a defect.
    pub fn fork(&self) -> Result<Crm> {
        self.fork_with(|_, _, _| true)
    }

    /// A copy whose entries are changed or left out by `change`, which gets the position, the key and the value of
    /// each.
    ///
    /// # Errors
    /// Those of opening what has become of it.
    pub fn fork_with(
        &self,
        mut change: impl FnMut(usize, &mut Vec<u8>, &mut Vec<u8>) -> bool,
    ) -> Result<Crm> {
        let mut copy = Overlay::new();
        for (position, (space, key, value)) in self.0.iter().enumerate() {
            let (mut key, mut value) = (key.clone(), value.clone());
            if change(position, &mut key, &mut value) {
                copy.put(*space, key, value);
            }
        }
        let storage = MemoryStorage::new();
        storage.commit(&copy)?;
        options(&clock(30)).with_storage(Arc::new(storage))
    }
}

/// A custom object with a field of every type.
fn sample() -> ObjectDef {
    let mut object = ObjectDef::custom("sample", "samples");
    for (id, ty) in (1..).zip(FieldType::ALL) {
        let mut field = FieldDef::new(id, &format!("a_{}", ty.name()), ty);
        if ty == FieldType::Choice {
            field = field.choices(&[("red", "Red"), ("green", "Green")]);
        }
        object = object.with(field);
    }
    object.with(FieldDef::new(90, "numbers", FieldType::Integer).many())
}

/// Bad input has an error of its own: that of a defect or of damage is a failure.
pub fn expected(error: &Error) {
    let is_ours = matches!(
        error.code(),
        Code::Corrupt | Code::Io | Code::Full | Code::NeedsReopen
    );
    assert!(!is_ours, "bad input is reported as damage: {error}");
}

/// Every derived structure says what the records say.
pub fn assert_sound(crm: &Crm) {
    let report = crm.check().expect("a check");
    assert!(report.is_sound(), "{:#?}", report.findings);
}
