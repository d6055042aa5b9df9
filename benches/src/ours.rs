//! Our side: the engine through its public API.

use std::path::Path;

use chrono::NaiveDate;
use crm_core::schema::kind::{AddressParts, NameParts};
use crm_core::schema::{FieldDef, FieldType};
use crm_core::*;
use rust_decimal::Decimal;

use crate::Result;
use crate::data::{self, Data, STAGES};
use crate::rules::Rule;

/// What each side may keep in memory: SQLite 64 MiB in its cache and 256 MiB of the mapped file, ours and redb all of
/// it in the cache.
pub const CACHE_BYTES: usize = 320 << 20;
/// Changes in one transaction of a load: half of what a batch may have. SQLite's loads are one transaction.
pub const CHUNK: usize = 50_000;

/// The numbers of the five custom fields.
#[derive(Clone)]
pub struct Custom([u16; 5]);

/// An open database with what the jobs need to know of it.
pub struct Ours {
    pub crm: Crm,
    custom: Custom,
}

impl Ours {
    /// Makes a database with the custom fields and the pipeline.
    pub fn create(path: &Path) -> Result<Self> {
        Ours::create_with(path, Crm::options().cache_bytes(CACHE_BYTES))
    }

    /// Makes a database with a clock and ids of the caller's.
    pub fn create_with(path: &Path, options: Options) -> Result<Self> {
        let crm = options.open(path)?;
        crm.add_fields(
            "contact",
            vec![
                FieldDef::custom("score", FieldType::Integer),
                FieldDef::custom("segment", FieldType::Text).indexed(),
                FieldDef::custom("newsletter", FieldType::Boolean),
                FieldDef::custom("budget", FieldType::Money),
                FieldDef::custom("renewal", FieldType::Date),
            ],
        )?;
        Ours::with(crm)
    }

    /// Opens a database that [`create`](Ours::create) has made.
    pub fn open(path: &Path) -> Result<Self> {
        Ours::open_with(path, Crm::options().cache_bytes(CACHE_BYTES))
    }

    /// Opens a database with a clock and ids of the caller's.
    pub fn open_with(path: &Path, options: Options) -> Result<Self> {
        Ours::with(options.open(path)?)
    }

    /// With an open database.
    pub fn with(crm: Crm) -> Result<Self> {
        let catalog = crm.catalog();
        let contact = catalog.object_named("contact")?;
        let mut custom = [0; 5];
        for (slot, name) in
            custom
                .iter_mut()
                .zip(["score", "segment", "newsletter", "budget", "renewal"])
        {
            *slot = contact.field_named(name)?.id;
        }
        Ok(Ours {
            crm,
            custom: Custom(custom),
        })
    }

    /// Loads everything, in transactions of [`CHUNK`] changes.
    pub fn load(&self, data: &Data) -> Result<()> {
        self.load_frame(data)?;
        self.import_contacts(data)?;
        let session = self.crm.caused_by("import").without_rules();
        for chunk in data.activities.chunks(CHUNK) {
            let changes: Vec<Change> = chunk
                .iter()
                .map(|activity| new_activity(activity, data))
                .collect();
            session.batch(&changes, None)?;
        }
        let deals: Vec<Change> = data
            .deals
            .iter()
            .map(|deal| new_deal(deal, data))
            .collect::<Result<_>>()?;
        for chunk in deals.chunks(CHUNK) {
            session.batch(chunk, None)?;
        }
        Ok(())
    }

    /// Loads what contacts and deals refer to.
    pub fn load_frame(&self, data: &Data) -> Result<()> {
        let session = self.crm.caused_by("import").without_rules();
        let mut changes = Vec::new();
        for pipeline in &data.pipelines {
            let draft = Pipeline::draft().name(pipeline.name);
            changes.push(create::<Pipeline>(pipeline.id, draft));
            for (order, ((name, kind, chance), id)) in
                STAGES.iter().zip(pipeline.stages).enumerate()
            {
                let stage = Stage::draft()
                    .name(*name)
                    .pipeline(id_of(pipeline.id))
                    .order(order as i64)
                    .probability(*chance)
                    .with("kind", *kind);
                changes.push(create::<Stage>(id, stage));
            }
        }
        for user in &data.users {
            changes.push(create::<User>(
                user.id,
                User::draft()
                    .name(user.name.as_str())
                    .email(user.email.as_str()),
            ));
        }
        for company in &data.companies {
            let address = AddressParts {
                city: company.city.to_owned(),
                ..AddressParts::default()
            };
            let draft = Company::draft()
                .name(company.name.as_str())
                .domain(company.domain.as_str())
                .address(address)
                .employees(company.employees);
            changes.push(create::<Company>(company.id, draft));
        }
        for chunk in changes.chunks(CHUNK) {
            session.batch(chunk, None)?;
        }
        Ok(())
    }

    /// Loads the contacts.
    pub fn import_contacts(&self, data: &Data) -> Result<()> {
        self.import(&data.contacts, data)
    }

    /// Loads some of the contacts.
    pub fn import(&self, contacts: &[data::Contact], data: &Data) -> Result<()> {
        let session = self.crm.caused_by("import").without_rules();
        for chunk in contacts.chunks(CHUNK) {
            let changes: Vec<Change> = chunk
                .iter()
                .map(|contact| {
                    Ok(create::<Contact>(
                        contact.id,
                        self.new_contact(contact, data)?,
                    ))
                })
                .collect::<Result<_>>()?;
            session.batch(&changes, None)?;
        }
        Ok(())
    }

    fn new_contact(&self, contact: &data::Contact, data: &Data) -> Result<Draft<Contact>> {
        let name = NameParts {
            given: contact.given.clone(),
            family: contact.family.clone(),
            ..NameParts::default()
        };
        let address = AddressParts {
            city: contact.city.to_owned(),
            ..AddressParts::default()
        };
        let budget = Money::new(Decimal::new(contact.budget_cents, 2), Currency::new("EUR")?)?;
        Ok(Contact::draft()
            .name(name)
            .email(contact.email.as_str())
            .phone(contact.phone.as_str())
            .company(id_of(data.companies[contact.company].id))
            .job_title(contact.job_title)
            .department(contact.department)
            .address(address)
            .language(contact.language)
            .source(contact.source)
            .with("lifecycle", contact.lifecycle)
            .owner(id_of(data.users[contact.owner].id))
            .description(contact.description.as_str())
            .external_id(contact.external_id.as_str())
            .with("score", contact.score)
            .with("segment", contact.segment)
            .with("newsletter", contact.newsletter)
            .with("budget", budget)
            .with("renewal", contact.renewal))
    }

    /// Creates one contact, durably.
    pub fn save_contact(&self, contact: &data::Contact, data: &Data) -> Result<u64> {
        self.crm.create(self.new_contact(contact, data)?)?;
        Ok(1)
    }

    /// Changes two fields of a contact, durably.
    pub fn change_contact(&self, contact: data::Id, n: u64) -> Result<u64> {
        let draft = Contact::draft()
            .department(format!("Department {n}"))
            .with("score", (n % 100) as i64);
        self.crm.update(id_of::<Contact>(contact), draft)?;
        Ok(1)
    }

    /// Makes rules on contacts that change; see [`rules`](crate::rules).
    pub fn add_rules(&self, rules: impl Iterator<Item = Rule>) -> Result<()> {
        let rules = rules.map(|rule| Change::Create {
            object: "rule".to_owned(),
            id: None,
            fields: crm_core::Rule::draft()
                .name(rule.name)
                .object("contact")
                .trigger(Trigger::Updated)
                .fields(rule.watched)
                .condition(rule.condition)
                .actions(rule.actions)
                .into(),
        });
        self.crm.batch(&rules.collect::<Vec<_>>(), None)?;
        Ok(())
    }

    /// Changes the department and the job title of a contact, durably.
    pub fn change_title(&self, contact: data::Id, title: &str, n: u64) -> Result<u64> {
        let draft = Contact::draft()
            .department(format!("Department {n}"))
            .job_title(title);
        self.crm.update(id_of::<Contact>(contact), draft)?;
        Ok(1)
    }

    /// Reads a contact and every field of it; the sum of what was read stands for its use.
    pub fn get_contact(&self, id: data::Id) -> Result<u64> {
        let contact = self.crm.get(id_of::<Contact>(id))?;
        Ok(self.read_all(&contact))
    }

    fn read_all(&self, contact: &schema::View<Contact>) -> u64 {
        let text = |text: Option<&str>| text.map_or(0, |text| text.len() as u64);
        let mut sum = 0;
        if let Some(name) = contact.get(Contact::NAME.number()).as_parts() {
            sum += text(Some(name.get(0))) + text(Some(name.get(1)));
        }
        sum += text(contact.email()) + text(contact.phone());
        sum += contact
            .company()
            .map_or(0, |company| u64::from(company.as_bytes()[15]));
        sum += text(contact.job_title()) + text(contact.department());
        if let Some(address) = contact.get(Contact::ADDRESS.number()).as_parts() {
            sum += text(Some(address.get(1)));
        }
        sum += text(contact.language()) + text(contact.source());
        sum += text(contact.get(Contact::LIFECYCLE.number()).as_text());
        sum += contact
            .owner()
            .map_or(0, |owner| u64::from(owner.as_bytes()[15]));
        sum += text(contact.description()) + text(contact.external_id());
        let Custom([score, segment, newsletter, budget, renewal]) = self.custom;
        sum += contact.get(score).as_int().unwrap_or(0).unsigned_abs();
        sum += text(contact.get(segment).as_text());
        sum += u64::from(contact.get(newsletter).as_bool().unwrap_or(false));
        sum += contact
            .get(budget)
            .as_money()
            .map_or(0, |money| money.currency().code().len() as u64);
        sum += u64::from(
            contact
                .get(renewal)
                .as_date()
                .is_some_and(|date| date > NaiveDate::default()),
        );
        sum + u64::from(contact.created_at().is_some()) + u64::from(contact.updated_at().is_some())
    }

    /// A page of 50 contacts by name, from somewhere in the list, all fields read.
    pub fn page_by_name(&self, after: Option<&str>) -> Result<(u64, Option<String>)> {
        let query = Query::of("contact")
            .sort("name")
            .limit(50)
            .after(after.unwrap_or_default());
        let page = self.crm.list::<Contact>(query)?;
        let read = page.rows.iter().map(|contact| self.read_all(contact)).sum();
        Ok((read, page.next))
    }

    /// The first 50 contacts of a segment, in order of creation.
    pub fn page_of_segment(&self, segment: &str) -> Result<u64> {
        let query = Query::of("contact")
            .filter(&format!("segment == '{segment}'"))
            .limit(50);
        let page = self.crm.list::<Contact>(query)?;
        Ok(page.rows.iter().map(|contact| self.read_all(contact)).sum())
    }

    /// The newest 50 activities of a contact.
    pub fn timeline(&self, contact: data::Id) -> Result<u64> {
        let page = self
            .crm
            .timeline(&TimelineQuery::of(id_of::<Contact>(contact)).limit(50))?;
        let subject =
            |entry: &TimelineEntry| entry.summary.get(1).as_text().map_or(0, str::len) as u64;
        Ok(page.entries.iter().map(subject).sum::<u64>() + page.entries.len() as u64)
    }

    /// The board: for each stage count and sums and, if asked for, the first cards.
    pub fn board(&self, pipeline: data::Id, cards: usize) -> Result<u64> {
        let board = self.crm.board("deal", id_of::<Pipeline>(pipeline), cards)?;
        let mut sum = 0;
        for column in &board.columns {
            sum += column.count;
            for card in &column.cards {
                sum += card
                    .record
                    .get(Deal::NAME.number())
                    .as_text()
                    .map_or(0, str::len) as u64;
            }
        }
        Ok(sum)
    }

    /// The 20 best hits; returns how many there are.
    pub fn search(&self, text: &str) -> Result<u64> {
        let options = SearchOptions {
            objects: Some(&[Contact::TYPE]),
            limit: 20,
            ..SearchOptions::default()
        };
        Ok(self.crm.search(text, &options)?.len() as u64)
    }

    /// Counts the contacts that meet three conditions, none of which has an index.
    pub fn count_segment(&self, department: &str, score: i64) -> Result<u64> {
        let filter = format!("department == '{department}' && score > {score} && newsletter");
        Ok(self.crm.count("contact", &filter)?)
    }

    /// The first 50 of them, in order of creation.
    pub fn page_of_three_conditions(&self, department: &str, score: i64) -> Result<u64> {
        let filter = format!("department == '{department}' && score > {score} && newsletter");
        let query = Query::of("contact").filter(&filter).limit(50);
        let page = self.crm.list::<Contact>(query)?;
        Ok(page.rows.iter().map(|contact| self.read_all(contact)).sum())
    }

    /// Reads the first `entries` changes of the feed.
    pub fn read_feed(&self, entries: u64) -> Result<u64> {
        let (mut read, mut cursor) = (0, 0);
        while read < entries {
            let commits = self.crm.changes(cursor, 1_000)?;
            let Some(last) = commits.last() else { break };
            cursor = last.commit.sequence;
            read += commits
                .iter()
                .map(|commit| commit.entries.len() as u64)
                .sum::<u64>();
        }
        Ok(read.min(entries))
    }

    /// Uses everything once, so that what stays in memory can be measured.
    pub fn use_everything(&self) -> Result<()> {
        let (mut after, mut ids) = (String::new(), Vec::new());
        loop {
            let page = self
                .crm
                .list::<Contact>(Query::of("contact").limit(1_000).after(&after))?;
            for contact in &page.rows {
                self.read_all(contact);
                ids.push(*contact.id().as_bytes());
            }
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        for id in ids.iter().take(2_000) {
            self.timeline(*id)?;
        }
        for pipeline in self.crm.list::<Pipeline>(Query::default())?.rows {
            self.board(*pipeline.id().as_bytes(), 50)?;
        }
        for text in ["ma", "schm", "anna müll"] {
            self.search(text)?;
        }
        self.count_segment("Sales", 50)?;
        self.read_feed(100_000)?;
        Ok(())
    }

    /// Folds what waits, as a host does when it is idle.
    pub fn maintain(&self) -> Result<()> {
        while self.crm.maintain()? {}
        Ok(())
    }

    /// Closes the file.
    pub fn close(self) -> Result<()> {
        Ok(self.crm.close()?)
    }
}

fn id_of<O>(id: data::Id) -> Id<O> {
    Id::from_bytes(id)
}

fn create<O: schema::Object>(id: data::Id, draft: Draft<O>) -> Change {
    Change::Create {
        object: O::TYPE_NAME.to_owned(),
        id: Some(Id::from_bytes(id)),
        fields: draft.into(),
    }
}

fn new_activity(activity: &data::Activity, data: &Data) -> Change {
    let about = vec![id_of::<Contact>(data.contacts[activity.contact].id).reference()];
    let owner = id_of(data.users[activity.owner].id);
    if activity.is_call {
        let draft = Call::draft()
            .subject(activity.subject)
            .about(about)
            .at(activity.at);
        create(
            activity.id,
            draft.notes(activity.body.as_str()).owner(owner),
        )
    } else {
        let draft = Note::draft()
            .subject(activity.subject)
            .about(about)
            .at(activity.at);
        create(activity.id, draft.body(activity.body.as_str()).owner(owner))
    }
}

fn new_deal(deal: &data::Deal, data: &Data) -> Result<Change> {
    let amount = Money::new(
        Decimal::new(deal.amount_cents, 2),
        Currency::new(deal.currency)?,
    )?;
    let draft = Deal::draft()
        .name(deal.name.as_str())
        .stage(id_of(data.pipelines[deal.pipeline].stages[deal.stage]))
        .amount(amount)
        .close_date(deal.close)
        .company(id_of(data.companies[deal.company].id))
        .owner(id_of(data.users[deal.owner].id));
    Ok(create(deal.id, draft))
}
