//! Shared code of the programs.

pub mod backends;
pub mod bounded;
#[cfg(target_os = "linux")]
pub mod broker;
pub mod card_list;
pub mod card_stream;
pub mod certificate_file;
pub mod certificate_stream;
#[cfg(unix)]
pub mod demo;
pub mod device;
pub mod device_token;
pub mod directory_file;
pub mod doctor;
pub mod explain_upn;
pub(crate) mod file_type;
pub mod greeter;
pub mod http_client;
pub mod in_order;
pub mod joining;
pub(crate) mod kdc;
pub mod kdc_signatures;
pub(crate) mod known_cards;
pub mod matching;
pub mod output;
pub mod pin_prompt;
pub mod policy_file;
pub(crate) mod private_file;
pub mod progress;
pub mod sign_in;
pub mod text_stream;
pub mod this_machine;
pub mod time_limit;
