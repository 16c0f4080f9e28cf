//! What several fuzz targets share.

pub mod protocol;
pub mod signing;
