//! Keys in files, as OpenSSL's own program writes them.

mod exposed;
mod files;
mod folder;
mod limits;
mod made;
mod pem;
mod pkcs12;
