//! Realm discovery in its forms, metadata and the browser's question for credentials.

use serde_json::{Value, json};

use crate::support::Lab;

#[test]
fn version_1() {
    let lab = Lab::new();
    let ask = |name: &str| lab.get(&format!("/common/userrealm/{name}?api-version=1.0")).1;
    assert_eq!(
        ask("alice%40contoso.example"),
        json!({
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": "contoso.example",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        })
    );
    let federated = ask("erin@fabrikam.example");
    assert_eq!(federated["account_type"], "Federated");
    assert_eq!(federated["federation_protocol"], "WSTrust");
    assert_eq!(
        federated["federation_metadata_url"],
        "https://sts.fabrikam.example/adfs/services/trust/mex"
    );
    assert!(federated["federation_active_auth_url"].is_string());
    assert_eq!(
        ask("frank@fabrikam.example")["account_type"],
        "Managed",
        "staged rollout"
    );
    assert_eq!(
        ask("nobody@nowhere.example"),
        json!({"ver": "1.0", "account_type": "Unknown"})
    );
    assert_eq!(ask("x@gov.example")["cloud_instance_name"], "microsoftonline.us");
}

#[test]
fn version_2_and_the_older_form() {
    let lab = Lab::new();
    let two = lab
        .get("/common/UserRealm/erin@fabrikam.example?api-version=2.0")
        .1;
    assert_eq!(two["NameSpaceType"], "Federated");
    assert_eq!(two["AuthURL"], "https://sts.fabrikam.example/adfs/ls/");
    let user = "user=alice@contoso.example&api-version=2.1&checkForMicrosoftAccount=true";
    let two_one = lab.get(&format!("/common/userrealm?{user}")).1;
    assert_eq!(
        (&two_one["NameSpaceType"], &two_one["Login"]),
        (&json!("Managed"), &json!("alice@contoso.example"))
    );
    let srf = lab.get("/GetUserRealm.srf?login=erin@fabrikam.example").1;
    assert_eq!(
        (&srf["State"], &srf["NameSpaceType"]),
        (&json!(3), &json!("Federated"))
    );
    let provider = lab.get("/odc/v2.1/federationProvider?domain=contoso.example").1;
    assert_eq!(provider["tenantId"], json!(lab.device.tenant_id));
}

#[test]
fn metadata_of_the_tenant_and_of_any() {
    let lab = Lab::new();
    let tenant = &lab.device.tenant_id;
    let (_, one) = lab.get("/contoso.example/.well-known/openid-configuration");
    assert_eq!(one["issuer"], json!(format!("https://sts.windows.net/{tenant}/")));
    assert_eq!(
        one["token_endpoint"],
        json!(format!("{}/{tenant}/oauth2/token", lab.authority.url()))
    );
    assert_eq!(one["capabilities"], json!(["kdf_ver2"]));
    let (_, two) = lab.get(&format!("/{tenant}/v2.0/.well-known/openid-configuration"));
    assert_eq!(
        two["issuer"],
        json!(format!("{}/{tenant}/v2.0", lab.authority.url()))
    );
    let (_, any) = lab.get("/common/.well-known/openid-configuration");
    assert_eq!(any["issuer"], "https://sts.windows.net/{tenantid}/");
}

#[test]
fn credential_type() {
    let lab = Lab::new();
    let ask = |name: &str| {
        let body = json!({"username": name}).to_string();
        let answer = lab
            .agent
            .post(lab.url("/common/GetCredentialType"))
            .content_type("application/json")
            .send(body);
        crate::support::json(answer.unwrap()).1
    };
    let has = |answer: &Value| answer["Credentials"]["HasCertAuth"].as_bool();
    assert_eq!(has(&ask("alice@contoso.example")), Some(true));
    assert_eq!(has(&ask("carol@contoso.example")), Some(true), "tenant-wide");
    assert_eq!(has(&ask("erin@fabrikam.example")), Some(false));
    assert_eq!(ask("nobody@contoso.example")["IfExistsResult"], 1);
    assert_eq!(ask("erin@fabrikam.example")["EstsProperties"]["DomainType"], 4);
}
