//! Calls of PC/SC that ask for a length first.

use pcsc::Error;

/// Asks again if the answer has become longer than the length that the service named just before: a reader was connected, or the
/// card was reset and has another ATR (`SCARD_E_INSUFFICIENT_BUFFER`).
pub(super) fn sized<T>(ask: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    const RETRIES: u32 = 4;
    for _ in 0..RETRIES {
        match ask() {
            Err(Error::InsufficientBuffer) => {}
            answer => return answer,
        }
    }
    ask()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{Error, sized};

    /// The answers of a service whose first ones fail, and the number of questions.
    fn asked(failures: u32, error: Error) -> (Result<&'static str, Error>, u32) {
        let questions = Cell::new(0);
        let answer = sized(|| {
            questions.set(questions.get() + 1);
            if questions.get() > failures {
                Ok("ATR")
            } else {
                Err(error)
            }
        });
        (answer, questions.get())
    }

    #[test]
    fn an_answer_that_grew_is_asked_for_again() {
        assert_eq!(asked(0, Error::InsufficientBuffer), (Ok("ATR"), 1));
        assert_eq!(asked(2, Error::InsufficientBuffer), (Ok("ATR"), 3));
        assert_eq!(
            asked(u32::MAX, Error::InsufficientBuffer),
            (Err(Error::InsufficientBuffer), 5)
        );
        assert_eq!(asked(1, Error::RemovedCard), (Err(Error::RemovedCard), 1));
    }
}
