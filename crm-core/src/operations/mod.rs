//! The operations, one file each: a declaration, and the logic that belongs to it.
//!
//! A further operation costs a file in the folder of its subject and a word in the list below; the functions of every
//! host, their documentation, the shell's command and the conformance runners follow from the declaration.

use crate::operation::operations;

operations! {
    session { board, cards, #[cfg(feature = "redb")] backup_since }
    /// What becomes of leads.
    leads: Leads { convert }
}

// Declarations that must not compile: the test `declarations` compiles the crate with them.
#[cfg(crm_wrong)]
mod wrong {
    include!(env!("CRM_WRONG"));
}
