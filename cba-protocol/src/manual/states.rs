//! States of the flows: which state follows which.
//!
//! A test walks each row with the real machine. Another one gives the machine hostile answers and finds no transition that is not
//! here.
//!
//! # A sign-in
//!
//! It starts with `realm`; with `metadata` if a cache knows that the realm is managed; with `nonce` if a cache has the metadata too, or
//! if the configuration does not need it. A sign-in takes at most 11 steps, whatever the server answers.
//!
//! | state | event | next state |
//! |---|---|---|
//! | realm | managed | metadata |
//! | realm | managed, metadata known | nonce |
//! | realm | not managed | not-managed |
//! | realm | interaction required | interaction |
//! | realm | refused | refused |
//! | realm | unusable answer | failed |
//! | metadata | metadata read | nonce |
//! | metadata | interaction required | interaction |
//! | metadata | refused | refused |
//! | metadata | unusable answer | failed |
//! | nonce | nonce given | assertion |
//! | nonce | nonce given, no signature needed | request |
//! | nonce | interaction required | interaction |
//! | nonce | refused | refused |
//! | nonce | unusable answer | failed |
//! | assertion | signed | request |
//! | assertion | wrong length | failed |
//! | assertion | signed later | assertion |
//! | assertion | signed later, nonce too old | nonce |
//! | request | signed | token |
//! | request | wrong length | failed |
//! | token | PRT issued | session-key |
//! | token | nonce stale, first time | nonce |
//! | token | interaction required | interaction |
//! | token | refused | refused |
//! | token | unusable answer | failed |
//! | session-key | unwrapped | granted |
//! | session-key | wrong key | failed |
//!
//! # A renewal or a token request
//!
//! It starts with `nonce`, or with `token` if the configuration leaves the nonce out. It takes at most 5 steps. No card is needed, and
//! the device only to decrypt a new session key.
//!
//! | state | event | next state |
//! |---|---|---|
//! | nonce | nonce given | token |
//! | nonce | interaction required | interaction |
//! | nonce | refused | refused |
//! | nonce | unusable answer | failed |
//! | token | PRT redeemed | granted |
//! | token | PRT issued | session-key |
//! | token | nonce stale, first time | nonce |
//! | token | interaction required | interaction |
//! | token | refused | refused |
//! | token | unusable answer | failed |
//! | session-key | unwrapped | granted |
//! | session-key | wrong key | failed |
