//! The scrambled token: what was released, made unreadable, different every time, bound to one site and one week.
//!
//! ```text
//!   P1 - 2967 - 7ZK3…(20 symbols, 100 bits)
//!   │     │      └ FF1-AES256 over [ version 4 | attributes a | random 80−a (≥ 40) | zeros 16 ], tweak = site + epoch
//!   │     └ the week of the key, clear: the service picks the key by it
//!   └ the form of this text
//! ```
//!
//! FF1 alone would be a substitution: whoever can have profiles scrambled could write a dictionary. The random bits are
//! what stops that; they are handed in, because this crate makes none. The zeros tell a token from a made-up one
//! (one in 65,536 gets through). Keys are kept for their own week and the next.
//!
//! The key bytes held here are wiped when they go; the expanded key that AES works on for one call is not.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aes::Aes256;
use fpe::ff1::{FF1, NumeralString, Operations};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::declared::Declared;
use super::ladder::Released;
use super::table::SlotTable;

const RADIX: u32 = 32;
const SYMBOLS: usize = 20;
const SYMBOL_BITS: u32 = 5;
const HALF_BITS: u32 = 50;
const PAYLOAD_BITS: u32 = 100;
const VERSION_BITS: u32 = 4;
const CHECK_BITS: u32 = 16;
/// The most bits that attributes can take.
pub(super) const MAX_ATTRIBUTE_BITS: u32 = PAYLOAD_BITS - VERSION_BITS - CHECK_BITS - RANDOM_BITS;
/// At least so many bits of every token are random.
pub const RANDOM_BITS: u32 = 40;
/// Keys live in their own epoch and in the next.
const EPOCHS_KEPT: u32 = 2;
/// Digits and letters without I, L, O and U.
const ALPHABET: &[u8; RADIX as usize] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const FORM: &str = "P1";
const SITE_MAX_BYTES: usize = 64;

/// Why a token could not be made or read. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not the form of a token.
    #[error("this is not a token")]
    NotAToken,
    /// The name of a site is empty, above 64 bytes, or has other characters than `a–z 0–9 . -`.
    #[error("a site is named by 1 to 64 of a–z, 0–9, . and -")]
    Site,
    /// The epoch's key was deleted, or never was here.
    #[error("there is no key for epoch {epoch}")]
    NoKey {
        /// The token's epoch.
        epoch: u32,
    },
    /// The token is of an epoch that is over.
    #[error("epoch {epoch} is over")]
    Over {
        /// The token's epoch.
        epoch: u32,
    },
    /// Made up, damaged, or made for another site.
    #[error("the check bits do not fit: made up, damaged, or of another site")]
    Check,
    /// Made with another version of the slot table.
    #[error("the token is of version {found} of the slot table, not {here}")]
    Version {
        /// The token's version.
        found: u8,
        /// The version here.
        here: u8,
    },
    /// The check bits fit, but the attributes are none of the table's.
    #[error("the token holds an option that the table does not have")]
    Attributes,
    /// The cipher refused its input, which its constants rule out.
    #[error("the cipher refused its input")]
    Cipher,
}

/// Why a key was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotateError {
    /// Keys come in the order of their epochs, one each.
    #[error("epoch {given} does not come after {current}")]
    Backwards {
        /// The epoch given.
        given: u32,
        /// The newest here.
        current: u32,
    },
}

/// A week, counted from Monday 5 January 1970. Weeks begin on Mondays, Japan Standard Time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The week a day lies in; the first one for days before it.
    #[must_use]
    pub fn of(day: Date) -> Self {
        let first = Date::constant(1970, 1, 5);
        let days = first
            .until(day)
            .map_or(0, |span| i64::from(span.get_days()));
        Self(u32::try_from(days.div_euclid(7)).unwrap_or(0))
    }
}

/// Who a token is for. Tokens for two sites share nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId(String);

impl FromStr for SiteId {
    type Err = TokenError;

    fn from_str(s: &str) -> Result<Self, TokenError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
        if (1..=SITE_MAX_BYTES).contains(&s.len()) && s.bytes().all(plain) {
            Ok(Self(s.to_owned()))
        } else {
            Err(TokenError::Site)
        }
    }
}

/// Eighty bits from the device's random generator, for one token. Used up by it.
pub struct Randomness(Zeroizing<[u8; 10]>);

impl Randomness {
    /// Takes bytes that nobody can predict and that were never used before.
    #[must_use]
    pub fn new(bytes: [u8; 10]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness(secret)")
    }
}

/// What leaves the device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token {
    epoch: Epoch,
    symbols: Symbols,
}

impl Token {
    /// The week of its key.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The twenty symbols, each 0 to 31: for tests of how they are distributed.
    #[must_use]
    pub fn symbols(&self) -> [u8; SYMBOLS] {
        let mut symbols = [0; SYMBOLS];
        for (symbol, place) in symbols.iter_mut().zip(0..) {
            *symbol = self.symbols.at(place);
        }
        symbols
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM}-{}-", self.epoch.0)?;
        for symbol in self.symbols() {
            let letter = ALPHABET.get(usize::from(symbol)).copied().unwrap_or(b'?');
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(s: &str) -> Result<Self, TokenError> {
        let mut parts = s.split('-');
        let (Some(FORM), Some(epoch), Some(text), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::NotAToken);
        };
        // One text per token: no sign, no leading zeros.
        let digits = epoch.bytes().all(|b| b.is_ascii_digit());
        let epoch: u32 = epoch
            .parse()
            .ok()
            .filter(|number: &u32| digits && number.to_string() == epoch)
            .ok_or(TokenError::NotAToken)?;
        if text.len() != SYMBOLS {
            return Err(TokenError::NotAToken);
        }
        let mut bits = 0u128;
        for letter in text.bytes() {
            let symbol = ALPHABET
                .iter()
                .position(|&known| known == letter)
                .ok_or(TokenError::NotAToken)?;
            bits = (bits << SYMBOL_BITS) | u128::try_from(symbol).unwrap_or(0);
        }
        Ok(Self {
            epoch: Epoch(epoch),
            symbols: Symbols::of(bits),
        })
    }
}

impl TryFrom<String> for Token {
    type Error = TokenError;

    fn try_from(s: String) -> Result<Self, TokenError> {
        s.parse()
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.to_string()
    }
}

/// What a service finds in a token. Says nothing in `{:?}`, so a log that formats it holds no profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The attributes.
    pub declared: Declared,
}

/// The keys of the current epoch and the one before.
pub struct KeyRing {
    keys: BTreeMap<Epoch, Zeroizing<[u8; 32]>>,
    current: Epoch,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("epochs", &self.keys.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring with its first key.
    #[must_use]
    pub fn new(epoch: Epoch, key: [u8; 32]) -> Self {
        Self {
            keys: BTreeMap::from([(epoch, Zeroizing::new(key))]),
            current: epoch,
        }
    }

    /// Takes the key of a later epoch and deletes what is older than the epoch before it.
    ///
    /// # Errors
    /// [`RotateError`] when the epoch is not later; the ring is as it was.
    pub fn rotate(&mut self, epoch: Epoch, key: [u8; 32]) -> Result<(), RotateError> {
        let key = Zeroizing::new(key);
        if epoch <= self.current {
            return Err(RotateError::Backwards {
                given: epoch.0,
                current: self.current.0,
            });
        }
        self.keys.insert(epoch, key);
        self.current = epoch;
        self.forget(epoch);
        Ok(())
    }

    /// Deletes the keys that are over in epoch `now`, whether or not a new one came.
    pub fn forget(&mut self, now: Epoch) {
        self.keys.retain(|&epoch, _| !over(epoch, now));
    }

    /// The epochs there is a key for.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> {
        self.keys.keys().copied()
    }

    /// Makes a token of what was released, with the newest key.
    ///
    /// # Errors
    /// [`TokenError`] when the newest key was deleted.
    pub fn scramble(
        &self,
        table: &SlotTable,
        released: &Released,
        site: &SiteId,
        randomness: Randomness,
    ) -> Result<Token, TokenError> {
        let Randomness(random) = randomness;
        let attributes = pack(table, released.declared());
        let payload = payload(table, attributes, &random);
        let epoch = self.current;
        let symbols = self
            .cipher(epoch)?
            .encrypt(&tweak(site, epoch), &Symbols::of(payload))
            .map_err(|_| TokenError::Cipher)?;
        Ok(Token { epoch, symbols })
    }

    /// Reads a token that was made for `site`, in epoch `now`.
    ///
    /// # Errors
    /// [`TokenError`]. A token of epoch n is read in n and n + 1.
    pub fn open(
        &self,
        table: &SlotTable,
        token: &Token,
        site: &SiteId,
        now: Epoch,
    ) -> Result<Opened, TokenError> {
        let epoch = token.epoch;
        if over(epoch, now) {
            return Err(TokenError::Over { epoch: epoch.0 });
        }
        let bits = self
            .cipher(epoch)?
            .decrypt(&tweak(site, epoch), &token.symbols)
            .map_err(|_| TokenError::Cipher)?
            .bits();
        if low_bits(bits, CHECK_BITS) != 0 {
            return Err(TokenError::Check);
        }
        let found = u8::try_from(bits >> (PAYLOAD_BITS - VERSION_BITS)).unwrap_or(u8::MAX);
        if found != table.version() {
            return Err(TokenError::Version {
                found,
                here: table.version(),
            });
        }
        let declared = unpack(table, bits >> (CHECK_BITS + random_bits(table)))?;
        Ok(Opened { declared })
    }

    fn cipher(&self, epoch: Epoch) -> Result<FF1<Aes256>, TokenError> {
        let key = self
            .keys
            .get(&epoch)
            .ok_or(TokenError::NoKey { epoch: epoch.0 })?;
        FF1::new(key.as_slice(), RADIX).map_err(|_| TokenError::Cipher)
    }
}

fn over(epoch: Epoch, now: Epoch) -> bool {
    now.0
        .checked_sub(epoch.0)
        .is_some_and(|age| age >= EPOCHS_KEPT)
}

/// The site's length goes first, so that no two pairs of site and epoch make the same tweak.
fn tweak(site: &SiteId, epoch: Epoch) -> Vec<u8> {
    let length = u8::try_from(site.0.len()).unwrap_or(u8::MAX);
    let mut tweak = vec![length];
    tweak.extend_from_slice(site.0.as_bytes());
    tweak.extend_from_slice(&epoch.0.to_be_bytes());
    tweak
}

fn random_bits(table: &SlotTable) -> u32 {
    PAYLOAD_BITS - VERSION_BITS - CHECK_BITS - table.attribute_bits()
}

fn low_bits(bits: u128, count: u32) -> u128 {
    bits & ((1 << count) - 1)
}

fn payload(table: &SlotTable, attributes: u128, random: &[u8; 10]) -> u128 {
    let random = random
        .iter()
        .fold(0u128, |bits, &byte| (bits << 8) | u128::from(byte));
    let random_bits = random_bits(table);
    let mut bits = u128::from(table.version());
    bits = (bits << table.attribute_bits()) | attributes;
    bits = (bits << random_bits) | low_bits(random, random_bits);
    bits << CHECK_BITS
}

fn pack(table: &SlotTable, declared: &Declared) -> u128 {
    let slots = table.slots().iter().enumerate();
    slots.fold(0, |bits, (place, slot)| {
        (bits << slot.bits) | u128::from(declared.stored(place))
    })
}

fn unpack(table: &SlotTable, mut bits: u128) -> Result<Declared, TokenError> {
    let mut declared = Declared::default();
    for (place, slot) in table.slots().iter().enumerate().rev() {
        let stored =
            u16::try_from(low_bits(bits, slot.bits)).map_err(|_| TokenError::Attributes)?;
        bits >>= slot.bits;
        if let Some(option) = stored.checked_sub(1) {
            slot.at(option).ok_or(TokenError::Attributes)?;
            declared.set(place, Some(option));
        }
    }
    Ok(declared)
}

/// Twenty symbols as two halves of fifty bits: FF1 on machine words instead of big numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Symbols {
    front: Half,
    back: Half,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Half(u64);

const HALF_MASK: u64 = (1 << HALF_BITS) - 1;

impl Symbols {
    fn of(bits: u128) -> Self {
        let half = |bits: u128| Half(u64::try_from(bits & u128::from(HALF_MASK)).unwrap_or(0));
        Self {
            front: half(bits >> HALF_BITS),
            back: half(bits),
        }
    }

    fn bits(&self) -> u128 {
        (u128::from(self.front.0) << HALF_BITS) | u128::from(self.back.0)
    }

    fn at(&self, place: u32) -> u8 {
        let shift = PAYLOAD_BITS - SYMBOL_BITS - SYMBOL_BITS * place;
        u8::try_from(low_bits(self.bits() >> shift, SYMBOL_BITS)).unwrap_or(0)
    }
}

impl NumeralString for Symbols {
    type Ops = Half;

    fn is_valid(&self, radix: u32) -> bool {
        radix == RADIX && self.front.0 <= HALF_MASK && self.back.0 <= HALF_MASK
    }

    fn numeral_count(&self) -> usize {
        SYMBOLS
    }

    fn split(&self) -> (Half, Half) {
        (self.front, self.back)
    }

    fn concat(front: Half, back: Half) -> Self {
        Self { front, back }
    }
}

impl Half {
    /// The last fifty bits of a big-endian number; what is above them is a multiple of 32^10 and falls away.
    fn modulo(bytes: impl Iterator<Item = u8>) -> u64 {
        bytes.fold(0u64, |bits, byte| {
            ((bits << 8) | u64::from(byte)) & HALF_MASK
        })
    }
}

impl Operations for Half {
    type Bytes = Vec<u8>;

    fn numeral_count(&self) -> usize {
        SYMBOLS / 2
    }

    fn to_be_bytes(&self, _radix: u32, b: usize) -> Vec<u8> {
        let bytes = self.0.to_be_bytes();
        let padding = b.saturating_sub(bytes.len());
        let skipped = bytes.len().saturating_sub(b);
        std::iter::repeat_n(0, padding)
            .chain(bytes.into_iter().skip(skipped))
            .collect()
    }

    fn add_mod_exp(self, other: impl Iterator<Item = u8>, _radix: u32, _m: usize) -> Self {
        Self(self.0.wrapping_add(Self::modulo(other)) & HALF_MASK)
    }

    fn sub_mod_exp(self, other: impl Iterator<Item = u8>, _radix: u32, _m: usize) -> Self {
        Self(self.0.wrapping_sub(Self::modulo(other)) & HALF_MASK)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use fpe::ff1::FlexibleNumeralString;
    use proptest::prelude::*;

    use super::*;

    fn flexible(symbols: &Symbols) -> FlexibleNumeralString {
        let numerals: Vec<u16> = (0..20).map(|place| u16::from(symbols.at(place))).collect();
        numerals.into()
    }

    proptest! {
        /// The crate's own arithmetic is tested against NIST's vectors; ours is tested against it.
        #[test]
        fn halves_of_fifty_bits_are_the_same_ff1_as_big_numbers(
            key: [u8; 32],
            tweak in proptest::collection::vec(any::<u8>(), 0..40),
            bits in 0u128..(1 << 100),
        ) {
            let cipher = FF1::<Aes256>::new(&key, 32).unwrap();
            let plain = Symbols::of(bits);
            let ours = cipher.encrypt(&tweak, &plain).unwrap();
            let theirs: Vec<u16> = cipher.encrypt(&tweak, &flexible(&plain)).unwrap().into();
            prop_assert_eq!(Vec::<u16>::from(flexible(&ours)), theirs);
            prop_assert_eq!(cipher.decrypt(&tweak, &ours).unwrap(), plain);
        }
    }

    #[test]
    fn epochs_are_weeks_from_monday_to_sunday() {
        let of = |text: &str| Epoch::of(text.parse().unwrap());
        assert_eq!(of("1970-01-05"), Epoch(0));
        assert_eq!(of("1970-01-11"), Epoch(0));
        assert_eq!(of("1970-01-12"), Epoch(1));
        assert_eq!(of("2026-11-22"), Epoch(2967)); // a Sunday
        assert_eq!(of("2026-11-23"), Epoch(2968));
        assert_eq!(of("-009999-01-01"), Epoch(0));
        assert_eq!(of("9999-12-31"), Epoch(418_984));
    }

    #[test]
    fn the_builtin_table_leaves_fifty_five_random_bits() {
        let table = SlotTable::builtin().unwrap();
        assert_eq!(table.attribute_bits(), 25);
        assert_eq!(random_bits(table), 55);
    }
}
