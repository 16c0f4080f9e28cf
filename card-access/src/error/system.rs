//! Hints that name the services and commands of the operating system.

pub(super) use hints::{ALLOW_USER, PROTECT_FILE, RESTART_SERVICE, START_SERVICE};

#[cfg(target_os = "linux")]
mod hints {
    pub(crate) const START_SERVICE: &str = "Install and start pcscd (systemctl start pcscd.socket).";
    pub(crate) const ALLOW_USER: &str =
        "Allow this user in polkit: org.debian.pcsc-lite.access_pcsc and .access_card.";
    pub(crate) const RESTART_SERVICE: &str = "Restart the service (systemctl restart pcscd).";
    pub(crate) const PROTECT_FILE: &str = "Allow only the owner to read the key file (chmod 600).";
}

/// The service and its commands are those of [smart card troubleshooting], `certutil -scinfo` is that of [certutil]. In a remote
/// session, the calls go to the client's readers ([MS-RDPESC] 1.3). The list of a file is set as [icacls] documents it.
///
/// [smart card troubleshooting]: https://learn.microsoft.com/windows/security/identity-protection/smart-cards/smart-card-debugging-information
/// [certutil]: https://learn.microsoft.com/windows-server/administration/windows-commands/certutil
/// [MS-RDPESC]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rdpesc/bfb1c36b-8911-47e0-be03-1c3bfc76d41b
/// [icacls]: https://learn.microsoft.com/windows-server/administration/windows-commands/icacls
#[cfg(windows)]
mod hints {
    pub(crate) const START_SERVICE: &str = "Connect a reader, and start the Smart Card service (net start SCardSvr). certutil -scinfo lists readers and cards.";
    pub(crate) const ALLOW_USER: &str = "Run the program as the user who is signed in; in a remote session, redirect the smart cards. certutil -scinfo lists readers and cards.";
    pub(crate) const RESTART_SERVICE: &str =
        "Restart the Smart Card service (net stop SCardSvr, then net start SCardSvr).";
    pub(crate) const PROTECT_FILE: &str = "Allow only this user to read the key file, in a command prompt: icacls FILE /reset, then icacls FILE /inheritance:r /grant:r \"%USERNAME%\":F";
}

#[cfg(not(any(target_os = "linux", windows)))]
mod hints {
    pub(crate) const START_SERVICE: &str =
        "Connect a reader, and start the system's smart card service (PC/SC).";
    pub(crate) const ALLOW_USER: &str = "Permit this user to use the system's smart card service (PC/SC).";
    pub(crate) const RESTART_SERVICE: &str = "Restart the system's smart card service (PC/SC).";
    pub(crate) const PROTECT_FILE: &str = "Allow only the owner to read the key file (chmod 600).";
}
