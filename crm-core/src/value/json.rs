//! The JSON form of values: stable, and the same in every host.

use serde_json::{Map, Value as Json, json};

use super::ValueRef;

/// What JSON shows by name and a value knows by number.
#[derive(Clone, Copy)]
pub struct JsonNames<'a> {
    /// The name of an object type.
    pub object: &'a dyn Fn(u16) -> Option<&'a str>,
    /// The names of the parts, if the field has parts, in their order.
    pub parts: &'a [&'a str],
}

impl JsonNames<'_> {
    /// No names: objects and parts appear by their numbers.
    pub const NONE: JsonNames<'static> = JsonNames {
        object: &|_| None,
        parts: &[],
    };
}

/// The JSON form of a value.
///
/// | value | JSON |
/// |---|---|
/// | null, truth value, text | `null`, `true`, `"text"` |
/// | whole number | `42` (up to 64 bits: a reader that has only doubles loses digits beyond 2⁵³) |
/// | decimal | `"12.5"`, a string: JSON readers make binary fractions of numbers |
/// | money | `{"amount": "12.50", "currency": "EUR"}` |
/// | date, partial date, date-time, duration | the canonical text: `"2024-05-17"`, `"--05-17"`, `"2024-05-17T08:30:00Z"`, `"PT1H30M"` |
/// | reference | `{"object": "contact", "id": "0189…"}`; the number of an object without a name |
/// | parts | `{"street": "12 High St", "city": "York"}`, those that are known; `"2"` for a part without a name |
/// | list | an array |
///
/// ```
/// use crm_core::{Money, Value};
/// use crm_core::value::{JsonNames, to_json};
/// let price = Value::from("12.5 EUR".parse::<Money>().unwrap());
/// let json = to_json((&price).into(), JsonNames::NONE);
/// assert_eq!(json.to_string(), r#"{"amount":"12.50","currency":"EUR"}"#);
/// ```
pub fn to_json(value: ValueRef<'_>, names: JsonNames<'_>) -> Json {
    match value {
        ValueRef::Null => Json::Null,
        ValueRef::Bool(value) => value.into(),
        ValueRef::Int(value) => value.into(),
        ValueRef::Text(value) => value.into(),
        ValueRef::Money(value) => {
            let currency = value.currency();
            let decimals = currency.decimals() as usize;
            json!({
                "amount": format!("{:.decimals$}", value.amount()),
                "currency": currency.code(),
            })
        }
        ValueRef::Ref(value) => {
            let object = (names.object)(value.object).map_or(Json::from(value.object), Json::from);
            json!({ "object": object, "id": value.id.to_string() })
        }
        ValueRef::Parts(parts) => {
            let mut map = Map::new();
            for (index, part) in parts.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
                let name = names
                    .parts
                    .get(index)
                    .map_or_else(|| index.to_string(), |name| (*name).to_owned());
                map.insert(name, part.into());
            }
            map.into()
        }
        ValueRef::List(list) => list.iter().map(|value| to_json(value, names)).collect(),
        ValueRef::Decimal(_)
        | ValueRef::Date(_)
        | ValueRef::PartialDate(_)
        | ValueRef::DateTime(_)
        | ValueRef::Duration(_) => value.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::value::{Id, Parts, Ref, Value};

    #[test]
    fn each_type_has_its_form() {
        let names = JsonNames {
            object: &|object| (object == 1).then_some("contact"),
            parts: &["street", "city"],
        };
        let json = |value: Value| to_json((&value).into(), names);
        assert_eq!(json(Value::Null), Json::Null);
        assert_eq!(json(true.into()), json!(true));
        assert_eq!(json(i64::MAX.into()), json!(9_223_372_036_854_775_807_i64));
        let decimal: Decimal = "12.50".parse().unwrap();
        assert_eq!(json(decimal.into()), json!("12.5"));
        let id = Id::NIL.to_string();
        let reference = |object| {
            Value::from(Ref {
                object,
                id: Id::NIL,
            })
        };
        assert_eq!(json(reference(1)), json!({"object": "contact", "id": id}));
        assert_eq!(json(reference(2)), json!({"object": 2, "id": id}));
        let parts = Parts::new(vec![String::new(), "York".into(), "UK".into()]);
        assert_eq!(json(parts.into()), json!({"city": "York", "2": "UK"}));
        assert_eq!(
            json(vec![Value::from("a"), Value::Null].into()),
            json!(["a", null])
        );
    }
}
