//! The service as browsers and programs use it: the real program, listening, on a real file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use serde_json::{Value, json};
use service::{Service, cents, ids};

/// The rows of the README's table are run one by one, and there are no others.
#[test]
fn every_row_of_the_readme_answers() {
    let service = Service::start();
    let mut run = BTreeSet::new();
    let mut ask = |route: &str, filled: &[&str], body: Value| {
        run.insert(route.to_owned());
        let (status, answer) = service.ask(&fill(route, filled), &body);
        assert_eq!(status, 200, "{route}: {answer}");
        answer
    };
    let board = ask("GET /api/board", &[], Value::Null);
    let columns = board["columns"].as_array().unwrap();
    assert_eq!(columns[0]["name"], "Offer");
    let (deal, won) = (&columns[0]["cards"][0], &columns[2]);
    let id = deal["id"].as_str().unwrap();
    assert_eq!(
        (&deal["name"], &deal["company"], &deal["owner"]),
        (&json!("Deal 0"), &json!("Acme"), &json!("Ada"))
    );
    let users = ask("GET /api/users", &[], Value::Null);
    assert_eq!(users.as_array().unwrap().len(), 2);

    let seen = board["sequence"].as_u64().unwrap();
    let to = json!({"stage": won["id"], "behind": null, "seen": seen});
    let moved = ask("POST /api/deals/{id}/move", &[id], to);
    assert_eq!(moved["sequence"], seen + 1);
    let fields = json!({"fields": {"amount": "99.5 EUR"}, "seen": seen});
    ask("PATCH /api/records/{object}/{id}", &["deal", id], fields);
    let note = json!({"body": "Wants two."});
    ask("POST /api/records/{object}/{id}/notes", &["deal", id], note);
    let reminder = json!({"text": "Call", "at": "2020-01-01T09:00:00+01:00"});
    let reminder = ask(
        "POST /api/records/{object}/{id}/reminders",
        &["deal", id],
        reminder,
    );

    let record = ask("GET /api/records/{object}/{id}", &["deal", id], Value::Null);
    assert_eq!(record["record"]["amount"]["amount"], "99.50");
    assert_eq!(record["record"]["status"], "won");
    assert_eq!(record["timeline"][0]["text"], "Wants two.");
    assert_eq!(record["timeline"][0]["by"], "Ada");
    assert_eq!(record["reminders"][0]["text"], "Call");
    let hits = ask("GET /api/search?q={words}", &["deal%200"], Value::Null);
    assert_eq!(hits[0]["title"], "Deal 0", "{hits}");

    // Its time is past: the service lets it fall due by itself.
    let mut events = service.events(seen, None);
    while !events
        .next()
        .to_string()
        .contains("updated\",\"object\":\"reminder")
        && service.due().is_empty()
    {}
    let due = ask("GET /api/reminders", &[], Value::Null);
    assert_eq!(due[0]["id"], reminder["id"]);
    let id = reminder["id"].as_str().unwrap();
    ask("POST /api/reminders/{id}/done", &[id], json!({}));
    assert_eq!(service.due(), Vec::<Value>::new());
    run.insert("GET /api/events?after={sequence}".to_owned());

    let readme = include_str!("../README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter_map(|line| Some(line.split_once('`')?.0.to_owned()));
    let rows: BTreeSet<String> = rows.filter(|row| row.contains(" /api/")).collect();
    assert_eq!(rows, run);
}

fn fill(route: &str, filled: &[&str]) -> String {
    filled.iter().fold(route.to_owned(), |route, part| {
        let (before, rest) = route.split_once('{').unwrap();
        let (_, after) = rest.split_once('}').unwrap();
        format!("{before}{part}{after}")
    })
}

#[test]
fn bad_input_gets_a_status_and_a_reason_and_changes_nothing() {
    let service = Service::start();
    let board = service.board();
    let deal = board["columns"][0]["cards"][0]["id"].as_str().unwrap();
    let stage = &board["columns"][1]["id"];
    let seen = &board["sequence"];
    let nobody = "00000000-0000-7000-8000-000000000000";
    let to = json!({"stage": stage, "behind": null, "seen": seen});
    let long = "x".repeat(64 << 10);
    for (route, body, status, code) in [
        ("GET /api/nothing".to_owned(), Value::Null, 404, "no_route"),
        ("DELETE /api/board".to_owned(), Value::Null, 405, "method"),
        (
            format!("GET /api/search?q={}", ["word"; 40].join("+")),
            Value::Null,
            422,
            "limit",
        ),
        (
            "GET /api/events?after=x".to_owned(),
            Value::Null,
            400,
            "query",
        ),
        (
            format!("GET /api/records/deal/{nobody}"),
            Value::Null,
            404,
            "not_found",
        ),
        (
            "GET /api/records/deal/7".to_owned(),
            Value::Null,
            422,
            "invalid",
        ),
        (
            format!("GET /api/records/user/{nobody}"),
            Value::Null,
            404,
            "unknown_object",
        ),
        (
            format!("POST /api/deals/{nobody}/move"),
            to.clone(),
            404,
            "not_found",
        ),
        (
            format!("POST /api/deals/{deal}/move"),
            json!({"stage": nobody, "seen": seen}),
            422,
            "missing_reference",
        ),
        (
            format!("POST /api/deals/{deal}/move"),
            json!({"stage": "Won", "seen": seen}),
            422,
            "invalid",
        ),
        (
            format!("POST /api/deals/{deal}/move"),
            json!("Won"),
            422,
            "invalid",
        ),
        (
            format!("PATCH /api/records/deal/{deal}"),
            json!({"fields": {"amuont": 1}, "seen": seen}),
            422,
            "unknown_field",
        ),
        (
            format!("PATCH /api/records/deal/{deal}"),
            json!({"fields": {"amount": "much"}, "seen": seen}),
            422,
            "invalid",
        ),
        (
            format!("PATCH /api/records/deal/{deal}"),
            json!({"fields": {"position": 1}, "seen": seen}),
            422,
            "invalid",
        ),
        (
            format!("POST /api/records/deal/{deal}/notes"),
            json!({"body": long}),
            413,
            "body",
        ),
        (
            format!("POST /api/records/deal/{deal}/reminders"),
            json!({"text": "", "at": "2030-01-01T00:00:00Z"}),
            422,
            "invalid",
        ),
        (
            format!("POST /api/records/deal/{deal}/reminders"),
            json!({"text": "x", "at": "soon"}),
            422,
            "invalid",
        ),
        (
            format!("POST /api/reminders/{nobody}/done"),
            json!({}),
            404,
            "not_found",
        ),
    ] {
        let (given, answer) = service.ask(&route, &body);
        assert_eq!(
            (given, &answer["code"]),
            (status, &json!(code)),
            "{route}: {answer}"
        );
        assert!(!answer["message"].as_str().unwrap().is_empty());
    }
    let (status, answer) = service.as_nobody(&format!("POST /api/deals/{deal}/move"), &to);
    assert_eq!((status, &answer["code"]), (401, &json!("no_user")));
    assert_eq!(service.board(), board);
}

#[test]
fn who_has_not_seen_the_last_move_is_told_who_made_it() {
    let service = Service::start();
    let board = service.board();
    let [from, to, other] = [0, 1, 2].map(|at| &board["columns"][at]);
    let deal = from["cards"][0]["id"].as_str().unwrap();
    let route = format!("POST /api/deals/{deal}/move");
    let seen = &board["sequence"];
    let (status, _) = service.ask(&route, &json!({"stage": to["id"], "seen": seen}));
    assert_eq!(status, 200);
    let (status, answer) = service.ask(&route, &json!({"stage": other["id"], "seen": seen}));
    assert_eq!((status, &answer["code"]), (409, &json!("stale")));
    let fields = answer["fields"].as_array().unwrap();
    let stage = fields
        .iter()
        .find(|stale| stale["field"] == "stage")
        .unwrap();
    assert_eq!(stage["by"], service.user());
    assert_eq!(service.board()["columns"][1]["cards"][0]["id"], deal);
}

/// A board as a window keeps it: replaced column by column by what the stream sends.
fn replica(board: &Value) -> BTreeMap<String, Value> {
    let columns = board["columns"].as_array().unwrap().iter();
    columns
        .map(|column| (column["id"].as_str().unwrap().to_owned(), column.clone()))
        .collect()
}

#[test]
fn eight_movers_readers_and_a_window_agree() {
    const MOVES: usize = 40;
    let service = Service::start();
    let start = service.board();
    let since = start["sequence"].as_u64().unwrap();
    let columns = ids(&start["columns"]);
    let deals: Vec<String> = start["columns"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|column| ids(&column["cards"]))
        .collect();
    let moved = thread::scope(|scope| {
        let movers: Vec<_> = (0..8_usize)
            .map(|mover| {
                let (service, columns, deals) = (&service, &columns, &deals);
                scope.spawn(move || {
                    let mut commits = Vec::new();
                    for turn in 0..MOVES {
                        // Several movers take the same card now and then.
                        let deal = &deals[(mover * 7 + turn * 5) % deals.len()];
                        let board = service.board();
                        let to = json!({"stage": columns[(mover + turn) % columns.len()], "seen": board["sequence"]});
                        match service.ask(&format!("POST /api/deals/{deal}/move"), &to) {
                            (200, answer) => commits.push(answer["sequence"].as_u64().unwrap()),
                            (status, answer) => {
                                assert_eq!((status, &answer["code"]), (409, &json!("stale")));
                            }
                        };
                    }
                    commits
                })
            })
            .collect();
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let board = service.board();
                    let columns = board["columns"].as_array().unwrap();
                    let count: usize = columns.iter().map(assert_adds_up).sum();
                    assert_eq!(count, deals.len());
                }
            });
        }
        let moved = movers.into_iter().flat_map(|mover| mover.join().unwrap());
        // The answer for a card that stands there already names the commit that put it there.
        moved
            .filter(|commit| *commit > since)
            .collect::<BTreeSet<u64>>()
    });
    assert!(moved.len() > MOVES, "most moves are made: {}", moved.len());

    // A window that was open at the start hears of each of them, and ends with the board of the server.
    let end = service.board();
    let last = end["sequence"].as_u64().unwrap();
    let mut window = replica(&start);
    let mut heard = BTreeSet::new();
    let mut events = service.events(since, None);
    loop {
        let event = events.next();
        for change in event["changes"].as_array().unwrap() {
            assert_eq!(
                (&change["object"], &change["by"]),
                (&json!("deal"), &json!("Ada"))
            );
            heard.insert(change["sequence"].as_u64().unwrap());
        }
        for column in event["columns"].as_array().unwrap() {
            assert_adds_up(column);
            window.insert(column["id"].as_str().unwrap().to_owned(), column.clone());
        }
        if event["sequence"].as_u64().unwrap() == last {
            break;
        }
    }
    assert!(
        heard.is_superset(&moved),
        "not heard of: {:?}",
        moved.difference(&heard)
    );
    assert_eq!(window, replica(&end));
    service.stop();
}

/// Count and total of a column are those of its cards.
fn assert_adds_up(column: &Value) -> usize {
    let cards = column["cards"].as_array().unwrap();
    assert_eq!(column["count"], cards.len());
    let total: i64 = cards.iter().map(|card| cents(&card["amount"])).sum();
    let kept: i64 = column["amount"].as_array().unwrap().iter().map(cents).sum();
    assert_eq!(kept, total, "{}", column["name"]);
    cards.len()
}

#[test]
fn a_stream_tells_each_change_as_it_comes_and_goes_on_where_it_was() {
    let service = Service::start();
    let board = service.board();
    let deal = board["columns"][0]["cards"][0]["id"].as_str().unwrap();
    let note = |text: &str| {
        let (status, _) = service.ask(
            &format!("POST /api/records/deal/{deal}/notes"),
            &json!({"body": text}),
        );
        assert_eq!(status, 200);
    };
    let seen = board["sequence"].as_u64().unwrap();
    let mut events = service.events(seen, None);
    for turn in 1..=3 {
        note("One.");
        let event = events.next();
        assert_eq!(event["sequence"], seen + turn);
        assert_eq!(event["changes"][0]["object"], "note");
        assert_eq!(event["columns"], json!([]), "no column looks different");
    }
    drop(events);
    // What the browser sends when it comes back counts, not where it began.
    note("While the window was away.");
    let event = service.events(seen, Some(seen + 3)).next();
    assert_eq!(
        (
            event["changes"].as_array().unwrap().len(),
            &event["sequence"]
        ),
        (1, &json!(seen + 4))
    );
    // A company's name stands on its cards.
    let (_, record) = service.ask(&format!("GET /api/records/deal/{deal}"), &Value::Null);
    let company = record["record"]["company"]["id"].as_str().unwrap();
    let mut events = service.events(seen + 4, None);
    let rename = json!({"fields": {"name": "Acme & Sons"}, "seen": seen + 4});
    let (status, _) = service.ask(&format!("PATCH /api/records/company/{company}"), &rename);
    assert_eq!(status, 200);
    let event = events.next();
    assert_eq!(event["columns"].as_array().unwrap().len(), 3);
    assert_eq!(event["columns"][0]["cards"][0]["company"], "Acme & Sons");
}
