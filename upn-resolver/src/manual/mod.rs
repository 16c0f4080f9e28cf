//! Manual: pages that explain more than one item.
//!
//! | task | page |
//! |---|---|
//! | support users: which name was sent, and why? | [`reading_a_decision`] |
//! | administer a tenant: which users can sign in with these cards? | [`planning_a_roll_out`] |
//! | find out why a certificate cannot be read | [`what_is_refused`] |
//! | learn the API | [`tour`] |
//! | write an agent, or test one | the manual of `cba-protocol` |

pub mod planning_a_roll_out;
pub mod reading_a_decision;
pub mod tour;
pub mod what_is_refused;
