//! Choices of a view that are one word each.

use std::fmt;
use std::str::FromStr;

use super::NotUnderstood;

macro_rules! choices {
    ($($(#[$doc:meta])* $kind:ident { $($(#[$about:meta])* $variant:ident $word:literal),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum $kind { $($(#[$about])* $variant,)* }

        impl $kind {
            /// Every choice.
            pub const ALL: &[$kind] = &[$(Self::$variant,)*];

            /// The word in an address.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $kind {
            type Err = NotUnderstood;
            fn from_str(text: &str) -> Result<Self, NotUnderstood> {
                Self::ALL.iter().copied().find(|choice| choice.word() == text).ok_or(NotUnderstood)
            }
        }
    )* };
}

choices! {
    /// How time is cut.
    Bin { Day "day", /** From Monday. */ Week "week", Month "month", Quarter "quarter", Year "year" }

    /// Which figure.
    #[derive(Default)]
    Cost {
        #[default] Billed "billed", Effective "effective", NetBilled "net-billed", NetEffective "net-effective", List "list",
    }

    /// How it is drawn.
    #[derive(Default)]
    Drawn {
        #[default]
        Bars "bar",
        Lines "line",
        /// Lines that add up over the range.
        Cumulative "cumulative",
        /// What the change between the two ranges consists of.
        Why "why",
    }
}
