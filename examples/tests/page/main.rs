//! The page for supporters in a real browser. `make page` builds it, and `make page-browsers` runs these tests in several browsers and
//! keeps their pictures.

mod browser;
mod fixtures;
mod hostile;
mod keyboard;
mod looks;
mod offline;
mod reports;
