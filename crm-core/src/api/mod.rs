//! What hosts call: [`Crm`], an open database, and [`Session`], somebody who acts on it.

#[cfg(feature = "redb")]
mod backup;
mod bell;
mod cancel;
mod card;
mod change;
mod check;
mod feed;
mod maintain;
mod open;
mod read;
mod rows;
#[cfg(feature = "redb")]
mod salvage;
mod schema;
mod session;
mod work_ahead;
mod write;

#[cfg(feature = "redb")]
pub use backup::{Increment, PointInTime, RestoreReport};
pub use bell::Wake;
pub use cancel::Cancel;
pub use change::{Change, Keyed};
pub use check::RepairReport;
pub use feed::{CommitChanges, Stopper, Subscription, Update, Watch};
pub use maintain::DatabaseStats;
pub use open::{Crm, Options};
pub use read::{HistoryEntry, SearchHit};
pub use rows::Rows;
#[cfg(feature = "redb")]
pub use salvage::SalvageReport;
pub use session::Session;

pub(crate) use read::{full_name, title_of};
pub use work_ahead::ContactPointState;
