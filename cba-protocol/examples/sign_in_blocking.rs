//! The sign-in loop in a blocking program, with ureq.
//!
//! `cargo run --example sign_in_blocking` plays the server itself. With the origin of an authority as its argument, such as
//! `https://login.microsoftonline.com`, it sends the requests there, which refuses the token to a device that it does not know.

mod scripted;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use cba_protocol::http::{Request, Response};
use cba_protocol::pki_types::UnixTime;
use cba_protocol::{Outcome, State, Step, config::Limits};
use ureq::tls::{RootCerts, TlsConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let outcome = sign_in(std::env::args().nth(1).as_deref())?;
    match outcome {
        Outcome::Granted(prt) => println!("granted, expires in {:?}", prt.expires_in()),
        Outcome::Refused(refusal) => println!("refused: {refusal}"),
        Outcome::NotManaged(reason) => println!("not managed: {reason}"),
        _ => println!("{}", outcome.state()),
    }
    Ok(())
}

/// Signs in to the authority of this origin, or to the scripted server.
pub(crate) fn sign_in(origin: Option<&str>) -> Result<Outcome, Box<dyn Error>> {
    let client = client();
    let mut step = scripted::first_step(origin)?;
    loop {
        step = match step {
            Step::Done(outcome) => return Ok(outcome),
            Step::Send(exchange) => {
                if exchange.state() == State::Nonce {
                    println!("(the PIN would be asked for now)");
                }
                println!("{} {}", exchange.request().method(), exchange.request().uri());
                let answer = match origin {
                    Some(_) => send(&client, exchange.request())?,
                    None => scripted::answer(exchange.state()),
                };
                exchange.respond(answer, UnixTime::now())?
            }
            Step::SignAsUser(task) | Step::SignAsDevice(task) => {
                println!("sign {} bytes with {}", task.input().len(), task.algorithm());
                let signature = scripted::sign(task.input());
                task.complete(&signature)?
            }
            Step::Unwrap(task) => {
                let key = scripted::unwrap(task.wrapped());
                task.complete(key)?
            }
            _ => unreachable!("a sign-in has no other steps"),
        };
    }
}

/// A client that follows no redirects, retries nothing, and trusts the system's certificates.
fn client() -> ureq::Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let config = ureq::Agent::config_builder()
        .tls_config(tls.build())
        .https_only(true)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(Duration::from_secs(30)));
    config.build().new_agent()
}

/// Sends a request, and reads one byte more than the limit, so that the machine sees an answer that is too long.
fn send(client: &ureq::Agent, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Box<dyn Error>> {
    let (parts, mut body) = client.run(request.clone())?.into_parts();
    let limit = Limits::default().max_answer() as u64 + 1;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(body.as_reader(), limit), &mut bytes)?;
    Ok(Response::from_parts(parts, bytes))
}
