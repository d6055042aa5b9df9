// Declarations whose types do not fit. Each is refused at the type.

mod a_type_without_a_form {
    use std::collections::HashMap;

    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        mapped = 910 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } () -> HashMap<String, String>
    }

    fn mapped(_: &Session) -> Result<HashMap<String, String>> {
        Ok(HashMap::new())
    }
}

mod a_structure_that_is_only_returned {
    use crate::error::Result;
    use crate::{Board, Session};

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        boarded = 911 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } (
            /// The board.
            1 board: Board;
        ) -> u64
    }

    fn boarded(_: &Session, _: Board) -> Result<u64> {
        Ok(1)
    }
}

mod logic_with_another_signature {
    use crate::error::Result;
    use crate::{Company, Contact, Id, Session};

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        employed = 912 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[Read(Of::Argument("contact"))]),
        } (
            /// The contact.
            1 contact: Id<Contact>;
        ) -> u64
    }

    fn employed(_: &Session, _: Id<Company>) -> Result<u64> {
        Ok(1)
    }
}

mod a_default_of_another_type {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        defaulted = 913 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } (
            /// Everything.
            1 all: bool = 1;
        ) -> u64
    }

    fn defaulted(_: &Session, _: bool) -> Result<u64> {
        Ok(1)
    }
}
