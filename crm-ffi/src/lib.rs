//! `crm-core` for hosts in other languages. What is here converts and nothing else: every decision is the engine's.
//!
//! | module | for |
//! |---|---|
//! | `c` | C and C++: the functions of `crm.h`, opaque handles, rows, an error object |
//! | [`json`] | the engine's results as JSON: what C returns where they are more than rows, what conformance compares |
//! | `host` | Python, Kotlin and Swift, whose interfaces uniffi generates from it |

#[cfg(feature = "c")]
mod c;
mod count;
#[cfg(feature = "uniffi")]
mod host;
#[cfg(feature = "c")]
pub mod json;
mod made;

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!("crm");
