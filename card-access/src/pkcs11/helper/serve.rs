//! The helper's own side: load one module, and answer until the caller is gone.

use std::env;
use std::io::{self, stdin};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::mpsc;
use std::thread;

use super::message::{self, GREETING, Request};
use super::process::MARK;
use super::value;
use super::wire::{self, Frame};
use crate::pkcs11::{Modules, Pkcs11Provider};
use crate::{Error, ErrorKind, Provider, Token};

/// Makes this process a helper if it was started as one, and then never returns; otherwise does nothing.
///
/// Call it first in `main`, before arguments are read or threads are started. See [the module](super) for the whole.
pub fn run_if_helper() {
    if env::var_os(MARK).is_none() {
        return;
    }
    let served = stdin()
        .as_fd()
        .try_clone_to_owned()
        .map(UnixStream::from)
        .and_then(serve);
    process::exit(i32::from(served.is_err()));
}

fn serve(mut socket: UnixStream) -> io::Result<()> {
    wire::send(&mut socket, GREETING)?;
    // Requests are read beside the module, so that the caller's end is noticed even while the module hangs.
    let (requests, incoming) = mpsc::channel::<Frame>();
    let mut from_caller = socket.try_clone()?;
    thread::spawn(move || {
        while let Ok(frame) = wire::receive(&mut from_caller) {
            if requests.send(frame).is_err() {
                break;
            }
        }
        process::exit(0);
    });
    let mut state = State::default();
    for frame in incoming {
        let request = Request::take(&frame).ok_or(io::ErrorKind::InvalidData)?;
        wire::send(&mut socket, &state.answer(request))?;
    }
    Ok(())
}

/// What was loaded and opened so far.
#[derive(Default)]
struct State {
    provider: Option<Pkcs11Provider>,
    token: Option<Box<dyn Token>>,
}

impl State {
    fn answer(&mut self, request: Request) -> Frame {
        match request {
            Request::Credentials => {
                message::answer(self.token().and_then(Token::credentials), |to, listing| {
                    value::put_listing(to, listing, value::put_credential);
                })
            }
            Request::Load { module, uri } => {
                let mut modules = Modules::default();
                modules.found.push(module);
                self.provider = Some(Pkcs11Provider::new(modules).select(&uri));
                message::answer(Ok(()), |_, ()| {})
            }
            Request::Open(id) => {
                let opened = self
                    .provider()
                    .and_then(|provider| provider.open(&id))
                    .map(|token| {
                        let info = token.info().clone();
                        self.token = Some(token);
                        info
                    });
                message::answer(opened, value::put_info)
            }
            Request::Policy(credential) => {
                let policy = self.token().and_then(|token| token.policy(&credential));
                message::answer(policy, |to, policy| value::put_policy(to, *policy))
            }
            Request::PinStatus => message::answer(self.token().and_then(Token::pin_status), |to, status| {
                value::put_pin_status(to, *status);
            }),
            Request::Schemes(credential) => {
                let schemes = self.token().and_then(|token| token.schemes(&credential));
                message::answer(schemes, |to, schemes| {
                    for scheme in schemes {
                        value::put_scheme(to, *scheme);
                    }
                })
            }
            Request::Sign {
                credential,
                scheme,
                message,
                pin,
            } => {
                let entry = pin.as_ref().map(message::OwnPinEntry::borrow);
                let signature = self
                    .token()
                    .and_then(|token| token.sign(&credential, scheme, &message, entry));
                message::answer(signature, |to, signature| to.bytes(signature))
            }
            Request::Tokens => message::answer(self.provider().and_then(Provider::tokens), |to, listing| {
                value::put_listing(to, listing, value::put_info);
            }),
        }
    }

    fn provider(&mut self) -> Result<&mut Pkcs11Provider, Error> {
        self.provider.as_mut().ok_or_else(out_of_order)
    }

    fn token(&mut self) -> Result<&mut dyn Token, Error> {
        match &mut self.token {
            Some(token) => Ok(&mut **token),
            None => Err(out_of_order()),
        }
    }
}

/// The caller asked for something before it was loaded or opened, which is its mistake.
fn out_of_order() -> Error {
    Error::from(ErrorKind::ModuleFailed).said("asked out of order", 0)
}
