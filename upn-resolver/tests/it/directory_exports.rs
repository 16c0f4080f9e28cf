//! Users as Microsoft Graph and PowerShell export them.

use upn_resolver::entra::{
    Account, DirectoryBuilder, ExportProblemKind, IndexKey, MalformedUserId, UserDirectory,
};

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
fn problems_are_reported_with_their_line() {
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
            "line 4: certificateUserIds value \"x509:<SKI>0c0d\" cannot match: it must begin with X509:< (with a \
             capital X)",
            "line 5: no userPrincipalName; the user is skipped",
            "line 7: unreadable: a quote in a field that does not begin with one",
            "line 8: unreadable: a quote is never closed",
            "line 6: userPrincipalName \"ada@contoso.com\" is also the value of line 2",
            "line 6: certificateUserIds \"X509:<SKI>0a0b\" is also the value of line 2",
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
        let all = (0..count).fold(users.add(&user).with_line(count), |user, n| {
            user.with_certificate_user_id(&format!("X509:<SKI>{:04}", count * 100 + n))
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
fn invalid_names_are_reported_and_escaped() {
    let mut users = DirectoryBuilder::new();
    users.add("ada\u{1b}[2J@contoso.com").with_line(1).finish();
    users.add("bob@contoso.com\u{202e}").with_line(2).finish();
    users.add("carla").with_line(3).finish();
    users
        .add("dan@contoso.com")
        .with_line(4)
        .with_on_premises("dan x@corp.local")
        .finish();
    let (directory, problems) = build(users);
    assert_eq!(
        problems,
        [
            "line 1: userPrincipalName \"ada\\u{1b}[2J@contoso.com\" is not a user principal name: the invisible or \
             reordering character U+001B at byte 3",
            "line 2: userPrincipalName \"bob@contoso.com\\u{202e}\" is not a user principal name: the invisible or \
             reordering character U+202E at byte 15",
            "line 3: userPrincipalName \"carla\" is not a user principal name: it has no `@`",
            "line 4: onPremisesUserPrincipalName \"dan x@corp.local\" is not a user principal name: white space at byte 3",
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
    // Lines without a value are reported one by one.
    let mut users = DirectoryBuilder::new();
    let lines = "a\nb\n".repeat(500_000);
    users
        .add_csv(&format!(
            "userPrincipalName,certificateUserIds\na@b.c,\"{lines}\"\n"
        ))
        .unwrap();
    assert_eq!(build(users).1.len(), 2);
}

fn csv(text: &str) -> (UserDirectory, Vec<String>) {
    let mut users = DirectoryBuilder::new();
    users
        .add_csv(text)
        .unwrap_or_else(|error| panic!("{error}: {text}"));
    build(users)
}

/// What PowerShell and spreadsheets put before the first line, and around it.
#[test]
fn csv_in_every_usual_form_is_the_same() {
    let plain = "UserPrincipalName,CertificateUserIds\nada@contoso.com,X509:<SKI>0a0b\nbob@contoso.com,\n";
    let expected = [vec!["X509:<SKI>0a0b"], vec![]];
    let quoted = plain
        .replace("UserPrincipalName", "\"UserPrincipalName\"")
        .replace("bob@contoso.com", "\"bob@contoso.com\"");
    for (text, first_line) in [
        (plain.to_owned(), 2),
        (format!("\u{feff}{quoted}"), 2),
        (plain.replace('\n', "\r\n"), 2),
        (plain.replace('\n', "\r"), 2),
        (plain.trim_end().to_owned(), 2),
        (
            format!("#TYPE Selected.Microsoft.Graph.PowerShell.Models.MicrosoftGraphUser\r\n{plain}"),
            3,
        ),
        (format!("\u{feff}\"#TYPE System.Object\"\n\n{plain}"), 4),
        (format!("sep=,\n{plain}"), 3),
        (format!("sep=;\r\n{}", plain.replace(',', ";")), 3),
        (format!("SEP=|\n{}", plain.replace(',', "|")), 3),
        (format!("sep=\t\n{}", plain.replace(',', "\t")), 3),
        (format!("\"sep=;\"\n#TYPE x\n{}", plain.replace(',', ";")), 4),
        (plain.replace(',', "\t"), 2),
        (plain.replace('\n', "\n\n"), 3),
        (plain.replace('\n', ",,\n").replacen(",,", "", 1), 2),
        (
            plain.replace("CertificateUserIds", "AuthorizationInfo.CertificateUserIds"),
            2,
        ),
        (
            plain.replace("CertificateUserIds", "authorizationInfo_certificateUserIds"),
            2,
        ),
        (plain.replace("UserPrincipalName", "User Principal Name"), 2),
    ] {
        let (directory, problems) = csv(&text);
        assert_eq!(problems, [""; 0], "{text}");
        assert_eq!(ids(&directory), expected, "{text}");
        let first = directory.users().next().unwrap();
        assert_eq!(
            (first.user_principal_name(), first.line()),
            ("ada@contoso.com", first_line),
            "{text}"
        );
    }
    for text in ["", "sep=;", "#TYPE x\n", "a,b\n1,2\n"] {
        assert!(DirectoryBuilder::new().add_csv(text).is_err(), "{text}");
    }
}

/// Files that people had.
#[test]
fn csv_from_the_field() {
    let (directory, problems) = csv(include_str!("../exports/directories/08-type.csv"));
    assert_eq!((directory.len(), problems.len()), (1, 0));
    assert_eq!(ids(&directory), [["X509:<PN>ada@contoso.com"]]);
    let (directory, problems) = csv(include_str!("../exports/directories/09-sep.csv"));
    assert_eq!((directory.len(), problems.len()), (1, 0));
    assert_eq!(ids(&directory), [["X509:<PN>ada@contoso.com"]]);
    let (directory, problems) = csv(include_str!("../exports/directories/11-pipe.csv"));
    assert_eq!((directory.len(), problems.len()), (1, 1), "{problems:?}");
    assert_eq!(
        kinds(&directory),
        [several_values(
            "X509:<PN>ada@contoso.com|X509:<SKI>000102030405060708090A0B0C0D0E0F10111213"
        )]
    );
}

fn kinds(directory: &UserDirectory) -> Vec<ExportProblemKind> {
    directory
        .problems()
        .iter()
        .map(|problem| problem.kind().clone())
        .collect()
}

fn several_values(value: &str) -> ExportProblemKind {
    ExportProblemKind::MalformedUserId {
        value: value.to_owned(),
        error: MalformedUserId::SeveralValues,
    }
}

#[test]
fn values_that_were_joined_with_something_else_are_reported() {
    for joint in ["|", " ", " | ", "/", "&", "::", "\t"] {
        let value = format!("X509:<PN>ada@contoso{joint}x509:<SKI>0a0b");
        let (directory, problems) = csv(&format!("userPrincipalName;certificateUserIds\na@b.c;{value}\n"));
        assert_eq!(
            (directory.len(), problems.len()),
            (1, 1),
            "{joint:?}: {problems:?}"
        );
        let expected = match joint {
            "\t" => MalformedUserId::Control,
            _ => MalformedUserId::SeveralValues,
        };
        assert_eq!(
            kinds(&directory),
            [ExportProblemKind::MalformedUserId {
                value,
                error: expected
            }]
        );
    }
}

#[test]
fn spaces_between_the_parts_of_a_name_are_named_as_the_mistake() {
    for (value, is_mistake) in [
        ("X509:<S>CN=Ada, O=Contoso", true),
        ("X509:<S>CN = Ada,O = Contoso", true),
        ("X509:<I>DC=com, CN=CA<SR>0a0b", true),
        ("X509:<I>DC=com,CN=CA<S>CN=Ada + OU=x", true),
        ("X509:<S>CN=Ada,O=Contoso", false),
        ("X509:<S>O=\"\"Contoso, Inc\"\",CN=Example, Ada", false),
        ("X509:<PN>a, b=c@contoso", false),
    ] {
        let (directory, _) = csv(&format!(
            "userPrincipalName;certificateUserIds\na@b.c;\"{value}\"\n"
        ));
        let expected = is_mistake.then(|| ExportProblemKind::MalformedUserId {
            value: value.to_owned(),
            error: MalformedUserId::SpacedName,
        });
        assert_eq!(kinds(&directory), Vec::from_iter(expected), "{value}");
    }
}

#[test]
fn columns_that_are_there_twice_or_hold_a_type() {
    let (directory, _) = csv(
        "userPrincipalName,UserPrincipalName,certificateUserIds,certificateUserIds\n\
                              a@b.c,x@y.z,X509:<SKI>01,X509:<SKI>02\n",
    );
    assert_eq!(
        kinds(&directory),
        [ExportProblemKind::DuplicateColumn {
            attribute: "userPrincipalName"
        }]
    );
    assert_eq!(directory.problems()[0].line(), 1);
    assert_eq!(ids(&directory), [["X509:<SKI>01", "X509:<SKI>02"]]);

    for (column, value, attribute) in [
        ("certificateUserIds", "System.String[]", "certificateUserIds"),
        ("certificateUserIds", "System.Object[]", "certificateUserIds"),
        (
            "AuthorizationInfo",
            "Microsoft.Graph.PowerShell.Models.MicrosoftGraphAuthorizationInfo",
            "authorizationInfo",
        ),
    ] {
        let (directory, _) = csv(&format!("userPrincipalName,{column}\na@b.c,{value}\n"));
        assert_eq!(kinds(&directory), [ExportProblemKind::Truncated { attribute }]);
        assert_eq!(directory.problems()[0].line(), 2);
        assert_eq!(directory.len(), 1);
    }
}

#[test]
fn a_quote_that_is_never_closed_hides_no_user() {
    let (directory, problems) = csv("userPrincipalName,displayName\n\
         ada@contoso.com,\"Ada\"\n\
         bob@contoso.com,\"Bob\n\
         carla@contoso.com,Carla\n\
         dan@contoso.com,\"Example, \"\"Dan\"\"\"\n");
    let names: Vec<_> = directory
        .users()
        .map(|user| user.user_principal_name().to_owned())
        .collect();
    assert_eq!(
        names,
        ["ada@contoso.com", "carla@contoso.com", "dan@contoso.com"],
        "{problems:?}"
    );
    assert_eq!(directory.skipped(), 1);
    assert_eq!(directory.problems()[0].line(), 3);

    // Many of them are read fast.
    let many = format!("userPrincipalName,x\n{}", "a@b.c,\"\"\"\n".repeat(100_000));
    let (directory, problems) = csv(&many);
    assert!(
        directory.len() + directory.skipped() > 0,
        "{:?}",
        problems.first()
    );
}

#[cfg(feature = "std")]
#[test]
fn a_directory_has_counts_and_problems_with_lines() {
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
        upn_resolver::entra::ExportProblemKind::MalformedName { .. }
    ));

    let mut many = DirectoryBuilder::new();
    for number in 0..1_000 {
        many.add(&format!("user{number}@contoso.com")).finish();
    }
    // A place of the index has eight bytes, and every name requires one.
    let memory = many.build(IndexKey::random()).unwrap().index_memory();
    assert!((8_000..30_000).contains(&memory), "{memory}");
}
