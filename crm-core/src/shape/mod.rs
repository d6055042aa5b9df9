//! Shapes: the forms that the arguments and results of operations have in every language.
//!
//! A shape is what a generator knows of a Rust type: enough to write the type in C, Python or Swift, to read an
//! argument and to write a result. `structure!` and `choices_of!` declare new ones; numbers say
//! which member is which for as long as the interface lives, so a name or the documentation may become better.

pub(crate) mod check;
mod crossing;
pub(crate) mod declare;
mod given;

use smallvec::SmallVec;

use crate::record::Record;
use crate::value::ValueRef;

pub(crate) use check::{refuse, structure as check_structure};
pub use crossing::{Asked, Shaped, Told};
pub(crate) use declare::{choices_of, structure};
pub use given::{Given, Members};

/// The form of an argument, of a result, or of a member of a structure.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Nothing.
    Nothing,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// An exact decimal number.
    Decimal,
    /// An amount in a currency.
    Money,
    /// Text.
    Text,
    /// A calendar date.
    Date,
    /// An instant.
    DateTime,
    /// A length of time.
    Duration,
    /// The name of an object; in C its number.
    Object,
    /// The path of a file.
    Path,
    /// A reference to a record of one of these objects; of any where there are none.
    Ref(&'static [&'static str]),
    /// The value of a field, whatever its type.
    Value,
    /// A record.
    Record,
    /// Values for fields of an object: what a draft of it holds.
    Draft(&'static str),
    /// What may be missing.
    Optional(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A structure.
    Structure(fn() -> &'static StructureDef),
    /// One of a few names.
    Choice(fn() -> &'static ChoiceDef),
}

impl Shape {
    /// The shape without `Optional` around it.
    pub fn required(&self) -> &Shape {
        match self {
            Shape::Optional(shape) => shape,
            shape => shape,
        }
    }

    /// True for what may be missing.
    pub const fn is_optional(&self) -> bool {
        matches!(self, Shape::Optional(_))
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shape::Nothing => f.write_str("nothing"),
            Shape::Bool => f.write_str("bool"),
            Shape::Int => f.write_str("int"),
            Shape::Decimal => f.write_str("decimal"),
            Shape::Money => f.write_str("money"),
            Shape::Text => f.write_str("text"),
            Shape::Date => f.write_str("date"),
            Shape::DateTime => f.write_str("date_time"),
            Shape::Duration => f.write_str("duration"),
            Shape::Object => f.write_str("object"),
            Shape::Path => f.write_str("path"),
            Shape::Ref([]) => f.write_str("ref"),
            Shape::Ref(objects) => write!(f, "ref({})", objects.join("|")),
            Shape::Value => f.write_str("value"),
            Shape::Record => f.write_str("record"),
            Shape::Draft(object) => write!(f, "draft({object})"),
            Shape::Optional(shape) => write!(f, "{shape}?"),
            Shape::List(shape) => write!(f, "list({shape})"),
            Shape::Structure(of) => f.write_str(of().name),
            Shape::Choice(of) => f.write_str(of().name),
        }
    }
}

/// A structure that operations take or return.
#[derive(Debug)]
pub struct StructureDef {
    /// Its number, never given twice.
    pub number: u16,
    /// Its name, in camel case.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its members, numbered from 1 in their order.
    pub members: &'static [MemberDef],
}

/// A member of a structure, or an argument of an operation.
#[derive(Debug)]
pub struct MemberDef {
    /// Its number, never given twice.
    pub number: u16,
    /// Its name, in snake case.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its form.
    pub shape: &'static Shape,
    /// What it is where it is not given, as Rust writes it.
    pub default: Option<&'static str>,
    /// True where hosts set it by its name and may leave it out; others are passed in order.
    pub by_name: bool,
}

/// A type of a few names.
#[derive(Debug)]
pub struct ChoiceDef {
    /// Its number, never given twice.
    pub number: u16,
    /// Its name, in camel case.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The choices, numbered from 1 in their order.
    pub choices: &'static [ChoiceName],
}

/// One of the names of a [`ChoiceDef`].
#[derive(Debug)]
pub struct ChoiceName {
    /// Its name, in snake case.
    pub name: &'static str,
    /// Its name in camel case, as a default has it.
    pub variant: &'static str,
    /// What it says.
    pub doc: &'static str,
}

/// What writes a result, in whatever form its reader wants.
pub trait Out {
    /// Writes a value of the types that fields have.
    fn value(&mut self, value: ValueRef<'_>);
    /// Writes a record.
    fn record(&mut self, record: &Record);
    /// Begins a list of so many.
    fn begin_list(&mut self, len: usize);
    /// Ends the list that was begun last.
    fn end_list(&mut self);
    /// Begins a structure, whose members follow in their order.
    fn begin_structure(&mut self, of: &'static StructureDef);
    /// Ends the structure that was begun last.
    fn end_structure(&mut self);
}

/// The name of an object as an argument; most are short enough to need no memory of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectName(SmallVec<[u8; 24]>);

impl std::ops::Deref for ObjectName {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<T: AsRef<str>> From<T> for ObjectName {
    fn from(name: T) -> Self {
        ObjectName(SmallVec::from_slice(name.as_ref().as_bytes()))
    }
}
