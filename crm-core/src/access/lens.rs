//! The lens: records, and the names by which they are asked for, as somebody may see them.

use std::ops::ControlFlow;

use super::scope::Scope;
use crate::engine::{State, read, records_of};
use crate::error::{Detail, Error, Result, nearest};
use crate::expr::Expr;
use crate::record::{Record, Stored};
use crate::schema::{Catalog, FieldDef, ObjectDef};
use crate::store::{KeyRange, Published, Read, Stoppable};
use crate::value::Ref;

/// A view of one state: who looks, and what of it he may see.
///
/// It is the only type above the engine that reads what is stored. What it hands out to look at, without a copy, may
/// still have fields that are hidden: they have no name ([`field`](Lens::field)), so that nobody asks for them, and
/// a record that leaves goes through [`shown`](Lens::shown).
#[derive(Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub(super) read: &'a dyn Read,
    state: &'a State,
    actor: Option<Ref>,
    pub(super) scope: &'a Scope,
    /// Fails when the viewer is to stop, which `read` asks at each entry, too; `None` if he never is.
    go_on: Option<&'a dyn Fn() -> Result<()>>,
}

impl<'a> Lens<'a> {
    /// The view that a user, or the system, has of what is published.
    #[inline]
    pub(crate) fn on(published: &'a Published<State>, actor: Option<Ref>) -> Self {
        Lens::new(&*published.snapshot, &published.extra, actor)
    }

    #[inline]
    pub(super) fn new(read: &'a dyn Read, state: &'a State, actor: Option<Ref>) -> Self {
        Lens {
            read,
            state,
            actor,
            scope: Scope::of_viewer(),
            go_on: None,
        }
    }

    /// The same state, where each entry that is read asks whether to go on.
    pub(crate) fn stoppable(&self, go_on: &'a dyn Fn() -> Result<()>) -> Stoppable<'a> {
        let read = self.read;
        Stoppable { read, go_on }
    }

    /// The same view of a state that can be stopped.
    pub(crate) fn until_stopped(self, state: &'a Stoppable<'a>) -> Self {
        Lens {
            read: state,
            go_on: Some(state.go_on),
            ..self
        }
    }

    /// The same view, through other eyes of the same state: those that note what an answer is made of.
    pub(super) fn through<'b>(&self, read: &'b dyn Read) -> Lens<'b>
    where
        'a: 'b,
    {
        Lens { read, ..*self }
    }

    /// Fails when the viewer is to stop: asked where much is done between two reads.
    ///
    /// # Errors
    /// `Cancelled`.
    #[inline]
    pub(crate) fn go_on(&self) -> Result<()> {
        match self.go_on {
            Some(go_on) => go_on(),
            None => Ok(()),
        }
    }

    /// The acting user; `None` for the system.
    pub(crate) fn actor(&self) -> Option<Ref> {
        self.actor
    }

    /// What is published beside the data.
    #[inline]
    pub(crate) fn state(&self) -> &'a State {
        self.state
    }

    /// The schema.
    #[inline]
    pub(crate) fn catalog(&self) -> &'a Catalog {
        &self.state.catalog
    }

    /// An object by its name.
    ///
    /// # Errors
    /// `UnknownObject`.
    pub(crate) fn object(&self, name: &str) -> Result<&'a ObjectDef> {
        self.catalog().object_named(name)
    }

    /// A field by its name. One that may not be seen does not exist.
    ///
    /// # Errors
    /// `UnknownField`.
    pub(crate) fn field<'o>(&self, object: &'o ObjectDef, name: &str) -> Result<&'o FieldDef> {
        let found = object.field_named(name);
        if self.scope.is_everything() {
            return found;
        }
        found
            .ok()
            .filter(|field| self.scope.has_field(object.id, field.id))
            .ok_or_else(|| self.unknown_field(object, name))
    }

    /// The fields of an object that are not retired.
    pub(crate) fn fields<'o>(&self, object: &'o ObjectDef) -> impl Iterator<Item = &'o FieldDef> {
        object
            .live_fields()
            .filter(|field| self.scope.has_field(object.id, field.id))
    }

    /// A filter over an object's records.
    ///
    /// # Errors
    /// `Expression`; `UnknownField` for a field that may not be seen, here or in a record that it follows to.
    pub(crate) fn filter(&self, object: &ObjectDef, text: &str) -> Result<Expr> {
        let filter = Expr::compile_filter(text, self.catalog(), object)?;
        if self.scope.is_everything() {
            return Ok(filter);
        }
        for field in filter.reads() {
            self.check_field(object, *field)?;
        }
        // Of a record of any object, a value that may not be seen is null.
        for followed in filter.follows().iter().filter(|other| other.object != 0) {
            self.check_field(self.catalog().object(followed.object)?, followed.field)?;
        }
        Ok(filter)
    }

    fn check_field(&self, object: &ObjectDef, field: u16) -> Result<()> {
        if self.scope.has_field(object.id, field) {
            return Ok(());
        }
        let name = object.field(field).map_or("", |field| &field.name);
        Err(self.unknown_field(object, name))
    }

    /// That there is no such field, with the nearest of those that may be seen.
    #[cold]
    fn unknown_field(&self, object: &ObjectDef, name: &str) -> Error {
        let seen = self.fields(object).map(|field| field.name.as_str());
        Detail::UnknownField {
            object: object.name.clone(),
            name: name.to_owned(),
            nearest: nearest(name, seen),
        }
        .into()
    }

    /// A record, also from the trash; `None` if there is none, or none to be seen.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    #[inline]
    pub(crate) fn record(&self, reference: Ref) -> Result<Option<Record>> {
        let found = read::record(self.read, reference);
        // As it is: to look into it would cost each read a copy.
        if self.scope.is_everything() {
            return found;
        }
        match found? {
            Some(record) => self.scope.shown(record),
            None => Ok(None),
        }
    }

    /// A live record.
    ///
    /// # Errors
    /// `NotFound` if there is none to be seen, or it is in the trash.
    #[inline]
    pub(crate) fn live_record(&self, reference: Ref) -> Result<Record> {
        self.record(reference)?
            .filter(|record| !record.is_deleted())
            .ok_or_else(|| self.not_found(reference))
    }

    /// The live record of an object with the lowest id.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn first_record(&self, object: u16) -> Result<Option<Record>> {
        let mut first = None;
        self.for_each_stored(&records_of(object), |stored| {
            if stored.is_deleted()? {
                return Ok(ControlFlow::Continue(()));
            }
            first = self.scope.shown(stored.to_record()?)?;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(first)
    }

    /// Calls `visit` with each record in a range of keys, also those in the trash, where it lies.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    #[inline]
    pub(crate) fn for_each_stored(
        &self,
        range: &KeyRange,
        mut visit: impl FnMut(Stored<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        read::for_each_stored(self.read, range, &mut |stored| {
            if self.scope.has(stored)? {
                return visit(stored);
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Calls `visit` with each live record of an object, in the order of ids.
    ///
    /// # Errors
    /// As [`for_each_stored`](Lens::for_each_stored).
    pub(crate) fn for_each_live(
        &self,
        object: u16,
        mut visit: impl FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        self.for_each_stored(&records_of(object), |stored| {
            if !stored.is_deleted()?
                && let Some(record) = self.scope.shown(stored.to_record()?)?
            {
                visit(record)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// A record as it leaves: one that was looked at where it lies, without the fields that may not be seen.
    ///
    /// # Errors
    /// `Corrupt`.
    #[inline]
    pub(crate) fn shown(&self, record: Record) -> Result<Record> {
        self.scope.without_hidden(record)
    }

    /// True if the record of a reference may be seen, or its past where it is gone.
    ///
    /// # Errors
    /// Those of the store.
    #[inline]
    pub(crate) fn sees(&self, reference: Ref) -> Result<bool> {
        self.scope.has_record(self.read, reference)
    }

    /// That there is no such record, or no such object.
    #[cold]
    pub(super) fn not_found(&self, reference: Ref) -> Error {
        read::not_found(self.catalog(), reference)
    }
}
