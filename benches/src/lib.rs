//! Shared parts of the benchmarks: certificates, and other implementations to compare with.

pub mod certificates;
pub mod hostile;
pub mod peers;
pub mod sign_ins;
