//! What the standard objects know of their trade: deals, money, contact points, settings, meetings.

use crate::common::{assert_sound, at, crm, money, pipeline};
use chrono::TimeDelta;
use crm_core::*;
use rust_decimal::Decimal;

const OPEN: usize = 0;
const PROPOSAL: usize = 1;
const WON: usize = 2;
const LOST: usize = 3;

#[test]
fn a_deal_follows_its_stage() {
    let (crm, clock) = crm();
    let (sales, stages) = pipeline(&crm);
    let stage = |name: &str, kind, probability: i64| {
        let draft = Stage::draft()
            .name(name)
            .pipeline(sales)
            .order(9)
            .kind(kind);
        crm.create(draft.probability(Decimal::from(probability)))
            .unwrap()
    };
    let paid = stage("Paid", StageKind::Won, 70);
    let buried = stage("Buried", StageKind::Lost, 30);
    let deal = crm
        .create(Deal::draft().name("Forty").pipeline(sales))
        .unwrap();
    let start = clock.now();
    // To which stage, then: status, probability, days until it was closed, last stage.
    let steps = [
        (stages[OPEN], DealStatus::Open, 10, None, None),
        (stages[PROPOSAL], DealStatus::Open, 50, None, None),
        (
            stages[WON],
            DealStatus::Won,
            100,
            Some(3),
            Some(stages[PROPOSAL]),
        ),
        (paid, DealStatus::Won, 100, Some(3), Some(stages[PROPOSAL])),
        (
            stages[LOST],
            DealStatus::Lost,
            0,
            Some(5),
            Some(stages[PROPOSAL]),
        ),
        (buried, DealStatus::Lost, 0, Some(5), Some(stages[PROPOSAL])),
        (
            stages[WON],
            DealStatus::Won,
            100,
            Some(7),
            Some(stages[PROPOSAL]),
        ),
        (stages[OPEN], DealStatus::Open, 10, None, None),
        (
            stages[LOST],
            DealStatus::Lost,
            0,
            Some(9),
            Some(stages[OPEN]),
        ),
    ];
    for (at, (to, status, probability, closed, last)) in steps.into_iter().enumerate() {
        clock.set(start + TimeDelta::days(at as i64 + 1));
        crm.update(deal, Deal::draft().stage(to)).unwrap();
        let view = crm.get(deal).unwrap();
        assert_eq!(view.status(), Some(status), "step {at}");
        assert_eq!(view.probability(), Some(probability.into()), "step {at}");
        let expected = closed.map(|days| start + TimeDelta::days(days));
        assert_eq!(view.closed_at(), expected, "step {at}");
        assert_eq!(view.last_stage(), last, "step {at}");
        if at > 0 {
            assert_eq!(view.stage_since(), Some(clock.now()), "step {at}");
        }
    }
    // What does not move the deal does not touch its dates.
    let before = crm.get(deal).unwrap();
    clock.advance(TimeDelta::days(1));
    crm.update(deal, Deal::draft().name("Fifty").stage(stages[LOST]))
        .unwrap();
    let after = crm.get(deal).unwrap();
    assert_eq!(after.stage_since(), before.stage_since());
    assert_eq!(after.closed_at(), before.closed_at());
    assert_sound(&crm);
}

#[test]
fn somebody_may_know_better_until_the_deal_is_closed() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let deal = Deal::draft().name("Forty").pipeline(sales).probability(35);
    let deal = crm.create(deal).unwrap();
    let assert_is = |draft: Draft<Deal>, probability: i64, overridden: Option<bool>| {
        crm.update(deal, draft.clone()).unwrap();
        let view = crm.get(deal).unwrap();
        assert_eq!(view.probability(), Some(probability.into()), "{draft:?}");
        assert_eq!(view.probability_overridden(), overridden, "{draft:?}");
    };
    let draft = Deal::draft;
    assert_is(draft().name("Fifty"), 35, Some(true));
    assert_is(draft().stage(stages[PROPOSAL]), 35, Some(true));
    assert_is(draft().clear(Deal::PROBABILITY), 50, None);
    assert_is(draft().stage(stages[OPEN]), 10, None);
    assert_is(
        draft().stage(stages[PROPOSAL]).probability(25),
        25,
        Some(true),
    );
    // What the stage says overrides nothing.
    assert_is(draft().probability(50), 50, None);
    assert_is(draft().probability(25), 25, Some(true));
    assert_is(draft().stage(stages[WON]).probability(25), 100, None);
    assert_is(draft().probability(25), 100, None);
    assert_is(draft().stage(stages[LOST]), 0, None);
    assert_is(draft().clear(Deal::PROBABILITY), 0, None);
    assert_is(draft().stage(stages[OPEN]), 10, None);
    for impossible in [-1, 101] {
        let error = crm.create(
            Deal::draft()
                .name("x")
                .pipeline(sales)
                .probability(impossible),
        );
        let error = error.unwrap_err();
        assert_eq!(error.code(), Code::Invalid);
        assert!(error.to_string().contains("`deal.probability`"), "{error}");
        let stage = Stage::draft()
            .name("x")
            .pipeline(sales)
            .order(8)
            .probability(impossible);
        assert_eq!(crm.create(stage).unwrap_err().code(), Code::Invalid);
    }
}

#[test]
fn a_deal_stands_in_a_stage_of_its_pipeline() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let service = crm.create(Pipeline::draft().name("Service")).unwrap();
    let new = Stage::draft()
        .name("New")
        .pipeline(service)
        .order(1)
        .probability(5);
    let new = crm.create(new).unwrap();
    let wrong = Deal::draft().name("x").pipeline(sales).stage(new);
    let error = crm.create(wrong).unwrap_err();
    assert!(
        error.to_string().contains("belongs to another pipeline"),
        "{error}"
    );
    let deal = crm
        .create(Deal::draft().name("Forty").stage(stages[PROPOSAL]))
        .unwrap();
    assert_eq!(crm.get(deal).unwrap().pipeline(), Some(sales));
    let error = crm
        .update(deal, Deal::draft().pipeline(service))
        .unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    crm.update(deal, Deal::draft().stage(new)).unwrap();
    assert_eq!(crm.get(deal).unwrap().pipeline(), Some(service));
    assert_sound(&crm);
}

#[test]
fn a_deal_that_was_never_open_was_lost_in_the_first_open_stage() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let draft = Stage::draft().name("Spam").pipeline(sales).order(-1);
    let spam = crm
        .create(draft.kind(StageKind::Lost).probability(0))
        .unwrap();
    for stage in [spam, stages[LOST], stages[WON]] {
        let deal = crm
            .create(Deal::draft().name("Forty").stage(stage))
            .unwrap();
        assert_eq!(crm.get(deal).unwrap().last_stage(), Some(stages[OPEN]));
    }
    let empty = crm.create(Pipeline::draft().name("Empty")).unwrap();
    let draft = Stage::draft().name("Won").pipeline(empty).order(0);
    let won = crm
        .create(draft.kind(StageKind::Won).probability(100))
        .unwrap();
    let deal = crm.create(Deal::draft().name("Forty").stage(won)).unwrap();
    assert_eq!(crm.get(deal).unwrap().last_stage(), None);
    crm.update(deal, Deal::draft().stage(stages[LOST])).unwrap();
    assert_eq!(crm.get(deal).unwrap().last_stage(), Some(stages[OPEN]));
}

#[test]
fn a_stage_stays_while_deals_are_in_it() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let deals: Vec<Id<Deal>> = (0..31)
        .map(|_| {
            let draft = Deal::draft().name("Forty").stage(stages[PROPOSAL]);
            crm.create(draft).unwrap()
        })
        .collect();
    let refused = |record: Ref, by_field: &str, object: &str| {
        let error = crm.delete(record).unwrap_err();
        match error.detail() {
            Detail::Referenced { count, by, .. } => {
                assert_eq!((*count, *by), (31, deals[0].reference().id));
            }
            other => panic!("{other}"),
        }
        let message = error.to_string();
        assert!(message.starts_with(object), "{message}");
        let of = format!("`deal.{by_field}` of 31 records");
        assert!(message.contains(&of), "{message}");
        assert_eq!(crm.purge(record).unwrap_err().code(), Code::Referenced);
    };
    refused(stages[PROPOSAL].reference(), "stage", "stage");
    refused(sales.reference(), "pipeline", "pipeline");
    crm.delete(stages[LOST].reference()).unwrap();
    for deal in &deals[1..] {
        crm.update(*deal, Deal::draft().stage(stages[OPEN]))
            .unwrap();
    }
    // A deal in the trash keeps no stage, and does not come back into one that is gone.
    crm.delete(deals[0].reference()).unwrap();
    crm.delete(stages[PROPOSAL].reference()).unwrap();
    let error = crm.restore(deals[0].reference()).unwrap_err();
    assert_eq!(error.code(), Code::MissingReference);
    crm.restore(stages[PROPOSAL].reference()).unwrap();
    crm.restore(deals[0].reference()).unwrap();
    assert_sound(&crm);
}

#[test]
fn deals_follow_a_change_of_their_stage() {
    let (crm, clock) = crm();
    let (sales, stages) = pipeline(&crm);
    let other = crm.create(Pipeline::draft().name("Other")).unwrap();
    let deal = |probability: Option<i64>| {
        let draft = Deal::draft().name("Forty").stage(stages[PROPOSAL]);
        let draft = draft.amount(money(100, "EUR"));
        let draft = match probability {
            Some(probability) => draft.probability(probability),
            None => draft,
        };
        crm.create(draft).unwrap()
    };
    let (plain, own, gone) = (deal(None), deal(Some(80)), deal(None));
    crm.delete(gone.reference()).unwrap();
    let change = |draft: Draft<Stage>| {
        clock.advance(TimeDelta::days(1));
        crm.update(stages[PROPOSAL], draft).unwrap();
    };
    let weighted = |deal| crm.get(deal).unwrap().weighted_amount().unwrap();
    change(Stage::draft().probability(60));
    assert_eq!(weighted(plain), money(60, "EUR"));
    assert_eq!(weighted(own), money(80, "EUR"), "somebody knows better");
    let moved = crm.get(plain).unwrap().stage_since();
    change(Stage::draft().pipeline(other).kind(StageKind::Won));
    crm.restore(gone.reference()).unwrap();
    for deal in [plain, own, gone] {
        let view = crm.get(deal).unwrap();
        assert_eq!(view.pipeline(), Some(other));
        assert_eq!(view.status(), Some(DealStatus::Won));
        assert_eq!(view.probability(), Some(100.into()));
        assert_eq!(view.probability_overridden(), None);
        assert_eq!(view.closed_at(), Some(clock.now()));
        assert_eq!(view.stage_since(), moved);
    }
    assert_eq!(crm.count("deal", "status == 'won'").unwrap(), 3);
    let board = crm.board("deal", other.reference(), 10).unwrap();
    assert_eq!(board.columns[0].count, 3);
    assert_eq!(crm.count("deal", "pipeline.name == 'Sales'").unwrap(), 0);
    assert!(crm.board("deal", sales.reference(), 10).is_ok());
    change(Stage::draft().kind(StageKind::Open));
    assert_eq!(weighted(own), money(60, "EUR"));
    assert_eq!(crm.get(own).unwrap().closed_at(), None);
    assert_sound(&crm);
}

#[test]
fn totals_are_kept_by_currency_and_to_its_decimals() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let deal = |amount: &str, stage: usize| {
        let draft = Deal::draft().name("x").stage(stages[stage]);
        crm.create(draft.amount(amount.parse::<Money>().unwrap()))
            .unwrap()
    };
    let column = |stage: usize| {
        let board = crm.board("deal", sales.reference(), 0).unwrap();
        (
            board.columns[stage].count,
            board.columns[stage].sums[0].to_string(),
        )
    };
    let euro = deal("10.25 EUR", OPEN);
    deal("0.001 KWD", OPEN);
    let yen = deal("500 JPY", OPEN);
    let back = deal("-500 JPY", OPEN);
    assert_eq!(column(OPEN), (4, "10.25 EUR; 0.001 KWD".to_owned()));
    assert_sound(&crm);
    crm.update(euro, Deal::draft().stage(stages[WON])).unwrap();
    crm.delete(back.reference()).unwrap();
    assert_eq!(column(OPEN), (2, "500 JPY; 0.001 KWD".to_owned()));
    assert_eq!(column(WON), (1, "10.25 EUR".to_owned()));
    crm.update(yen, Deal::draft().amount(money(3, "USD")))
        .unwrap();
    assert_eq!(column(OPEN), (2, "0.001 KWD; 3.00 USD".to_owned()));
    crm.restore(back.reference()).unwrap();
    crm.purge(back.reference()).unwrap();
    assert_eq!(column(OPEN).0, 2);
    assert_sound(&crm);
}

#[test]
fn closed_revenue_keeps_the_rate_of_its_day() {
    let (crm, clock) = crm();
    let (_, stages) = pipeline(&crm);
    let rate = |date: &str, rate: &str| {
        let draft = ExchangeRate::draft()
            .currency("EUR")
            .date(date.parse::<chrono::NaiveDate>().unwrap());
        crm.create(draft.rate(rate.parse::<Decimal>().unwrap()))
            .unwrap()
    };
    rate("2026-01-01", "1.10");
    rate("2026-03-01", "1.20");
    let deal = Deal::draft()
        .name("x")
        .stage(stages[WON])
        .amount(money(100, "EUR"));
    crm.create(deal.close_date("2026-02-15".parse::<chrono::NaiveDate>().unwrap()))
        .unwrap();
    let revenue = || {
        let question = Aggregate::of("deal")
            .filter("status == 'won'")
            .sum("amount")
            .convert_to(Currency::new("USD").unwrap());
        format!("{:?}", crm.aggregate(&question).unwrap())
    };
    let before = revenue();
    assert!(before.contains("110"), "{before}");
    clock.advance(TimeDelta::days(40));
    rate("2026-04-01", "2.00");
    assert_eq!(revenue(), before);
}

#[test]
fn an_opt_out_belongs_to_the_address() {
    let (crm, clock) = crm();
    let lead = Lead::draft().name("Ada Lovelace").email("ada@acme.example");
    let lead = crm.create(lead).unwrap();
    crm.set_opted_out("Ada <ada@ACME.example>", true).unwrap();
    // A contact with the same address is made later, under another spelling, as a further address.
    let contact = Contact::draft()
        .name("Ada King")
        .other_emails(vec![
            "x@y.example".to_owned(),
            "ADA@acme.example".to_owned(),
        ])
        .phone("(212) 555-0100");
    let contact = crm.create(contact).unwrap();
    for spelling in ["ada@acme.example", "Ada@ACME.example"] {
        let state = crm.contact_point(spelling).unwrap();
        assert!(state.opted_out && !state.invalid, "{spelling}");
        assert_eq!(
            state.holders,
            [contact.reference(), lead.reference()],
            "{spelling}"
        );
    }
    let point = &crm.list::<ContactPoint>(Query::default()).unwrap().rows[0];
    assert_eq!(point.opted_out_at(), Some(clock.now()));
    crm.set_opted_out("ADA@acme.example", false).unwrap();
    assert!(!crm.contact_point("ada@acme.example").unwrap().opted_out);
    assert_eq!(crm.count("contact_point", "").unwrap(), 1);

    crm.set_invalid("+1 212 555 0100", Some("disconnected"))
        .unwrap();
    let state = crm.contact_point("2125550100").unwrap();
    assert_eq!(
        (state.address.as_str(), state.invalid),
        ("+12125550100", true)
    );
    assert_eq!(state.holders, [contact.reference()]);
    crm.delete(contact.reference()).unwrap();
    let state = crm.contact_point("2125550100").unwrap();
    assert!(state.invalid && state.holders.is_empty());
    assert_eq!(
        crm.contact_point("nobody").unwrap_err().code(),
        Code::Invalid
    );

    let direct =
        |kind, address: &str| crm.create(ContactPoint::draft().kind(kind).address(address));
    let bob = direct(ContactPointKind::Email, "Bob <bob@ACME.example>").unwrap();
    assert_eq!(crm.get(bob).unwrap().address(), Some("bob@acme.example"));
    for (kind, address) in [
        (ContactPointKind::Email, "bob"),
        (ContactPointKind::Phone, "555-0100"),
        (ContactPointKind::Phone, "+12"),
    ] {
        assert_eq!(
            direct(kind, address).unwrap_err().code(),
            Code::Invalid,
            "{address}"
        );
    }
    assert_sound(&crm);
}

#[test]
fn the_settings_of_the_organisation_are_checked_and_used() {
    let (crm, _) = crm();
    let organisation = crm.list::<Organisation>(Query::default()).unwrap().rows[0].id();
    let cases = [
        ("base_currency", "EURO"),
        ("time_zone", "Berlin"),
        ("default_region", "Germany"),
        ("fiscal_year_start", "13"),
        ("fiscal_year_start", "0"),
        ("work_starts", "9 o'clock"),
        ("work_ends", "25:00"),
        ("working_days", "monday; funday"),
    ];
    let before = crm.sequence();
    for (field, value) in cases {
        let error = crm
            .update(organisation, Organisation::draft().with(field, value))
            .unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{field}");
        let message = error.to_string();
        let shown = value.rsplit("; ").next().unwrap();
        assert!(
            message.contains(&format!("`organisation.{field}`")),
            "{message}"
        );
        assert!(message.contains(&format!("`{shown}`")), "{message}");
    }
    assert_eq!(crm.sequence(), before);
    let berlin = Organisation::draft()
        .base_currency("EUR")
        .default_region("DE")
        .time_zone("Europe/Berlin")
        .fiscal_year_start(4);
    crm.update(organisation, berlin).unwrap();
    assert_eq!(crm.settings().base_currency.code(), "EUR");
    let draft = Company::draft().name("Acme").phone("030 901820");
    let acme = crm.create(draft.with("annual_revenue", "1500")).unwrap();
    let acme = crm.get(acme).unwrap();
    assert_eq!(acme.phone(), Some("+4930901820"));
    assert_eq!(acme.annual_revenue().unwrap().to_string(), "1500.00 EUR");
    let call = Call::draft().subject("x").with("at", "2026-07-01 09:00");
    let call = crm.create(call).unwrap();
    assert_eq!(
        crm.get(call).unwrap().at(),
        Some(at("2026-07-01T07:00:00Z"))
    );
}

#[test]
fn a_meeting_stands_on_the_timelines_of_those_who_take_part() {
    let (crm, clock) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let contact = crm
        .create(Contact::draft().name("Ada Lovelace").company(acme))
        .unwrap();
    let lead = crm.create(Lead::draft().name("Bob Hope")).unwrap();
    let meeting = Meeting::draft().subject("Kick-off").starts(clock.now());
    let meeting = crm
        .create(meeting.about(vec![contact.reference()]))
        .unwrap();
    let on = |record: Ref| {
        let entries = crm.timeline(&TimelineQuery::of(record)).unwrap().entries;
        entries
            .iter()
            .map(|entry| (entry.activity, entry.at))
            .collect::<Vec<_>>()
    };
    let invite = |person: Ref| {
        crm.create(Attendee::draft().meeting(meeting).person(person))
            .unwrap()
    };
    assert_eq!(on(lead.reference()), []);
    let bob = invite(lead.reference());
    let ada = invite(contact.reference());
    let entry = vec![(meeting.reference(), clock.now())];
    for record in [lead.reference(), contact.reference(), acme.reference()] {
        assert_eq!(on(record), entry);
    }
    // She is still who the meeting is about.
    crm.delete(ada.reference()).unwrap();
    assert_eq!(on(contact.reference()), entry);
    let later = clock.now() + TimeDelta::days(1);
    crm.update(meeting, Meeting::draft().starts(later)).unwrap();
    assert_eq!(on(lead.reference()), [(meeting.reference(), later)]);
    crm.delete(bob.reference()).unwrap();
    assert_eq!(on(lead.reference()), []);
    crm.restore(bob.reference()).unwrap();
    crm.delete(meeting.reference()).unwrap();
    assert_eq!(
        (on(lead.reference()), on(acme.reference())),
        (vec![], vec![])
    );
    assert_sound(&crm);
    crm.restore(meeting.reference()).unwrap();
    assert_eq!(on(lead.reference()).len(), 1);
    crm.purge(lead.reference()).unwrap();
    assert_eq!(crm.count("attendee", "").unwrap(), 0);
    assert_sound(&crm);
}

#[test]
fn dates_are_days_of_the_calendar() {
    let (crm, _) = crm();
    let organisation = crm.list::<Organisation>(Query::default()).unwrap().rows[0].id();
    let birthday = |text: &str| {
        let draft = Contact::draft().name("Ada Lovelace").with("birthday", text);
        let contact = crm.create(draft)?;
        Ok::<_, Error>(crm.get(contact)?.birthday().unwrap().to_string())
    };
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        crm.update(organisation, Organisation::draft().time_zone(zone))
            .unwrap();
        for text in ["1980-05-17", "--02-29", "1980"] {
            assert_eq!(birthday(text).unwrap(), text, "{zone}");
        }
        let employment = |text: &str| {
            let company = crm.create(Company::draft().name("Acme")).unwrap();
            let contact = crm.create(Contact::draft().name("Ada Lovelace")).unwrap();
            let link = Employment::draft()
                .contact(contact)
                .company(company)
                .with("since", text);
            Ok::<_, Error>(crm.get(crm.create(link)?)?.since().unwrap().to_string())
        };
        for text in ["2024-02-29", "2026-01-31", "2026-12-31"] {
            assert_eq!(employment(text).unwrap(), text, "{zone}");
        }
        assert_eq!(employment("2026-02-29").unwrap_err().code(), Code::Invalid);
    }
    assert_eq!(birthday("1981-02-29").unwrap_err().code(), Code::Invalid);
}

#[test]
fn a_task_done_before_it_came_here_keeps_its_day() {
    let (crm, clock) = crm();
    let due = at("2025-11-03T10:00:00Z");
    let done = Task::draft().subject("Call back").status(TaskStatus::Done);
    let old = crm.create(done.clone().due(due)).unwrap();
    assert_eq!(crm.get(old).unwrap().completed_at(), Some(due));

    // Without a day, or with one that is to come, it was done now.
    let now = clock.now();
    for draft in [done.clone(), done.due(now + TimeDelta::days(3))] {
        let task = crm.create(draft).unwrap();
        assert_eq!(crm.get(task).unwrap().completed_at(), Some(now));
    }

    // One that was open here is done when somebody says so, and undone as well.
    let open = crm.create(Task::draft().subject("Write").due(due)).unwrap();
    crm.update(open, Task::draft().status(TaskStatus::Done))
        .unwrap();
    assert_eq!(crm.get(open).unwrap().completed_at(), Some(now));
    crm.update(open, Task::draft().status(TaskStatus::Open))
        .unwrap();
    assert_eq!(crm.get(open).unwrap().completed_at(), None);
    assert_sound(&crm);
}
