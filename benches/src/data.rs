//! The data that both engines hold: people, companies, deals and activities with the skew of a real CRM, the
//! same for the same seed.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

/// The stages of the pipeline: name, kind, chance in percent.
pub const STAGES: [(&str, &str, i64); 7] = [
    ("New", "open", 5),
    ("Qualified", "open", 20),
    ("Demo", "open", 40),
    ("Proposal", "open", 60),
    ("Negotiation", "open", 80),
    ("Won", "won", 100),
    ("Lost", "lost", 0),
];
/// The currencies of deals, the first the most frequent.
pub const CURRENCIES: [&str; 3] = ["EUR", "USD", "GBP"];
/// The pipelines, at every size: name, deals under way, closed deals. What a board shows does not grow with the number
/// of contacts.
const PIPELINES: [(&str, usize, usize); 2] = [("Sales", 5_000, 3_000), ("Renewals", 50_000, 0)];
const ACTIVITIES_PER_CONTACT: usize = 10;
const ACTIVITIES_MAX: usize = 600_000;
/// Activities of the busiest contact.
const ACTIVITIES_OF_ONE_MAX: usize = 2_000;

const GIVEN: [&str; 40] = [
    "Maria", "Anna", "James", "Ana", "Lukas", "Emma", "Mohammed", "Sofia", "Paul", "Léa", "José",
    "Julia", "David", "Zoë", "Michael", "Laura", "Jürgen", "Olivia", "Thomas", "Chloé", "Daniel",
    "Nina", "Peter", "Fatima", "Marek", "Elena", "Robert", "Søren", "Ivan", "Martha", "Hugo",
    "Alice", "Omar", "Klara", "Noah", "Irina", "Felix", "Wei", "Aisha", "Björn",
];
const FAMILY: [&str; 48] = [
    "Müller",
    "Smith",
    "García",
    "Schmidt",
    "Johnson",
    "Martin",
    "Rossi",
    "Kowalski",
    "Silva",
    "Nguyen",
    "Schneider",
    "Brown",
    "Fernández",
    "Fischer",
    "Dubois",
    "Weber",
    "Jones",
    "Meyer",
    "López",
    "Wagner",
    "Novák",
    "Becker",
    "Hansen",
    "Andersson",
    "Bauer",
    "Ferrari",
    "Koch",
    "Richter",
    "Petrov",
    "Klein",
    "Wolf",
    "Santos",
    "Wilson",
    "Moreau",
    "Nowak",
    "Taylor",
    "Svensson",
    "Hoffmann",
    "Lindqvist",
    "O'Brien",
    "Marino",
    "Yılmaz",
    "Keller",
    "Dvořák",
    "Chen",
    "Popescu",
    "Haddad",
    "Lovelace",
];
const TRADES: [&str; 24] = [
    "Logistics",
    "Foods",
    "Systems",
    "Energy",
    "Textiles",
    "Media",
    "Pharma",
    "Robotics",
    "Consulting",
    "Insurance",
    "Optics",
    "Steel",
    "Travel",
    "Software",
    "Furniture",
    "Chemicals",
    "Motors",
    "Paper",
    "Games",
    "Farms",
    "Bank",
    "Glass",
    "Tools",
    "Water",
];
const PLACES: [&str; 20] = [
    "Berlin", "London", "Madrid", "Paris", "Lisbon", "Oslo", "Vienna", "Prague", "Rome", "Dublin",
    "Warsaw", "Zürich", "Hamburg", "Lyon", "Porto", "Turin", "Ghent", "Malmö", "Graz", "Leeds",
];
const TITLES: [&str; 10] = [
    "Buyer",
    "Head of Purchasing",
    "CEO",
    "CTO",
    "Engineer",
    "Assistant",
    "Office Manager",
    "Analyst",
    "Sales Manager",
    "Project Lead",
];
const DEPARTMENTS: [&str; 6] = [
    "Sales",
    "Purchasing",
    "IT",
    "Finance",
    "Operations",
    "Marketing",
];
const SOURCES: [&str; 6] = [
    "web",
    "referral",
    "fair",
    "cold_call",
    "partner",
    "newsletter",
];
const LIFECYCLES: [&str; 5] = ["lead", "customer", "qualified", "subscriber", "opportunity"];
const SEGMENTS: [&str; 12] = [
    "smb",
    "mid",
    "enterprise",
    "public",
    "education",
    "health",
    "retail",
    "nonprofit",
    "startup",
    "industry",
    "agency",
    "farm",
];
const SUBJECTS: [&str; 12] = [
    "Intro call",
    "Follow-up on the offer",
    "Question about the invoice",
    "Demo",
    "Renewal",
    "Price list",
    "Delivery date",
    "Contract draft",
    "Complaint",
    "Check-in",
    "Training",
    "Roadmap",
];
const WORDS: [&str; 30] = [
    "please",
    "send",
    "the",
    "offer",
    "again",
    "budget",
    "approved",
    "next",
    "quarter",
    "meeting",
    "with",
    "their",
    "team",
    "wants",
    "discount",
    "shipping",
    "delayed",
    "reference",
    "customer",
    "happy",
    "waiting",
    "for",
    "signature",
    "legal",
    "review",
    "asked",
    "integration",
    "data",
    "export",
    "Thursday",
];

/// The 16 bytes of a UUID of version 7.
pub type Id = [u8; 16];

/// Somebody who owns records.
pub struct User {
    pub id: Id,
    pub name: String,
    pub email: String,
}

/// A company.
pub struct Company {
    pub id: Id,
    pub name: String,
    pub domain: String,
    pub city: &'static str,
    pub employees: i64,
}

/// A person, with five custom fields at the end.
pub struct Contact {
    pub id: Id,
    pub given: String,
    pub family: String,
    pub email: String,
    pub phone: String,
    /// Index in [`Data::companies`].
    pub company: usize,
    pub job_title: &'static str,
    pub department: &'static str,
    pub city: &'static str,
    pub language: &'static str,
    pub source: &'static str,
    pub lifecycle: &'static str,
    /// Index in [`Data::users`].
    pub owner: usize,
    pub description: String,
    pub external_id: String,
    pub score: i64,
    pub segment: &'static str,
    pub newsletter: bool,
    pub budget_cents: i64,
    pub renewal: NaiveDate,
}

/// A call or a note about a contact.
pub struct Activity {
    pub id: Id,
    pub is_call: bool,
    /// Index in [`Data::contacts`].
    pub contact: usize,
    pub at: DateTime<Utc>,
    pub subject: &'static str,
    pub body: String,
    /// Index in [`Data::users`].
    pub owner: usize,
}

/// A sale.
pub struct Deal {
    pub id: Id,
    pub name: String,
    /// Index in the pipelines.
    pub pipeline: usize,
    /// Index in [`STAGES`].
    pub stage: usize,
    pub amount_cents: i64,
    pub currency: &'static str,
    pub close: NaiveDate,
    /// Index in [`Data::companies`].
    pub company: usize,
    /// Index in [`Data::users`].
    pub owner: usize,
}

/// Everything.
pub struct Data {
    pub users: Vec<User>,
    pub companies: Vec<Company>,
    pub contacts: Vec<Contact>,
    pub activities: Vec<Activity>,
    pub deals: Vec<Deal>,
    pub pipelines: Vec<Pipeline>,
}

/// A way that deals go, from stage to stage.
pub struct Pipeline {
    pub id: Id,
    pub name: &'static str,
    /// In the order of [`STAGES`].
    pub stages: [Id; STAGES.len()],
}

/// SplitMix64: small, seeded, good enough for skew.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `end`, all alike.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Below `end`, the first ones much more often: density falls with the inverse of the rank.
    pub fn skewed(&mut self, end: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((end as f64).powf(unit) - 1.0) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.skewed(of.len()).min(of.len() - 1)]
    }
}

/// Ids that ascend in time, as the devices that create records make them.
struct Ids {
    random: Random,
    millis: u64,
}

impl Ids {
    fn next(&mut self) -> Id {
        self.millis += 1;
        let mut id = [0; 16];
        id[..6].copy_from_slice(&self.millis.to_be_bytes()[2..]);
        id[6..8].copy_from_slice(&(0x7000 | (self.random.next() as u16 & 0x0FFF)).to_be_bytes());
        id[8..].copy_from_slice(&((self.random.next() >> 2) | (1 << 63)).to_be_bytes());
        id
    }
}

impl Data {
    /// The data around a number of contacts.
    pub fn generate(contacts: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut ids = Ids {
            random: Random::new(seed ^ 0xABCD),
            millis: 1_760_000_000_000 + seed * 1_000_000_000,
        };
        let start = NaiveDate::from_ymd_opt(2025, 1, 6).unwrap_or_default();
        let pipelines = PIPELINES.map(|(name, ..)| Pipeline {
            id: ids.next(),
            name,
            stages: std::array::from_fn(|_| ids.next()),
        });
        let users = (0..20)
            .map(|n| User {
                id: ids.next(),
                name: format!("{} {}", GIVEN[n], FAMILY[n]),
                email: format!("user{n}@our.example"),
            })
            .collect::<Vec<_>>();
        let companies: Vec<Company> = (0..(contacts / 10).max(20))
            .map(|n| {
                let (family, trade) = (random.one(&FAMILY), random.one(&TRADES));
                Company {
                    id: ids.next(),
                    name: format!("{family} {trade} {n}"),
                    domain: format!("{}{n}.example", trade.to_lowercase()),
                    city: random.one(&PLACES),
                    employees: 1 + (1 << random.below(14)) + random.below(50) as i64,
                }
            })
            .collect();
        let contacts: Vec<Contact> = (0..contacts)
            .map(|n| {
                let (given, family) = (random.one(&GIVEN), random.one(&FAMILY));
                let company = random.skewed(companies.len());
                let local: String = given
                    .chars()
                    .chain(['.'])
                    .chain(family.chars())
                    .filter(|c| c.is_ascii_alphanumeric() || *c == '.')
                    .collect();
                Contact {
                    id: ids.next(),
                    given: given.to_owned(),
                    family: family.to_owned(),
                    email: format!("{}{n}@{}", local.to_lowercase(), companies[company].domain),
                    phone: format!(
                        "+1212{}{:04}",
                        200 + random.below(700),
                        random.below(10_000)
                    ),
                    company,
                    job_title: random.one(&TITLES),
                    department: DEPARTMENTS[random.below(DEPARTMENTS.len())],
                    city: random.one(&PLACES),
                    language: ["de", "en", "es", "fr"][random.below(4)],
                    source: random.one(&SOURCES),
                    lifecycle: random.one(&LIFECYCLES),
                    owner: random.below(users.len()),
                    description: sentence(&mut random, 12),
                    external_id: format!("C-{seed}-{n}"),
                    score: random.below(100) as i64,
                    segment: SEGMENTS[random.below(SEGMENTS.len())],
                    newsletter: random.below(3) == 0,
                    budget_cents: 1_000 * (1 + random.below(10_000) as i64),
                    renewal: start + Days::new(random.below(700) as u64),
                }
            })
            .collect();
        let activities = activities(&mut random, &mut ids, contacts.len(), users.len(), start);
        let deals = deals(&mut random, &mut ids, companies.len(), users.len(), start);
        Data {
            users,
            companies,
            contacts,
            activities,
            deals,
            pipelines: pipelines.into(),
        }
    }
}

fn sentence(random: &mut Random, words: usize) -> String {
    let words: Vec<&str> = (0..words).map(|_| random.one(&WORDS)).collect();
    words.join(" ")
}

fn activities(
    random: &mut Random,
    ids: &mut Ids,
    contacts: usize,
    users: usize,
    start: NaiveDate,
) -> Vec<Activity> {
    let total = (contacts * ACTIVITIES_PER_CONTACT).min(ACTIVITIES_MAX);
    let start = start.and_hms_opt(8, 0, 0).unwrap_or_default().and_utc();
    let mut held = vec![0; contacts];
    (0..total)
        .map(|n| {
            // A power law, bounded: whom we speak to much, we speak to more.
            let mut contact = random.skewed(contacts);
            if held[contact] >= ACTIVITIES_OF_ONE_MAX {
                contact = random.below(contacts);
            }
            held[contact] += 1;
            Activity {
                id: ids.next(),
                is_call: random.below(2) == 0,
                contact,
                at: start + TimeDelta::seconds(n as i64 * 50 + random.below(86_400) as i64),
                subject: random.one(&SUBJECTS),
                body: sentence(random, 15),
                owner: random.below(users),
            }
        })
        .collect()
}

fn deals(
    random: &mut Random,
    ids: &mut Ids,
    companies: usize,
    users: usize,
    start: NaiveDate,
) -> Vec<Deal> {
    let mut deals = Vec::new();
    for (pipeline, (_, open, closed)) in PIPELINES.iter().enumerate() {
        deals.extend((0..open + closed).map(|n| Deal {
            id: ids.next(),
            name: format!("{} for {}", random.one(&TRADES), random.one(&FAMILY)),
            pipeline,
            stage: if n < *open {
                random.below(5)
            } else {
                5 + random.below(2)
            },
            amount_cents: 50_000 + 100 * random.below(100_000) as i64,
            currency: random.one(&CURRENCIES),
            close: start + Days::new(random.below(500) as u64),
            company: random.skewed(companies),
            owner: random.below(users),
        }));
    }
    deals
}
