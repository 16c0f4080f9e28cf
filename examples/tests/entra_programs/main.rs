//! `certificate-user-ids`, `eligible` and `match-users` as other programs call them: output, exit codes, bad input.

mod certificate_user_ids;
mod directory;
mod eligible;
mod help;
mod match_users;
mod programs;
