//! Who is who and what they offer: `INSTANCE/CLASS/MEMBER/SUBSYSTEM` and `…/SERVICE`.
//!
//! A part is 1 to 64 visible characters of any script. Written, each is percent-encoded UTF-8 with everything but
//! `A–Z a–z 0–9 - . _ ~` encoded and upper-case digits; read, any encoding that means the same part is taken. Parts
//! that could be taken for something else in a path (`.`, `..`, slashes, `:`, `;`, `%`, controls) do not exist.

use std::fmt::{self, Write as _};
use std::str::FromStr;

/// Longest part, in characters.
pub const MAX_PART: usize = 64;

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Another number of parts.
    #[error("an address of {expected} parts has {found}")]
    Parts {
        /// How many belong there.
        expected: usize,
        /// How many stand there.
        found: usize,
    },
    /// A part without a character, or with too many.
    #[error("a part of an address has {len} characters, 1 to {MAX_PART} are allowed")]
    Length {
        /// How many.
        len: usize,
    },
    /// A character that no part may have.
    #[error("a part of an address may not hold {found:?}")]
    Character {
        /// Which.
        found: char,
    },
    /// `.` or `..`.
    #[error("a part of an address may not be one or two dots")]
    Dots,
    /// A broken percent encoding, or one of something that is not UTF-8.
    #[error("a part of an address is not percent-encoded UTF-8")]
    Encoding,
}

/// One part of an address, decoded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part(String);

impl Part {
    /// Takes a part as it is meant.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn new(text: &str) -> Result<Self, AddressError> {
        let len = text.chars().count();
        if !(1..=MAX_PART).contains(&len) {
            return Err(AddressError::Length { len });
        }
        let strange = |c: &char| {
            c.is_control() || c.is_whitespace() || "/\\%;:".contains(*c) || is_invisible(*c)
        };
        if let Some(found) = text.chars().find(strange) {
            return Err(AddressError::Character { found });
        }
        if matches!(text, "." | "..") {
            return Err(AddressError::Dots);
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads a part as it is written.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn decode(text: &str) -> Result<Self, AddressError> {
        // twelve written bytes are the most that one character takes
        if text.len() > MAX_PART * 12 {
            return Err(AddressError::Length { len: text.len() });
        }
        Self::new(&percent_decode(text).ok_or(AddressError::Encoding)?)
    }

    /// As it is meant.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Joiners, direction marks and the like: two parts must never look alike and differ.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Undoes percent encoding; literal characters must be ASCII and not reserved.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            plain if is_plain(plain) => plain,
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok()
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            if is_plain(byte) {
                f.write_char(char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({self})")
    }
}

/// Somebody who asks or is asked: a member's information system.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subsystem {
    /// The exchange, for example `JPX`.
    pub instance: Part,
    /// Kind of member: `GOV`, `MED`, `INS`, `COM`.
    pub class: Part,
    /// The member.
    pub member: Part,
    /// Its system.
    pub subsystem: Part,
}

/// Something that a subsystem offers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    /// Whose.
    pub provider: Subsystem,
    /// Which.
    pub code: Part,
}

fn parts<const N: usize>(text: &str) -> Result<[Part; N], AddressError> {
    let found = text.split('/').count();
    if found != N {
        return Err(AddressError::Parts { expected: N, found });
    }
    let parts: Vec<Part> = text
        .split('/')
        .map(Part::decode)
        .collect::<Result<_, _>>()?;
    parts
        .try_into()
        .map_err(|_| AddressError::Parts { expected: N, found })
}

impl FromStr for Subsystem {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let [instance, class, member, subsystem] = parts::<4>(text)?;
        Ok(Self {
            instance,
            class,
            member,
            subsystem,
        })
    }
}

impl FromStr for Service {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let [instance, class, member, subsystem, code] = parts::<5>(text)?;
        Ok(Self {
            provider: Subsystem {
                instance,
                class,
                member,
                subsystem,
            },
            code,
        })
    }
}

impl fmt::Display for Subsystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{}/{}",
            self.instance, self.class, self.member, self.subsystem
        )
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.code)
    }
}

impl fmt::Debug for Subsystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subsystem({self})")
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({self})")
    }
}

impl Subsystem {
    /// A service of this subsystem.
    ///
    /// # Errors
    /// [`AddressError`] when the code is no part.
    pub fn service(&self, code: &str) -> Result<Service, AddressError> {
        Ok(Service {
            provider: self.clone(),
            code: Part::new(code)?,
        })
    }
}
