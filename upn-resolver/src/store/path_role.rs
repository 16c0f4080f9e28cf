//! Roles of files and folders whose permissions are checked.

/// Role of a file or folder, which decides what others may do with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PathRole {
    /// A folder above that of the store. Others may create files in it, but neither rename it nor what it contains.
    Ancestor,
    /// The folder of the store, or a file in it. Others may not change it.
    Store,
}
