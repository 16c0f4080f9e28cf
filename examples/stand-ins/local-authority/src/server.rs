//! The HTTPS listener.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use openssl::error::ErrorStack;
use tokio::net::{TcpListener, TcpStream};
use tokio_openssl::SslStream;

use crate::clock::stamp;
use crate::endpoint;
use crate::fault::{Effect, Leg};
use crate::http::{Answer, Request};
use crate::log::{LogEntry, SignInNotes};
use crate::refusal::{Code, Ids, Refusal};
use crate::state::State;
use crate::tls::{Acceptors, Peer};

/// Largest request body, in bytes.
const REQUEST_LIMIT: usize = 1 << 20;

/// Serves connections for as long as the runtime lives.
pub(crate) async fn serve(listener: TcpListener, acceptors: Arc<Acceptors>, state: Arc<State>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (acceptors, state) = (Arc::clone(&acceptors), Arc::clone(&state));
                // A failed connection is not an error of the authority; the log has its requests.
                tokio::spawn(async move { connection(stream, &acceptors, state).await.ok() });
            }
            // Probably out of file descriptors: wait until some are closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(
    stream: TcpStream,
    acceptors: &Acceptors,
    state: Arc<State>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    tokio::time::sleep(2 * state.round_trip).await;
    let (server_name, ssl) = acceptors.choose(&stream).await?;
    let mut stream = SslStream::new(ssl, stream)?;
    // Without a limit: a browser waits here for a person to type a PIN.
    Pin::new(&mut stream).accept().await?;
    let peer = Arc::new(Peer::of(stream.ssl(), server_name));
    let service = service_fn(move |request| respond(Arc::clone(&state), Arc::clone(&peer), request));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await?;
    Ok(())
}

/// The connection is to end without an answer.
#[derive(Debug, thiserror::Error)]
#[error("dropped on purpose")]
struct Dropped;

async fn respond(
    state: Arc<State>,
    peer: Arc<Peer>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Reply>, Dropped> {
    let started = Instant::now();
    tokio::time::sleep(state.round_trip).await;
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_LIMIT).collect().await;
    let too_large = body.is_err();
    let body = body.map_or_else(|_| Vec::new(), |body| body.to_bytes().to_vec());
    let query = parts.uri.query().unwrap_or_default();
    // With HTTP/1.1 the name is in a header; a client that sends a whole URL has it there.
    let mut headers = parts.headers;
    if let Some(host) = parts.uri.authority().and_then(|host| host.as_str().parse().ok()) {
        headers.insert("host", host);
    }
    let line = (parts.method.as_str(), parts.uri.path(), query);
    let request = Request::new(line, headers, body, peer);

    let leg = endpoint::leg(&request);
    let ids = request.ids.clone();
    let effect = state.faults.strike(leg);
    if let Some(Effect::Delay { milliseconds }) = effect {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    let mut notes = SignInNotes::default();
    let result = match effect {
        Some(Effect::StaleNonce) => Err(Refusal::new(Code::NONCE_EXPIRED, "A scripted fault.")),
        Some(Effect::Refuse { code, .. }) => Err(Refusal::new(Code::scripted(code), "A scripted fault.")),
        _ if too_large => Err(Refusal::new(Code::MALFORMED, "The request is too large.")),
        _ => endpoint::answer(&state, leg, &request, &mut notes),
    };
    // A wrong signature leaves an error in OpenSSL's queue of this thread. The next TLS operation would report it as its
    // own.
    drop(ErrorStack::get());
    let refusal = result.as_ref().err().cloned();
    let answer = result.unwrap_or_else(|refusal| refused(&state, leg, &request, &refusal));
    let (mut answer, cut) = distort(answer, effect.as_ref());
    if let Some(answer) = &mut answer
        && request.peer.is_certauth()
        && !state.configuration.certauth.keep_alive
    {
        answer.headers.push(("connection", "close".to_owned()));
    }

    state.record(LogEntry {
        time: stamp(state.clock.now()),
        trace_id: ids.trace.clone(),
        correlation_id: ids.correlation.clone(),
        method: request.method.clone(),
        path: request.path.clone(),
        leg,
        status: answer.as_ref().map_or(0, |answer| answer.status),
        code: refusal.as_ref().map(|refusal| refusal.code.number()),
        reason: refusal
            .as_ref()
            .map(|refusal| format!("{} {}", refusal.code.sentence(), refusal.detail)),
        sign_in: notes,
        tls: request.peer.notes(),
        fault: effect.as_ref().map(|effect| format!("{effect:?}")),
        microseconds: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
    });
    let answer = answer.ok_or(Dropped)?;
    let returned = request
        .header("return-client-request-id")
        .is_some_and(|value| value == "true");
    Ok(reply(answer, cut, &ids, returned))
}

/// The answer of a refusal: a page for a person, JSON for a client.
fn refused(state: &State, leg: Leg, request: &Request, refusal: &Refusal) -> Answer {
    let status = refusal.code.status();
    if leg.is_page() {
        // Entra's error pages have 200.
        let status = if status == 400 { 200 } else { status };
        return endpoint::error_page(request, refusal, status);
    }
    if leg.is_registration() {
        return endpoint::registration_error(state, request, refusal);
    }
    let mut answer = Answer::json(&refusal.body(&request.ids, state.clock.now()));
    answer.status = status;
    answer
}

/// The answer with the fault, and the number of bytes after which it is cut.
fn distort(mut answer: Answer, effect: Option<&Effect>) -> (Option<Answer>, Option<usize>) {
    match effect {
        Some(Effect::Cut { after }) => (Some(answer), Some(*after)),
        Some(Effect::Drop) => (None, None),
        Some(Effect::Flood { bytes }) => {
            answer.body = vec![b' '; *bytes];
            (Some(answer), None)
        }
        Some(Effect::Refuse {
            retry_after: Some(seconds),
            ..
        }) => {
            answer.headers.push(("retry-after", seconds.to_string()));
            (Some(answer), None)
        }
        Some(Effect::Replace {
            status,
            content_type,
            body,
        }) => (Some(Answer::new(*status, content_type, body.as_bytes())), None),
        Some(Effect::Delay { .. } | Effect::Refuse { .. } | Effect::StaleNonce) | None => {
            (Some(answer), None)
        }
    }
}

fn reply(answer: Answer, cut: Option<usize>, ids: &Ids, returned: bool) -> hyper::Response<Reply> {
    let mut builder = hyper::Response::builder()
        .status(answer.status)
        .header("cache-control", "no-store, no-cache")
        .header("pragma", "no-cache")
        .header("x-ms-request-id", &ids.trace)
        .header("x-ms-ests-server", "local-authority");
    if returned {
        builder = builder.header("client-request-id", &ids.correlation);
    }
    for (name, value) in &answer.headers {
        builder = builder.header(*name, value);
    }
    builder
        .body(Reply::new(answer.body.clone(), cut))
        .unwrap_or_else(|_| {
            // A scripted status or header that is not valid in HTTP.
            let mut response = hyper::Response::new(Reply::new(answer.body, cut));
            *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
}

/// A body that may end before its announced length.
struct Reply {
    bytes: Option<Bytes>,
    length: u64,
    end: End,
}

/// End of a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// Too early.
    Cut,
    /// Too early, and at once.
    Now,
    /// As announced.
    Whole,
}

impl Reply {
    fn new(body: Vec<u8>, cut: Option<usize>) -> Self {
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let mut bytes = Bytes::from(body);
        bytes.truncate(cut.unwrap_or(usize::MAX));
        Self {
            bytes: Some(bytes),
            length,
            end: if cut.is_some() { End::Cut } else { End::Whole },
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(bytes) = self.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.end {
            End::Cut => {
                // One more turn, in which hyper sends its buffer.
                self.end = End::Now;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Now => Poll::Ready(Some(Err(Dropped))),
            End::Whole => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.end == End::Whole && self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.bytes.is_some() { self.length } else { 0 })
    }
}
