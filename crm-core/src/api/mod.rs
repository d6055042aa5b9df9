//! What hosts call: [`Crm`], an open database, and [`Session`], somebody who acts on it.

mod bell;
mod card;
mod change;
mod check;
mod feed;
mod maintain;
mod open;
mod read;
mod rows;
mod schema;
mod session;
mod work_ahead;
mod write;

pub use bell::Wake;
pub use change::{Change, Keyed};
pub use check::RepairReport;
pub use feed::{CommitChanges, Stopper, Subscription, Update, Watch};
pub use maintain::DatabaseStats;
pub use open::{Crm, Options};
pub use read::{HistoryEntry, SearchHit};
pub use rows::Rows;
pub use session::Session;

pub(crate) use read::{full_name, title_of};
pub use work_ahead::ContactPointState;
