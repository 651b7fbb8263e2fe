//! Identifiers of the wire: random for filings and cases, opaque names for devices and recipients.
//!
//! None of them says anything about a person or a procedure, because the broker sees some of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Shorter than 3 or longer than 64 characters.
    #[error("{what} has {len} bytes, 3 to 64 are allowed")]
    Length {
        /// Which identifier.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
    },
    /// A character other than a-z, 0-9 and '-'.
    #[error("{what} may contain a-z, 0-9 and '-', not {found:?}")]
    Character {
        /// Which identifier.
        what: &'static str,
        /// The first offending character.
        found: char,
    },
    /// Not 32 hexadecimal digits.
    #[error("{what} is not 32 hexadecimal digits")]
    NotHex {
        /// Which identifier.
        what: &'static str,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes for {what}")]
    NoRandomness {
        /// Which identifier.
        what: &'static str,
    },
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// A fresh one from the operating system's random numbers.
            pub fn generate() -> Result<Self, IdError> {
                let mut bytes = [0; 16];
                aws_lc_rs::rand::fill(&mut bytes).map_err(|_| IdError::NoRandomness { what: $what })?;
                Ok(Self(bytes))
            }

            /// Takes 16 bytes the caller drew at random.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Reads 32 hexadecimal digits.
            fn from_str(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0; 16];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| IdError::NotHex { what: $what })?;
                Ok(Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Takes 3 to 64 of a-z, 0-9 and '-': no dots (RabbitMQ turns them into slashes), no slashes, no wildcards.
            fn from_str(text: &str) -> Result<Self, IdError> {
                check_name($what, text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                check_name($what, &text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

random_id!(
    /// One filing on its way to one recipient: the outbox key, the MQTT `correlation_data`, the city's idempotency key.
    FilingId,
    "filing id"
);
random_id!(
    /// What ties the filings of one family's matter together without saying whose it is.
    CaseId,
    "case id"
);
name_id!(
    /// A kiosk; also the CN of its TLS certificate.
    DeviceId,
    "device id"
);
name_id!(
    /// A city (or shared centre) that receives filings; also the CN of its TLS certificate.
    RecipientId,
    "recipient id"
);

fn check_name(what: &'static str, text: &str) -> Result<(), IdError> {
    if !(3..=64).contains(&text.len()) {
        return Err(IdError::Length {
            what,
            len: text.len(),
        });
    }
    match text
        .chars()
        .find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-'))
    {
        Some(found) => Err(IdError::Character { what, found }),
        None => Ok(()),
    }
}
