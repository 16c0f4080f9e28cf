//! The help texts.

use crate::programs::{ELIGIBLE, Files, MATCH_USERS, USER_IDS, code, out};

#[test]
fn every_program_explains_itself() {
    let files = Files::new();
    for program in [USER_IDS, ELIGIBLE, MATCH_USERS] {
        let help = files.run(program, &["--help"], b"");
        assert_eq!(code(&help), 0);
        for part in ["Examples:", "Exit codes:", "--json"] {
            assert!(out(&help).contains(part), "{program}: {part}");
        }
    }
}
