//! A card whose answers come from a function.

use card_access::{
    ApduLength, CardConnection, CardTransaction, Disposition, Error, ErrorKind, NewTransaction, PinPadCommand,
};

/// Answers each command with what the function returns for it.
pub struct Card<F> {
    pub length: ApduLength,
    pub answer: F,
}

impl<F: FnMut(&[u8]) -> Result<Vec<u8>, Error> + Send> CardConnection for Card<F> {
    fn begin(&mut self) -> Result<NewTransaction<'_>, Error> {
        Ok(NewTransaction::SameCard(Box::new(self)))
    }

    fn apdu_length(&self) -> ApduLength {
        self.length
    }
}

impl<F: FnMut(&[u8]) -> Result<Vec<u8>, Error>> CardTransaction for &mut Card<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        (self.answer)(command)
    }

    fn transmit_with_pin_pad(&mut self, _: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Unsupported { what: "a PIN pad" }.into())
    }

    fn end(self: Box<Self>, _: Disposition) {}
}
