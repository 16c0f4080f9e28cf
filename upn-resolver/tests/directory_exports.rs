//! Users as Microsoft Graph and PowerShell export them.

use upn_resolver::entra::{Account, DirectoryBuilder, IndexKey, UserDirectory};

fn build(users: DirectoryBuilder) -> (UserDirectory, Vec<String>) {
    let directory = users.build(IndexKey::from_seed([2; 16])).unwrap();
    let problems = directory.problems().iter().map(ToString::to_string).collect();
    (directory, problems)
}

fn ids(directory: &UserDirectory) -> Vec<Vec<String>> {
    directory
        .users()
        .map(|user| user.certificate_user_ids().map(str::to_owned).collect())
        .collect()
}

#[test]
fn csv_with_quotes_line_ends_and_several_values() {
    let mut users = DirectoryBuilder::new();
    users
        .add_csv(
            "\u{feff}\"DisplayName\",\"USERPRINCIPALNAME\",onPremisesUserPrincipalName,certificateUserIds\r\n\
             \"Example, \"\"Ada\"\"\",ada@contoso.com,ada@corp.local,\"X509:<PN>ada@contoso\nX509:<SKI>0a0b\"\r\n\
             Bob,bob@contoso.com,,\"X509:<I>DC=com,CN=CA<S>O=\"\"A;B\"\",CN=Bob;X509:<SKI>0c0d\"\r\n\
             \r\n\
             Carla,carla@contoso.com,,X509:<SKI>0e0f",
        )
        .unwrap();
    let (directory, problems) = build(users);
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        ids(&directory),
        [
            vec!["X509:<PN>ada@contoso", "X509:<SKI>0a0b"],
            vec!["X509:<I>DC=com,CN=CA<S>O=\"A;B\",CN=Bob", "X509:<SKI>0c0d"],
            vec!["X509:<SKI>0e0f"],
        ]
    );
    let lines: Vec<_> = directory.users().map(|user| user.line()).collect();
    assert_eq!(lines, [2, 4, 6]);
    let first = directory.users().next().unwrap();
    assert_eq!(first.on_premises_user_principal_name(), Some("ada@corp.local"));
}

#[test]
fn csv_of_a_spreadsheet_has_semicolons() {
    let mut users = DirectoryBuilder::new();
    users
        .add_csv("userPrincipalName;certificateUserIds\na@b.c;\"X509:<SKI>01;X509:<SKI>02\"\n")
        .unwrap();
    assert_eq!(ids(&build(users).0), [["X509:<SKI>01", "X509:<SKI>02"]]);
}

#[test]
fn what_is_wrong_is_reported_with_its_line() {
    let mut users = DirectoryBuilder::new();
    users
        .add_csv(
            "userPrincipalName,certificateUserIds\n\
             ada@contoso.com,X509:<SKI>0a0b\n\
             bob@contoso.com\n\
             carla@contoso.com,x509:<SKI>0c0d\n\
             ,X509:<SKI>0e0f\n\
             ADA@contoso.com,X509:<SKI>0A0B\n\
             dan\"x@contoso.com,\n\
             eve@contoso.com,\"never closed\n",
        )
        .unwrap();
    let (directory, problems) = build(users);
    assert_eq!(
        problems,
        [
            "line 3: unreadable: 1 fields where the first line has 2",
            "line 4: certificateUserIds value \"x509:<SKI>0c0d\" can't match: it must begin with X509:< (with a \
             capital X)",
            "line 5: no userPrincipalName; the user is left out",
            "line 7: unreadable: a quote stands inside of a field that does not begin with one",
            "line 8: unreadable: a quote is never closed",
            "line 6: userPrincipalName \"ada@contoso.com\" is that of line 2 too",
            "line 6: certificateUserIds \"X509:<SKI>0a0b\" is that of line 2 too",
        ]
    );
    assert_eq!(directory.len(), 3);
    assert_eq!(directory.users_with_id("X509:<SKI>0A0B").count(), 2);
    assert!(DirectoryBuilder::new().add_csv("name,mail\na,b\n").is_err());
}

#[test]
fn more_values_than_entra_allows_are_reported() {
    let mut users = DirectoryBuilder::new();
    for count in [5, 6, 10, 11] {
        let user = format!("user{count}@b.c");
        let all = (0..count).fold(users.add(&user).line(count), |user, n| {
            user.certificate_user_id(&format!("X509:<SKI>{:04}", count * 100 + n))
        });
        all.finish();
    }
    assert_eq!(
        build(users).1,
        [
            "line 6: 6 values in certificateUserIds; one page of Entra's documentation allows 10, another 5",
            "line 10: 10 values in certificateUserIds; one page of Entra's documentation allows 10, another 5",
            "line 11: 11 values in certificateUserIds; Entra allows 10",
        ]
    );
}

#[test]
fn names_that_are_none_are_reported_and_never_shown_raw() {
    let mut users = DirectoryBuilder::new();
    users.add("ada\u{1b}[2J@contoso.com").line(1).finish();
    users.add("bob@contoso.com\u{202e}").line(2).finish();
    users.add("carla").line(3).finish();
    users
        .add("dan@contoso.com")
        .line(4)
        .on_premises("dan x@corp.local")
        .finish();
    let (directory, problems) = build(users);
    assert_eq!(
        problems,
        [
            "line 1: userPrincipalName \"ada\\u{1b}[2J@contoso.com\" is no user principal name: the invisible or \
             reordering character U+001B at byte 3",
            "line 2: userPrincipalName \"bob@contoso.com\\u{202e}\" is no user principal name: the invisible or \
             reordering character U+202E at byte 15",
            "line 3: userPrincipalName \"carla\" is no user principal name: it has no `@`",
            "line 4: onPremisesUserPrincipalName \"dan x@corp.local\" is no user principal name: white space at byte 3",
        ]
    );
    let left: Vec<_> = directory
        .users()
        .map(|user| user.user_principal_name().to_owned())
        .collect();
    assert_eq!(
        left,
        ["dan@contoso.com"],
        "whom the sign-in can't name is left out"
    );
}

/// Each value of a user is compared with the others of that user: a million of them would take hours.
#[test]
fn a_user_with_very_many_values_takes_no_time() {
    let many = |separator: &str| {
        let values: Vec<String> = (0..200_000).map(|n| format!("X509:<SKI>{n:08}")).collect();
        let values = values.join(separator);
        let mut users = DirectoryBuilder::new();
        users
            .add_csv(&format!(
                "userPrincipalName,certificateUserIds\na@b.c,\"{values}\"\n"
            ))
            .unwrap();
        build(users)
    };
    for separator in [";", ",", "\n", ", "] {
        let (directory, problems) = many(separator);
        assert_eq!(
            problems,
            ["line 2: 200000 values in certificateUserIds; Entra allows 10"]
        );
        assert_eq!(directory.users_with_id("X509:<SKI>00000099").count(), 1);
    }
    // Lines that hold no value are told one by one.
    let mut users = DirectoryBuilder::new();
    let lines = "a\nb\n".repeat(500_000);
    users
        .add_csv(&format!(
            "userPrincipalName,certificateUserIds\na@b.c,\"{lines}\"\n"
        ))
        .unwrap();
    assert_eq!(build(users).1.len(), 2);
}

#[cfg(feature = "serde")]
mod json {
    use super::{Account, DirectoryBuilder, build, ids};

    #[test]
    fn json_lines_and_pages_of_graph() {
        let mut users = DirectoryBuilder::new();
        let lines = [
            r#"{"id":"1","userPrincipalName":"ada@contoso.com","onPremisesUserPrincipalName":null,"authorizationInfo":{"certificateUserIds":["X509:<PN>ada@contoso"]}}"#,
            "",
            r#"{"@odata.context":"…","value":[{"userPrincipalName":"bob@contoso.com","onPremisesUserPrincipalName":"bob@corp.local"},{"userPrincipalName":"\u0063arla@contoso.com","certificateUserIds":["X509:<SKI>01"]}]}"#,
            r#"{"userPrincipalName":"dan@contoso.com""#,
            r#"{"displayName":"nobody"}"#,
            // Two values in one, by a line end: it must not become two.
            r#"{"userPrincipalName":"eve@contoso.com","certificateUserIds":["X509:<PN>eve@a\nX509:<PN>ada@contoso"]}"#,
        ];
        for (line, text) in lines.iter().zip(1..) {
            users.add_json(text, line);
        }
        let (directory, problems) = build(users);
        let names: Vec<_> = directory
            .users()
            .map(|user| user.user_principal_name().to_owned())
            .collect();
        assert_eq!(
            names,
            [
                "ada@contoso.com",
                "bob@contoso.com",
                "carla@contoso.com",
                "eve@contoso.com"
            ]
        );
        assert_eq!(
            ids(&directory),
            [vec!["X509:<PN>ada@contoso"], vec![], vec!["X509:<SKI>01"], vec![]]
        );
        assert!(
            problems[0].starts_with("line 4: unreadable: EOF while parsing"),
            "{problems:?}"
        );
        assert_eq!(problems[1], "line 5: no userPrincipalName; the user is left out");
        assert!(
            problems[2].ends_with("can't match: it holds a control character"),
            "{problems:?}"
        );
    }
}

#[cfg(feature = "std")]
#[test]
fn a_directory_tells_how_much_it_holds_and_where_what_is_wrong_stands() {
    let nobody = DirectoryBuilder::new();
    assert!(nobody.is_empty());
    let nobody = nobody.build(IndexKey::random()).unwrap();
    assert_eq!((nobody.is_empty(), nobody.len()), (true, 0));

    let mut users = DirectoryBuilder::new();
    users
        .add_csv("userPrincipalName\nada@contoso.com\nnobody\nbob@contoso.com\n")
        .unwrap();
    assert_eq!((users.is_empty(), users.len()), (false, 2));
    let directory = users.build(IndexKey::random()).unwrap();
    assert_eq!((directory.is_empty(), directory.len()), (false, 2));
    let [problem] = directory.problems() else {
        panic!("{:?}", directory.problems())
    };
    assert_eq!(problem.line(), 3);
    assert!(matches!(
        problem.kind(),
        upn_resolver::entra::ProblemKind::MalformedName { .. }
    ));

    let mut many = DirectoryBuilder::new();
    for number in 0..1_000 {
        many.add(&format!("user{number}@contoso.com")).finish();
    }
    // A place of the index has sixteen octets, and every name needs one.
    let memory = many.build(IndexKey::random()).unwrap().index_memory();
    assert!((16_000..60_000).contains(&memory), "{memory}");
}
