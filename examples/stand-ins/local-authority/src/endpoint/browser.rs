//! A sign-in in the browser: authorize, name, certificate, the pages between, and the code at the end.
//!
//! The pages work as plain forms, without script, and carry the `$Config` that public clients read. What a page hands on is sealed
//! inside it: the authority keeps no session.

mod application;
mod certauth;
mod context;
mod device_code;
mod finish;
mod interrupt;
mod login;
mod page;

pub(super) use self::application::{redirect, resource_of};
pub(super) use self::certauth::answer as certauth;
pub(super) use self::context::{Context, LoginRequest, Version, check_agent, is_agent, renamed};
pub(crate) use self::device_code::DeviceCodes;
pub(super) use self::device_code::{begin as device_code, page as device_page, poll};
pub(super) use self::finish::{failed, grant};
pub(super) use self::interrupt::{app_check, keep_me_signed_in};
pub(super) use self::login::answer as login;
pub(crate) use self::page::error_page;
pub(super) use self::page::{certauth_url, sign_in as sign_in_page};
