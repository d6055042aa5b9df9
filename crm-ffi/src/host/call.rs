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
