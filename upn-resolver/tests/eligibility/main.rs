//! Which certificates of a token become tiles, gate by gate and policy by policy.

use test_certificates::build;
mod duplicates;
mod gates;
#[path = "../minted/mod.rs"]
mod minted;
mod tiles;
mod token;
