//! Links by which what one record did stands on another's timeline for as long as it belonged there.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::field::FieldType;
use super::hook::SaveContext;
use crate::error::{Detail, Result};
use crate::limits;
use crate::value::Value;

/// A membership: that a record, such as a person, belongs to a group, such as a company or the buyers of a deal, and
/// when it does.
///
/// What a member did while it belonged to a group is the group's past, wherever the member is now. So the times are
/// kept with the link, and a timeline asks them which activities of a member to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipDef {
    /// The reference field of the link that names the member.
    pub member: u16,
    /// The reference field of the link that names the group.
    pub group: u16,
    /// An index of the link that begins with the group; for [`Period::Kept`] the member follows in it, and it covers
    /// the fields of the period.
    pub index: u16,
    /// When the membership lasts.
    pub period: Period,
}

/// When a membership lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Period {
    /// As the link says. The engine keeps the links of a member whose main group changes.
    Kept(KeptPeriod),
    /// From the creation of the link to the time in this date-time field of the group. What the member did then stands
    /// on the group's timeline; what flows into the member's own timeline does not.
    UntilClosed(u16),
}

/// The fields that say when a membership lasts. A day that people give counts before the moment that the engine saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptPeriod {
    /// The reference field of the *member* that names its main group.
    pub main: u16,
    /// The first day.
    pub since: u16,
    /// The last day.
    pub until: u16,
    /// The moment at which it began.
    pub began: u16,
    /// The moment at which it ended.
    pub ended: u16,
    /// Moments between them at which the member went and came back, in turn.
    pub away: u16,
    /// True if it is over. Where no end is known, such a membership says nothing.
    pub over: u16,
}

impl MembershipDef {
    /// True if the engine keeps its links.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.period, Period::Kept(_))
    }

    /// What the declaration says of a save of its link.
    ///
    /// # Errors
    /// `Limit` if the member has gone and come back too often.
    pub(crate) fn hook(&self, save: &mut dyn SaveContext) -> Result<()> {
        match &self.period {
            Period::Kept(period) => period.end_or_go_on(save),
            Period::UntilClosed(_) => Ok(()),
        }
    }
}

/// What a field of a link holds.
type Get<'a> = &'a dyn Fn(u16) -> Value;

/// When a day begins.
type StartOf<'a> = &'a dyn Fn(NaiveDate) -> DateTime<Utc>;

impl KeptPeriod {
    /// The fields of the link that play a part, each with the type that it has to have; of moments away there is a list.
    pub(super) fn parts(&self) -> [(u16, FieldType); 6] {
        use FieldType as T;
        [
            (self.since, T::Date),
            (self.until, T::Date),
            (self.began, T::DateTime),
            (self.ended, T::DateTime),
            (self.away, T::DateTime),
            (self.over, T::Boolean),
        ]
    }

    /// One that is said to be over ends now, and one that was over goes on after the time that the member was away.
    fn end_or_go_on(&self, save: &mut dyn SaveContext) -> Result<()> {
        // Who says when needs no moment.
        let moments = [self.until, self.began, self.ended, self.away];
        let is_said = moments.iter().any(|field| save.is_given(*field));
        if save.is_new() || is_said || save.old(self.over) == save.get(self.over) {
            return Ok(());
        }
        let (get, start_of) = (|field| save.get(field), |day| save.start_of(day));
        let changes = match save.get(self.over) == true.into() {
            true => self.closed(&get, &start_of, save.now()),
            false => self.reopened(&get, &start_of, save.now())?,
        };
        for (field, value) in changes {
            save.set(field, value);
        }
        Ok(())
    }

    /// When a membership ends: the first moment at which it is over; `None` if no end is known.
    pub(crate) fn end(&self, get: Get<'_>, start_of: StartOf<'_>) -> Option<DateTime<Utc>> {
        match (get(self.until), get(self.ended)) {
            (Value::Date(until), _) => until.checked_add_days(Days::new(1)).map(start_of),
            (_, Value::DateTime(ended)) => Some(ended),
            _ => None,
        }
    }

    /// What changes in the link of a membership that ends now, where nobody has said when it does.
    pub(crate) fn closed(
        &self,
        get: Get<'_>,
        start_of: StartOf<'_>,
        now: DateTime<Utc>,
    ) -> Vec<(u16, Value)> {
        match self.end(get, start_of) {
            Some(_) => vec![(self.over, true.into())],
            None => vec![(self.over, true.into()), (self.ended, now.into())],
        }
    }

    /// What changes in the link of a membership that was over and goes on now.
    ///
    /// # Errors
    /// `Limit` if the member has gone and come back too often.
    pub(crate) fn reopened(
        &self,
        get: Get<'_>,
        start_of: StartOf<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<(u16, Value)>> {
        let mut changes = vec![(self.over, false.into()), (self.ended, Value::Null)];
        match self.end(get, start_of) {
            Some(end) if end < now => {
                let mut away = match get(self.away) {
                    Value::List(moments) => moments,
                    _ => Vec::new(),
                };
                away.extend([end.into(), now.into()]);
                if away.len() > limits::LIST_LEN_MAX {
                    return Err(Detail::Limit {
                        what: "moments at which a member went from one group or came back",
                        max: limits::LIST_LEN_MAX as u64,
                        actual: away.len() as u64,
                    }
                    .into());
                }
                changes.extend([(self.away, Value::List(away)), (self.until, Value::Null)]);
            }
            Some(_) => {}
            None => changes.push((self.began, now.into())),
        }
        Ok(changes)
    }
}
