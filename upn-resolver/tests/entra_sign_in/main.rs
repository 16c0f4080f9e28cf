//! Entra's side of a sign-in: `locate`, then `bind`, and how strong it is.

use test_certificates::build;
#[path = "../minted/mod.rs"]
mod minted;

mod bind;
mod locate;
mod policy;
mod strength;
mod tenant;
mod values;
