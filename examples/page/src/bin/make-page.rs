//! `make-page`: puts the page together, one HTML file with everything in it.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use base64ct::{Base64, Encoding};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

const HTML: &str = include_str!("../../site/index.html");
const STYLE: &str = include_str!("../../site/style.css");
const SCRIPT: &str = concat!(
    include_str!("../../site/form.js"),
    include_str!("../../site/answer.js"),
    include_str!("../../site/start.js")
);
const EXAMPLE: &[u8] = include_bytes!("../../../../upn-resolver/tests/certificates/adcs-rsa2048.der");

/// The limit for the file: it is sent by mail and put on shares.
const MAX_SIZE: usize = 400_000;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(module), Some(out)) = (arguments.next(), arguments.next()) else {
        return fail("usage: make-page MODULE.wasm PAGE.html");
    };
    let module = match fs::read(&module) {
        Ok(module) => module,
        Err(error) => return fail(format_args!("{}: {error}", Path::new(&module).display())),
    };
    let page = match page(&module) {
        Ok(page) => page,
        Err(error) => return fail(format_args!("the module cannot be compressed: {error}")),
    };
    if page.len() > MAX_SIZE {
        return fail(format_args!(
            "the page has {} bytes, which is more than {MAX_SIZE}",
            page.len()
        ));
    }
    if let Err(error) = fs::write(&out, &page) {
        return fail(format_args!("{}: {error}", Path::new(&out).display()));
    }
    println!("{} ({} bytes)", Path::new(&out).display(), page.len());
    ExitCode::SUCCESS
}

fn fail(message: impl Display) -> ExitCode {
    eprintln!("make-page: {message}");
    ExitCode::FAILURE
}

fn page(module: &[u8]) -> io::Result<String> {
    let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
    compressed.write_all(module)?;
    let data = format!(
        "\"use strict\";\n// The module, compressed by gzip, and the certificate of the example.\n\
         const MODULE = \"{}\";\nconst EXAMPLE = \"{}\";\n",
        Base64::encode_string(&compressed.finish()?),
        Base64::encode_string(EXAMPLE),
    );
    let parts = [
        ("policy", policy(&data)),
        ("style", STYLE.to_owned()),
        ("script", SCRIPT.to_owned()),
        // The last one, because it is long.
        ("data", data),
    ];
    Ok(parts.iter().fold(HTML.to_owned(), |page, (name, text)| {
        page.replacen(&format!("{{{{{name}}}}}"), text, 1)
    }))
}

/// Nothing may be loaded, sent or run but the two scripts and the style of the page, by their hashes. No text becomes markup.
fn policy(data: &str) -> String {
    let hash = |text: &str| {
        format!(
            "'sha256-{}'",
            Base64::encode_string(&Sha256::digest(text.as_bytes()))
        )
    };
    format!(
        "default-src 'none'; script-src {} {} 'wasm-unsafe-eval'; style-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(data),
        hash(SCRIPT),
        hash(STYLE),
    )
}
