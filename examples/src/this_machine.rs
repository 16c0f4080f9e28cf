//! Name and system of this machine, for the display name and version of a joined device.

/// Name of this machine on its network.
#[must_use]
pub fn host_name() -> String {
    system::host_name()
}

/// Name and version of the operating system.
#[must_use]
pub fn os_version() -> String {
    system::os_version()
}

#[cfg(unix)]
mod system {
    pub(super) fn host_name() -> String {
        let name = rustix::system::uname();
        name.nodename().to_string_lossy().into_owned()
    }

    pub(super) fn os_version() -> String {
        let system = rustix::system::uname();
        format!(
            "{} {}",
            system.sysname().to_string_lossy(),
            system.release().to_string_lossy()
        )
    }
}

#[cfg(windows)]
mod system {
    use std::env;
    use std::process::Command;

    pub(super) fn host_name() -> String {
        env::var("COMPUTERNAME").unwrap_or_else(|_| "windows".to_owned())
    }

    /// The version as `ver` prints it: `Microsoft Windows [Version 10.0.19045.3803]`.
    pub(super) fn os_version() -> String {
        let printed = Command::new("cmd").args(["/d", "/c", "ver"]).output();
        let printed = printed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let printed = printed.unwrap_or_default();
        // The word before the number is translated.
        let version = printed
            .split(|character: char| character.is_whitespace() || "[]".contains(character))
            .find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()));
        version.map_or_else(|| "Windows".to_owned(), |version| format!("Windows {version}"))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_machine_has_a_name_and_a_version() {
        assert!(!super::host_name().is_empty());
        let version = super::os_version();
        assert!(version.contains(' ') && version.contains('.'), "{version}");
    }
}
