//! Problems of p11-kit's configuration files.

use std::io;
use std::path::PathBuf;

/// Configuration file that could not be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {kind}", file.display())]
#[non_exhaustive]
pub struct ConfigProblem {
    /// File.
    pub file: PathBuf,
    /// Problem.
    pub kind: ProblemKind,
}

/// Problem of a configuration file.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(std::sync::Arc<io::Error>),
    /// A line does not have the form `name: value`.
    #[error("line {0} is not `name: value`")]
    Line(usize),
}
