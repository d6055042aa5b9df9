//! Random calls, the same for the same seed.

mod values;

use fastrand::Rng;

use crate::automation;
use crate::op::*;

/// Which calls are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Every call.
    All,
    /// Those that write.
    Writes,
    /// Those that write, and take nothing out of the log.
    WritesThatStay,
}

/// Makes calls. That a call is refused is as good as any other answer, as long as not too many are.
pub struct Generator {
    rng: Rng,
    wanted: Wanted,
    /// The number of the next record of each kind.
    next: [u16; Kind::ALL.len()],
    /// Batches with a key, to be made again.
    keyed: Vec<Step>,
    /// The records that were created and not deleted, as far as the answers say.
    there: Vec<(Kind, u16)>,
    waiting: Vec<Step>,
}

type Make = fn(&mut Generator) -> Op;

/// What writes; some calls weigh more than others.
const WRITES: &[(u32, Make)] = &[
    (60, |g| Op::Change(g.edit())),
    (10, |g| g.batch()),
    (3, |g| Op::Rehearse { changes: g.edits() }),
    (4, |g| Op::Undo {
        operation: g.below(4),
    }),
    (8, |_| Op::RunDue),
    (3, |g| g.import()),
    (5, |g| g.schema_change()),
    (2, |g| Op::Change(automation::rule(g.below(10)))),
    (1, |_| Op::Change(automation::validation())),
    (3, |g| Op::PutContent {
        document: g.of(Kind::Document),
        bytes: g.length(),
        of: g.below(4),
    }),
    (1, |_| Op::Maintain),
    (1, |_| Op::Compact),
    (1, |_| Op::Backup),
    (1, |_| Op::Reopen),
];

/// What reads.
const READS: &[(u32, Make)] = &[
    (4, |g| Op::Get(g.any())),
    (2, |g| Op::Content(g.of(Kind::Document))),
    (10, |g| Op::Find {
        question: g.below(QUESTIONS.len() as u8),
        sort: g.sort(),
        limit: 1 + g.below(8),
        trash: g.one_in(6),
    }),
    (8, |_| Op::Next),
    (2, |g| Op::All {
        question: g.below(QUESTIONS.len() as u8),
    }),
    (4, |g| Op::Count {
        question: g.below(QUESTIONS.len() as u8),
    }),
    (5, |g| Op::Aggregate {
        question: g.below(QUESTIONS.len() as u8),
        group: g.below(GROUPS.len() as u8),
    }),
    (5, |g| g.search()),
    (4, |g| Op::Timeline {
        record: g.any(),
        limit: 1 + g.below(20),
    }),
    (3, |g| Op::Board {
        pipeline: g.of(Kind::Pipeline),
    }),
    (3, |g| Op::Cards {
        stage: g.of(Kind::Stage),
        limit: 1 + g.below(6),
    }),
    (4, |g| Op::History(g.any())),
    (4, |g| Op::AsOf {
        record: g.any(),
        seen: Seen::Ago(g.rng.u16(0..60)),
    }),
    (3, |g| Op::At {
        record: g.any(),
        minutes: g.rng.i32(-3_000..20_000),
    }),
];

/// Kinds of records, by how often they are wanted.
const KINDS: &[(u32, Kind)] = &[
    (8, Kind::Company),
    (6, Kind::Contact),
    (8, Kind::Deal),
    (2, Kind::Employment),
    (2, Kind::DealContact),
    (4, Kind::Task),
    (2, Kind::Note),
    (2, Kind::Document),
    (3, Kind::Reminder),
    (1, Kind::Tag),
    (1, Kind::User),
    (2, Kind::Stage),
    (1, Kind::Pipeline),
    (1, Kind::Rule),
];

const EXTRA: [&str; 5] = ["extra_a", "extra_b", "extra_c", "employees", "Not a name"];

impl Generator {
    /// Calls from a seed.
    pub fn new(seed: u64, wanted: Wanted) -> Self {
        Generator::numbered_from(0, seed, wanted)
    }

    /// As [`new`](Generator::new), with records of other numbers than those that are in a database already.
    pub fn numbered_from(first: u16, seed: u64, wanted: Wanted) -> Self {
        let mut generator = Generator {
            rng: Rng::with_seed(seed),
            wanted,
            next: [first; Kind::ALL.len()],
            keyed: Vec::new(),
            there: Vec::new(),
            waiting: Vec::new(),
        };
        generator.set_up();
        generator
    }

    /// A pipeline with its stages, a user, and some of the rules: there is something to do from the first calls on.
    fn set_up(&mut self) {
        let mut batches = vec![
            vec![self.create(Kind::User), self.create(Kind::Pipeline)],
            (0..4).map(|_| self.create(Kind::Stage)).collect(),
        ];
        for kind in [
            Kind::Tag,
            Kind::Company,
            Kind::Contact,
            Kind::Deal,
            Kind::Task,
            Kind::Reminder,
            Kind::Document,
        ] {
            batches.push((0..3).map(|_| self.create(kind)).collect());
        }
        let rules = 0..automation::RULES.len() as u8;
        let rules = rules.filter(|_| self.rng.bool()).map(automation::rule);
        batches.push(rules.collect());
        let batch = |changes| Step::of(Op::Batch { key: None, changes });
        self.waiting = batches.into_iter().rev().map(batch).collect();
    }

    fn below(&mut self, end: u8) -> u8 {
        self.rng.u8(0..end)
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(0..count) == 0
    }

    fn weighed<T: Copy>(&mut self, of: &[(u32, T)]) -> T {
        let total = of.iter().map(|(weight, _)| weight).sum();
        let mut at = self.rng.u32(0..total);
        for (weight, one) in of {
            if at < *weight {
                return *one;
            }
            at -= weight;
        }
        of[0].1
    }

    /// The next call.
    pub fn step(&mut self) -> Step {
        if let Some(step) = self.waiting.pop() {
            return step;
        }
        let weight = |calls: &[(u32, Make)]| calls.iter().map(|(weight, _)| weight).sum::<u32>();
        let (writes, reads) = (weight(WRITES), weight(READS));
        let reads = self.wanted == Wanted::All && self.rng.u32(0..writes + reads) >= writes;
        let make = self.weighed(if reads { READS } else { WRITES });
        let op = make(self);
        let step = Step {
            minutes: self.minutes(),
            user: self.one_in(8).then(|| self.of(Kind::User)),
            operation: self.one_in(5).then(|| self.below(4)),
            rules: !self.one_in(8),
            op,
        };
        if matches!(step.op, Op::Batch { key: Some(_), .. }) {
            return self.perhaps_again(step);
        }
        step
    }

    /// Between two calls. Who opens a database anew gives ids by the clock, which must not be set back for that.
    fn minutes(&mut self) -> i32 {
        const DAY: i32 = 24 * 60;
        if self.wanted == Wanted::All && self.one_in(40) {
            return [-2 * DAY, -40 * DAY, 35 * DAY][usize::from(self.below(3))];
        }
        [1, 7, 60, 600][usize::from(self.below(4))]
    }

    /// A batch with a key, or one that was made before: by the same user or another, or with something else in it.
    fn perhaps_again(&mut self, step: Step) -> Step {
        if self.one_in(2)
            && let Some(mut again) = self.rng.choice(&self.keyed).cloned()
        {
            again.minutes = step.minutes;
            if self.one_in(4) {
                again.user = step.user;
            }
            if let (Op::Batch { changes, .. }, true) = (&mut again.op, self.one_in(8)) {
                changes.pop();
            }
            return again;
        }
        self.keyed.push(step.clone());
        step
    }

    /// Takes note that a call was not refused.
    pub fn accepted(&mut self, step: &Step) {
        let edits = match &step.op {
            Op::Change(edit) => std::slice::from_ref(edit),
            Op::Batch { changes, .. } => changes,
            _ => return,
        };
        for edit in edits {
            match edit {
                Edit::Create {
                    record: Rec::Of(kind, n),
                    ..
                }
                | Edit::Restore(Rec::Of(kind, n)) => {
                    self.there.push((*kind, *n));
                }
                Edit::Delete(Rec::Of(kind, n)) | Edit::Purge(Rec::Of(kind, n)) => {
                    self.there.retain(|one| one != &(*kind, *n));
                }
                _ => {}
            }
        }
    }

    /// A record of a kind, most often one that is there.
    fn of(&mut self, kind: Kind) -> Rec {
        if self.one_in(15) {
            return Rec::Made(kind, self.rng.u16(0..50));
        }
        if self.one_in(15) {
            return Rec::Of(kind, self.rng.u16(0..self.next[kind as usize] + 1));
        }
        let there: Vec<u16> = self
            .there
            .iter()
            .filter(|one| one.0 == kind)
            .map(|one| one.1)
            .collect();
        // Those that came first see the most of it.
        let most = if self.rng.bool() { 3 } else { usize::MAX };
        match self.rng.choice(&there[..there.len().min(most)]) {
            Some(n) => Rec::Of(kind, *n),
            None => Rec::Of(kind, 0),
        }
    }

    /// A record of a kind, most often one that is in the trash.
    fn gone(&mut self, kind: Kind) -> Rec {
        let there: Vec<u16> = self
            .there
            .iter()
            .filter(|one| one.0 == kind)
            .map(|one| one.1)
            .collect();
        let gone = (0..self.next[kind as usize]).filter(|n| !there.contains(n));
        let gone: Vec<u16> = gone.collect();
        match self.rng.choice(gone) {
            Some(n) if !self.one_in(8) => Rec::Of(kind, n),
            _ => self.of(kind),
        }
    }

    /// One of a kind, or now and then a company.
    fn mostly(&mut self, kind: Kind) -> Rec {
        let kind = if self.one_in(20) { Kind::Company } else { kind };
        self.of(kind)
    }

    fn any(&mut self) -> Rec {
        let kind = self.weighed(KINDS);
        self.of(kind)
    }

    fn edits(&mut self) -> Vec<Edit> {
        let count = 1 + self.below(4);
        (0..count).map(|_| self.edit()).collect()
    }

    fn batch(&mut self) -> Op {
        Op::Batch {
            key: self.one_in(2).then(|| self.below(40)),
            changes: self.edits(),
        }
    }

    fn edit(&mut self) -> Edit {
        let kind = self.weighed(KINDS);
        match self.rng.u8(0..20) {
            0..6 => self.create(kind),
            6 if kind != Kind::Rule => Edit::Make {
                kind,
                fields: self.fields(kind, true),
            },
            6..12 => self.update(kind),
            12 => self.upsert(),
            13..16 => Edit::Move {
                card: self.mostly(Kind::Deal),
                stage: self.mostly(Kind::Stage),
                behind: (!self.one_in(3)).then(|| self.of(Kind::Deal)),
                seen: self.seen(),
            },
            16 | 17 => Edit::Delete(self.of(kind)),
            18 => Edit::Restore(self.gone(kind)),
            _ if self.wanted == Wanted::WritesThatStay => Edit::Restore(self.gone(kind)),
            _ if self.one_in(4) => Edit::Purge(self.of(kind)),
            _ if self.one_in(2) => Edit::Purge(self.gone(kind)),
            _ => Edit::Restore(self.gone(kind)),
        }
    }

    fn seen(&mut self) -> Option<Seen> {
        self.one_in(4).then(|| Seen::Ago(self.rng.u16(0..8)))
    }

    fn create(&mut self, kind: Kind) -> Edit {
        if kind == Kind::Rule {
            let rules = automation::RULES.len() as u8;
            return automation::rule(self.below(rules));
        }
        let next = &mut self.next[kind as usize];
        let n = *next;
        *next += 1;
        Edit::Create {
            // Now and then one that is there already.
            record: Rec::Of(kind, if self.one_in(30) { n / 2 } else { n }),
            fields: self.fields(kind, true),
        }
    }

    fn update(&mut self, kind: Kind) -> Edit {
        if kind == Kind::Rule {
            let rules = automation::RULES.len() as u16;
            return Edit::Update {
                record: Rec::Of(Kind::Rule, self.rng.u16(0..rules)),
                fields: match self.below(3) {
                    // What is due stays due, whatever is said of its rule.
                    0 => vec![("order", Val::Int(self.below(4).into()))],
                    _ => vec![("active", Val::Bool(self.rng.bool()))],
                },
                seen: None,
            };
        }
        let mut fields = self.fields(kind, false);
        let keep = 1 + self.rng.usize(0..3);
        while fields.len() > keep {
            fields.swap_remove(self.rng.usize(0..fields.len()));
        }
        if self.one_in(12)
            && let Some((_, value)) = fields.first_mut()
        {
            *value = Val::Null;
        }
        Edit::Update {
            record: self.of(kind),
            fields,
            seen: self.seen(),
        }
    }

    fn upsert(&mut self) -> Edit {
        let kind = if self.rng.bool() {
            Kind::Company
        } else {
            Kind::Contact
        };
        let own = if kind == Kind::Contact {
            "email"
        } else {
            "name"
        };
        let by = ["external_id", own, "name", "employees"][usize::from(self.below(4))];
        Edit::Upsert {
            kind,
            by,
            fields: self.fields(kind, true),
        }
    }

    fn import(&mut self) -> Op {
        let count = if self.one_in(4) {
            6 + self.below(20)
        } else {
            1 + self.below(6)
        };
        let cells = ["", "7", "120", "13", "many"];
        let rows = (0..count).map(|_| {
            let cell = cells[usize::from(self.below(5))];
            (self.rng.u16(0..25), self.below(12), cell)
        });
        let rows = rows.collect();
        Op::Import {
            upsert: self.rng.bool(),
            dry: self.one_in(4),
            rows,
        }
    }

    fn schema_change(&mut self) -> Op {
        let name = EXTRA[usize::from(self.below(5))];
        let to = EXTRA[usize::from(self.below(5))];
        match self.below(12) {
            0..6 => Op::AddField {
                name,
                custom: [
                    Custom::Text(None),
                    Custom::Text(Some("kelp")),
                    Custom::Text(Some("12")),
                    Custom::Number(Some("12")),
                    Custom::Number(Some("many")),
                    Custom::Unique,
                    Custom::DealCount,
                    Custom::WonAmount,
                    Custom::BestChance,
                    Custom::Tenfold,
                ][usize::from(self.below(10))],
            },
            6 => Op::RenameField { name, to },
            7..10 => Op::RetypeField {
                name,
                number: self.rng.bool(),
                clear: self.rng.bool(),
            },
            10 => Op::RetireField { name },
            _ => Op::IndexField {
                name: ["employees", "extra_a", "description"][usize::from(self.below(3))],
            },
        }
    }

    /// Of a content: some are in one piece, some in many pages.
    fn length(&mut self) -> u16 {
        let most = [1, 100, 5_000, 30_000][usize::from(self.below(4))];
        self.rng.u16(0..most)
    }

    /// An order that most objects have a field for.
    fn sort(&mut self) -> u8 {
        match self.below(4) {
            0 => 0,
            1 => 7,
            _ => self.below(SORTS.len() as u8),
        }
    }

    fn search(&mut self) -> Op {
        let count = 1 + self.below(2);
        Op::Search {
            words: (0..count).map(|_| self.below(12)).collect(),
            letters: [0, 0, 3, 4][usize::from(self.below(4))],
        }
    }
}
