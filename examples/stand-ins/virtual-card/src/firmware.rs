//! The platform of the Nitrokey's firmware in software, and its PIV applet.

use littlefs2::{fs::Filesystem, object_safe::DynFilesystem, path};
use piv_authenticator::{Authenticator, Options};
use rand_core::OsRng;
use trussed::{
    ClientImplementation,
    pipe::{ServiceEndpoint, TrussedChannel},
    platform::{self, Platform, UserInterface},
    service::Service,
    store::Store,
    types::CoreContext,
};
use trussed_core::types::{Location, consent};

use crate::{
    backends::{Backends, Id, Memory, ORDER},
    flash::Flash,
};

/// The PIV applet in the state after power-on.
pub(crate) type Applet<'a> = Authenticator<ClientImplementation<'a, SystemCall<'a>, Backends>>;

/// Powers the card on while `run` runs. Everything outside of `flash` (verified PIN, authenticated management key, temporary
/// keys) starts empty, as in a card without power.
pub(crate) fn power_on<R>(flash: &mut Flash, run: impl FnOnce(Applet<'_>) -> R) -> R {
    let mut ram = Flash::volatile();
    let (mut flash_cache, mut ram_cache) = (Filesystem::allocate(), Filesystem::allocate());
    let flash = Filesystem::mount(&mut flash_cache, flash).expect("the card's file holds a littlefs image");
    let ram = Filesystem::mount(&mut ram_cache, &mut ram).expect("RAM was formatted just now");

    let channel = TrussedChannel::new();
    let (requester, responder) = channel.split().expect("a new channel is not split yet");
    let hardware = Hardware {
        store: Memories {
            flash: &flash,
            ram: &ram,
        },
        ui: Button,
        rng: OsRng,
    };
    let service = Service::with_dispatch(hardware, Backends::new());
    let endpoint = ServiceEndpoint::new(responder, CoreContext::new(path!("piv").into()), ORDER);
    let client = ClientImplementation::new(
        requester,
        SystemCall {
            service,
            endpoint: [endpoint],
        },
        None,
    );
    run(Authenticator::new(
        client,
        Options::new().storage(Location::External),
    ))
}

/// A system call of the applet: an interrupt on the key, a plain call here.
pub(crate) struct SystemCall<'a> {
    service: Service<Hardware<'a>, Backends>,
    endpoint: [ServiceEndpoint<'a, Id, Memory>; 1],
}

impl platform::Syscall for SystemCall<'_> {
    fn syscall(&mut self) {
        self.service.process(&mut self.endpoint);
    }
}

struct Hardware<'a> {
    store: Memories<'a>,
    ui: Button,
    /// The randomness of the operating system, so that each card has other keys and another GUID.
    rng: OsRng,
}

impl<'a> Platform for Hardware<'a> {
    type R = OsRng;
    type S = Memories<'a>;
    type UI = Button;

    fn rng(&mut self) -> &mut OsRng {
        &mut self.rng
    }

    fn store(&self) -> Memories<'a> {
        self.store
    }

    fn user_interface(&mut self) -> &mut Button {
        &mut self.ui
    }
}

/// One memory for the internal and the external flash, so that one file is the complete card.
#[derive(Clone, Copy)]
pub(crate) struct Memories<'a> {
    flash: &'a dyn DynFilesystem,
    ram: &'a dyn DynFilesystem,
}

impl Store for Memories<'_> {
    fn ifs(&self) -> &dyn DynFilesystem {
        self.flash
    }

    fn efs(&self) -> &dyn DynFilesystem {
        self.flash
    }

    fn vfs(&self) -> &dyn DynFilesystem {
        self.ram
    }
}

/// The touch button, always pressed.
pub(crate) struct Button;

impl UserInterface for Button {
    fn check_user_presence(&mut self) -> consent::Level {
        consent::Level::Normal
    }
}
