//! One file a behaviour, over one scripted peer.

mod bad_answers;
mod granted;
mod hostile;
mod outside;
mod peer;
mod realm;
mod refusals;
mod repeatable;
mod secrets;
mod stale_nonce;
mod switches;
mod table;
mod two_names;
