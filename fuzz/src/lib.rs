//! Shared parts of the fuzz targets.

pub mod card;
pub mod protocol;
pub mod signing;
