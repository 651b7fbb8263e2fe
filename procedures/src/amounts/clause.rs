//! The sentences an amount rests on, and the reasons that quote them.
//!
//! A clause is data: law, article, a sentence in each language with slots for numbers. A reason is a clause with its
//! numbers, small enough to be made by the million; its words are put together only when somebody reads them. Must
//! not decide anything.

use std::fmt;

use super::AmountsError;
use super::month::MonthNumber;
use crate::calendar::{english_month, japanese_month};
use crate::form::Confidence;
use crate::text::{Lang, Text};

/// A sentence of law, or of how it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    id: String,
    law: String,
    law_id: Option<String>,
    article: String,
    ja: Template,
    en: Template,
    confidence: Confidence,
}

impl Clause {
    pub(super) fn new(
        raw: RawClause,
        law: &RawLaw,
        file: &'static str,
    ) -> Result<Self, AmountsError> {
        let template = |text: &str| {
            Template::parse(text).map_err(|slot| AmountsError::NoSuchSlot {
                file,
                clause: raw.id.clone(),
                slot,
            })
        };
        Ok(Self {
            ja: template(&raw.ja)?,
            en: template(&raw.en)?,
            id: raw.id,
            law: law.name.clone(),
            law_id: law.law_id.clone(),
            article: raw.article,
            confidence: raw.confidence,
        })
    }

    /// Stable id of the rule.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The law's Japanese name.
    #[must_use]
    pub fn law(&self) -> &str {
        &self.law
    }

    /// e-Gov law id, where it is known.
    #[must_use]
    pub fn law_id(&self) -> Option<&str> {
        self.law_id.as_deref()
    }

    /// Article or articles.
    #[must_use]
    pub fn article(&self) -> &str {
        &self.article
    }

    /// How sure the catalogue is.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        self.confidence
    }
}

/// A clause as it is written in a file.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClause {
    pub(super) id: String,
    pub(super) law: String,
    pub(super) article: String,
    pub(super) ja: String,
    pub(super) en: String,
    #[serde(default)]
    pub(super) confidence: Confidence,
}

/// A law as it is written in a file.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLaw {
    pub(super) key: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) law_id: Option<String>,
}

/// The numbers of a reason; what a clause has no slot for is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Money in yen: `{yen}`.
    pub yen: i64,
    /// Another sum of money, usually a limit: `{limit}`.
    pub limit: i64,
    /// A count: `{n}`.
    pub n: i64,
    /// A month: `{month}`.
    pub month: MonthNumber,
}

/// A clause with its numbers: one step of how an amount came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason<'t> {
    /// Which rule.
    pub clause: &'t Clause,
    /// Which child it is about, as an index into what was asked.
    pub child: Option<u32>,
    /// Its numbers.
    pub numbers: Numbers,
}

impl<'t> Reason<'t> {
    pub(super) fn new(clause: &'t Clause) -> Self {
        Self {
            clause,
            child: None,
            numbers: Numbers::default(),
        }
    }

    pub(super) fn yen(mut self, yen: i64) -> Self {
        self.numbers.yen = yen;
        self
    }

    pub(super) fn limit(mut self, limit: i64) -> Self {
        self.numbers.limit = limit;
        self
    }

    pub(super) fn n(mut self, n: i64) -> Self {
        self.numbers.n = n;
        self
    }

    pub(super) fn month(mut self, month: MonthNumber) -> Self {
        self.numbers.month = month;
        self
    }

    /// Writes the sentence.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, lang: Lang, out: &mut impl fmt::Write) -> fmt::Result {
        match lang {
            Lang::Ja => self.clause.ja.write(&self.numbers, lang, out),
            Lang::En => self.clause.en.write(&self.numbers, lang, out),
        }
    }

    /// The sentence in every language.
    #[must_use]
    pub fn sentence(&self) -> Text {
        let in_lang = |lang| {
            let mut words = String::new();
            // A String takes everything.
            let _ = self.write(lang, &mut words);
            words
        };
        Text {
            ja: in_lang(Lang::Ja),
            en: in_lang(Lang::En),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Yen,
    Limit,
    N,
    Month,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    Slot(Slot),
}

/// A sentence with slots, taken apart once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template(Vec<Piece>);

impl Template {
    fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| after.to_owned())?;
            if !words.is_empty() {
                pieces.push(Piece::Words(words.to_owned()));
            }
            pieces.push(Piece::Slot(match name {
                "yen" => Slot::Yen,
                "limit" => Slot::Limit,
                "n" => Slot::N,
                "month" => Slot::Month,
                other => return Err(other.to_owned()),
            }));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    fn write(&self, numbers: &Numbers, lang: Lang, out: &mut impl fmt::Write) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => out.write_str(words)?,
                Piece::Slot(Slot::Yen) => grouped(numbers.yen, out)?,
                Piece::Slot(Slot::Limit) => grouped(numbers.limit, out)?,
                Piece::Slot(Slot::N) => write!(out, "{}", numbers.n)?,
                Piece::Slot(Slot::Month) => month(numbers.month, lang, out)?,
            }
        }
        Ok(())
    }
}

fn month(month: MonthNumber, lang: Lang, out: &mut impl fmt::Write) -> fmt::Result {
    match lang {
        Lang::Ja => {
            let year = i16::try_from(month.year()).unwrap_or(i16::MAX);
            out.write_str(&japanese_month(year, month.month()))
        }
        Lang::En => write!(out, "{} {}", english_month(month.month()), month.year()),
    }
}

/// A sum with its thousands set apart: `1,070,000`.
fn grouped(sum: i64, out: &mut impl fmt::Write) -> fmt::Result {
    // i64 has nineteen digits, six separators and a sign.
    let mut text = [0u8; 26];
    let mut rest = sum.unsigned_abs();
    let mut at = text.len();
    let mut written = 0;
    loop {
        if written > 0 && written % 3 == 0 {
            at -= 1;
            put(&mut text, at, b',');
        }
        at -= 1;
        put(&mut text, at, b'0' + u8::try_from(rest % 10).unwrap_or(0));
        written += 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if sum < 0 {
        out.write_char('-')?;
    }
    let digits = text.get(at..).unwrap_or_default();
    out.write_str(std::str::from_utf8(digits).unwrap_or_default())
}

fn put(text: &mut [u8], at: usize, byte: u8) {
    if let Some(place) = text.get_mut(at) {
        *place = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_grouped_by_thousands_up_to_the_ends_of_the_type() {
        for (sum, shown) in [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (-44_080, "-44,080"),
            (1_070_000, "1,070,000"),
            (i64::MAX, "9,223,372,036,854,775,807"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ] {
            let mut out = String::new();
            assert_eq!(grouped(sum, &mut out), Ok(()));
            assert_eq!(out, shown);
        }
    }

    #[test]
    fn a_template_with_an_unknown_or_open_slot_is_refused() {
        assert_eq!(Template::parse("{cats}匹"), Err("cats".to_owned()));
        assert_eq!(Template::parse("月額{yen"), Err("yen".to_owned()));
        assert_eq!(
            Template::parse("{n}人目"),
            Ok(Template(vec![
                Piece::Slot(Slot::N),
                Piece::Words("人目".to_owned())
            ]))
        );
    }
}
