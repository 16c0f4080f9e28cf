//! Failures in the form that clients of the interface read.
//!
//! The numbers were observed: no document describes them. pymsalruntime 0.20.7 names the statuses, requires `tag`, and asks for an
//! interactive sign-in only after [`Status::InteractionRequired`].

use std::fmt;

use cba_protocol::aadsts::Advice;
use cba_protocol::{Error, Interaction, Outcome, Refusal, Responsible};
use serde_json::{Value, json};

use crate::device::KeyRefused;
use crate::http_client::HttpError;
use crate::output::{MAX_SERVER_TEXT, printable_line, truncated};

/// Failure of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) status: Status,
    /// Number of the AADSTS code, or 0.
    pub(super) code: u32,
    /// What is wrong and what to do next, in one line.
    pub(super) context: String,
}

/// Status of a failure, with the name that pymsalruntime gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    InteractionRequired,
    NetworkTemporarilyUnavailable,
    ServerTemporarilyUnavailable,
    ApiContractViolation,
    UserCanceled,
    ApplicationCanceled,
    IncorrectConfiguration,
    AuthorityUntrusted,
    AccountUnusable,
}

impl Status {
    /// The number that clients read.
    fn number(self) -> u32 {
        match self {
            Self::InteractionRequired => 2,
            Self::NetworkTemporarilyUnavailable => 4,
            Self::ServerTemporarilyUnavailable => 5,
            Self::ApiContractViolation => 6,
            Self::UserCanceled => 7,
            Self::ApplicationCanceled => 8,
            Self::IncorrectConfiguration => 9,
            Self::AuthorityUntrusted => 11,
            Self::AccountUnusable => 13,
        }
    }
}

impl Failure {
    pub(super) fn new(status: Status, context: impl fmt::Display) -> Self {
        let context = truncated(&context.to_string(), MAX_SERVER_TEXT);
        Self {
            status,
            code: 0,
            context: printable_line(&context),
        }
    }

    /// The request cannot be read, or asks for what this broker does not do.
    pub(super) fn request(context: impl fmt::Display) -> Self {
        Self::new(Status::ApiContractViolation, context)
    }

    /// There is no usable token.
    pub(super) fn no_token() -> Self {
        Self::new(
            Status::InteractionRequired,
            "there is no primary refresh token; sign in with sign-in --broker or greeter --broker",
        )
    }

    pub(super) fn too_many() -> Self {
        Self::new(
            Status::ServerTemporarilyUnavailable,
            "too many calls; try again in a few seconds",
        )
    }

    pub(super) fn network(error: &HttpError) -> Self {
        Self::new(Status::NetworkTemporarilyUnavailable, error)
    }

    pub(super) fn protocol(error: &Error) -> Self {
        Self::new(Status::ServerTemporarilyUnavailable, error)
    }

    pub(super) fn keys(error: &KeyRefused) -> Self {
        Self::new(Status::IncorrectConfiguration, error)
    }

    pub(super) fn randomness(error: getrandom::Error) -> Self {
        Self::new(
            Status::IncorrectConfiguration,
            format_args!("the operating system returned no random numbers: {error}"),
        )
    }

    /// The authority did not grant.
    pub(super) fn not_granted<T>(outcome: &Outcome<T>) -> Self {
        match outcome {
            Outcome::Interaction(interaction) => Self::interaction(interaction),
            Outcome::Refused(refusal) => Self::refused(refusal),
            _ => Self::new(
                Status::ServerTemporarilyUnavailable,
                "the authority gave no token; try again",
            ),
        }
    }

    fn interaction(interaction: &Interaction) -> Self {
        Self {
            status: Status::InteractionRequired,
            ..Self::refused(&interaction.refusal)
        }
    }

    fn refused(refusal: &Refusal) -> Self {
        let status = match (refusal.advice(), refusal.responsible()) {
            (Advice::DropPrt | Advice::Interact | Advice::SignInAgain, _) => Status::InteractionRequired,
            (Advice::RetryLater | Advice::RefetchNonce, _) | (_, Responsible::Service) => {
                Status::ServerTemporarilyUnavailable
            }
            (_, Responsible::User) => Status::AccountUnusable,
            _ => Status::IncorrectConfiguration,
        };
        Self {
            code: refusal.codes.first().copied().unwrap_or_default(),
            ..Self::new(status, refusal)
        }
    }

    /// The object that is `error` of an answer.
    pub(super) fn json(&self) -> Value {
        json!({
            "context": self.context,
            "diagnostics": null,
            "errorCode": self.code,
            "status": self.status.number(),
            "subStatus": 0,
            "tag": TAG + self.status.number(),
        })
    }
}

/// First of this broker's tags. A tag names the place of an error in a program; other brokers have their own.
const TAG: u32 = 0x4342_4100;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}
