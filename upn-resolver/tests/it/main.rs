//! The public API, one module for each behaviour.

use test_certificates::{agreement, build, walk};

mod certificate;
mod certificate_user_ids;
mod decision;
#[cfg(feature = "directory")]
mod directory_exports;
#[cfg(feature = "directory")]
mod directory_json;
#[cfg(feature = "directory")]
mod directory_texts;
mod eligibility;
#[cfg(feature = "directory")]
mod entra_sign_in;
mod hostile_text;
mod join_state;
mod logon_policy;
mod minted;
mod policy_exports;
mod readme;
mod responsible;
#[cfg(feature = "store")]
mod store;
