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
//! To the end, with no key either: what an agent does with its tokens can be tested on answers like these.
//!
//! ```
//! use cba_protocol::config::{Kerberos, SessionKeyCheck};
//! use cba_protocol::http::Response;
//! use cba_protocol::pki_types::{CertificateDer, UnixTime};
//! use cba_protocol::{
//!     Cloud, Config, Device, Integrity, Outcome, PrimaryRefreshToken, Secret, Seed, SessionKey, SignIn, State, Step, Tenant,
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
//!         }
//!     }
//! }
//!
//! # fn device() -> Device {
//! #     let der: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/device.der"));
//! #     Device::from_certificate(&CertificateDer::from(der)).unwrap()
//! # }
//! # fn main() -> Result<(), Problem> {
//! let mut config = Config::new(Cloud::PUBLIC, Tenant::parse("contoso.com")?);
//! config.kerberos = Kerberos::Asked;
//! config.session_key_check = SessionKeyCheck::Skipped; // the key above is not the one in the answer
//! let web = Secret::from("the refresh token of a web view".to_owned());
//! let sign_in = SignIn::with_refresh_token(&config, &device(), &Upn::parse("ada@contoso.com")?, web).known_managed();
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
//! assert_eq!(prt.metadata().map(|metadata| &*metadata.issuer), Some("https://sts.windows.net/contoso/"));
//! assert_eq!(prt.client_info().and_then(|info| info.uid.as_deref()), Some("u"));
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
//! let request = prt.token_request("1b730954-1685-4b74-9bfd-dac224a7b894", "User.Read").claims("{}");
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
//! Time and randomness are arguments: the same seed, clock and answers give the same bytes, so that a failed run can be
//! replayed from its log.
