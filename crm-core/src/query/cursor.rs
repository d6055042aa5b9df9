//! Cursors of pages: the place after which a page goes on, and the query to which it belongs.

use super::Query;
use super::order::{Order, Place};
use crate::error::{Error, Result};

/// A cursor's text: the query's fingerprint and the place, in hexadecimal digits.
pub(super) fn encode(query: &Query, place: &Place) -> String {
    hex::encode([&fingerprint(query).to_be_bytes(), place.as_bytes()].concat())
}

/// The place in a cursor's text.
///
/// # Errors
/// `Invalid` for a text that is no cursor, or that of another query.
pub(super) fn decode(query: &Query, order: &Order, text: &str) -> Result<Place> {
    let wanted = || {
        Error::invalid(
            text,
            "a cursor is the `next` of an earlier page of the same query",
        )
    };
    let bytes = hex::decode(text).map_err(|_| wanted())?;
    let (head, place) = bytes.split_first_chunk::<4>().ok_or_else(wanted)?;
    if u32::from_be_bytes(*head) != fingerprint(query) {
        return Err(wanted());
    }
    order.place_from(place.to_vec()).map_err(|_| wanted())
}

/// FNV-1a over what decides which records come in which order.
fn fingerprint(query: &Query) -> u32 {
    let keys = query
        .sort
        .iter()
        .map(|key| format!("\0{}{}", if key.descending { '-' } else { '+' }, key.field));
    let text =
        format!("{}\0{}\0{}", query.object, query.filter, query.trash) + &keys.collect::<String>();
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
