//! Which certificates of a token become tiles, gate by gate and policy by policy.

#[path = "../support/build.rs"]
mod build;
mod duplicates;
mod gates;
#[path = "../minted/mod.rs"]
mod minted;
mod tiles;
mod token;
