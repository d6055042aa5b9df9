//! Saves under rules: our engine with 1,000 of them against itself with one, and with none.

use std::path::Path;

use crm_core::Options;

use crate::data::{Data, Id};
use crate::jobs::{Job, SAVE, World};
use crate::ours::Ours;
use crate::{Result, SEED};

const RULES: usize = 1_000;
/// The contacts of these databases: with a few all saves are as cheap as they get.
const CONTACTS: usize = 2_000;
/// The job title that one rule waits for.
const MATCH: &str = "Chief of matches";
const NO_MATCH: &str = "Clerk";

/// A rule on contacts that change.
pub struct Rule {
    pub name: String,
    pub watched: Vec<String>,
    pub condition: String,
    pub actions: &'static str,
}

/// Databases with the same contacts, and other numbers of rules.
pub struct Rules {
    contacts: Vec<Id>,
    none: Ours,
    one: Ours,
    thousand: Ours,
}

impl Rules {
    /// Makes them.
    pub fn create(folder: &Path, options: &dyn Fn() -> Result<Options>) -> Result<Self> {
        let data = Data::generate(CONTACTS, SEED);
        let make = |name, rules: usize| -> Result<Ours> {
            let ours = Ours::create_with(&path(folder, name), options()?)?;
            ours.load_frame(&data)?;
            ours.import_contacts(&data)?;
            ours.add_rules((0..rules).map(rule))?;
            ours.maintain()?;
            Ok(ours)
        };
        Ok(Rules {
            none: make("none", 0)?,
            one: make("one", 1)?,
            thousand: make("thousand", RULES)?,
            contacts: ids(&data),
        })
    }

    /// Opens those that [`create`](Rules::create) has made.
    pub fn open(folder: &Path, options: &dyn Fn() -> Result<Options>) -> Result<Self> {
        let open = |name| Ours::open_with(&path(folder, name), options()?);
        Ok(Rules {
            contacts: ids(&Data::generate(CONTACTS, SEED)),
            none: open("none")?,
            one: open("one")?,
            thousand: open("thousand")?,
        })
    }

    /// Closes the files.
    pub fn close(self) -> Result<()> {
        let all = [self.none, self.one, self.thousand];
        all.into_iter().try_for_each(Ours::close)
    }
}

fn ids(data: &Data) -> Vec<Id> {
    data.contacts.iter().map(|contact| contact.id).collect()
}

fn path(folder: &Path, name: &str) -> std::path::PathBuf {
    folder.join(format!("rules-{name}.crm"))
}

/// The first rule is the one that matches. Most others ask for a value first, as rules do; one in twenty watches a
/// field that nobody changes, and one in twenty has a condition that has to be tested.
fn rule(n: usize) -> Rule {
    let (watched, condition) = match n {
        0 => (
            Vec::new(),
            format!("job_title == '{MATCH}' && changed(department)"),
        ),
        n if n % 20 == 1 => (vec!["renewal".to_owned()], format!("score > {}", n % 100)),
        n if n % 20 == 2 => (Vec::new(), format!("score > {} && newsletter", 100 + n)),
        n if n % 3 == 0 => (
            Vec::new(),
            format!("department == 'Branch {n}' && score > 10"),
        ),
        n => (
            Vec::new(),
            format!("job_title in ['Title {n}', 'Old title {n}'] || job_title == 'T{n}'"),
        ),
    };
    Rule {
        name: format!("Rule {n}"),
        watched,
        condition,
        actions: r#"[{"do": "set", "fields": {"source": {"cel": "department"}}}]"#,
    }
}

/// What saves cost under rules.
pub const JOBS: &[Job] = &[
    Job {
        name: "change a contact, 1,000 rules, none matches",
        against: "no rules",
        ours: |w, n| w.rules.thousand.change_title(contact(w, n), NO_MATCH, n),
        other: |w, n| w.rules.none.change_title(contact(w, n), NO_MATCH, n),
        ..SAVE
    },
    Job {
        name: "change a contact, 1,000 rules, one matches and acts",
        against: "one rule",
        ours: |w, n| {
            w.rules
                .thousand
                .change_title(contact(w, n), MATCH, n + 1_000_000)
        },
        other: |w, n| {
            w.rules
                .one
                .change_title(contact(w, n), MATCH, n + 1_000_000)
        },
        ..SAVE
    },
    Job {
        name: "change a contact, 1,000 rules, one matches and acts",
        against: "no rules",
        counted: 0,
        ours: |w, n| {
            w.rules
                .thousand
                .change_title(contact(w, n), MATCH, n + 2_000_000)
        },
        other: |w, n| {
            w.rules
                .none
                .change_title(contact(w, n), MATCH, n + 2_000_000)
        },
        ..SAVE
    },
];

fn contact(world: &World<'_>, n: u64) -> Id {
    world.rules.contacts[n as usize % CONTACTS]
}
