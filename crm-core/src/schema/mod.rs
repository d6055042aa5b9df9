//! What an object is: fields, links, indexes, totals. Standard objects are declared in
//! files of their own, custom ones are made at run time; the engine sees no difference.

mod catalog;
#[doc(hidden)]
pub mod declare;
mod definition;
mod field;
mod hook;
pub mod kind;
mod membership;
mod object;
mod role;
mod typed;

pub use catalog::Catalog;
pub(crate) use catalog::Declared;
pub(crate) use definition::{CUSTOM_FIRST, built_on, check_field, check_name, check_object};
pub(crate) use field::label_from;
pub use field::{ChoiceDef, FieldDef, FieldType, OnDelete, RollUp, RollUpOp, system};
#[doc(hidden)]
pub use hook::Save;
pub use hook::{Hook, SaveContext};
pub use membership::{KeptPeriod, MembershipDef, Period};
pub use object::{BoardDef, IndexDef, LinkDef, ObjectDef, TimelineDef, TotalDef};
pub use role::{ActorRole, DocumentRole, ExchangeRateRole, Role, SettingsRole, ValidationRole};
pub use typed::{Draft, Field, Object, View};
#[doc(hidden)]
pub use typed::{Index, Total};
