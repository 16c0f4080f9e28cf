//! Certificates and texts that try to become markup.

use test_certificates::build::{
    Pieces, alternative_names, attribute, element, extended_key_usage, name, principal_name,
};

use crate::browser::with_page;

const MARKUP: &str = "<img src=x onerror=window.ran=1>";

#[tokio::test]
async fn names_in_certificates_and_texts_stay_text() {
    with_page(|browser| async move {
        let folder = tempfile::tempdir().unwrap();
        let certificate = Pieces {
            subject: name(&[attribute(b"\x55\x04\x03", 0x0C, MARKUP.as_bytes())]),
            issuer: name(&[attribute(b"\x55\x04\x03", 0x0C, b"<script>window.ran=2</script>")]),
            extensions: vec![
                extended_key_usage(&[b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x02"]),
                alternative_names(&[
                    &principal_name(0x0C, b"<svg/onload=window.ran=3>@contoso.com"),
                    &element(0x81, b"\"><b>ada@contoso.com"),
                ]),
            ],
            ..Pieces::default()
        };
        // A slash cannot be in the name of a file.
        let files = [
            folder.path().join("<img src=x onerror=window.ran=4>.der"),
            folder.path().join("<b>no certificate<b>.pem"),
            folder.path().join("policy.json"),
        ];
        std::fs::write(&files[0], certificate.der()).unwrap();
        std::fs::write(&files[1], "<img src=x onerror=window.ran=5>").unwrap();
        std::fs::write(&files[2], "{\"EnumerateECCCerts\": true, \"X509HintsNeeded\": true}").unwrap();
        browser.choose_files(&files).await;
        browser
            .paste(
                "AzureAdJoined : YES\nDomainJoined : NO\nTenantName : <img src=x onerror=window.ran=6>\n\
                 AzureAdPrt : NO\nAcquirePrtDiagnostics : PRESENT\nUser Identity : <b>@contoso.com\n\
                 Server Error Code : <b>code</b>\nServer Error Description : AADSTS1<b>: <img src=x onerror=window.ran=7>\n",
            )
            .await;
        browser.wait_for("document.querySelectorAll('#inputs > li').length === 4").await;
        browser.set("#hint", MARKUP).await;
        browser.wait_for("document.querySelector('.outcome').textContent.includes('reject')").await;
        browser.set("#hint", "").await;
        browser.wait_for("document.querySelector('.outcome .upn').textContent.startsWith('<svg')").await;
        for (selector, text) in [
            (".certificate h3", MARKUP),
            (".certificate dd", "<script>window.ran=2</script>"),
            (".tiles", MARKUP),
            ("dd", "<img src=x onerror=window.ran=6>"),
            ("#inputs", "<img src=x onerror=window.ran=4>.der"),
            (".error", "<b>no certificate<b>.pem"),
            (".ids .value", "<svg/onload=window.ran=3>@contoso.com"),
        ] {
            let shown = browser.texts(selector).await.concat();
            assert!(shown.contains(text), "{selector}: {shown}");
        }
        let made = browser
            .get("document.querySelectorAll('img, svg, b, #output script, #inputs script').length")
            .await;
        assert_eq!(made, 0);
        assert!(browser.get("window.ran === undefined").await.as_bool().unwrap());
    })
    .await;
}

#[tokio::test]
async fn characters_that_hide_or_reorder_text_are_escaped() {
    with_page(|browser| async move {
        let folder = tempfile::tempdir().unwrap();
        let certificate = Pieces {
            extensions: vec![
                extended_key_usage(&[b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x02"]),
                alternative_names(&[
                    &principal_name(0x0C, b"ada@contoso.com"),
                    &principal_name(0x0C, "a\u{202e}da\u{200b}@contoso.com".as_bytes()),
                ]),
            ],
            ..Pieces::default()
        };
        let file = folder.path().join("card\u{202e}.der");
        std::fs::write(&file, certificate.der()).unwrap();
        browser.choose_files(&[file]).await;
        browser
            .wait_for_status("Entra joined device: sends ada@contoso.com")
            .await;
        let shown = browser.texts("#inputs .name").await.concat();
        assert!(shown.starts_with("card\\u202e.der"), "{shown}");
        // What is shown; a value to copy stays exact.
        let everything = browser.text("document.body.innerText").await;
        for hidden in ['\u{202e}', '\u{200b}'] {
            assert!(!everything.contains(hidden), "{everything}");
        }
    })
    .await;
}
