//! `checkup`: on which days a check-up, a newborn test or a visit takes place.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checkups::{CheckupNote, Checkups, Child, Held, Status};
use crate::door::{Context, DoorError, Kind};

pub(crate) struct CheckupKind;

/// A check-up and a birth.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// Which: `chokaku`, `cmv`, `mass_screening`, `shinseiji_homon`, `kenshin_1m`, `konnichiwa`, `kenshin_3_4m`,
    /// `kenshin_6_7m`, `kenshin_9_10m`, `kenshin_18m`, `kenshin_3y`, `kenshin_5y`, `shugakuji`.
    checkup: String,
    /// The child's date of birth.
    birth: Date,
    /// The last day in hospital, where the child is or was admitted.
    #[serde(default)]
    admitted_until: Option<Date>,
    /// The day it took place, if it did.
    #[serde(default)]
    done: Option<Date>,
    /// The day to be answered for; the date of the law if not given.
    #[serde(default)]
    as_of: Option<Date>,
}

/// Its days.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `upcoming`: its first day has not come. `open`: it can take place. `last_day`: today is its last day. `closed`: its
    /// last day has passed. `exception`: a stay in hospital outlasts the window, the municipality decides. `done`: it took
    /// place.
    status: Status,
    /// First day.
    from: Date,
    /// Last day; `null` where the municipality decides.
    to: Option<Date>,
    /// The municipality must hold it.
    statutory: bool,
    /// Remarks.
    notes: Vec<Note>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Note {
    /// Its code.
    code: CheckupNote,
    /// Japanese.
    ja: String,
    /// English.
    en: String,
}

impl Kind for CheckupKind {
    const NAME: &'static str = "checkup";
    const ABOUT: &'static str = "on which days a check-up, test or visit takes place";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let checkups = Checkups::builtin().map_err(DoorError::impossible)?;
        let checkup = checkups
            .checkup(question.checkup.trim())
            .ok_or_else(|| DoorError::impossible(format!("no check-up {:?}", question.checkup)))?;
        let child = Child {
            birth: question.birth,
            admitted_until: question.admitted_until,
        };
        let as_of = question.as_of.unwrap_or(cx.as_of);
        let outlook = checkup.outlook(child, question.done, as_of);
        let note = |code: &CheckupNote| {
            let words = checkups.note(*code).cloned().unwrap_or_default();
            Note {
                code: *code,
                ja: words.ja,
                en: words.en,
            }
        };
        Ok(Answer {
            status: outlook.status,
            from: outlook.from,
            to: outlook.to,
            statutory: checkup.held == Held::Statutory,
            notes: outlook.notes.iter().map(note).collect(),
        })
    }
}
