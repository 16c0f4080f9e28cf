//! The decision, seen through the public API.

mod after;
mod certificates;
mod explanation;
mod interpretations;
mod odd_input;
mod properties;
mod redaction;
mod rendering;
mod table;
