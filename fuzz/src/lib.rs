//! What several fuzz targets share.

pub mod card;
pub mod protocol;
pub mod signing;
