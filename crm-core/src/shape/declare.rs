//! The declaration forms of structures and choices. What is wrong in one is a compile error that says what to do.

/// Declares a plain structure. One that begins with `out` is returned by operations; another can be taken, too.
macro_rules! structure {
    (
        out
        $(#[doc = $about:literal])*
        $name:ident = $number:literal {
            $($(#[doc = $doc:literal])* $member_number:literal $member:ident: $ty:ty;)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $($(#[doc = $doc])* pub $member: $ty,)* }

        impl $name {
            const DEFINITION: &'static $crate::shape::StructureDef = &$crate::shape::StructureDef {
                number: $number,
                name: stringify!($name),
                doc: concat!($($about, "\n",)*),
                members: &[$($crate::shape::MemberDef {
                    number: $member_number,
                    name: stringify!($member),
                    doc: concat!($($doc, "\n",)*),
                    shape: <$ty as $crate::shape::Shaped>::SHAPE,
                    default: None,
                    by_name: <$ty as $crate::shape::Shaped>::SHAPE.is_optional(),
                }),*],
            };
        }

        const _: () = $crate::shape::check_structure(<$name>::DEFINITION);

        impl $crate::shape::Shaped for $name {
            const SHAPE: &'static $crate::shape::Shape =
                &$crate::shape::Shape::Structure(|| <$name>::DEFINITION);
        }

        impl $crate::shape::Told for $name {
            fn tell(&self, out: &mut dyn $crate::shape::Out) {
                out.begin_structure(<$name>::DEFINITION);
                $($crate::shape::Told::tell(&self.$member, out);)*
                out.end_structure();
            }
        }
    };
    (
        $(#[doc = $about:literal])*
        $name:ident = $number:literal {
            $($(#[doc = $doc:literal])* $member_number:literal $member:ident: $ty:ty;)*
        }
    ) => {
        $crate::shape::structure! {
            out
            $(#[doc = $about])*
            $name = $number { $($(#[doc = $doc])* $member_number $member: $ty;)* }
        }

        impl $crate::shape::Asked for $name {
            fn of_given(given: $crate::shape::Given) -> $crate::error::Result<Self> {
                let mut given = $crate::shape::Members::of_structure(given, stringify!($name))?;
                let made = $name {
                    $($member: given.take($member_number, stringify!($member), None)?,)*
                };
                given.finish()?;
                Ok(made)
            }
        }
    };
}

/// Declares a choice of a few names.
macro_rules! choices_of {
    (
        $(#[doc = $about:literal])*
        $choice:ident = $number:literal {
            $($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $choice { $($(#[doc = $doc])* $variant,)* }

        impl $choice {
            const DEFINITION: &'static $crate::shape::ChoiceDef = &$crate::shape::ChoiceDef {
                number: $number,
                name: stringify!($choice),
                doc: concat!($($about, "\n",)*),
                choices: &[$($crate::shape::ChoiceName {
                    name: $name,
                    variant: stringify!($variant),
                    doc: concat!($($doc, "\n",)*),
                }),*],
            };
        }

        impl $crate::shape::Shaped for $choice {
            const SHAPE: &'static $crate::shape::Shape =
                &$crate::shape::Shape::Choice(|| <$choice>::DEFINITION);
        }

        impl $crate::shape::Told for $choice {
            fn tell(&self, out: &mut dyn $crate::shape::Out) {
                let name = match self { $($choice::$variant => $name,)* };
                out.value($crate::value::ValueRef::Text(name));
            }
        }

        impl $crate::shape::Asked for $choice {
            fn of_given(given: $crate::shape::Given) -> $crate::error::Result<Self> {
                let name = <String as $crate::shape::Asked>::of_given(given)?;
                match name.as_str() {
                    $($name => Ok($choice::$variant),)*
                    other => {
                        let names = [$($name),*];
                        let reason = format!("this is one of {}", names.join(", "));
                        Err($crate::error::Error::invalid(other, reason))
                    }
                }
            }
        }
    };
}

pub(crate) use {choices_of, structure};
