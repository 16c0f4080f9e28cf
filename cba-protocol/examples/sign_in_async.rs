//! The sign-in loop in an async program, with tokio and reqwest.
//!
//! `cargo run --example sign_in_async` plays the server itself. With the origin of an authority as its argument, such as
//! `https://login.microsoftonline.com`, it sends the requests there, which refuses the token to a device that it does not know.

mod scripted;

use std::error::Error;
use std::time::Duration;

use cba_protocol::http::{Request, Response};
use cba_protocol::pki_types::UnixTime;
use cba_protocol::{Outcome, State, Step, config::Limits};
use reqwest::redirect::Policy;
use tokio::task::spawn_blocking;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let outcome = sign_in(std::env::args().nth(1).as_deref()).await?;
    match outcome {
        Outcome::Granted(prt) => println!("granted, expires in {:?}", prt.expires_in()),
        Outcome::Refused(refusal) => println!("refused: {refusal}"),
        Outcome::NotManaged(reason) => println!("not managed: {reason}"),
        _ => println!("{}", outcome.state()),
    }
    Ok(())
}

/// Signs in to the authority of this origin, or to the scripted server.
pub(crate) async fn sign_in(origin: Option<&str>) -> Result<Outcome, Box<dyn Error>> {
    let client = reqwest::Client::builder()
        .https_only(true)
        .redirect(Policy::none())
        .timeout(Duration::from_secs(30))
        .build()?;
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
                    Some(_) => send(&client, exchange.request()).await?,
                    None => scripted::answer(exchange.state()),
                };
                exchange.respond(answer, UnixTime::now())?
            }
            // A card takes seconds: the task goes to a thread that may block, and the next step comes back.
            Step::SignAsUser(task) | Step::SignAsDevice(task) => {
                println!("sign {} bytes with {}", task.input().len(), task.algorithm());
                spawn_blocking(move || {
                    let signature = scripted::sign(task.input());
                    task.complete(&signature)
                })
                .await??
            }
            Step::Unwrap(task) => {
                spawn_blocking(move || {
                    let key = scripted::unwrap(task.wrapped());
                    task.complete(key)
                })
                .await??
            }
            _ => unreachable!("a sign-in has no other steps"),
        };
    }
}

/// Sends a request, and stops reading behind the limit, so that the machine sees an answer that is too long.
async fn send(
    client: &reqwest::Client,
    request: &Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, Box<dyn Error>> {
    let mut response = client.execute(request.clone().try_into()?).await?;
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    while let Some(chunk) = response.chunk().await? {
        answer.body_mut().extend_from_slice(&chunk);
        if answer.body().len() > Limits::default().max_answer() {
            break;
        }
    }
    Ok(answer)
}
