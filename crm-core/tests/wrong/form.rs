// Declarations without the form of one. Each is refused while the macro is expanded.

mod without_a_duty {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        counted = 900 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
        } () -> u64
    }

    fn counted(_: &Session) -> Result<u64> {
        Ok(1)
    }
}

mod without_an_effect {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        counted = 901 on Session {
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } () -> u64
    }

    fn counted(_: &Session) -> Result<u64> {
        Ok(1)
    }
}

mod without_a_result {
    use crate::Session;

    crate::operation::operation! {
        /// Counts.
        unresulting = 902 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } ()
    }
}
