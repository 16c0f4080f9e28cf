//! Enums of errors with a stable name for each, who has to act, and what to try.

use crate::responsible::Responsible;

/// Name, who has to act, and what to try.
pub(crate) struct Guidance {
    /// Stable name.
    pub(crate) code: &'static str,
    pub(crate) responsible: Responsible,
    /// Next step to try.
    pub(crate) hint: &'static str,
}

/// Declares an enum of errors. Each variant has its stable name and who has to act, its message, and the next step to try.
macro_rules! advised {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$doc:meta])* $variant:ident$(($($kind:ty),+))? $({ $($fields:tt)* })? => $code:literal $responsible:ident: $message:literal, $hint:literal)*
    }) => {
        $(#[$meta])*
        #[derive(thiserror::Error)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* #[error($message)] $variant$(($($kind),+))? $({ $($fields)* })?),*
        }

        impl $name {
            /// Stable name for programs.
            #[must_use]
            pub fn code(&self) -> &'static str {
                self.guidance().code
            }

            /// Who has to act.
            #[must_use]
            pub fn responsible(&self) -> Responsible {
                self.guidance().responsible
            }

            /// Next step to try, as a sentence for the user.
            #[must_use]
            pub fn hint(&self) -> &'static str {
                self.guidance().hint
            }

            pub(crate) fn guidance(&self) -> &'static Guidance {
                match self {
                    $(Self::$variant { .. } => &Guidance {
                        code: $code, responsible: Responsible::$responsible, hint: $hint,
                    }),*
                }
            }
        }
    };
}
pub(crate) use advised;
