//! The declaration forms of operations and their list. What is wrong in one is a compile error that says what to do.

/// Declares an operation: the method of a session, or of a subject of one, that calls the function of the same name
/// beside the declaration, and what every other language is made from.
///
/// `(…)` holds what a caller in Rust passes in order; `as` takes what converts into the type. `{…}` behind it holds
/// what a caller sets by name, in a structure of its own. The function gets the session, or the transaction if the
/// effect is `Changes`, and then the arguments.
macro_rules! operation {
    (
        $(#[doc = $doc:literal])*
        $name:ident = $number:literal on $subject:ty {
            $(effect: $effect:ident,)?
            $(undo: $undo:ident,)?
            $(autonomy: $autonomy:ident,)?
            $(duty: $duty:expr,)?
        } $(following $follow:ident)? (
            $(
                $(#[doc = $arg_doc:literal])*
                $arg_number:literal $arg:ident $(: $plain:ty)? $(as $into:ty)? $(= $arg_default:expr)?;
            )*
        ) $($options:ident {
            $(
                $(#[doc = $option_doc:literal])*
                $option_number:literal $option:ident: $option_ty:ty $(= $option_default:expr)?;
            )*
        })? -> $result:ty
    ) => {
        impl $subject {
            $(#[doc = $doc])*
            ///
            /// # Arguments
            $(#[doc = concat!("* `", stringify!($arg), "`:", $($arg_doc,)*)])*
            $(#[doc = concat!("* `options`: see [`", stringify!($options), "`].")])?
            pub fn $name(
                &self,
                $($arg: $($plain)? $(impl Into<$into>)?,)*
                $(options: &$options,)?
                $($follow: &mut $crate::store::Progress<'_>,)?
            ) -> $crate::error::Result<$result> {
                $crate::operation::declare::perform!(
                    [$($effect)?]
                    $crate::operation::Subject::session(self), $crate::operation::Subject::manner(self);
                    $name(
                        $($crate::operation::declare::given!($arg $($plain)? $(; $into)?),)*
                        $(<&$options>::from(options),)?
                        $($follow,)?
                    )
                )
            }
        }

        $(
            #[doc = concat!("What `", stringify!($name), "` can be told besides its arguments.")]
            #[derive(Debug, Clone, PartialEq)]
            #[non_exhaustive]
            pub struct $options { $($(#[doc = $option_doc])* pub $option: $option_ty,)* }

            impl Default for $options {
                fn default() -> Self {
                    $options { $($option: $crate::operation::declare::default_of!($option_ty $(, $option_default)?),)* }
                }
            }

            impl $options {
                $($(#[doc = $option_doc])*
                pub fn $option(mut self, value: impl Into<$option_ty>) -> Self {
                    self.$option = value.into();
                    self
                })*
            }
        )?

        pub(crate) const OPERATION: $crate::operation::Operation = $crate::operation::Operation {
            number: $number,
            name: stringify!($name),
            subject: <$subject as $crate::operation::Subject>::ABOUT,
            doc: concat!($($doc, "\n",)*),
            terms: $crate::operation::Terms {
                effect: $crate::operation::declare::said!(
                    Effect, $name, "effect: Reads, Changes or Sends" $(, $effect)?),
                undo: $crate::operation::declare::said!(
                    Undo, $name, "undo: Nothing, ByName or Never" $(, $undo)?),
                autonomy: $crate::operation::declare::said!(
                    Autonomy, $name, "autonomy: ByItself, Confirmed or PersonOnly" $(, $autonomy)?),
                duty: $crate::operation::declare::said_duty!($name $(, $duty)?),
            },
            follows: $crate::operation::declare::is_given!($($follow)?),
            arguments: &[
                $($crate::operation::declare::member!(false,
                    $arg_number $arg: $($plain)? $($into)?; ($($arg_doc,)*) $($arg_default)?),)*
                $($($crate::operation::declare::member!(true,
                    $option_number $option: $option_ty; ($($option_doc,)*) $($option_default)?),)*)?
            ],
            result: <$result as $crate::operation::Shaped>::SHAPE,
            #[allow(unused_variables, reason = "not every operation has arguments, or follows")]
            run: |session, manner, given, progress| {
                $(let $arg: $($plain)? $($into)? = given.take(
                    $arg_number, stringify!($arg),
                    $crate::operation::declare::default_fn!([$($plain)? $($into)?] $($arg_default)?))?;)*
                $(let options = $options { $(
                    $option: given.take(
                        $option_number, stringify!($option),
                        $crate::operation::declare::default_fn!([$option_ty] $($option_default)?))?,
                )* };)?
                given.finish()?;
                let answer: $result = $crate::operation::declare::perform!(
                    [$($effect)?] session, manner;
                    $name(
                        $($arg,)*
                        $(<&$options>::from(&options),)?
                        $($crate::operation::declare::first_of!(progress $follow),)?
                    )
                )?;
                Ok(Box::new(answer))
            },
        };

        const _: () = $crate::operation::check_operation(&OPERATION);
    };
    ($(#[$doc:meta])* $name:ident $($rest:tt)*) => {
        compile_error!(concat!(
            "operation `", stringify!($name), "` does not have the form: ",
            "/// its documentation, with `# Errors`\n",
            "NAME = NUMBER on SUBJECT { effect: …, undo: …, autonomy: …, duty: …, } following progress ",
            "(/// what it is\n1 NAME: TYPE; …) OPTIONS {/// what it is\n2 NAME: TYPE = DEFAULT; …} -> RESULT; ",
            "`following` and OPTIONS may be missing"
        ));
    };
}

/// Runs the logic: in a transaction if it changes records.
macro_rules! perform {
    ([Changes] $session:expr, $manner:expr; $logic:ident($($argument:expr,)*)) => {
        $crate::operation::change($session, $manner, |work| $logic(work, $($argument,)*))
    };
    ([$($effect:ident)?] $session:expr, $manner:expr; $logic:ident($($argument:expr,)*)) => {
        $logic($session, $($argument,)*)
    };
}

macro_rules! member {
    ($is_option:literal, $number:literal $name:ident: $ty:ty; ($($doc:literal,)*) $($default:expr)?) => {
        $crate::operation::MemberDef {
            number: $number,
            name: stringify!($name),
            doc: concat!($($doc, "\n",)*),
            shape: <$ty as $crate::operation::Shaped>::SHAPE,
            default: $crate::operation::declare::default_text!($($default)?),
            by_name: $is_option
                || $crate::operation::declare::is_given!($($default)?)
                || <$ty as $crate::operation::Shaped>::SHAPE.is_optional(),
        }
    };
}

/// One of the terms, or an error that asks for it.
macro_rules! said {
    ($term:ident, $name:ident, $form:literal) => {
        compile_error!(concat!(
            "operation `",
            stringify!($name),
            "` does not say its ",
            $form,
            "; the order is effect, undo, autonomy, duty"
        ))
    };
    ($term:ident, $name:ident, $form:literal, $said:ident) => {
        $crate::operation::$term::$said
    };
}

macro_rules! said_duty {
    ($name:ident) => {
        compile_error!(concat!("operation `", stringify!($name), "` does not say its duty: `Records(&[Read(Of::Object(\"lead\")), …])` or `Administer(…)`"))
    };
    ($name:ident, $duty:expr) => {{
        #[allow(unused_imports, reason = "a duty names what it needs of these")]
        use $crate::operation::{Access::*, Administration, Duty::*, Of};
        $duty
    }};
}

macro_rules! given {
    ($arg:ident $plain:ty) => {
        $arg
    };
    ($arg:ident; $into:ty) => {
        $arg.into()
    };
}

macro_rules! is_given {
    () => {
        false
    };
    ($($given:tt)+) => {
        true
    };
}

/// Only operations on files tell of their progress yet.
#[cfg(feature = "redb")]
macro_rules! first_of {
    ($first:ident $second:ident) => {
        $first
    };
}

macro_rules! default_text {
    () => {
        None
    };
    ($default:expr) => {
        Some(stringify!($default))
    };
}

macro_rules! default_fn {
    ([$ty:ty]) => {
        None
    };
    ([$ty:ty] $default:expr) => {
        Some(|| -> $ty { $default })
    };
}

macro_rules! default_of {
    ($ty:ty) => {
        <$ty>::default()
    };
    ($ty:ty, $default:expr) => {
        $default
    };
}

/// Lists the operations by what they are about: one word each, the name of its file. A subject that is not the session
/// itself is declared here, too.
macro_rules! operations {
    (
        session { $($(#[$when:meta])? $own:ident),* $(,)? }
        $($(#[doc = $about:literal])+ $subject:ident: $type:ident { $($module:ident),* $(,)? })*
    ) => {
        mod session {
            $($(#[$when])? pub(crate) mod $own;)*
        }
        $($(#[$when])? #[allow(unused_imports, reason = "not every operation has types of its own")]
        pub use session::$own::*;)*

        $(
            mod $subject {
                $(pub(crate) mod $module;)*
            }
            $(#[allow(unused_imports, reason = "not every operation has types of its own")]
            pub use $subject::$module::*;)*

            $(#[doc = $about])+
            #[derive(Clone, Copy)]
            pub struct $type<'s> {
                session: &'s $crate::Session,
                manner: $crate::operation::Manner,
            }

            impl $type<'_> {
                /// The same, of which nothing remains: each operation does all that it would do, returns what it
                /// would return, and leaves no trace.
                pub fn rehearsing(mut self) -> Self {
                    self.manner.rehearse = true;
                    self
                }
            }

            impl $crate::operation::Subject for $type<'_> {
                const ABOUT: Option<&'static $crate::operation::SubjectDef> =
                    Some(&$crate::operation::SubjectDef {
                        name: stringify!($subject),
                        type_name: stringify!($type),
                        doc: concat!($($about, "\n"),+),
                    });

                fn session(&self) -> &$crate::Session {
                    self.session
                }

                fn manner(&self) -> $crate::operation::Manner {
                    self.manner
                }
            }

            impl $crate::Session {
                $(#[doc = $about])+
                pub fn $subject(&self) -> $type<'_> {
                    $type {
                        session: self,
                        manner: $crate::operation::Manner::default(),
                    }
                }
            }
        )*

        /// All of them, by their numbers.
        pub(crate) const ALL: &[&$crate::operation::Operation] = {
            const LISTED: &[&$crate::operation::Operation] = &[
                $($(#[$when])? &session::$own::OPERATION,)*
                $($(&$subject::$module::OPERATION,)*)*
            ];
            const SORTED: &[&$crate::operation::Operation; LISTED.len()] =
                &$crate::operation::sorted($crate::operation::declare::array(LISTED));
            SORTED
        };
    };
}

/// A slice as an array of its length.
pub(crate) const fn array<const N: usize>(
    listed: &'static [&'static super::Operation],
) -> &'static [&'static super::Operation; N] {
    match listed.first_chunk() {
        Some(array) => array,
        None => crate::shape::refuse(&["the list of operations has another length"]),
    }
}

#[cfg(feature = "redb")]
pub(crate) use first_of;
pub(crate) use {
    default_fn, default_of, default_text, given, is_given, member, operation, operations, perform,
    said, said_duty,
};
