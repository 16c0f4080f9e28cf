//! Writing an agent: from a card in the reader to single sign-on, in chronological order.
//!
//! The programs `sign-in` and `greeter` in the repository's examples are complete agents. This page says what they do and why, so
//! that yours can differ on purpose.
//!
//! # Before the sign-in
//!
//! The device is already joined: [`Join`](crate::Join) joins it, with a token from [`WebSignIn`](crate::WebSignIn) or
//! [`DeviceCode`](crate::DeviceCode). A join leaves a certificate, two RSA keys and a tenant.
//! [`Device::from_certificate`](crate::Device::from_certificate) reads the certificate and fails if it is not that of a joined
//! device. The keys stay where they are, ideally in a TPM: every use of them is a step.
//!
//! Decide where to keep three things:
//!
//! - the issuer's metadata for each tenant, and the users whose realm is managed, for a day or so: they save two requests. Keep the
//!   realm for each user, because a domain does not tell it:
//!   [staged rollout](https://learn.microsoft.com/en-us/entra/identity/hybrid/connect/how-to-connect-staged-rollout) takes users out
//!   of a federated domain. Forget both after a sign-in that was not granted;
//! - the cached Entra UPN of hybrid joined devices (`upn_resolver::store`);
//! - the sealed refresh token.
//!
//! # 1. Certificate and name
//!
//! `card_access::Cards::system().tokens(within)` lists the tokens; `Selector` ranks their certificates and says why the others are
//! rejected. Keep the `TokenId` of the chosen one: `open` accepts no other card in its place.
//!
//! `upn_resolver` decides the name. Only its outcome `Send` continues. `AskForHint` is a field on your screen, and `RequireAdLogon`
//! means that the sign-in to Active Directory comes first; neither is an error. Log the decision: it answers the first question of
//! the help desk. `redacted()` is safe for a ticket.
//!
//! # 2. The PIN
//!
//! Show `pin_status()` before you ask; it uses no try. Pass the PIN to the call that signs, and drop it. The final try is refused
//! until you allow it by name; warn the user first that a wrong PIN blocks the card.
//!
//! Nothing before the first [`Step::SignAsUser`] needs the card or its PIN. So start the flow when the user has chosen a
//! certificate, answer its requests while the PIN is typed, and keep the task. When the PIN is there, call
//! [`refreshed`](crate::SignTask::refreshed): it sets the current date in the assertion, and requests another nonce if the user
//! took too long. After Enter there remain one PIN check, the signatures and one request. To end the flow when the user leaves the
//! screen, drop the task. Begin only then: a list of certificates must not tell the authority who owns them.
//!
//! Prepare the card in the same time: `card_access::Token::prepare_slot` reads the certificate and the state of the PIN, and keeps
//! the transaction open for the signature. Compare the certificate with the one that the user has chosen. Drop the token when the user
//! leaves the screen: other programs wait for the card until then. With `card_access::piv::KnownCards`, kept between runs, a card
//! that has signed in before takes 8 commands instead of 12, of which 5 come after Enter, and with extended lengths 6 and 3.
//!
//! ```
//! use cba_protocol::{Error, Exchange, SignTask, Step};
//! use rustls_pki_types::UnixTime;
//!
//! /// Everything that needs no PIN. It returns the task for the card, or the step with which the flow ended.
//! fn prepare(mut step: Step, mut send: impl FnMut(Exchange) -> Result<Step, Error>) -> Result<Step, Error> {
//!     while let Step::Send(exchange) = step {
//!         step = send(exchange)?;
//!     }
//!     Ok(step)
//! }
//!
//! /// After Enter.
//! fn pin_typed(task: SignTask, now: UnixTime) -> Result<Step, Error> {
//!     task.refreshed(now)
//! }
//! ```
//!
//! A wrong PIN does not end the step. A [`SignTask`] is consumed by [`complete`](crate::SignTask::complete) only, so it is still
//! there: ask for the PIN again and sign again. If the server finds the nonce too old, the flow gets a new one once and asks for
//! another signature.
//!
//! ```
//! use cba_protocol::{Error, SignTask, Step};
//! use zeroize::Zeroizing;
//!
//! enum CardError {
//!     WrongPin,
//!     Other,
//! }
//!
//! /// Signs with the card. After a wrong PIN the user may type another one; `None` means that the user gave up.
//! fn sign(
//!     task: SignTask,
//!     mut ask_pin: impl FnMut() -> Option<Zeroizing<String>>, // or card_access::Pin, which wipes itself too
//!     mut card: impl FnMut(&[u8], &str) -> Result<Vec<u8>, CardError>,
//! ) -> Option<Result<Step, Error>> {
//!     loop {
//!         let pin = ask_pin()?;
//!         match card(task.input(), &pin) {
//!             Ok(signature) => return Some(task.complete(&signature)),
//!             Err(CardError::WrongPin) => {} // the task is still here
//!             Err(CardError::Other) => return None,
//!         }
//!     }
//! }
//! ```
//!
//! # 3. The loop
//!
//! Answer each [`Step`] until it is [`Done`](Step::Done). The front page of this crate has the loop, and the crate's `examples/` have
//! it in blocking and in async form.
//!
//! | step | what to do | if it fails |
//! |---|---|---|
//! | [`Send`](Step::Send) | send the request unchanged: no redirects, no retries, a timeout of about 30 s | drop the step and report a network failure. The request may be sent again only if it never left the machine |
//! | [`SignAsUser`](Step::SignAsUser) | sign with the card, not on the main thread | the card's error says who has to act. The task may be tried again |
//! | [`SignAsDevice`](Step::SignAsDevice) | sign with the device key, RS256 | the device has to be joined again, or the TPM failed |
//! | [`Unwrap`](Step::Unwrap) | decrypt with the transport key, RSA-OAEP with SHA-1 | the same |
//!
//! Five other steps belong to the flows around a sign-in:
//!
//! | step | what to do | if it fails |
//! |---|---|---|
//! | [`SendAsUser`](Step::SendAsUser) | the same as `Send`, on a fresh TLS connection with the card as client certificate; the PIN comes first | the card's error says who has to act. The task may be tried again |
//! | [`SendAsDevice`](Step::SendAsDevice) | the same with the device certificate | the same |
//! | [`MakeKeys`](Step::MakeKeys) | make two RSA keys with 2048 bits, in the TPM if there is one | drop the step: nothing was registered |
//! | [`ShowCode`](Step::ShowCode), [`Wait`](Step::Wait) | show a code and an address, and wait | the user may cancel: drop the step |
//!
//! Algorithms go between the libraries by their JWS names: `credential.algorithm().jws()` is the name for
//! [`Config::with_user_algorithm`](crate::Config::with_user_algorithm), and `card_access::Scheme::from_jws` takes
//! [`task.algorithm().code()`](crate::Algorithm::code).
//!
//! A step owns everything that it needs and is `Send + 'static`. A daemon can keep it in a map between two PAM calls, and an async
//! agent can move it to a blocking thread and back. Dropping it ends the sign-in and wipes its secrets.
//!
//! # 4. The outcome
//!
//! | outcome | what to do |
//! |---|---|
//! | [`Granted`](Outcome::Granted) | make the decision's [`cache_update`](upn_resolver::Decision::cache_update), seal the token, open the session |
//! | [`Interaction`](Outcome::Interaction) | MFA or Conditional Access requires a browser. If there is none, say so |
//! | [`NotManaged`](Outcome::NotManaged) | a federation server or another cloud signs the user in, or the name is unknown |
//! | [`Refused`](Outcome::Refused) | show the [`Refusal`](crate::Refusal): code, who has to act, what to try. Log the transcript |
//!
//! ## A stale name
//!
//! The cached name of a hybrid joined device may be out of date. If [`Outcome::is_user_unknown`],
//! [`after_unknown_user`](upn_resolver::Decision::after_unknown_user) of the decision says whether to forget the cached name, and which name to
//! send instead, once:
//!
//! ```
//! use cba_protocol::{Error, Outcome};
//! use upn_resolver::{Decision, Upn};
//!
//! fn sign_in(
//!     mut decision: Decision,
//!     mut attempt: impl FnMut(&Upn) -> Result<Outcome, Error>, // start a SignIn, answer its steps
//!     mut forget_cached_name: impl FnMut(),
//! ) -> Result<Option<Outcome>, Error> {
//!     loop {
//!         let Some(upn) = decision.upn() else { return Ok(None) };
//!         let outcome = attempt(upn)?;
//!         if !outcome.is_user_unknown() {
//!             return Ok(Some(outcome));
//!         }
//!         let recovery = decision.after_unknown_user();
//!         if recovery.forget_cached {
//!             forget_cached_name();
//!         }
//!         match recovery.instead {
//!             Some(other) => decision = other,
//!             None => return Ok(Some(outcome)),
//!         }
//!     }
//! }
//! ```
//!
//! If the first name was refused after the card had signed, the card signs again: keep the PIN until the outcome is known.
//!
//! # 5. The session
//!
//! ```
//! use cba_protocol::pki_types::UnixTime;
//! use cba_protocol::{Error, PrimaryRefreshToken, Seed, Step};
//!
//! /// Called from time to time while the user is signed in; `None` if no renewal is due.
//! fn keep_fresh(prt: &PrimaryRefreshToken, seed: Seed, now: UnixTime) -> Option<Result<Step, Error>> {
//!     (prt.renew_at(now) == now).then(|| prt.renewal().start(seed, now))
//! }
//! ```
//!
//! A renewal returns a new token that replaces the old one. Access tokens for applications come from
//! [`token_request`](crate::PrimaryRefreshToken::token_request), the browser's cookie or header from
//! [`sso`](crate::PrimaryRefreshToken::sso). To survive a restart, [`seal`](crate::PrimaryRefreshToken::seal) the token with a key from
//! the TPM or the keyring; there is no other way to store it. At sign-out, call [`sign_out`](crate::PrimaryRefreshToken::sign_out)
//! and let the browser open the URL that it returns.
//!
//! # What to log
//!
//! The decision, the [`Transcript`](crate::Transcript) and the error's code contain no secrets. Never log anything else: requests,
//! answers, PINs or keys. With the feature `tracing`, each flow is a span with its correlation id, and at its end state and code;
//! in it there is a span for each request and each key operation.
//!
//! [`Outcome::is_user_unknown`]: crate::Outcome::is_user_unknown
//! [`SignTask`]: crate::SignTask
//! [`Step`]: crate::Step

#[cfg(doc)]
use crate::{Outcome, Step};
