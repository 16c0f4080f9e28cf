//! Pages of the sign-in host: the configuration in their script, hidden forms, and cookies.

mod cookies;
mod form;
mod reference;
mod script;

pub(crate) use self::cookies::Cookies;
pub(crate) use self::form::HiddenForm;
pub(crate) use self::script::configuration;
