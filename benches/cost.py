#!/usr/bin/env python3
"""cost.py FOLDER [NAME…]: what a program pays for each library and its peers, or for those with these names, as a table.

In FOLDER a program with one dependency is made for each, whose `main` uses it, and is built in the release profile: processor time of the whole build
from nothing, number of crates (`cargo tree`, without the program, with those that only build or are procedural macros), and size of the
program without symbols. The first row is a program without dependencies, which the sizes contain."""

import os
import pathlib
import resource
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

READ = """let der = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();"""
PROGRAMS = {
    "nothing": ("", f"{READ} println!(\"{{}}\", der.len());"),
    "upn-resolver": (f'upn-resolver = {{ path = "{ROOT}/upn-resolver" }}', READ + """
        let certificate = upn_resolver::Certificate::from_der(&der).unwrap();
        println!("{}", upn_resolver::NameRequest::entra_joined(&certificate).decide());"""),
    "x509-parser": ('x509-parser = "0.18"', READ + """
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).unwrap();
        println!("{:?}", certificate.subject_alternative_name());"""),
    "card-access, pcsc": (f'card-access = {{ path = "{ROOT}/card-access", default-features = false, features = ["pcsc"] }}', """
        use card_access::Provider;
        println!("{:?}", card_access::pcsc::PcscProvider::new().tokens().map(|tokens| tokens.found.len()));"""),
    "card-access": (f'card-access = {{ path = "{ROOT}/card-access" }}', """
        use card_access::Provider;
        println!("{:?}", card_access::pcsc::PcscProvider::new().tokens().map(|tokens| tokens.found.len()));"""),
    "yubikey": ('yubikey = "0.8"', """println!("{:?}", yubikey::YubiKey::open().map(|key| key.version()));"""),
    "cba-protocol": (f'cba-protocol = {{ path = "{ROOT}/cba-protocol" }}\nupn-resolver = {{ path = "{ROOT}/upn-resolver" }}', READ + """
        use cba_protocol::{Cloud, Config, Device, SessionKey, SignIn, Step, http::Response, pki_types::{CertificateDer, UnixTime}};
        let certificate = CertificateDer::from(&der[..]);
        let device = Device::from_certificate(&certificate).unwrap();
        let config = Config::new(Cloud::PUBLIC, device.tenant().unwrap().clone());
        let upn = upn_resolver::Upn::parse("ada@contoso.com").unwrap();
        let seed = cba_protocol::Seed::from([7; 32]);
        let mut step = SignIn::with_certificate(&config, &device, &upn, &certificate).start(seed).unwrap();
        let read = || std::fs::read("answer").unwrap();
        println!("{:?}", loop {
            step = match step {
                Step::Done(outcome) => break outcome,
                Step::Send(exchange) => exchange.respond(Response::new(read()), UnixTime::now()).unwrap(),
                Step::SignAsUser(task) => task.complete(&read()).unwrap(),
                Step::SignAsDevice(task) => task.complete(&read()).unwrap(),
                Step::Unwrap(task) => task.complete(SessionKey::from(<[u8; 32]>::try_from(read()).unwrap())).unwrap(),
                _ => unreachable!(),
            }
        });"""),
    "oauth2": ('oauth2 = { version = "5", default-features = false }', """
        let client = oauth2::basic::BasicClient::new(oauth2::ClientId::new("client".into()))
            .set_device_authorization_url(oauth2::DeviceAuthorizationUrl::new("https://localhost/code".into()).unwrap());
        let request = client.exchange_device_code();
        let response = request.request(&|_request: oauth2::HttpRequest| Err::<oauth2::HttpResponse, std::io::Error>(std::io::ErrorKind::Other.into()));
        let response: Result<oauth2::StandardDeviceAuthorizationResponse, _> = response;
        println!("{}", response.is_ok());"""),
}


def build(folder, name, dependency, body):
    package = folder / name.replace(", ", "-")
    (package / "src").mkdir(parents=True, exist_ok=True)
    (package / "src/main.rs").write_text(f"fn main() {{ {body} }}\n")
    (package / "Cargo.toml").write_text(f'[package]\nname = "program"\nversion = "0.0.0"\nedition = "2024"\nrust-version = "1.85"\n\n'
                                        f'[workspace]\n\n[dependencies]\n{dependency}\n\n[profile.release]\nstrip = true\n')
    environment = os.environ | {"CARGO_TARGET_DIR": str(package / "target")}
    cargo = lambda *arguments: subprocess.run(["cargo", *arguments], cwd=package, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    tree = cargo("tree", "--prefix", "none", "--edges", "normal,build", "--format", "{p}")
    crates = len({line.removesuffix(" (*)") for line in tree.splitlines() if line.strip()}) - 1
    cargo("fetch", "--quiet")
    shutil.rmtree(package / "target", ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    cargo("build", "--release", "--quiet")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = (package / "target/release/program").stat().st_size
    shutil.rmtree(package / "target")
    return crates, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, size


def main(folder, *names):
    unknown = set(names) - set(PROGRAMS)
    if unknown:
        sys.exit(f"cost.py: unknown: {', '.join(unknown)}; known are {'; '.join(PROGRAMS)}")
    print("| a program with | crates | build, processor s | size, KiB |\n|---|---:|---:|---:|")
    for name in names or PROGRAMS:
        dependency, body = PROGRAMS[name]
        crates, seconds, size = build(pathlib.Path(folder).resolve(), name, dependency, body)
        print(f"| {name} | {crates} | {seconds:.1f} | {size / 1024:.0f} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
