//! What `explain-upn` and its page print about certificates.
//!
//! The page is WebAssembly without files, clock and terminal. So this package takes bytes and the time, and returns text and JSON;
//! because both programs use it, their output is the same.

mod case;
mod certificate_file;
mod certificate_note;
mod comparison;
mod explanation;
mod json;
mod policy;
mod printable;
mod text;
mod user_ids;

pub use case::{Case, Join, Missing, NoJoin, Row, Turn, Warning};
pub use certificate_file::{CertificateFileError, Found, FoundError, find_all, parse};
pub use certificate_note::CertificateNote;
pub use comparison::Comparison;
pub use explanation::{Explained, Explanation, Message, Place, Verdict};
pub use json::write_json;
pub use policy::{PolicyFileError, read_policy};
pub use printable::{printable, printable_line};
pub use text::{Style, write_text};
pub use user_ids::{AltIdentity, Unusable, UserId, UserIds};
