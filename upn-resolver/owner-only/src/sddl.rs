//! Security descriptors of Windows as text: who may read and change a file.
//!
//! The form is that of [MS-DTYP] 2.5.1 and of the pages [security descriptor string format] and [ACE strings].
//!
//! [MS-DTYP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/f4296d69-1c0f-491f-9587-a960b292d070
//! [security descriptor string format]: https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format
//! [ACE strings]: https://learn.microsoft.com/windows/win32/secauthz/ace-strings

use crate::Access;

/// The local system ([SID strings](https://learn.microsoft.com/windows/win32/secauthz/sid-strings)).
pub(crate) const SYSTEM: &str = "SY";

/// The administrators of the machine (the same page).
pub(crate) const ADMINISTRATORS: &str = "BA";

/// The owner of the file (the same page), who is checked separately.
const OWNER: &str = "OW";

/// The installer of Windows, which alone may change files of the system ([Windows Resource Protection]). The numbers of its
/// SID are those of the constants [`SECURITY_TRUSTED_INSTALLER_RID1`] to 5.
///
/// [Windows Resource Protection]: https://learn.microsoft.com/windows/win32/wfp/about-windows-file-protection
/// [`SECURITY_TRUSTED_INSTALLER_RID1`]: https://microsoft.github.io/windows-docs-rs/doc/windows/Win32/System/SystemServices/constant.SECURITY_TRUSTED_INSTALLER_RID1.html
const TRUSTED_INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

/// Owner and access list.
pub(crate) struct Descriptor<'a> {
    owner: &'a str,
    /// `None` [permits everything to everyone](https://learn.microsoft.com/windows/win32/secauthz/null-dacls-and-empty-dacls).
    list: Option<&'a str>,
    user: &'a str,
}

impl<'a> Descriptor<'a> {
    /// Takes a descriptor apart. `user` is trusted.
    pub(crate) fn new(text: &'a str, user: &'a str) -> Self {
        let (owner, list) = match text.split_once("D:") {
            Some((owner, list)) => (
                owner,
                Some(list).filter(|list| !list.contains("NO_ACCESS_CONTROL")),
            ),
            None => (text, None),
        };
        Self {
            owner: owner.trim_start_matches("O:"),
            list,
            user,
        }
    }

    /// What others may do. An owner may always change the list ([MS-DTYP] 2.5.3.2, "implicit owner rights").
    ///
    /// [MS-DTYP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/4f1bbcbb-814a-4c70-a11e-2a5b8779a6f9
    pub(crate) fn access(&self) -> Access {
        let owner_is_trusted = self.trusts(self.owner);
        // A list that cannot be read may permit anything.
        let others = self.others().unwrap_or(u32::MAX);
        Access {
            owner_is_trusted,
            is_private: owner_is_trusted && others & right::ANY_USE == 0,
            others_may_change: others & right::ANY_CHANGE != 0,
            others_may_replace: others & right::REPLACE != 0,
        }
    }

    /// All rights of others together; `None` for a list that cannot be read.
    fn others(&self) -> Option<u32> {
        let mut rest = self.list?;
        let mut rights = 0;
        while let Some((_, entry)) = rest.split_once('(') {
            let mut fields = entry.splitn(6, ';');
            let [kind, flags, granted, _, _] = core::array::from_fn(|_| fields.next());
            let (kind, flags, granted) = (kind?, flags?, granted?);
            let last = fields.next()?;
            let end = last.find([')', ';'])?;
            let who = &last[..end];
            // The condition of an entry contains parentheses.
            rest = if last[end..].starts_with(')') {
                &last[end..]
            } else {
                after_condition(&last[end..])?
            };
            let permits = !matches!(kind, "D" | "OD" | "XD");
            let applies_here = !pairs(flags).any(|flag| flag == "IO");
            if permits && applies_here && !self.trusts(who) {
                rights |= right::of(granted);
            }
        }
        Some(rights)
    }

    fn trusts(&self, who: &str) -> bool {
        [SYSTEM, ADMINISTRATORS, OWNER, TRUSTED_INSTALLER, self.user].contains(&who)
    }
}

/// What follows a condition in parentheses, which may be nested.
fn after_condition(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (place, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            // The last one ends the entry.
            ')' if depth == 0 => return text.get(place..),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn pairs(text: &str) -> impl Iterator<Item = &str> {
    (0..text.len())
        .step_by(2)
        .map(|place| text.get(place..place + 2).unwrap_or_default())
}

/// Access rights of files: the page [file access rights], and [MS-DTYP] 2.5.1.1 for their names in text.
///
/// [file access rights]: https://learn.microsoft.com/windows/win32/fileio/file-access-rights-constants
/// [MS-DTYP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/f4296d69-1c0f-491f-9587-a960b292d070
mod right {
    const READ_DATA: u32 = 0x1;
    const WRITE_DATA: u32 = 0x2;
    const APPEND_DATA: u32 = 0x4;
    const EXECUTE: u32 = 0x20;
    const DELETE_CHILD: u32 = 0x40;
    const DELETE: u32 = 0x1_0000;
    const WRITE_DAC: u32 = 0x4_0000;
    const WRITE_OWNER: u32 = 0x8_0000;
    const GENERIC_ALL: u32 = 0x1000_0000;
    const GENERIC_EXECUTE: u32 = 0x2000_0000;
    const GENERIC_WRITE: u32 = 0x4000_0000;
    const GENERIC_READ: u32 = 0x8000_0000;

    /// Rights by which a folder, or what it contains, is replaced.
    pub(crate) const REPLACE: u32 = DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_ALL;

    /// Rights by which content is changed.
    pub(crate) const ANY_CHANGE: u32 = REPLACE | WRITE_DATA | APPEND_DATA | GENERIC_WRITE;

    /// Rights by which content is read, executed or changed.
    pub(crate) const ANY_USE: u32 = ANY_CHANGE | READ_DATA | EXECUTE | GENERIC_EXECUTE | GENERIC_READ;

    /// The rights that this text names; all of them if it is not understood.
    pub(crate) fn of(text: &str) -> u32 {
        if let Some(hex) = text.strip_prefix("0x") {
            return u32::from_str_radix(hex, 16).unwrap_or(u32::MAX);
        }
        super::pairs(text).map(of_pair).fold(0, |all, one| all | one)
    }

    fn of_pair(pair: &str) -> u32 {
        match pair {
            "GA" => GENERIC_ALL,
            "GR" => GENERIC_READ,
            "GW" => GENERIC_WRITE,
            "GX" => GENERIC_EXECUTE,
            "RC" => 0x2_0000,
            "SD" => DELETE,
            "WD" => WRITE_DAC,
            "WO" => WRITE_OWNER,
            "FA" => 0x1F_01FF,
            "FR" => 0x12_0089,
            "FW" => 0x12_0116,
            "FX" => 0x12_00A0,
            "CC" => READ_DATA,
            "DC" => WRITE_DATA,
            "LC" => APPEND_DATA,
            "SW" => 0x8,
            "RP" => 0x10,
            "WP" => EXECUTE,
            "DT" => DELETE_CHILD,
            "LO" => 0x80,
            "CR" => 0x100,
            _ => u32::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Descriptor};

    const USER: &str = "S-1-5-21-1-2-3-1104";

    fn access(text: &str) -> Access {
        Descriptor::new(text, USER).access()
    }

    #[test]
    fn the_user_the_system_and_the_administrators_are_trusted() {
        let profile = access("O:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-1-2-3-1104)");
        assert!(profile.is_private() && profile.owner_is_trusted());
        let users =
            access("O:SYD:PAI(A;OICI;0x1200a9;;;WD)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICI;FA;;;BA)");
        assert!(!users.is_private() && !users.others_may_change());
        let root = access(
            "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464D:PAI(A;;LC;;;AU)\
            (A;OICIIO;SDGXGWGR;;;AU)(A;;FA;;;SY)(A;OICIIO;GA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)",
        );
        assert!(root.owner_is_trusted() && root.others_may_change() && !root.others_may_replace());
    }

    #[test]
    fn any_right_to_change_is_found() {
        for rights in [
            "FA", "FW", "GA", "GW", "0x2", "0x1301bf", "CCDC", "LC", "SD", "WD", "WO", "DT", "??",
        ] {
            let found = access(&format!("O:{USER}D:(A;;FA;;;SY)(A;ID;{rights};;;WD)"));
            assert!(found.others_may_change() && !found.is_private(), "{rights}");
        }
    }

    #[test]
    fn any_right_to_read_is_found() {
        for rights in ["FR", "GR", "FX", "GX", "FRFX", "0x1200a9", "CC", "0x80000000"] {
            let found = access(&format!("O:BAD:(A;ID;{rights};;;WD)"));
            assert!(!found.others_may_change() && !found.is_private(), "{rights}");
        }
        // To read the list and the attributes, and to wait for the file.
        for rights in ["RC", "LO", "0x120080"] {
            let found = access(&format!("O:BAD:(A;ID;{rights};;;WD)"));
            assert!(found.is_private(), "{rights}");
        }
    }

    #[test]
    fn owners_denials_and_odd_lists_are_understood() {
        let owner = access("O:BUD:(A;;FA;;;SY)");
        assert!(!owner.owner_is_trusted() && !owner.is_private());
        let denied = access("O:BAD:(D;;FA;;;WD)(A;;FR;;;WD)");
        assert!(!denied.others_may_change() && !denied.is_private());
        assert!(
            access("O:BAD:(A;OICIIO;FA;;;WD)").is_private(),
            "applies only to what is created inside"
        );
        assert!(access("O:BAD:P").is_private(), "permits nothing to anyone");
        for everything in ["O:BA", "O:BAD:NO_ACCESS_CONTROL", "O:BAD:(A;;FA", "O:BAD:(A)"] {
            let found = access(everything);
            assert!(found.others_may_replace() && !found.is_private(), "{everything}");
        }
        for conditional in [
            "O:BAD:(XA;;FR;;;WD;(@User.a == \"(\" || (@User.b)))(A;;FA;;;WD)",
            "O:BAD:(XA;;FA;;;WD;(@User.Title==\"PM\" && (@User.b)))(A;;FR;;;BU)",
        ] {
            assert!(access(conditional).others_may_change(), "{conditional}");
        }
    }
}
