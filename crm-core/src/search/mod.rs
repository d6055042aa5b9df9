//! Full-text search: which records contain these words?
//!
//! The layer knows no object types and no fields. The engine gives each record a dense number, its
//! *ordinal*, and describes its searchable text as a [`Document`]: a set of tokens, each with a weight from
//! 1 to 9. The index maps each token to its postings, pairs of ordinal and weight in ascending order.
//!
//! # Layout of [`Space::Text`](crate::store::Space::Text)
//!
//! | key | value |
//! |---|---|
//! | `00`, ordinal | the record: object number, id |
//! | `01`, token, `00`, first ordinal | block: up to 4 KiB of packed postings |
//! | `02`, token, `00`, ordinal | tail: one weight, or 0 where the posting is gone |
//!
//! A save writes a tail row for each token that it adds or removes and reads nothing. What the tail says of
//! a token and an ordinal overrides the blocks; [`merge`] folds the tail into the blocks from time to time.
//! A large batch folds its changes straight away.
//!
//! A search walks the postings from the newest record down, the rarest word first, and unpacks only the
//! blocks that the others can meet in.
//!
//! A token is a folded word in UTF-8, or one of three kinds with a first byte that no word has: a piece of
//! a phone number, a whole e-mail address or domain, an object number. The last makes the filter by object
//! one more list to intersect, and spares a look at the record of each hit that the filter drops.

mod block;
mod check;
mod cursor;
mod document;
mod fold;
mod layout;
mod merge;
mod near;
mod query;
mod rank;
mod source;
mod token;
mod tokens;
mod writer;

pub use self::check::check;
pub(crate) use self::check::{Part, VisitDocument, check_part};
pub use self::document::Document;
pub use self::merge::merge;
pub use self::query::Prefix;
pub(crate) use self::rank::{Accept, search_among};
pub use self::rank::{Hit, SearchOptions, search};
pub use self::writer::IndexWriter;

/// The greatest weight of a token.
pub const WEIGHT_MAX: u8 = 9;

/// An ordinal and the weight of the token in its record.
type Posting = (u32, u8);
