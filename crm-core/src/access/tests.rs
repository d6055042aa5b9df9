//! Every way to read, with a scope that lacks some records and a field.
//!
//! Nobody has such a scope before there are roles. That each way to read asks for it is shown here: a way that does
//! not is a leak on the day when there are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails should panic"
)]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Debug;

use super::scope::Scope;
use crate::*;

thread_local! {
    static IMPOSED: Cell<Option<&'static Scope>> = const { Cell::new(None) };
}

/// The scope that this thread looks with, where a test has imposed one.
pub(super) fn imposed() -> Option<&'static Scope> {
    IMPOSED.get()
}

/// Does something with a scope; it stays in memory, as the one that holds everything does.
fn with<R>(scope: Scope, look: impl FnOnce() -> R) -> R {
    IMPOSED.set(Some(Box::leak(Box::new(scope))));
    let seen = look();
    IMPOSED.set(None);
    seen
}

/// What stands in the records that are not to be seen, and only there.
const SECRET: &str = "mallory";
/// What stands in the field that is not to be seen, and only there.
const SECRET_COUNT: i64 = 471_100;

struct World {
    crm: Crm,
    acme: Id<Company>,
    sales: Id<Pipeline>,
    stage: Id<Stage>,
    mallory: Id<Contact>,
    deal: Id<Deal>,
    task: Id<Task>,
    document: Id<Document>,
    open_deal: Id<Deal>,
}

/// A company that everybody may see, whose field `employees` is hidden, with two of everything: one is to be seen, the
/// other is not.
fn world() -> World {
    let crm = Crm::in_memory().unwrap();
    let draft = Company::draft().name("Acme").employees(SECRET_COUNT);
    let acme = crm.create(draft).unwrap();
    let contact = |name: &str, email: &str| {
        let draft = Contact::draft().name(name).email(email).company(acme);
        crm.create(draft.language("en")).unwrap()
    };
    let ada = contact("Ada Lovelace", "ada@acme.example");
    let mallory = contact("Mallory Doe", "mallory@acme.example");
    let sales = crm.create(Pipeline::draft().name("Sales")).unwrap();
    let stage = Stage::draft().name("New").pipeline(sales).order(1);
    let stage = crm.create(stage.probability(10)).unwrap();
    let deal = |name: &str, amount: i64, contact| {
        let amount = Money::new(amount, Currency::new("USD").unwrap()).unwrap();
        let draft = Deal::draft().name(name).pipeline(sales).amount(amount);
        crm.create(draft.company(acme).contact(contact)).unwrap()
    };
    let open_deal = deal("Engine", 100, mallory);
    let hidden = deal("Mallory's Engine", 900, ada);
    let task = |subject: &str| {
        let about = vec![acme.reference()];
        let draft = Task::draft().subject(subject).about(about);
        crm.create(draft).unwrap()
    };
    task("Call Ada");
    let task = task("Call Mallory");
    let document = crm.create(Document::draft().name("Mallory's plan"));
    let document = document.unwrap();
    crm.put_content(document, SECRET.as_bytes()).unwrap();
    World {
        crm,
        acme,
        sales,
        stage,
        mallory,
        deal: hidden,
        task,
        document,
        open_deal,
    }
}

impl World {
    fn scope(&self) -> Scope {
        Scope::Without {
            records: BTreeSet::from([
                self.mallory.reference(),
                self.deal.reference(),
                self.task.reference(),
                self.document.reference(),
            ]),
            fields: BTreeSet::from([(Company::TYPE, Company::EMPLOYEES.number())]),
        }
    }

    /// What each way to read answers, as text.
    fn answers(&self) -> Vec<(&'static str, String)> {
        let crm = &self.crm;
        let find = |query: Query| crm.find(&query);
        let of = |object: &str| Query::of(object);
        let text = |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8(bytes).unwrap());
        let export = |object: &str| {
            let mut out = Vec::new();
            let exported = crm.export_csv(&of(object), &[], &mut out);
            exported.map(|_| String::from_utf8(out).unwrap().to_lowercase())
        };
        let first_batch = |watch: Watch| crm.watch(watch).and_then(|mut it| it.next_batch(None));
        let mallory = self.mallory.reference();
        vec![
            ("get", shown(&crm.get_record(mallory))),
            ("find_record", shown(&crm.find_record(mallory))),
            ("find", shown(&find(of("contact")))),
            (
                "find by id",
                shown(&find(
                    of("contact").filter(&format!("id == '{}'", mallory.id)),
                )),
            ),
            (
                "find by an index",
                shown(&find(of("contact").filter("email >= 'a'"))),
            ),
            (
                "find without an index",
                shown(&find(of("contact").filter("language == 'en'"))),
            ),
            (
                "find in order of an index",
                shown(&find(of("contact").sort("name"))),
            ),
            (
                "find sorted",
                shown(&find(of("contact").sort("-language,name"))),
            ),
            (
                "find_all",
                shown(
                    &crm.find_all(&of("contact").sort("language"))
                        .collect::<Vec<_>>(),
                ),
            ),
            (
                "groups",
                shown(&crm.aggregate(&Aggregate::of("contact").group_by("email"))),
            ),
            ("board", shown(&crm.board("deal", self.sales, 10))),
            ("cards", shown(&crm.cards("deal", self.stage, None, 10))),
            (
                "timeline",
                shown(&crm.timeline(&TimelineQuery::of(self.acme))),
            ),
            (
                "search",
                shown(&crm.search(SECRET, &SearchOptions::default())),
            ),
            ("history", shown(&crm.history(self.mallory))),
            (
                "field_history",
                shown(&crm.field_history(self.mallory, "name")),
            ),
            ("record_at", shown(&crm.record_at(self.mallory, crm.now()))),
            (
                "record_as_of",
                shown(&crm.record_as_of(self.mallory, crm.sequence())),
            ),
            ("content", shown(&crm.content(self.document).map(text))),
            (
                "live query",
                shown(&first_batch(Watch::Query(of("contact")))),
            ),
            ("live record", shown(&first_batch(Watch::Record(mallory)))),
            ("export", export("contact").unwrap()),
            ("titles in an export", export("deal").unwrap()),
        ]
    }

    /// What each way to read answers of the company, as text.
    fn answers_of_field(&self) -> Vec<(&'static str, String)> {
        let crm = &self.crm;
        let of_companies = || Query::of("company");
        let mut out = Vec::new();
        crm.export_csv(&of_companies(), &[], &mut out).unwrap();
        let by_employees = Aggregate::of("company").group_by("name");
        let following =
            Query::of("contact").filter(&format!("company.employees == {SECRET_COUNT}"));
        vec![
            (
                "get",
                shown(&crm.get(self.acme).map(|acme| acme.employees())),
            ),
            ("find", shown(&crm.find(&of_companies()))),
            (
                "projection",
                shown(&crm.find(&of_companies().fields(&["employees"]))),
            ),
            (
                "find_all",
                shown(&crm.find_all(&of_companies()).collect::<Vec<_>>()),
            ),
            (
                "groups",
                shown(&crm.aggregate(&Aggregate::of("company").group_by("employees"))),
            ),
            (
                "sums",
                shown(&crm.aggregate(&by_employees.sum("employees"))),
            ),
            (
                "search",
                shown(&crm.search("acme", &SearchOptions::default())),
            ),
            ("history", shown(&crm.history(self.acme))),
            (
                "field_history",
                shown(&crm.field_history(self.acme, "employees")),
            ),
            (
                "record_as_of",
                shown(&crm.record_as_of(self.acme, crm.sequence())),
            ),
            (
                "live query",
                shown(
                    &crm.watch(Watch::Query(of_companies()))
                        .unwrap()
                        .next_batch(None),
                ),
            ),
            ("export", String::from_utf8(out).unwrap()),
            (
                "a filter that follows",
                shown(&crm.find(&following).map(|_| SECRET_COUNT)),
            ),
        ]
    }
}

fn shown(answer: &impl Debug) -> String {
    format!("{answer:?}").to_lowercase()
}

#[test]
fn no_way_to_read_shows_a_record_that_may_not_be_seen() {
    let world = world();
    for (way, answer) in world.answers() {
        assert!(
            answer.contains(SECRET),
            "{way} does not show it to anybody: {answer}"
        );
    }
    for (way, answer) in with(world.scope(), || world.answers()) {
        assert!(!answer.contains(SECRET), "{way}: {answer}");
    }
}

#[test]
fn no_way_to_read_shows_a_field_that_may_not_be_seen() {
    let world = world();
    let secret = SECRET_COUNT.to_string();
    for (way, answer) in world.answers_of_field() {
        assert!(
            answer.contains(&secret),
            "{way} does not show it to anybody: {answer}"
        );
    }
    for (way, answer) in with(world.scope(), || world.answers_of_field()) {
        assert!(!answer.contains(&secret), "{way}: {answer}");
    }
}

#[test]
fn counts_and_sums_are_those_of_what_may_be_seen() {
    let world = world();
    let crm = &world.crm;
    let figures = || {
        let board = crm.board("deal", world.sales, 10).unwrap();
        let column = &board.columns[0];
        let sum = crm.aggregate(&Aggregate::of("deal").sum("amount")).unwrap();
        (
            crm.count("contact", "").unwrap(),
            crm.count("contact", "language == 'en'").unwrap(),
            (column.count, shown(&column.sums), column.cards.len()),
            (sum[0].count, shown(&sum[0].measures)),
            crm.stats().unwrap().records,
        )
    };
    let all = figures();
    let seen = with(world.scope(), figures);
    assert_eq!((all.0, all.1, all.2.0, all.2.2, all.3.0), (2, 2, 2, 2, 2));
    assert_eq!(
        (seen.0, seen.1, seen.2.0, seen.2.2, seen.3.0),
        (1, 1, 1, 1, 1)
    );
    assert!(
        all.2.1.contains("amount: 1000,") && all.3.1.contains("amount: 1000,"),
        "{all:?}"
    );
    assert!(
        seen.2.1.contains("amount: 100,") && seen.3.1.contains("amount: 100,"),
        "{seen:?}"
    );
    assert!(!seen.4.contains(&("document".to_owned(), 1)), "{seen:?}");
    // The answer that was kept for one scope is not that of another.
    assert_eq!(figures(), all);
}

#[test]
fn a_reference_to_a_record_that_may_not_be_seen_leads_nowhere() {
    let world = world();
    let named = Query::of("deal").filter("contact.language == 'en'");
    let found = || world.crm.find(&named).unwrap().rows.len();
    assert_eq!(found(), 2);
    assert_eq!(
        with(world.scope(), found),
        0,
        "one deal is hidden, and so is the other's contact"
    );
}

#[test]
fn the_best_hits_of_a_search_are_those_of_what_may_be_seen() {
    let world = world();
    let options = SearchOptions {
        limit: 1,
        ..SearchOptions::default()
    };
    let best = || world.crm.search("engine", &options).unwrap();
    let seen = with(world.scope(), best);
    assert_eq!(seen[0].record.reference(), world.open_deal.reference());
}

#[test]
fn the_feed_gets_past_what_may_not_be_seen() {
    let world = world();
    let crm = &world.crm;
    let changes = || {
        let changes = crm.changes(0, 1_000).unwrap();
        let entries = changes.iter().flat_map(|commit| &commit.entries);
        let hidden = entries.filter(|entry| entry.record == world.mallory.reference());
        (changes.last().unwrap().commit.sequence, hidden.count())
    };
    assert_eq!(changes(), (crm.sequence(), 1));
    assert_eq!(with(world.scope(), changes), (crm.sequence(), 0));
}

#[test]
fn a_timeline_has_what_those_members_did_who_may_be_seen() {
    let world = world();
    let crm = &world.crm;
    let bolt = crm.create(Company::draft().name("Bolt")).unwrap();
    let employment = Employment::draft().contact(world.mallory).company(bolt);
    let employment = crm.create(employment).unwrap();
    let deal = Deal::draft().name("Seats").pipeline(world.sales);
    let deal = crm.create(deal).unwrap();
    let member = DealContact::draft().contact(world.mallory).deal(deal);
    let member = crm.create(member).unwrap();
    let at = crm.get(member).unwrap().created_at().unwrap();
    let call = Call::draft().subject("Hello").at(at);
    let call = call.about(vec![world.mallory.reference()]);
    crm.create(call).unwrap();
    let shown = || {
        let len = |record: Ref| {
            crm.timeline(&TimelineQuery::of(record))
                .unwrap()
                .entries
                .len()
        };
        (len(bolt.reference()), len(deal.reference()))
    };
    assert_eq!(shown(), (1, 1));
    assert_eq!(with(world.scope(), shown), (0, 0), "the member is hidden");
    let links = Scope::Without {
        records: BTreeSet::from([employment.reference(), member.reference()]),
        fields: BTreeSet::new(),
    };
    assert_eq!(with(links, shown), (0, 0), "that she is one is hidden");
}

#[test]
fn names_that_may_not_be_used_are_unknown() {
    let world = world();
    let crm = &world.crm;
    let code = |query: Query| {
        crm.find(&query)
            .map_or_else(|error| error.code(), |_| Code::Io)
    };
    with(world.scope(), || {
        let of = || Query::of("company");
        assert_eq!(code(of().sort("employees")), Code::UnknownField);
        assert_eq!(code(of().filter("employees > 1")), Code::UnknownField);
        assert_eq!(code(of().fields(&["employees"])), Code::UnknownField);
        let near = crm.find(&of().sort("employes")).unwrap_err().to_string();
        assert!(!near.contains("`employees`"), "{near}");
        let mut out = Vec::new();
        let exported = crm.export_csv(&of(), &["employees"], &mut out);
        assert_eq!(exported.unwrap_err().code(), Code::UnknownField);
    });
}

#[test]
fn a_contact_point_names_those_who_may_be_seen() {
    let world = world();
    let holders = || {
        let point = world.crm.contact_point("mallory@acme.example");
        point.unwrap().holders
    };
    assert_eq!(holders(), [world.mallory.reference()]);
    assert_eq!(with(world.scope(), holders), []);
}

#[test]
fn a_write_names_no_record_that_may_not_be_seen() {
    let world = world();
    let crm = &world.crm;
    let key = Contact::draft().external_id("M-1");
    crm.update(world.mallory, key).unwrap();
    let id = world.mallory.to_string();
    let taken = || {
        let draft = Contact::draft().name("Eve").external_id("M-1");
        crm.create(draft).unwrap_err().to_string()
    };
    assert!(taken().contains(&id));
    assert!(!with(world.scope(), taken).contains(&id));

    let other = crm.create(Pipeline::draft().name("Other")).unwrap();
    let stage = Stage::draft().name("Old").pipeline(other).order(1);
    let stage = crm.create(stage.probability(10)).unwrap();
    crm.update(world.deal, Deal::draft().stage(stage)).unwrap();
    let id = world.deal.to_string();
    let needed = || crm.delete(stage).unwrap_err().to_string();
    assert!(needed().contains(&id));
    assert!(!with(world.scope(), needed).contains(&id));

    let read_back = || {
        let change = Change::update(world.mallory, Contact::draft().language("fr"));
        crm.change_and_read(change).unwrap().1.is_some()
    };
    assert!(read_back());
    assert!(!with(world.scope(), read_back));
}

#[test]
fn an_upsert_finds_and_names_those_who_may_be_seen() {
    let world = world();
    let crm = &world.crm;
    let twin = Contact::draft().name("Eve").email("mallory@acme.example");
    let twin = crm.create(twin).unwrap();
    let upsert = || {
        let draft = Contact::draft().email("mallory@acme.example");
        crm.upsert(Contact::EMAIL, draft.department("Sales"))
    };
    let error = upsert().unwrap_err().to_string();
    assert!(error.contains("several records"), "{error}");
    let outcome = with(world.scope(), upsert).unwrap();
    assert_eq!(outcome.record, twin.reference());
}

#[test]
fn an_undo_reports_what_may_be_seen() {
    let world = world();
    let crm = &world.crm;
    let step = crm.operation("step");
    step.update(world.mallory, Contact::draft().language("fr"))
        .unwrap();
    crm.update(world.mallory, Contact::draft().language("de"))
        .unwrap();
    let skipped = || crm.undo("step").unwrap().skipped.len();
    assert_eq!(skipped(), 1);
    assert_eq!(with(world.scope(), skipped), 0);
}

#[test]
fn an_import_finds_records_that_may_be_seen() {
    let world = world();
    let crm = &world.crm;
    let import = |csv: &str, options: &ImportOptions| {
        let mut go_on = |_: ImportProgress| std::ops::ControlFlow::Continue(());
        let options = options.clone().dry_run();
        crm.import_csv(csv.as_bytes(), &options, &mut go_on)
            .unwrap()
    };
    let deals = ImportOptions::new("deal");
    let row = format!("name,contact.id\nNew,{}\n", world.mallory);
    let named = || import(&row, &deals);
    assert_eq!(named().refused, 0, "{:?}", named());
    assert_eq!(with(world.scope(), named).problem_count, 1);
    let contacts = ImportOptions::new("contact");
    let known = || import("name,email\nMallory Doe,mallory@acme.example\n", &contacts).existing;
    assert_eq!(known(), 1);
    assert_eq!(with(world.scope(), known), 0);
}
