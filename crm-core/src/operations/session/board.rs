//! Looking at a board.

use std::sync::Arc;

use crate::api::Session;
use crate::error::Result;
use crate::operation::{ObjectName, operation};
use crate::query::{self, Board};
use crate::value::Ref;

operation! {
    /// The board of a record, such as a pipeline of deals: columns with kept totals and their first cards. Who asks
    /// again before a commit has changed some of it is given the same one.
    ///
    /// # Errors
    /// `NotFound`; `UnknownObject`; `Invalid` for an object without a board.
    board = 1 on Session {
        effect: Reads,
        undo: Nothing,
        autonomy: ByItself,
        duty: Records(&[Read(Of::Argument("object")), Read(Of::Argument("of"))]),
    } (
        /// The object whose records are the cards.
        1 object as ObjectName;
        /// The record that the board belongs to: a pipeline.
        2 of as Ref;
        /// The most cards of each column.
        3 cards_max: usize = 50;
    ) -> Arc<Board>
}

fn board(session: &Session, object: ObjectName, of: Ref, cards_max: usize) -> Result<Arc<Board>> {
    session.read(|reader| query::board(reader, &object, of, cards_max))
}
