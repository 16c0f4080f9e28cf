//! The program `demo`: a card, an authority, four sign-ins, a table; or the same with the sign-in screen.

mod authority;
mod screen;
mod sign_ins;
mod summary;

use std::path::PathBuf;

use lab::{Profile, Readers};

use crate::output::print_line;

pub use self::screen::screen;

use self::authority::RunningAuthority;
use self::sign_ins::{Backend, Device, SignIn};
use self::summary::Summary;

/// What to do after the demonstration; every command works without hardware.
pub const NEXT: &str = "\
Next:
  make greeter     the sign-in screen, with two virtual cards to move and the same authority
  which name is sent for a certificate, and why, with sources:
    cargo run -q -p examples --bin explain-upn -- upn-resolver/tests/certificates/adcs-rsa2048.der --join entra --long
  the certificateUserIds values for a certificate:
    cargo run -q -p examples --bin certificate-user-ids -- upn-resolver/tests/certificates/adcs-rsa2048.der
  what works and what is missing on this machine, with your own card in its reader:
    cargo run -q -p examples --bin doctor
  the sign-in loop, to copy into an agent:  examples/src/sign_in/drive.rs
  all programs and libraries:               README.md
";

type Failure = Box<dyn std::error::Error>;

/// The tenant's domain. Microsoft's documentation uses it, and Entra ID can verify such a name; `.example` it cannot.
const DOMAIN: &str = "contoso.com";

/// The certificate policy that the authority's first configuration rates as multifactor, as it would stand on the card.
const MULTIFACTOR_POLICY: &str = "certificatePolicies=2.16.840.1.101.3.2.1.48.11";

/// Runs the demonstration: everything it starts ends with it, everything it writes is in a temporary folder.
pub fn run() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;

    heading("A card: key generated on it, certificate issued for it, PIN changed");
    let readers = Readers::start(1)?;
    let profile = Profile::new("alice")
        .principal_names(["alice@contoso.com"])
        .rfc822_names(["alice.a@mail.contoso.com"])
        .subject("/O=Contoso/CN=Alice")
        .extension(MULTIFACTOR_POLICY);
    let card = readers.insert(0, &profile)?;
    print_line(
        "demo",
        format_args!("the Nitrokey's PIV firmware, in the reader {:?}", card.reader()),
    );
    print_line(
        "demo",
        format_args!(
            "9a: RSA-2048, alice@contoso.com, issued by {}",
            lab::Authority::trusted()?.certificate().display()
        ),
    );

    heading("A stand-in for Entra ID, over HTTPS on loopback");
    let authority = RunningAuthority::start(folder.path())?;
    print_line("demo", authority.url());

    let cache = folder.path().join("cache");
    let sign_in = |backend| SignIn {
        authority: &authority,
        pin: card.pin(),
        backend,
        cache: &cache,
    };
    let sign_ins: [(&str, Backend, Device); 4] = [
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
    let mut summary = Summary::default();
    for (number, (title, backend, device)) in sign_ins.into_iter().enumerate() {
        heading(&format!("{}. {title}", number + 1));
        let report = sign_in(backend).run(device, &folder.path().join(format!("report-{number}.json")))?;
        summary.add(title, &report)?;
    }

    heading("Summary");
    print_line("demo", &summary);
    summary.check()?;
    print_line("demo", NEXT);
    Ok(())
}

fn opensc() -> Result<PathBuf, Failure> {
    Ok(lab::Module::OpenSc.path()?)
}

fn heading(text: &str) {
    print_line("demo", format_args!("\n── {text}"));
}
