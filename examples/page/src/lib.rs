//! The page for supporters: a request of its script in, an answer out.
//!
//! The script writes a request, a line break and the bytes of the files into the memory that [`exports`] reserves, and reads the
//! answer as JSON. Nothing else is exchanged: the module imports no function, so it has no clock, no files and no network.

mod answer;
mod device;
pub mod exports;
mod file;
mod recognise;
mod request;
mod screen;
mod sources;
mod ticket;

pub use answer::answer;
