//! Shared parts of the fuzz targets.

pub mod card;
pub mod joining;
pub mod protocol;
pub mod signing;
