//! The decision, seen through the public API.

mod after;
mod certificates;
mod odd_input;
mod proof;
mod properties;
mod readings;
mod redaction;
mod rendering;
mod table;
