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
//!
//! # A web sign-in
//!
//! It starts with `authorize`. It sees at most ten pages, none of them twice, and takes at most 13 steps.
//!
//! | state | event | next state |
//! |---|---|---|
//! | authorize | sign-in page shown | credential-type |
//! | authorize | interaction required | interaction |
//! | authorize | refused | refused |
//! | authorize | unusable answer | failed |
//! | credential-type | certificate offered | certificate-sign-in |
//! | credential-type | not managed | not-managed |
//! | credential-type | interaction required | interaction |
//! | credential-type | refused | refused |
//! | credential-type | unusable answer | failed |
//! | certificate-sign-in | form given | login |
//! | certificate-sign-in | interaction required | interaction |
//! | certificate-sign-in | refused | refused |
//! | certificate-sign-in | no certificate requested | failed |
//! | certificate-sign-in | unusable answer | failed |
//! | login | code given | token |
//! | login | asked whether to go on | interrupt |
//! | login | form given | login |
//! | login | interaction required | interaction |
//! | login | refused | refused |
//! | login | unusable answer | failed |
//! | interrupt | code given | token |
//! | interrupt | asked whether to go on | interrupt |
//! | interrupt | form given | login |
//! | interrupt | interaction required | interaction |
//! | interrupt | refused | refused |
//! | interrupt | unusable answer | failed |
//! | token | token granted | granted |
//! | token | interaction required | interaction |
//! | token | refused | refused |
//! | token | unusable answer | failed |
//!
//! # A device code
//!
//! It starts with `device-code`. It ends when the code expires, after an hour at the latest, and asks the token endpoint at most 720
//! times.
//!
//! | state | event | next state |
//! |---|---|---|
//! | device-code | codes given | user-code |
//! | device-code | interaction required | interaction |
//! | device-code | refused | refused |
//! | device-code | unusable answer | failed |
//! | user-code | shown | waiting |
//! | waiting | waited | token |
//! | token | token granted | granted |
//! | token | user has not signed in yet | waiting |
//! | token | refused | refused |
//! | token | unusable answer | failed |
//!
//! # A join
//!
//! It starts with `discovery`, or with `keys` if the configuration leaves discovery out. It takes at most 4 steps.
//!
//! | state | event | next state |
//! |---|---|---|
//! | discovery | service found | keys |
//! | discovery | interaction required | interaction |
//! | discovery | refused | refused |
//! | discovery | unusable answer | failed |
//! | keys | keys made | certificate-request |
//! | keys | unfit key | failed |
//! | certificate-request | signed | registration |
//! | certificate-request | wrong length | failed |
//! | registration | registered | granted |
//! | registration | interaction required | interaction |
//! | registration | refused | refused |
//! | registration | certificate of another device | failed |
//! | registration | unusable answer | failed |
//!
//! # Leaving
//!
//! It has one step.
//!
//! | state | event | next state |
//! |---|---|---|
//! | removal | removed, or gone before | granted |
//! | removal | interaction required | interaction |
//! | removal | refused | refused |
//! | removal | no certificate requested | failed |
//! | removal | unusable answer | failed |
