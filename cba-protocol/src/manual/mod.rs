//! Longer explanations than fit beside an item.
//!
//! | you | read |
//! |---|---|
//! | write an agent, a greeter, a thin client | [`writing_an_agent`] |
//! | test somebody's agent | [`testing_an_agent`] |
//! | support a user, or administer a tenant | the manual of `upn-resolver` |

pub mod testing_an_agent;
pub mod writing_an_agent;
