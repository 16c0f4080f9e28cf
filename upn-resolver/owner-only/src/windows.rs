//! Owner and access control list of Windows.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;

use windows_permissions::constants::SeObjectType::SE_FILE_OBJECT;
use windows_permissions::constants::{AccessRights, SecurityInformation};
use windows_permissions::utilities::current_process_sid;
use windows_permissions::wrappers::{
    ConvertSecurityDescriptorToStringSecurityDescriptor, GetNamedSecurityInfo, GetSecurityInfo,
    SetNamedSecurityInfo, SetSecurityInfo,
};
use windows_permissions::{LocalBox, SecurityDescriptor};

use crate::Access;
use crate::sddl::{ADMINISTRATORS, Descriptor, SYSTEM};

pub(crate) fn of_file(file: &File) -> io::Result<Access> {
    let descriptor = GetSecurityInfo(file, SE_FILE_OBJECT, owner_and_list())?;
    access(&descriptor)
}

pub(crate) fn of_path(path: &Path) -> io::Result<Access> {
    let descriptor = GetNamedSecurityInfo(path, SE_FILE_OBJECT, owner_and_list())?;
    access(&descriptor)
}

fn owner_and_list() -> SecurityInformation {
    SecurityInformation::Owner | SecurityInformation::Dacl
}

fn access(descriptor: &SecurityDescriptor) -> io::Result<Access> {
    Ok(Descriptor::new(&text(descriptor)?, &user()?).access())
}

/// The commands are those of [`icacls`] and [`takeown`]: the inherited list takes the place of the file's own, then the user's
/// entry that of the inherited ones. The user is named by SID, before which `icacls` requires an asterisk.
///
/// [`icacls`]: https://learn.microsoft.com/windows-server/administration/windows-commands/icacls
/// [`takeown`]: https://learn.microsoft.com/windows-server/administration/windows-commands/takeown
pub(crate) fn correction(access: Access, path: &Path) -> String {
    let path = path.display();
    let user = current_process_sid().map_or_else(|_| String::from("USER"), |user| format!("*{user}"));
    let permit = format!("icacls \"{path}\" /reset, then icacls \"{path}\" /inheritance:r /grant:r {user}:F");
    if access.owner_is_trusted {
        permit
    } else {
        format!("takeown /F \"{path}\", then {permit}")
    }
}

/// Nobody else can open the file before it has its list: this handle [shares nothing].
///
/// [shares nothing]: https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    let rights = AccessRights::GenericRead | AccessRights::GenericWrite | AccessRights::WriteDac;
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .access_mode(rights.bits())
        .share_mode(0);
    let mut file = options.open(path)?;
    let permitted = private_list("").and_then(|list| {
        SetSecurityInfo(
            &mut file,
            SE_FILE_OBJECT,
            list_only(),
            None,
            None,
            list.dacl(),
            None,
        )
    });
    drop(file);
    if let Err(error) = permitted {
        // The file is empty. A failure to remove it adds nothing to this error.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    OpenOptions::new().read(true).write(true).open(path)
}

pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).create(above)?;
    }
    match DirBuilder::new().create(path) {
        // OICI: files and folders inside inherit it.
        Ok(()) => permit_only_us(path, "OICI"),
        Err(_) if path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    permit_only_us(path, "")
}

fn permit_only_us(path: &Path, flags: &str) -> io::Result<()> {
    let list = private_list(flags)?;
    SetNamedSecurityInfo(path, SE_FILE_OBJECT, list_only(), None, None, list.dacl(), None)
}

fn list_only() -> SecurityInformation {
    SecurityInformation::Dacl | SecurityInformation::ProtectedDacl
}

/// A list that inherits nothing. `flags` say who inherits it.
fn private_list(flags: &str) -> io::Result<LocalBox<SecurityDescriptor>> {
    let user = current_process_sid()?.to_string();
    let entries: String = [SYSTEM, ADMINISTRATORS, &user]
        .map(|who| format!("(A;{flags};FA;;;{who})"))
        .concat();
    format!("D:P{entries}").parse()
}

/// The user of this process, as a descriptor writes it: some users have short names.
fn user() -> io::Result<String> {
    let descriptor: LocalBox<SecurityDescriptor> = format!("O:{}", current_process_sid()?).parse()?;
    Ok(text(&descriptor)?.trim_start_matches("O:").into())
}

fn text(descriptor: &SecurityDescriptor) -> io::Result<String> {
    ConvertSecurityDescriptorToStringSecurityDescriptor(descriptor, owner_and_list())?
        .into_string()
        .map_err(|_: OsString| io::ErrorKind::InvalidData.into())
}
