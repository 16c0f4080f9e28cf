//! Writing an agent: from a card in the reader to single sign-on, in the order in which it happens.
//!
//! The programs `sign-in` and `greeter` of the repository's examples are whole agents of this kind. This page says what
//! they do and why, so that yours can differ on purpose.
//!
//! # Before anybody signs in
//!
//! The device is joined already; this crate does not join it. What the join left behind is a certificate, two RSA keys
//! and a tenant: [`Device::from_certificate`](crate::Device::from_certificate) reads the certificate and says at once if
//! it is none of a joined device. The keys stay where they are, in a TPM if there is one: every use of them is a step.
//!
//! Decide where three things are kept: the issuer's metadata and the realm of each user (for a day, say; they save two
//! requests; a domain does not tell the realm, since
//! [staged rollout](https://learn.microsoft.com/en-us/entra/identity/hybrid/connect/how-to-connect-staged-rollout) takes users out of a
//! federated one), the cached Entra UPN of hybrid joined devices (`upn_resolver::store`), and the sealed refresh token.
//!
//! # 1. Which certificate, which name?
//!
//! `card_access::Cards::system().tokens(within)` lists what is there, and `Selector` ranks the certificates and tells why the others
//! are out. Keep the `TokenId` of the chosen one: `open` takes no other card in its place, however often readers come and
//! go meanwhile.
//!
//! `upn_resolver::SignIn` decides the name. Of its outcomes only `Send` goes on. `AskForHint` is a field on your screen,
//! `RequireAdLogon` an order to do the Kerberos leg first; neither is an error. Log the decision: it is the answer to the
//! help desk's first question, and `redacted()` is fit for a ticket.
//!
//! # 2. The PIN
//!
//! Show `pin_status()` before you ask; it spends no try. Ask for the PIN *before* the nonce, when
//! [`State::Nonce`](crate::State::Nonce) comes up: people are slow and nonces age. Pass the PIN to the one call that signs, and let
//! it go. The final try is refused until you allow it by name: ask the user first, with the words "the card will be
//! blocked". A wrong PIN ends the step, not the program: the step can be had again by starting the sign-in anew.
//!
//! # 3. The loop
//!
//! Answer each [`Step`](crate::Step) until it is [`Done`](crate::Step::Done); the front page of this crate has the loop. Rules of
//! thumb for the answers:
//!
//! | step | your part | when it goes wrong |
//! |---|---|---|
//! | [`Send`](crate::Step::Send) | send the request as it is: no redirects, no retries, a time-out of about 30 s | drop the step; tell the user that the network failed. The request may be sent once more only if it never left |
//! | [`SignAsUser`](crate::Step::SignAsUser) | the card, off the main thread | card errors say who can mend them; start anew |
//! | [`SignAsDevice`](crate::Step::SignAsDevice) | the device key, RS256 | the device has to be joined again, or the TPM is in trouble |
//! | [`Unwrap`](crate::Step::Unwrap) | the transport key, RSA-OAEP with SHA-1 | likewise |
//!
//! A step owns everything it needs and is `Send + 'static`. Between two PAM calls it can lie in a map; for an async agent it
//! can move to a blocking thread and back. Dropping it forgets the sign-in and wipes its secrets.
//!
//! # 4. The outcome
//!
//! | outcome | what to do |
//! |---|---|
//! | [`Granted`](crate::Outcome::Granted) | ask the decision what to [`remember`](upn_resolver::Decision::remember), seal the token, open the session |
//! | [`Interaction`](crate::Outcome::Interaction) | MFA or Conditional Access wants a browser; if you have none, say so |
//! | [`NotManaged`](crate::Outcome::NotManaged) | federated, in another cloud, or unknown. There is no silent way round |
//! | [`Refused`](crate::Outcome::Refused) | [`Refusal`](crate::Refusal) has the code, who must act and what to try; show it, and log the transcript |
//!
//! On "user not found" a hybrid joined device may hold a stale cached name:
//! [`user_not_found`](upn_resolver::Decision::user_not_found) says what to forget and what to send instead, once. Given to
//! [`SignIn::or_as`](crate::SignIn::or_as) beforehand, the machine goes on with that name by itself. Where the first one was refused
//! only after the card had signed, the card signs again, with the PIN again.
//!
//! # 5. The session
//!
//! ```
//! use cba_protocol::pki_types::UnixTime;
//! use cba_protocol::{Error, PrimaryRefreshToken, Seed, Step};
//!
//! /// Called now and then while the user is signed in; `None` as long as nothing is due.
//! fn keep_fresh(prt: &PrimaryRefreshToken, seed: Seed, now: UnixTime) -> Option<Result<Step, Error>> {
//!     // What is due already is due now.
//!     (prt.renew_at(now) == now).then(|| prt.renewal().start(seed, now))
//! }
//! ```
//!
//! A renewal answers with a new token that takes the old one's place. Access tokens for applications come from
//! [`token_request`](crate::PrimaryRefreshToken::token_request), the browser's cookie or header from
//! [`sso`](crate::PrimaryRefreshToken::sso). For a restart, [`seal`](crate::PrimaryRefreshToken::seal) it with a key from the TPM or
//! the keyring; there is no other way to write it down. At sign-out, drop it, and
//! have the browser open what [`sign_out`](crate::PrimaryRefreshToken::sign_out) names.
//!
//! # What to log
//!
//! The decision, the [`Transcript`](crate::Transcript) and the error's code. All three leave out what must not be in a log; all
//! of the rest (requests, answers, the PIN, keys) must never be written by your side either.
