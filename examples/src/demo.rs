//! The program `demo`: a virtual card, a local authority, a machine that joins, signs in and leaves, four more sign-ins and a table; or
//! the same with the sign-in screen.

mod authority;
mod bare_machine;
mod screen;
mod sign_ins;
mod summary;

use std::path::{Path, PathBuf};

use lab::{Card, Profile, Readers};

use crate::output::print_line;

pub use self::screen::screen;

use self::authority::RunningAuthority;
use self::bare_machine::BareMachine;
use self::sign_ins::{Backend, Device, SignIn};
use self::summary::Summary;

/// Suggestions after the demonstration. Every command works without hardware.
pub const NEXT: &str = "\
Try next:
  make greeter
      the sign-in screen, with two virtual cards that you can insert and remove
  cargo run -q -p examples --bin explain-upn -- upn-resolver/tests/certificates/adcs-rsa2048.der --join entra --long
      the user name that Windows sends for a certificate, with the rules and their sources
  cargo run -q -p examples --bin certificate-user-ids -- upn-resolver/tests/certificates/adcs-rsa2048.der
      the certificateUserIds values of a certificate
  cargo run -q -p examples --bin doctor
      what this machine needs for a sign-in with your own card
  examples/src/sign_in/drive.rs
      the sign-in loop of an agent
  README.md
      all programs and libraries
";

type Failure = Box<dyn std::error::Error>;

/// The tenant's domain. Microsoft's documentation uses it. Entra ID can verify such a domain, but not one in `.example`.
const DOMAIN: &str = "contoso.com";

/// The certificate policy that the authority's default configuration rates as multifactor.
const MULTIFACTOR_POLICY: &str = "certificatePolicies=2.16.840.1.101.3.2.1.48.11";

/// Runs the demonstration. All processes end with it, and all files are in a temporary folder.
pub fn run() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;

    heading(
        "A virtual card: its key is generated on the card, its certificate is issued, its PIN is changed",
    );
    let readers = Readers::start(1)?;
    let profile = Profile::new("alice")
        .principal_names(["alice@contoso.com"])
        .rfc822_names(["alice.a@mail.contoso.com"])
        .subject("/O=Contoso/CN=Alice")
        .extension(MULTIFACTOR_POLICY);
    let card = readers.insert(0, &profile)?;
    print_line(
        "demo",
        format_args!("firmware: Nitrokey PIV, in the reader {:?}", card.reader()),
    );
    print_line(
        "demo",
        format_args!(
            "slot 9a: RSA-2048, alice@contoso.com, issued by {}",
            lab::Authority::trusted()?.certificate().display()
        ),
    );

    heading("A local stand-in for Entra ID, over HTTPS");
    let authority = RunningAuthority::start(folder.path())?;
    print_line("demo", authority.url());

    let mut summary = Summary::default();
    join_and_leave(&authority, &card, folder.path(), &mut summary)?;

    let cache = folder.path().join("cache");
    let sign_in = |backend| SignIn {
        authority: &authority,
        pin: card.pin(),
        backend,
        cache: &cache,
    };
    let sign_ins: [(&str, Backend, Device<'_>); 4] = [
        (
            "Entra joined, PC/SC",
            Backend::Reader(card.reader().to_owned()),
            Device::Entra,
        ),
        (
            "Entra joined, OpenSC's PKCS#11 module",
            Backend::Module(opensc()?),
            Device::Entra,
        ),
        (
            "hybrid joined, first sign-in",
            Backend::Reader(card.reader().to_owned()),
            Device::Hybrid,
        ),
        (
            "hybrid joined, second sign-in",
            Backend::Reader(card.reader().to_owned()),
            Device::Hybrid,
        ),
    ];
    for (number, (title, backend, device)) in sign_ins.into_iter().enumerate() {
        heading(&format!("{}. {title}", number + 4));
        let report = sign_in(backend).run(device, &folder.path().join(format!("report-{number}.json")))?;
        summary.add(title, &report)?;
    }

    heading("Summary");
    print_line("demo", &summary);
    summary.check()?;
    print_line("demo", NEXT);
    Ok(())
}

/// A machine that is not joined: it joins with the card, signs in, and leaves.
fn join_and_leave(
    authority: &RunningAuthority,
    card: &Card,
    folder: &Path,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let machine = BareMachine {
        authority,
        pin: card.pin(),
        reader: card.reader(),
        device: folder.join("my-device.json"),
    };
    heading("1. A machine that is not joined: join with the card");
    machine.join()?;
    let title = "joined just now, PC/SC";
    heading(&format!("2. {title}"));
    let sign_in = SignIn {
        authority,
        pin: card.pin(),
        backend: Backend::Reader(card.reader().to_owned()),
        cache: &folder.join("cache-of-my-device"),
    };
    let report = folder.join("report-joined.json");
    summary.add(title, &sign_in.run(Device::Joined(&machine.device), &report)?)?;
    heading("3. The machine leaves");
    machine.leave()
}

fn opensc() -> Result<PathBuf, Failure> {
    Ok(lab::Module::OpenSc.path()?)
}

fn heading(text: &str) {
    print_line("demo", format_args!("\n── {text}"));
}
