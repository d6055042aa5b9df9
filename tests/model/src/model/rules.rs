//! Automation, reminders and the due queue.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::{ChangeKind, Id, Ref, Value};

use super::save::Request;
use super::schema::elements;
use super::work::{Event, Work};
use super::{Fields, Model, Res, get, is_live};
use crate::answer::Answer;
use crate::automation::{Act, Automation, RULES};
use crate::op::{Custom, Kind};

/// Work that falls due, in the order in which it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Job {
    /// When.
    pub at: DateTime<Utc>,
    what: What,
    record: Ref,
    rule: Id,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Reminder,
    DateReached,
    Schedule,
}

/// A rule that is in force, by its record.
type Active = (Ref, &'static Automation);

impl Model {
    /// The rules in force on an object, in their order.
    fn rules(&self, object: u16) -> Vec<Active> {
        let mut rules: Vec<(i64, Active)> = Vec::new();
        for (record, fields) in self.all_live(Kind::Rule.number()) {
            let of_name = RULES
                .iter()
                .find(|rule| get(fields, "name") == rule.name.into());
            let order = match get(fields, "order") {
                Value::Int(order) => order,
                _ => 0,
            };
            if let Some(rule) = of_name
                && get(fields, "active") != false.into()
                && rule.object.number() == object
            {
                rules.push((order, (record, rule)));
            }
        }
        rules.sort_by_key(|(order, (record, _))| (*order, record.id));
        rules.into_iter().map(|(_, rule)| rule).collect()
    }

    fn rule(&self, id: Id) -> Option<Active> {
        let record = Ref {
            object: Kind::Rule.number(),
            id,
        };
        let all = Kind::ALL
            .iter()
            .flat_map(|(kind, ..)| self.rules(kind.number()));
        all.into_iter().find(|(rule, _)| *rule == record)
    }

    /// The roll-ups of a company over the deals that there are.
    pub fn roll_up(&self, company: Ref, custom: Custom) -> Value {
        let deals = self.referring(Kind::Deal.number(), "company", company);
        match custom {
            Custom::DealCount => Value::Int(deals.len() as i64),
            Custom::WonAmount => {
                let won = deals
                    .iter()
                    .filter(|deal| self.value(**deal, "status") == "won".into());
                super::read::sums(won.map(|deal| self.value(*deal, "amount")))
            }
            _ => {
                let chances =
                    deals
                        .iter()
                        .filter_map(|deal| match self.value(*deal, "probability") {
                            Value::Decimal(chance) => Some(chance),
                            _ => None,
                        });
                chances.max().into()
            }
        }
    }
}

impl Work<'_> {
    /// Brings roll-ups up to date.
    pub fn settle(&mut self) -> Res<()> {
        while let Some(stage) = self.followed.pop() {
            for (_, deal) in self.model.cards(stage) {
                let changes = self.decide(deal, Fields::new(), Default::default(), false, true)?;
                if !changes.is_empty() {
                    self.store(deal, ChangeKind::Updated, changes)?;
                }
            }
        }
        let object = Kind::Company.number();
        let roll_ups: Vec<(&'static str, Custom)> = {
            let fields = self
                .model
                .fields(object)
                .iter()
                .filter(|field| !field.retired);
            let computed = fields.filter_map(|field| Some((field.name, field.computed?)));
            computed
                .filter(|(_, custom)| *custom != Custom::Tenfold)
                .collect()
        };
        if roll_ups.is_empty() {
            return Ok(());
        }
        let companies: Vec<Ref> = self
            .model
            .all_live(object)
            .map(|(record, _)| record)
            .collect();
        for company in companies {
            let new = roll_ups
                .iter()
                .map(|(name, custom)| (*name, self.model.roll_up(company, *custom)));
            let mut changes: Fields = new.collect();
            changes.retain(|name, value| self.model.value(company, name) != *value);
            if !changes.is_empty() {
                let changes = self.decide(company, changes, Default::default(), false, false)?;
                self.store(company, ChangeKind::Updated, changes)?;
            }
        }
        Ok(())
    }

    /// Lets rules react to what has happened, and to what they do themselves.
    pub fn react(&mut self) -> Res<()> {
        loop {
            self.settle()?;
            let events = std::mem::take(&mut self.events);
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                self.follow(&event);
                if event.record.object == Kind::Rule.number() {
                    self.report_cycle(&event)?;
                }
                if !self.caller.automate || event.record.object == Kind::RuleRun.number() {
                    continue;
                }
                for rule in self.model.rules(event.record.object) {
                    if is_set_off(rule.1, &event) {
                        self.run(rule, event.record, &event.chain, event.cause)?;
                    }
                }
            }
        }
    }

    /// Runs a rule on a record if its condition holds.
    fn run(&mut self, rule: Active, record: Ref, chain: &[&'static str], cause: u64) -> Res<()> {
        let (rule_record, rule) = rule;
        if self.done.contains(&(cause, rule_record, record)) {
            return Ok(());
        }
        if !self.model.live(record).is_some_and(rule.holds) {
            return Ok(());
        }
        let mut chain = chain.to_vec();
        chain.push(rule.name);
        let before = std::mem::replace(&mut self.chain, chain.clone());
        let cause_before = std::mem::replace(&mut self.causes.1, cause);
        self.done.insert((cause, rule_record, record));
        let mut done = 0;
        for act in rule.acts {
            let outcome = self.attempt(|work| {
                work.act(*act, record)?;
                work.settle()
            });
            done += i64::from(outcome.is_ok());
        }
        let failed = done < rule.acts.len() as i64;
        let mut run: Request = vec![
            ("rule", rule_record.into()),
            ("record", record.into()),
            ("at", self.caller.now.into()),
            ("cause", chain.join(" → ").into()),
            ("actions", Value::Int(done)),
        ];
        if failed {
            run.push(("failed", true.into()));
            run.push(("error", "why".into()));
        }
        let of_run = self.new_record(Kind::RuleRun);
        self.create(of_run, &run, true)?;
        self.count_failures(rule_record, failed)?;
        self.settle()?;
        self.chain = before;
        self.causes.1 = cause_before;
        Ok(())
    }

    /// A rule that fails again and again is switched off.
    fn count_failures(&mut self, rule: Ref, failed: bool) -> Res<()> {
        let before = match self.model.value(rule, "failures") {
            Value::Int(failures) => failures,
            _ => 0,
        };
        if !failed && before == 0 || self.model.live(rule).is_none() {
            return Ok(());
        }
        let failures = if failed { before + 1 } else { 0 };
        let value = Some(failures).filter(|failures| *failures > 0);
        let mut request: Request = vec![("failures", value.into())];
        if failures >= crm_core::limits::RULE_FAILURES_MAX {
            request.push(("active", false.into()));
            request.push(("switched_off_reason", "why".into()));
        }
        self.update(rule, &request, None, true)?;
        Ok(())
    }

    /// Says on a rule that was saved how it may set itself off again. Only two of the rules do, each the other.
    fn report_cycle(&mut self, event: &Event) -> Res<()> {
        let of_interest = ["name", "object", "trigger", "fields", "actions", "active"];
        let is_saved = of_interest
            .iter()
            .any(|field| event.changed.contains(field));
        let rule = event.record;
        if !is_saved || self.model.live(rule).is_none() {
            return Ok(());
        }
        let in_force: Vec<&str> = self
            .model
            .rules(Kind::Company.number())
            .iter()
            .map(|(_, rule)| rule.name)
            .collect();
        let both = ["echo", "reply"].iter().all(|name| in_force.contains(name));
        let path = match self.model.value(rule, "name") {
            Value::Text(name) if both && name == "echo" => Some("echo → reply → echo"),
            Value::Text(name) if both && name == "reply" => Some("reply → echo → reply"),
            _ => None,
        };
        let path: Value = path.map(str::to_owned).into();
        if self.model.value(rule, "cycle") != path {
            self.update(rule, &vec![("cycle", path)], None, true)?;
        }
        Ok(())
    }

    fn act(&mut self, act: Act, record: Ref) -> Res<()> {
        match act {
            Act::Set(field, text) => {
                self.update(record, &vec![(field, text.into())], None, false)?;
            }
            Act::Copy(field, from) => {
                let value = self.model.value(record, from);
                self.update(record, &vec![(field, value)], None, false)?;
            }
            Act::Tag(name) => {
                let tag = match self.find_by(Kind::Tag.number(), "name", name.into())? {
                    Some(tag) => tag,
                    None => {
                        let tag = self.new_record(Kind::Tag);
                        self.create(tag, &vec![("name", name.into())], false)?;
                        tag
                    }
                };
                let mut tags = elements(&self.model.value(record, "tags"));
                tags.push(tag.into());
                self.update(record, &vec![("tags", Value::List(tags))], None, false)?;
            }
            Act::Task(subject) => {
                let task = self.new_record(Kind::Task);
                let request = vec![("subject", subject.into()), ("about", record.into())];
                self.create(task, &request, false)?;
            }
            Act::Remind(text) => {
                let reminder = self.new_record(Kind::Reminder);
                let request = vec![
                    ("text", text.into()),
                    ("about", record.into()),
                    ("at", (self.caller.now + TimeDelta::days(1)).into()),
                    ("owner", self.model.value(record, "owner")),
                ];
                self.create(reminder, &request, false)?;
            }
        }
        Ok(())
    }

    /// Brings the due queue after a change.
    fn follow(&mut self, event: &Event) {
        let object = event.record.object;
        if object == Kind::Rule.number() {
            self.follow_rule(event);
            return;
        }
        let mut replace = |old: Option<Job>, new: Option<Job>| {
            if old != new {
                old.map(|job| self.model.queue.remove(&job));
                self.model.queue.extend(new);
            }
        };
        if object == Kind::Reminder.number() {
            let job = |fields: &Fields| reminder_job(event.record, fields);
            replace(event.old.as_ref().and_then(job), job(&event.new));
        }
        let now = self.caller.now;
        for rule in self.model.rules(object) {
            let job = |fields: &Fields| date_job(rule, event.record, fields);
            let (old, new) = (event.old.as_ref().and_then(job), job(&event.new));
            if old == new {
                continue;
            }
            let is_due = old.is_some_and(|old| old.at <= now && self.model.queue.contains(&old));
            if is_due && !is_live(&event.new) {
                continue;
            }
            old.map(|job| self.model.queue.remove(&job));
            let new = new.filter(|job| is_due || job.at >= now);
            self.model.queue.extend(new);
        }
    }

    /// The work of a rule in the queue is made anew where it is switched on or off.
    fn follow_rule(&mut self, event: &Event) {
        let is_on = |rule: &Fields| is_live(rule) && get(rule, "active") != false.into();
        let record = event.record;
        let was_on = event.old.as_ref().is_some_and(is_on);
        if was_on == is_on(&event.new) {
            return;
        }
        self.model.queue.retain(|job| job.rule != record.id);
        let Some(rule) = self.model.rule(record.id) else {
            return;
        };
        let now = self.caller.now;
        match rule.1.trigger {
            "schedule" => {
                let at = self.next_run(rule, now);
                self.model.queue.insert(schedule_job(rule, at));
            }
            "date_reached" => {
                let records = self.model.all_live(rule.1.object.number());
                let jobs = records.filter_map(|(record, fields)| date_job(rule, record, fields));
                let jobs: Vec<Job> = jobs.filter(|job| job.at >= now).collect();
                self.model.queue.extend(jobs);
            }
            _ => {}
        }
    }

    /// Does what is due.
    pub fn run_due(&mut self, until: DateTime<Utc>) -> Res<Answer> {
        let due: Vec<Job> = self
            .model
            .queue
            .iter()
            .filter(|job| job.at <= until)
            .copied()
            .collect();
        let mut reminders = Vec::new();
        let mut runs = 0;
        for job in due {
            self.model.queue.remove(&job);
            match job.what {
                What::Reminder => {
                    let waits = self
                        .model
                        .any(job.record)
                        .and_then(|fields| reminder_job(job.record, fields));
                    if waits == Some(job) {
                        self.update(job.record, &vec![("status", "due".into())], None, true)?;
                        reminders.push(job.record);
                    }
                }
                What::DateReached => {
                    let Some(rule) = self.model.rule(job.rule) else {
                        continue;
                    };
                    let still = self
                        .model
                        .any(job.record)
                        .and_then(|fields| date_job(rule, job.record, fields));
                    if still == Some(job) && self.caller.automate {
                        let cause = self.begin_cause();
                        self.run(rule, job.record, &[], cause)?;
                        runs += 1;
                    }
                }
                What::Schedule => runs += self.run_schedule(job, until)?,
            }
        }
        reminders.sort();
        Ok(Answer::Due {
            reminders,
            runs,
            more: false,
        })
    }

    /// When a schedule runs next: a number of intervals after it was made.
    fn next_run(&self, rule: Active, after: DateTime<Utc>) -> DateTime<Utc> {
        let mut next = match self.model.value(rule.0, "created_at") {
            Value::DateTime(created) => created,
            _ => after,
        };
        while next <= after {
            next += TimeDelta::minutes(rule.1.every);
        }
        next
    }

    fn run_schedule(&mut self, job: Job, until: DateTime<Utc>) -> Res<usize> {
        let Some(rule) = self.model.rule(job.rule) else {
            return Ok(0);
        };
        // Runs that were missed are made up for by one.
        let next = self.next_run(rule, until.max(job.at));
        self.model.queue.insert(schedule_job(rule, next));
        if !self.caller.automate {
            return Ok(0);
        }
        let of_rule = self.model.all_live(rule.1.object.number());
        let records = of_rule.filter(|(_, fields)| (rule.1.holds)(fields));
        let records: Vec<Ref> = records.map(|(record, _)| record).collect();
        for record in &records {
            let cause = self.begin_cause();
            self.run(rule, *record, &[], cause)?;
        }
        Ok(records.len())
    }
}

fn is_set_off(rule: &Automation, event: &Event) -> bool {
    let watched = rule.fields.is_empty()
        || rule
            .fields
            .iter()
            .any(|field| event.changed.contains(field));
    match (rule.trigger, event.kind) {
        ("created", ChangeKind::Created) => true,
        ("updated", ChangeKind::Updated) => watched,
        _ => false,
    }
}

fn reminder_job(record: Ref, fields: &Fields) -> Option<Job> {
    let waits = is_live(fields) && get(fields, "status") == "waiting".into();
    match get(fields, "at") {
        Value::DateTime(at) if waits => Some(Job {
            at,
            what: What::Reminder,
            record,
            rule: Id::NIL,
        }),
        _ => None,
    }
}

fn date_job((rule_record, rule): Active, record: Ref, fields: &Fields) -> Option<Job> {
    if rule.trigger != "date_reached" || !is_live(fields) {
        return None;
    }
    let at = match get(fields, rule.fields.first()?) {
        Value::DateTime(at) => at,
        Value::Date(day) => day.and_time(chrono::NaiveTime::MIN).and_utc(),
        _ => return None,
    };
    Some(Job {
        at: at + TimeDelta::minutes(rule.offset),
        what: What::DateReached,
        record,
        rule: rule_record.id,
    })
}

fn schedule_job((rule, _): Active, at: DateTime<Utc>) -> Job {
    Job {
        at,
        what: What::Schedule,
        record: rule,
        rule: rule.id,
    }
}
