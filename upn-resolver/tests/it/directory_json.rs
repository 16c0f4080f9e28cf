//! Users in JSON, as Microsoft Graph and PowerShell export them.

use proptest::prelude::*;
use upn_resolver::entra::{Account, DirectoryBuilder, ExportProblemKind, IndexKey, UserDirectory};

fn read(text: &str) -> UserDirectory {
    let mut users = DirectoryBuilder::new();
    users.add_json(1, text);
    users.build(IndexKey::from_seed([2; 16])).unwrap()
}

/// Name, on-premises name and values of each user.
fn users(directory: &UserDirectory) -> Vec<(String, Option<String>, Vec<String>)> {
    let user = |user: upn_resolver::entra::User<'_>| {
        (
            user.user_principal_name().to_owned(),
            user.on_premises_user_principal_name().map(str::to_owned),
            user.certificate_user_ids().map(str::to_owned).collect(),
        )
    };
    directory.users().map(user).collect()
}

fn problems(directory: &UserDirectory) -> Vec<(u32, ExportProblemKind)> {
    let problem = |problem: &upn_resolver::entra::ExportProblem| (problem.line(), problem.kind().clone());
    directory.problems().iter().map(problem).collect()
}

#[test]
fn one_user_in_every_shape() {
    let ids = r#""certificateUserIds": ["X509:<PN>ada@contoso"]"#;
    let graph = format!(
        r#"{{"id": "1", "userPrincipalName": "ada@contoso.com", "onPremisesUserPrincipalName": "ada@corp.local",
            "authorizationInfo": {{{ids}}}}}"#
    );
    let expected = [(
        "ada@contoso.com".to_owned(),
        Some("ada@corp.local".to_owned()),
        vec!["X509:<PN>ada@contoso".to_owned()],
    )];
    for text in [
        graph.clone(),
        format!("\u{feff}\r\n  {graph}\r\n"),
        graph.to_uppercase().replace("ADA@CONTOSO.COM", "ada@contoso.com").replace("ADA@CORP.LOCAL", "ada@corp.local")
            .replace("ADA@CONTOSO", "ada@contoso"),
        format!("[{graph}]"),
        format!("[[[{graph}]]]"),
        format!(r#"{{"@odata.context": "x", "value": [{graph}], "@odata.nextLink": "y"}}"#),
        format!(r#"{{"Value": [{graph}], "Count": 1}}"#),
        format!(r#"[{{"value": []}}, {{"value": [{graph}]}}]"#),
        // PowerShell's type has no property with this name.
        format!(
            r#"{{"UserPrincipalName": "ada@contoso.com", "AuthorizationInfo": null, "AdditionalProperties":
                {{"onPremisesUserPrincipalName": "ada@corp.local", "authorizationInfo": {{{ids}}}}}}}"#
        ),
        // Flattened.
        format!(r#"{{"UserPrincipalName": "ada@contoso.com", "OnPremisesUserPrincipalName": "ada@corp.local", {ids}}}"#),
        r#"{"userPrincipalName": "\u0061da@contoso.com", "onPremisesUserPrincipalName": "ada@corp.local", "\u0063ertificateUserIds":
            ["X509:<PN>\u0061da@contoso", null]}"#
            .to_owned(),
    ] {
        let directory = read(&text);
        assert_eq!(users(&directory), expected, "{text}");
        assert_eq!(problems(&directory), [], "{text}");
    }
}

#[test]
fn json_from_the_field() {
    let pascal = read(include_str!("../exports/directories/01-pascal-array.json"));
    assert_eq!(
        users(&pascal),
        [(
            "ada@contoso.com".to_owned(),
            None,
            vec!["X509:<PN>ada@contoso.com".to_owned()]
        )]
    );
    assert_eq!(problems(&pascal), []);

    let one_bad = read(include_str!("../exports/directories/05-one-bad-user.json"));
    assert_eq!(one_bad.len(), 2);
    let not_a_list = ExportProblemKind::NotAList {
        attribute: "certificateUserIds",
    };
    assert_eq!(problems(&one_bad), [(1, not_a_list.clone())]);

    let pages = read(include_str!("../exports/directories/24-two-pages.jsonl"));
    let names: Vec<_> = users(&pages).into_iter().map(|user| user.0).collect();
    assert_eq!(names, ["bob@contoso.com", "ada@contoso.com", "eve@contoso.com"]);
    assert_eq!(problems(&pages), [(2, not_a_list)]);
}

/// Each of these is placed in a page between two valid users, which must be read regardless.
#[test]
fn one_malformed_user_never_loses_its_page() {
    let attribute = "certificateUserIds";
    let cut_off = |attribute| ExportProblemKind::Truncated { attribute };
    let not_text = |attribute, values| ExportProblemKind::NotText { attribute, values };
    let not_a_list = ExportProblemKind::NotAList { attribute };
    for (user, expected, is_left_out) in [
        (
            r#"{"displayName": "nobody"}"#,
            Some(ExportProblemKind::NoUserPrincipalName),
            true,
        ),
        (
            r#"{"userPrincipalName": null}"#,
            Some(ExportProblemKind::NoUserPrincipalName),
            true,
        ),
        (
            r#"{"userPrincipalName": "x@y.z", "UserPrincipalName": "y@y.z"}"#,
            None,
            true,
        ),
        ("7", None, true),
        ("null", None, true),
        (r#""x@y.z""#, None, true),
        (
            r#"{"userPrincipalName": "x@y.z", "certificateUserIds": "X509:<SKI>01;X509:<SKI>02"}"#,
            Some(not_a_list.clone()),
            false,
        ),
        (
            r#"{"userPrincipalName": "x@y.z", "certificateUserIds": {"value": 1}}"#,
            Some(not_a_list),
            false,
        ),
        (
            r#"{"userPrincipalName": "x@y.z", "certificateUserIds": [1, "X509:<SKI>01", {}]}"#,
            Some(not_text(attribute, 2)),
            false,
        ),
        (
            r#"{"userPrincipalName": "x@y.z", "certificateUserIds": "System.String[]"}"#,
            Some(cut_off(attribute)),
            false,
        ),
        (
            r#"{"userPrincipalName": "x@y.z", "authorizationInfo": "@{CertificateUserIds=System.Object[]}"}"#,
            Some(cut_off("authorizationInfo")),
            false,
        ),
        (
            r#"{"userPrincipalName": "x@y.z", "onPremisesUserPrincipalName": 7}"#,
            Some(not_text("onPremisesUserPrincipalName", 1)),
            false,
        ),
        (
            r#"{"userPrincipalName": "\ud800@y.z"}"#,
            Some(not_text("userPrincipalName", 1)),
            true,
        ),
    ] {
        let good = |name: &str| format!(r#"{{"userPrincipalName": "{name}", "certificateUserIds": null}}"#);
        let page = format!(
            "{{\"value\":\n[\n{},\n{user},\n{}\n]}}",
            good("ada@contoso.com"),
            good("bob@contoso.com")
        );
        let directory = read(&page);
        let names: Vec<_> = users(&directory).into_iter().map(|user| user.0).collect();
        let expected_names = if is_left_out {
            vec!["ada@contoso.com", "bob@contoso.com"]
        } else {
            vec!["ada@contoso.com", "x@y.z", "bob@contoso.com"]
        };
        assert_eq!(names, expected_names, "{user}: {:?}", problems(&directory));
        assert_eq!(directory.skipped(), usize::from(is_left_out), "{user}");
        let found = problems(&directory);
        assert!(found.iter().all(|(line, _)| *line == 4), "{user}: {found:?}");
        match expected {
            Some(expected) => assert_eq!(found[0].1, expected, "{user}"),
            None => assert!(
                matches!(found[0].1, ExportProblemKind::MalformedLine { .. }),
                "{user}: {found:?}"
            ),
        }
    }
}

#[test]
fn a_truncated_page_gives_the_users_before_the_end() {
    let page =
        "{\"value\": [\n{\"userPrincipalName\": \"ada@contoso.com\"},\n{\"userPrincipalName\": \"bob@conto";
    let directory = read(page);
    assert_eq!((directory.len(), directory.skipped()), (1, 1));
    assert!(matches!(
        &problems(&directory)[..],
        [(3, ExportProblemKind::MalformedLine { .. })]
    ));
    // Several values one after the other, the last of which is broken.
    let directory = read(
        "{\"userPrincipalName\": \"ada@contoso.com\"}\n{\"userPrincipalName\": \"bob@contoso.com\"}\n{]",
    );
    assert_eq!((directory.len(), directory.skipped()), (2, 1));
    assert_eq!(directory.problems()[0].line(), 3);
}

#[test]
fn hostile_nesting_and_many_values_are_read_fast() {
    let deep = read(&"[".repeat(1_000_000));
    assert!(deep.is_empty() && deep.problems().len() == 1);
    let closed = read(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    assert!(closed.is_empty() && closed.skipped() == 1);
    let values: Vec<String> = (0..200_000).map(|n| format!("\"X509:<SKI>{n:08}\"")).collect();
    let many = read(&format!(
        r#"{{"userPrincipalName": "a@b.c", "certificateUserIds": [{}]}}"#,
        values.join(",")
    ));
    assert_eq!(
        problems(&many),
        [(1, ExportProblemKind::TooManyUserIds { values: 200_000 })]
    );
}

/// Two values in one, by a line end: it must not become two.
#[test]
fn a_line_end_in_a_value_does_not_split_it() {
    let directory = read(
        r#"{"userPrincipalName":"eve@contoso.com","certificateUserIds":["X509:<PN>eve@a\nX509:<PN>ada@contoso"]}"#,
    );
    assert_eq!(users(&directory)[0].2, [""; 0]);
    assert!(matches!(
        problems(&directory)[0].1,
        ExportProblemKind::MalformedUserId { .. }
    ));
}

/// A mistake that is not one of grammar hides nothing, whatever comes before and after it in the text.
#[test]
fn what_is_not_a_user_hides_no_user() {
    let user = |name: &str| format!(r#"{{"userPrincipalName": "{name}@contoso.com"}}"#);
    for (between, left_out) in [
        ("7", 1),
        ("null \"text\" [true, []]", 3),
        (r#"{"value": null}"#, 1),
        (r#"{"value": {"userPrincipalName": "x@y.z"}}"#, 1),
        (r#"{"userPrincipalName": "x@y.z", "USERPRINCIPALNAME": null}"#, 1),
        (
            r#"{"userPrincipalName": "x@y.z", "authorizationInfo": {"certificateUserIds": [], "CertificateUserIds": []}}"#,
            1,
        ),
        (
            r#"{"userPrincipalName": "x@y.z", "AdditionalProperties": {"authorizationInfo": null, "authorizationInfo": null}}"#,
            1,
        ),
        ("[[[[[[[[[[[[{}]]]]]]]]]]]]", 1),
        (r#"{"value": [], "\ud800": 1, "displayName": "\udc00"}"#, 0),
    ] {
        let directory = read(&format!("{}\n{between}\n{}", user("ada"), user("bob")));
        let names: Vec<_> = users(&directory).into_iter().map(|user| user.0).collect();
        assert_eq!(names, ["ada@contoso.com", "bob@contoso.com"], "{between}");
        assert_eq!(
            directory.skipped(),
            left_out,
            "{between}: {:?}",
            problems(&directory)
        );
        assert!(
            problems(&directory).iter().all(|(line, _)| *line == 2),
            "{between}"
        );
    }
}

#[test]
fn an_empty_value_is_reported_and_hides_no_other() {
    let directory =
        read(r#"{"userPrincipalName": "a@b.c", "certificateUserIds": ["X509:<SKI>01", "", "X509:<SKI>02"]}"#);
    assert_eq!(users(&directory)[0].2, ["X509:<SKI>01", "X509:<SKI>02"]);
    assert!(matches!(
        &problems(&directory)[..],
        [(1, ExportProblemKind::MalformedUserId { .. })]
    ));
}

/// Nothing limits the values of a file; the messages about them are short.
#[test]
fn messages_show_the_beginning_of_a_long_value() {
    let long = "x".repeat(50_000);
    let user = format!(
        r#"{{"userPrincipalName": "a@b.c", "onPremisesUserPrincipalName": "{long}", "certificateUserIds": ["{long}", "X509:<PN>{long}"]}}"#
    );
    let malformed = format!(r#"{{"userPrincipalName": "{long}", "{long}": tru}}"#);
    let directory = read(&format!(
        "{user}\n{user}\n{{\"userPrincipalName\": \"{long}\"}}\n{malformed}"
    ));
    assert!(directory.problems().len() > 6, "{}", directory.problems().len());
    for problem in directory.problems() {
        assert!(problem.to_string().len() < 300, "{}", problem.to_string().len());
    }
}

/// Whether the text is read as JSON to its end: it is a member of a user without a name.
fn is_json(text: &str) -> bool {
    let directory = read(&format!("{{\"displayName\": {text}}}"));
    problems(&directory) == [(1, ExportProblemKind::NoUserPrincipalName)]
}

/// `serde_json` accepts the same.
fn is_json_for_serde(text: &str) -> bool {
    serde_json::from_str::<Box<serde_json::value::RawValue>>(&format!("{{\"displayName\": {text}}}")).is_ok()
}

/// Well-formed JSON of any shape.
fn json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        "null|true|false",
        "-?(0|[1-9][0-9]{0,3})([.][0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        r#""([a-zé ]|\\[\\"/bfnrt]|\\u[0-9a-fA-F]{4}){0,9}""#,
    ];
    scalar.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), "[ \t\n\r]{0,2}").prop_map(
                |(values, space)| format!("[{space}{}{space}]", values.join(&format!("{space},{space}")))
            ),
            (
                prop::collection::vec(("[a-z]{0,20}", inner), 0..5),
                "[ \t\n\r]{0,2}"
            )
                .prop_map(|(members, space)| {
                    let members: Vec<String> = members
                        .iter()
                        .map(|(name, value)| format!("\"{name}\"{space}:{space}{value}"))
                        .collect();
                    format!("{{{}}}", members.join(&format!("{space},{space}")))
                }),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_what_serde_json_reads(text in json()) {
        prop_assert!(is_json_for_serde(&text), "{text}");
        prop_assert!(is_json(&text), "{text}");
    }

    #[test]
    fn text_with_a_mistake_is_json_if_it_is_for_serde_json(text in json(), place in any::<prop::sample::Index>(), more in "[\\x00-\\x7fé]{0,2}", cut in 0..3_usize) {
        let mut characters: Vec<char> = text.chars().collect();
        let place = place.index(characters.len());
        let end = characters.len().min(place + cut);
        characters.splice(place..end, more.chars());
        let text: String = characters.into_iter().collect();
        prop_assert_eq!(is_json(&text), is_json_for_serde(&text), "{}", text);
    }

    #[test]
    fn any_text_is_json_if_it_is_for_serde_json(text in "[\\[\\]{},:\" \n\\\\0-9eE+.tfnulras\u{1}é-]{0,16}") {
        prop_assert_eq!(is_json(&text), is_json_for_serde(&text), "{}", text);
    }

    /// The last name is escaped as far as it can be.
    #[test]
    fn texts_are_decoded(text in any::<String>()) {
        let escaped = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat();
        for encoded in [serde_json::to_string(&text).unwrap(), format!("\"{escaped}\"")] {
            let directory = read(&format!(r#"{{"userPrincipalName": "a@b.c", "onPremisesUserPrincipalName": {encoded}}}"#));
            let expected = Some(text.as_str()).filter(|text| !text.is_empty());
            let user = directory.users().next().unwrap();
            prop_assert_eq!(user.on_premises_user_principal_name(), expected);
        }
    }
}
