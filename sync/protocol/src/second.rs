//! The second signature with a card at any device: a short number leads to the bytes that were signed first, and a signature over
//! exactly these bytes comes back.
//!
//! ```text
//!  family's page ── number ──> the other parent ──> device ── Report::SecondAsk { nonce, number } ──> city
//!  device <── Downlink::Seconds: SecondNotice { nonce, ticket, the bytes, SHA-256 of the first signer's certificate } ── city
//!  device: shows these bytes, the card signs them ── envelope of Kind::Second { ticket, CMS, time } ──> city ── Receipt ──> device
//! ```
//! It judges no signature and knows no filing. A wrong number is answered with one word, whatever is wrong with it.

use std::fmt;
use std::str::FromStr;

use ciborium::Value;

use crate::cose::{self, SignedError, Unverified};
use crate::envelope::seal_value;
use crate::wire::{self, Fields, WireError};
use crate::{
    DeviceId, Header, IdError, Kind, MAX_ENVELOPE, RecipientId, RecipientPublicKey, SealError,
    SigningKey, TimeClaim, VerifyingKey, digest,
};

const NOTICE: &str = "ubugoe-second/1";
const BODY: &str = "second signature";
const MAX_SIGNATURE: usize = 16 * 1024;
/// A notice fits an item of a downlink.
const MAX_NOTICE: usize = 100 * 1024;

/// Longest content that can be handed to another device, bytes. A form is some two or three thousand.
pub const MAX_CONTENT: usize = 96 * 1024;

/// Digits of a number, the last one a check digit.
pub const DIGITS: usize = 10;

/// Why a text is not a number for a second signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not ten digits.
    #[error("not {DIGITS} digits")]
    Shape,
    /// Ten digits that are no number: one was mistyped.
    #[error("the check digit is wrong")]
    Check,
}

/// Ten digits that lead a device to what was signed first: nine at random, and a check digit (ISO/IEC 7064, MOD 11,10), so that
/// a slip of the finger is noticed before anybody is asked. `Debug` shows none of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecondNumber([u8; DIGITS]);

impl SecondNumber {
    /// A fresh one from the operating system's random numbers.
    pub fn generate() -> Result<Self, IdError> {
        let lacking = |_| IdError::NoRandomness {
            what: "number for a second signature",
        };
        let mut digits = [0; DIGITS];
        for digit in digits.iter_mut().take(DIGITS - 1) {
            // 250 of 256 values are ten digits' worth; the others would favour the low ones
            let mut byte = [u8::MAX];
            while byte[0] >= 250 {
                aws_lc_rs::rand::fill(&mut byte).map_err(lacking)?;
            }
            *digit = byte[0] % 10;
        }
        if let Some((last, before)) = digits.split_last_mut() {
            *last = check_digit(before);
        }
        Ok(Self(digits))
    }

    /// The ten digits, without spaces.
    #[must_use]
    pub fn digits(&self) -> String {
        self.0.iter().map(|d| char::from(b'0' + d)).collect()
    }

    /// Under what a city keeps it: SHA-256 of its digits behind a label.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let label = b"ubugoe number for a second signature v1";
        digest(&[label.as_slice(), &self.0].concat())
    }

    /// The ticket under which this number's signature comes back to whoever asked with `nonce`: the same for the same question.
    #[must_use]
    pub fn ticket(&self, nonce: &[u8; 16]) -> [u8; 16] {
        let label = b"ubugoe ticket for a second signature v1";
        let whole = digest(&[label.as_slice(), &self.0, nonce].concat());
        let mut ticket = [0; 16];
        for (to, from) in ticket.iter_mut().zip(whole) {
            *to = from;
        }
        ticket
    }
}

/// ISO/IEC 7064, MOD 11,10, of the digits before it.
fn check_digit(before: &[u8]) -> u8 {
    let mut product: u8 = 10;
    for digit in before {
        let sum = match (product + digit) % 10 {
            0 => 10,
            sum => sum,
        };
        product = (sum * 2) % 11;
    }
    (11 - product) % 10
}

impl fmt::Debug for SecondNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondNumber(…)")
    }
}

impl fmt::Display for SecondNumber {
    /// As people read it aloud: 123 456 7890.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, digit) in self.0.iter().enumerate() {
            if at == 3 || at == 6 {
                f.write_str(" ")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl FromStr for SecondNumber {
    type Err = NumberError;

    /// Reads ten digits and nothing else.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let mut digits = [0; DIGITS];
        if text.len() != DIGITS {
            return Err(NumberError::Shape);
        }
        for (to, from) in digits.iter_mut().zip(text.bytes()) {
            *to = match from {
                b'0'..=b'9' => from - b'0',
                _ => return Err(NumberError::Shape),
            };
        }
        match digits.split_last() {
            Some((last, before)) if *last == check_digit(before) => Ok(Self(digits)),
            Some(_) | None => Err(NumberError::Check),
        }
    }
}

/// What a number leads to. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondGrant {
    /// Names this handing-over; the signature comes back under it.
    pub ticket: [u8; 16],
    /// Exactly the bytes that were signed first; at most [`MAX_CONTENT`].
    pub canonical: Vec<u8>,
    /// SHA-256 of the first signer's certificate: the same card need not be asked for its password.
    pub first: [u8; 32],
}

impl fmt::Debug for SecondGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecondGrant({} bytes)", self.canonical.len())
    }
}

/// What a city answers to a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondAnswer {
    /// It leads here.
    Granted(SecondGrant),
    /// It leads nowhere (any more): wrong, used, too old, or of something that is not signed any more. Nothing says which.
    Unknown,
    /// Too many wrong numbers came; this one was not looked at.
    Busy,
}

/// The answer to [`crate::Report::SecondAsk`], signed by a city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondNotice {
    /// The question's random bytes: an answer to another question answers nothing.
    pub nonce: [u8; 16],
    /// For whom.
    pub device: DeviceId,
    /// Who answers.
    pub recipient: RecipientId,
    /// What.
    pub answer: SecondAnswer,
}

impl SecondNotice {
    /// Signs it with the city's receipt key.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        let (code, grant) = match &self.answer {
            SecondAnswer::Granted(grant) => (1, Some(grant)),
            SecondAnswer::Unknown => (2, None),
            SecondAnswer::Busy => (3, None),
        };
        let mut fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.nonce.to_vec())),
            (3, Value::from(self.device.as_str())),
            (4, Value::from(self.recipient.as_str())),
            (5, Value::from(code)),
        ];
        if let Some(grant) = grant {
            if !(1..=MAX_CONTENT).contains(&grant.canonical.len()) {
                return Err(out(NOTICE, "content").into());
            }
            fields.extend([
                (6, Value::Bytes(grant.ticket.to_vec())),
                (7, Value::Bytes(grant.canonical.clone())),
                (8, Value::Bytes(grant.first.to_vec())),
            ]);
        }
        cose::sign1(NOTICE, wire::encode(&wire::map(fields)), key)
    }

    /// Reads it without verifying, to learn whose key it needs.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignedError> {
        Self::parse(&Unverified::parse(NOTICE, bytes, MAX_NOTICE)?)
    }

    /// Verifies it under one recipient's key. The caller compares `device` and `nonce` with its own.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(NOTICE, bytes, MAX_NOTICE)?;
        signed.verify(key)?;
        Self::parse(&signed)
    }

    fn parse(signed: &Unverified) -> Result<Self, SignedError> {
        let mut f = Fields::open(NOTICE, wire::decode(NOTICE, signed.payload(), MAX_NOTICE)?)?;
        f.version(1)?;
        let notice = Self {
            nonce: f.array(2, "nonce")?,
            device: f.id(3, "device")?,
            recipient: f.id(4, "recipient")?,
            answer: match f.uint(5, "answer", 255)? {
                1 => {
                    let grant = SecondGrant {
                        ticket: f.array(6, "ticket")?,
                        canonical: f.bytes(7, "content", MAX_CONTENT)?,
                        first: f.array(8, "first")?,
                    };
                    if grant.canonical.is_empty() {
                        return Err(out(NOTICE, "content").into());
                    }
                    SecondAnswer::Granted(grant)
                }
                2 => SecondAnswer::Unknown,
                3 => SecondAnswer::Busy,
                _ => return Err(out(NOTICE, "answer").into()),
            },
        };
        f.finish()?;
        Ok(notice)
    }
}

/// A second signature on its way to the city; the envelope's inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondBody {
    /// Under which the bytes were handed over.
    pub ticket: [u8; 16],
    /// The signature over these bytes: CMS SignedData, detached, DER; at most 16 KiB.
    pub signature: Vec<u8>,
    /// What the device knew about time when it sealed this.
    pub time: TimeClaim,
}

impl SecondBody {
    fn check(&self) -> Result<(), WireError> {
        if (1..=MAX_SIGNATURE).contains(&self.signature.len()) {
            Ok(())
        } else {
            Err(out(BODY, "signature"))
        }
    }

    pub(crate) fn from_plaintext(plaintext: &[u8]) -> Result<Self, WireError> {
        let mut f = Fields::open(BODY, wire::decode(BODY, plaintext, MAX_ENVELOPE)?)?;
        let body = Self {
            ticket: f.array(1, "ticket")?,
            signature: f.bytes(2, "signature", MAX_SIGNATURE)?,
            time: TimeClaim::from_value(f.value(3, "time")?)?,
        };
        f.finish()?;
        body.check().map(|()| body)
    }
}

/// Seals a second signature; its receipt must repeat the SHA-256 of `body.signature`.
pub fn seal_second(
    header: &Header,
    body: &SecondBody,
    to: &RecipientPublicKey,
    device: &SigningKey,
) -> Result<Vec<u8>, SealError> {
    body.check().map_err(SealError::Field)?;
    let content = wire::map(vec![
        (1, Value::Bytes(body.ticket.to_vec())),
        (2, Value::Bytes(body.signature.clone())),
        (3, body.time.to_value().map_err(SealError::Field)?),
    ]);
    seal_value(Kind::Second, header, &content, to, device)
}

const fn out(what: &'static str, field: &'static str) -> WireError {
    WireError::OutOfRange { what, field }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn a_number_is_ten_digits_and_reads_back() {
        for _ in 0..200 {
            let number = SecondNumber::generate().unwrap();
            assert_eq!(number.digits().parse(), Ok(number));
            assert_eq!(number.to_string().replace(' ', ""), number.digits());
            assert_eq!(number.to_string().len(), 12);
            assert_eq!(format!("{number:?}"), "SecondNumber(…)");
        }
        // the example of the standard: 0794 has the check digit 5
        assert_eq!(check_digit(&[0, 7, 9, 4]), 5);
        assert!("1234567897".parse::<SecondNumber>().is_ok());
    }

    #[test]
    fn one_wrong_digit_is_always_noticed_and_other_shapes_are_none() {
        let number = SecondNumber::generate().unwrap();
        let right: Vec<u8> = number.digits().into_bytes();
        for at in 0..DIGITS {
            for digit in b'0'..=b'9' {
                let mut typed = right.clone();
                typed[at] = digit;
                let typed = String::from_utf8(typed).unwrap();
                let same = digit == right[at];
                assert_eq!(typed.parse::<SecondNumber>().is_ok(), same, "{typed}");
            }
        }
        for shape in [
            "",
            "123456789",
            "12345678901",
            "12345 6789",
            "１２３４５６７８９０",
        ] {
            assert_eq!(shape.parse::<SecondNumber>(), Err(NumberError::Shape));
        }
    }

    #[test]
    fn a_ticket_is_of_one_number_and_one_question() {
        let (one, other) = (
            SecondNumber::generate().unwrap(),
            SecondNumber::generate().unwrap(),
        );
        assert_ne!(one, other);
        assert_eq!(one.ticket(&[1; 16]), one.ticket(&[1; 16]));
        assert_ne!(one.ticket(&[1; 16]), one.ticket(&[2; 16]));
        assert_ne!(one.ticket(&[1; 16]), other.ticket(&[1; 16]));
        assert_ne!(one.hash(), other.hash());
    }
}
