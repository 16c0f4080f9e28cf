//! Lets libhimmelblau, unmodified, sign in to the local authority.
//!
//! ```sh
//! local-authority --init lab
//! SSL_CERT_FILE=lab/tls-ca.pem cargo run -- local-authority lab
//! ```
//!
//! It enrols a device whose keys stay in a (soft) TPM, starts the authority and goes through what an agent does: primary refresh
//! token by password and by refresh token, access tokens, renewal, the cookie. Ends with 0 when all is granted.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use himmelblau::{BrokerClientApplication, PublicClientApplication};
use kanidm_hsm_crypto::AuthValue;
use kanidm_hsm_crypto::glue::traits::EncodeDer as _;
use kanidm_hsm_crypto::provider::{BoxedDynTpm, SoftTpm, Tpm as _, TpmMsExtensions as _};

const NAME: &str = "alice@contoso.example";
const PASSWORD: &str = "correct horse battery staple";
const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(program), Some(lab)) = (arguments.next(), arguments.next()) else {
        return Err("usage: SSL_CERT_FILE=LAB/tls-ca.pem libhimmelblau-client LOCAL-AUTHORITY LAB".into());
    };
    let lab = Path::new(&lab);

    // The device: its two keys stay in the TPM, its certificate comes from the laboratory's registration.
    let mut tpm = BoxedDynTpm::new(SoftTpm::new());
    let secret = AuthValue::ephemeral().map_err(debug)?;
    let root = tpm.root_storage_key_create(&secret).map_err(debug)?;
    let storage = tpm.root_storage_key_load(&secret, &root).map_err(debug)?;
    let (enrolment, request) = tpm
        .ms_device_enrolment_begin(&storage, "7E980AD9-B86D-4306-9425-9AC066FB014A")
        .map_err(debug)?;
    let transport = tpm.msoapxbc_rsa_key_create(&storage).map_err(debug)?;
    let loaded = tpm.msoapxbc_rsa_key_load(&storage, &transport).map_err(debug)?;
    let [csr, public, certificate] =
        ["himmelblau.csr", "himmelblau-transport.der", "himmelblau.pem"].map(|file| lab.join(file));
    fs::write(&csr, request.to_der().map_err(debug)?)?;
    fs::write(&public, tpm.msoapxbc_rsa_public_as_der(&loaded).map_err(debug)?)?;
    let enrolled = Command::new(&program)
        .args(["device", "--dir"])
        .arg(lab)
        .arg("--request")
        .arg(&csr)
        .arg("--transport-key")
        .arg(&public)
        .arg("-o")
        .arg(&certificate)
        .status()?;
    assert!(enrolled.success(), "the device is enrolled");
    let certificate = Command::new("openssl")
        .args(["x509", "-outform", "DER", "-in"])
        .arg(&certificate)
        .output()?
        .stdout;
    let device = tpm
        .ms_device_enrolment_finalise(&storage, enrolment, &certificate)
        .map_err(debug)?;

    // libhimmelblau reads renewals in the CBC form only, which is what it meets in the field.
    let configuration = fs::read_to_string(lab.join("authority.json"))?;
    let configuration =
        configuration.replace(r#""responseEncryption": "gcm""#, r#""responseEncryption": "cbc""#);
    fs::write(lab.join("authority.json"), configuration)?;

    let mut authority = Command::new(&program)
        .arg("--config")
        .arg(lab.join("authority.json"))
        .arg("--until-stdin-closes")
        .arg("--log")
        .arg(lab.join("himmelblau.log"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut url = String::new();
    BufReader::new(authority.stdout.take().ok_or("no output")?).read_line(&mut url)?;
    let url = format!("{}/common", url.trim());

    let browser = PublicClientApplication::new(BROKER, Some(&url)).map_err(debug)?;
    let tokens = browser
        .acquire_token_by_username_password(NAME, PASSWORD, vec![])
        .await
        .map_err(debug)?;
    println!("tokens by password: {} s", tokens.expires_in);
    let agent =
        BrokerClientApplication::new(Some(&url), None, Some(transport), Some(device)).map_err(debug)?;
    let by_refresh_token = agent
        .acquire_user_prt_by_refresh_token(&tokens.refresh_token, &mut tpm, &storage)
        .await
        .map_err(debug)?;
    println!("primary refresh token by refresh token");
    let prt = agent
        .acquire_user_prt_by_username_password(NAME, PASSWORD, &mut tpm, &storage)
        .await
        .map_err(debug)?;
    println!("primary refresh token by password");
    for prt in [&by_refresh_token, &prt] {
        let v1 = Some("https://graph.microsoft.com".to_owned());
        let token = agent
            .exchange_prt_for_access_token(prt, vec![], v1, &mut tpm, &storage)
            .await
            .map_err(debug)?;
        println!("access token: {}", token.spn().map_err(debug)?);
        let scope = vec!["https://graph.microsoft.com/.default"];
        agent
            .exchange_prt_for_access_token(prt, scope, None, &mut tpm, &storage)
            .await
            .map_err(debug)?;
        println!("access token at the v2 endpoint");
    }
    let renewed = agent
        .exchange_prt_for_prt(&prt, &mut tpm, &storage, false)
        .await
        .map_err(debug)?;
    println!("renewed");
    let v1 = Some("https://graph.microsoft.com".to_owned());
    agent
        .exchange_prt_for_access_token(&renewed, vec![], v1, &mut tpm, &storage)
        .await
        .map_err(debug)?;
    println!("access token by the renewed one");
    let cookie = agent
        .acquire_prt_sso_cookie(&renewed, &mut tpm, &storage)
        .await
        .map_err(debug)?;
    println!("cookie of {} characters", cookie.len());
    let names = agent
        .resolve_nametosid(NAME, &mut tpm, &storage)
        .await
        .map_err(debug)?;
    println!("{} is {}", names.upn, names.sid);
    drop(authority.stdin.take());
    authority.wait()?;
    Ok(())
}

/// The errors of these libraries are not all printable.
fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}
