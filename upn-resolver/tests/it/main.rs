//! The public API, one module for each behaviour.

use test_certificates::{agreement, build, walk};

mod certificate;
mod certificate_user_ids;
mod decision;
mod directory_exports;
mod directory_json;
mod eligibility;
mod entra_sign_in;
mod hostile_text;
mod join_state;
mod logon_policy;
mod minted;
mod policy_exports;
mod readme;
#[cfg(feature = "store")]
mod store;
