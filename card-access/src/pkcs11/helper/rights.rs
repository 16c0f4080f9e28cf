//! Rights of a helper process on Unix.

use std::process;

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::process::{Resource, Rlimit, getegid, geteuid, getgid, getuid, setrlimit};

/// Ends a process that has more rights than its user, and prevents core files of any other.
pub(super) fn give_up_or_end() {
    if Rights::of_this_process().are_raised() {
        process::exit(1);
    }
    leave_no_core();
}

/// Users and groups of this process.
#[derive(Clone, Copy)]
struct Rights {
    user: [u32; 2],
    group: [u32; 2],
    /// Owner of `/proc/self`, if it exists.
    proc: Option<u32>,
}

impl Rights {
    fn of_this_process() -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            user: [getuid().as_raw(), geteuid().as_raw()],
            group: [getgid().as_raw(), getegid().as_raw()],
            proc: std::fs::metadata("/proc/self").ok().map(|process| process.uid()),
        }
    }

    /// On Linux, `/proc/self` belongs to root if the rights come from the program's file, also where the ids show nothing: see
    /// [proc(5)](https://man7.org/linux/man-pages/man5/proc_pid.5.html), "dumpable".
    fn are_raised(self) -> bool {
        let [user, effective_user] = self.user;
        let [group, effective_group] = self.group;
        user != effective_user || group != effective_group || self.proc.is_some_and(|owner| owner != user)
    }
}

/// A module that crashes must not write the PIN to a core file. If the limit cannot be set, nothing else can be done.
fn leave_no_core() {
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, nothing);
    // Core dumps that are piped to a program ignore the limit.
    #[cfg(target_os = "linux")]
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use super::Rights;

    #[test]
    fn rights_beyond_the_users_are_seen() {
        let plain = Rights {
            user: [1000, 1000],
            group: [1000, 1000],
            proc: Some(1000),
        };
        assert!(!plain.are_raised());
        assert!(!Rights { proc: None, ..plain }.are_raised());
        for raised in [
            Rights {
                user: [1000, 0],
                ..plain
            },
            Rights {
                group: [1000, 42],
                ..plain
            },
            // File capabilities of the program.
            Rights {
                proc: Some(0),
                ..plain
            },
        ] {
            assert!(raised.are_raised());
        }
        assert!(!Rights::of_this_process().are_raised());
    }
}
