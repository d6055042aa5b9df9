//! Every bound of the engine, each with its reason. Input beyond a bound gets
//! [`Detail::Limit`](crate::error::Detail::Limit) or `Invalid`, never a truncation.

/// Years in which the clock of the host must be: those that a date of a record may have.
pub const CLOCK_YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;
/// Characters in a text field. Long enough for names, titles and addresses; short enough to index whole.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// Bytes in a long text field: a long e-mail thread, far from what one transaction can hold.
pub const LONG_TEXT_BYTES_MAX: usize = 1 << 20;
/// Bytes of a text that is read as a value of another type: longer than any e-mail address, number or date, and than
/// a web address may become.
pub const VALUE_TEXT_BYTES_MAX: usize = 4_096;
/// Elements of a list field. Beyond this a link object, which has keys of its own, serves better.
pub const LIST_LEN_MAX: usize = 1_000;
/// Custom fields on one object: the row-size walls of SQL-based systems start near 150.
pub const CUSTOM_FIELDS_MAX: usize = 5_000;
/// Custom objects in one database: object ids are 16 bit, and a schema is read whole at open.
pub const CUSTOM_OBJECTS_MAX: usize = 1_000;
/// Bytes of what custom fields and objects add to the schema: it is read whole at open and written whole at each
/// change.
pub const SCHEMA_BYTES_MAX: usize = 16 << 20;
/// Bytes in the name of a custom field or object.
pub const NAME_BYTES_MAX: usize = 64;
/// Encoded bytes of one record; a record is always read and written whole.
pub const RECORD_BYTES_MAX: usize = 16 << 20;
/// Bytes of one key in the store: PostgreSQL's b-tree row bound is 2,704, so that a key fits anywhere.
pub const KEY_BYTES_MAX: usize = 1_024;
/// Bytes of one text inside an index key; longer texts share a prefix and are told apart by the record.
pub const KEY_TEXT_BYTES_MAX: usize = 120;
/// Records in one page of a query: a page is held in memory whole.
pub const PAGE_LEN_MAX: usize = 10_000;
/// Records that the report of a salvage names as doubtful: more than anybody looks through one by one.
pub const DOUBTFUL_MAX: usize = 10_000;
/// Records in one page where the caller gives no limit.
pub const PAGE_LEN_DEFAULT: usize = 50;
/// Records that are read at a time where all records of a query are gone through.
pub const ROWS_PAGE_LEN: usize = 1_000;
/// Bytes of the places of the next records, where all records of a query are gone through in an order that no index
/// has: for as many as there is room for one look at all of them is enough.
pub const PLACES_BYTES_MAX: usize = 32 << 20;
/// Groups in one aggregate: they are held in memory.
pub const GROUPS_MAX: usize = 100_000;
/// Bytes of the groups of one aggregate with their figures, and of the different values that it counts.
pub const AGGREGATE_BYTES_MAX: usize = 256 << 20;
/// Bytes of the words that a check holds at a time; of more it goes through the records again.
pub const CHECK_BYTES_MAX: usize = 128 << 20;
/// Bytes of the derived rows that a check holds before it looks them up.
pub const CHECK_ROWS_BYTES_MAX: usize = 8 << 20;
/// Memory that caches take where the host sets no other bound: what a phone has for one of its programs.
pub const CACHE_BYTES_DEFAULT: usize = 64 << 20;
/// Live records from which on an object's fields are kept in columns: fewer are read as fast.
pub const COLUMN_RECORDS_MIN: u64 = 256;
/// Fields that order a query: their values are a record's place, which is held for each record of a page.
pub const SORT_KEYS_MAX: usize = 32;
/// Changes in one batch: they are one transaction, held in memory until the commit.
pub const BATCH_LEN_MAX: usize = 100_000;
/// Days for which idempotency keys of batches are kept where the organisation does not say it: longer than any client
/// goes on trying, and few enough keys to be read in one go.
pub const BATCH_KEYS_DAYS_DEFAULT: i64 = 30;
/// Idempotency keys that one step of maintenance drops.
pub const BATCH_KEYS_DROPPED_MAX: usize = 10_000;
/// Characters in one expression.
pub const EXPRESSION_CHARS_MAX: usize = 10_000;
/// Nesting depth of one expression: evaluation is recursive.
pub const EXPRESSION_DEPTH_MAX: u16 = 64;
/// Evaluation steps of one expression on one record: `exists` over a long list inside another one. Text that is read,
/// compared, searched or made counts by its bytes. What so many steps take is about a second.
pub const EXPRESSION_STEPS_MAX: u32 = 1_000_000;
/// Bytes of the values that one expression makes on one record and holds at a time, and of the constants that it is
/// compiled to: two records of the longest kind.
pub const EXPRESSION_BYTES_MAX: usize = 32 << 20;
/// References that one name may follow in a row (`company.owner.team.name`): each is a read of a record.
pub const EXPRESSION_FOLLOWS_MAX: usize = 4;
/// Characters of a regular expression in `matches`, which is compiled at run time.
pub const REGEX_CHARS_MAX: usize = 1_024;
/// Bytes of one compiled regular expression: `\w` of all scripts eighteen times.
pub const REGEX_BYTES_MAX: usize = 1 << 20;
/// Bytes of the compiled regular expressions of one expression: each is compiled for the first record that it is
/// tested on, in tens of milliseconds for a large one.
pub const EXPRESSION_REGEX_BYTES_MAX: usize = 4 << 20;
/// Bytes of the compiled regular expressions of all rules, validations, formulas and roll-ups of a database, which are
/// kept in memory once they were needed.
pub const DATABASE_REGEX_BYTES_MAX: usize = 64 << 20;
/// Records that a deletion or a roll-up may reach through references in one transaction.
pub const CASCADE_LEN_MAX: usize = 10_000;
/// How deep a hierarchy (company parents) may be: each save walks it to find cycles.
pub const HIERARCHY_DEPTH_MAX: usize = 100;
/// How many rules may fire one from another.
pub const RULE_DEPTH_MAX: usize = 8;
/// Runs of rules that one change may set off, of all rules and for all records together.
pub const RULE_RUNS_MAX: usize = 1_000;
/// Runs in a row that a rule may fail before it is switched off: a record that a rule does not fit is none of its
/// faults, a series of them is.
pub const RULE_FAILURES_MAX: i64 = 20;
/// Rule actions in one transaction.
pub const RULE_ACTIONS_MAX: usize = 1_000;
/// Rules in one database: their triggers are kept in memory.
pub const RULES_MAX: usize = 10_000;
/// Work items that one call of `run_due` performs.
pub const DUE_BATCH_MAX: usize = 1_000;
/// Records, or rows of the due queue, that one transaction looks at to bring the queue after a change of a rule or of
/// the time zone; the rest is work that is due itself.
pub const DUE_REBUILD_MAX: usize = 5_000;
/// Rows of one import; larger files are imported in parts.
pub const IMPORT_ROWS_MAX: usize = 5_000_000;
/// Bytes of one row of an imported file: an open quotation mark makes a row of the whole file, which is held in
/// memory.
pub const IMPORT_ROW_BYTES_MAX: usize = 64 << 20;
/// Cells of one row of an imported file, counted by the delimiters in it: each cell takes memory of its own before it
/// can be seen that no column wants it.
pub const IMPORT_ROW_CELLS_MAX: usize = 1 << 20;
/// Bytes of an imported file in UTF-16, which is held in memory whole; one in UTF-8 is not bounded.
pub const IMPORT_UTF16_BYTES_MAX: usize = 256 << 20;
/// Columns of an imported file.
pub const IMPORT_COLUMNS_MAX: usize = 2_000;
/// Bytes of one imported cell, and of a text that is put together from cells.
pub const IMPORT_CELL_BYTES_MAX: usize = LONG_TEXT_BYTES_MAX;
/// Records that an import compares its rows with, to tell which of them are there already: each takes some keys in
/// memory. Of a larger object the rest is not compared.
pub const IMPORT_KNOWN_MAX: usize = 1_000_000;
/// Problems of one import that are kept, each as a record; those beyond it are counted.
pub const IMPORT_PROBLEMS_MAX: usize = 100_000;
/// Timelines of linked records that are merged into one, and links of a group that are read to find its members: each
/// costs a look. The oldest beyond it are left out, and the page says so.
pub const TIMELINE_SOURCES_MAX: usize = 500;
/// Bytes of a search: far more than its words can have.
pub const SEARCH_BYTES_MAX: usize = 4_096;
/// Words of a search that are looked at.
pub const SEARCH_WORDS_MAX: usize = 16;
/// Bytes of one search token; longer words are cut, in the index and in the query alike.
pub const SEARCH_TOKEN_BYTES_MAX: usize = 48;
/// Words that one prefix may expand to.
pub const SEARCH_EXPANSION_MAX: usize = 2_000;
/// Bytes of a document's content kept in the store where the host sets no other limit.
pub const DOCUMENT_BYTES_DEFAULT: usize = 8 << 20;
