//! Which certificates of a token become tiles, gate by gate and policy by policy.

mod duplicates;
mod gates;
mod tiles;
mod token;
