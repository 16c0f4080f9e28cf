//! Helper's side: loads one module, and answers requests until the caller ends.

use std::env;
use std::io::{self, stdin};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::mpsc;
use std::thread;

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::process::{Resource, Rlimit, getegid, geteuid, getgid, getuid, setrlimit};

use super::mark::{self, MARK};
use super::message::{self, GREETING, Request};
use super::value;
use super::wire::{self, Frame};
use crate::owned_pin_entry::OwnedPinEntry;
use crate::pkcs11::InProcessProvider;
use crate::{Error, ErrorKind, Provider, Token};

/// Serves the caller, if this process was started as a helper, and never returns; otherwise only records that this program can
/// be started as one.
pub(super) fn run_if_helper() {
    if env::var_os(MARK).is_none() {
        mark::note_can_be_helper();
        return;
    }
    if Rights::of_this_process().are_raised() {
        process::exit(1);
    }
    leave_no_core();
    let served = stdin()
        .as_fd()
        .try_clone_to_owned()
        .map(UnixStream::from)
        .and_then(serve);
    process::exit(i32::from(served.is_err()));
}

/// Users and groups of this process.
#[derive(Clone, Copy)]
struct Rights {
    user: [u32; 2],
    group: [u32; 2],
    /// Owner of `/proc/self`, if it exists.
    proc: Option<u32>,
}

impl Rights {
    fn of_this_process() -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            user: [getuid().as_raw(), geteuid().as_raw()],
            group: [getgid().as_raw(), getegid().as_raw()],
            proc: std::fs::metadata("/proc/self").ok().map(|process| process.uid()),
        }
    }

    /// On Linux, `/proc/self` belongs to root if the rights come from the program's file, also where the ids show nothing: see
    /// [proc(5)](https://man7.org/linux/man-pages/man5/proc_pid.5.html), "dumpable".
    fn are_raised(self) -> bool {
        let [user, effective_user] = self.user;
        let [group, effective_group] = self.group;
        user != effective_user || group != effective_group || self.proc.is_some_and(|owner| owner != user)
    }
}

/// A module that crashes must not write the PIN to a core file. If the limit cannot be set, nothing else can be done.
fn leave_no_core() {
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, nothing);
    // Core dumps that are piped to a program ignore the limit.
    #[cfg(target_os = "linux")]
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

fn serve(mut socket: UnixStream) -> io::Result<()> {
    wire::send(&mut socket, GREETING)?;
    // Requests are read in a separate thread, so that the caller's end is noticed even while the module hangs.
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

/// Modules and tokens in use.
#[derive(Default)]
struct State {
    provider: Option<InProcessProvider>,
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
            Request::CredentialsAfterLogin(pin) => {
                let listing = self
                    .token()
                    .and_then(|token| token.credentials_after_login(pin.borrow()));
                message::answer(listing, |to, listing| {
                    value::put_listing(to, listing, value::put_credential);
                })
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

#[cfg(test)]
mod tests {
    use super::Rights;

    #[test]
    fn rights_beyond_the_users_are_seen() {
        let plain = Rights {
            user: [1000, 1000],
            group: [1000, 1000],
            proc: Some(1000),
        };
        assert!(!plain.are_raised());
        assert!(!Rights { proc: None, ..plain }.are_raised());
        for raised in [
            Rights {
                user: [1000, 0],
                ..plain
            },
            Rights {
                group: [1000, 42],
                ..plain
            },
            // File capabilities of the program.
            Rights {
                proc: Some(0),
                ..plain
            },
        ] {
            assert!(raised.are_raised());
        }
        assert!(!Rights::of_this_process().are_raised());
    }
}
