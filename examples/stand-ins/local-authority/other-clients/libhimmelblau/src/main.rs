//! Runs libhimmelblau, unmodified, through what an agent does at the local authority.
//!
//! ```sh
//! with-authority local-authority libhimmelblau-client
//! ```
//!
//! It joins and registers devices whose keys stay in a (soft) TPM, and signs in on each: primary refresh token by password and by refresh
//! token, access tokens, renewal, the cookie. It ends with 0 if all was granted.

use std::error::Error;

use himmelblau::{BrokerClientApplication, EnrollAttrs, PublicClientApplication};
use kanidm_hsm_crypto::AuthValue;
use kanidm_hsm_crypto::provider::{BoxedDynTpm, SoftTpm, Tpm as _};

const AUTHORITY: &str = "https://login.microsoftonline.com/common";
const NAME: &str = "alice@contoso.example";
const PASSWORD: &str = "correct horse battery staple";
const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut tpm = BoxedDynTpm::new(SoftTpm::new());
    let secret = AuthValue::ephemeral().map_err(debug)?;
    let root = tpm.root_storage_key_create(&secret).map_err(debug)?;
    let storage = tpm.root_storage_key_load(&secret, &root).map_err(debug)?;

    let browser = PublicClientApplication::new(BROKER, Some(AUTHORITY)).map_err(debug)?;
    let tokens = browser
        .acquire_token_by_username_password(NAME, PASSWORD, vec![])
        .await
        .map_err(debug)?;
    println!("tokens by password: {} s", tokens.expires_in);

    for (join_type, what) in [(4, "registered"), (0, "joined")] {
        let mut agent = BrokerClientApplication::new(Some(AUTHORITY), None, None, None).map_err(debug)?;
        let attributes = EnrollAttrs::new(
            "contoso.example".to_owned(),
            Some("laptop".to_owned()),
            None,
            Some(join_type),
            Some("12".to_owned()),
        )
        .map_err(debug)?;
        let (_, _, device) = agent
            .enroll_device(&tokens.refresh_token, attributes, &mut tpm, &storage)
            .await
            .map_err(debug)?;
        println!("{what}: {device}");
        sign_in(&agent, &tokens.refresh_token, &mut tpm, &storage).await?;
    }
    Ok(())
}

/// What an agent does on a device that has joined.
async fn sign_in(
    agent: &BrokerClientApplication,
    refresh_token: &str,
    tpm: &mut BoxedDynTpm,
    storage: &kanidm_hsm_crypto::structures::StorageKey,
) -> Result<(), Box<dyn Error>> {
    let by_refresh_token = agent
        .acquire_user_prt_by_refresh_token(refresh_token, tpm, storage)
        .await
        .map_err(debug)?;
    println!("primary refresh token by refresh token");
    let prt = agent
        .acquire_user_prt_by_username_password(NAME, PASSWORD, tpm, storage)
        .await
        .map_err(debug)?;
    println!("primary refresh token by password");
    for prt in [&by_refresh_token, &prt] {
        let v1 = Some("https://graph.microsoft.com".to_owned());
        let token = agent
            .exchange_prt_for_access_token(prt, vec![], v1, tpm, storage)
            .await
            .map_err(debug)?;
        println!("access token: {}", token.spn().map_err(debug)?);
        let scope = vec!["https://graph.microsoft.com/.default"];
        agent
            .exchange_prt_for_access_token(prt, scope, None, tpm, storage)
            .await
            .map_err(debug)?;
        println!("access token at the v2 endpoint");
    }
    let renewed = agent
        .exchange_prt_for_prt(&prt, tpm, storage, false)
        .await
        .map_err(debug)?;
    println!("renewed");
    let v1 = Some("https://graph.microsoft.com".to_owned());
    agent
        .exchange_prt_for_access_token(&renewed, vec![], v1, tpm, storage)
        .await
        .map_err(debug)?;
    println!("access token by the renewed one");
    let cookie = agent
        .acquire_prt_sso_cookie(&renewed, tpm, storage)
        .await
        .map_err(debug)?;
    println!("cookie of {} characters", cookie.len());
    let names = agent.resolve_nametosid(NAME, tpm, storage).await.map_err(debug)?;
    println!("{} is {}", names.upn, names.sid);
    Ok(())
}

/// The errors of these libraries are not all printable.
fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}
