//! Chromium and Firefox for tests, at the local authority.
//!
//! | part | description |
//! |---|---|
//! | [`Session`], [`Launch`] | a browser with its driver |
//! | [`Home`] | a user's home folder: the NSS database of Chromium, a profile of Firefox |
//! | [`choose_by_policy`], [`choose_by_hand`] | Chromium's policy `AutoSelectCertificateForUrls` |
//! | [`Tenant`] | the authority under the host names of the public cloud, with an application that waits for a code |
//! | [`pages`] | what a person does in the pages of a sign-in |
//!
//! Like the package `lab`, it uses no library of this workspace. Failures panic, as in tests.

mod application;
mod home;
pub mod pages;
mod tenant;
mod webdriver;

pub use application::{Application, Redirected};
pub use home::{Home, choose_by_hand, choose_by_policy};
pub use tenant::{CLIENT, End, LOGIN, TENANT_CERTAUTH, Tenant, file};
pub use webdriver::{Kind, Launch, Session};
