//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// For a CRM database file what sqlite3 is for SQLite.
///
/// OBJECT is the name of an object: company, contact, deal, …; `crm FILE schema` lists them. ID is a record's
/// id, at least the last six digits of it, or its title. Only `import` and `create` make a file that is not there.
#[derive(Debug, Parser)]
#[command(name = "crm", version, subcommand_required = true)]
pub struct Arguments {
    /// The database file
    pub file: PathBuf,
    /// Print JSON; its forms are in the README
    #[arg(long, global = true)]
    pub json: bool,
    /// Open a file whose journal is another database's, damaged or missing, without the commits in it
    #[arg(long, global = true)]
    pub discard_journal: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import a CSV file; makes the database if it is not there
    Import(Import),
    /// Write all records of an object as CSV (with --json as JSON)
    Export(Export),
    /// List records
    List(List),
    /// Count records, sum and group them
    Aggregate(Aggregate),
    /// Show a record
    Get(One),
    /// Create a record; makes the database if it is not there
    Create(Create),
    /// Change fields of a record
    Update(Update),
    /// Put a record into the trash
    Delete(Delete),
    /// Take a record out of the trash
    Restore(One),
    /// Show a board: the stages of a pipeline with their totals and first cards
    Board(Board),
    /// Show what happened around a record, newest first
    Timeline(Timeline),
    /// Find records by words, beginnings of words and parts of numbers
    Search(Search),
    /// Show the reminders that are due
    Due(At),
    /// Do what is due: reminders, rules that wait for a date or an interval
    RunDue(At),
    /// Show the changes of a record, newest first
    History(One),
    /// Take back a named operation, such as an import
    Undo(Undo),
    /// List the objects, or the fields of one
    Schema(Schema),
    /// Show what the file holds
    Stats,
    /// Compare everything that is derived with the records; exits with 1 if something is wrong
    Check,
    /// Bring what is derived into agreement with the records; exits with 1 if something is still wrong
    Repair,
    /// Write what can be read of a damaged file to a new one; exits with 1 if something is lost
    Salvage(Copy),
    /// Rewrite the file densely
    Compact,
    /// Write a copy, or what was committed since one, to a new file
    Backup(Backup),
    /// Make a database of FILE, which is a backup, and its increments, as it was at a point in time
    RestoreBackup(RestoreBackup),
    /// Do an operation by its name; `do help` lists all, `do OPERATION --help` shows one
    #[command(disable_help_flag = true)]
    Do(Do),
}

impl Command {
    /// True for the commands that make a file that is not there.
    pub fn makes_file(&self) -> bool {
        matches!(self, Command::Import(_) | Command::Create(_))
    }
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The object that each row makes
    pub object: String,
    /// The CSV file
    pub data: PathBuf,
    /// A mapping file: JSON, see `ImportOptions` in the documentation of crm-core
    #[arg(long, value_name = "F")]
    pub map: Option<PathBuf>,
    /// Change the record with the row's value in this field, if there is one
    #[arg(long, value_name = "FIELD")]
    pub update_by: Option<String>,
    /// Say what would happen and keep nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Refuse rows with a cell that cannot be read, and make no record because a row names it
    #[arg(long)]
    pub strict: bool,
    /// Make no record because a row names it
    #[arg(long)]
    pub known_only: bool,
    /// Leave out rows that look like a record that is there
    #[arg(long)]
    pub skip_existing: bool,
    /// 03/04/2024 is the 3rd of April; without it the columns tell, or it is a problem
    #[arg(long, conflicts_with = "month_first")]
    pub day_first: bool,
    /// 03/04/2024 is the 4th of March
    #[arg(long)]
    pub month_first: bool,
    /// The character before the decimals; without it the columns tell, or it is a problem
    #[arg(long, value_name = "MARK", value_parser = ["comma", "point"])]
    pub decimal: Option<String>,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The object
    pub object: String,
    /// Only the records for which this CEL expression holds
    #[arg(long = "where", value_name = "CEL", default_value = "")]
    pub filter: String,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// The object
    pub object: String,
    /// Only the records for which this CEL expression holds: 'amount > 1000 && owner.name == "Ada"'
    #[arg(long = "where", value_name = "CEL", default_value = "")]
    pub filter: String,
    /// Fields that give the order, `-` before one for the greatest first: -amount,name
    #[arg(long, value_name = "F", default_value = "", allow_hyphen_values = true)]
    pub sort: String,
    /// The number of records
    #[arg(long, value_name = "N", default_value_t = crm_core::limits::PAGE_LEN_DEFAULT)]
    pub limit: usize,
    /// Go on after a page: its `next`
    #[arg(long, value_name = "CURSOR", default_value = "")]
    pub after: String,
    /// The fields to show
    #[arg(long, value_name = "F", value_delimiter = ',')]
    pub fields: Vec<String>,
    /// List the trash
    #[arg(long)]
    pub trash: bool,
}

/// Arguments of `aggregate`.
#[derive(Debug, Args)]
pub struct Aggregate {
    /// The object
    pub object: String,
    /// Only the records for which this CEL expression holds
    #[arg(long = "where", value_name = "CEL", default_value = "")]
    pub filter: String,
    /// Group by a field; dates by day, week, month, quarter, year or fiscal_year: close_date:month
    #[arg(long, value_name = "F[:PART]", value_delimiter = ',')]
    pub group_by: Vec<String>,
    /// Sum a field; money for each currency apart
    #[arg(long, value_name = "F", value_delimiter = ',')]
    pub sum: Vec<String>,
    /// The mean of a field
    #[arg(long, value_name = "F", value_delimiter = ',')]
    pub avg: Vec<String>,
    /// The smallest value of a field
    #[arg(long, value_name = "F", value_delimiter = ',')]
    pub min: Vec<String>,
    /// The greatest value of a field
    #[arg(long, value_name = "F", value_delimiter = ',')]
    pub max: Vec<String>,
    /// How many different values a field has
    #[arg(long, value_name = "F", value_delimiter = ',')]
    pub distinct: Vec<String>,
    /// Convert money to a currency by the exchange rates in the database
    #[arg(long, value_name = "CURRENCY")]
    pub convert: Option<String>,
}

/// A record.
#[derive(Debug, Args)]
pub struct One {
    /// The object
    pub object: String,
    /// The record: its id, the last digits of it, or its title
    pub id: String,
}

/// Arguments of `create`.
#[derive(Debug, Args)]
pub struct Create {
    /// The object
    pub object: String,
    /// Values: name=Acme "amount=1200 EUR" company=Acme; a reference is an id or a title, or object:id
    #[arg(value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
}

/// Arguments of `update`.
#[derive(Debug, Args)]
pub struct Update {
    /// The object
    pub object: String,
    /// The record: its id, the last digits of it, or its title
    pub id: String,
    /// Values, as for `create`; an empty one clears the field
    #[arg(value_name = "FIELD=VALUE", required = true)]
    pub fields: Vec<String>,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// The record
    #[command(flatten)]
    pub record: One,
    /// Remove it for good, also from the trash
    #[arg(long)]
    pub purge: bool,
}

/// Arguments of `board`.
#[derive(Debug, Args)]
pub struct Board {
    /// The pipeline; the first one if it is left out
    pub pipeline: Option<String>,
    /// The object whose records are the cards
    #[arg(long, default_value = "deal")]
    pub object: String,
    /// The number of cards to show of each stage
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub cards: usize,
}

/// Arguments of `timeline`.
#[derive(Debug, Args)]
pub struct Timeline {
    /// The record
    #[command(flatten)]
    pub record: One,
    /// Only these kinds: call,note
    #[arg(long, value_name = "OBJECT", value_delimiter = ',')]
    pub kinds: Vec<String>,
    /// Leave out what stands on the timelines of linked records
    #[arg(long)]
    pub own: bool,
    /// The number of entries
    #[arg(long, value_name = "N", default_value_t = crm_core::limits::PAGE_LEN_DEFAULT)]
    pub limit: usize,
    /// Go on after a page: its `next`
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
}

/// Arguments of `search`.
#[derive(Debug, Args)]
pub struct Search {
    /// Words; the last one may be a beginning
    #[arg(required = true)]
    pub text: Vec<String>,
    /// Only records of these objects
    #[arg(long, value_name = "OBJECT", value_delimiter = ',')]
    pub object: Vec<String>,
    /// The number of hits
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

/// A time.
#[derive(Debug, Args)]
pub struct At {
    /// The time, instead of now: 2026-03-01 or "2026-03-01 09:30" in the organisation's zone
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// Arguments of `undo`.
#[derive(Debug, Args)]
pub struct Undo {
    /// The operation's name, as `import` and `history` show it
    pub operation: String,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// The object
    pub object: Option<String>,
}

/// Arguments of `salvage`.
#[derive(Debug, Args)]
pub struct Copy {
    /// The new file
    pub to: PathBuf,
}

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The new file
    pub to: PathBuf,
    /// Write only what was committed after this commit, which is the `to` of the backup before
    #[arg(long, value_name = "COMMIT")]
    pub since: Option<u64>,
}

/// Arguments of `restore-backup`.
#[derive(Debug, Args)]
pub struct RestoreBackup {
    /// The new file
    pub to: PathBuf,
    /// The increments that follow the backup, in their order: what `backup --since` wrote
    pub increments: Vec<PathBuf>,
    /// The last commit that is wanted, instead of the last one there is
    #[arg(long, value_name = "N", conflicts_with = "at")]
    pub commit: Option<u64>,
    /// The time that is wanted: 2026-03-01 or "2026-03-01 09:30" in UTC
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// Arguments of `do`.
#[derive(Debug, Args)]
pub struct Do {
    /// The operation, as `leads.convert`; `help` lists all
    pub operation: String,
    /// Its arguments, as `name=value`; those without a default also by their order. A reference is a title or an id, a
    /// list has `;` between its elements
    #[arg(value_name = "NAME=VALUE")]
    pub words: Vec<String>,
    /// Say what would come of it and keep nothing
    #[arg(long)]
    pub rehearse: bool,
    /// Show what the operation does and takes
    #[arg(long, short)]
    pub help: bool,
}
