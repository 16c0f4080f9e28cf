//! What the benchmarks share: the certificates that they read, and the peers that they are compared with.

pub mod certificates;
pub mod hostile;
pub mod peers;
pub mod sign_ins;
