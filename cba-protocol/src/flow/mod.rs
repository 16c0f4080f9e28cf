//! The legs of the flows, one file each, and the table of their transitions.

mod assertion;
pub(crate) mod context;
mod metadata;
pub(crate) mod nonce;
mod realm;
mod request;
mod response;
pub(crate) mod session_key;
mod sign_in;
mod state;
pub mod table;

pub use metadata::IssuerMetadata;
pub use realm::{Federation, NotManaged};
pub use state::State;

pub(crate) use request::JWT_BEARER;
pub(crate) use sign_in::{Flow, Proof, Replacement};
