//! The one-time code: a secret that lets one device in, and the beginning of the hash of the root that the device may believe.
//!
//! 32 characters of Crockford's alphabet, which has no I, L, O and U: 15 of secret (75 bits), 15 of the root's hash (75 bits),
//! 2 of a check sum, so that a slip of the finger is noticed before anything leaves the device. A QR code holds the city's
//! address before it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PART: usize = 15;
const WHOLE: usize = 2 * PART + 2;
const QR: &str = "ubugoe-enrol-v1:";
const SECRET: &[u8] = b"ubugoe-enrol-code/1";
const PIN: &[u8] = b"ubugoe-enrol-pin/1";
const CHECK: &[u8] = b"ubugoe-enrol-check/1";
const PROOF: &[u8] = b"ubugoe-enrol-proof/1";

/// Why a text is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Too short, too long.
    #[error("a code has {WHOLE} letters and digits, this has {0}")]
    Length(usize),
    /// A character that no code has.
    #[error("{0:?} is in no code")]
    Character(char),
    /// Its parts do not fit: somebody mistyped.
    #[error("the code is mistyped: its check sum does not fit")]
    Check,
    /// No random bytes.
    #[error("no random bytes for a code")]
    NoRandomness,
}

/// The beginning of the hash of a root certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; PART]);

impl Pin {
    /// Of a root certificate, DER.
    #[must_use]
    pub fn of(root_der: &[u8]) -> Self {
        Self(symbols(&[PIN, root_der]))
    }

    /// As text, for a file of a device or a bench.
    #[must_use]
    pub fn to_text(&self) -> String {
        letters(&self.0)
    }
}

impl FromStr for Pin {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let read = read(text)?;
        let length = read.len();
        <[u8; PART]>::try_from(read.as_slice())
            .map(Self)
            .map_err(|_| CodeError::Length(length))
    }
}

/// A one-time code. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolCode {
    secret: Zeroizing<[u8; PART]>,
    pin: Pin,
}

impl EnrolCode {
    /// A new one for a city whose device CA has this root.
    ///
    /// # Errors
    /// [`CodeError::NoRandomness`].
    pub fn generate(pin: Pin) -> Result<Self, CodeError> {
        let mut secret = Zeroizing::new([0; PART]);
        aws_lc_rs::rand::fill(&mut *secret).map_err(|_| CodeError::NoRandomness)?;
        for symbol in secret.iter_mut() {
            *symbol &= 31;
        }
        Ok(Self { secret, pin })
    }

    /// Whose answers may be believed.
    #[must_use]
    pub const fn pin(&self) -> Pin {
        self.pin
    }

    /// What the city keeps of it. 75 random bits need no slow hash.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Self::hash_of(&self.secret_bytes())
    }

    /// The hash of a secret that came with a request.
    #[must_use]
    pub fn hash_of(secret: &[u8]) -> [u8; 32] {
        sha(&[SECRET, secret])
    }

    /// The secret as it is sent inside TLS.
    #[must_use]
    pub fn secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.secret.to_vec())
    }

    /// Shows, without giving it away, that whoever asks has the code: HMAC-SHA256 over the request, for a stick.
    #[must_use]
    pub fn proof(&self, core: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*self.secret);
        let mut context = hmac::Context::with_key(&key);
        context.update(PROOF);
        context.update(core);
        let mut proof = [0; 32];
        proof.copy_from_slice(context.sign().as_ref());
        proof
    }

    /// Four by four, as it is printed and typed.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let whole = letters(&[&self.secret[..], &self.pin.0, &self.check()].concat());
        let groups: Vec<&str> = (0..WHOLE / 4)
            .filter_map(|n| whole.get(4 * n..4 * n + 4))
            .collect();
        Zeroizing::new(groups.join("-"))
    }

    /// With the city's address (`host:port`), as a QR code has it.
    #[must_use]
    pub fn to_qr_text(&self, address: &str) -> Zeroizing<String> {
        Zeroizing::new(format!("{QR}{address}#{}", self.to_text().as_str()))
    }

    /// Reads what was typed or scanned: the code, and the address if there was one.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn from_any(text: &str) -> Result<(Self, Option<String>), CodeError> {
        let text = text.trim();
        match text.strip_prefix(QR).and_then(|rest| rest.rsplit_once('#')) {
            Some((address, code)) => Ok((code.parse()?, Some(address.to_owned()))),
            None => Ok((text.parse()?, None)),
        }
    }

    fn check(&self) -> [u8; 2] {
        symbols(&[CHECK, &*self.secret, &self.pin.0])
    }
}

impl FromStr for EnrolCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let all = Zeroizing::new(read(text)?);
        let (Some((secret, rest)), WHOLE) = (all.split_first_chunk::<PART>(), all.len()) else {
            return Err(CodeError::Length(all.len()));
        };
        let Some((pin, check)) = rest.split_first_chunk::<PART>() else {
            return Err(CodeError::Length(all.len()));
        };
        let code = Self {
            secret: Zeroizing::new(*secret),
            pin: Pin(*pin),
        };
        if code.check().as_slice() == check {
            Ok(code)
        } else {
            Err(CodeError::Check)
        }
    }
}

impl fmt::Debug for EnrolCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolCode(***)")
    }
}

fn sha(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The first `N` symbols (five bits each, one byte of the hash for each) of a hash.
fn symbols<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let hash = sha(parts);
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(hash) {
        *to = from & 31;
    }
    out
}

fn letters(symbols: &[u8]) -> String {
    symbols
        .iter()
        .filter_map(|symbol| ALPHABET.get(usize::from(*symbol)))
        .map(|letter| char::from(*letter))
        .collect()
}

/// Symbols of what somebody typed; hyphens and blanks count for nothing, O is 0, I and L are 1.
fn read(text: &str) -> Result<Vec<u8>, CodeError> {
    text.chars()
        .filter(|c| !matches!(c, '-' | ' ' | '\u{3000}'))
        .map(|c| {
            let upper = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            ALPHABET
                .iter()
                .position(|letter| char::from(*letter) == upper)
                .and_then(|at| u8::try_from(at).ok())
                .ok_or(CodeError::Character(c))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn code() -> EnrolCode {
        EnrolCode::generate(Pin::of(b"a root")).unwrap()
    }

    #[test]
    fn a_code_is_read_however_it_was_typed_and_from_its_qr_code() {
        let code = code();
        let text = code.to_text();
        assert_eq!((text.len(), text.matches('-').count()), (39, 7));
        let loose = text.to_lowercase().replace('-', " ").replace('0', "o");
        assert_eq!(EnrolCode::from_any(&loose).unwrap(), (code.clone(), None));
        let qr = code.to_qr_text("city.example:8443");
        assert_eq!(
            EnrolCode::from_any(&qr).unwrap(),
            (code.clone(), Some("city.example:8443".to_owned()))
        );
        assert_eq!(code.pin().to_text().parse::<Pin>().unwrap(), code.pin());
        assert_eq!(code.hash(), EnrolCode::hash_of(&code.secret_bytes()));
        assert_ne!(code.proof(b"one"), code.proof(b"two"));
    }

    #[test]
    fn nearly_every_slip_of_one_finger_is_noticed_before_anything_is_sent() {
        let text = code().to_text().replace('-', "");
        let (mut noticed, mut tried) = (0, 0);
        for at in 0..text.len() {
            for letter in ALPHABET {
                let mut other = text.clone().into_bytes();
                if other[at] == *letter {
                    continue;
                }
                other[at] = *letter;
                tried += 1;
                let other = String::from_utf8(other).unwrap();
                noticed += usize::from(other.parse::<EnrolCode>() == Err(CodeError::Check));
            }
        }
        assert_eq!(tried, 32 * 31);
        // one in 1024 has the same sum by chance
        assert!(noticed > tried - 12, "{noticed} of {tried}");
        assert_eq!("ABC".parse::<EnrolCode>(), Err(CodeError::Length(3)));
        assert_eq!(
            "!".repeat(32).parse::<EnrolCode>(),
            Err(CodeError::Character('!'))
        );
    }

    #[test]
    fn debug_shows_nothing_of_a_code() {
        assert_eq!(format!("{:?}", code()), "EnrolCode(***)");
    }
}
