//! Timelines against a naive model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::read_support::{START, assert_sound, crm, pipeline};
use chrono::{DateTime, TimeDelta, Utc};
use crm_core::*;
use proptest::prelude::*;
use proptest::sample::Index;

fn at(hours: i64) -> DateTime<Utc> {
    START.parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

fn all_pages(crm: &Crm, query: TimelineQuery) -> Vec<TimelineEntry> {
    let mut query = query;
    let mut entries = Vec::new();
    loop {
        let page = crm.timeline(&query).unwrap();
        assert!(page.next.is_none() || page.entries.len() == query.limit);
        entries.extend(page.entries);
        match page.next {
            Some(next) => query = query.before(next),
            None => return entries,
        }
    }
}

fn activities(entries: &[TimelineEntry]) -> Vec<Ref> {
    entries.iter().map(|entry| entry.activity).collect()
}

#[test]
fn what_happens_below_a_company_is_on_its_timeline() {
    let (crm, _) = crm();
    let (sales, _) = pipeline(&crm, "Sales");
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let branch = crm
        .create(Company::draft().name("Acme Berlin").parent(acme))
        .unwrap();
    let ada = crm
        .create(Contact::draft().name("Ada Lovelace").company(branch))
        .unwrap();
    let deal = crm
        .create(Deal::draft().name("Seats").pipeline(sales).contact(ada))
        .unwrap();
    let call = |subject: &str, hours, about: Vec<Ref>| {
        crm.create(Call::draft().subject(subject).at(at(hours)).about(about))
            .unwrap()
            .reference()
    };
    let own = call("own", 1, vec![acme.reference()]);
    let of_branch = call("branch", 2, vec![branch.reference()]);
    let of_ada = call("ada", 3, vec![ada.reference()]);
    let of_deal = call("deal", 4, vec![deal.reference()]);
    let of_all = call(
        "all",
        5,
        vec![deal.reference(), ada.reference(), acme.reference()],
    );
    let note = crm
        .create(
            Note::draft()
                .body("…")
                .at(at(6))
                .about(vec![deal.reference()]),
        )
        .unwrap()
        .reference();
    let of = |record: Ref| crm.timeline(&TimelineQuery::of(record)).unwrap().entries;
    assert_eq!(
        activities(&of(acme.into())),
        [note, of_all, of_deal, of_ada, of_branch, own]
    );
    assert_eq!(
        activities(&of(branch.into())),
        [note, of_all, of_deal, of_ada, of_branch]
    );
    assert_eq!(activities(&of(ada.into())), [note, of_all, of_deal, of_ada]);
    assert_eq!(activities(&of(deal.into())), [note, of_all, of_deal]);
    // It is said to be on the nearest of the timelines.
    let on: Vec<Ref> = of(acme.into()).iter().map(|entry| entry.on).collect();
    let expected: [Ref; 6] = [
        deal.into(),
        acme.into(),
        deal.into(),
        ada.into(),
        branch.into(),
        acme.into(),
    ];
    assert_eq!(on, expected);
    let summary = &of(acme.into())[1].summary;
    assert_eq!(summary.get(Call::SUBJECT.number()).as_text(), Some("all"));
    assert_eq!(
        summary.get(Call::DIRECTION.number()).as_text(),
        Some("outbound")
    );
    assert!(summary.get(Call::ABOUT.number()).is_null());
    let query = TimelineQuery::of(acme).kinds(&["note"]);
    assert_eq!(activities(&crm.timeline(&query).unwrap().entries), [note]);
    let query = TimelineQuery::of(acme).own_only();
    assert_eq!(
        activities(&crm.timeline(&query).unwrap().entries),
        [of_all, own]
    );
    let query = |kind: &str| {
        crm.timeline(&TimelineQuery::of(acme).kinds(&[kind]))
            .unwrap_err()
            .code()
    };
    assert_eq!(query("deal"), Code::Invalid);
    assert_eq!(query("nots"), Code::UnknownObject);
    crm.delete(acme).unwrap();
    assert_eq!(
        crm.timeline(&TimelineQuery::of(acme)).unwrap_err().code(),
        Code::NotFound
    );
    assert_sound(&crm);
}

#[test]
fn a_task_stands_where_it_is_due_until_it_is_done() {
    let (crm, clock) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let task = crm
        .create(Task::draft().subject("Call").about(vec![acme.reference()]))
        .unwrap();
    let when = || crm.timeline(&TimelineQuery::of(acme)).unwrap().entries[0].at;
    assert_eq!(when(), at(0));
    crm.update(task, Task::draft().due(at(48))).unwrap();
    assert_eq!(when(), at(48));
    clock.advance(TimeDelta::hours(5));
    crm.update(task, Task::draft().status(TaskStatus::Done))
        .unwrap();
    assert_eq!(when(), at(5));
    crm.update(task, Task::draft().status(TaskStatus::Open))
        .unwrap();
    assert_eq!(when(), at(48));
    assert_sound(&crm);
}

#[test]
fn a_kind_is_found_behind_any_number_of_others() {
    let (crm, _) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let about = vec![acme.reference()];
    let call = Call::draft().subject("first").at(at(0));
    let call = crm.create(call.about(about.clone())).unwrap();
    // More than a timeline has in memory of one record.
    for hour in 1..=100 {
        let note = Note::draft().body("…").at(at(hour));
        crm.create(note.about(about.clone())).unwrap();
    }
    let query = TimelineQuery::of(acme).kinds(&["call"]).limit(1);
    let page = crm.timeline(&query).unwrap();
    assert_eq!(activities(&page.entries), [call.reference()]);
    assert_eq!(page.next, None);
}

#[test]
fn a_page_ends_between_activities_of_one_moment() {
    let (crm, _) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let bolt = crm
        .create(Company::draft().name("Bolt").parent(acme))
        .unwrap();
    let expected: Vec<Ref> = (0..7)
        .map(|n| {
            let about = if n % 2 == 0 { acme } else { bolt };
            let call = Call::draft()
                .subject("at once")
                .at(at(0))
                .about(vec![about.reference()]);
            crm.create(call).unwrap().reference()
        })
        .collect();
    for limit in 1..9 {
        let entries = all_pages(&crm, TimelineQuery::of(acme).limit(limit));
        assert_eq!(activities(&entries), expected, "pages of {limit}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A call, a note or a meeting.
    Add(u8, i64, Vec<Index>),
    MoveInTime(Index, i64),
    About(Index, Vec<Index>),
    Delete(Index),
    Restore(Index),
    Invite(Index, Index),
    Uninvite(Index),
    /// An hour later.
    WorkFor(Index, Option<Index>),
    DealWith(Index, Option<Index>),
    TrashPlace(Index),
    RestorePlace(Index),
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let about = || prop::collection::vec(index(), 0..4);
    prop_oneof![
        4 => (0..3_u8, -1..7_i64, about()).prop_map(|(kind, at, about)| Step::Add(kind, at, about)),
        1 => (index(), -1..7_i64).prop_map(|(which, at)| Step::MoveInTime(which, at)),
        1 => (index(), about()).prop_map(|(which, about)| Step::About(which, about)),
        1 => index().prop_map(Step::Delete),
        1 => index().prop_map(Step::Restore),
        2 => (index(), index()).prop_map(|(meeting, person)| Step::Invite(meeting, person)),
        1 => index().prop_map(Step::Uninvite),
        2 => (index(), prop::option::of(index())).prop_map(|(who, company)| Step::WorkFor(who, company)),
        1 => (index(), prop::option::of(index())).prop_map(|(deal, who)| Step::DealWith(deal, who)),
        1 => index().prop_map(Step::TrashPlace),
        1 => index().prop_map(Step::RestorePlace),
    ]
}

#[derive(Debug, Clone)]
struct Activity {
    at: i64,
    about: Vec<Ref>,
    trashed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Invitation {
    meeting: Ref,
    person: Ref,
    state: State,
}

#[derive(Debug, Clone)]
struct Job {
    person: Ref,
    company: Ref,
    /// From an hour to the one in which it ended.
    hours: Vec<(i64, i64)>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Live,
    /// In the trash since one of its ends went there, with which it comes back.
    GoneWith(Ref),
    /// In the trash because the other end was there when it should have come back.
    Left,
}

/// What the model knows: the records, who is below whom, and what happened.
struct Model {
    crm: Crm,
    clock: Arc<ManualClock>,
    /// What the clock shows, in hours.
    now: i64,
    companies: Vec<Ref>,
    contacts: Vec<Ref>,
    deals: Vec<Ref>,
    /// A record and those above it.
    above: BTreeMap<Ref, Vec<Ref>>,
    /// A person's hours at a company, if the person has gone from or come to it.
    jobs: Vec<Job>,
    trashed: BTreeSet<Ref>,
    activities: BTreeMap<Ref, Activity>,
    attendees: BTreeMap<Ref, Invitation>,
}

fn pick<T: Copy>(index: &Index, from: &[T]) -> Option<T> {
    (!from.is_empty()).then(|| from[index.index(from.len())])
}

impl Model {
    fn new() -> Self {
        let (crm, clock) = crm();
        let (sales, _) = pipeline(&crm, "Sales");
        let acme = crm.create(Company::draft().name("Acme")).unwrap();
        let bolt = crm
            .create(Company::draft().name("Bolt").parent(acme))
            .unwrap();
        let contacts: Vec<_> = ["Ada", "Bob"]
            .map(|name| {
                crm.create(Contact::draft().name(name).company(bolt))
                    .unwrap()
            })
            .to_vec();
        let deal = Deal::draft()
            .name("Seats")
            .pipeline(sales)
            .company(acme)
            .contact(contacts[0]);
        let deal = crm.create(deal).unwrap();
        let mut above = BTreeMap::from([
            (bolt.reference(), vec![acme.reference()]),
            (
                deal.reference(),
                vec![acme.reference(), contacts[0].reference()],
            ),
        ]);
        above.extend(
            contacts
                .iter()
                .map(|contact| (contact.reference(), vec![bolt.reference()])),
        );
        Model {
            crm,
            clock,
            now: 0,
            jobs: Vec::new(),
            companies: vec![acme.reference(), bolt.reference()],
            contacts: contacts.iter().map(|contact| contact.reference()).collect(),
            deals: vec![deal.reference()],
            above,
            trashed: BTreeSet::new(),
            activities: BTreeMap::new(),
            attendees: BTreeMap::new(),
        }
    }

    fn places(&self) -> Vec<Ref> {
        [self.companies.as_slice(), &self.contacts, &self.deals].concat()
    }

    fn live_places(&self, indexes: &[Index]) -> Vec<Ref> {
        let live: Vec<Ref> = self
            .places()
            .into_iter()
            .filter(|place| !self.trashed.contains(place))
            .collect();
        let mut places: Vec<Ref> = indexes
            .iter()
            .filter_map(|index| pick(index, &live))
            .collect();
        places.sort();
        places.dedup();
        places
    }

    fn of_kind(&self, kinds: &[u16], trashed: bool) -> Vec<Ref> {
        let of_kind = self.activities.iter().filter(|(activity, known)| {
            kinds.contains(&activity.object) && known.trashed == trashed
        });
        of_kind.map(|(activity, _)| *activity).collect()
    }

    fn apply(&mut self, step: &Step) {
        let kinds = [Call::TYPE, Note::TYPE, Meeting::TYPE];
        let live = self.of_kind(&kinds, false);
        let list = |about: &[Ref]| Value::List(about.iter().map(|place| (*place).into()).collect());
        let crm = self.crm.clone();
        match step {
            Step::Add(kind, hours, about) => {
                let about = self.live_places(about);
                let (object, time) =
                    [("call", "at"), ("note", "at"), ("meeting", "starts")][usize::from(*kind)];
                let fields = Fields::new()
                    .with("subject", "x")
                    .with(time, at(*hours))
                    .with("about", list(&about));
                let activity = crm.create_record(object, fields).unwrap();
                self.activities.insert(
                    activity,
                    Activity {
                        at: *hours,
                        about,
                        trashed: false,
                    },
                );
            }
            Step::MoveInTime(which, hours) => {
                let Some(activity) = pick(which, &live) else {
                    return;
                };
                let time = if activity.object == Meeting::TYPE {
                    "starts"
                } else {
                    "at"
                };
                crm.update_record(activity, Fields::new().with(time, at(*hours)))
                    .unwrap();
                self.activities.get_mut(&activity).unwrap().at = *hours;
            }
            Step::About(which, about) => {
                let Some(activity) = pick(which, &live) else {
                    return;
                };
                let about = self.live_places(about);
                crm.update_record(activity, Fields::new().with("about", list(&about)))
                    .unwrap();
                self.activities.get_mut(&activity).unwrap().about = about;
            }
            Step::Delete(which) => {
                let Some(activity) = pick(which, &live) else {
                    return;
                };
                crm.delete(activity).unwrap();
                self.activities.get_mut(&activity).unwrap().trashed = true;
                self.goes(activity);
            }
            Step::Restore(which) => {
                let Some(activity) = pick(which, &self.of_kind(&kinds, true)) else {
                    return;
                };
                crm.restore(activity).unwrap();
                self.activities.get_mut(&activity).unwrap().trashed = false;
                self.comes_back(activity);
            }
            Step::Invite(meeting, person) => {
                let people: Vec<Ref> = self
                    .contacts
                    .iter()
                    .copied()
                    .filter(|who| !self.trashed.contains(who))
                    .collect();
                let (Some(meeting), Some(person)) = (
                    pick(meeting, &self.of_kind(&[Meeting::TYPE], false)),
                    pick(person, &people),
                ) else {
                    return;
                };
                let is_free = |other: &Invitation| {
                    (other.meeting, other.person) != (meeting, person) || other.state == State::Left
                };
                if self.attendees.values().all(is_free) {
                    let fields = Fields::new()
                        .with("meeting", meeting)
                        .with("person", person);
                    let attendee = crm.create_record("attendee", fields).unwrap();
                    let state = State::Live;
                    let invitation = Invitation {
                        meeting,
                        person,
                        state,
                    };
                    self.attendees.insert(attendee, invitation);
                }
            }
            Step::Uninvite(which) => {
                let live = self.attendees.iter();
                let live = live.filter(|(_, invitation)| invitation.state == State::Live);
                let Some(attendee) = pick(
                    which,
                    &live.map(|(attendee, _)| *attendee).collect::<Vec<_>>(),
                ) else {
                    return;
                };
                crm.delete(attendee).unwrap();
                crm.purge(attendee).unwrap();
                self.attendees.remove(&attendee);
            }
            Step::WorkFor(who, company) => {
                let company = company
                    .as_ref()
                    .and_then(|company| pick(company, &self.companies));
                let who = pick(who, &self.contacts).unwrap();
                if !self.trashed.contains(&who)
                    && company.is_none_or(|company| !self.trashed.contains(&company))
                {
                    self.clock.advance(TimeDelta::hours(1));
                    self.now += 1;
                    crm.update_record(who, Fields::new().with("company", company))
                        .unwrap();
                    let left = self.above.insert(who, company.into_iter().collect());
                    self.moves(who, left.and_then(|left| left.first().copied()), company);
                }
            }
            Step::DealWith(deal, who) => {
                let who = who.as_ref().and_then(|who| pick(who, &self.contacts));
                let deal = pick(deal, &self.deals).unwrap();
                if !self.trashed.contains(&deal)
                    && who.is_none_or(|who| !self.trashed.contains(&who))
                {
                    crm.update_record(deal, Fields::new().with("contact", who))
                        .unwrap();
                    let acme = self.companies[0];
                    self.above
                        .insert(deal, [acme].into_iter().chain(who).collect());
                }
            }
            Step::TrashPlace(which) => {
                let place = pick(which, &self.places()).unwrap();
                if self.trashed.insert(place) {
                    crm.delete(place).unwrap();
                    self.goes(place);
                }
            }
            Step::RestorePlace(which) => {
                let trashed: Vec<Ref> = self.trashed.iter().copied().collect();
                let Some(place) = pick(which, &trashed) else {
                    return;
                };
                crm.restore(place).unwrap();
                self.trashed.remove(&place);
                self.comes_back(place);
            }
        }
    }

    fn moves(&mut self, person: Ref, left: Option<Ref>, to: Option<Ref>) {
        let mut jobs = self.jobs.iter();
        let has_jobs = jobs.any(|job| job.person == person && job.state == State::Live);
        if left == to || left.is_none() && !has_jobs {
            return;
        }
        let now = self.now;
        if let Some(company) = left {
            if !self.trashed.contains(&company) {
                self.job(person, company, (i64::MIN, now));
            }
            let mut jobs = self.jobs.iter_mut();
            let job = jobs.find(|job| {
                (job.person, job.company) == (person, company) && job.state != State::Left
            });
            job.into_iter()
                .for_each(|job| job.hours.last_mut().unwrap().1 = now);
        }
        if let Some(company) = to {
            let job = self.job(person, company, (now, i64::MAX));
            if job.hours.last().unwrap().1 != i64::MAX {
                job.hours.push((now, i64::MAX));
            }
        }
    }

    /// The job of a person at a company, or a new one of these hours.
    fn job(&mut self, person: Ref, company: Ref, hours: (i64, i64)) -> &mut Job {
        let is_it =
            |job: &Job| (job.person, job.company, job.state) == (person, company, State::Live);
        let at = self.jobs.iter().position(is_it).unwrap_or_else(|| {
            self.jobs.push(Job {
                person,
                company,
                hours: vec![hours],
                state: State::Live,
            });
            self.jobs.len() - 1
        });
        &mut self.jobs[at]
    }

    /// Invitations and jobs go to the trash with one of their ends.
    fn goes(&mut self, end: Ref) {
        for job in &mut self.jobs {
            if job.state == State::Live && [job.person, job.company].contains(&end) {
                job.state = State::GoneWith(end);
            }
        }
        for invitation in self.attendees.values_mut() {
            let ends = [invitation.meeting, invitation.person];
            if invitation.state == State::Live && ends.contains(&end) {
                invitation.state = State::GoneWith(end);
            }
        }
    }

    fn comes_back(&mut self, end: Ref) {
        for job in &mut self.jobs {
            if job.state == State::GoneWith(end) {
                let ends = [job.person, job.company];
                let whole = !ends.iter().any(|end| self.trashed.contains(end));
                job.state = if whole { State::Live } else { State::Left };
            }
        }
        for invitation in self.attendees.values_mut() {
            if invitation.state == State::GoneWith(end) {
                let whole = !self.activities[&invitation.meeting].trashed
                    && !self.trashed.contains(&invitation.person);
                invitation.state = if whole { State::Live } else { State::Left };
            }
        }
    }

    /// The record and all live ones that were below it in an hour.
    fn sources(&self, place: Ref, hour: i64) -> BTreeSet<Ref> {
        let mut sources = BTreeSet::from([place]);
        let is_below = |below: Ref, above: Ref| {
            let mut jobs = self.jobs.iter();
            let job = jobs
                .find(|job| (job.person, job.company, job.state) == (below, above, State::Live));
            match job {
                Some(job) => {
                    let mut hours = job.hours.iter();
                    hours.any(|(from, to)| (*from..*to).contains(&hour))
                }
                None => self
                    .above
                    .get(&below)
                    .is_some_and(|all| all.contains(&above)),
            }
        };
        loop {
            let live = self.places().into_iter();
            let live = live.filter(|place| !self.trashed.contains(place));
            let more: Vec<Ref> = live
                .filter(|below| !sources.contains(below))
                .filter(|below| sources.iter().any(|above| is_below(*below, *above)))
                .collect();
            if more.is_empty() {
                return sources;
            }
            sources.extend(more);
        }
    }

    fn expected(&self, place: Ref, own_only: bool, kinds: &[u16]) -> Vec<Ref> {
        let mut expected: Vec<(i64, Ref)> = Vec::new();
        for (activity, known) in &self.activities {
            let sources = if own_only {
                BTreeSet::from([place])
            } else {
                self.sources(place, known.at)
            };
            let invited = self.attendees.values().filter(|invitation| {
                invitation.meeting == *activity && invitation.state == State::Live
            });
            let invited = invited.map(|invitation| invitation.person);
            let mut stands_on = known.about.iter().copied().chain(invited);
            if !known.trashed
                && (kinds.is_empty() || kinds.contains(&activity.object))
                && stands_on.any(|on| sources.contains(&on))
            {
                expected.push((-known.at, *activity));
            }
        }
        expected.sort();
        expected.into_iter().map(|(_, activity)| activity).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn timelines_are_those_of_the_model(steps in prop::collection::vec(step(), 1..60), limit in 1..5_usize) {
        let mut model = Model::new();
        for step in &steps {
            model.apply(step);
        }
        for place in model.places() {
            if model.trashed.contains(&place) {
                continue;
            }
            for (own_only, kinds, names) in [
                (false, &[][..], &[][..]),
                (true, &[], &[]),
                (false, &[Meeting::TYPE, Note::TYPE], &["meeting", "note"]),
            ] {
                let mut query = TimelineQuery::of(place).kinds(names).limit(limit);
                query.own_only = own_only;
                let entries = all_pages(&model.crm, query);
                prop_assert_eq!(activities(&entries), model.expected(place, own_only, kinds), "own: {}", own_only);
                for entry in entries {
                    prop_assert_eq!(entry.at, at(model.activities[&entry.activity].at));
                }
            }
        }
        assert_sound(&model.crm);
    }
}

#[test]
fn a_timeline_of_too_many_records_says_so_and_leaves_out_the_oldest() {
    let (crm, clock) = crm();
    let (sales, _) = pipeline(&crm, "Sales");
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let deals: Vec<Id<Deal>> = (0..limits::TIMELINE_SOURCES_MAX)
        .map(|n| {
            clock.advance(TimeDelta::milliseconds(1));
            let deal = Deal::draft().name(format!("Deal {n}"));
            crm.create(deal.pipeline(sales).company(acme)).unwrap()
        })
        .collect();
    let call = |deal: &Id<Deal>| {
        let draft = Call::draft().subject("Hello").about(vec![deal.reference()]);
        crm.create(draft).unwrap().reference()
    };
    let (oldest, newest) = (call(&deals[0]), call(&deals[deals.len() - 1]));
    // The company's own timeline is one of them, so that one deal is too many.
    let page = crm.timeline(&TimelineQuery::of(acme)).unwrap();
    let shown: Vec<Ref> = page.entries.iter().map(|entry| entry.activity).collect();
    assert!(!page.complete);
    assert!(shown.contains(&newest) && !shown.contains(&oldest));
    crm.delete(deals[1]).unwrap();
    let page = crm.timeline(&TimelineQuery::of(acme)).unwrap();
    assert!(page.complete);
    assert_eq!(page.entries.len(), 2);
}
