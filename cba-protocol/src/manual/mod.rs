//! Guides.
//!
//! | to | read |
//! |---|---|
//! | write an agent, a greeter or a thin client | [`writing_an_agent`] |
//! | test an agent | [`testing_an_agent`] |
//! | see which step follows which | [`states`] |
//! | support a user, or administer a tenant | the manual of `upn-resolver` |

pub mod states;
pub mod testing_an_agent;
pub mod writing_an_agent;
