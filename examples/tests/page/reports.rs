//! What the page shows: the cell that applies, the values to copy, the text for a ticket, errors.

use std::path::Path;

use base64ct::{Base64, Encoding};

use crate::browser::{Browser, with_page};
use crate::fixtures::fixtures;

#[tokio::test]
async fn the_cell_that_applies_is_marked() {
    with_page(|browser| async move {
        browser.click("#example").await;
        browser.wait_for_status("Entra joined device: sends").await;
        assert_cells(&browser, &["entra_first", "entra_later"]).await;
        browser.choose_join("hybrid").await;
        browser.wait_for_status("Entra hybrid joined").await;
        assert_cells(&browser, &["hybrid_first"]).await;
        let cell = "document.querySelector('[data-cell=hybrid_later] .sent').textContent";
        assert_eq!(
            browser.text(cell).await,
            "needs the AD UPN and the cached Entra UPN"
        );
        browser.set("#ad_upn", "ada@corp.local").await;
        browser.set("#cached", "ada@corp.com").await;
        browser
            .wait_for_status("Entra hybrid joined device: sends ada@corp.com")
            .await;
        assert_cells(&browser, &["hybrid_later"]).await;
        assert_eq!(browser.text(cell).await, "sends ada@corp.com");
        browser.set("#hint", "eve@contoso.com").await;
        browser
            .wait_for_status("Entra hybrid joined device: sends eve@contoso.com")
            .await;
        assert_cells(&browser, &["hybrid_hint"]).await;
        browser.choose_join("all").await;
        browser
            .wait_for_status("Every case: a name is sent in 4 of 4")
            .await;
        assert_cells(&browser, &[]).await;
        // Each rule has the page that states it, and links tell that page nothing.
        let links = browser
            .get(
                "Array.from(document.querySelectorAll('.rule a'), link => \
                 link.href.startsWith('https://') && link.rel === 'noopener noreferrer')",
            )
            .await;
        let links = links.as_array().unwrap();
        assert!(
            links.len() > 10 && links.iter().all(|safe| *safe == true),
            "{links:?}"
        );
    })
    .await;
}

async fn assert_cells(browser: &Browser, expected: &[&str]) {
    let marked = browser
        .get("Array.from(document.querySelectorAll('[aria-current=true]'), cell => cell.dataset.cell)")
        .await;
    assert_eq!(marked, serde_json::json!(expected));
    assert_eq!(browser.texts(".published .mark").await.len(), expected.len());
}

#[tokio::test]
async fn the_ticket_names_nobody() {
    with_page(|browser| async move {
        let mut files = fixtures();
        files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../upn-resolver/tests/join_state/hybrid.txt"));
        browser.choose_files(&files).await;
        browser.set("#ad_upn", "ada@corp.local").await;
        browser.set("#cached", "eve@woodgrove.com").await;
        browser
            .wait_for_status("Entra hybrid joined device: a name")
            .await;
        browser
            .wait_for("document.querySelector('.ticket pre').textContent.includes('domain-2')")
            .await;
        let ticket = browser
            .text("document.querySelector('.ticket pre').textContent")
            .await;
        for private in [
            "ada",
            "eve@",
            "john",
            "contoso",
            "woodgrove",
            "corp.",
            "HYBRIDADFS",
            "HybridADFS",
            ".der",
            ".pem",
            "aaaabbbb",
        ] {
            // The addresses of the rules are not about anybody.
            let named = ticket
                .lines()
                .filter(|line| !line.contains("https://"))
                .find(|line| line.contains(private));
            assert_eq!(named, None, "{private}");
        }
        for kept in [
            "dsregcmd: Entra hybrid joined",
            "AADSTS50126",
            "0xc000006d",
            "policy: none",
        ] {
            assert!(ticket.contains(kept), "{kept}: {ticket}");
        }
    })
    .await;
}

#[tokio::test]
async fn wrong_inputs_are_named_where_they_are() {
    with_page(|browser| async move {
        browser.click("#example").await;
        browser.choose_join("hybrid").await;
        browser.set("#ad_upn", "ada corp").await;
        browser.wait_for_status("Correct the marked field first.").await;
        assert_eq!(
            browser.get("document.getElementById('ad_upn').ariaInvalid").await,
            "true"
        );
        let error = "document.getElementById('ad_upn-error')";
        assert_eq!(browser.get(&format!("{error}.hidden")).await, false);
        assert!(!browser.text(&format!("{error}.textContent")).await.is_empty());
        assert_eq!(browser.texts(".certificate").await.len(), 0);
        // A report that says nothing about the join.
        browser.click("#clear").await;
        browser.click("#example").await;
        browser.paste("AzureAdPrt : YES").await;
        browser
            .wait_for_status("Correct the marked field first. The dsregcmd output")
            .await;
        browser.choose_join("entra").await;
        browser.wait_for_status("Entra joined device: sends").await;
        // Files that contain something else.
        browser.click("#clear").await;
        browser
            .paste("-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----")
            .await;
        browser
            .wait_for_status("One certificate or file could not be read.")
            .await;
        let error = browser.texts("#output > .error").await.concat();
        assert!(error.contains("private key"), "{error}");
        browser
            .paste("Windows Registry Editor Version 5.00\n[broken")
            .await;
        browser
            .wait_for("document.querySelectorAll('#inputs > li').length === 2")
            .await;
        let error = browser.texts("#inputs .error").await.concat();
        assert!(
            error.starts_with("not a policy: as a registry export: line 2"),
            "{error}"
        );
        // A file that is too long.
        browser.click("#clear").await;
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("long.bin");
        std::fs::write(&long, vec![b'A'; (4 << 20) + 1]).unwrap();
        browser.choose_files(&[long]).await;
        let error = browser.texts("#inputs .error").await.concat();
        assert_eq!(error, "the file is longer than 4 MiB");
    })
    .await;
}

#[tokio::test]
async fn what_is_dropped_anywhere_is_read() {
    with_page(|browser| async move {
        let drop = |target: &str, data: &str| {
            format!(
                "(() => {{ const data = new DataTransfer(); {data} const event = new DragEvent('drop', \
                 {{ dataTransfer: data, bubbles: true, cancelable: true }}); \
                 document.querySelector('{target}').dispatchEvent(event); return event.defaultPrevented; }})()"
            )
        };
        // Two files on the footer.
        let files = fixtures();
        let file = files.iter().find(|file| file.ends_with("adcs-rsa2048.der")).unwrap();
        let certificate = Base64::encode_string(&std::fs::read(file).unwrap());
        let files = format!(
            "data.items.add(new File(['{certificate}'], 'one.txt')); data.items.add(new File(['{{}}'], 'policy.json'));"
        );
        assert_eq!(browser.get(&drop("footer", &files)).await, true);
        browser.wait_for_status("Entra joined device: sends ada.example@contoso.com").await;
        assert_eq!(browser.texts("#inputs .kind").await, ["certificate", "policy"]);
        // A text on the field for files.
        let text = "data.setData('text', 'AzureAdJoined : YES\\nDomainJoined : YES');";
        assert_eq!(browser.get(&drop("#drop", text)).await, true);
        browser.wait_for_status("Entra hybrid joined device: sign in to").await;
        assert_eq!(browser.texts("#inputs .kind").await[2], "output of dsregcmd");
    })
    .await;
}

#[tokio::test]
async fn the_values_are_those_of_certificate_user_ids() {
    with_page(|browser| async move {
        let files = fixtures();
        let file = files
            .iter()
            .find(|file| file.ends_with("adcs-rsa2048.der"))
            .unwrap();
        browser.choose_files(std::slice::from_ref(file)).await;
        browser.wait_for_status("Entra joined device").await;
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_certificate-user-ids"))
            .arg(file)
            .arg("--json")
            .output()
            .unwrap();
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let values: Vec<_> = ["certificate_user_ids", "alt_security_identities"]
            .iter()
            .flat_map(|kind| printed[0][kind].as_array().unwrap())
            .map(|id| id["value"].as_str().unwrap())
            .collect();
        assert!(values.len() > 8, "{values:?}");
        assert_eq!(browser.texts(".ids .value").await, values);
        let buttons = browser
            .get("Array.from(document.querySelectorAll('.ids button'), button => button.getAttribute('aria-label'))")
            .await;
        let expected: Vec<_> = values.iter().map(|value| format!("Copy {value}")).collect();
        assert_eq!(buttons, serde_json::json!(expected));
    })
    .await;
}
