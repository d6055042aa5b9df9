// Declarations that contradict themselves or others. Each is refused where its constants are computed.

mod an_error_that_does_not_exist {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFoundd`.
        misspelt = 920 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } () -> u64
    }

    fn misspelt(_: &Session) -> Result<u64> {
        Ok(1)
    }
}

mod without_errors {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        silent = 921 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } () -> u64
    }

    fn silent(_: &Session) -> Result<u64> {
        Ok(1)
    }
}

mod without_documentation {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {

        undocumented = 922 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } () -> u64
    }

    fn undocumented(_: &Session) -> Result<u64> {
        Ok(1)
    }
}

mod an_argument_without_documentation {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        mute = 923 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } (
            1 all: bool;
        ) -> u64
    }

    fn mute(_: &Session, _: bool) -> Result<u64> {
        Ok(1)
    }
}

mod a_gap_between_numbers {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        gapped = 924 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } (
            /// One.
            1 one: bool;
            /// Three.
            3 three: bool;
        ) -> u64
    }

    fn gapped(_: &Session, _: bool, _: bool) -> Result<u64> {
        Ok(1)
    }
}

mod a_duty_about_nothing {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        dutiful = 925 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[Read(Of::Argument("lead"))]),
        } () -> u64
    }

    fn dutiful(_: &Session) -> Result<u64> {
        Ok(1)
    }
}

mod a_change_that_reads {
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        changing = 926 on crate::operations::Leads<'_> {
            effect: Changes,
            undo: ByName,
            autonomy: ByItself,
            duty: Records(&[]),
        } () -> u64
    }

    fn changing(_: &mut crate::engine::Work<'_, '_>) -> Result<u64> {
        Ok(1)
    }
}

mod a_change_without_a_subject {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        loose = 927 on Session {
            effect: Changes,
            undo: ByName,
            autonomy: ByItself,
            duty: Records(&[Write(Of::Object("lead"))]),
        } () -> u64
    }

    fn loose(_: &mut crate::engine::Work<'_, '_>) -> Result<u64> {
        Ok(1)
    }
}

mod a_read_that_is_undone {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        undoing = 928 on Session {
            effect: Reads,
            undo: ByName,
            autonomy: ByItself,
            duty: Records(&[]),
        } () -> u64
    }

    fn undoing(_: &Session) -> Result<u64> {
        Ok(1)
    }
}

mod a_number_that_is_taken {
    use crate::Session;
    use crate::error::Result;

    crate::operation::operation! {
        /// Counts.
        ///
        /// # Errors
        /// `NotFound`.
        second_board = 1 on Session {
            effect: Reads,
            undo: Nothing,
            autonomy: ByItself,
            duty: Records(&[]),
        } () -> u64
    }

    fn second_board(_: &Session) -> Result<u64> {
        Ok(1)
    }

    const _: [&crate::operation::Operation; 2] =
        crate::operation::sorted(&[&crate::operations::session::board::OPERATION, &OPERATION]);
}
