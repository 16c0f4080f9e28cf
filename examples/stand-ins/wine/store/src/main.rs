//! Puts the certificates of a PKCS#12 file and their keys into the user's certificate store of Windows. Wine has no program for this.
//!
//! ```text
//! put-in-store FILE PASSWORD
//! ```

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, password] = arguments.as_slice() else {
        eprintln!("usage: put-in-store FILE PASSWORD");
        return 2.into();
    };
    match put(file, password) {
        Ok(number) => {
            println!("{number}");
            0.into()
        }
        Err(error) => {
            eprintln!("put-in-store: {file}: {error}");
            1.into()
        }
    }
}

/// Returns the number of certificates.
#[cfg(windows)]
fn put(file: &str, password: &str) -> std::io::Result<usize> {
    use schannel::cert_store::{CertAdd, CertStore, PfxImportOptions};

    let content = std::fs::read(file)?;
    let imported = PfxImportOptions::new().password(password).import(&content)?;
    let mut store = CertStore::open_current_user("MY")?;
    let mut number = 0;
    for certificate in imported.certs() {
        store.add_cert(&certificate, CertAdd::ReplaceExisting)?;
        number += 1;
    }
    Ok(number)
}

#[cfg(not(windows))]
fn put(_: &str, _: &str) -> std::io::Result<usize> {
    Err(std::io::ErrorKind::Unsupported.into())
}
