//! Further cards of a board's column.

use crate::api::Session;
use crate::error::Result;
use crate::operation::{ObjectName, operation};
use crate::query::{self, Card, CardPlace};
use crate::value::Ref;

operation! {
    /// Further cards of a board's column: those after the place of a page's last card, wherever that card is now; from
    /// the top without one.
    ///
    /// # Errors
    /// `UnknownObject`; `Invalid` for an object without a board; `Limit` for too many cards at once.
    cards = 2 on Session {
        effect: Reads,
        undo: Nothing,
        autonomy: ByItself,
        duty: Records(&[Read(Of::Argument("object")), Read(Of::Argument("column"))]),
    } (
        /// The object whose records are the cards.
        1 object as ObjectName;
        /// The record of the column: a stage.
        2 column as Ref;
        /// The place of the card after which they begin.
        3 after: Option<CardPlace>;
        /// The most cards.
        4 limit: usize = 50;
    ) -> Vec<Card>
}

fn cards(
    session: &Session,
    object: ObjectName,
    column: Ref,
    after: Option<CardPlace>,
    limit: usize,
) -> Result<Vec<Card>> {
    session.read(|reader| query::cards(reader, &object, column, after, limit))
}
