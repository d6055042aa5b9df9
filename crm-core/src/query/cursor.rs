//! Cursors of pages: the place after which a page goes on, and the query to which it belongs.

use super::Query;
use super::order::{Order, Place};
use crate::error::{Error, Result};

/// A cursor's text: the query's fingerprint and the place, in hexadecimal digits.
pub(super) fn encode(query: &Query, place: &Place) -> String {
    let mut text = format!("{:08x}", fingerprint(query));
    place
        .as_bytes()
        .iter()
        .for_each(|byte| text.push_str(&format!("{byte:02x}")));
    text
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
    let digits = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes: Vec<u8> = digits.collect::<Option<_>>().ok_or_else(wanted)?;
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
