//! The one fact that opens a family's page beside its link.
//!
//! Answers for what is asked, read from the filings of the case, and for whether an answer is right. It is a day that stands on
//! the filings, that both parents know and that is not printed on a receipt: when the mother was born; where no filing says so,
//! when whoever filed was born; where none says that either, when the child was born, but never after a loss. Where an officer
//! gave a code, only the code. Pure. Must not say which part of an answer was wrong.

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use ubugoe_procedures::{Answers, Filing, Value};

use crate::store::family::CaseFile;

/// Fields with the mother's date of birth, in the forms of the catalogue.
const MOTHER: [&str; 2] = ["mother.birth", "woman.birth"];
/// Fields with that of whoever filed.
const FILER: [&str; 8] = [
    "filer.birth",
    "claimant.birth",
    "guardian.birth",
    "insured.birth",
    "person.birth",
    "rep.birth",
    "head.birth",
    "worker.birth",
];
/// Fields with the child's.
const CHILD: [&str; 6] = [
    "birth_dt",
    "child.birth",
    "child[0].birth",
    "newborn[0].birth",
    "child_birth",
    "birth_on",
];

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The day the mother was born.
    Mother,
    /// The day whoever filed was born.
    Filer,
    /// The day the child was born.
    Child,
    /// The code that an officer gave.
    Code,
    /// Nothing: no filing holds such a day. An officer can give a code.
    Nothing,
}

/// What opens a case. `Debug` shows only what is asked.
#[derive(Clone)]
pub struct Fact {
    asked: Asked,
    /// Hashes of the answers that are right: a day may stand otherwise on two filings of one case.
    right: Vec<[u8; 32]>,
}

impl std::fmt::Debug for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fact({:?})", self.asked)
    }
}

impl Fact {
    /// What opens this case.
    #[must_use]
    pub fn of(case: &CaseFile) -> Self {
        if let Some(code) = case.code_sha256 {
            return Self {
                asked: Asked::Code,
                right: vec![code],
            };
        }
        let answers: Vec<Answers> = case
            .papers
            .iter()
            .filter_map(|paper| Some(Filing::parse(&paper.canonical).ok()?.answers()))
            .collect();
        let kinds: [(Asked, &[&str]); 3] = [
            (Asked::Mother, &MOTHER),
            (Asked::Filer, &FILER),
            (Asked::Child, if case.lost() { &[] } else { &CHILD }),
        ];
        for (asked, paths) in kinds {
            let mut right: Vec<[u8; 32]> = Vec::new();
            for answers in &answers {
                right.extend(
                    paths
                        .iter()
                        .filter_map(|path| day(answers, path))
                        .map(day_hash),
                );
            }
            if !right.is_empty() {
                right.sort_unstable();
                right.dedup();
                return Self { asked, right };
            }
        }
        Self {
            asked: Asked::Nothing,
            right: Vec::new(),
        }
    }

    /// What is asked.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.asked
    }

    /// Whether an answer is right: every answer is compared whole, and with all that are right.
    #[must_use]
    pub fn opens(&self, given: [u8; 32]) -> bool {
        let mut opens = false;
        for right in &self.right {
            let differing = right
                .iter()
                .zip(given.iter())
                .fold(0, |all, (one, other)| all | (one ^ other));
            opens |= differing == 0;
        }
        opens
    }
}

fn day(answers: &Answers, path: &str) -> Option<Date> {
    match answers.value(path) {
        Some(Value::Date(day)) => Some(*day),
        Some(Value::DateTime(at)) => Some(at.date()),
        _ => None,
    }
}

/// An answer that is a day.
#[must_use]
pub fn day_hash(day: Date) -> [u8; 32] {
    hash("day", &day.to_string())
}

/// An answer that is a code of this case; what is no digit does not count.
#[must_use]
pub fn code_hash(case_ref: &[u8; 32], code: &str) -> [u8; 32] {
    let digits: String = plain(code).chars().filter(char::is_ascii_digit).collect();
    hash(&hex::encode(case_ref), &digits)
}

fn hash(what: &str, text: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"ubugoe second fact\0");
    hash.update(what.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    hash.finalize().into()
}

/// Digits of any width as ASCII digits.
fn plain(text: &str) -> String {
    text.chars()
        .map(|each| match each {
            '０'..='９' => {
                char::from_digit(u32::from(each) - u32::from('０'), 10).unwrap_or(each)
            }
            '०'..='९' => char::from_digit(u32::from(each) - u32::from('०'), 10).unwrap_or(each),
            _ => each,
        })
        .collect()
}

/// A day as somebody writes it in three boxes; the year in the era chosen beside it (`w`: western). Nothing where it is no day.
#[must_use]
pub fn read_day(era: &str, year: &str, month: &str, number: &str) -> Option<Date> {
    let number_of = |text: &str| -> Option<i16> { plain(text).trim().parse().ok() };
    let first: i16 = match era {
        "w" => 0,
        "r" => 2018,
        "h" => 1988,
        "s" => 1925,
        _ => return None,
    };
    let year = first.checked_add(number_of(year)?)?;
    let (month, number) = (number_of(month)?, number_of(number)?);
    if year < 1900 {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(number).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use jiff::civil::date;
    use ubugoe_procedures::{Catalogue, FieldKind};

    use super::*;

    #[test]
    fn a_day_is_read_from_any_calendar_and_any_digits() {
        let birth = Some(date(1996, 11, 23));
        for (era, year, month, number) in [
            ("w", "1996", "11", "23"),
            ("h", "8", "11", "23"),
            ("w", "１９９６", " 11 ", "２３"),
            ("w", "१९९६", "११", "२३"),
        ] {
            assert_eq!(read_day(era, year, month, number), birth);
        }
        assert_eq!(read_day("s", "63", "1", "2"), Some(date(1988, 1, 2)));
        assert_eq!(read_day("r", "8", "1", "2"), Some(date(2026, 1, 2)));
        for wrong in [
            ("w", "1996", "13", "1"),
            ("w", "1996", "2", "30"),
            ("w", "8", "2", "3"),
            ("x", "8", "2", "3"),
            ("w", "", "", ""),
            ("w", "99999999", "1", "1"),
        ] {
            assert_eq!(read_day(wrong.0, wrong.1, wrong.2, wrong.3), None);
        }
    }

    #[test]
    fn a_code_is_the_same_however_it_is_spaced_and_belongs_to_its_case() {
        let case = [7; 32];
        let code = code_hash(&case, "12345678");
        assert_eq!(code_hash(&case, " 1234 5678"), code);
        assert_eq!(code_hash(&case, "１２３４－５６７８"), code);
        assert_ne!(code_hash(&case, "12345679"), code);
        assert_ne!(code_hash(&[8; 32], "12345678"), code);
        let fact = Fact::of(&CaseFile {
            code_sha256: Some(code),
            ..CaseFile::default()
        });
        assert_eq!(fact.asked(), Asked::Code);
        assert!(fact.opens(code) && !fact.opens(code_hash(&case, "12345679")));
    }

    #[test]
    fn nothing_opens_a_case_that_says_nothing() {
        let fact = Fact::of(&CaseFile::default());
        assert_eq!(fact.asked(), Asked::Nothing);
        assert!(!fact.opens(day_hash(date(1996, 11, 23))) && !fact.opens([0; 32]));
    }

    /// Every form with a date of birth anywhere has one of the fields above: no kind of filing is left without a question.
    #[test]
    fn every_form_that_asks_for_a_birth_is_covered() {
        let catalogue = Catalogue::builtin().unwrap();
        let mut asked = 0;
        for procedure in catalogue.procedures() {
            let dates: Vec<&str> = procedure
                .form
                .fields
                .iter()
                .filter(|field| {
                    matches!(field.kind, FieldKind::Date | FieldKind::DateTime)
                        && field.path.as_str().contains("birth")
                })
                .map(|field| field.path.as_str())
                .collect();
            if dates.is_empty() {
                continue;
            }
            asked += 1;
            let known = MOTHER.iter().chain(&FILER).chain(&CHILD);
            assert!(
                known.into_iter().any(|path| dates.contains(path)),
                "{}: {dates:?}",
                procedure.id
            );
        }
        assert!(asked > 30, "{asked}");
    }
}
