//! What somebody may see.

#[cfg(test)]
use std::collections::BTreeSet;

use crate::error::Result;
use crate::record::{Record, Stored};
use crate::store::Read;
use crate::value::{KeyBuilder, Ref};

/// The records and fields that a viewer may see: what a [`Lens`](super::Lens) asks before it answers.
///
/// There are no roles yet, so that there is one scope. Whatever depends on it is a decision here that matches all
/// scopes by name: a scope that shows less does not compile before each of them says what it means. With the one
/// there is, they cost nothing.
pub(crate) enum Scope {
    /// All there is.
    Everything,
    /// All but some records and some fields: what shows that every door asks.
    #[cfg(test)]
    Without {
        /// The records that are not there.
        records: BTreeSet<Ref>,
        /// The fields that are not there, by the numbers of their objects.
        fields: BTreeSet<(u16, u16)>,
    },
}

#[cfg_attr(
    not(test),
    allow(
        unused_variables,
        reason = "the one scope there is does not look at what it is asked about"
    )
)]
impl Scope {
    /// The scope of whoever looks.
    pub(super) fn of_viewer() -> &'static Scope {
        #[cfg(test)]
        if let Some(imposed) = super::tests::imposed() {
            return imposed;
        }
        &Scope::Everything
    }

    /// True if it holds all that is stored: what narrows answers is not asked then.
    #[inline]
    pub(super) fn is_everything(&self) -> bool {
        match self {
            Scope::Everything => true,
            #[cfg(test)]
            Scope::Without { .. } => false,
        }
    }

    /// True if it holds all records of an object, with all of their fields: then what is kept over all of them, such
    /// as totals and columns, is an answer.
    #[inline]
    pub(super) fn has_all_of(&self, object: u16) -> bool {
        match self {
            Scope::Everything => true,
            #[cfg(test)]
            Scope::Without { records, fields } => {
                let is_hidden = |other: u16| other == object;
                !records.iter().any(|record| is_hidden(record.object))
                    && !fields.iter().any(|(other, _)| is_hidden(*other))
            }
        }
    }

    /// True if it has a record, which may be in the trash.
    ///
    /// # Errors
    /// `Corrupt` for a record that cannot be read.
    #[inline]
    pub(super) fn has(&self, record: Stored<'_>) -> Result<bool> {
        match self {
            Scope::Everything => Ok(true),
            #[cfg(test)]
            Scope::Without { records, .. } => Ok(!records.contains(&Ref {
                object: record.object,
                id: record.id,
            })),
        }
    }

    /// True if it has the record of a reference. Of a record that is gone it says whether its past can be seen.
    ///
    /// # Errors
    /// Those of the store.
    #[inline]
    pub(super) fn has_record(&self, read: &dyn Read, reference: Ref) -> Result<bool> {
        match self {
            Scope::Everything => Ok(true),
            #[cfg(test)]
            Scope::Without { records, .. } => {
                let record = crate::engine::read::record(read, reference)?;
                record.map_or_else(
                    || Ok(!records.contains(&reference)),
                    |record| self.has(record.as_stored()),
                )
            }
        }
    }

    /// True if it has a field of the records that it has.
    #[inline]
    pub(super) fn has_field(&self, object: u16, field: u16) -> bool {
        match self {
            Scope::Everything => true,
            #[cfg(test)]
            Scope::Without { fields, .. } => !fields.contains(&(object, field)),
        }
    }

    /// A record as it leaves, without the fields that are not to be seen; `None` if it is not to be seen itself.
    ///
    /// # Errors
    /// As [`has`](Scope::has).
    #[inline]
    pub(super) fn shown(&self, record: Record) -> Result<Option<Record>> {
        match self {
            Scope::Everything => Ok(Some(record)),
            #[cfg(test)]
            Scope::Without { .. } => {
                if !self.has(record.as_stored())? {
                    return Ok(None);
                }
                self.without_hidden(record).map(Some)
            }
        }
    }

    /// A record that may be seen, without the fields that may not.
    ///
    /// # Errors
    /// `Corrupt` for a record that cannot be read.
    #[inline]
    pub(super) fn without_hidden(&self, record: Record) -> Result<Record> {
        match self {
            Scope::Everything => Ok(record),
            #[cfg(test)]
            Scope::Without { fields, .. } => {
                let object = record.object();
                let kept = record.fields().try_fields().filter(|field| match field {
                    Ok((field, _)) => !fields.contains(&(object, *field)),
                    Err(_) => true,
                });
                let kept: Vec<_> = kept.collect::<Result<_>>()?;
                let bytes = crate::value::RecordBuf::encode(kept)?;
                Record::new(object, record.id(), bytes.as_bytes())
            }
        }
    }

    /// Tells its answers from those of other scopes, where answers are kept: whoever has the same scope is given the
    /// same answer, and nobody else.
    #[inline]
    pub(super) fn push_to(&self, question: &mut KeyBuilder) {
        match self {
            Scope::Everything => question.push_u8(0),
            #[cfg(test)]
            Scope::Without { records, fields } => {
                question.push_u8(1);
                for record in records {
                    question.push_u16(record.object).push_id(record.id);
                }
                for (object, field) in fields {
                    question.push_u16(*object).push_u16(*field);
                }
                question
            }
        };
    }
}
