//! Testing an agent without a tenant, without a card and without a network.
//!
//! Three stand-ins, each as real as it can be. They are programs and packages of the repository and are not published.
//!
//! | stands in for | is | it is strict about |
//! |---|---|---|
//! | Entra ID | `local-authority`: HTTPS on loopback, configured in JSON | both signatures, certificate chain and revocation, nonces (fresh, used once), bindings and strength, the device's record |
//! | a smart card | `virtual-card`: the PIV firmware of the Nitrokey behind pcscd | whatever the real firmware is strict about: PIN tries, key policies, lengths |
//! | what goes wrong | `local-authority`'s fault file, `lab`'s card faults, `pkcs11-faults`, and the feature `soft` of `card-access` | |
//!
//! `local-authority` shares no code and no crypto library with this crate, so that one's mistake is not mirrored by the other.
//! It proves that a message is what is published, and nothing about what Entra takes beyond that.
//!
//! # Any agent, as it is
//!
//! ```text
//! local-authority --init lab
//! local-authority --config lab/authority.json --listen 127.0.0.1:8443 --log lab/log.jsonl
//! ```
//!
//! Point the agent at `https://localhost:8443` in place of `https://login.microsoftonline.com` and let it trust `lab/tls-ca.pem`. The
//! log has one JSON object a request: what was asked, what was checked, what was refused and why. Users of `--init` each have
//! a case: bound by name, bound by `certificateUserIds`, disabled, out of scope, federated, staged.
//!
//! Things to try with every agent:
//!
//! - the last PIN try: is the user asked before the card is blocked?
//! - the card pulled out in each step, and another one put in;
//! - a nonce that is stale, once and always (fault file);
//! - answers that are cut, delayed by a minute, of 10 MB, or of HTML;
//! - a certificate that is revoked, expired, of an unknown issuer, or bound to somebody else;
//! - a hybrid device whose cached name is stale;
//! - MFA demanded, and Conditional Access saying no;
//! - `kill -9` between any two requests, and the next sign-in.
//!
//! # A step at a time, in a unit test
//!
//! Because the machine does no input or output, a test can play the server itself:
//!
//! ```
//! use cba_protocol::http::{Response, StatusCode};
//! use cba_protocol::pki_types::{CertificateDer, UnixTime};
//! use cba_protocol::{Cloud, Config, Device, Outcome, Seed, SignIn, State, Step, Tenant};
//! use std::time::Duration;
//! use upn_resolver::Upn;
//!
//! # fn device() -> Device {
//! #     let der: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/device.der"));
//! #     Device::from_certificate(&CertificateDer::from(der)).unwrap()
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::new(Cloud::PUBLIC, Tenant::parse("contoso.com")?);
//! let (user, card) = (Upn::parse("ada@contoso.com")?, CertificateDer::from(&b"any certificate"[..]));
//! let step = SignIn::with_certificate(&config, &device(), &user, &card).start(Seed::from([7; 32]))?;
//!
//! // The first question is about the user's realm.
//! let Step::Send(exchange) = step else { panic!("nothing is sent") };
//! assert_eq!(exchange.state(), State::Realm);
//! assert_eq!(exchange.request().uri().host(), Some("login.microsoftonline.com"));
//!
//! let federated = r#"{"ver":"1.0","account_type":"Federated","domain_name":"contoso.com","federation_protocol":"WSTrust"}"#;
//! let answer = Response::builder().status(StatusCode::OK).body(federated.as_bytes().to_vec())?;
//! let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
//! let Step::Done(Outcome::NotManaged(elsewhere)) = exchange.respond(answer, now)? else { panic!("it went on") };
//! println!("{elsewhere:?}");
//! # Ok(())
//! # }
//! ```
//!
//! Time and randomness are arguments: the same seed, clock and answers give the same bytes, so that a failed run can be
//! replayed from its log.
