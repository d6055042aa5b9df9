//! The commands, by what they are about. Each turns its arguments into an [`Answer`] and prints nothing.

mod backup;
mod declared;
mod exchange;
mod figures;
mod past;
mod reading;
mod reminders;
mod structure;
mod upkeep;
mod writing;

use std::path::Path;

use crm_core::Result;

use crate::args::Command;
use crate::output::Answer;
use crate::shell::Shell;

pub use exchange::export_csv;

/// Carries a command out that does not open the file: it may be damaged, or is a backup that stays as it is.
pub fn answer_unopened(file: &Path, command: &Command) -> Option<Result<Answer>> {
    match command {
        Command::Salvage(args) => Some(upkeep::salvage(file, args)),
        Command::RestoreBackup(args) => Some(backup::restore(file, args)),
        _ => None,
    }
}

/// Carries a command out.
pub fn answer(shell: &Shell, command: &Command) -> Result<Answer> {
    match command {
        Command::Import(args) => exchange::import(shell, args),
        Command::Export(args) => exchange::export(shell, args),
        Command::List(args) => reading::list(shell, args),
        Command::Aggregate(args) => figures::aggregate(shell, args),
        Command::Get(args) => reading::get(shell, args),
        Command::Create(args) => writing::create(shell, args),
        Command::Update(args) => writing::update(shell, args),
        Command::Delete(args) => writing::delete(shell, args),
        Command::Restore(args) => writing::restore(shell, args),
        Command::Board(args) => figures::board(shell, args),
        Command::Timeline(args) => past::timeline(shell, args),
        Command::Search(args) => reading::search(shell, args),
        Command::Due(args) => reminders::due(shell, args),
        Command::RunDue(args) => reminders::run_due(shell, args),
        Command::History(args) => past::history(shell, args),
        Command::Undo(args) => past::undo(shell, args),
        Command::Schema(args) => structure::schema(shell, args),
        Command::Do(args) => declared::call(shell, args),
        Command::Stats => upkeep::stats(shell),
        Command::Check => upkeep::check(shell),
        Command::Repair => upkeep::repair(shell),
        Command::Salvage(args) => upkeep::salvage(&shell.file, args),
        Command::Compact => upkeep::compact(shell),
        Command::Backup(args) => backup::backup(shell, args),
        Command::RestoreBackup(args) => backup::restore(&shell.file, args),
    }
}

/// A number with the word for what is counted: `1 record`, `2 records`.
fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
