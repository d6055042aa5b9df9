//! Damage to a closed file, and to a journal that a crash left: every byte that is not what was written is
//! refused when the file is opened, found by a check, or harmless. Never is there a panic or a wrong answer.
//!
//! A [`Specimen`] is a database that random calls of the public API have made ([`crm_crash::Workload`]), on a disk
//! in memory ([`crm_crash::Device`]). A [`Damage`] is done to a copy of its bytes; the copy is opened and checked,
//! and where a check finds nothing, everything that can be read is compared with what was written.

mod damage;
mod specimen;

pub use damage::Damage;
pub use specimen::{Fate, Figures, Specimen};
