//! Spans and events of `tracing`: a span for each operation, and in it those of the card's transactions and commands.
//!
//! Fields hold names, numbers and codes, never a PIN, a message or a signature.

mod token;

use std::fmt;

use tracing::{Dispatch, Span, debug, debug_span, dispatcher, field, field::Empty, info, info_span, trace};

use crate::{Error, Listing, Token, TokenId};

/// Puts the operations of a token into spans.
pub(crate) fn token(token: impl Token + 'static) -> Box<dyn Token> {
    Box::new(token::Traced(token))
}

/// Runs an operation of a backend as a whole, such as listing its tokens.
pub(crate) fn list<T>(
    backend: &'static str,
    body: impl FnOnce() -> Result<Listing<T>, Error>,
) -> Result<Listing<T>, Error> {
    let operation = Operation::new("list", backend, None);
    let result = operation.run(body);
    if let Ok(listing) = &result {
        operation.record_listing(listing);
    }
    result
}

/// Runs a listing of all backends, which never fails as a whole. `counts` are the numbers of tokens, problems and pending places.
pub(crate) fn cards<T>(body: impl FnOnce() -> T, counts: impl FnOnce(&T) -> [usize; 3]) -> T {
    let operation = Operation::new("list", "all", None);
    let listing = operation.0.in_scope(body);
    let [found, problems, pending] = counts(&listing);
    operation.record_count("found", found);
    operation.record_count("problems", problems);
    operation.record_count("pending", pending);
    operation.record("state", "done");
    listing
}

/// Runs an operation that a token's identifier is enough for, such as opening the token.
pub(crate) fn on<T>(
    name: &'static str,
    id: &TokenId,
    body: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    Operation::new(name, id.backend().code(), Some(id.place())).run(body)
}

/// Runs the listing of one source of a backend.
pub(crate) fn source<T>(
    place: &str,
    body: impl FnOnce() -> Result<Listing<T>, Error>,
) -> Result<Listing<T>, Error> {
    let span = debug_span!(
        target: "card_access",
        "source",
        place = place,
        found = Empty,
        problems = Empty,
        state = Empty,
        code = Empty,
        vendor_code = Empty,
    );
    let result = span.in_scope(body);
    if let Ok(listing) = &result {
        span.record("found", listing.found.len());
        span.record("problems", listing.problems.len());
    }
    record_result(&span, &result);
    result
}

/// Runs a transaction with a card.
pub(crate) fn transaction<T>(place: &str, body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let span = debug_span!(
        target: "card_access",
        "transaction",
        reader = place,
        code = Empty,
        vendor_code = Empty,
    );
    let result = span.in_scope(body);
    if let Err(error) = &result {
        record_error(&span, error);
    }
    result
}

/// Records an error that is returned before its transaction ends.
pub(crate) fn failed(error: &Error) {
    record_error(&Span::current(), error);
}

/// Records a command and its response. Their data is left out: commands contain PINs.
pub(crate) fn command(header: &[u8], sent: usize, received: usize, status: impl fmt::Debug) {
    trace!(
        target: "card_access",
        header = ?header.get(..4).unwrap_or_default(),
        sent,
        received,
        status = ?status,
        "command"
    );
}

/// Current span and subscriber, for work in another thread.
#[derive(Clone)]
pub(crate) struct Context {
    dispatch: Dispatch,
    span: Span,
}

impl Context {
    pub(crate) fn current() -> Self {
        Self {
            dispatch: dispatcher::get_default(Clone::clone),
            span: Span::current(),
        }
    }

    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        dispatcher::with_default(&self.dispatch, || self.span.in_scope(body))
    }
}

/// Span of one operation.
pub(crate) struct Operation(Span);

impl Operation {
    fn new(name: &'static str, backend: &'static str, place: Option<&str>) -> Self {
        Self(info_span!(
            target: "card_access",
            "operation",
            operation = name,
            backend,
            place,
            reader = Empty,
            slot = Empty,
            scheme = Empty,
            pin = Empty,
            found = Empty,
            problems = Empty,
            pending = Empty,
            pin_status = Empty,
            tries_left = Empty,
            state = Empty,
            code = Empty,
            vendor_code = Empty,
        ))
    }

    /// Runs the operation and records how it ended.
    fn run<T>(&self, body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let result = self.0.in_scope(body);
        record_result(&self.0, &result);
        match &result {
            Ok(_) => debug!(target: "card_access", parent: &self.0, state = "done", "ended"),
            Err(error) => {
                info!(target: "card_access", parent: &self.0, state = "failed", code = error.code(), "ended");
            }
        }
        result
    }

    fn record(&self, field: &'static str, value: &str) {
        self.0.record(field, value);
    }

    fn record_shown(&self, field: &'static str, value: &impl fmt::Display) {
        self.0.record(field, field::display(value));
    }

    fn record_listing<T>(&self, listing: &Listing<T>) {
        self.record_count("found", listing.found.len());
        self.record_count("problems", listing.problems.len());
    }

    fn record_count(&self, field: &'static str, count: usize) {
        self.0.record(field, count);
    }
}

fn record_result<T>(span: &Span, result: &Result<T, Error>) {
    match result {
        Ok(_) => {
            span.record("state", "done");
        }
        Err(error) => {
            span.record("state", "failed");
            record_error(span, error);
        }
    }
}

fn record_error(span: &Span, error: &Error) {
    span.record("code", error.code());
    if let Some(vendor_code) = error.vendor_code() {
        span.record("vendor_code", &*vendor_code.name);
    }
}
