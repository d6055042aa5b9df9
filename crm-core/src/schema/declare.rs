//! The declaration form. An attribute in a declaration is a method of [`FieldDef`](super::FieldDef) or
//! [`ObjectDef`](super::ObjectDef), so that a wrong one is an ordinary compile error at its place.

/// Declares an object type: its marker type with a constant for each field, its schema entry, a setter for
/// each field on [`Draft`](super::Draft) and a getter on [`View`](super::View).
macro_rules! object {
    (
        $(#[doc = $doc:literal])+
        $object:ident = $number:literal $name:literal $plural:literal {
            $(
                $(#[doc = $field_doc:literal])+
                $field_number:literal $field:ident: $kind:ty
                $({ $($attribute:ident $(($($argument:tt)*))?),* $(,)? })?;
            )*
        }
        $($object_attribute:ident($($object_argument:tt)*);)*
    ) => { pastey::paste! {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $object {}

        impl $object {
            $(
                $(#[doc = $field_doc])+
                pub const [<$field:upper>]: $crate::schema::Field<$object, $kind> =
                    $crate::schema::Field::new($field_number, stringify!($field));
            )*

            /// A draft without values.
            pub fn draft() -> $crate::schema::Draft<Self> {
                $crate::schema::Draft::new()
            }
        }

        impl $crate::schema::Object for $object {
            const TYPE: u16 = $number;
            const TYPE_NAME: &'static str = $name;

            fn definition() -> $crate::schema::ObjectDef {
                #[allow(unused_imports, reason = "what attributes may name")]
                use $crate::schema::{
                    BoardDef, MembershipDef, OnDelete, Period, Role, RollUp, RollUpOp, system,
                };
                $crate::schema::ObjectDef::new($number, $name, $plural)
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
                    ))*
                    $(.$object_attribute($($object_argument)*))*
            }
        }

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

pub(crate) use {choices, object, objects};
