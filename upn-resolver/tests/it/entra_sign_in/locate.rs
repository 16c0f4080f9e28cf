//! Which account the sent value selects.

use upn_resolver::entra::{Account, Located, NameAttribute, UserDirectory, locate};

use crate::entra_sign_in::tenant::directory;

#[test]
fn the_sent_value_selects_the_account() {
    let directory = directory(|users| {
        users
            .add("ada@contoso.com")
            .with_on_premises("ada@corp.local")
            .finish();
        users
            .add("bob@contoso.com")
            .with_on_premises("ada@contoso.com")
            .finish();
        users
            .add("carla@contoso.com")
            .with_on_premises("shared@corp.local")
            .finish();
        users
            .add("dan@contoso.com")
            .with_on_premises("Shared@corp.local")
            .finish();
    });
    assert_eq!(
        located(&directory, "ADA@contoso.com"),
        (NameAttribute::UserPrincipalName, "ada@contoso.com".into())
    );
    // Bob's on-premises name is Ada's name: the first lookup decides.
    assert_eq!(
        located(&directory, "ada@CORP.local"),
        (
            NameAttribute::OnPremisesUserPrincipalName,
            "ada@contoso.com".into()
        )
    );
    assert_eq!(locate(&directory, "eve@contoso.com"), Located::Missing);
    assert_eq!(
        locate(&directory, "shared@corp.local"),
        Located::Ambiguous {
            by: NameAttribute::OnPremisesUserPrincipalName,
            users: 2
        }
    );
}

#[test]
fn lookup_attributes_have_the_names_of_microsoft_graph() {
    for (attribute, name) in [
        (
            NameAttribute::OnPremisesUserPrincipalName,
            "onPremisesUserPrincipalName",
        ),
        (NameAttribute::UserPrincipalName, "userPrincipalName"),
    ] {
        assert_eq!(attribute.to_string(), name);
    }
}

fn located(directory: &UserDirectory, sent: &str) -> (NameAttribute, String) {
    match locate(directory, sent) {
        Located::Found { by, user } => (by, user.user_principal_name().to_owned()),
        other => panic!("{sent}: {other:?}"),
    }
}
