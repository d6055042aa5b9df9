//! The declaration form. An attribute in a declaration is a method of [`FieldDef`](super::FieldDef) or
//! [`ObjectDef`](super::ObjectDef), so that a wrong one is an ordinary compile error at its place.
//!
//! What is stored is numbered, and what a declaration says is named: in the attributes each field of the object is a
//! variable of its own name that holds its number, and fields and indexes of another object are its constants
//! (`Stage::PIPELINE.number()`). A name that there is not does not compile, and the compiler knows the nearest one.

/// Declares an object type: its `object_declaration!`, and `accessors!` to its fields.
macro_rules! object {
    ($($declaration:tt)*) => {
        $crate::schema::declare::object_declaration!($($declaration)*);
        $crate::schema::declare::accessors!($($declaration)*);
    };
}

/// Declares the marker type of an object, with a constant for each field, index and total, and its schema entry. It is
/// a macro of its own, and known outside, so that a test can declare an object, sound or not.
#[doc(hidden)]
#[macro_export]
macro_rules! object_declaration {
    (
        $(#[doc = $doc:literal])+
        $object:ident = $number:literal $name:literal $plural:literal {
            $(
                $(#[doc = $field_doc:literal])+
                $field_number:literal $field:ident: $kind:ty
                $({ $($attribute:ident $(($($argument:tt)*))?),* $(,)? })?;
            )*
        }
        $(
            $(#[doc = $structure_doc:literal])+
            $structure_number:literal $structure:ident: $form:ident $over:tt $($more:ident $values:tt)?;
        )*
        $($object_attribute:ident($($object_argument:tt)*);)*
    ) => { $crate::schema::declare::paste! {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $object {}

        impl $object {
            $(
                $(#[doc = $field_doc])+
                pub const [<$field:upper>]: $crate::schema::Field<$object, $kind> =
                    $crate::schema::Field::new($field_number, stringify!($field));
            )*

            $(
                $(#[doc = $structure_doc])+
                pub(crate) const [<$structure:upper>]:
                    $crate::schema::declare::object_structure!(type $object $form) =
                    <$crate::schema::declare::object_structure!(type $object $form)>::new($structure_number);
            )*

            /// A draft without values.
            pub fn draft() -> $crate::schema::Draft<Self> {
                $crate::schema::Draft::new()
            }
        }

        const _: () = {
            use $crate::schema::declare::{are_numbers, are_apart};
            let fields: &[u16] = &[$($field_number),*];
            let (indexes, totals) = (
                &[$($crate::schema::declare::object_structure!(index_number $form $structure_number)),*],
                &[$($crate::schema::declare::object_structure!(total_number $form $structure_number)),*],
            );
            assert!(
                are_numbers(fields) && are_numbers(indexes) && are_numbers(totals),
                concat!("`", $name, "`: the numbers of fields, indexes and totals are 1 to 999"),
            );
            assert!(are_apart(fields, &[]), concat!("`", $name, "`: two fields have the same number"));
            assert!(
                are_apart(indexes, fields),
                concat!("`", $name, "`: an index has the number of a field or of another index"),
            );
            assert!(are_apart(totals, &[]), concat!("`", $name, "`: two totals have the same number"));
        };

        impl $crate::schema::Object for $object {
            const TYPE: u16 = $number;
            const TYPE_NAME: &'static str = $name;

            fn definition() -> $crate::schema::ObjectDef {
                #[allow(unused_imports, reason = "what attributes may name")]
                use $crate::schema::{
                    ActorRole, BoardDef, DocumentRole, ExchangeRateRole, KeptPeriod, MembershipDef, OnDelete, Period, Role,
                    RollUp, RollUpOp, SettingsRole, ValidationRole, system,
                };
                $(
                    #[allow(unused_variables, reason = "what attributes may name")]
                    let $field: u16 = Self::[<$field:upper>].number();
                )*
                let definition = $crate::schema::ObjectDef::new($number, $name, $plural)
                    .doc(concat!($($doc, "\n"),+))
                    $(.with(
                        <$kind as $crate::schema::kind::Kind>::apply(
                            $crate::schema::FieldDef::new(
                                $field_number,
                                stringify!($field),
                                $crate::schema::FieldType::Text,
                            ),
                        )
                        .doc(concat!($($field_doc, "\n"),+))
                        $($(.$attribute($($($argument)*)?))*)?
                    ))*;
                $(
                    let definition = $crate::schema::declare::object_structure!(
                        add definition, Self::[<$structure:upper>].number(), $form $over $($more $values)?
                    );
                )*
                $(
                    let definition = $crate::schema::declare::object_attribute!(
                        definition, $object, $object_attribute($($object_argument)*)
                    );
                )*
                definition
            }
        }
    }};
}

/// Gives the fields of an object a setter each on [`Draft`](super::Draft), and a getter on [`View`](super::View).
macro_rules! accessors {
    (
        $(#[doc = $doc:literal])+
        $object:ident = $number:literal $name:literal $plural:literal {
            $(
                $(#[doc = $field_doc:literal])+
                $field_number:literal $field:ident: $kind:ty $({ $($attributes:tt)* })?;
            )*
        }
        $($rest:tt)*
    ) => { $crate::schema::declare::paste! {
        impl $crate::schema::Draft<$object> {
            $(
                $(#[doc = $field_doc])+
                pub fn $field(
                    self,
                    value: impl Into<<$kind as $crate::schema::kind::Kind>::Owned>,
                ) -> Self {
                    self.set_kind::<$kind>($field_number, value.into())
                }
            )*
        }

        impl $crate::schema::View<$object> {
            $(
                $(#[doc = $field_doc])+
                pub fn $field(&self) -> Option<<$kind as $crate::schema::kind::Kind>::View<'_>> {
                    self.typed(<$object>::[<$field:upper>])
                }
            )*
        }
    }};
}

/// An index or a total of a declaration: its type, its number among those of its form (`NONE` for one of another
/// form), and its entry in the definition.
#[doc(hidden)]
#[macro_export]
macro_rules! object_structure {
    (type $object:ident total) => { $crate::schema::Total<$object> };
    (type $object:ident $form:ident) => { $crate::schema::Index<$object> };

    (total_number total $number:literal) => { $number };
    (total_number $form:ident $number:literal) => { $crate::schema::declare::NONE };
    (index_number total $number:literal) => { $crate::schema::declare::NONE };
    (index_number $form:ident $number:literal) => { $number };

    (add $definition:ident, $number:expr, index($($key:ident),+ $(,)?)) => {
        $definition.index($number, &[$($key),+], &[])
    };
    (add $definition:ident, $number:expr, index($($key:ident),+ $(,)?) covering($($value:ident),+ $(,)?)) => {
        $definition.index($number, &[$($key),+], &[$($value),+])
    };
    (add $definition:ident, $number:expr, unique($($key:ident),+ $(,)?)) => {
        $definition.unique($number, &[$($key),+])
    };
    (add $definition:ident, $number:expr, total($($group:ident),+ $(,)?)) => {
        $definition.total($number, &[$($group),+], &[])
    };
    (add $definition:ident, $number:expr, total($($group:ident),+ $(,)?) sums($($sum:ident),+ $(,)?)) => {
        $definition.total($number, &[$($group),+], &[$($sum),+])
    };
    (add $definition:ident, $number:expr, $($wrong:tt)*) => {
        compile_error!(concat!(
            "`", stringify!($($wrong)*), "` is neither `index(FIELD, …)` with or without `covering(FIELD, …)`, nor ",
            "`unique(FIELD, …)`, nor `total(FIELD, …)` with or without `sums(FIELD, …)`",
        ))
    };
}

/// An attribute of an object: a method of its definition. Its logic sees a save of the object's own fields.
#[doc(hidden)]
#[macro_export]
macro_rules! object_attribute {
    ($definition:ident, $object:ident, hook($hook:path)) => {
        $definition.hook(|context| $hook(&mut $crate::schema::Save::<$object>::new(context)))
    };
    ($definition:ident, $object:ident, $attribute:ident($($argument:tt)*)) => {
        $definition.$attribute($($argument)*)
    };
}

/// Stands for no number.
pub const NONE: u16 = u16::MAX;

/// True if all of these can be numbers of a declaration.
pub const fn are_numbers(numbers: &[u16]) -> bool {
    let mut at = 0;
    while at < numbers.len() {
        let number = numbers[at];
        if number != NONE && (number == 0 || number >= super::CUSTOM_FIRST) {
            return false;
        }
        at += 1;
    }
    true
}

/// True if no two of these numbers are the same, and none is among the others.
pub const fn are_apart(numbers: &[u16], others: &[u16]) -> bool {
    let mut at = 0;
    while at < numbers.len() {
        let is_in = contains(numbers, at + 1, numbers[at]) || contains(others, 0, numbers[at]);
        if numbers[at] != NONE && is_in {
            return false;
        }
        at += 1;
    }
    true
}

const fn contains(numbers: &[u16], from: usize, number: u16) -> bool {
    let mut at = from;
    while at < numbers.len() {
        if numbers[at] == number {
            return true;
        }
        at += 1;
    }
    false
}

/// Declares the choices of a field as an enumeration.
macro_rules! choices {
    ($(#[doc = $doc:literal])+ $choice:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $key:literal $label:literal,)* }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $choice { $($(#[doc = $variant_doc])+ $variant,)* }

        impl $crate::schema::kind::Choices for $choice {
            const CHOICES: &'static [(&'static str, &'static str)] = &[$(($key, $label)),*];

            fn key(&self) -> &'static str {
                match self { $($choice::$variant => $key,)* }
            }

            fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some($choice::$variant),)* _ => None }
            }
        }
    };
}

/// Lists the standard objects: one word each, the name of its file.
macro_rules! objects {
    ($($module:ident),* $(,)?) => { pastey::paste! {
        $(mod $module; pub use $module::*;)*

        /// The definitions of all standard objects.
        pub(crate) fn standard() -> Vec<$crate::schema::ObjectDef> {
            vec![$(<[<$module:camel>] as $crate::schema::Object>::definition()),*]
        }
    }};
}

pub(crate) use {accessors, choices, object, objects};
#[doc(hidden)]
pub use {object_attribute, object_declaration, object_structure, pastey::paste};
