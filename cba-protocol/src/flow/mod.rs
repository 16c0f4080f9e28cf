//! The flows: sign-in, the uses of a primary refresh token, joining and leaving. Each request and each signature has its file.

mod access_token;
mod assertion;
mod context;
mod device_code;
mod device_credential;
mod discovery;
mod exchange;
mod join;
mod progress;
mod renewal;
mod sign_in;
mod target;
mod token_endpoint;
mod web;

pub use access_token::{AccessToken, TokenRequest};
pub use device_code::DeviceCode;
pub use device_credential::device_credential;
pub use join::{Join, Leave, Registration, Removal};
pub use renewal::Renewal;
pub use web::WebSignIn;

pub(crate) use context::Context;
pub(crate) use progress::{Flow, Proof};

/// Whether a stale nonce may still be replaced. Each flow replaces one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NonceRetry {
    Available,
    Used,
}
