//! Testing an agent without a tenant, a card or a network.
//!
//! Three stand-ins, each as realistic as possible. They are programs and packages of the repository and are not published.
//!
//! | stands in for | name | strict about |
//! |---|---|---|
//! | Entra ID | `local-authority`: HTTPS on loopback, configured in JSON | both signatures, certificate chain and revocation, nonces (fresh, used once), bindings and strength, the device's record |
//! | a smart card | `virtual-card`: the PIV firmware of the Nitrokey behind pcscd | everything that the real firmware is strict about: PIN tries, key policies, lengths |
//! | failures | `local-authority`'s fault file, `lab`'s card faults, `pkcs11-faults`, and the feature `soft` of `card-access` | |
//!
//! `local-authority` shares no code and no crypto library with this crate, so that a mistake in one is not mirrored by the other. It
//! shows that a message is as published. It does not show what Entra accepts beyond that.
//!
//! # Any agent, unmodified
//!
//! ```text
//! local-authority --init lab
//! local-authority --config lab/authority.json --listen 127.0.0.1:8443 --log lab/log.jsonl
//! ```
//!
//! Point the agent at `https://localhost:8443` instead of `https://login.microsoftonline.com`, and let it trust `lab/tls-ca.pem`. The
//! log contains one JSON object for each request: what was asked, what was checked, what was refused and why. `--init` creates a user
//! for each case: bound by name, bound by `certificateUserIds`, disabled, out of scope, federated, in staged rollout.
//!
//! What to try with every agent:
//!
//! - the last PIN try: does the agent ask the user before the card is blocked?
//! - remove the card in each step, and insert another one;
//! - a nonce that is stale, once and always (fault file);
//! - answers that are truncated, delayed by a minute, 10 MB long, or HTML;
//! - a certificate that is revoked, expired, of an unknown issuer, or bound to another user;
//! - a hybrid joined device whose cached name is out of date;
//! - MFA is required, and Conditional Access refuses;
//! - `kill -9` between any two requests, and the next sign-in.
//!
//! # One step at a time, in a unit test
//!
//! The machine does no input or output, so a test can play the server:
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
//! // The first request is realm discovery.
//! let Step::Send(exchange) = step else { panic!("nothing is sent") };
//! assert_eq!(exchange.state(), State::Realm);
//! assert_eq!(exchange.request().uri().host(), Some("login.microsoftonline.com"));
//!
//! let federated = r#"{"ver":"1.0","account_type":"Federated","domain_name":"contoso.com","federation_protocol":"WSTrust"}"#;
//! let answer = Response::builder().status(StatusCode::OK).body(federated.as_bytes().to_vec())?;
//! let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
//! let Step::Done(Outcome::NotManaged(reason)) = exchange.respond(answer, now)? else { panic!("it went on") };
//! assert_eq!(reason.code(), "realm/federated");
//! # Ok(())
//! # }
//! ```
//!
//! A whole sign-in without any key, to test what an agent does with its tokens:
//!
//! ```
//! use cba_protocol::config::{Kerberos, SessionKeyCheck};
//! use cba_protocol::http::Response;
//! use cba_protocol::pki_types::{CertificateDer, UnixTime};
//! use cba_protocol::{
//!     ClientInfo, Cloud, Config, Device, Integrity, IssuerMetadata, Outcome, PrimaryRefreshToken, Secret, Seed, SessionKey, SignIn, State, Step, Tenant,
//! };
//! use std::time::Duration;
//! use upn_resolver::Upn;
//!
//! type Problem = Box<dyn std::error::Error>;
//!
//! fn at(seconds: u64) -> UnixTime {
//!     UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000 + seconds))
//! }
//!
//! fn play<T: 'static>(mut step: Step<T>, token: &str) -> Result<Box<T>, Problem> {
//!     loop {
//!         step = match step {
//!             Step::Send(exchange) => {
//!                 let body = match exchange.state() {
//!                     State::Metadata => r#"{"issuer":"https://sts.windows.net/contoso/"}"#,
//!                     State::Nonce => r#"{"Nonce":"used once"}"#,
//!                     _ => token,
//!                 };
//!                 exchange.respond(Response::new(body.as_bytes().to_vec()), at(0))?
//!             }
//!             Step::SignAsUser(task) | Step::SignAsDevice(task) => task.complete(&[0x5a; 256])?,
//!             Step::Unwrap(task) => task.complete(SessionKey::from([7; 32]))?,
//!             Step::Done(Outcome::Granted(granted)) => return Ok(granted),
//!             Step::Done(_) => return Err("not granted".into()),
//!             other => return Err(format!("a step of another flow: {other:?}").into()),
//!         }
//!     }
//! }
//!
//! # fn device() -> Device {
//! #     let der: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/device.der"));
//! #     Device::from_certificate(&CertificateDer::from(der)).unwrap()
//! # }
//! # fn main() -> Result<(), Problem> {
//! let config = Config::new(Cloud::PUBLIC, Tenant::parse("contoso.com")?)
//!     .with_kerberos(Kerberos::Requested)
//!     .with_session_key_check(SessionKeyCheck::Skipped); // the key above is not the one in the answer
//! let web = Secret::from("the refresh token of a web view".to_owned());
//! let sign_in = SignIn::with_refresh_token(&config, &device(), &Upn::parse("ada@contoso.com")?, web).with_managed_realm();
//! let issued = r#"{
//!     "token_type": "pop", "refresh_token": "opaque", "refresh_token_expires_in": 1209600,
//!     "session_key_jwe": "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.d3JhcHBlZA.AAAA.AAAA.AAAA",
//!     "id_token": "eyJhbGciOiJub25lIn0.eyJ1cG4iOiJhZGFAY29udG9zby5jb20iLCJhbXIiOlsicnNhIiwibWZhIl19.",
//!     "client_info": "eyJ1aWQiOiJ1IiwidXRpZCI6InQifQ",
//!     "tgt_ad": {"realm": "CORP.CONTOSO.COM", "keyType": 18, "clientKey": "AAECAw=="}
//! }"#;
//! let prt: Box<PrimaryRefreshToken> = play(sign_in.start(Seed::from([7; 32]))?, issued)?;
//!
//! assert_eq!((prt.token().expose(), prt.token_type()), ("opaque", "pop"));
//! assert_eq!((prt.upn().as_str(), prt.device()), ("ada@contoso.com", &device()));
//! assert_eq!(prt.metadata().map(IssuerMetadata::issuer), Some("https://sts.windows.net/contoso/"));
//! assert_eq!(prt.client_info().and_then(ClientInfo::uid), Some("u"));
//! let user = prt.id_token().ok_or("no id token")?;
//! assert_eq!((user.entra_upn(), user.is_multifactor()), (Some("ada@contoso.com"), Some(true)));
//!
//! const DAY: u64 = 24 * 60 * 60; // seconds
//! assert_eq!((prt.issued_at(), prt.expires_at()), (at(0), Some(at(14 * DAY))));
//! assert_eq!(prt.expires_in(), Some(Duration::from_secs(14 * DAY)));
//! assert_eq!(prt.renew_at(at(60)), at(4 * 60 * 60));
//!
//! let ticket = prt.kerberos().ad.as_ref().ok_or("no ticket")?;
//! assert_eq!((ticket.realm.as_deref(), ticket.client_key()), (Some("CORP.CONTOSO.COM"), Some(&[0, 1, 2, 3][..])));
//!
//! let answer = r#"{"token_type": "bearer", "access_token": "read", "expires_in": 3600, "scope": "User.Read"}"#;
//! let request = prt.token_request("1b730954-1685-4b74-9bfd-dac224a7b894", "User.Read").with_claims("{}");
//! let access = play(request.start(Seed::from([8; 32]), at(0))?, answer)?;
//! assert_eq!((access.token().expose(), access.token_type()), ("read", "bearer"));
//! assert_eq!((access.scope(), access.expires_at()), (Some("User.Read"), Some(at(60 * 60))));
//! assert!(access.refresh_token().is_none() && access.id_token().is_none());
//! assert_eq!(access.integrity(), Integrity::TlsOnly); // a server encrypts it for the session key
//! assert!(access.authorization().is_some_and(|value| value.is_sensitive()));
//! # Ok(())
//! # }
//! ```
//!
//! Time and randomness are arguments: the same seed, clock and answers give the same bytes, so a failed run can be replayed from its log.
