//! What Microsoft Entra ID does with the value that Windows sent and the certificate that came with it.

mod index;
mod siphash;

pub use index::{IndexKey, NameIndex, TooManyNames};
