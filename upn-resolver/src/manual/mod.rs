//! Longer explanations than fit beside an item.
//!
//! | you | read |
//! |---|---|
//! | support a user: which name was sent, and why? | [`reading_a_decision`] |
//! | administer a tenant: whom will the cards sign in? | [`planning_a_roll_out`] |
//! | ask why a certificate can't be read | [`what_is_refused`] |
//! | write an agent, or test one | the manual of `cba-protocol` |

pub mod planning_a_roll_out;
pub mod reading_a_decision;
pub mod tour;
pub mod what_is_refused;
