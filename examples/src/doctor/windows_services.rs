//! Checks of the services of Windows that programs of Windows need for a card, through `sc query`.
//!
//! The services: [Smart Cards for Windows
//! service](https://learn.microsoft.com/windows/security/identity-protection/smart-cards/smart-card-smart-cards-for-windows-service),
//! [certificate propagation
//! service](https://learn.microsoft.com/windows/security/identity-protection/smart-cards/smart-card-certificate-propagation-service).

use super::Check;

/// On other systems none.
pub(super) fn checks() -> Vec<Check> {
    if !cfg!(windows) {
        return Vec::new();
    }
    [&SMART_CARD, &PROPAGATION].map(check).to_vec()
}

struct Service {
    check: &'static str,
    name: &'static str,
    title: &'static str,
    /// Who needs it.
    purpose: &'static str,
}

const SMART_CARD: Service = Service {
    check: "SCardSvr",
    name: "SCardSvr",
    title: "the Smart Card service",
    purpose: "it starts on demand",
};

const PROPAGATION: Service = Service {
    check: "CertPropSvc",
    name: "CertPropSvc",
    title: "the Certificate Propagation service",
    purpose: "only programs that read the user's certificate store need it",
};

fn check(service: &Service) -> Check {
    let output = std::process::Command::new("sc")
        .args(["query", service.name])
        .output();
    match output {
        Ok(output) => judge(service, &String::from_utf8_lossy(&output.stdout)),
        Err(error) => not_queried(service, &error.to_string()),
    }
}

/// A known state is never a failure: the check `service` shows whether cards can be used.
fn judge(service: &Service, printed: &str) -> Check {
    let Service {
        check,
        name,
        title,
        purpose,
    } = service;
    match state(printed) {
        Some(RUNNING) => Check::passed(check, format!("{title} is running")),
        Some(STOPPED) => Check::passed(
            check,
            format!("{title} is stopped; {purpose} (net start {name} starts it)"),
        ),
        Some(_) => Check::passed(check, format!("{title} is starting or stopping")),
        None if is_missing(printed) => Check::wrong(
            check,
            format!("{title} is not installed"),
            format!("repair Windows: the service {name} is part of it"),
        ),
        None => not_queried(service, printed),
    }
}

/// The finding is the reason, on one line.
fn not_queried(service: &Service, reason: &str) -> Check {
    let Service {
        check, name, title, ..
    } = service;
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason = if reason.is_empty() { "no answer" } else { &reason };
    Check::wrong(
        check,
        format!("the state of {title} is unknown (sc query {name}: {reason})"),
        format!("look for the service {name} in the program Services (services.msc), and start it there"),
    )
}

/// [`SERVICE_STATUS`](https://learn.microsoft.com/windows/win32/api/winsvc/ns-winsvc-service_status), `dwCurrentState`.
const STOPPED: u32 = 1;
const RUNNING: u32 = 4;

/// [`ERROR_SERVICE_DOES_NOT_EXIST`](https://learn.microsoft.com/windows/win32/debug/system-error-codes--1000-1299-). The words
/// around it are translated.
const DOES_NOT_EXIST: &str = "1060";

fn is_missing(printed: &str) -> bool {
    printed
        .split(|character: char| !character.is_ascii_digit())
        .any(|number| number == DOES_NOT_EXIST)
}

/// The number of the state. The words around it are translated; the type of the service is the first number, the state the second.
fn state(printed: &str) -> Option<u32> {
    let values = printed.lines().filter_map(|line| line.split_once(':'));
    let mut numbers = values.filter_map(|(_, value)| {
        let word = value.split_whitespace().next()?;
        // The line of the name and that of an error have no number there.
        word.bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then_some(word)
    });
    numbers.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{PROPAGATION, SMART_CARD, judge, not_queried, state};

    const ENGLISH: &str = "\r\nSERVICE_NAME: SCardSvr \r\n        TYPE               : 20  WIN32_SHARE_PROCESS  \r\n        \
        STATE              : 4  RUNNING \r\n                                (STOPPABLE, NOT_PAUSABLE)\r\n        \
        WIN32_EXIT_CODE    : 0  (0x0)\r\n";
    const GERMAN: &str = "SERVICE_NAME: CertPropSvc\r\n        TYP                : 30  WIN32\r\n        \
        STATUS             : 1  STOPPED\r\n        WIN32_EXIT_CODE    : 0  (0x0)\r\n";
    const MISSING: &str = "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\nThe specified service does not exist.\r\n";

    #[test]
    fn the_state_is_read_in_any_language() {
        assert_eq!(state(ENGLISH), Some(4));
        assert_eq!(state(GERMAN), Some(1));
        assert_eq!(state(MISSING), None);
        assert_eq!(state(""), None);
    }

    #[test]
    fn only_a_missing_service_is_a_failure() {
        assert!(judge(&SMART_CARD, ENGLISH).ok);
        let stopped = judge(&PROPAGATION, GERMAN);
        assert!(
            stopped.ok && stopped.found.contains("net start CertPropSvc"),
            "{stopped}"
        );
        let missing = judge(&SMART_CARD, MISSING);
        assert!(
            !missing.ok && missing.found.ends_with("is not installed"),
            "{missing}"
        );
    }

    #[test]
    fn an_error_is_a_finding_and_never_the_next_step() {
        const DENIED: &str =
            "[SC] EnumQueryServicesStatus:OpenService FAILED 5:\r\n\r\nAccess is denied.\r\n";
        for (check, reason) in [
            (
                judge(&SMART_CARD, DENIED),
                "OpenService FAILED 5: Access is denied.",
            ),
            (judge(&SMART_CARD, ""), "no answer"),
            (not_queried(&SMART_CARD, "program not found"), "program not found"),
        ] {
            assert!(!check.ok && check.found.contains(reason), "{check}");
            assert!(!check.found.contains("not installed"), "{check}");
            let next = check.next.as_deref().unwrap_or_default();
            assert!(next.contains("services.msc") && !next.contains(reason), "{check}");
        }
    }
}
