//! Windows builds that support smart card sign-in to Entra.
//!
//! The [page][sc] names five updates of 20 September 2022; their titles contain the builds. Two of its labels are
//! misleading: "Windows 10" is the branch 1809 and Server 2019, and "Windows Server 20H2" is Windows 10 20H2 to 21H2.
//!
//! [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#supported-windows-platforms

use core::error::Error;
use core::fmt;
use core::str::FromStr;

/// A Windows build and its revision, as in `10.0.22000.1042`.
///
/// ```
/// use upn_resolver::windows::platform::{Support, WindowsBuild};
///
/// let build: WindowsBuild = "10.0.19044.2006".parse()?;
/// let Support::RequiresUpdate(update) = build.smart_card_sign_in() else { panic!() };
/// assert_eq!((update.kb, update.revision), ("KB5017380", 2075));
/// # Ok::<(), upn_resolver::windows::platform::InvalidBuild>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowsBuild {
    /// The build, such as 22000.
    pub build: u32,
    /// The revision, which updates increase, such as 1042.
    pub revision: u32,
}

/// An update that added the sign-in.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// The knowledge base number.
    pub kb: &'static str,
    /// The build that it applies to.
    pub build: u32,
    /// The revision after the update.
    pub revision: u32,
    /// The products of this build.
    pub products: &'static str,
}

/// Support for the sign-in in a build.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Supported: the build has this update or a later one.
    Supported(Update),
    /// Supported, by inference: the build was released after the updates, and the page lists only builds that
    /// required one.
    SupportedSinceRelease,
    /// Supported with this update or a later one.
    RequiresUpdate(Update),
    /// The page lists no update for the build.
    NotListed,
}

/// The updates on the page, by build.
const UPDATES: [Update; 6] = [
    update("KB5017379", 17_763, 3_469, "Windows 10 1809, Windows Server 2019"),
    update("KB5017380", 19_042, 2_075, "Windows 10 20H2, Windows Server 20H2"),
    update("KB5017380", 19_043, 2_075, "Windows 10 21H1"),
    update("KB5017380", 19_044, 2_075, "Windows 10 21H2"),
    update("KB5017381", 20_348, 1_070, "Windows Server 2022"),
    update("KB5017383", 22_000, 1_042, "Windows 11 21H2"),
];

impl WindowsBuild {
    /// Returns whether this build supports smart card sign-in to Entra.
    #[must_use]
    pub fn smart_card_sign_in(self) -> Support {
        match UPDATES.iter().find(|update| update.build == self.build) {
            Some(update) if self.revision >= update.revision => Support::Supported(*update),
            Some(update) => Support::RequiresUpdate(*update),
            // 19045 is Windows 10 22H2 of October 2022; 22621 is Windows 11 22H2, which the first revision of the
            // page names. All later builds follow it.
            None if self.build == 19_045 || self.build >= 22_621 => Support::SupportedSinceRelease,
            None => Support::NotListed,
        }
    }
}

impl fmt::Display for WindowsBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.build, self.revision)
    }
}

/// Parses `10.0.22000.1042`, as printed by `ver`, and `22000.1042`, as shown by `winver`.
impl FromStr for WindowsBuild {
    type Err = InvalidBuild;

    fn from_str(text: &str) -> Result<Self, InvalidBuild> {
        let text = text.strip_prefix("10.0.").unwrap_or(text);
        let (build, revision) = text.split_once('.').ok_or(InvalidBuild)?;
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse().ok()).flatten().ok_or(InvalidBuild)
        };
        Ok(Self {
            build: number(build)?,
            revision: number(revision)?,
        })
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Supported(update) => write!(f, "supported: includes {update}"),
            Self::SupportedSinceRelease => f.write_str(
                "supported by inference: it was released after the updates that added the sign-in",
            ),
            Self::RequiresUpdate(update) => write!(f, "requires {update} or a later update"),
            Self::NotListed => f.write_str("not listed: Microsoft's page lists no update for this build"),
        }
    }
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}.{}, {})",
            self.kb, self.build, self.revision, self.products
        )
    }
}

/// Error for a text that is not a Windows build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidBuild;

impl fmt::Display for InvalidBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a Windows build; expected a form such as 10.0.22000.1042 or 22000.1042")
    }
}

impl Error for InvalidBuild {}

const fn update(kb: &'static str, build: u32, revision: u32, products: &'static str) -> Update {
    Update {
        kb,
        build,
        revision,
        products,
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn support(text: &str) -> Support {
        text.parse::<WindowsBuild>().unwrap().smart_card_sign_in()
    }

    #[test]
    fn each_listed_build_is_able_from_its_update_on() {
        for update in UPDATES {
            let build = |revision| WindowsBuild {
                build: update.build,
                revision,
            };
            assert_eq!(
                build(update.revision - 1).smart_card_sign_in(),
                Support::RequiresUpdate(update)
            );
            assert_eq!(
                build(update.revision).smart_card_sign_in(),
                Support::Supported(update)
            );
            assert_eq!(build(u32::MAX).smart_card_sign_in(), Support::Supported(update));
        }
    }

    #[test]
    fn later_releases_are_supported_and_others_are_not_listed() {
        for later in [
            "10.0.19045.2130",
            "10.0.22621.1",
            "22631.1",
            "26100.1",
            "10.0.25398.1",
        ] {
            assert_eq!(support(later), Support::SupportedSinceRelease, "{later}");
        }
        for old in ["10.0.14393.5427", "18363.1556", "10.0.19041.9999", "7601.1"] {
            assert_eq!(support(old), Support::NotListed, "{old}");
        }
        // The page is silent about them: that is all there is to say.
        assert_eq!(
            Support::NotListed.to_string(),
            "not listed: Microsoft's page lists no update for this build"
        );
    }

    #[test]
    fn text_that_is_not_a_build_is_refused() {
        for text in [
            "",
            "11",
            "10.0.22000",
            "22H2",
            "22000.",
            ".1",
            "22000.-1",
            "22000.+1",
            "22000.1.2",
            "4294967296.1",
        ] {
            assert_eq!(text.parse::<WindowsBuild>(), Err(InvalidBuild), "{text}");
        }
    }
}
