//! Microsoft Entra ID's side of the sign-in: the user that a name selects, the binding of the certificate, its
//! strength.
//!
//! Sources: [how the sign-in works][dive] and [certificate user IDs][ids]. Statements from other pages name their
//! source.
//!
//! [dive]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
//! [ids]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids

mod alt_security;
mod binding;
#[cfg(feature = "directory")]
mod directory;
mod distinguished_name;
mod field;
mod fold;
#[cfg(feature = "serde")]
mod graph;
mod interpretation;
mod issuer;
#[cfg(feature = "serde")]
mod json;
mod policy;
mod policy_error;
mod sign_in;
mod spacing;
mod stored;
mod strength;
mod user_id;

pub use alt_security::{AltSecurityIdentity, MappingStrength};
pub use binding::{UserAttribute, UsernameBinding};
#[cfg(feature = "directory")]
pub use directory::{
    CsvHeader, CsvPlace, DirectoryBuilder, ExportProblem, ExportProblemKind, IndexKey, MAX_CSV_RECORD,
    MAX_USER_IDS, NameIndex, NoUserPrincipalNameColumn, TooManyNames, User, UserBuilder, UserDirectory,
};
pub use distinguished_name::{MultiValueSeparator, NameOrder, WindowsName, windows_label};
pub use field::{Affinity, CertificateField};
#[cfg(feature = "serde")]
pub use graph::{GraphPolicy, GraphPolicyError, GraphPolicyWarning};
pub use interpretation::{SerialPadding, Sha1PublicKey, UnknownValueInterpretation, ValueInterpretation};
pub use policy::{Policy, Rating, RuleAffinity};
pub use policy_error::PolicyError;
pub use sign_in::{
    Account, Binding, BindingRejection, Directory, Located, NameAttribute, RejectedBinding, locate,
};
pub use stored::{MAX_VALUE_LENGTH, MalformedUserId, NearMiss, StoredUserId};
pub use strength::{Strength, StrengthRule};
pub use user_id::CertificateUserId;
