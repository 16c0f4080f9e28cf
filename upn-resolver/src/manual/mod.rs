//! Longer explanations than fit beside an item.

pub mod reading_a_decision;
pub mod tour;
