//! What the example programs share.

pub mod certificate_file;
pub mod demo;
pub mod device;
pub mod explain_upn;
pub mod http_client;
pub mod pin_prompt;
pub mod policy_file;
pub mod sign_in;
