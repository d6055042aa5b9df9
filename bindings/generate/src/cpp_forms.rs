//! C++: the types that shapes have, and what turns them into those of C and back.

use crm_core::operation::Shape;

use crate::c_operations::is_row;
use crate::operations::snake;

/// A value as C takes it.
pub fn as_c(shape: &Shape, value: &str) -> Result<String, String> {
    Ok(match shape {
        Shape::Text | Shape::Path | Shape::Choice(_) => format!("crm::str_of({value})"),
        Shape::DateTime => format!("{value}.micros"),
        Shape::Duration => format!("{value}.millis"),
        Shape::Ref(_) => format!("crm_ref({value})"),
        Shape::Money => format!("crm_money({value})"),
        Shape::Draft(_) => format!("{value}.record_view::get()"),
        Shape::Bool | Shape::Int | Shape::Decimal | Shape::Date | Shape::Object => value.to_owned(),
        other => return Err(format!("{other} is not taken in C++")),
    })
}

/// The type of an element of a list, as C takes it.
pub fn c_type(shape: &Shape) -> Result<&'static str, String> {
    Ok(match shape {
        Shape::Bool => "char",
        Shape::Int | Shape::DateTime | Shape::Duration => "int64_t",
        Shape::Decimal => "crm_decimal",
        Shape::Money => "crm_money",
        Shape::Date => "crm_date",
        Shape::Object => "crm_type",
        Shape::Ref(_) => "crm_ref",
        Shape::Text | Shape::Path | Shape::Choice(_) => "crm_str",
        other => return Err(format!("a list of {other} is not taken in C++")),
    })
}

/// The type of an argument that is passed in order.
pub fn taken(shape: &Shape) -> Result<String, String> {
    Ok(match shape {
        Shape::Text | Shape::Path | Shape::Choice(_) => "std::string_view".to_owned(),
        Shape::Draft(_) => "const crm::record &".to_owned(),
        Shape::Structure(_) | Shape::List(_) => format!("const {} &", option_type(shape)?),
        shape => option_type(shape)?,
    })
}

/// The type of an argument that is set by its name.
pub fn option_type(shape: &Shape) -> Result<String, String> {
    Ok(match shape {
        Shape::Object => "crm_type".to_owned(),
        Shape::Decimal => "crm_decimal".to_owned(),
        shape if matches!(shape.required(), Shape::Draft(_)) => "const crm::record *".to_owned(),
        Shape::List(of) | Shape::Optional(Shape::List(of)) => {
            format!("std::vector<{}>", option_type(of)?)
        }
        Shape::Optional(of) => format!("std::optional<{}>", option_type(of)?),
        shape => type_of(shape)?,
    })
}

/// The type of a member or of a result.
pub fn type_of(shape: &Shape) -> Result<String, String> {
    Ok(match shape {
        Shape::Nothing => "void".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Int => "int64_t".to_owned(),
        Shape::Decimal => "crm::decimal".to_owned(),
        Shape::Money => "crm::money".to_owned(),
        Shape::Text | Shape::Path | Shape::Choice(_) | Shape::Object => "std::string".to_owned(),
        Shape::Date => "crm_date".to_owned(),
        Shape::DateTime => "crm::instant".to_owned(),
        Shape::Duration => "crm::duration".to_owned(),
        Shape::Ref(_) => "crm::ref".to_owned(),
        Shape::Value => "crm::value".to_owned(),
        Shape::Record => "crm::record".to_owned(),
        Shape::Structure(of) => format!("crm::{}", snake(of().name)),
        Shape::List(of) | Shape::Optional(Shape::List(of)) => {
            format!("std::vector<{}>", type_of(of)?)
        }
        Shape::Optional(Shape::Value) => "crm::value".to_owned(),
        Shape::Optional(of) => format!("std::optional<{}>", type_of(of)?),
        Shape::Draft(_) => return Err(format!("{shape} is no member in C++")),
    })
}

/// The name of the getter of `record_view`, and of the setter of `record`.
pub fn accessor(shape: &Shape) -> Result<&'static str, String> {
    Ok(match shape {
        Shape::Bool => "bool",
        Shape::Int => "int",
        Shape::Decimal => "decimal",
        Shape::Money => "money",
        Shape::Date => "date",
        Shape::DateTime => "time",
        Shape::Duration => "duration",
        Shape::Ref(_) => "ref",
        Shape::Text | Shape::Path | Shape::Choice(_) | Shape::Object => "text",
        other => return Err(format!("{other} has no getter in C++")),
    })
}

/// What reads a field of `from`.
pub fn read_of(shape: &Shape, field: &str) -> Result<String, String> {
    Ok(match shape {
        Shape::Value | Shape::Optional(Shape::Value) => {
            format!("crm::value(crm::detail::copy(from), {field})")
        }
        Shape::Structure(_) => format!(
            "{}::from_record(crm::detail::row_of(from, {field}).value())",
            type_of(shape)?
        ),
        Shape::Record => format!("crm::detail::row_of(from, {field}).value()"),
        Shape::Optional(Shape::Record) => format!("crm::detail::row_of(from, {field})"),
        Shape::Optional(of @ Shape::Structure(_)) => {
            format!(
                "crm::detail::map(crm::detail::row_of(from, {field}), {}::from_record)",
                type_of(of)?
            )
        }
        Shape::List(of) | Shape::Optional(Shape::List(of)) => match of {
            Shape::Value | Shape::Structure(_) => {
                format!(
                    "crm::detail::each<{}>(crm::detail::rows_of(from, {field}))",
                    type_of(of)?
                )
            }
            Shape::Record => {
                format!("crm::detail::records_of(crm::detail::rows_of(from, {field}))")
            }
            Shape::Money => format!("from.get_monies({field})"),
            Shape::Decimal => format!("crm::detail::decimals(from.get_decimals({field}))"),
            Shape::Bool => return Err("a list of truth values has no getter in C++".to_owned()),
            of => match accessor(of)? {
                "text" => format!("crm::detail::strings(from.get_texts({field}))"),
                get => format!("from.get_{get}s({field})"),
            },
        },
        Shape::Decimal => format!("crm::detail::decimal(from.get_canonical({field})).value()"),
        Shape::Optional(Shape::Decimal) => {
            format!("crm::detail::decimal(from.get_canonical({field}))")
        }
        Shape::Optional(of) => match accessor(of)? {
            "text" => format!("crm::detail::string(from.get_text({field}))"),
            get => format!("from.get_{get}({field})"),
        },
        shape => match accessor(shape)? {
            "text" => format!("crm::detail::string(from.get_text({field})).value()"),
            get => format!("from.get_{get}({field}).value()"),
        },
    })
}

/// What is made of the record that C gives.
pub fn record_result(shape: &Shape) -> Result<String, String> {
    Ok(match shape {
        Shape::Structure(_) => format!("{}::from_record(crm::record(out))", type_of(shape)?),
        shape => {
            let read = read_of(shape, "CRM_RESULT")?;
            format!("[](const crm::record &from) {{ return {read}; }}(crm::record(out))")
        }
    })
}

/// What is made of the rows that C gives.
pub fn rows_result(shape: &Shape) -> Result<String, String> {
    match shape {
        Shape::List(of) if is_row(of) && !matches!(of, Shape::Record) => Ok(format!(
            "crm::detail::each<{}>(crm::rows(out))",
            type_of(of)?
        )),
        _ => Ok("crm::detail::records_of(crm::rows(out))".to_owned()),
    }
}

/// What takes the single value that C gives.
pub fn value_out(shape: &Shape) -> &'static str {
    match shape {
        Shape::Bool => "bool out = false;",
        Shape::Ref(_) => "crm_ref out = {0, {0}};",
        _ => "int64_t out = 0;",
    }
}

/// What is made of that value.
pub fn value_result(shape: &Shape) -> String {
    match shape {
        Shape::DateTime => "crm::instant{out}".to_owned(),
        Shape::Duration => "crm::duration{out}".to_owned(),
        _ => "out".to_owned(),
    }
}

/// True for what C++ compares by `==`.
pub fn is_comparable(shape: &Shape) -> bool {
    match shape {
        Shape::Date | Shape::Value | Shape::Record => false,
        Shape::Optional(of) | Shape::List(of) => is_comparable(of),
        Shape::Structure(of) => of()
            .members
            .iter()
            .all(|member| is_comparable(member.shape)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_is_read_by_its_shape() {
        let read = |shape: &Shape| read_of(shape, "F");
        assert_eq!(read(&Shape::Int).as_deref(), Ok("from.get_int(F).value()"));
        let name = Shape::Optional(&Shape::Text);
        assert_eq!(
            read(&name).as_deref(),
            Ok("crm::detail::string(from.get_text(F))")
        );
        let refs = Shape::List(&Shape::Ref(&[]));
        assert_eq!(read(&refs).as_deref(), Ok("from.get_refs(F)"));
        assert_eq!(type_of(&refs).as_deref(), Ok("std::vector<crm::ref>"));
        assert!(read(&Shape::List(&Shape::Bool)).is_err());
    }
}
