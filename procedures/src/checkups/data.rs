//! The check-ups as data: `catalogue/checkups.toml`, read and checked. Opens no file, never panics.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ground::Ground;
use crate::milestone::{Anchors, Milestone};
use crate::text::Text;

/// Why the check-ups' data was refused.
#[derive(Debug, thiserror::Error)]
pub enum CheckupsError {
    /// The text is not what it should be.
    #[error("checkups")]
    File(#[source] Box<toml::de::Error>),
    /// Two check-ups answer to one name.
    #[error("{name} names two check-ups")]
    Twice {
        /// The id or alias.
        name: String,
    },
    /// A check-up that rests on nothing.
    #[error("{checkup} names no law or notice")]
    NoGround {
        /// The check-up.
        checkup: String,
    },
    /// A window that is not counted from the birth, or ends before it begins.
    #[error("{checkup}: the window is not one of a child's days")]
    Window {
        /// The check-up.
        checkup: String,
    },
    /// A remark has no words.
    #[error("no words for the note {code:?}")]
    NoWords {
        /// The remark.
        code: CheckupNote,
    },
}

/// First and last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First.
    pub from: Milestone,
    /// Last.
    pub to: Milestone,
}

/// What a stay in hospital means for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenAdmitted {
    /// Done in the hospital, or not bound to a place.
    Unaffected,
    /// Comes after discharge.
    Later,
    /// Where the stay outlasts the window, the municipality may still pay.
    Exception,
}

/// Who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// The hospital.
    #[default]
    InHospital,
    /// The municipality, which must.
    Statutory,
    /// The municipality, which may and sets the days.
    Municipal,
}

/// A check-up, test or visit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkup {
    /// Its id, for example `kenshin_1m`.
    pub id: String,
    /// Other names it answers to.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What families call it.
    pub title: Text,
    /// Its days.
    pub window: Window,
    /// What a stay in hospital means.
    pub when_admitted: WhenAdmitted,
    /// Who holds it.
    #[serde(default)]
    pub held: Held,
    /// Only after another result asks for it: never shown unasked.
    #[serde(default)]
    pub on_request: bool,
    /// A family books a place for it.
    #[serde(default)]
    pub booking: bool,
    /// What it rests on.
    pub ground: Vec<Ground>,
}

/// The rules of booking: the product's own, not law.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingRules {
    /// How long a place is held before it is confirmed.
    pub hold_minutes: u16,
    /// The last day of cancelling lies so many days before.
    pub cancel_days_before: u16,
    /// Reminders lie so many days before.
    pub remind_days_before: Vec<u16>,
}

/// A remark on a check-up.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CheckupNote {
    /// The stay in hospital outlasts the window.
    AdmittedThrough,
    /// Comes after discharge.
    AfterDischarge,
    /// Done in the hospital.
    InHospital,
    /// The window may differ by municipality.
    Municipal,
    /// Paid first and refunded.
    Refund,
}

impl CheckupNote {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AdmittedThrough,
        Self::AfterDischarge,
        Self::InHospital,
        Self::Municipal,
        Self::Refund,
    ];
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    checkup: Vec<Checkup>,
    booking: BookingRules,
    note: BTreeMap<CheckupNote, Text>,
}

/// Every check-up, in the order of a child's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkups {
    all: Vec<Checkup>,
    names: BTreeMap<String, usize>,
    booking: BookingRules,
    notes: BTreeMap<CheckupNote, Text>,
}

impl Checkups {
    /// The check-ups that are part of the program, read once.
    ///
    /// # Errors
    /// [`CheckupsError`] when the data contradicts itself.
    pub fn builtin() -> Result<&'static Self, &'static CheckupsError> {
        static BUILTIN: LazyLock<Result<Checkups, CheckupsError>> =
            LazyLock::new(|| Checkups::read(include_str!("../../catalogue/checkups.toml")));
        BUILTIN.as_ref()
    }

    /// Check-ups from the text of such a file.
    ///
    /// # Errors
    /// [`CheckupsError`] by what is wrong with it.
    pub fn read(text: &str) -> Result<Self, CheckupsError> {
        let raw: Raw =
            toml::from_str(text).map_err(|source| CheckupsError::File(Box::new(source)))?;
        let mut names = BTreeMap::new();
        for (index, checkup) in raw.checkup.iter().enumerate() {
            check(checkup)?;
            for name in std::iter::once(&checkup.id).chain(&checkup.aliases) {
                if names.insert(name.clone(), index).is_some() {
                    return Err(CheckupsError::Twice { name: name.clone() });
                }
            }
        }
        for code in CheckupNote::ALL {
            if !raw.note.contains_key(&code) {
                return Err(CheckupsError::NoWords { code });
            }
        }
        Ok(Self {
            all: raw.checkup,
            names,
            booking: raw.booking,
            notes: raw.note,
        })
    }

    /// The check-up of an id or one of its other names.
    #[must_use]
    pub fn checkup(&self, name: &str) -> Option<&Checkup> {
        self.names.get(name).and_then(|index| self.all.get(*index))
    }

    /// All check-ups.
    #[must_use]
    pub fn checkups(&self) -> &[Checkup] {
        &self.all
    }

    /// The rules of booking.
    #[must_use]
    pub fn booking(&self) -> &BookingRules {
        &self.booking
    }

    /// The words of a remark; `None` never happens for check-ups that were read.
    #[must_use]
    pub fn note(&self, code: CheckupNote) -> Option<&Text> {
        self.notes.get(&code)
    }
}

fn check(checkup: &Checkup) -> Result<(), CheckupsError> {
    if checkup.ground.is_empty() {
        return Err(CheckupsError::NoGround {
            checkup: checkup.id.clone(),
        });
    }
    // Any birth shows whether a window hangs on something else and whether it is the right way round.
    let anchors = Anchors {
        birth: Some(date(2024, 2, 29)),
        due: None,
    };
    let days = checkup
        .window
        .from
        .day(anchors)
        .zip(checkup.window.to.day(anchors));
    if days.is_none_or(|(from, to)| from > to) {
        return Err(CheckupsError::Window {
            checkup: checkup.id.clone(),
        });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../catalogue/checkups.toml");

    #[test]
    fn contradictions_are_refused_by_name() {
        let refusal = |from: &str, to: &str| {
            assert!(TEXT.contains(from), "{from}");
            Checkups::read(&TEXT.replacen(from, to, 1))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refusal("aliases = [\"chokaku_cmv\"", "aliases = [\"chokaku\""),
            "chokaku names two check-ups"
        );
        for window in [
            "{ from = { days = 42 }, to = { days = 41 } }",
            "{ from = { before_due = 7 }, to = { days = 41 } }",
        ] {
            assert_eq!(
                refusal("{ from = { days = 28 }, to = { days = 41 } }", window),
                "kenshin_1m: the window is not one of a child's days"
            );
        }
        for (from, to) in [
            ("days = 28", "weeks = 4"),
            ("when_admitted = \"exception\"", ""),
            ("held = \"statutory\"", "held = \"often\""),
        ] {
            assert_eq!(refusal(from, to), "checkups");
        }
        assert!(matches!(
            Checkups::read(&TEXT.replacen("refund = {", "in_hospital_too = {", 1)),
            Err(CheckupsError::File(_))
        ));
        let without = TEXT.lines().filter(|line| !line.starts_with("refund ="));
        let text: String = without.flat_map(|line| [line, "\n"]).collect();
        assert!(matches!(
            Checkups::read(&text),
            Err(CheckupsError::NoWords {
                code: CheckupNote::Refund
            })
        ));
    }
}
