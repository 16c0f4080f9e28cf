//! Helper's side: loads one module, and answers requests until the caller ends.

use std::env;
use std::io::{self, Read, Write};
use std::process;
use std::sync::mpsc;
use std::thread;

use super::channel::own_end;
use super::mark::{self, MARK};
use super::message::{self, GREETING, Request};
use super::value;
use super::wire::{self, Frame, Writer};
use crate::owned_pin_entry::OwnedPinEntry;
use crate::pkcs11::InProcessProvider;
use crate::pkcs11::token_keys::TokenKeys;
use crate::{Error, ErrorKind, Provider, Token};

/// Serves the caller, if this process was started as a helper, and never returns; otherwise only records that this program can
/// be started as one.
pub(super) fn run_if_helper() {
    if env::var_os(MARK).is_none() {
        mark::note_can_be_helper();
        return;
    }
    #[cfg(unix)]
    super::rights::give_up_or_end();
    let served = own_end().and_then(|(from, to)| serve(from, to));
    process::exit(i32::from(served.is_err()));
}

fn serve(mut from: impl Read + Send + 'static, mut to: impl Write) -> io::Result<()> {
    wire::send(&mut to, GREETING)?;
    // Requests are read in a separate thread, so that the caller's end is noticed even while the module hangs.
    let (requests, incoming) = mpsc::channel::<Frame>();
    thread::spawn(move || {
        while let Ok(frame) = wire::receive(&mut from) {
            if requests.send(frame).is_err() {
                break;
            }
        }
        process::exit(0);
    });
    let mut state = State::default();
    for frame in incoming {
        let request = Request::take(&frame).ok_or(io::ErrorKind::InvalidData)?;
        wire::send(&mut to, &state.answer(request))?;
    }
    Ok(())
}

/// Modules and tokens in use.
#[derive(Default)]
struct State {
    provider: Option<InProcessProvider>,
    token: Option<Box<dyn Token>>,
    keys: Option<TokenKeys>,
}

impl State {
    fn answer(&mut self, request: Request) -> Frame {
        match request {
            Request::Credentials => {
                message::answer(self.token().and_then(Token::credentials), |to, listing| {
                    value::put_listing(to, listing, value::put_credential);
                })
            }
            Request::CredentialsAfterLogin(pin) => {
                let listing = self
                    .token()
                    .and_then(|token| token.credentials_after_login(pin.borrow()));
                message::answer(listing, |to, listing| {
                    value::put_listing(to, listing, value::put_credential);
                })
            }
            Request::FinalizeKeys => {
                let finalized = self.keys().and_then(|keys| keys.0.finalize_module());
                self.keys = None;
                message::answer(finalized, |_, ()| {})
            }
            Request::Keys(request) => {
                let mut result = Writer::default();
                let done = self.keys().and_then(|keys| request.carry_out(keys, &mut result));
                message::answer(done, |to, ()| to.append(&result.finish()))
            }
            Request::Load { module, uri } => {
                self.provider = Some(InProcessProvider::for_one_thread(module, *uri));
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
            Request::OpenKeys(id) => {
                let opened = self
                    .provider()
                    .and_then(|provider| provider.keys(&id))
                    .map(|keys| {
                        let info = keys.0.info().clone();
                        self.keys = Some(keys);
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
                let entry = pin.as_ref().map(OwnedPinEntry::borrow);
                let signature = self
                    .token()
                    .and_then(|token| token.sign(&credential, scheme, &message, entry));
                message::answer(signature, |to, signature| to.bytes(signature))
            }
            Request::Tokens => message::answer(self.provider().and_then(Provider::tokens), |to, listing| {
                value::put_listing(to, listing, value::put_info);
            }),
            Request::Uri(id) => {
                let uri = self.provider().and_then(|provider| provider.uri(&id));
                message::answer(uri, |to, uri| to.text(&uri.to_string()))
            }
        }
    }

    fn provider(&mut self) -> Result<&mut InProcessProvider, Error> {
        self.provider.as_mut().ok_or_else(out_of_order)
    }

    fn keys(&self) -> Result<&TokenKeys, Error> {
        self.keys.as_ref().ok_or_else(out_of_order)
    }

    fn token(&mut self) -> Result<&mut dyn Token, Error> {
        match &mut self.token {
            Some(token) => Ok(&mut **token),
            None => Err(out_of_order()),
        }
    }
}

/// The caller sent a request before loading or opening, which is an error of the caller.
fn out_of_order() -> Error {
    Error::from(ErrorKind::ModuleFailed).with_detail("request out of order")
}
