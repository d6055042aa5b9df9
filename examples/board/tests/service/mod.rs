//! The program under test, a client of it, and the file that it begins with.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crm_core::{Company, Crm, Deal, Money, Pipeline, Stage, StageKind, User};
use serde_json::Value;
use tempfile::TempDir;
use ureq::{Agent, Body};

/// The program, listening on a port of its own.
pub struct Service {
    program: Child,
    address: String,
    agent: Agent,
    user: String,
    file: PathBuf,
    _folder: TempDir,
}

impl Service {
    /// Starts it on a file with three stages and thirty deals.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("board.crm");
        let user = make_file(&file);
        let mut program = Command::new(env!("CARGO_BIN_EXE_board"))
            .args(["--listen", "127.0.0.1:0"])
            .arg(&file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let (_, address) = line.trim().split_once(" at ").expect(&line);
        // A connection for each request: after some refusals the service closes it, and the next request would
        // find out too late.
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_idle_connections(0)
            .build();
        Service {
            address: address.to_owned(),
            agent: agent.into(),
            program,
            user,
            file,
            _folder: folder,
        }
    }

    /// The id of the user who asks.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Asks as the user: a method, a blank and a path, and a body unless it is null.
    pub fn ask(&self, route: &str, body: &Value) -> (u16, Value) {
        self.send(route, body, Some(&self.user))
    }

    /// Asks without saying who it is.
    pub fn as_nobody(&self, route: &str, body: &Value) -> (u16, Value) {
        self.send(route, body, None)
    }

    fn send(&self, route: &str, body: &Value, user: Option<&str>) -> (u16, Value) {
        let (method, path) = route.split_once(' ').unwrap();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address));
        if let Some(user) = user {
            request = request.header("x-user", user);
        }
        let answer = match body {
            Value::Null => self.agent.run(request.body(()).unwrap()),
            body => self.agent.run(request.body(body.to_string()).unwrap()),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{route}: {error}"));
        let status = answer.status().as_u16();
        (status, answer.body_mut().read_json().unwrap())
    }

    /// The board.
    pub fn board(&self) -> Value {
        let (status, board) = self.ask("GET /api/board", &Value::Null);
        assert_eq!(status, 200, "{board}");
        board
    }

    /// The reminders that are due.
    pub fn due(&self) -> Vec<Value> {
        let (_, due) = self.ask("GET /api/reminders", &Value::Null);
        due.as_array().unwrap().clone()
    }

    /// Opens a stream of events, as a browser does that comes back with `last` as the last one it had.
    pub fn events(&self, after: u64, last: Option<u64>) -> Events {
        let mut request = self
            .agent
            .get(format!("{}/api/events?after={after}", self.address));
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let answer = request.call().unwrap();
        let kind = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(kind, "text/event-stream");
        let body: Body = answer.into_body();
        Events(BufReader::new(Box::new(body.into_reader())))
    }

    /// Ends the program as a crash would and checks the file that it leaves.
    pub fn stop(mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
        let report = Crm::open(&self.file).unwrap().check().unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has ended already where the test stopped it.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A stream of server-sent events.
pub struct Events(BufReader<Box<dyn Read>>);

impl Events {
    /// Waits for the next event and checks its number.
    pub fn next(&mut self) -> Value {
        let mut id = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended");
            if let Some(number) = line.strip_prefix("id: ") {
                number.trim().clone_into(&mut id);
            }
            if let Some(data) = line.strip_prefix("data: ") {
                let event: Value = serde_json::from_str(data).unwrap();
                assert_eq!(event["sequence"].to_string(), id);
                return event;
            }
        }
    }
}

fn make_file(file: &std::path::Path) -> String {
    let crm = Crm::open(file).unwrap();
    let ada = crm.create(User::draft().name("Ada")).unwrap();
    crm.create(User::draft().name("Bob")).unwrap();
    crm.create(User::draft().name("Gone").active(false))
        .unwrap();
    let sales = crm.create(Pipeline::draft().name("Sales")).unwrap();
    let stages = [
        ("Offer", StageKind::Open, 50),
        ("Lost", StageKind::Lost, 0),
        ("Won", StageKind::Won, 100),
    ];
    for (order, (name, kind, chance)) in (1..).zip(stages) {
        let stage = Stage::draft().name(name).pipeline(sales).order(order);
        crm.create(stage.kind(kind).probability(chance)).unwrap();
    }
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    for number in 0..30 {
        let amount: Money = format!("{}.25 EUR", 100 + number).parse().unwrap();
        let deal = Deal::draft().name(format!("Deal {number}")).pipeline(sales);
        crm.create(deal.amount(amount).company(acme).owner(ada))
            .unwrap();
    }
    crm.close().unwrap();
    ada.to_string()
}

/// The ids of a list of columns or cards.
pub fn ids(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

/// An amount in euro as cents.
pub fn cents(amount: &Value) -> i64 {
    assert_eq!(amount["currency"], "EUR");
    amount["amount"]
        .as_str()
        .unwrap()
        .replace('.', "")
        .parse()
        .unwrap()
}
