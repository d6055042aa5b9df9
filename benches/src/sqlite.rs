//! The other side: SQLite as a good engineer would use it. WAL, prepared and cached statements, a cache of the
//! same size as ours, covering indexes, FTS5; ids are UUIDs of 16 bytes, as ours are.
//!
//! [`Form::Bare`] has the tables and indexes that the jobs need. [`Form::SameDuties`] also keeps, by triggers in
//! the same transaction, what our engine keeps on every save: the audit log, full text, timelines, the totals of
//! the board and the number of records.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement, params};

use crate::Result;
use crate::data::{self, Data, STAGES};

/// How much SQLite does on a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Tables and indexes.
    Bare,
    /// What our engine does too.
    SameDuties,
}

impl Form {
    /// As the table of results names it.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Bare => "bare",
            Form::SameDuties => "same duties",
        }
    }
}

const TABLES: &str = "
CREATE TABLE user(rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT UNIQUE) STRICT;
CREATE TABLE company(rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL, domain TEXT, city TEXT,
  employees INTEGER, version INTEGER NOT NULL) STRICT;
CREATE TABLE contact(rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, given TEXT, family TEXT NOT NULL, email TEXT,
  phone TEXT, company BLOB REFERENCES company(id), job_title TEXT, department TEXT, city TEXT, language TEXT, source TEXT,
  lifecycle TEXT, owner BLOB REFERENCES user(id), description TEXT, external_id TEXT UNIQUE, score INTEGER, segment TEXT,
  newsletter INTEGER, budget_cents INTEGER, budget_currency TEXT, renewal TEXT, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;
CREATE TABLE activity(rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL, contact BLOB NOT NULL
  REFERENCES contact(id), at INTEGER NOT NULL, subject TEXT, body TEXT, owner BLOB, version INTEGER NOT NULL) STRICT;
CREATE TABLE stage(id BLOB PRIMARY KEY, pipeline BLOB NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL, chance INTEGER NOT NULL) STRICT;
CREATE TABLE deal(rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL, pipeline BLOB NOT NULL,
  stage BLOB NOT NULL, status TEXT NOT NULL, amount_cents INTEGER, currency TEXT, probability INTEGER, close_date TEXT,
  company BLOB, owner BLOB, position REAL NOT NULL, version INTEGER NOT NULL) STRICT;
";

/// The indexes of the contact table: four for the bare form, the further ones that ours has for the other.
const CONTACT_INDEXES: &str = "
CREATE INDEX contact_name ON contact(given, family, id);
CREATE INDEX contact_email ON contact(email);
CREATE INDEX contact_company ON contact(company);
CREATE INDEX contact_segment ON contact(segment, id);
";
const CONTACT_INDEXES_MORE: &str = "
CREATE INDEX contact_owner ON contact(owner);
CREATE INDEX contact_source ON contact(source);
CREATE INDEX contact_lifecycle ON contact(lifecycle);
";
const DEAL_INDEXES: &str = "
CREATE INDEX deal_totals ON deal(pipeline, stage, currency, amount_cents, probability);
CREATE INDEX deal_cards ON deal(stage, position, id, name, amount_cents, currency, probability, close_date, company, owner);
";
/// The bare form reads timelines from a covering index.
const TIMELINE_INDEX: &str =
    "CREATE INDEX activity_timeline ON activity(contact, at DESC, id, kind, subject, owner);";

const DUTIES: &str = "
CREATE TABLE audit(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor BLOB, object TEXT NOT NULL, record BLOB NOT NULL,
  kind TEXT NOT NULL, changes TEXT) STRICT;
CREATE INDEX audit_record ON audit(record);
CREATE TABLE records(object TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO records VALUES('contact', 0), ('activity', 0), ('deal', 0);
CREATE TABLE timeline(target BLOB, at INTEGER, activity BLOB, kind INTEGER, subject TEXT, owner BLOB,
  PRIMARY KEY(target, at DESC, activity)) STRICT, WITHOUT ROWID;
CREATE TABLE stage_total(pipeline BLOB, stage BLOB, currency TEXT, n INTEGER NOT NULL, cents INTEGER NOT NULL,
  weighted INTEGER NOT NULL, PRIMARY KEY(pipeline, stage, currency)) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE contact_text USING fts5(given, family, email, phone, job_title, description, content='contact',
  content_rowid='rid', tokenize='unicode61 remove_diacritics 2', prefix='2 3');
CREATE VIRTUAL TABLE activity_text USING fts5(subject, body, content='activity', content_rowid='rid',
  tokenize='unicode61 remove_diacritics 2', prefix='2 3');

CREATE TRIGGER contact_new AFTER INSERT ON contact BEGIN
  INSERT INTO audit(at, object, record, kind) VALUES(new.updated_at, 'contact', new.id, 'created');
  INSERT INTO contact_text(rowid, given, family, email, phone, job_title, description)
    VALUES(new.rid, new.given, new.family, new.email, new.phone, new.job_title, new.description);
  UPDATE records SET n = n + 1 WHERE object = 'contact';
END;
CREATE TRIGGER contact_changed AFTER UPDATE ON contact BEGIN
  INSERT INTO audit(at, object, record, kind, changes) VALUES(new.updated_at, 'contact', new.id, 'updated',
    (SELECT json_group_object(field, json_array(was, becomes)) FROM (
      SELECT 'given' AS field, old.given AS was, new.given AS becomes
      UNION ALL SELECT 'family', old.family, new.family UNION ALL SELECT 'email', old.email, new.email
      UNION ALL SELECT 'phone', old.phone, new.phone UNION ALL SELECT 'company', hex(old.company), hex(new.company)
      UNION ALL SELECT 'job_title', old.job_title, new.job_title
      UNION ALL SELECT 'department', old.department, new.department UNION ALL SELECT 'city', old.city, new.city
      UNION ALL SELECT 'language', old.language, new.language UNION ALL SELECT 'source', old.source, new.source
      UNION ALL SELECT 'lifecycle', old.lifecycle, new.lifecycle
      UNION ALL SELECT 'owner', hex(old.owner), hex(new.owner)
      UNION ALL SELECT 'description', old.description, new.description
      UNION ALL SELECT 'external_id', old.external_id, new.external_id UNION ALL SELECT 'score', old.score, new.score
      UNION ALL SELECT 'segment', old.segment, new.segment
      UNION ALL SELECT 'newsletter', old.newsletter, new.newsletter
      UNION ALL SELECT 'budget_cents', old.budget_cents, new.budget_cents
      UNION ALL SELECT 'renewal', old.renewal, new.renewal) WHERE was IS NOT becomes));
END;
CREATE TRIGGER contact_text_changed AFTER UPDATE OF given, family, email, phone, job_title, description ON contact BEGIN
  INSERT INTO contact_text(contact_text, rowid, given, family, email, phone, job_title, description)
    VALUES('delete', old.rid, old.given, old.family, old.email, old.phone, old.job_title, old.description);
  INSERT INTO contact_text(rowid, given, family, email, phone, job_title, description)
    VALUES(new.rid, new.given, new.family, new.email, new.phone, new.job_title, new.description);
END;
CREATE TRIGGER activity_new AFTER INSERT ON activity BEGIN
  INSERT INTO audit(at, object, record, kind) VALUES(new.at, 'activity', new.id, 'created');
  INSERT INTO timeline VALUES(new.contact, new.at, new.id, new.kind, new.subject, new.owner);
  INSERT INTO activity_text(rowid, subject, body) VALUES(new.rid, new.subject, new.body);
  UPDATE records SET n = n + 1 WHERE object = 'activity';
END;
CREATE TRIGGER deal_new AFTER INSERT ON deal BEGIN
  INSERT INTO audit(at, object, record, kind) VALUES(0, 'deal', new.id, 'created');
  INSERT INTO stage_total VALUES(new.pipeline, new.stage, new.currency, 1, new.amount_cents,
    new.amount_cents * new.probability) ON CONFLICT DO UPDATE SET n = n + 1, cents = cents + excluded.cents,
    weighted = weighted + excluded.weighted;
  UPDATE records SET n = n + 1 WHERE object = 'deal';
END;
";

const INSERT_CONTACT: &str = "INSERT INTO contact(id, given, family, email, phone, company, job_title, department, city,
  language, source, lifecycle, owner, description, external_id, score, segment, newsletter, budget_cents, budget_currency,
  renewal, created_at, updated_at, version)
  VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,'EUR',?20,?21,?21,1)";
const CHANGE_CONTACT: &str = "UPDATE contact SET department = ?2, score = ?3, updated_at = ?4, version = version + 1 WHERE id = ?1";

/// An open database.
pub struct Sqlite {
    pub connection: Connection,
    pub form: Form,
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(60))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
         PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;",
    )?;
    Ok(connection)
}

impl Sqlite {
    /// Makes a database; the bare form gets its indexes by [`index`](Sqlite::index), after the load.
    pub fn create(path: &Path, form: Form) -> Result<Self> {
        let connection = connect(path)?;
        connection.execute_batch(TABLES)?;
        if form == Form::SameDuties {
            connection.execute_batch(
                &[CONTACT_INDEXES, CONTACT_INDEXES_MORE, DEAL_INDEXES, DUTIES].concat(),
            )?;
        }
        Ok(Sqlite { connection, form })
    }

    /// Opens a database that [`create`](Sqlite::create) has made.
    pub fn open(path: &Path, form: Form) -> Result<Self> {
        Ok(Sqlite {
            connection: connect(path)?,
            form,
        })
    }

    /// Makes the indexes of the bare form, which is faster after a load than before it.
    pub fn index(&self) -> Result<()> {
        if self.form == Form::Bare {
            self.connection.execute_batch(
                &[CONTACT_INDEXES, DEAL_INDEXES, TIMELINE_INDEX, "ANALYZE;"].concat(),
            )?;
        }
        Ok(())
    }

    /// Loads everything in one transaction for each kind of record.
    pub fn load(&self, data: &Data) -> Result<()> {
        self.load_frame(data)?;
        self.import_contacts(data)?;
        let transaction = self.connection.unchecked_transaction()?;
        {
            let mut insert = transaction.prepare(
                "INSERT INTO activity(id, kind, contact, at, subject, body, owner, version) VALUES(?1,?2,?3,?4,?5,?6,?7,1)",
            )?;
            for activity in &data.activities {
                let (contact, owner) = (
                    data.contacts[activity.contact].id,
                    data.users[activity.owner].id,
                );
                let at = activity.at.timestamp_micros();
                insert.execute(params![
                    activity.id,
                    activity.is_call,
                    contact,
                    at,
                    activity.subject,
                    activity.body,
                    owner
                ])?;
            }
            let mut insert = transaction.prepare(
                "INSERT INTO deal(id, name, pipeline, stage, status, amount_cents, currency, probability, close_date,
                 company, owner, position, version) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,1)",
            )?;
            for (place, deal) in data.deals.iter().enumerate() {
                let (_, kind, chance) = STAGES[deal.stage];
                let (company, owner) = (data.companies[deal.company].id, data.users[deal.owner].id);
                insert.execute(params![
                    deal.id,
                    deal.name,
                    data.pipelines[deal.pipeline].id,
                    data.pipelines[deal.pipeline].stages[deal.stage],
                    kind,
                    deal.amount_cents,
                    deal.currency,
                    chance,
                    deal.close.to_string(),
                    company,
                    owner,
                    place as f64
                ])?;
            }
        }
        transaction.commit()?;
        self.index()
    }

    /// Loads what contacts and deals refer to.
    pub fn load_frame(&self, data: &Data) -> Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        for pipeline in &data.pipelines {
            for (place, ((name, kind, chance), id)) in
                STAGES.iter().zip(pipeline.stages).enumerate()
            {
                let insert = "INSERT INTO stage VALUES(?1,?2,?3,?4,?5,?6)";
                transaction.execute(insert, params![id, pipeline.id, place, name, kind, chance])?;
            }
        }
        for user in &data.users {
            let insert = "INSERT INTO user(id, name, email) VALUES(?1,?2,?3)";
            transaction.execute(insert, params![user.id, user.name, user.email])?;
        }
        let insert = "INSERT INTO company(id, name, domain, city, employees, version) VALUES(?1,?2,?3,?4,?5,1)";
        let mut insert = transaction.prepare(insert)?;
        for company in &data.companies {
            insert.execute(params![
                company.id,
                company.name,
                company.domain,
                company.city,
                company.employees
            ])?;
        }
        drop(insert);
        Ok(transaction.commit()?)
    }

    /// Loads the contacts in one transaction.
    pub fn import_contacts(&self, data: &Data) -> Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        {
            let mut insert = transaction.prepare(INSERT_CONTACT)?;
            for contact in &data.contacts {
                insert_contact(&mut insert, contact.id, contact, data)?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Creates one contact, durably.
    pub fn save_contact(&self, id: data::Id, contact: &data::Contact, data: &Data) -> Result<u64> {
        insert_contact(
            &mut *self.connection.prepare_cached(INSERT_CONTACT)?,
            id,
            contact,
            data,
        )?;
        Ok(1)
    }

    /// Changes two fields of a contact, durably.
    pub fn change_contact(&self, contact: data::Id, n: u64) -> Result<u64> {
        let mut change = self.connection.prepare_cached(CHANGE_CONTACT)?;
        change.execute(params![contact, format!("Department {n}"), n % 100, n])?;
        Ok(1)
    }

    /// Reads a contact and every field of it.
    pub fn get_contact(&self, id: data::Id) -> Result<u64> {
        let mut get = self
            .connection
            .prepare_cached("SELECT * FROM contact WHERE id = ?1")?;
        Ok(get.query_row([id], read_all)?)
    }

    /// A page of 50 contacts by name, from somewhere in the list, all fields read. The cursor is the last name and id.
    pub fn page_by_name(
        &self,
        after: Option<&(String, String, data::Id)>,
    ) -> Result<(u64, (String, String, data::Id))> {
        let mut page = self.connection.prepare_cached(
            "SELECT * FROM contact WHERE (given, family, id) > (?1, ?2, ?3) ORDER BY given, family, id LIMIT 50",
        )?;
        let start = Default::default();
        let (given, family, id) = after.unwrap_or(&start);
        let mut rows = page.query(params![given, family, id])?;
        let (mut read, mut last) = (0, None);
        while let Some(row) = rows.next()? {
            read += read_all(row)?;
            last = Some((row.get(2)?, row.get(3)?, row.get(1)?));
        }
        Ok((read, last.unwrap_or_default()))
    }

    /// The first 50 contacts of a segment, in order of creation.
    pub fn page_of_segment(&self, segment: &str) -> Result<u64> {
        let select = "SELECT * FROM contact WHERE segment = ?1 ORDER BY id LIMIT 50";
        let mut page = self.connection.prepare_cached(select)?;
        let mut rows = page.query([segment])?;
        let mut read = 0;
        while let Some(row) = rows.next()? {
            read += read_all(row)?;
        }
        Ok(read)
    }

    /// The newest 50 activities of a contact.
    pub fn timeline(&self, contact: data::Id) -> Result<u64> {
        let select = match self.form {
            Form::Bare => {
                "SELECT at, id, kind, subject, owner FROM activity WHERE contact = ?1 ORDER BY at DESC LIMIT 50"
            }
            Form::SameDuties => {
                "SELECT at, activity, kind, subject, owner FROM timeline WHERE target = ?1 ORDER BY at DESC LIMIT 50"
            }
        };
        let mut page = self.connection.prepare_cached(select)?;
        let mut rows = page.query([contact])?;
        let mut sum = 0;
        while let Some(row) = rows.next()? {
            let (_, _): (i64, data::Id) = (row.get(0)?, row.get(1)?);
            sum += 1 + row.get_ref(3)?.as_str()?.len() as u64;
        }
        Ok(sum)
    }

    /// The totals of the board: for each stage and currency count, sum and weighted sum.
    pub fn board_totals(&self, pipeline: data::Id) -> Result<u64> {
        let select = match self.form {
            Form::Bare => {
                "SELECT stage, currency, COUNT(*), SUM(amount_cents), SUM(amount_cents * probability) FROM deal
                 WHERE pipeline = ?1 GROUP BY stage, currency"
            }
            Form::SameDuties => "SELECT stage, currency, n, cents, weighted FROM stage_total WHERE pipeline = ?1",
        };
        let mut totals = self.connection.prepare_cached(select)?;
        let mut rows = totals.query([pipeline])?;
        let mut sum = 0;
        while let Some(row) = rows.next()? {
            let (_, _): (data::Id, i64) = (row.get(0)?, row.get(4)?);
            sum += row.get::<_, u64>(2)?;
        }
        Ok(sum)
    }

    /// The totals and the first 50 cards of each stage.
    pub fn board(&self, pipeline: data::Id) -> Result<u64> {
        let mut sum = self.board_totals(pipeline)?;
        let mut stages = self
            .connection
            .prepare_cached("SELECT id, name FROM stage WHERE pipeline = ?1 ORDER BY place")?;
        let mut cards = self.connection.prepare_cached(
            "SELECT position, id, name, amount_cents, currency, probability, close_date, company, owner FROM deal
             WHERE stage = ?1 ORDER BY position LIMIT 50",
        )?;
        let mut stages = stages.query([pipeline])?;
        while let Some(stage) = stages.next()? {
            let mut rows = cards.query([stage.get::<_, data::Id>(0)?])?;
            while let Some(row) = rows.next()? {
                let (_, _, _): (f64, data::Id, i64) = (row.get(0)?, row.get(1)?, row.get(3)?);
                sum += row.get_ref(2)?.as_str()?.len() as u64;
            }
        }
        Ok(sum)
    }

    /// 20 hits for words of which the last may be a beginning: the best by BM25 or, unranked, the newest.
    pub fn search(&self, text: &str, ranked: bool) -> Result<u64> {
        let select = if ranked {
            "SELECT c.* FROM contact_text t JOIN contact c ON c.rid = t.rowid WHERE contact_text MATCH ?1
             ORDER BY t.rank LIMIT 20"
        } else {
            "SELECT c.* FROM contact_text t JOIN contact c ON c.rid = t.rowid WHERE contact_text MATCH ?1
             ORDER BY t.rowid DESC LIMIT 20"
        };
        let mut search = self.connection.prepare_cached(select)?;
        let query: Vec<String> = text.split(' ').map(|word| format!("\"{word}\"")).collect();
        let mut rows = search.query([query.join(" ") + "*"])?;
        let mut hits = 0;
        while let Some(row) = rows.next()? {
            let (_, _) = (row.get_ref(2)?, row.get_ref(3)?);
            hits += 1;
        }
        Ok(hits)
    }

    /// Counts the contacts that meet three conditions, none of which has an index.
    pub fn count_segment(&self, department: &str, score: i64) -> Result<u64> {
        let mut count = self.connection.prepare_cached(
            "SELECT COUNT(*) FROM contact WHERE department = ?1 AND score > ?2 AND newsletter = 1",
        )?;
        Ok(count.query_row(params![department, score], |row| row.get(0))?)
    }

    /// The first 50 of them, in order of creation, all fields read.
    pub fn page_of_three_conditions(&self, department: &str, score: i64) -> Result<u64> {
        let mut page = self.connection.prepare_cached(
            "SELECT * FROM contact WHERE department = ?1 AND score > ?2 AND newsletter = 1 ORDER BY rid LIMIT 50",
        )?;
        let mut rows = page.query(params![department, score])?;
        let mut sum = 0;
        while let Some(row) = rows.next()? {
            sum += read_all(row)?;
        }
        Ok(sum)
    }

    /// Reads the first `entries` rows of the audit log, in pages of 1,000.
    pub fn read_feed(&self, entries: u64) -> Result<u64> {
        let mut page = self.connection.prepare_cached(
            "SELECT seq, at, actor, object, record, kind, changes FROM audit WHERE seq > ?1 ORDER BY seq LIMIT 1000",
        )?;
        let (mut read, mut cursor) = (0, 0i64);
        while read < entries {
            let before = read;
            let mut rows = page.query([cursor])?;
            while let Some(row) = rows.next()? {
                cursor = row.get(0)?;
                let (_, _, _): (i64, String, data::Id) = (row.get(1)?, row.get(3)?, row.get(4)?);
                let (_, _): (String, Option<String>) = (row.get(5)?, row.get(6)?);
                read += 1;
            }
            if read == before {
                break;
            }
        }
        Ok(read.min(entries))
    }

    /// Uses everything once, so that what stays in memory can be measured.
    pub fn use_everything(&self) -> Result<()> {
        let mut ids: Vec<data::Id> = Vec::new();
        {
            let mut all = self
                .connection
                .prepare_cached("SELECT * FROM contact ORDER BY id")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                read_all(row)?;
                ids.push(row.get(1)?);
            }
        }
        for id in ids.iter().take(2_000) {
            self.timeline(*id)?;
        }
        let mut pipelines = self
            .connection
            .prepare("SELECT DISTINCT pipeline FROM stage")?;
        for pipeline in pipelines.query_map([], |row| row.get(0))? {
            self.board(pipeline?)?;
        }
        if self.form == Form::SameDuties {
            for text in ["ma", "schm", "anna müll"] {
                self.search(text, true)?;
            }
            self.read_feed(100_000)?;
        }
        self.count_segment("Sales", 50)?;
        Ok(())
    }

    /// Writes the log back and cuts it, so that the file's size is that of the data.
    pub fn checkpoint(&self) -> Result<()> {
        Ok(self
            .connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
    }

    /// Rewrites the file densely.
    pub fn vacuum(&self) -> Result<()> {
        self.connection.execute_batch("VACUUM")?;
        self.checkpoint()
    }

    /// Commits the requests of others in groups, until there are no more senders: a thread that owns the connection.
    pub fn write_for_others(&self, requests: &Receiver<Request>) -> Result<()> {
        while let Ok(first) = requests.recv() {
            let transaction = self.connection.unchecked_transaction()?;
            let mut done = vec![first];
            done.extend(requests.try_iter());
            for request in &done {
                self.change_contact(request.contact, request.n)?;
            }
            transaction.commit()?;
            for request in done {
                // Nobody waits any more when the sender is gone.
                let _ = request.done.send(());
            }
        }
        Ok(())
    }
}

/// A change for the writer thread.
pub struct Request {
    pub contact: data::Id,
    pub n: u64,
    /// Told when it is durable.
    pub done: Sender<()>,
}

fn insert_contact(
    insert: &mut Statement<'_>,
    id: data::Id,
    contact: &data::Contact,
    data: &Data,
) -> Result<()> {
    insert.execute(params![
        id,
        contact.given,
        contact.family,
        contact.email,
        contact.phone,
        data.companies[contact.company].id,
        contact.job_title,
        contact.department,
        contact.city,
        contact.language,
        contact.source,
        contact.lifecycle,
        data.users[contact.owner].id,
        contact.description,
        contact.external_id,
        contact.score,
        contact.segment,
        contact.newsletter,
        contact.budget_cents,
        contact.renewal.to_string(),
        1_760_000_000_000_000i64,
    ])?;
    Ok(())
}

/// Reads every column of a contact, borrowed, typed; ids, numbers and texts as our side does.
fn read_all(row: &Row<'_>) -> rusqlite::Result<u64> {
    let mut sum = 0;
    for column in 1..25 {
        sum += match row.get_ref(column)? {
            ValueRef::Null => 0,
            ValueRef::Integer(number) => number.unsigned_abs() & 0xFF,
            ValueRef::Real(number) => number as u64,
            ValueRef::Text(text) => std::str::from_utf8(text)?.len() as u64,
            ValueRef::Blob(id) => id.last().copied().map_or(0, u64::from),
        };
    }
    Ok(sum)
}
