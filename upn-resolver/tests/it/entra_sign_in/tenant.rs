//! A directory, and an account in it that a policy binds certificates to.

use upn_resolver::Certificate;
use upn_resolver::entra::{Binding, DirectoryBuilder, IndexKey, Policy, UserDirectory};

pub(crate) const MICROSOFT: &[u8] = include_bytes!("../../certificates/entra-powershell.der");

pub(crate) fn directory(fill: impl FnOnce(&mut DirectoryBuilder)) -> UserDirectory {
    let mut users = DirectoryBuilder::new();
    fill(&mut users);
    users.build(IndexKey::from_seed([1; 16])).unwrap()
}

pub(crate) fn bind<'p>(policy: &'p Policy, upn: &str, ids: &[&str], der: &[u8]) -> Binding<'p> {
    let directory = directory(|users| {
        ids.iter()
            .fold(users.add(upn), |user, id| user.with_certificate_user_id(id))
            .finish();
    });
    let user = directory.users().next().unwrap();
    policy.bind(&user, &Certificate::from_der(der).unwrap())
}
