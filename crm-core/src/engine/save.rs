//! The one door for writes: a record is changed by [`Work::save`] alone, whoever asks for it and whatever for. Its
//! steps are a line each.
//!
//! | manner | who asks | own logic | formulas | required, validation | references |
//! |---|---|---|---|---|---|
//! | `Written` | a request, an import, an undo, a rule | yes | yes | yes | yes |
//! | `Kept` | a member that goes to another group | yes | yes | | yes |
//! | `RolledUp` | a change of linked records | yes | yes | yes | yes |
//! | `Following` | a change of the record that it refers to | yes | yes | | yes |
//! | `Completed` | the schema, a repair, a purge | | yes | | yes |
//! | `Trashed` | a deletion | | | | |
//! | `Restored` | its end | where it follows others | yes | | yes |

use std::collections::BTreeMap;
use std::mem;

use super::authority::Authority;
use super::fit::Asked;
use super::log::ChangeKind;
use super::pending::{Given, Pending};
use super::validate::{
    check_references, check_required, check_validations, check_version, compute_formulas,
};
use super::work::{Outcome, OutcomeKind, Work};
use crate::error::{Detail, Error, Result};
use crate::record::{Fields, Record};
use crate::schema::ObjectDef;
use crate::value::{Id, Ref, Value, ValueRef};

/// A record that is to be saved.
pub(super) struct Save<'s> {
    pub object: &'s ObjectDef,
    pub record: Ref,
    /// As it is; `None` for one that is created.
    pub old: Option<Record>,
    pub values: Values<'s>,
    pub manner: Manner,
    /// The version that the writer has read, if nobody else is to have changed the same fields since.
    pub expected: Option<u64>,
    /// Values that are written though they are equal to those that the record has.
    pub anyway: BTreeMap<u16, Value>,
}

/// What a record is to hold: the values of a new one, or the changes of one that is there.
pub(super) enum Values<'s> {
    /// As somebody asks for them.
    Asked(Vec<Result<Asked<'s>>>),
    /// In the normal form of their fields already.
    Fitted(BTreeMap<u16, Value>),
}

impl Default for Values<'_> {
    fn default() -> Self {
        Values::Fitted(BTreeMap::new())
    }
}

/// Why a record is saved; the table of this module says what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Somebody, or a rule of somebody's, gives it values.
    Written,
    /// It says that a record belonged to a group, and that record has gone to another one.
    Kept,
    /// Records that are linked with it have changed what it sums up.
    RolledUp,
    /// A record that it refers to has changed.
    Following,
    /// The engine knows a value of it better.
    Completed,
    /// It goes to the trash.
    Trashed,
    /// It comes back from there.
    Restored,
}

impl Manner {
    /// True if somebody gives it values, or the engine does beside him: they count as given, and it gets defaults.
    fn has_given(self) -> bool {
        matches!(self, Manner::Written | Manner::Kept)
    }

    /// True if the object's own logic has a say.
    fn has_logic(self, object: &ObjectDef) -> bool {
        match self {
            Manner::Written | Manner::Kept | Manner::RolledUp | Manner::Following => true,
            Manner::Completed | Manner::Trashed => false,
            // What it follows may have changed while it was away.
            Manner::Restored => object.fields.iter().any(|field| !field.follows.is_empty()),
        }
    }

    /// True if the record must be what people may write: what only follows from others may break a rule of the
    /// organisation that came later, or asks for what nobody has said.
    fn is_judged(self) -> bool {
        matches!(self, Manner::Written | Manner::RolledUp)
    }

    /// True if nobody gave it values.
    fn is_following(self) -> bool {
        matches!(self, Manner::Following | Manner::Restored)
    }
}

impl<'s> Save<'s> {
    /// Changes of a record that is there.
    pub(super) fn of(
        object: &'s ObjectDef,
        old: Record,
        changes: BTreeMap<u16, Value>,
        manner: Manner,
    ) -> Self {
        Save {
            object,
            record: old.reference(),
            old: Some(old),
            values: Values::Fitted(changes),
            manner,
            expected: None,
            anyway: BTreeMap::new(),
        }
    }

    fn written(
        object: &'s ObjectDef,
        record: Ref,
        old: Option<Record>,
        values: Values<'s>,
    ) -> Self {
        Save {
            object,
            record,
            old,
            values,
            manner: Manner::Written,
            expected: None,
            anyway: BTreeMap::new(),
        }
    }

    /// A link that says when a record belonged to a group, which may be a new one.
    pub(super) fn kept(
        object: &'s ObjectDef,
        record: Ref,
        old: Option<Record>,
        values: BTreeMap<u16, Value>,
    ) -> Self {
        Save {
            manner: Manner::Kept,
            ..Save::written(object, record, old, Values::Fitted(values))
        }
    }

    fn kinds(&self) -> (ChangeKind, OutcomeKind) {
        match (self.manner, &self.old) {
            (Manner::Trashed, _) => (ChangeKind::Deleted, OutcomeKind::Deleted),
            (Manner::Restored, _) => (ChangeKind::Restored, OutcomeKind::Restored),
            (_, None) => (ChangeKind::Created, OutcomeKind::Created),
            (_, Some(_)) => (ChangeKind::Updated, OutcomeKind::Updated),
        }
    }
}

impl Work<'_, '_> {
    /// Creates a record, with an id of the caller's or a new one.
    pub(crate) fn create(
        &mut self,
        object: u16,
        id: Option<Id>,
        fields: &Fields,
    ) -> Result<Outcome> {
        let record = self.new_reference(object, id)?;
        let catalog = self.catalog();
        let object = catalog.object(object)?;
        let asked = Values::Asked(Asked::all(object, fields));
        self.save(Save::written(object, record, None, asked))
    }

    /// As [`create`](Work::create), of values that are in the normal form of their fields already, as [`Fit`](super::fit::Fit)
    /// gives them.
    pub(crate) fn create_fitted(
        &mut self,
        object: u16,
        id: Option<Id>,
        values: BTreeMap<u16, Value>,
    ) -> Result<Outcome> {
        let record = self.new_reference(object, id)?;
        let catalog = self.catalog();
        let object = catalog.object(object)?;
        self.save(Save::written(object, record, None, Values::Fitted(values)))
    }

    /// Changes fields of a live record; with `expected`, only if nobody else changed the same fields since.
    pub(crate) fn update(
        &mut self,
        record: Ref,
        fields: &Fields,
        expected: Option<u64>,
    ) -> Result<Outcome> {
        let old = self.live_record(record)?;
        let catalog = self.catalog();
        let object = catalog.object(record.object)?;
        let asked = Values::Asked(Asked::all(object, fields));
        let save = Save::written(object, record, Some(old), asked);
        self.save(Save { expected, ..save })
    }

    /// As [`update`](Work::update), of changes that are in the normal form of their fields already.
    pub(crate) fn update_fitted(
        &mut self,
        old: Record,
        changes: BTreeMap<u16, Value>,
    ) -> Result<Outcome> {
        let catalog = self.catalog();
        let (object, record) = (catalog.object(old.object())?, old.reference());
        let changes = Values::Fitted(changes);
        self.save(Save::written(object, record, Some(old), changes))
    }

    /// Saves a record: the one way in which one changes.
    pub(super) fn save(&mut self, mut save: Save<'_>) -> Result<Outcome> {
        authorise(&self.tx.origin.authority, &mut save)?;
        let changes = self.fit(&mut save)?;
        check_version(&self.tx, &save, &changes)?;
        let given = self.given(&save, &changes);
        let changes = self.complete(&save, changes)?;
        let pending = self.decide(&save, changes, given)?;
        self.check(&save, &pending)?;
        let changes = pending.changes;
        self.keep_memberships(&save, &changes)?;
        self.write(save, changes)
    }

    /// The values in the normal form of their fields.
    fn fit(&mut self, save: &mut Save<'_>) -> Result<BTreeMap<u16, Value>> {
        let asked = match mem::take(&mut save.values) {
            Values::Fitted(values) => return Ok(values),
            Values::Asked(asked) => asked,
        };
        let old = |field: u16| {
            let old = save.old.as_ref();
            old.map_or(ValueRef::Null, |old| old.get(field))
        };
        let catalog = self.catalog();
        let (changes, faults) = self.fitter(&catalog).fields(save.object, asked, &old);
        if faults.is_empty() {
            return Ok(changes);
        }
        Err(self.refusal(save, changes, faults))
    }

    /// All that is wrong with a save: the values that do not fit their fields, and what the object's own logic and
    /// required fields say of the others.
    fn refusal(
        &mut self,
        save: &Save<'_>,
        mut changes: BTreeMap<u16, Value>,
        mut faults: Vec<Error>,
    ) -> Error {
        let given = self.given(save, &changes);
        let decided = self.fill_defaults(save, &mut changes).and_then(|()| {
            let pending = self.decide(save, changes, given)?;
            self.check(save, &pending)
        });
        if let Err(error) = decided {
            let field = |error: &Error| match error.detail() {
                Detail::Invalid { field, .. } => Some(field.clone()),
                _ => None,
            };
            // A field whose value was refused is not missing.
            let refused: Vec<_> = faults.iter().map(field).collect();
            let more = error.into_each().filter(|error| {
                let field = field(error);
                field.is_some() && !refused.contains(&field)
            });
            faults.extend(more);
        }
        match Error::of_all(faults) {
            Err(error) => error,
            Ok(()) => Error::corrupt("a refusal without a fault"),
        }
    }

    /// What the object's own logic is told of who gives the values.
    fn given(&mut self, save: &Save<'_>, changes: &BTreeMap<u16, Value>) -> Given {
        let position = self.next_position(save.manner);
        if !save.manner.has_given() {
            return Given {
                following: save.manner.is_following(),
                position,
                ..Given::default()
            };
        }
        Given {
            fields: changes.keys().copied().collect(),
            stand: self.tx.origin.authority.right.is_of_the_engine(),
            following: false,
            position,
        }
    }

    /// What is written with the values that somebody gives: the defaults of a new record, and that one link of several
    /// is the primary one.
    fn complete(
        &mut self,
        save: &Save<'_>,
        mut changes: BTreeMap<u16, Value>,
    ) -> Result<BTreeMap<u16, Value>> {
        if !save.manner.has_given() {
            return Ok(changes);
        }
        if let Some(primary) = save.object.link.as_ref().and_then(|link| link.primary) {
            let old = save.old.as_ref();
            self.choose_primary(save.object, primary, save.record, old, &mut changes)?;
        }
        self.fill_defaults(save, &mut changes)?;
        Ok(changes)
    }

    fn fill_defaults(&self, save: &Save<'_>, changes: &mut BTreeMap<u16, Value>) -> Result<()> {
        if save.old.is_some() {
            return Ok(());
        }
        let fit = self.fitter(&self.state.catalog);
        for field in save.object.live_fields() {
            if !changes.contains_key(&field.id)
                && let Some(value) = fit.default(field)?
            {
                changes.insert(field.id, value);
            }
        }
        Ok(())
    }

    /// What the object's own logic and the formulas make of the values: what really changes.
    fn decide<'a>(
        &'a self,
        save: &'a Save<'_>,
        changes: BTreeMap<u16, Value>,
        given: Given,
    ) -> Result<Pending<'a>> {
        let object = save.object;
        let mut pending = Pending {
            read: &self.tx,
            state: self.state,
            reference: save.record,
            old: save.old.as_ref(),
            changes,
            given,
            now: self.tx.now,
            actor: self.tx.origin.authority.actor,
            id_text: Default::default(),
        };
        if save.old.is_none() {
            pending.created();
        }
        if save.manner.has_logic(object) {
            object
                .hooks
                .iter()
                .try_for_each(|hook| hook(&mut pending))?;
            if let Some(membership) = &object.membership {
                membership.hook(&mut pending)?;
            }
        }
        if save.old.is_none() {
            // Nothing can refer to a record that is not there yet.
            for field in object.live_fields() {
                if let Some(roll_up) = self.state.program.roll_up(object.id, field.id) {
                    pending.changes.insert(field.id, roll_up.of_nothing(field));
                }
            }
        }
        if save.manner != Manner::Trashed {
            compute_formulas(object, &mut pending)?;
        }
        pending.settle();
        Ok(pending)
    }

    /// Room between two commits for a million cards, and between two cards for fractions.
    fn next_position(&mut self, manner: Manner) -> Option<i128> {
        if !manner.is_judged() {
            return None;
        }
        let position = (i128::from(self.tx.sequence) << 20) + i128::from(self.positions);
        self.positions += 1;
        Some(position)
    }

    /// Refuses a record that is not what it must be.
    fn check(&self, save: &Save<'_>, pending: &Pending<'_>) -> Result<()> {
        let is_judged = save.manner.is_judged();
        if is_judged {
            check_required(save.object, pending)?;
        }
        check_references(save.object, pending)?;
        if is_judged {
            check_validations(save.object, pending)?;
        }
        Ok(())
    }

    /// Writes what really changes, with all that follows from it and the log; there may be nothing.
    fn write(&mut self, save: Save<'_>, mut changes: BTreeMap<u16, Value>) -> Result<Outcome> {
        let (kind, outcome) = save.kinds();
        let Save {
            record,
            old,
            mut anyway,
            ..
        } = save;
        changes.append(&mut anyway);
        if changes.is_empty()
            && let Some(old) = &old
        {
            return Ok(Outcome {
                record,
                kind: OutcomeKind::Unchanged,
                version: old.version(),
            });
        }
        self.store(save.object, record, old, changes, kind)?;
        Ok(Outcome {
            record,
            kind: outcome,
            version: self.tx.sequence,
        })
    }

    /// Saves changes that the engine itself makes to a record; false if nothing changes.
    pub(super) fn save_completed(
        &mut self,
        object: &ObjectDef,
        old: Record,
        changes: BTreeMap<u16, Value>,
    ) -> Result<bool> {
        let outcome = self.save(Save::of(object, old, changes, Manner::Completed))?;
        Ok(outcome.kind != OutcomeKind::Unchanged)
    }

    /// What [`save_completed`](Work::save_completed) would write.
    pub(super) fn completed(
        &mut self,
        object: &ObjectDef,
        old: &Record,
        changes: BTreeMap<u16, Value>,
    ) -> Result<BTreeMap<u16, Value>> {
        let save = Save::of(object, old.clone(), BTreeMap::new(), Manner::Completed);
        let pending = self.decide(&save, changes, Given::default())?;
        check_references(object, &pending)?;
        Ok(pending.changes)
    }
}

/// The first step of every save: refuses what may not be written with an authority. It has the record as it is and
/// what it is to hold at hand. Values that are asked for are refused one by one, and told with all that is wrong with
/// the others.
fn authorise(authority: &Authority, save: &mut Save<'_>) -> Result<()> {
    let object = save.object;
    match &mut save.values {
        Values::Asked(asked) => authority.mark(object, asked),
        Values::Fitted(values) if save.manner == Manner::Written => {
            let fields = values.iter();
            let mut known = fields.filter_map(|(id, value)| Some((object.field(*id)?, value)));
            known.try_for_each(|(field, value)| authority.may_write(object, field, value))?;
        }
        // It follows from other records, or from a deletion, and nobody gives it.
        Values::Fitted(_) => {}
    }
    Ok(())
}
