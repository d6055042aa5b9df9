//! The link between people and companies.

use super::{Company, Contact};
use crate::error::{Error, Result};
use crate::schema::declare::object;
use crate::schema::kind::{Boolean, Date, DateTime, Many, Text, To};
use crate::schema::{KeptPeriod, Object, SaveContext};
use crate::value::Value;

const PERIOD: KeptPeriod = KeptPeriod {
    main: Contact::COMPANY.number(),
    since: Employment::SINCE.number(),
    until: Employment::UNTIL.number(),
    began: Employment::BEGAN.number(),
    ended: Employment::ENDED.number(),
    away: Employment::AWAY.number(),
    over: Employment::FORMER.number(),
};

object! {
    /// That a person works, or worked, for a company.
    ///
    /// What the person did while the employment lasted stands on the company's timeline. When
    /// [`Contact::COMPANY`](super::Contact::COMPANY) changes from one company to another, the employment at the one
    /// ends and that at the other begins at that moment, and they are made where there were none; undoing the change
    /// takes them back.
    Employment = 19 "employment" "employments" {
        /// The person.
        1 contact: To<Contact> { required, indexed, on_delete(OnDelete::Cascade) };
        /// The company.
        2 company: To<Company> { required, indexed, on_delete(OnDelete::Cascade) };
        /// What the person does there.
        3 role: Text { aliases(&["position", "job title"]) };
        /// The day on which it began, as people say it; it counts before [`began`](Employment::BEGAN).
        4 since: Date;
        /// The last day of it, as people say it; it counts before [`ended`](Employment::ENDED).
        5 until: Date;
        /// True if it is over. It ends when this is said, unless `until` says another day; one that came here as a
        /// former one without that day puts nothing on the company's timeline.
        6 former: Boolean { default("false") };
        /// True for the one company for which the person mainly works.
        7 primary: Boolean { default("false") };
        /// The moment at which the person came from another company.
        8 began: DateTime { read_only };
        /// The moment at which the person went, or it was said that it is over.
        9 ended: DateTime { read_only };
        /// The moments at which the person went and came back, in turn, before the last time.
        10 away: Many<DateTime> { read_only };
    }
    title(&[3]);
    unique(200, &[1, 2]);
    index(201, &[2, 1], &[1, 4, 5, 6, 8, 9, 10]);
    link(1, 2, Some(7));
    membership(MembershipDef {
        member: 1,
        group: 2,
        index: 201,
        period: Period::Kept(PERIOD),
    });
    hook(ends_after_it_begins);
    hook(ends_and_begins_again);
}

fn ends_after_it_begins(context: &mut dyn SaveContext) -> Result<()> {
    let (since, until) = (Employment::SINCE.number(), Employment::UNTIL.number());
    if !context.is_given(since) && !context.is_given(until) {
        return Ok(());
    }
    match (context.get(since), context.get(until)) {
        (Value::Date(since), Value::Date(until)) if until < since => {
            let error = Error::invalid(until, "an employment does not end before it begins");
            Err(error.at_field(Employment::TYPE_NAME, Employment::UNTIL.name()))
        }
        _ => Ok(()),
    }
}

/// One that is said to be over ends now, and one that was over goes on after the time that the person was away.
fn ends_and_begins_again(context: &mut dyn SaveContext) -> Result<()> {
    let over = Employment::FORMER.number();
    // Who says when needs no moment.
    let moments = [PERIOD.until, PERIOD.began, PERIOD.ended, PERIOD.away];
    let is_said = moments.iter().any(|field| context.is_given(*field));
    if context.is_new() || is_said || context.old(over) == context.get(over) {
        return Ok(());
    }
    let (now, start_of) = (context.now(), |day| context.start_of(day));
    let changes = match context.get(over) == true.into() {
        true => PERIOD.closed(&|field| context.get(field), &start_of, now),
        false => PERIOD.reopened(&|field| context.get(field), &start_of, now)?,
    };
    for (field, value) in changes {
        context.set(field, value);
    }
    Ok(())
}
