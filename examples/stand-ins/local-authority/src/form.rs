//! Checks of the switches on the form of a signed request.

use serde_json::Value;

use crate::config::{Demand, X5cForm};
use crate::jose::Jws;
use crate::refusal::{Code, Refusal};

impl X5cForm {
    /// Refuses a header whose `x5c` has another form.
    pub(crate) fn check(self, signed: &Jws) -> Result<(), Refusal> {
        let accepted = match (self, signed.header.get("x5c")) {
            (Self::Any, _) => true,
            (Self::Array, value) => matches!(value, Some(Value::Array(_))),
            (Self::String, value) => matches!(value, Some(Value::String(_))),
        };
        if accepted {
            return Ok(());
        }
        Err(Refusal::new(Code::CREDENTIAL_UNKNOWN, "The form of 'x5c'."))
    }
}

impl Demand {
    /// Refuses a nonce, or its absence. The codes are those for a claim that is missing and for a JWT that is malformed; no source
    /// shows what Entra answers.
    pub(crate) fn check_nonce(self, present: bool) -> Result<(), Refusal> {
        match self {
            Self::Required if !present => Err(Refusal::new(Code::CLAIM_MISSING, "Claim: 'request_nonce'.")),
            Self::Refused if present => Err(Refusal::new(
                Code::JWT_MALFORMED,
                "Claim: 'request_nonce' is not expected.",
            )),
            _ => Ok(()),
        }
    }
}
