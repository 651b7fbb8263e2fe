//! Personas: invented people and their cards as TOML files. Dates that would go stale are written in years from
//! "today", so a persona never expires by itself. This module reads no clock and keeps names' code points as written.

use std::{collections::BTreeMap, fmt, path::Path};

use jiff::civil::Date;
use serde::Deserialize;

use crate::Error;

/// The personas that ship with the crate: name and TOML text.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("hana", include_str!("../personas/hana.toml")),
    ("sora", include_str!("../personas/sora.toml")),
    ("daichi", include_str!("../personas/daichi.toml")),
    ("rare", include_str!("../personas/rare.toml")),
    ("long127", include_str!("../personas/long127.toml")),
    ("long255", include_str!("../personas/long255.toml")),
    ("foreign", include_str!("../personas/foreign.toml")),
    ("child", include_str!("../personas/child.toml")),
    ("locked", include_str!("../personas/locked.toml")),
    ("last_try", include_str!("../personas/last_try.toml")),
    ("expired", include_str!("../personas/expired.toml")),
    ("wrong_kind", include_str!("../personas/wrong_kind.toml")),
    ("smartphone", include_str!("../personas/smartphone.toml")),
    ("iphone", include_str!("../personas/iphone.toml")),
    ("extended", include_str!("../personas/extended.toml")),
    ("forged", include_str!("../personas/forged.toml")),
    ("mismatch", include_str!("../personas/mismatch.toml")),
];

/// What lies on the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The plastic card, token label `JPKIAPICCTOKEN2`.
    MyNumberCard,
    /// The electronic certificate in an Android phone, token label `JPKIAPGPSETOKEN`.
    SmartphoneAndroid,
    /// The electronic certificate in an iPhone, token label `JPKIAPIOSTOKEN`.
    SmartphoneIphone,
    /// Some other chip card: only the issuer security domain answers SELECT.
    OtherCard,
}

/// Who the card belongs to, exactly as its text record says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// 氏名: family name, U+3000, given name; kept code point for code point.
    pub name: String,
    /// 住所.
    pub address: String,
    /// 生年月日.
    pub birth: Date,
    /// 性別 after JIS X 0303: 1 male, 2 female, 9 not applicable, 0 unknown.
    pub sex: u8,
    /// Western years in 照合番号B, as on the cards of foreign residents.
    #[serde(default)]
    pub western_years: bool,
}

/// Traits of the chip itself.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent traits, each a line of its own in a persona file"
)]
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traits {
    /// The card ends on the birthday in the year "today plus this"; negative for an expired card, never 0.
    #[serde(default = "six")]
    pub expires_in_years: i16,
    /// Issuing municipality, five digits without check digit.
    #[serde(default = "municipality")]
    pub municipality: String,
    /// The four digits on the card's face that end 照合番号B.
    #[serde(default = "zeros")]
    pub security_code: String,
    /// Whether READ BINARY gives more than 256 bytes to an extended Le. Public sources disagree; default no.
    #[serde(default)]
    pub extended_length: bool,
    /// Lengths of the text record written as `82 hi lo` even where one byte would do.
    #[serde(default)]
    pub non_minimal_lengths: bool,
    /// How many `FF` bytes stand behind the object of each file that has filler.
    #[serde(default = "sixteen")]
    pub filler: u16,
    /// The first command after power-up is answered `6F00`, as seen on one card.
    #[serde(default)]
    pub first_answer_6f00: bool,
    /// The text record is altered after the issuer signed it: the integrity check must fail.
    #[serde(default)]
    pub forged: bool,
    /// ATR in hexadecimal; default is a contactless reader's `3B 88 80 01 …`.
    #[serde(default)]
    pub atr: Option<String>,
}

impl Default for Traits {
    fn default() -> Self {
        Self {
            expires_in_years: six(),
            municipality: municipality(),
            security_code: zeros(),
            extended_length: false,
            non_minimal_lengths: false,
            filler: sixteen(),
            first_answer_6f00: false,
            forged: false,
            atr: None,
        }
    }
}

/// Which certificates the card carries.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificates {
    /// The signing certificate (署名用): absent for children under 15.
    #[serde(default = "yes")]
    pub sign: bool,
    /// The authentication certificate (利用者証明用).
    #[serde(default = "yes")]
    pub auth: bool,
    /// They end on the birthday in the year "today plus this"; negative for expired ones, never 0.
    #[serde(default = "three")]
    pub expire_in_years: i16,
    /// A name for the signing certificate that differs from the holder's: another person's certificate.
    #[serde(default)]
    pub sign_name: Option<String>,
}

impl Default for Certificates {
    fn default() -> Self {
        Self {
            sign: true,
            auth: true,
            expire_in_years: three(),
            sign_name: None,
        }
    }
}

/// A PIN or password of an invented person. Debug shows its length only, so test logs keep the product's habit.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct TestPin(String);

impl TestPin {
    /// The bytes a client sends in VERIFY.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TestPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestPin({} characters)", self.0.chars().count())
    }
}

/// The four secrets a holder knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// 券面事項入力補助用, 4 digits.
    pub attributes: TestPin,
    /// 署名用パスワード, 6–16 of `A–Z` and `0–9`.
    pub sign: TestPin,
    /// 利用者証明用, 4 digits.
    pub auth: TestPin,
    /// 住民基本台帳用 (common AP), 4 digits.
    pub resident: TestPin,
}

/// Tries left at issue, where they differ from a fresh card's.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tries {
    /// Of 3.
    pub attributes: Option<u8>,
    /// Of 5.
    pub sign: Option<u8>,
    /// Of 3.
    pub auth: Option<u8>,
    /// Of 3.
    pub resident: Option<u8>,
}

/// One invented person with one card.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Its name, also the seed of its keys.
    pub name: String,
    /// One sentence for whoever looks for the right persona.
    pub about: String,
    /// What lies on the reader.
    pub kind: Kind,
    /// Who holds it; another kind of card has none.
    #[serde(default)]
    pub holder: Option<Holder>,
    /// The chip.
    #[serde(default)]
    pub card: Traits,
    /// The certificates.
    #[serde(default)]
    pub certificates: Certificates,
    /// The secrets; another kind of card has none.
    #[serde(default)]
    pub pins: Option<Pins>,
    /// Tries left.
    #[serde(default)]
    pub tries: Tries,
}

impl Persona {
    /// Parses a persona and reports everything that is wrong with it at once.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let persona: Self = toml::from_str(text).map_err(|source| Error::ParsePersona {
            name: name.to_owned(),
            source: Box::new(source),
        })?;
        let problems = persona.problems();
        if problems.is_empty() {
            Ok(persona)
        } else {
            Err(Error::Persona {
                name: name.to_owned(),
                problems: problems.join("; "),
            })
        }
    }

    /// A persona that ships with the crate.
    pub fn built_in(name: &str) -> Result<Self, Error> {
        let known: BTreeMap<_, _> = BUILT_IN.iter().copied().collect();
        match known.get(name) {
            Some(text) => Self::parse(name, text),
            None => Err(Error::UnknownPersona {
                name: name.to_owned(),
                known: BUILT_IN.map_names(),
            }),
        }
    }

    /// A persona from a TOML file.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut want = |good: bool, what: &str| {
            if !good {
                found.push(what.to_owned());
            }
        };
        let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        want(
            !self.name.is_empty() && self.name.chars().all(simple),
            "name must be of a-z, 0-9 and _",
        );
        want(
            self.card.expires_in_years != 0,
            "card.expires_in_years must not be 0",
        );
        want(
            self.certificates.expire_in_years != 0,
            "certificates.expire_in_years must not be 0",
        );
        want(
            digits(&self.card.municipality, 5),
            "card.municipality must be five digits, e.g. \"99001\"",
        );
        want(
            digits(&self.card.security_code, 4),
            "card.security_code must be four digits, e.g. \"0000\"",
        );
        if self.kind != Kind::OtherCard {
            want(self.holder.is_some(), "holder is missing");
            want(self.pins.is_some(), "pins are missing");
        }
        if let Some(holder) = &self.holder {
            want(
                matches!(holder.sex, 0 | 1 | 2 | 9),
                "holder.sex must be 0, 1, 2 or 9",
            );
            want(
                holder.address.contains("あすこえ市"),
                "holder.address must be in あすこえ市",
            );
        }
        if let Some(pins) = &self.pins {
            for (pin, what) in [
                (&pins.attributes, "pins.attributes must be four digits"),
                (&pins.auth, "pins.auth must be four digits"),
                (&pins.resident, "pins.resident must be four digits"),
            ] {
                want(digits(pin.reveal(), 4), what);
            }
            want(
                sign_password(pins.sign.reveal().as_bytes()),
                "pins.sign must be 6 to 16 of A-Z and 0-9 with at least one of each",
            );
        }
        found
    }
}

/// Names of the built-in personas in one line.
trait MapNames {
    fn map_names(&self) -> String;
}

impl MapNames for [(&str, &str)] {
    fn map_names(&self) -> String {
        let names: Vec<_> = self.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }
}

/// Whether `text` is exactly `count` ASCII digits.
pub(crate) fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether these bytes are a possible 署名用パスワード: 6–16 of `A–Z`/`0–9`, at least one of each.
pub(crate) fn sign_password(bytes: &[u8]) -> bool {
    (6..=16).contains(&bytes.len())
        && bytes
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && bytes.iter().any(u8::is_ascii_uppercase)
        && bytes.iter().any(u8::is_ascii_digit)
}

/// The birthday in the year `today + years`: 28 February where there is no 29th.
pub(crate) fn birthday(birth: Date, today: Date, years: i16) -> Result<Date, jiff::Error> {
    let year = today.year().saturating_add(years);
    Date::new(year, birth.month(), birth.day()).or_else(|_| Date::new(year, birth.month(), 28))
}

fn six() -> i16 {
    6
}
fn three() -> i16 {
    3
}
fn sixteen() -> u16 {
    16
}
fn yes() -> bool {
    true
}
fn zeros() -> String {
    "0000".to_owned()
}
/// A prefecture number that no prefecture has, so that the code can never be a real municipality's.
fn municipality() -> String {
    "99001".to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn every_built_in_persona_parses_and_is_called_what_its_file_is_called() {
        for (name, text) in BUILT_IN {
            assert_eq!(Persona::parse(name, text).unwrap().name, *name);
        }
    }

    #[test]
    fn every_problem_of_a_persona_is_reported_at_once() {
        let text =
            "name = 'X'\nabout = ''\nkind = 'my_number_card'\n[card]\nexpires_in_years = 0\n";
        let error = Persona::parse("x", text).unwrap_err().to_string();
        for part in [
            "name must",
            "expires_in_years",
            "holder is missing",
            "pins are missing",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_pin_does_not_show_in_debug() {
        let hana = Persona::built_in("hana").unwrap();
        let pins = hana.pins.clone().unwrap();
        let shown = format!("{hana:?}");
        for pin in [pins.attributes, pins.sign, pins.auth, pins.resident] {
            assert!(!shown.contains(pin.reveal()), "{shown}");
        }
    }

    #[test]
    fn rare_names_keep_their_code_points() {
        let rare = Persona::built_in("rare").unwrap().holder.unwrap();
        let points: Vec<u32> = rare.name.chars().map(u32::from).collect();
        assert_eq!(
            points,
            [
                0x20BB7, 0x908A, 0xE0103, 0x3000, 0xFA19, 0x845B, 0xE0100, 0x20B9F
            ]
        );
    }

    #[test]
    fn a_birthday_on_the_29th_of_february_falls_on_the_28th_elsewhere() {
        let birth = jiff::civil::date(1992, 2, 29);
        let today = jiff::civil::date(2026, 11, 22);
        assert_eq!(
            birthday(birth, today, 1).unwrap(),
            jiff::civil::date(2027, 2, 28)
        );
        assert_eq!(
            birthday(birth, today, 2).unwrap(),
            jiff::civil::date(2028, 2, 29)
        );
    }
}
