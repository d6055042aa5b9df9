//! Who may see what: the one gate through which values leave the engine.
//!
//! A [`Lens`] is a view of one state: who looks, at what, and what of it he may see (his [scope](scope::Scope)). Every answer is
//! read through one, in the way that fits the answer:
//!
//! | to read … | ask |
//! |---|---|
//! | names of objects and fields, and filters | [`Lens::object`], [`Lens::field`], [`Lens::filter`] |
//! | records | [`Lens::record`], [`Lens::live_record`], [`Lens::for_each_stored`], [`Lens::for_each_live`] |
//! | what filters see, other records included | [`Lens::env`], [`Lens::follow`] |
//! | rows of indexes and timelines | [`Lens::for_each_id`], [`Lens::for_each_row`], [`Lens::holder`] |
//! | what is kept over all records: totals, columns | [`Lens::whole`], which not everybody has |
//! | an answer that may be kept | [`Lens::question`], [`Lens::answer`] |
//! | the search index | [`Lens::search`] |
//! | the log: history, earlier states, the feed | the methods of `past.rs` |
//! | in a transaction; its errors and reports | [`Lens::within`]; [`Lens::told`], [`Lens::matching`], [`Lens::undo_report`] |
//!
//! What the engine reads for itself and answers to nobody (backups, maintenance, rules, places on a board) is read
//! through an [`EngineLens`], which has no scope. `tests/repository.rs` lists the files that have one, with the reason
//! of each, and lets nothing else above the engine read past a lens.

mod engine_lens;
mod env;
mod lens;
mod past;
mod rows;
mod scope;
#[cfg(test)]
mod tests;
mod told;
mod whole;

pub(crate) use engine_lens::EngineLens;
pub(crate) use env::LensEnv;
pub(crate) use lens::Lens;
pub(crate) use rows::RowFields;
pub(crate) use whole::Whole;
