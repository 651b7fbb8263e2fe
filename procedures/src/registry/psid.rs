//! The PSID, the registry's key of a scheme, with a 法人番号 (corporate number) inside it.
//!
//! A PSID is `psid<version>+<法人番号>+<service>`; it is complete, unique, unchanging and lasting, and its characters mean
//! nothing by themselves. Its `+` is a character of its own, not a blank, so in a web address it is written `%2B`,
//! exactly once.

use std::fmt;
use std::str::FromStr;

use crate::codes::{CodeError, CorporateNumber};

/// Why something is not a PSID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PsidError {
    /// It does not begin with `psid` and a version such as `3.0`.
    #[error("it does not begin with psid and a version such as 3.0")]
    Version,
    /// The second part is not a corporate number.
    #[error("its administrator: {0}")]
    Administrator(#[source] CodeError),
    /// The rest is empty, too long, or has other characters than letters, digits, `.`, `_`, `-` and single `+`.
    #[error("its service has 1 to 64 of A–Z, a–z, 0–9, ., _, - and + between them")]
    Service,
}

/// The registry's key of a scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Psid {
    version: (u8, u8),
    administrator: CorporateNumber,
    service: String,
}

impl Psid {
    /// Major and minor version.
    #[must_use]
    pub fn version(&self) -> (u8, u8) {
        self.version
    }

    /// Who answers for it.
    #[must_use]
    pub fn administrator(&self) -> &CorporateNumber {
        &self.administrator
    }

    /// Everything after the administrator, for example `10+UM54`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The entry of the universal menu, if it says one: 54 of `…+UM54`.
    #[must_use]
    pub fn menu(&self) -> Option<u32> {
        let (_, last) = self.service.rsplit_once('+')?;
        let digits = last.strip_prefix("UM")?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok())?
    }

    /// As a part of a web address: its `+` percent-encoded, once.
    #[must_use]
    pub fn url_component(&self) -> String {
        self.to_string().replace('+', "%2B")
    }

    /// Reads one that came through a web address: percent-encoded once or several times, or with its `+` decoded to
    /// blanks. `true` when it had to be put right.
    ///
    /// # Errors
    /// [`PsidError`] when it still is none.
    pub fn from_anywhere(text: &str) -> Result<(Self, bool), PsidError> {
        let mut plain = text.trim().to_owned();
        // Each round of encoding turned "%" into "%25".
        for _ in 0..4 {
            plain = plain.replace("%25", "%");
        }
        let plain = plain
            .replace("%2B", "+")
            .replace("%2b", "+")
            .replace("%20", "+")
            .replace([' ', '＋'], "+");
        let psid: Self = plain.parse()?;
        Ok((psid, plain != text))
    }
}

impl FromStr for Psid {
    type Err = PsidError;

    fn from_str(s: &str) -> Result<Self, PsidError> {
        let rest = s.strip_prefix("psid").ok_or(PsidError::Version)?;
        let mut parts = rest.splitn(3, '+');
        let version = parts.next().and_then(version).ok_or(PsidError::Version)?;
        let administrator = parts
            .next()
            .ok_or(CodeError::CorporateShape)
            .and_then(str::parse)
            .map_err(PsidError::Administrator)?;
        let service = parts.next().ok_or(PsidError::Service)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'_' || b == b'-';
        let fits = service.len() <= 64
            && service
                .split('+')
                .all(|part| !part.is_empty() && part.bytes().all(plain));
        if !fits {
            return Err(PsidError::Service);
        }
        Ok(Self {
            version,
            administrator,
            service: service.to_owned(),
        })
    }
}

impl fmt::Display for Psid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.version;
        write!(
            f,
            "psid{major}.{minor}+{}+{}",
            self.administrator, self.service
        )
    }
}

/// `3.0`, one spelling only.
fn version(text: &str) -> Option<(u8, u8)> {
    let (major, minor) = text.split_once('.')?;
    let number = |digits: &str| {
        let number: u8 = digits.parse().ok()?;
        (number.to_string() == digits).then_some(number)
    };
    Some((number(major)?, number(minor)?))
}
