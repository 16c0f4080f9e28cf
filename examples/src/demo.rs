//! The program `demo`: a card, an authority, four sign-ins, a table; or the same with the sign-in screen.

mod authority;
mod screen;
mod sign_ins;
mod summary;

use std::path::PathBuf;

use lab::{Profile, Readers};

use crate::output::say;

pub use self::screen::screen;

use self::authority::RunningAuthority;
use self::sign_ins::{Device, SignIn, Way};
use self::summary::Summary;

type Failure = Box<dyn std::error::Error>;

/// The certificate policy that the authority's first configuration rates as multifactor, as it would stand on the card.
const MULTIFACTOR_POLICY: &str = "certificatePolicies=2.16.840.1.101.3.2.1.48.11";

/// Runs the demonstration: everything it starts ends with it, everything it writes is in a temporary folder.
pub fn run() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;

    heading("A card: key generated on it, certificate issued for it, PIN changed");
    let readers = Readers::start(1)?;
    let profile = Profile::new("alice")
        .principal_names(["alice@contoso.example"])
        .rfc822_names(["alice.a@mail.contoso.example"])
        .subject("/O=Contoso/CN=Alice")
        .extension(MULTIFACTOR_POLICY);
    let card = readers.insert(0, &profile)?;
    say(
        "demo",
        format_args!("the Nitrokey's PIV firmware, in the reader {:?}", card.reader()),
    );
    say(
        "demo",
        format_args!(
            "9a: RSA-2048, alice@contoso.example, issued by {}",
            lab::Authority::trusted()?.certificate().display()
        ),
    );

    heading("A stand-in for Entra ID, over HTTPS on loopback");
    let authority = RunningAuthority::start(folder.path())?;
    say("demo", authority.url());

    let cache = folder.path().join("cache");
    let sign_in = |way| SignIn {
        authority: &authority,
        pin: card.pin(),
        way,
        cache: &cache,
    };
    let sign_ins: [(&str, Way, Device); 4] = [
        (
            "Entra joined, PC/SC",
            Way::Reader(card.reader().to_owned()),
            Device::Entra,
        ),
        (
            "Entra joined, OpenSC's PKCS#11 module",
            Way::Module(opensc()?),
            Device::Entra,
        ),
        (
            "hybrid joined, first sign-in",
            Way::Reader(card.reader().to_owned()),
            Device::Hybrid,
        ),
        (
            "hybrid joined, second sign-in",
            Way::Reader(card.reader().to_owned()),
            Device::Hybrid,
        ),
    ];
    let mut summary = Summary::default();
    for (number, (title, way, device)) in sign_ins.into_iter().enumerate() {
        heading(&format!("{}. {title}", number + 1));
        let report = sign_in(way).run(device, &folder.path().join(format!("report-{number}.json")))?;
        summary.add(title, &report)?;
    }

    heading("Summary");
    say("demo", &summary);
    summary.check()
}

fn opensc() -> Result<PathBuf, Failure> {
    Ok(lab::Module::OpenSc.path()?)
}

fn heading(text: &str) {
    say("demo", format_args!("\n── {text}"));
}
