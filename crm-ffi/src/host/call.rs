//! Declared operations. Each host's own layer has a method for each, made from the declarations by `crm-generate`; here
//! is the one way in which all of them are called.

use std::ops::ControlFlow;
use std::sync::Arc;

use crm_core::operation::{self, Operation};
use crm_core::store::Progress;

use super::crm::Crm;
use super::error::Result;
use super::upkeep::{ProgressListener, Ticker};
use super::value::unsigned;

/// Identifies the operations of this library, for the layer that was made for them to compare.
#[uniffi::export]
pub fn operations_digest() -> i64 {
    i64::from(operation::digest())
}

#[uniffi::export]
impl Crm {
    /// Calls a declared operation by its number, with its arguments as a block; a block comes back.
    ///
    /// Fails as the operation does, and with `Invalid` for arguments that are no block or do not fit.
    pub fn call(&self, operation: i64, arguments: &[u8]) -> Result<Vec<u8>> {
        self.called(operation, arguments, &mut |_| ControlFlow::Continue(()))
    }

    /// As `call`, with a listener.
    pub fn call_followed(
        &self,
        operation: i64,
        arguments: &[u8],
        progress: Arc<dyn ProgressListener>,
    ) -> Result<Vec<u8>> {
        let mut ticker = Ticker::new(Some(progress));
        let result = self.called(operation, arguments, &mut |done| ticker.copied(done));
        ticker.outcome(Ok(()))?;
        result
    }
}

impl Crm {
    fn called(
        &self,
        operation: i64,
        arguments: &[u8],
        progress: &mut Progress<'_>,
    ) -> Result<Vec<u8>> {
        let operation = Operation::numbered(unsigned(operation, "the operation")?)?;
        let (manner, given) = self.wire(&self.catalog()).given(operation, arguments)?;
        let answer = operation.call(&self.session, manner, given, progress)?;
        // With the names of after the call, which may have added some.
        Ok(self.wire(&self.catalog()).told(&*answer))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test should stop at the line")]
mod tests {
    use crm_core::{Crm as Engine, Deal, Id, Lead, Pipeline, Stage};

    use super::*;
    use crate::host::wire::Encoding;

    /// A text, or the bytes of one, as the binary encoding has it.
    fn str(text: &str) -> Vec<u8> {
        let len = u32::try_from(text.len()).unwrap();
        [&len.to_le_bytes()[..], text.as_bytes()].concat()
    }

    /// A block with one name, and a list of these elements.
    fn list(name: &str, elements: &[Vec<u8>]) -> Vec<u8> {
        let len = u32::try_from(elements.len()).unwrap();
        let head = [
            &1_u16.to_le_bytes()[..],
            &str(name),
            &[0x0D],
            &len.to_le_bytes(),
        ];
        [head.concat(), elements.concat()].concat()
    }

    /// A reference to a record of the object that is the block's name.
    fn reference<O>(id: Id<O>) -> Vec<u8> {
        [vec![0x0B, 0, 0], str(&id.to_string())].concat()
    }

    const NULL: [u8; 1] = [0];

    fn number(name: &str) -> i64 {
        Operation::named(name).unwrap().number.into()
    }

    #[test]
    fn the_binary_encoding_carries_arguments_and_results() {
        let engine = Engine::in_memory().unwrap();
        let sales = engine.create(Pipeline::draft().name("Sales")).unwrap();
        let stage = Stage::draft().name("Offer").pipeline(sales).order(1);
        engine.create(stage.probability(50)).unwrap();
        engine
            .create(Deal::draft().name("Ten").pipeline(sales))
            .unwrap();
        let crm = Crm::over((*engine).clone(), Encoding::Binary);
        let object = [vec![0x06], str("deal")].concat();
        let of = reference(sales);
        let arguments = list("pipeline", &[NULL.to_vec(), object, of]);
        let board = crm.call(number("board"), &arguments).unwrap();
        // Names, then a list of the three members of a board.
        let names = u16::from_le_bytes([board[0], board[1]]);
        assert!(names > 3, "{board:?}");
        let mut rest = &board[2..];
        for _ in 0..names {
            let len = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
            rest = &rest[4 + len..];
        }
        assert_eq!(rest[..5], [0x0D, 3, 0, 0, 0]);
        assert_eq!(rest[5], 0x06, "the name of the object");
        // A record where a value could be: the first column.
        assert!(
            board
                .windows(7)
                .any(|at| at == [0x0D, 4, 0, 0, 0, 0x0E, at[6]])
        );

        let lead = engine.create(Lead::draft().name("Ada")).unwrap();
        let rehearse = vec![0x0D, 1, 0, 0, 0, 0x02];
        let arguments = list("lead", &[rehearse, reference(lead)]);
        crm.call(number("leads.convert"), &arguments).unwrap();
        assert_eq!(
            engine.count("contact", "").unwrap(),
            0,
            "it was a rehearsal"
        );
        for wrong in [
            &arguments[..arguments.len() - 1],
            &[],
            &list("lead", &[NULL.to_vec()]),
            &list("lead", &[reference(lead)]),
            &list("lead", &[NULL.to_vec(), vec![0x0D, 0xFF, 0xFF, 0xFF, 0xFF]]),
            &list("lead", &[NULL.to_vec(), vec![0x0F, 0, 0]]),
        ] {
            assert!(
                crm.call(number("leads.convert"), wrong).is_err(),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn the_json_encoding_refuses_what_is_no_block() {
        let engine = Engine::in_memory().unwrap();
        let crm = Crm::over((*engine).clone(), Encoding::Json);
        let deep = "[".repeat(5_000);
        for wrong in [
            "",
            "{}",
            "[",
            "[null,{}]",
            "[[1],\"deal\"]",
            "[null,1,2,3,4]",
            &deep,
        ] {
            assert!(
                crm.call(number("board"), wrong.as_bytes()).is_err(),
                "{wrong}"
            );
        }
        for unknown in [-1, 0, u16::MAX.into(), i64::MAX] {
            let is_refused = crm.call(unknown, b"[]").is_err();
            assert!(is_refused, "there is no operation {unknown}");
        }
    }
}
