//! Moving the cards of a board.

use std::ops::ControlFlow;

use rust_decimal::Decimal;

use crate::engine::{Outcome, Right, Work, read};
use crate::error::{Error, Result};
use crate::query::position_between;
use crate::record::{Fields, Record};
use crate::value::{Ref, Value, ValueRef};

/// Puts a card into a column, behind another card or at the top.
pub(super) fn place(
    work: &mut Work<'_, '_>,
    card: Ref,
    column: Ref,
    behind: Option<Ref>,
    expected: Option<u64>,
) -> Result<Outcome> {
    let catalog = work.catalog();
    let object = catalog.object(card.object)?;
    let board = object
        .board
        .as_ref()
        .ok_or_else(|| Error::invalid(&object.name, "the object has no board"))?;
    let position = |record: &Record| record.get(board.position).as_decimal();
    // Where the card would stand; without room between two cards the column is numbered anew first.
    for renumbered in [false, true] {
        let cards = column_cards(work, object.id, board.cards, column, card)?;
        let at = match behind {
            None => 0,
            Some(behind) => {
                let at = cards.iter().position(|other| other.reference() == behind);
                1 + at.ok_or_else(|| {
                    Error::invalid(behind.id, "the card to stand behind is not in this column")
                })?
            }
        };
        let before = at
            .checked_sub(1)
            .and_then(|at| cards.get(at))
            .and_then(position);
        if let Some(place) = position_between(before, cards.get(at).and_then(position)) {
            let mut fields = Fields::new();
            fields.set_number(board.column, column.into());
            fields.set_number(board.position, place.into());
            return work.with_right(Right::Operation, |work| {
                work.update(card, &fields, expected)
            });
        }
        if !renumbered {
            for (number, other) in cards.iter().enumerate() {
                let mut fields = Fields::new();
                fields.set_number(
                    board.position,
                    Value::Decimal(Decimal::from(number as u64 * 1_000)),
                );
                work.with_right(Right::Engine, |work| {
                    work.update(other.reference(), &fields, None)
                })?;
            }
        }
    }
    Err(Error::corrupt("the positions of a column"))
}

fn column_cards(
    work: &Work<'_, '_>,
    object: u16,
    index: u16,
    column: Ref,
    without: Ref,
) -> Result<Vec<Record>> {
    let mut cards = Vec::new();
    read::for_each_in_index(
        work.read(),
        object,
        index,
        &[ValueRef::Ref(column)],
        &mut |id, covering| {
            if id != without.id {
                cards.push(Record::new(object, id, covering)?);
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(cards)
}
