//! Timelines of companies and deals, and the people who were theirs for a time.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::read_support::{START, assert_sound, crm, pipeline};
use chrono::{DateTime, TimeDelta, Utc};
use crm_core::*;

fn at(hours: i64) -> DateTime<Utc> {
    START.parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

/// Ada is at Acme, and has talked to us in each of the hours from -30 to 30.
struct World {
    crm: Crm,
    clock: Arc<ManualClock>,
    ada: Id<Contact>,
    acme: Id<Company>,
    bolt: Id<Company>,
}

impl World {
    fn new() -> Self {
        let (crm, clock) = crm();
        let [acme, bolt] =
            ["Acme", "Bolt"].map(|name| crm.create(Company::draft().name(name)).unwrap());
        let ada = Contact::draft().name("Ada Lovelace").company(acme);
        let ada = crm.create(ada).unwrap();
        for hour in -30..=30 {
            call(&crm, ada.reference(), hour);
        }
        World {
            crm,
            clock,
            ada,
            acme,
            bolt,
        }
    }

    fn wait(&self, hours: i64) {
        self.clock.advance(TimeDelta::hours(hours));
    }

    fn works_for(&self, company: impl Into<Option<Id<Company>>>) {
        let company = company.into().map(Id::reference);
        let fields = Fields::new().with("company", company);
        self.crm
            .update_record(self.ada.reference(), fields)
            .unwrap();
    }

    /// The hours of the calls on a timeline.
    fn hours(&self, record: impl Into<Ref>) -> Vec<i64> {
        hours(&self.crm, record)
    }

    fn employments(&self) -> Vec<View<Employment>> {
        let found = self.crm.find_all(&Query::of("employment"));
        let found = found.map(|record| View::of(record.unwrap()).unwrap());
        found.collect()
    }

    /// The employment of Ada at a company.
    fn at(&self, company: Id<Company>) -> Option<View<Employment>> {
        let mut all = self.employments().into_iter();
        all.find(|one| one.company() == Some(company))
    }
}

fn call(crm: &Crm, about: Ref, hour: i64) -> Ref {
    let call = Call::draft().subject("Hello").at(at(hour));
    crm.create(call.about(vec![about])).unwrap().reference()
}

fn hours(crm: &Crm, record: impl Into<Ref>) -> Vec<i64> {
    let record = record.into();
    let mut pages = Vec::new();
    for limit in [7, 500] {
        let mut query = TimelineQuery::of(record).limit(limit);
        let mut hours = Vec::new();
        loop {
            let page = crm.timeline(&query).unwrap();
            assert!(page.complete);
            hours.extend(page.entries.iter().map(|one| (one.at - at(0)).num_hours()));
            match page.next {
                Some(next) => query = query.before(next),
                None => break,
            }
        }
        pages.push(hours);
    }
    assert_eq!(pages[0], pages[1], "pages are those of the whole");
    let mut hours = pages.remove(0);
    assert!(hours.is_sorted_by(|a, b| a >= b));
    hours.reverse();
    hours
}

fn range(from: i64, to: i64) -> Vec<i64> {
    (from..to).collect()
}

#[test]
fn what_was_said_at_a_company_stays_there() {
    let world = World::new();
    // Who never changed needs no employment.
    assert_eq!(world.hours(world.acme), range(-30, 31));
    assert!(world.employments().is_empty());
    world.wait(3);
    world.works_for(world.bolt);
    // The call at the moment of the move is Bolt's, and it alone's.
    assert_eq!(world.hours(world.acme), range(-30, 3));
    assert_eq!(world.hours(world.bolt), range(3, 31));
    assert_eq!(world.hours(world.ada), range(-30, 31));
    let (acme, bolt) = (world.at(world.acme).unwrap(), world.at(world.bolt).unwrap());
    assert_eq!((acme.began(), acme.ended()), (None, Some(at(3))));
    assert_eq!((acme.former(), acme.primary()), (Some(true), Some(false)));
    assert_eq!((bolt.began(), bolt.ended()), (Some(at(3)), None));
    assert_eq!((bolt.former(), bolt.primary()), (Some(false), Some(true)));
    // Back at Acme, and then nowhere.
    world.wait(4);
    world.works_for(world.acme);
    world.wait(5);
    world.works_for(None);
    let of_acme = [range(-30, 3), range(7, 12)].concat();
    assert_eq!(world.hours(world.acme), of_acme);
    assert_eq!(world.hours(world.bolt), range(3, 7));
    world.wait(1);
    world.works_for(world.acme);
    let of_acme = [of_acme, range(13, 31)].concat();
    assert_eq!(world.hours(world.acme), of_acme);
    assert_eq!(world.employments().len(), 2);
    let away = world.at(world.acme).unwrap().into_record();
    let away = away.get(Employment::AWAY.number()).to_value();
    let moments = [3, 7, 12, 13].map(|hour| at(hour).into());
    assert_eq!(away, Value::List(moments.to_vec()));
    // A company above has what its companies have.
    let above = world.crm.create(Company::draft().name("Cog")).unwrap();
    world
        .crm
        .update(world.bolt, Company::draft().parent(above))
        .unwrap();
    assert_eq!(world.hours(above), range(3, 7));
    assert_sound(&world.crm);
}

#[test]
fn the_first_company_that_is_known_has_all() {
    let world = World::new();
    let bob = world.crm.create(Contact::draft().name("Bob Hope")).unwrap();
    for hour in [-2, 5] {
        call(&world.crm, bob.reference(), hour);
    }
    world.wait(2);
    world
        .crm
        .update(bob, Contact::draft().company(world.bolt))
        .unwrap();
    assert_eq!(world.hours(world.bolt), [-2, 5]);
    assert!(world.employments().is_empty());
}

#[test]
fn deals_of_a_person_are_at_a_company_as_long_as_the_person_is() {
    let world = World::new();
    let (sales, _) = pipeline(&world.crm, "Sales");
    let deal = Deal::draft().name("Seats").pipeline(sales);
    let deal = world.crm.create(deal.contact(world.ada)).unwrap();
    let own = Deal::draft().name("Desks").pipeline(sales);
    let own = own.contact(world.ada).company(world.acme);
    let own = world.crm.create(own).unwrap();
    world.wait(1);
    world.works_for(world.bolt);
    for hour in [0, 40] {
        call(&world.crm, deal.reference(), hour);
    }
    call(&world.crm, own.reference(), 41);
    let at_acme = [range(-30, 1), vec![0, 41]].concat();
    let mut expected = at_acme.clone();
    expected.sort_unstable();
    assert_eq!(world.hours(world.acme), expected);
    assert_eq!(
        world.hours(world.bolt),
        [range(1, 31), vec![40, 41]].concat()
    );
    assert_sound(&world.crm);
}

#[test]
fn employments_that_people_keep_count_likewise() {
    let world = World::new();
    let (crm, ada) = (&world.crm, world.ada);
    let cog = crm.create(Company::draft().name("Cog")).unwrap();
    let second = Employment::draft().contact(ada).company(cog);
    let second = crm.create(second).unwrap();
    assert_eq!(world.hours(cog), range(-30, 31));
    // Days are those of the organisation; the clock stands at nine o'clock.
    let day = |day: i64| (at(0) + TimeDelta::days(day)).date_naive();
    crm.update(second, Employment::draft().since(day(0)))
        .unwrap();
    assert_eq!(world.hours(cog), range(-9, 31));
    crm.update(second, Employment::draft().until(day(0)))
        .unwrap();
    assert_eq!(world.hours(cog), range(-9, 15));
    // It is said to be over, now.
    let none = Employment::draft().clear(Employment::UNTIL);
    crm.update(second, none).unwrap();
    world.wait(2);
    crm.update(second, Employment::draft().former(true))
        .unwrap();
    assert_eq!(world.hours(cog), range(-9, 2));
    world.wait(2);
    crm.update(second, Employment::draft().former(false))
        .unwrap();
    assert_eq!(world.hours(cog), [range(-9, 2), range(4, 31)].concat());
    // Of one that was over before we heard of it nothing is known.
    let past = Employment::draft().contact(ada).company(world.bolt);
    let past = crm.create(past.former(true)).unwrap();
    assert_eq!(world.hours(world.bolt), Vec::<i64>::new());
    // The main company changes to one of the second job: that goes on, and the other ends.
    world.works_for(cog);
    assert_eq!(world.hours(cog), [range(-9, 2), range(4, 31)].concat());
    assert_eq!(world.hours(world.acme), range(-30, 4));
    // What people say counts, wherever the person is now.
    let at_acme = world.at(world.acme).unwrap().id();
    crm.update(at_acme, Employment::draft().until(day(-1)))
        .unwrap();
    assert_eq!(world.hours(world.acme), range(-30, -9));
    world.wait(1);
    world.works_for(world.bolt);
    assert_eq!(crm.get(past).unwrap().began(), Some(at(5)));
    assert_eq!(world.hours(world.bolt), range(5, 31));
    assert_sound(crm);
}

#[test]
fn an_undone_move_leaves_nothing_behind() {
    let world = World::new();
    let crm = &world.crm;
    world.wait(3);
    let wrong = crm.operation("wrong");
    wrong
        .update(world.ada, Contact::draft().company(world.bolt))
        .unwrap();
    world.wait(1);
    let report = crm.undo("wrong").unwrap();
    assert_eq!((report.undone, report.skipped.len()), (3, 0));
    assert!(world.employments().is_empty());
    assert_eq!(world.hours(world.acme), range(-30, 31));
    assert_eq!(world.hours(world.bolt), Vec::<i64>::new());
    // Of an employment that was there, what was said of it comes back.
    let day = at(-240).date_naive();
    let here = Employment::draft().contact(world.ada).company(world.acme);
    let here = crm.create(here.role("Analyst").since(day)).unwrap();
    let before = crm.get(here).unwrap();
    let again = crm.operation("again");
    again
        .update(world.ada, Contact::draft().company(world.bolt))
        .unwrap();
    assert_eq!(crm.get(here).unwrap().ended(), Some(at(4)));
    crm.undo("again").unwrap();
    let after = crm.get(here).unwrap();
    assert_eq!((after.former(), after.primary()), (Some(false), Some(true)));
    assert_eq!((after.since(), after.ended()), (before.since(), None));
    assert_eq!(world.hours(world.acme), range(-30, 31));
    // A return that is undone was none.
    world.works_for(world.bolt);
    world.wait(1);
    let back = crm.operation("back");
    back.update(world.ada, Contact::draft().company(world.acme))
        .unwrap();
    crm.undo("back").unwrap();
    assert_eq!(world.hours(world.acme), range(-30, 4));
    assert_eq!(world.hours(world.bolt), range(4, 31));
    assert_sound(crm);
}

#[test]
fn a_move_that_others_have_built_on_stays_whole() {
    let world = World::new();
    let crm = &world.crm;
    let cog = crm.create(Company::draft().name("Cog")).unwrap();
    world.wait(3);
    let first = crm.operation("first");
    first
        .update(world.ada, Contact::draft().company(world.bolt))
        .unwrap();
    world.wait(1);
    world.works_for(cog);
    let report = crm.undo("first").unwrap();
    assert_eq!((report.undone, report.skipped.len()), (0, 3));
    assert_eq!(world.hours(world.acme), range(-30, 3));
    assert_eq!(world.hours(world.bolt), [3]);
    assert_eq!(world.hours(cog), range(4, 31));
    assert_sound(crm);
}

#[test]
fn the_trash_takes_the_past_along_and_gives_it_back() {
    let world = World::new();
    let crm = &world.crm;
    world.wait(3);
    world.works_for(world.bolt);
    let shown = || [world.acme, world.bolt].map(|company| world.hours(company));
    let before = shown();
    crm.delete(world.ada).unwrap();
    assert_eq!(shown(), [Vec::<i64>::new(), Vec::new()]);
    crm.restore(world.ada).unwrap();
    assert_eq!(shown(), before);
    crm.delete(world.acme).unwrap();
    assert_eq!(world.hours(world.bolt), range(3, 31));
    crm.restore(world.acme).unwrap();
    assert_eq!(shown(), before);
    // Away from a company in the trash: it knows when it comes back.
    crm.delete(world.bolt).unwrap();
    world.wait(1);
    world.works_for(world.acme);
    let at_acme = [range(-30, 3), range(4, 31)].concat();
    assert_eq!(world.hours(world.acme), at_acme);
    world.wait(1);
    crm.restore(world.bolt).unwrap();
    assert_eq!(shown(), [at_acme, vec![3]]);
    let at_bolt = world.at(world.bolt).unwrap();
    assert_eq!(
        (at_bolt.former(), at_bolt.primary()),
        (Some(true), Some(false))
    );
    crm.purge(world.bolt).unwrap();
    assert_eq!(world.employments().len(), 1);
    crm.purge(world.ada).unwrap();
    assert!(world.employments().is_empty());
    assert_eq!(world.hours(world.acme), Vec::<i64>::new());
    assert_sound(crm);
}

#[test]
fn rules_imports_and_the_organisations_validation_do_not_get_in_the_way() {
    let world = World::new();
    let crm = &world.crm;
    let strict = ValidationRule::draft()
        .name("role")
        .object("employment")
        .condition("role != null")
        .message("An employment has a role.");
    crm.create(strict).unwrap();
    world.wait(3);
    let file = format!("Id,Company\n{},Bolt\n", world.ada);
    let options = ImportOptions::new("contact").update("id");
    let report = crm
        .import_csv(
            file.as_bytes(),
            &options,
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap();
    assert_eq!(report.updated, 1, "{report:?}");
    assert_eq!(world.hours(world.acme), range(-30, 3));
    assert_eq!(world.hours(world.bolt), range(3, 31));
    crm.undo(&report.operation).unwrap();
    assert_eq!(world.hours(world.acme), range(-30, 31));
    assert!(world.employments().is_empty());
    assert_sound(crm);
}

#[test]
fn a_buying_group_shows_on_the_deal_until_it_is_closed() {
    let world = World::new();
    let crm = &world.crm;
    let (sales, stages) = pipeline(crm, "Sales");
    let deal = Deal::draft().name("Seats").pipeline(sales);
    let deal = crm.create(deal.company(world.bolt)).unwrap();
    let other = Deal::draft().name("Desks").pipeline(sales);
    let other = crm.create(other.contact(world.ada)).unwrap();
    call(crm, other.reference(), 6);
    world.wait(2);
    let member = DealContact::draft().deal(deal).contact(world.ada);
    let member = crm.create(member).unwrap();
    // From when she became a member; not what her other deals are about.
    assert_eq!(world.hours(deal), range(2, 31));
    assert_eq!(world.hours(world.bolt), range(2, 31));
    let query = TimelineQuery::of(deal).limit(1);
    assert_eq!(
        crm.timeline(&query).unwrap().entries[0].on,
        world.ada.reference()
    );
    world.wait(5);
    let won = stages[stages.len() - 1];
    crm.update(deal, Deal::draft().stage(won)).unwrap();
    assert_eq!(world.hours(deal), range(2, 7));
    assert_eq!(world.hours(world.bolt), range(2, 7));
    crm.update(deal, Deal::draft().stage(stages[0])).unwrap();
    assert_eq!(world.hours(deal), range(2, 31));
    crm.delete(member.reference()).unwrap();
    assert_eq!(world.hours(deal), Vec::<i64>::new());
    assert_sound(crm);
}

#[test]
fn who_was_there_long_ago_is_left_out_first() {
    let (crm, clock) = crm();
    let [acme, bolt] =
        ["Acme", "Bolt"].map(|name| crm.create(Company::draft().name(name)).unwrap());
    let people: Vec<Id<Contact>> = (0..limits::TIMELINE_SOURCES_MAX)
        .map(|n| {
            clock.advance(TimeDelta::milliseconds(1));
            let person = Contact::draft().name(format!("Person {n}").as_str());
            crm.create(person.company(acme)).unwrap()
        })
        .collect();
    let (oldest, newest) = (people[0], people[people.len() - 1]);
    for person in [oldest, newest] {
        call(&crm, person.reference(), -1);
        crm.update(person, Contact::draft().company(bolt)).unwrap();
    }
    let page = crm.timeline(&TimelineQuery::of(acme)).unwrap();
    let on: Vec<Ref> = page.entries.iter().map(|entry| entry.on).collect();
    assert!(!page.complete);
    assert_eq!(on, [newest.reference()]);
    crm.delete(people[1]).unwrap();
    let page = crm.timeline(&TimelineQuery::of(acme)).unwrap();
    assert_eq!((page.complete, page.entries.len()), (true, 2));
}
