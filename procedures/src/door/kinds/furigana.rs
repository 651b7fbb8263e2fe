//! `furigana`: whether a reading is written as the register writes readings. Never whether it suits the name.

use schemars::JsonSchema;
use serde::Deserialize;

use super::name::{self, nullable};
use crate::door::{Context, DoorError, Kind};
use crate::names;

pub(crate) struct Furigana;

/// A reading.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// The reading of the given name; empty or null while the name is not decided.
    #[serde(deserialize_with = "nullable")]
    #[schemars(required, with = "Option<String>")]
    furigana: Option<String>,
}

impl Kind for Furigana {
    const NAME: &'static str = "furigana";
    const ABOUT: &'static str = "whether a reading is written in katakana as the register has it";
    type Question = Question;
    type Answer = name::Answer;

    fn answer(_: &Context, question: Question) -> Result<name::Answer, DoorError> {
        let furigana = question.furigana.unwrap_or_default();
        let verdict = names::furigana(&furigana);
        Ok(name::Answer::of(&furigana, verdict))
    }
}
