//! Reading a decision.
