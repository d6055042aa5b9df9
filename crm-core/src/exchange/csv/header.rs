//! Which field a header means.

use crate::schema::{FieldDef, FieldType, ObjectDef};
use crate::value::fold;

/// A field, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub field: u16,
    pub place: Place,
}

/// What of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// All of it.
    Whole,
    /// A part of a name or an address, by its number.
    Part(usize),
    /// The currency of an amount.
    Currency,
    /// The id of the record referred to.
    Id,
}

/// What people call the parts of names and addresses.
const PART_HEADERS: &[(FieldType, &str, &[&str])] = &[
    (
        FieldType::PersonName,
        "given",
        &["firstname", "givenname", "forename"],
    ),
    (
        FieldType::PersonName,
        "family",
        &["lastname", "surname", "familyname"],
    ),
    (
        FieldType::PersonName,
        "middle",
        &["middlename", "middlenames", "middleinitial"],
    ),
    (
        FieldType::PersonName,
        "prefix",
        &["nameprefix", "salutation", "honorific"],
    ),
    (FieldType::PersonName, "suffix", &["namesuffix", "suffix"]),
    (
        FieldType::Address,
        "street",
        &["street", "streetaddress", "addressline1", "address1"],
    ),
    (FieldType::Address, "city", &["city", "town"]),
    (
        FieldType::Address,
        "region",
        &["state", "region", "province", "county"],
    ),
    (
        FieldType::Address,
        "postal_code",
        &["zip", "zipcode", "postcode", "postalcode"],
    ),
    (FieldType::Address, "country", &["country"]),
    (FieldType::Money, "currency", &["currency", "currencycode"]),
];

/// A header without case, accents, punctuation and spaces.
pub(super) fn normalised(header: &str) -> String {
    fold(header)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// The field that a header means: by its name, its label, one of its other names, or by what people call
/// its parts. The earlier of these counts, and the field that was declared first.
pub(super) fn find(object: &ObjectDef, header: &str) -> Option<Target> {
    let header = normalised(header);
    if header.is_empty() {
        return None;
    }
    let writable = || object.live_fields().filter(|field| is_writable(field));
    let is = |name: &str| normalised(name) == header;
    let found = writable()
        .find(|field| is(&field.name))
        .or_else(|| writable().find(|field| is(&field.label)))
        .or_else(|| writable().find(|field| field.aliases.iter().any(|alias| is(alias))));
    if let Some(field) = found {
        return Some(Target {
            field: field.id,
            place: Place::Whole,
        });
    }
    let of_part = writable().find_map(|field| {
        let part = part_names(field)
            .iter()
            .find(|part| is(&format!("{}.{part}", field.name)))?;
        Some((field, *part))
    });
    let by_custom = || {
        let (ty, part, _) = PART_HEADERS
            .iter()
            .find(|(_, _, headers)| headers.contains(&header.as_str()))?;
        Some((
            writable().find(|field| field.ty == *ty && !field.many)?,
            *part,
        ))
    };
    let (field, part) = of_part.or_else(by_custom)?;
    Some(Target {
        field: field.id,
        place: place(field, part)?,
    })
}

/// True for a field that a caller may set.
pub(super) fn is_writable(field: &FieldDef) -> bool {
    !field.is_computed() && !field.read_only && !field.retired
}

/// The names after the dot that a field has.
pub(super) fn part_names(field: &FieldDef) -> &'static [&'static str] {
    match field.ty {
        FieldType::Money => &["currency"],
        FieldType::Reference => &["id"],
        ty => ty.part_names(),
    }
}

/// What a name after the dot stands for.
pub(super) fn place(field: &FieldDef, part: &str) -> Option<Place> {
    let at = part_names(field).iter().position(|known| *known == part)?;
    Some(match field.ty {
        FieldType::Money => Place::Currency,
        FieldType::Reference => Place::Id,
        _ => Place::Part(at),
    })
}
