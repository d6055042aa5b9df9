//! What must survive a power cut, a failing disk and a killed process does.
//!
//! A [`Trial`] runs random calls of the engine's public API, which [`crm_model`] makes, on a disk in memory
//! ([`Device`]) that remembers every operation. Then the power is cut before each of these operations: of the writes since the last sync
//! some survive, whole, in part or not at all, in any combination ([`power_cut`]). What is left is opened and
//! must hold, byte by byte, the state after the last commit that was acknowledged, or that of the commit under
//! way ([`history`]); the engine's own check must find nothing, and what callers were told must still be so.
//!
//! [`Broken`] engines show that a trial finds what it is there to find.

mod broken;
mod device;
pub mod history;
pub mod power_cut;
mod trial;
mod turns;
mod workload;

pub use broken::Broken;
pub use device::{Device, Fault, FileId, Image, Operation};
pub use trial::{Failure, Figures, Trial};
pub use turns::Turns;
pub use workload::{Workload, clock, options};
