//! A transaction that wraps another one.

use card_access::{CardTransaction, Disposition, Error, ErrorKind, NewTransaction, PinPadCommand};

/// Answers with its command.
struct Echo;

impl CardTransaction for Echo {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(command.to_vec())
    }
    fn transmit_with_pin_pad(&mut self, _: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Removed.into())
    }
    fn end(self: Box<Self>, _: Disposition) {}
}

/// Appends success to each response.
struct Succeeding<'a>(Box<dyn CardTransaction + 'a>);

impl CardTransaction for Succeeding<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let mut response = self.0.transmit(command)?;
        response.extend([0x90, 0x00]);
        Ok(response)
    }
    fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        self.0.transmit_with_pin_pad(command)
    }
    fn end(self: Box<Self>, disposition: Disposition) {
        self.0.end(disposition);
    }
}

#[test]
fn a_wrapped_transaction_still_says_whether_the_card_is_the_same() {
    let succeeding = |inner| Box::new(Succeeding(inner)) as Box<dyn CardTransaction>;
    let NewTransaction::SameCard(mut same) = NewTransaction::SameCard(Box::new(Echo)).map(succeeding) else {
        panic!("the card is the same");
    };
    assert_eq!(same.transmit(&[0x01]).unwrap(), [0x01, 0x90, 0x00]);
    let NewTransaction::Reconnected(mut other) = NewTransaction::Reconnected(Box::new(Echo)).map(succeeding)
    else {
        panic!("the connection is a new one");
    };
    let command = PinPadCommand::new(&[], 6, 8);
    let removed = other.transmit_with_pin_pad(command).unwrap_err();
    assert_eq!(removed.kind(), &ErrorKind::Removed);
    other.end(Disposition::Leave);
}
