//! Accessors of the switches of a part of the configuration.

/// A getter with this documentation for each switch, and a consuming setter.
macro_rules! switches {
    ($part:ident: $($(#[$doc:meta])* $get:ident: $type:ty, $set:ident;)*) => {
        impl $part {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $get(&self) -> $type {
                    self.$get
                }

                #[doc = concat!("Sets [`", stringify!($get), "`](Self::", stringify!($get), ").")]
                #[must_use]
                pub fn $set(mut self, $get: $type) -> Self {
                    self.$get = $get;
                    self
                }
            )*
        }
    };
}

pub(super) use switches;
