//! Which characters may stand where: a newborn's name, a reading, an address, a bank's ledger.
//!
//! Three answers: accept, review (an officer decides; the reason is kept), block (with the reason and, where
//! one exists, a proposal the parent may take). Only a character set or a length ever blocks. Nothing here changes a text:
//! proposals are proposals. Kanji are compared by code point, because normalisation would turn
//! permitted compatibility ideographs (神 U+FA19) into other characters.

mod given;
mod kana;
mod kanji;
mod zengin;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

pub use given::{given_name, given_name_on};
pub use kana::{compose_kana, furigana, reading, to_reading_kana};
pub use kanji::{
    Kanji, KanjiList, all_kanji, alternatives, first_code_point, kanji, kanji_by_radical,
    kanji_by_reading, kanji_by_strokes,
};
pub use zengin::{same_in_bank, to_zengin};

/// A repertoire of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Charset {
    /// Names and addresses as registered (行政事務標準文字): any letter or ideograph, variation selectors and
    /// the private-use letters of that repertoire. The table of 68,282 characters is not here, so what
    /// merely looks unlikely is reviewed, never blocked.
    Mj,
    /// The given name of a newborn (戸籍法50, 施行規則60).
    Name,
    /// A reading: full-width katakana and ー.
    Kana,
    /// Half-width repertoire of bank transfers.
    Zengin,
    /// General text (JIS X 0213). As with `Mj`, unlikely characters are reviewed.
    JisX0213,
    /// Printable ASCII.
    Ascii,
    /// ASCII digits.
    Digit,
}

/// Why an officer should look, or why a text was blocked. Stable words; the screen has the sentences.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Blocked: a character outside the field's repertoire.
    CharacterNotAllowed,
    /// Blocked: a kanji that a given name may not hold.
    KanjiNotForNames,
    /// Blocked: half-width or decomposed kana; a proposal is given.
    KanaNotComposed,
    /// Blocked: hiragana or a look-alike of ー where katakana and ー stand; a proposal is given.
    NotKatakana,
    /// Blocked: a control character or a character nobody can see.
    InvisibleCharacter,
    /// Blocked: more characters than the form has room for. Review, where a name or a reading is judged as such: no
    /// law gives a length.
    TooLong,
    /// Blocked: empty where something must stand.
    Empty,
    /// Blocked: another kind of value than the field takes.
    WrongKind,
    /// Blocked: a number outside its bounds.
    OutOfRange,
    /// Blocked: not one of the options.
    NoSuchOption,
    /// Blocked: blank where a blank is not allowed.
    BlankNotAllowed,
    /// Blocked: not the form such a value has (telephone number, e-mail address, code).
    BadFormat,
    /// Blocked: an individual number (個人番号) has no place in any field.
    IndividualNumber,
    /// Review: the second code point of a 常用漢字 (叱 for 𠮟 …).
    SecondCodePoint,
    /// Review: a variation selector in a given name.
    VariantInName,
    /// Review: ー, ゝ, ゞ or 々 where it repeats or lengthens nothing.
    MarkOutOfPlace,
    /// Review: a kana on which the sources disagree.
    KanaUnclear,
    /// Review: a character unlikely in a register.
    UnlikelyCharacter,
    /// Review: the child's name is not decided.
    NameUndecided,
    /// Review: the child's sex is undetermined.
    SexUndetermined,
    /// Review: a register fact was left for the office to look up.
    LeftToOffice,
    /// Review: differs from the certificate.
    DiffersFromCertificate,
    /// Review: the higher earner is the spouse.
    SpouseEarnsMore,
    /// Review: consent to look-ups was not given; papers will be needed.
    NoConsent,
    /// Review: the child's family name is not the mother's.
    FamilyNameDiffers,
    /// Review: an account of this kind is refused or unusual.
    AccountKind,
    /// Review: a day that can hardly be.
    UnlikelyDate,
}

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub code: ReasonCode,
    /// The offending user-perceived character, when there is one.
    pub character: Option<String>,
    /// Its place, counted in user-perceived characters from 0.
    pub at: Option<usize>,
    /// What could stand there instead; only ever offered, never applied.
    pub proposal: Option<String>,
}

impl Problem {
    pub(crate) fn of(code: ReasonCode) -> Self {
        Self {
            code,
            character: None,
            at: None,
            proposal: None,
        }
    }

    pub(crate) fn at(code: ReasonCode, index: usize, character: &str) -> Self {
        Self {
            code,
            character: Some(character.to_owned()),
            at: Some(index),
            proposal: None,
        }
    }
}

/// The verdict on a name or a reading as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameVerdict {
    /// Every character is permitted.
    Accept,
    /// An officer decides; at least one reason.
    Review(Vec<ReasonCode>),
    /// Only the kana are written another way than a register writes them.
    Normalise {
        /// What was probably meant. Kanji in it are the given code points.
        to: String,
        /// What is to be written another way.
        why: ReasonCode,
    },
    /// At least one character is not permitted; at least one problem.
    Reject(Vec<Problem>),
}

/// The result of checking one value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// What must be changed before the form can be filed: only charset, length or format.
    pub blocks: Vec<Problem>,
    /// What an officer should look at; never stops a filing.
    pub reviews: Vec<ReasonCode>,
}

impl Verdict {
    /// Whether the value may be filed.
    #[must_use]
    pub fn fileable(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(crate) fn block(&mut self, problem: Problem) {
        self.blocks.push(problem);
    }

    /// Blocks for a user-perceived character, once for a reason however many code points of it give that reason: it may
    /// consist of as many as the text has.
    fn block_once(&mut self, code: ReasonCode, index: usize, character: &str) {
        let mut here = self
            .blocks
            .iter()
            .rev()
            .take_while(|problem| problem.at == Some(index));
        if !here.any(|problem| problem.code == code) {
            self.block(Problem::at(code, index, character));
        }
    }

    pub(crate) fn review(&mut self, code: ReasonCode) {
        if !self.reviews.contains(&code) {
            self.reviews.push(code);
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.blocks.extend(other.blocks);
        for code in other.reviews {
            self.review(code);
        }
    }
}

/// Whether a character only selects a variant of the one before it: ideographic variation selectors
/// (U+E0100–E01EF) and standardised ones (U+FE00–FE0F).
#[must_use]
pub fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{E0100}'..='\u{E01EF}' | '\u{FE00}'..='\u{FE0F}')
}

/// How long a text is in user-perceived characters; a variation selector does not count.
#[must_use]
pub fn length(text: &str) -> usize {
    graphemes(text)
        .filter(|grapheme| !grapheme.chars().all(is_variation_selector))
        .count()
}

pub(crate) fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    text.graphemes(true)
}

/// Checks a text against a repertoire. Length is not looked at.
#[must_use]
pub fn check(charset: Charset, text: &str) -> Verdict {
    match charset {
        Charset::Name => given::check(text),
        Charset::Kana => kana::check(text),
        Charset::Mj | Charset::JisX0213 => open_repertoire(text),
        Charset::Zengin => closed_repertoire(text, zengin::allowed, &to_zengin),
        Charset::Ascii => closed_repertoire(text, |c| matches!(c, ' '..='~'), &narrow),
        Charset::Digit => closed_repertoire(text, |c| c.is_ascii_digit(), &narrow),
    }
}

/// A repertoire known in full: everything else blocks, with a proposal if the whole text has one.
fn closed_repertoire(
    text: &str,
    allowed: impl Fn(char) -> bool,
    propose: &dyn Fn(&str) -> String,
) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, grapheme) in graphemes(text).enumerate() {
        if !grapheme.chars().all(&allowed) {
            verdict.block(Problem::at(
                ReasonCode::CharacterNotAllowed,
                index,
                grapheme,
            ));
        }
    }
    if let Some(first) = verdict.blocks.first_mut() {
        let proposal = propose(text);
        first.proposal = proposal.chars().all(&allowed).then_some(proposal);
    }
    verdict
}

/// A repertoire known only in outline: invisible characters block, unlikely ones are reviewed.
fn open_repertoire(text: &str) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, grapheme) in graphemes(text).enumerate() {
        if grapheme.chars().any(invisible) {
            verdict.block(Problem::at(ReasonCode::InvisibleCharacter, index, grapheme));
        } else if grapheme.chars().any(unlikely) {
            verdict.review(ReasonCode::UnlikelyCharacter);
        }
    }
    verdict
}

/// Control and format characters that change or hide text: no register holds them.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFF}' | '\u{E0000}'..='\u{E007F}')
}

/// Characters no Japanese register is likely to hold: pictographs, half-width kana, private use outside plane 16.
fn unlikely(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}' | '\u{FF61}'..='\u{FF9F}'
        | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFF}' | '\u{FE00}'..='\u{FE0F}')
}

/// Full-width ASCII to ASCII, and the several hyphens people type in numbers to `-`.
fn narrow(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            '\u{30FC}' | '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            other => other,
        })
        .collect()
}
