//! Problems of p11-kit's configuration files.

use std::io;
use std::path::PathBuf;

/// A configuration file that could not be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {kind}", file.display())]
#[non_exhaustive]
pub struct ConfigProblem {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What is wrong with a configuration file.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// It can't be read.
    #[error("cannot be read: {0}")]
    Io(std::sync::Arc<io::Error>),
    /// A line is not `name: value`.
    #[error("line {0} is not `name: value`")]
    Line(usize),
}
