//! Random calls of the public API, the same for the same seed.

use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use crm_core::schema::{FieldDef, FieldType};
use crm_core::*;
use fastrand::Rng;

/// What a workload may do; some weigh more than others.
const CALLS: &[(u32, Call)] = &[
    (8, |w| w.create_company()),
    (8, |w| w.create_contact()),
    (6, |w| w.create_deal()),
    (16, |w| w.rename()),
    (4, |w| w.delete()),
    (3, |w| w.restore()),
    (2, |w| w.purge()),
    (4, |w| w.batch()),
    (4, |w| w.upsert()),
    (5, |w| w.move_card()),
    (1, |w| w.import()),
    (1, |w| w.undo()),
    (2, |w| w.add_field()),
    (1, |w| w.retype_field()),
    (1, |w| w.index_field()),
    (1, |w| w.create_rule()),
    (4, |w| w.remind()),
    (5, |w| w.run_due()),
    (5, |w| w.note()),
    (3, |w| w.put_content()),
    (3, |w| w.maintain()),
    (1, |w| w.compact()),
    (1, |w| w.back_up()),
];

type Call = fn(&mut Workload) -> Result<Vec<Ref>>;

/// A database that is worked on.
pub struct Workload {
    crm: Crm,
    clock: Arc<ManualClock>,
    rng: Rng,
    stages: Vec<Id<Stage>>,
    /// Every record that was made by a call, whatever became of it.
    companies: Vec<Id<Company>>,
    contacts: Vec<Id<Contact>>,
    deals: Vec<Id<Deal>>,
    /// How much of each kind was made, for names that differ.
    made: u64,
    custom_fields: Vec<String>,
    operations: Vec<String>,
    purges: bool,
}

/// A clock that stands at nine o'clock of a working day, so many days on.
pub fn clock(days: u32) -> Arc<ManualClock> {
    let start = DateTime::from_timestamp(1_772_442_000, 0).unwrap_or_default();
    Arc::new(ManualClock::new(start + TimeDelta::days(days.into())))
}

/// How a database is opened: the ids that it gives are unique as long as the clock goes on between openings.
pub fn options(clock: &Arc<ManualClock>) -> Options {
    Crm::options()
        .clock(Arc::clone(clock))
        .ids(SequentialIds::default())
        .cache_bytes(1 << 20)
}

impl Workload {
    /// Sets a new database up.
    ///
    /// # Errors
    /// Those of the store.
    pub fn new(crm: Crm, clock: Arc<ManualClock>, seed: u64) -> Result<Self> {
        let sales = crm.create(Pipeline::draft().name("Sales"))?;
        let mut stages = Vec::new();
        for (order, name) in ["Lead", "Offer", "Won"].into_iter().enumerate() {
            let kind = if name == "Won" {
                StageKind::Won
            } else {
                StageKind::Open
            };
            let stage = Stage::draft().name(name).pipeline(sales).kind(kind);
            let chance = 40 * order as i64;
            stages.push(crm.create(stage.order(order as i64).probability(chance))?);
        }
        Ok(Workload {
            crm,
            clock,
            rng: Rng::with_seed(seed),
            stages,
            companies: Vec::new(),
            contacts: Vec::new(),
            deals: Vec::new(),
            made: 0,
            custom_fields: Vec::new(),
            operations: Vec::new(),
            purges: true,
        })
    }

    /// The database.
    pub fn crm(&self) -> &Crm {
        &self.crm
    }

    /// Leaves everything that was in the log.
    pub fn never_purge(&mut self) {
        self.purges = false;
    }

    /// Goes on with the same database, opened anew.
    pub fn go_on_with(&mut self, crm: Crm) {
        self.crm = crm;
    }

    /// Makes one call; returns the records that it was about.
    ///
    /// # Errors
    /// Those of the store. That a call is refused, since a record is in the trash or a name is taken, is as
    /// good as any other outcome.
    pub fn step(&mut self) -> Result<Vec<Ref>> {
        self.clock.advance(TimeDelta::minutes(7));
        let mut at = self
            .rng
            .u32(0..CALLS.iter().map(|(weight, _)| weight).sum());
        let chosen = CALLS.iter().find(|(weight, _)| {
            let found = at < *weight;
            at = at.saturating_sub(*weight);
            found
        });
        let Some((_, call)) = chosen else {
            return Ok(Vec::new());
        };
        match call(self) {
            Err(error) if !is_of_the_store(&error) => Ok(Vec::new()),
            outcome => outcome,
        }
    }

    fn new_name(&mut self, kind: &str) -> String {
        self.made += 1;
        let word = ["Acme", "Bolt", "Cargo", "Dune", "Ember"][self.rng.usize(0..5)];
        format!("{word} {kind} {}", self.made)
    }

    /// A company, a contact or a deal.
    fn a_record(&mut self) -> Result<Ref> {
        match self.rng.u8(0..3) {
            0 => Ok(one(&mut self.rng, &self.companies)?.reference()),
            1 => Ok(one(&mut self.rng, &self.contacts)?.reference()),
            _ => Ok(one(&mut self.rng, &self.deals)?.reference()),
        }
    }

    fn create_company(&mut self) -> Result<Vec<Ref>> {
        let mut draft = Company::draft()
            .name(self.new_name("company"))
            .external_id(format!("C{}", self.made))
            .employees(self.rng.i64(1..5_000));
        if let Ok(parent) = one(&mut self.rng, &self.companies) {
            draft = draft.parent(parent);
        }
        let id = self.crm.create(draft)?;
        self.companies.push(id);
        Ok(vec![id.reference()])
    }

    fn create_contact(&mut self) -> Result<Vec<Ref>> {
        let name = self.new_name("person");
        let draft = Contact::draft()
            .name(name.as_str())
            .email(format!("p{}@example.com", self.made))
            .external_id(format!("P{}", self.made));
        let id = self.crm.create(draft)?;
        self.contacts.push(id);
        Ok(vec![id.reference()])
    }

    fn create_deal(&mut self) -> Result<Vec<Ref>> {
        let amount = format!("{} EUR", self.rng.u32(1..100_000));
        let mut draft = Deal::draft()
            .name(self.new_name("deal"))
            .stage(one(&mut self.rng, &self.stages)?)
            .amount(amount.parse::<Money>()?);
        if let Ok(company) = one(&mut self.rng, &self.companies) {
            draft = draft.company(company);
        }
        let id = self.crm.create(draft)?;
        self.deals.push(id);
        Ok(vec![id.reference()])
    }

    fn rename(&mut self) -> Result<Vec<Ref>> {
        let record = self.a_record()?;
        let catalog = self.crm.catalog();
        let object = catalog.object(record.object)?;
        let mut fields = Fields::new();
        match object.name.as_str() {
            "contact" => fields.set("description", self.new_name("remark").repeat(20)),
            _ => fields.set("name", self.new_name("renamed")),
        };
        if object.name == "company"
            && let Some(field) = self.custom_fields.last()
        {
            fields.set(field, format!("{}", self.rng.u32(..)));
        }
        self.crm.update_record(record, fields)?;
        Ok(vec![record])
    }

    fn delete(&mut self) -> Result<Vec<Ref>> {
        let record = self.a_record()?;
        self.crm.delete(record)?;
        Ok(vec![record])
    }

    fn restore(&mut self) -> Result<Vec<Ref>> {
        let trash = self.crm.find(&Query::of("company").in_trash())?.rows;
        let Some(record) = trash.first().map(Record::reference) else {
            return Ok(Vec::new());
        };
        self.crm.restore(record)?;
        Ok(vec![record])
    }

    fn purge(&mut self) -> Result<Vec<Ref>> {
        if !self.purges {
            return Ok(Vec::new());
        }
        let record = self.a_record()?;
        self.crm.purge(record)?;
        Ok(vec![record])
    }

    /// Three changes under a key, asked for twice.
    fn batch(&mut self) -> Result<Vec<Ref>> {
        let company = Company::draft().name(self.new_name("batched"));
        let person = Contact::draft().email(format!("b{}@example.com", self.made));
        let changes = [
            Change::create(company),
            Change::create(person),
            Change::update(
                one(&mut self.rng, &self.companies)?,
                Company::draft().employees(self.rng.i64(1..9)),
            ),
        ];
        let key = format!("batch {}", self.made);
        let outcomes = self.crm.batch(&changes, Some(Keyed(&key)))?;
        self.crm.batch(&changes, Some(Keyed(&key)))?;
        Ok(outcomes.iter().map(|outcome| outcome.record).collect())
    }

    fn upsert(&mut self) -> Result<Vec<Ref>> {
        let draft = Company::draft()
            .external_id(format!("C{}", self.rng.u64(0..self.made + 5)))
            .name(self.new_name("upserted"));
        let outcome = self.crm.upsert(Company::EXTERNAL_ID, draft)?;
        Ok(vec![outcome.record])
    }

    fn move_card(&mut self) -> Result<Vec<Ref>> {
        let card = one(&mut self.rng, &self.deals)?;
        let stage = one(&mut self.rng, &self.stages)?;
        self.crm.move_card(card, stage, None)?;
        Ok(vec![card.reference()])
    }

    fn import(&mut self) -> Result<Vec<Ref>> {
        let mut file = "Company,Employees,Industry\n".to_owned();
        for row in 0..self.rng.usize(3..25) {
            let name = self.new_name("imported");
            let employees = if row == 2 {
                "many".to_owned()
            } else {
                row.to_string()
            };
            file.push_str(&format!("{name},{employees},Shipping\n"));
        }
        let operation = self.new_name("import");
        let options = ImportOptions::new("company").operation(&operation);
        let go_on = &mut |_: ImportProgress| ControlFlow::Continue(());
        self.crm.import_csv(file.as_bytes(), &options, go_on)?;
        self.operations.push(operation);
        Ok(Vec::new())
    }

    fn undo(&mut self) -> Result<Vec<Ref>> {
        if let Some(operation) = self.operations.pop() {
            self.crm.undo(&operation)?;
        }
        Ok(Vec::new())
    }

    fn add_field(&mut self) -> Result<Vec<Ref>> {
        let name = format!("extra_{}", self.custom_fields.len() + 1);
        let mut field = FieldDef::new(0, &name, FieldType::Text).search(2);
        if self.rng.bool() {
            field = field.indexed().default("1");
        }
        self.crm.add_field("company", field)?;
        self.custom_fields.push(name);
        Ok(Vec::new())
    }

    fn retype_field(&mut self) -> Result<Vec<Ref>> {
        if let Some(field) = self.custom_fields.pop() {
            let ty = FieldType::Integer;
            self.crm.retype_field("company", &field, ty, true)?;
        }
        Ok(Vec::new())
    }

    fn index_field(&mut self) -> Result<Vec<Ref>> {
        let fields = ["employees", "founded", "description"];
        let field = fields[self.rng.usize(0..fields.len())];
        self.crm.index_field("company", field)?;
        Ok(Vec::new())
    }

    fn create_rule(&mut self) -> Result<Vec<Ref>> {
        let rule = Rule::draft()
            .name(self.new_name("rule"))
            .object("company")
            .trigger(Trigger::Updated)
            .condition("employees > 100")
            .actions(r#"[{"do": "add_tag", "tag": "large"}]"#);
        let id = self.crm.create(rule)?;
        Ok(vec![id.reference()])
    }

    fn remind(&mut self) -> Result<Vec<Ref>> {
        let at = self.clock.now() + TimeDelta::minutes(self.rng.i64(1..200));
        let reminder = Reminder::draft()
            .text(self.new_name("reminder"))
            .about(self.a_record()?)
            .at(at);
        let id = self.crm.create(reminder)?;
        Ok(vec![id.reference()])
    }

    fn run_due(&mut self) -> Result<Vec<Ref>> {
        self.clock.advance(TimeDelta::minutes(60));
        let report = self.crm.run_due(self.clock.now())?;
        Ok(report.reminders)
    }

    fn note(&mut self) -> Result<Vec<Ref>> {
        let note = Note::draft()
            .subject(self.new_name("note"))
            .about(vec![self.a_record()?]);
        let id = self.crm.create(note)?;
        Ok(vec![id.reference()])
    }

    fn put_content(&mut self) -> Result<Vec<Ref>> {
        let paper = Document::draft().name(self.new_name("paper"));
        let paper = self.crm.create(paper)?;
        let mut content = vec![0; self.rng.usize(0..30_000)];
        self.rng.fill(&mut content);
        self.crm.put_content(paper, &content)?;
        Ok(vec![paper.reference()])
    }

    fn maintain(&mut self) -> Result<Vec<Ref>> {
        while self.crm.maintain()? {}
        Ok(Vec::new())
    }

    fn compact(&mut self) -> Result<Vec<Ref>> {
        self.crm.compact(&mut |_| ControlFlow::Continue(()))?;
        Ok(Vec::new())
    }

    /// To a file of the operating system, which must hold what the database holds.
    fn back_up(&mut self) -> Result<Vec<Ref>> {
        let io = |error: std::io::Error| Error::from(Detail::Io(error.to_string()));
        let folder = tempfile::tempdir().map_err(io)?;
        let path = folder.path().join("backup.crm");
        self.crm.backup(&path, &mut |_| ControlFlow::Continue(()))?;
        let copy = options(&self.clock).open(&path)?;
        let same = copy.sequence() == self.crm.sequence() && copy.check()?.is_sound();
        if !same {
            let what = "a backup is not what was backed up".to_owned();
            return Err(Detail::Corrupt { what }.into());
        }
        Ok(Vec::new())
    }
}

/// One of those that there are; not found, as any other record may be, if there is none.
fn one<T: Copy>(rng: &mut Rng, of: &[T]) -> Result<T> {
    rng.choice(of).copied().ok_or_else(|| {
        let (object, id) = ("record".to_owned(), String::new());
        Detail::NotFound { object, id }.into()
    })
}

/// True for an error that is no answer to what was asked for.
pub fn is_of_the_store(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::Io | Code::Full | Code::Corrupt | Code::NeedsReopen | Code::Locked | Code::Closed
    )
}
