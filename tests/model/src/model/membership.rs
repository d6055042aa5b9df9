//! Who was at which company, and in which buying group, when: employments, and what timelines show of it.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveTime, Utc};
use crm_core::{ChangeKind, Code, Ref, Value};

use super::logic::Save;
use super::schema::references;
use super::work::Work;
use super::{Fields, Model, Res, get};
use crate::op::Kind;

type Time = DateTime<Utc>;

/// That the timeline of a record flows into that of another.
pub struct Path {
    from: Ref,
    to: Ref,
    /// Only its own activities do, and not what flows into its own timeline.
    own_only: bool,
    since: Option<Time>,
    until: Option<Time>,
    away: Vec<(Time, Time)>,
}

impl Path {
    fn always(from: Ref, to: Ref) -> Self {
        Path {
            from,
            to,
            own_only: false,
            since: None,
            until: None,
            away: Vec::new(),
        }
    }

    fn is_there(&self, at: Time) -> bool {
        self.since.is_none_or(|since| since <= at)
            && self.until.is_none_or(|until| at < until)
            && !self.away.iter().any(|(from, to)| *from <= at && at < *to)
    }
}

/// True if what a record does at a time shows on the timeline of another.
pub fn leads(paths: &[Path], from: Ref, to: Ref, at: Time) -> bool {
    let mut reached = BTreeSet::from([to]);
    let mut waiting = vec![to];
    while let Some(to) = waiting.pop() {
        for path in paths
            .iter()
            .filter(|path| path.to == to && path.is_there(at))
        {
            if path.from == from {
                return true;
            }
            if !path.own_only && reached.insert(path.from) {
                waiting.push(path.from);
            }
        }
    }
    from == to
}

fn time(value: Value) -> Option<Time> {
    match value {
        Value::DateTime(at) => Some(at),
        _ => None,
    }
}

/// The end of an employment, if it is known.
fn end(get: &dyn Fn(&str) -> Value) -> Option<Time> {
    match get("until") {
        Value::Date(until) => Some((until + Days::new(1)).and_time(NaiveTime::MIN).and_utc()),
        _ => time(get("ended")),
    }
}

fn away(value: Value) -> Vec<Time> {
    match value {
        Value::List(moments) => moments.into_iter().filter_map(time).collect(),
        _ => Vec::new(),
    }
}

/// What changes in an employment that ends.
fn ends(get: &dyn Fn(&str) -> Value, now: Time) -> Fields {
    let mut changes = Fields::from([("former", true.into())]);
    if end(get).is_none() {
        changes.insert("ended", now.into());
    }
    changes
}

/// What changes in an employment that goes on after a time.
fn goes_on(get: &dyn Fn(&str) -> Value, now: Time) -> Fields {
    let mut changes = Fields::from([("former", false.into()), ("ended", Value::Null)]);
    match end(get) {
        None => {
            changes.insert("began", now.into());
        }
        Some(end) if end < now => {
            let mut moments = away(get("away"));
            moments.extend([end, now]);
            let moments = moments.into_iter().map(Value::from);
            changes.insert("away", Value::List(moments.collect()));
            changes.insert("until", Value::Null);
        }
        Some(_) => {}
    }
    changes
}

/// An employment that is said to be over ends, and one that is said to be so no more goes on.
pub fn end_and_begin_again(save: &mut Save<'_>, now: Time) -> Res<()> {
    if let (Value::Date(since), Value::Date(until)) = (save.get("since"), save.get("until"))
        && (save.given.contains("since") || save.given.contains("until"))
        && until < since
    {
        return Err(Code::Invalid);
    }
    let moments = ["until", "began", "ended", "away"];
    let is_said = moments.iter().any(|name| save.given.contains(name));
    if save.old.is_none() || is_said || save.old("former") == save.get("former") {
        return Ok(());
    }
    let get = |name: &str| save.get(name);
    let changes = match save.get("former") == true.into() {
        true => ends(&get, now),
        false => goes_on(&get, now),
    };
    for (name, value) in changes {
        save.set(name, value);
    }
    Ok(())
}

impl Model {
    /// The ways by which other timelines flow into that of a record.
    pub fn paths(&self, record: Ref) -> Vec<Path> {
        let mut paths = Vec::new();
        let mut known = vec![record];
        let mut at = 0;
        while at < known.len() {
            let to = known[at];
            at += 1;
            let first = paths.len();
            for (object, field) in self.referrers(to.object) {
                let is_of_people =
                    object == Kind::Contact.number() && to.object == Kind::Company.number();
                if field.up && is_of_people && field.name == "company" {
                    paths.extend(self.paths_of_people(to));
                } else if field.up {
                    let from = self.referring(object, field.name, to);
                    paths.extend(from.into_iter().map(|from| Path::always(from, to)));
                }
            }
            let members = self.referring(Kind::DealContact.number(), "deal", to);
            for member in members {
                for from in references(&self.value(member, "contact")) {
                    paths.push(Path {
                        own_only: true,
                        since: time(self.value(member, "created_at")),
                        until: time(self.value(to, "closed_at")),
                        ..Path::always(from, to)
                    });
                }
            }
            for path in &paths[first..] {
                if !path.own_only && !known.contains(&path.from) {
                    known.push(path.from);
                }
            }
        }
        paths
    }

    fn paths_of_people(&self, company: Ref) -> Vec<Path> {
        let mut paths = Vec::new();
        let mut others = self.referring(Kind::Contact.number(), "company", company);
        for employment in self.referring(Kind::Employment.number(), "company", company) {
            let get = |name: &str| self.value(employment, name);
            let (Value::Ref(contact), end) = (get("contact"), end(&get)) else {
                continue;
            };
            if end.is_none() && get("former") == true.into() {
                continue;
            }
            others.retain(|other| *other != contact);
            let since = match get("since") {
                Value::Date(since) => Some(since.and_time(NaiveTime::MIN).and_utc()),
                _ => time(get("began")),
            };
            let away = away(get("away"));
            paths.push(Path {
                since,
                until: end,
                away: away.chunks(2).map(|pair| (pair[0], pair[1])).collect(),
                ..Path::always(contact, company)
            });
        }
        let others = others.into_iter();
        paths.extend(others.map(|contact| Path::always(contact, company)));
        paths
    }
}

impl Work<'_> {
    /// A contact that goes to another company: the employment at the one ends, that at the other begins.
    pub fn keep_employments(&mut self, contact: Ref, changes: &Fields) -> Res<()> {
        if contact.object != Kind::Contact.number() || !changes.contains_key("company") {
            return Ok(());
        }
        let employments = Kind::Employment.number();
        let links = self.model.referring(employments, "contact", contact);
        let left = references(&self.model.value(contact, "company"));
        if left.is_empty() && links.is_empty() {
            return Ok(());
        }
        let at = |work: &Self, company: Ref| {
            let mut links = links.iter().copied();
            links.find(|link| work.model.value(*link, "company") == company.into())
        };
        for company in left {
            let link = at(self, company);
            let value = |name: &str| link.map_or(Value::Null, |link| self.model.value(link, name));
            if self.model.live(company).is_some() && value("former") != true.into() {
                let changes = ends(&value, self.caller.now);
                self.keep(contact, company, link, changes, false)?;
            }
        }
        for company in references(&get(changes, "company")) {
            let link = at(self, company);
            let now = self.caller.now;
            let changes = match link {
                None => Fields::from([("began", now.into())]),
                Some(link) => {
                    let value = |name: &str| self.model.value(link, name);
                    let is_over =
                        value("former") == true.into() || end(&value).is_some_and(|end| end <= now);
                    match is_over {
                        true => goes_on(&value, now),
                        false => Fields::new(),
                    }
                }
            };
            self.keep(contact, company, link, changes, true)?;
        }
        Ok(())
    }

    /// An employment that comes back from the trash, and whose contact went elsewhere meanwhile, ended then.
    pub fn catch_up_employment(&mut self, record: Ref) -> Res<()> {
        let value = |name: &str| self.model.value(record, name);
        let (Value::Ref(contact), Value::Ref(company)) = (value("contact"), value("company"))
        else {
            return Ok(());
        };
        if record.object != Kind::Employment.number() || value("former") == true.into() {
            return Ok(());
        }
        let later = self.entries_after(contact, self.trashed_in(record));
        let moved = later.into_iter().find(|(_, entry)| {
            let change = entry.changes.get("company");
            change.is_some_and(|(old, _)| *old == company.into())
        });
        let Some((sequence, _)) = moved else {
            return Ok(());
        };
        let mut log = self.model.log.iter();
        let commit = log.find(|commit| commit.sequence == sequence);
        let at = commit.map_or(self.caller.now, |commit| commit.at);
        let changes = ends(&value, at);
        self.keep(contact, company, Some(record), changes, false)
    }

    fn keep(
        &mut self,
        contact: Ref,
        company: Ref,
        link: Option<Ref>,
        mut changes: Fields,
        primary: bool,
    ) -> Res<()> {
        changes.insert("primary", primary.into());
        let record = match link {
            Some(link) => link,
            None => {
                changes.extend([("contact", contact.into()), ("company", company.into())]);
                self.new_record(Kind::Employment)
            }
        };
        self.choose_primary(record, &mut changes)?;
        let given = changes.keys().copied().collect();
        if link.is_none() {
            self.fill_defaults(record, &mut changes);
        }
        let changes = self.decide(record, changes, given, true, false)?;
        match link {
            None => self.store(record, ChangeKind::Created, changes),
            Some(_) if changes.is_empty() => Ok(()),
            Some(_) => self.store(record, ChangeKind::Updated, changes),
        }
    }
}
