//! Signatures of TLS clients, through three functions of OpenSSL that its safe Rust bindings lack.
#![allow(
    unsafe_code,
    reason = "the safe bindings of OpenSSL do not return the signature scheme of a client"
)]

use std::ffi::{CString, c_int, c_long};
use std::ptr;

use foreign_types_shared::ForeignTypeRef as _;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::ssl::{SslContextBuilder, SslRef};

/// `SSL_CTRL_SET_CLIENT_SIGALGS_LIST` of `ssl.h`.
const SET_CLIENT_SIGNATURES: c_int = 102;
/// `SSL_CTRL_GET_PEER_SIGNATURE_NID` of `ssl.h`.
const PEER_SIGNATURE_DIGEST: c_int = 108;

unsafe extern "C" {
    fn SSL_get_peer_signature_type_nid(ssl: *const openssl_sys::SSL, nid: *mut c_int) -> c_int;
}

/// Limits the signature schemes that clients may use: `SSL_CTX_set1_client_sigalgs_list`.
pub(super) fn allow_signatures(builder: &mut SslContextBuilder, list: &str) -> Result<(), ErrorStack> {
    let list = CString::new(list).unwrap_or_default();
    // SAFETY: the context is alive, and OpenSSL only reads the text, during the call.
    let set = unsafe {
        openssl_sys::SSL_CTX_ctrl(
            builder.as_ptr(),
            SET_CLIENT_SIGNATURES,
            c_long::from(0_u8),
            list.as_ptr().cast_mut().cast(),
        )
    };
    if set == 1 { Ok(()) } else { Err(ErrorStack::get()) }
}

/// The scheme that the client signed the handshake with, in the words of RFC 8446, section 4.2.3, without the curve.
pub(super) fn signature(ssl: &SslRef) -> Option<String> {
    let (mut digest, mut kind): (c_int, c_int) = (0, 0);
    // SAFETY: the connection is alive, and OpenSSL writes one number to each of the two places.
    let known = unsafe {
        openssl_sys::SSL_ctrl(
            ssl.as_ptr(),
            PEER_SIGNATURE_DIGEST,
            c_long::from(0_u8),
            ptr::from_mut(&mut digest).cast(),
        ) == 1
            && SSL_get_peer_signature_type_nid(ssl.as_ptr(), &raw mut kind) == 1
    };
    let scheme = match Nid::from_raw(kind) {
        _ if !known => return None,
        Nid::RSAENCRYPTION => "rsa_pkcs1",
        Nid::RSASSAPSS if has_pss_key(ssl) => "rsa_pss_pss",
        Nid::RSASSAPSS => "rsa_pss_rsae",
        Nid::X9_62_ID_ECPUBLICKEY => "ecdsa",
        other => return other.short_name().ok().map(str::to_ascii_lowercase),
    };
    let digest = Nid::from_raw(digest).short_name().ok()?.to_ascii_lowercase();
    Some(format!("{scheme}_{digest}"))
}

/// Whether the key of the client's certificate may only sign with PSS.
fn has_pss_key(ssl: &SslRef) -> bool {
    let key = ssl
        .peer_certificate()
        .and_then(|certificate| certificate.public_key().ok());
    key.is_some_and(|key| key.id() == Id::RSA_PSS)
}
