//! Entra's side of a sign-in: `locate`, then `bind`, and how strong it is.

mod bind;
mod locate;
mod policy;
mod strength;
mod tenant;
mod values;
