//! Entra's side of a sign-in: `locate`, then `bind`, and how strong it is.

#[path = "../support/build.rs"]
mod build;
#[path = "../minted/mod.rs"]
mod minted;

mod bind;
mod locate;
mod policy;
mod strength;
mod tenant;
mod values;
