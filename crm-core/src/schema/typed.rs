//! The typed face of the dynamic core: what a declaration gives to Rust.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use super::kind::Kind;
use super::object::ObjectDef;
use crate::record::{Fields, Record};
use crate::value::{Id, Ref, Value};

/// A declared object type, such as [`Deal`](crate::objects::Deal).
pub trait Object: Sized + 'static {
    /// The number of the object type.
    const TYPE: u16;
    /// The name of the object type.
    const TYPE_NAME: &'static str;
    /// The definition that the declaration makes.
    fn definition() -> ObjectDef;
}

impl<O: Object> Id<O> {
    /// The id with its object type, as reference fields hold it.
    pub fn reference(self) -> Ref {
        Ref {
            object: O::TYPE,
            id: self.any(),
        }
    }
}

impl<O: Object> From<Id<O>> for Ref {
    fn from(id: Id<O>) -> Ref {
        id.reference()
    }
}

/// A declared field, such as [`Deal::AMOUNT`](crate::objects::Deal::AMOUNT).
pub struct Field<O, K> {
    number: u16,
    name: &'static str,
    of: PhantomData<fn() -> (O, K)>,
}

impl<O, K> Field<O, K> {
    #[doc(hidden)]
    pub const fn new(number: u16, name: &'static str) -> Self {
        Field {
            number,
            name,
            of: PhantomData,
        }
    }

    /// The field's number, the same in every host language.
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The field's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<O, K> Clone for Field<O, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O, K> Copy for Field<O, K> {}

impl<O: Object, K> fmt::Debug for Field<O, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", O::TYPE_NAME, self.name)
    }
}

/// A declared index over several fields, such as that of a pipeline's stages in their order.
pub struct Index<O> {
    number: u16,
    of: PhantomData<fn() -> O>,
}

impl<O> Index<O> {
    #[doc(hidden)]
    pub const fn new(number: u16) -> Self {
        Index {
            number,
            of: PhantomData,
        }
    }

    /// The number under which its entries are stored.
    pub const fn number(&self) -> u16 {
        self.number
    }
}

/// A declared total, such as what the deals of a stage are worth.
pub struct Total<O> {
    number: u16,
    of: PhantomData<fn() -> O>,
}

impl<O> Total<O> {
    #[doc(hidden)]
    pub const fn new(number: u16) -> Self {
        Total {
            number,
            of: PhantomData,
        }
    }

    /// The number under which its sums are stored.
    pub const fn number(&self) -> u16 {
        self.number
    }
}

/// Values for a record that is to be created, or for the fields of one that are to be changed.
///
/// ```
/// use crm_core::{Company, Draft};
/// let draft: Draft<Company> = Company::draft().name("Acme").employees(40);
/// ```
pub struct Draft<O> {
    fields: Fields,
    of: PhantomData<fn() -> O>,
}

impl<O: Object> Draft<O> {
    /// A draft without values.
    pub fn new() -> Self {
        Draft {
            fields: Fields::new(),
            of: PhantomData,
        }
    }

    pub(crate) fn of_fields(fields: Fields) -> Self {
        Draft {
            fields,
            of: PhantomData,
        }
    }

    /// Sets a field by its name: the way to custom fields. A text is read as the field's type.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields.set(field, value);
        self
    }

    /// Clears a field.
    pub fn clear<K>(mut self, field: Field<O, K>) -> Self {
        self.fields.set_number(field.number, Value::Null);
        self
    }

    pub(crate) fn set_kind<K: Kind>(mut self, number: u16, value: K::Owned) -> Self {
        self.fields.set_number(number, K::value(value));
        self
    }
}

impl<O: Object> Default for Draft<O> {
    fn default() -> Self {
        Draft::new()
    }
}

impl<O> Clone for Draft<O> {
    fn clone(&self) -> Self {
        Draft {
            fields: self.fields.clone(),
            of: PhantomData,
        }
    }
}

impl<O: Object> fmt::Debug for Draft<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", O::TYPE_NAME, self.fields)
    }
}

impl<O> From<Draft<O>> for Fields {
    fn from(draft: Draft<O>) -> Fields {
        draft.fields
    }
}

/// A record with typed access to its declared fields, decoded one by one as they are read. It dereferences
/// to the dynamic [`Record`].
pub struct View<O> {
    record: Record,
    of: PhantomData<fn() -> O>,
}

impl<O: Object> View<O> {
    pub(crate) fn new(record: Record) -> Self {
        View {
            record,
            of: PhantomData,
        }
    }

    /// Typed access to a record, such as that of a card, of a hit or of an update; `None` if it is of another
    /// object.
    ///
    /// ```
    /// use crm_core::{Company, Contact, Crm, SearchOptions, View};
    /// let crm = Crm::in_memory()?;
    /// crm.create(Company::draft().name("Acme").employees(40))?;
    /// for hit in crm.search("acme", &SearchOptions::default())? {
    ///     assert!(View::<Contact>::of(hit.record.clone()).is_none());
    ///     let company = View::<Company>::of(hit.record);
    ///     assert_eq!(company.and_then(|company| company.employees()), Some(40));
    /// }
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn of(record: Record) -> Option<Self> {
        (record.object() == O::TYPE).then(|| View::new(record))
    }

    /// The record's typed id.
    pub fn id(&self) -> Id<O> {
        self.record.id().of()
    }

    /// The dynamic record.
    pub fn into_record(self) -> Record {
        self.record
    }

    /// The typed value of a field.
    pub fn typed<K: Kind>(&self, field: Field<O, K>) -> Option<K::View<'_>> {
        K::view(self.record.get(field.number))
    }
}

impl<O> Deref for View<O> {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl<O> Clone for View<O> {
    fn clone(&self) -> Self {
        View {
            record: self.record.clone(),
            of: PhantomData,
        }
    }
}

impl<O: Object> fmt::Debug for View<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.record, f)
    }
}
