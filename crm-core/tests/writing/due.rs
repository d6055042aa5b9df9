//! The due queue: reminders, dates that rules wait for, schedules.

use crate::common::{assert_sound, at, crm};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use crm_core::*;

const TAG: &str = r#"[{"do": "add_tag", "tag": "reached"}]"#;

fn on_date(object: &str, field: &str) -> Draft<Rule> {
    Rule::draft()
        .name(format!("{object} {field}"))
        .object(object)
        .trigger(Trigger::DateReached)
        .fields(vec![field.to_owned()])
        .actions(TAG)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A deal that is to close on a day.
fn deal(crm: &Crm, close: &str) -> Id<Deal> {
    let stages = crm.list::<Stage>(Query::default()).unwrap().rows;
    let stage = match stages.first() {
        Some(stage) => stage.id(),
        None => crate::common::pipeline(crm).1[0],
    };
    crm.create(
        Deal::draft()
            .name("Forty")
            .stage(stage)
            .close_date(day(close)),
    )
    .unwrap()
}

fn is_reached(crm: &Crm, deal: Id<Deal>) -> bool {
    crm.get(deal).unwrap().tags().is_some()
}

/// Sets the time zone of the organisation.
fn live_in(crm: &Crm, zone: &str) {
    let organisation = crm.list::<Organisation>(Query::default()).unwrap().rows[0].id();
    crm.update(organisation, Organisation::draft().time_zone(zone))
        .unwrap();
}

fn next(crm: &Crm) -> Option<DateTime<Utc>> {
    crm.next_due().unwrap()
}

#[test]
fn a_day_begins_where_the_organisation_is() {
    // Close date, offset, time zone, when it is due. The clocks go forward on 29 March in Berlin and at
    // midnight of 29 March 2026 in Beirut, where that day begins at one o'clock.
    let cases = [
        ("2026-03-20", "PT0S", "UTC", "2026-03-20T00:00:00Z"),
        (
            "2026-03-20",
            "PT0S",
            "Europe/Berlin",
            "2026-03-19T23:00:00Z",
        ),
        (
            "2026-03-20",
            "PT0S",
            "America/New_York",
            "2026-03-20T04:00:00Z",
        ),
        (
            "2026-03-20",
            "PT0S",
            "Pacific/Auckland",
            "2026-03-19T11:00:00Z",
        ),
        (
            "2026-03-31",
            "-P3D",
            "Europe/Berlin",
            "2026-03-27T23:00:00Z",
        ),
        ("2026-03-27", "P3D", "Europe/Berlin", "2026-03-29T22:00:00Z"),
        (
            "2026-03-27",
            "P3DT9H",
            "Europe/Berlin",
            "2026-03-30T07:00:00Z",
        ),
        (
            "2026-03-31",
            "-PT36H",
            "Europe/Berlin",
            "2026-03-29T10:00:00Z",
        ),
        ("2026-03-29", "PT0S", "Asia/Beirut", "2026-03-28T22:00:00Z"),
    ];
    for (close, offset, zone, due) in cases {
        let (crm, _) = crm();
        live_in(&crm, zone);
        crm.create(on_date("deal", "close_date").with("offset", offset))
            .unwrap();
        let deal = deal(&crm, close);
        assert_eq!(next(&crm), Some(at(due)), "{close} {offset} {zone}");
        let just_before = at(due) - TimeDelta::microseconds(1);
        assert_eq!(crm.run_due(just_before).unwrap(), DueReport::default());
        assert!(!is_reached(&crm, deal));
        assert_eq!(crm.run_due(at(due)).unwrap().rule_runs, 1);
        assert!(is_reached(&crm, deal));
        assert_eq!(next(&crm), None);
        assert_eq!(crm.run_due(at(due)).unwrap(), DueReport::default());
        assert_sound(&crm);
    }
}

#[test]
fn work_follows_its_record() {
    let (crm, clock) = crm();
    crm.create(on_date("deal", "close_date")).unwrap();
    let past = deal(&crm, "2026-03-01");
    assert_eq!(next(&crm), None, "what is past is not reached any more");
    crm.update(past, Deal::draft().close_date(day("2026-03-10")))
        .unwrap();
    assert_eq!(next(&crm), Some(at("2026-03-10T00:00:00Z")));
    live_in(&crm, "Europe/Berlin");
    assert_eq!(next(&crm), Some(at("2026-03-09T23:00:00Z")));
    crm.delete(past.reference()).unwrap();
    assert_eq!(next(&crm), None);
    crm.restore(past.reference()).unwrap();
    assert_eq!(next(&crm), Some(at("2026-03-09T23:00:00Z")));
    // The host is late, and somebody edits the deal meanwhile.
    clock.set(at("2026-03-12T00:00:00Z"));
    crm.update(past, Deal::draft().description("hm")).unwrap();
    assert_eq!(crm.run_due(clock.now()).unwrap().rule_runs, 1);
    assert!(is_reached(&crm, past));
    crm.update(past, Deal::draft().close_date(day("2026-04-01")))
        .unwrap();
    crm.update(past, Deal::draft().clear(Deal::CLOSE_DATE))
        .unwrap();
    assert_eq!(next(&crm), None);
    assert_sound(&crm);
}

#[test]
fn work_follows_its_rule() {
    let (crm, _) = crm();
    let deal = deal(&crm, "2026-03-10");
    let rule = crm.create(on_date("deal", "close_date")).unwrap();
    assert_eq!(
        next(&crm),
        Some(at("2026-03-10T00:00:00Z")),
        "records that are there already"
    );
    crm.update(rule, Rule::draft().offset(TimeDelta::days(-1)))
        .unwrap();
    assert_eq!(next(&crm), Some(at("2026-03-09T00:00:00Z")));
    crm.update(rule, Rule::draft().active(false)).unwrap();
    assert_eq!(next(&crm), None);
    crm.update(
        rule,
        Rule::draft()
            .active(true)
            .fields(vec!["closed_at".to_owned()]),
    )
    .unwrap();
    assert_eq!(next(&crm), None);
    crm.update(rule, Rule::draft().fields(vec!["close_date".to_owned()]))
        .unwrap();
    assert_eq!(next(&crm), Some(at("2026-03-09T00:00:00Z")));
    crm.delete(rule.reference()).unwrap();
    assert_eq!(next(&crm), None);
    crm.restore(rule.reference()).unwrap();
    crm.purge(rule.reference()).unwrap();
    assert_eq!(next(&crm), None);
    assert!(!is_reached(&crm, deal));
    assert_sound(&crm);
}

#[test]
fn a_birthday_comes_back_every_year() {
    let (crm, clock) = crm();
    let due_of = |birthday: &str| {
        let contact = Contact::draft()
            .name("Ada Lovelace")
            .with("birthday", birthday);
        let contact = crm.create(contact).unwrap();
        let due = next(&crm);
        crm.delete(contact.reference()).unwrap();
        assert_eq!(next(&crm), None);
        due
    };
    let rule = crm.create(on_date("contact", "birthday")).unwrap();
    assert_eq!(due_of("--12-10"), Some(at("2026-12-10T00:00:00Z")));
    assert_eq!(due_of("1815-12-10"), Some(at("2026-12-10T00:00:00Z")));
    assert_eq!(due_of("--02-29"), Some(at("2027-02-28T00:00:00Z")));
    assert_eq!(due_of("1815"), None);
    // Today's has begun already: the next one is in a year.
    assert_eq!(due_of("--03-02"), Some(at("2027-03-02T00:00:00Z")));
    crm.update(rule, Rule::draft().offset(TimeDelta::days(-7)))
        .unwrap();
    assert_eq!(due_of("--03-05"), Some(at("2027-02-26T00:00:00Z")));
    assert_eq!(due_of("--01-03"), Some(at("2026-12-27T00:00:00Z")));

    let contact = Contact::draft()
        .name("Ada Lovelace")
        .with("birthday", "--01-03");
    let contact = crm.create(contact).unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let due = next(&crm).unwrap();
        seen.push(due.to_rfc3339());
        clock.set(due + TimeDelta::hours(5));
        assert_eq!(crm.run_due(clock.now()).unwrap().rule_runs, 1);
        crm.update(contact, Contact::draft().description(due.to_string()))
            .unwrap();
    }
    assert_eq!(
        seen,
        [
            "2026-12-27T00:00:00+00:00",
            "2027-12-27T00:00:00+00:00",
            "2028-12-27T00:00:00+00:00"
        ]
    );
    // A host that slept for years catches up year by year.
    clock.set(at("2032-01-01T00:00:00Z"));
    let mut runs = 0;
    loop {
        let report = crm.run_due(clock.now()).unwrap();
        runs += report.rule_runs;
        if !report.more {
            break;
        }
    }
    assert_eq!(runs, 3);
    // A birthday that was changed while it waited is not congratulated on the old day.
    clock.set(at("2033-01-01T00:00:00Z"));
    crm.update(contact, Contact::draft().with("birthday", "--06-01"))
        .unwrap();
    assert_eq!(crm.run_due(clock.now()).unwrap().rule_runs, 0);
    assert_eq!(next(&crm), Some(at("2033-05-25T00:00:00Z")));
    assert_sound(&crm);
}

#[test]
fn a_schedule_keeps_its_times_and_makes_up_for_missed_ones_once() {
    let (crm, clock) = crm();
    let acme = crm
        .create(Company::draft().name("Acme").employees(0))
        .unwrap();
    crm.create(Company::draft().name("Bolt")).unwrap();
    let count = r#"[{"do": "set", "fields": {"employees": {"cel": "employees + 1"}}}]"#;
    let rule = Rule::draft()
        .name("daily")
        .object("company")
        .trigger(Trigger::Schedule)
        .every(TimeDelta::days(1))
        .starts(at("2026-03-01T08:00:00Z"))
        .condition("employees >= 0")
        .actions(count);
    let rule = crm.create(rule).unwrap();
    assert_eq!(next(&crm), Some(at("2026-03-03T08:00:00Z")));
    clock.set(at("2026-03-10T12:00:00Z"));
    assert_eq!(crm.run_due(clock.now()).unwrap().rule_runs, 1);
    assert_eq!(crm.get(acme).unwrap().employees(), Some(1));
    assert_eq!(next(&crm), Some(at("2026-03-11T08:00:00Z")));
    assert_eq!(crm.run_due(clock.now()).unwrap(), DueReport::default());
    crm.update(rule, Rule::draft().active(false)).unwrap();
    assert_eq!(next(&crm), None);
    crm.update(rule, Rule::draft().active(true).starts(clock.now()))
        .unwrap();
    assert_eq!(next(&crm), Some(clock.now()));
    crm.update(rule, Rule::draft().every(TimeDelta::MAX))
        .unwrap();
    crm.run_due(clock.now()).unwrap();
    assert_eq!(
        next(&crm),
        None,
        "an interval beyond the calendar ends the schedule"
    );
    assert_eq!(crm.get(acme).unwrap().employees(), Some(2));
    assert_sound(&crm);
}

#[test]
fn a_schedule_over_many_records_goes_on_in_further_calls() {
    let (crm, clock) = crm();
    let companies: Vec<Change> = (0..700)
        .map(|at| {
            Change::create(
                Company::draft()
                    .name(format!("Company {at}"))
                    .employees(at % 7),
            )
        })
        .collect();
    crm.batch(&companies, None).unwrap();
    let actions = r#"[{"do": "set", "fields": {"founded": 2000}}, {"do": "set", "fields": {"industry": "x"}}]"#;
    let rule = Rule::draft()
        .name("all")
        .object("company")
        .trigger(Trigger::Schedule)
        .every(TimeDelta::days(1))
        // For one in seven the condition cannot be computed, which fails their runs and nobody else's.
        .condition("9223372036854775802 + employees > 0")
        .actions(actions);
    crm.create(rule).unwrap();
    clock.advance(TimeDelta::days(1));
    let mut calls = 0;
    loop {
        calls += 1;
        if !crm.run_due(clock.now()).unwrap().more {
            break;
        }
    }
    assert_eq!(calls, 2);
    assert_eq!(crm.count("rule_run", "failed").unwrap(), 100);
    assert_eq!(crm.count("rule_run", "").unwrap(), 700);
    assert_eq!(
        crm.count("company", "founded == 2000 && industry == 'x'")
            .unwrap(),
        600
    );
    assert_sound(&crm);
}

#[test]
fn due_work_is_done_in_bounded_calls_and_once() {
    let (crm, clock) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let reminders: Vec<Change> = (0..1_100)
        .map(|minute| {
            let time = clock.now() + TimeDelta::minutes(minute);
            Change::create(Reminder::draft().text("x").about(acme.reference()).at(time))
        })
        .collect();
    let outcomes = crm.batch(&reminders, None).unwrap();
    assert_eq!(next(&crm), Some(clock.now()));
    clock.advance(TimeDelta::days(2));
    let first = crm.run_due(clock.now()).unwrap();
    assert_eq!((first.reminders.len(), first.more), (1_000, true));
    assert_eq!(first.reminders[0], outcomes[0].record);
    let second = crm.run_due(clock.now()).unwrap();
    assert_eq!((second.reminders.len(), second.more), (100, false));
    assert_eq!(crm.run_due(clock.now()).unwrap(), DueReport::default());
    let due = crm.due_reminders(2_000).unwrap();
    assert_eq!(due.len(), 1_100);
    crm.acknowledge(due[0].id()).unwrap();
    crm.snooze(due[1].id(), clock.now() + TimeDelta::hours(1))
        .unwrap();
    assert_eq!(crm.due_reminders(2_000).unwrap().len(), 1_098);
    assert_eq!(next(&crm), Some(clock.now() + TimeDelta::hours(1)));
    // Reminders go to the trash with what they are about.
    crm.delete(acme.reference()).unwrap();
    assert_eq!(
        (next(&crm), crm.due_reminders(10).unwrap().len()),
        (None, 0)
    );
    assert_sound(&crm);
}

#[test]
fn what_a_late_host_finds_put_off_stays_put_off() {
    let (crm, clock) = crm();
    let snooze = r#"[{"do": "set", "fields": {"at": "2026-06-01T00:00:00Z"}}]"#;
    let rule = on_date("reminder", "at")
        .offset(TimeDelta::days(-1))
        .actions(snooze);
    crm.create(rule).unwrap();
    let later = Reminder::draft()
        .text("x")
        .at(clock.now() + TimeDelta::days(3));
    let reminder = crm.create(later).unwrap();
    clock.advance(TimeDelta::days(10));
    let report = crm.run_due(clock.now()).unwrap();
    assert_eq!((report.reminders.len(), report.rule_runs), (0, 1));
    assert_eq!(
        crm.get(reminder).unwrap().status(),
        Some(ReminderStatus::Waiting)
    );
    assert_eq!(next(&crm), Some(at("2026-05-31T00:00:00Z")));
    assert_sound(&crm);
}

#[test]
fn what_is_due_stays_due_whatever_is_edited_meanwhile() {
    type Edit = fn(&Crm, Id<Rule>, Id<Task>);
    let edits: [(&str, Edit); 8] = [
        ("the organisation's name", |crm, _, _| {
            let organisation = crm.list::<Organisation>(Query::default()).unwrap().rows[0].id();
            crm.update(organisation, Organisation::draft().name("Acme"))
                .unwrap();
        }),
        ("its time zone", |crm, _, _| live_in(crm, "Asia/Tokyo")),
        ("the rule's name", |crm, rule, _| {
            crm.update(rule, Rule::draft().name("Another")).unwrap();
        }),
        ("its condition", |crm, rule, _| {
            crm.update(rule, Rule::draft().condition("subject != null"))
                .unwrap();
        }),
        ("its offset", |crm, rule, _| {
            let hour = TimeDelta::hours(1);
            crm.update(rule, Rule::draft().offset(hour)).unwrap();
        }),
        ("another rule", |crm, _, _| {
            crm.create(on_date("contact", "birthday")).unwrap();
        }),
        ("the task", |crm, _, task| {
            crm.update(task, Task::draft().with("due", "2026-03-03T09:30:00Z"))
                .unwrap();
        }),
        ("the task, deleted and back", |crm, _, task| {
            crm.delete(task.reference()).unwrap();
            crm.restore(task.reference()).unwrap();
        }),
    ];
    for (what, edit) in edits {
        let (crm, clock) = crm();
        let rule = crm.create(on_date("task", "due").actions("[]")).unwrap();
        let call = Task::draft()
            .subject("Call")
            .with("due", "2026-03-03T09:00:00Z");
        let task = crm.create(call).unwrap();
        clock.set(at("2026-03-03T11:00:00Z"));
        edit(&crm, rule, task);
        let report = crm.run_due(clock.now()).unwrap();
        assert_eq!(report.rule_runs, 1, "{what}");
        assert_eq!(crm.run_due(clock.now()).unwrap().rule_runs, 0, "{what}");
        assert_sound(&crm);
    }
}

#[test]
fn a_run_that_is_due_takes_place_though_its_schedule_is_edited() {
    let (crm, clock) = crm();
    crm.create(Company::draft().name("Acme")).unwrap();
    let rule = Rule::draft()
        .name("daily")
        .object("company")
        .trigger(Trigger::Schedule)
        .every(TimeDelta::days(1))
        .starts(at("2026-03-03T08:00:00Z"))
        .actions(TAG);
    let rule = crm.create(rule).unwrap();
    clock.set(at("2026-03-03T11:00:00Z"));
    crm.update(rule, Rule::draft().order(5).name("each day"))
        .unwrap();
    let starts = at("2026-03-03T10:30:00Z");
    crm.update(
        rule,
        Rule::draft().starts(starts).every(TimeDelta::hours(6)),
    )
    .unwrap();
    assert_eq!(next(&crm), Some(at("2026-03-03T08:00:00Z")));
    assert_eq!(crm.run_due(clock.now()).unwrap().rule_runs, 1);
    assert_eq!(next(&crm), Some(at("2026-03-03T16:30:00Z")));
    crm.update(rule, Rule::draft().every(TimeDelta::hours(1)))
        .unwrap();
    assert_eq!(next(&crm), Some(at("2026-03-03T11:30:00Z")));
    assert_sound(&crm);
}

#[test]
fn dates_of_many_records_are_brought_into_the_queue_in_pieces() {
    let (crm, clock) = crm();
    let count = limits::DUE_REBUILD_MAX + 100;
    let tags: Vec<Change> = (0..count)
        .map(|at| Change::create(Tag::draft().name(format!("Tag {at}"))))
        .collect();
    crm.batch(&tags, None).unwrap();
    let two_days = TimeDelta::days(2);
    let rule = on_date("tag", "created_at")
        .offset(two_days)
        .actions("[]")
        .condition("name == 'none'");
    let rule = crm.create(rule).unwrap();
    assert_eq!(next(&crm), Some(clock.now()), "the rest is due itself");
    // Whatever comes in between, each is reached once, and when its time has come.
    live_in(&crm, "Asia/Tokyo");
    crm.update(rule, Rule::draft().offset(TimeDelta::days(3)))
        .unwrap();
    let run = || {
        let mut runs = 0;
        loop {
            let report = crm.run_due(clock.now()).unwrap();
            runs += report.rule_runs;
            if !report.more {
                break runs;
            }
        }
    };
    assert_eq!(run(), 0);
    let begin = clock.now();
    assert_eq!(next(&crm), Some(begin + TimeDelta::days(3)));
    crm.update(rule, Rule::draft().offset(TimeDelta::days(4)))
        .unwrap();
    live_in(&crm, "UTC");
    clock.set(begin + TimeDelta::days(4) - TimeDelta::seconds(1));
    assert_eq!(run(), 0);
    clock.set(begin + TimeDelta::days(4));
    assert_eq!(run(), count);
    assert_eq!(next(&crm), None);
    assert_sound(&crm);
}

#[test]
fn nine_in_the_morning_stays_nine_when_clocks_are_changed() {
    let (crm, clock) = crm();
    live_in(&crm, "Europe/Berlin");
    clock.set(at("2026-03-26T12:00:00Z"));
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let daily = Rule::draft()
        .name("daily")
        .object("company")
        .trigger(Trigger::Schedule)
        .every(TimeDelta::days(1))
        .starts(at("2026-03-27T08:00:00Z"))
        .actions("[]");
    let daily = crm.create(daily).unwrap();
    let mut runs = Vec::new();
    while runs.len() < 4 {
        clock.set(next(&crm).unwrap());
        runs.push(clock.now().to_rfc3339());
        crm.run_due(clock.now()).unwrap();
    }
    let expected = [
        "2026-03-27T08:00:00+00:00",
        "2026-03-28T08:00:00+00:00",
        "2026-03-29T07:00:00+00:00",
        "2026-03-30T07:00:00+00:00",
    ];
    assert_eq!(runs, expected);
    // What a sleeping host has missed does not move it either, and hours are exact.
    clock.set(at("2026-11-02T00:00:00Z"));
    crm.run_due(clock.now()).unwrap();
    assert_eq!(next(&crm), Some(at("2026-11-02T08:00:00Z")));
    crm.update(daily, Rule::draft().active(false)).unwrap();

    let before = on_date("meeting", "starts")
        .actions("[]")
        .with("offset", "-P1D");
    crm.create(before).unwrap();
    clock.set(at("2027-03-20T00:00:00Z"));
    // Nine on the day after the night in which clocks go forward, and nine on the day on which they go back.
    for (meeting, due) in [
        ("2027-03-28T07:00:00Z", "2027-03-27T08:00:00Z"),
        ("2027-10-31T08:00:00Z", "2027-10-30T07:00:00Z"),
    ] {
        crm.create(Meeting::draft().subject("x").with("starts", meeting))
            .unwrap();
        assert_eq!(next(&crm), Some(at(due)));
        crm.run_due(at(due)).unwrap();
    }
    let remind = r#"[{"do": "remind", "text": "x", "after": "P1D"}]"#;
    let remind = Rule::draft()
        .name("remind")
        .object("company")
        .trigger(Trigger::Updated)
        .actions(remind);
    crm.create(remind).unwrap();
    clock.set(at("2028-03-25T08:00:00Z"));
    crm.update(acme, Company::draft().employees(5)).unwrap();
    let reminders = crm.list::<Reminder>(Query::default()).unwrap().rows;
    assert_eq!(reminders[0].at(), Some(at("2028-03-26T07:00:00Z")));
    assert_sound(&crm);
}

#[test]
fn what_is_done_for_a_later_time_sees_that_time() {
    let (crm, clock) = crm();
    let actions = r#"[
        {"do": "set", "fields": {"due": {"cel": "now + hours(1)"}}},
        {"do": "remind", "text": "x", "after": "PT2H"}
    ]"#;
    let rule = on_date("task", "due")
        .condition("due <= now && today() == date('2026-03-05')")
        .actions(actions);
    crm.create(rule).unwrap();
    let noon = at("2026-03-05T12:00:00Z");
    let task = Task::draft().subject("Call").due(noon);
    let task = crm.create(task).unwrap();
    assert!(clock.now() < noon);
    assert_eq!(crm.run_due(noon).unwrap().rule_runs, 1);
    assert_eq!(
        crm.get(task).unwrap().due(),
        Some(noon + TimeDelta::hours(1))
    );
    let run = &crm.list::<RuleRun>(Query::default()).unwrap().rows[0];
    assert_eq!((run.at(), run.failed()), (Some(noon), Some(false)));
    assert_eq!(
        run.get(schema::system::CREATED_AT),
        ValueRef::DateTime(noon)
    );
    let reminder = &crm.list::<Reminder>(Query::default()).unwrap().rows[0];
    assert_eq!(reminder.at(), Some(noon + TimeDelta::hours(2)));
    assert_sound(&crm);
}
