//! A card whose answers come from a function.

use card_access::{
    ApduLength, CardConnection, CardTransaction, Disposition, Error, ErrorKind, NewTransaction, PinPadCommand,
};

/// Answers each command with the function's result.
pub(crate) struct Answering<F>(pub(crate) F);

impl<F: FnMut(&[u8]) -> Result<Vec<u8>, Error> + Send> CardConnection for Answering<F> {
    fn begin(&mut self) -> Result<NewTransaction<'_>, Error> {
        Ok(NewTransaction::SameCard(Box::new(self)))
    }

    fn apdu_length(&self) -> ApduLength {
        ApduLength::Short
    }
}

impl<F: FnMut(&[u8]) -> Result<Vec<u8>, Error>> CardTransaction for &mut Answering<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        (self.0)(command)
    }

    fn transmit_with_pin_pad(&mut self, _: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Unsupported { what: "keys" }.into())
    }

    fn end(self: Box<Self>, _: Disposition) {}
}
