//! What Windows does with a smart card before anything is sent.

pub mod eligibility;
pub mod join_state;
pub mod logon_policy;
pub mod platform;
