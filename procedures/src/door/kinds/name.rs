//! `name`: whether a newborn may be given this name, as far as its characters go.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::ask::holds_individual_number;
use crate::door::{Context, DoorError, Kind};
use crate::form::Confidence;
use crate::names::{self, NameVerdict, Problem, ReasonCode};

pub(crate) struct Name;

/// A given name.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// The given name, code point for code point as it would be filed; empty or null while it is not decided.
    #[serde(deserialize_with = "nullable")]
    #[schemars(required, with = "Option<String>")]
    name: Option<String>,
    /// The day whose list of characters applies, if not the door's own.
    #[serde(default)]
    as_of: Option<Date>,
}

/// The verdict on a name or a reading.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// What happens to it.
    verdict: Word,
    /// Why; null when it is accepted.
    reason: Option<ReasonCode>,
    /// With `normalise`: the same, its kana written as a register writes them. Kanji are untouched.
    #[serde(skip_serializing_if = "Option::is_none")]
    normalized: Option<String>,
    /// Every reason, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<ReasonCode>,
    /// The characters that were rejected, or that have a better code point; the first twenty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    characters: Vec<Character>,
    /// Characters that count as permitted without the list having been seen in a source that was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unverified: Vec<char>,
}

/// A character that stands in the way, or could be better.
#[derive(Debug, Serialize, JsonSchema)]
struct Character {
    /// The user-perceived character.
    #[serde(rename = "character")]
    given: String,
    /// Its place, counted in user-perceived characters from 0.
    at: usize,
    /// What is wrong with it.
    reason: ReasonCode,
    /// Permitted characters close to it, the closest first; offers, never corrections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<char>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Word {
    /// Every character is permitted.
    Accept,
    /// It can be filed, and an officer decides.
    Review,
    /// At least one character is not permitted.
    Reject,
    /// Only the kana are to be written another way: see `normalized`.
    Normalise,
}

/// The most characters an answer lists.
const LISTED: usize = 20;

/// A text or null, which must be there.
pub(super) fn nullable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}

impl Answer {
    /// The verdict on a text. An individual number is rejected as such, and no part of it comes back.
    pub(super) fn of(text: &str, verdict: NameVerdict) -> Self {
        match verdict {
            NameVerdict::Reject(_) if holds_individual_number(text) => {
                let number = Problem::of(ReasonCode::IndividualNumber);
                Self::from(NameVerdict::Reject(vec![number]))
            }
            verdict => Self::from(verdict),
        }
    }

    fn with_reasons(self, reasons: Vec<ReasonCode>) -> Self {
        match reasons.as_slice() {
            [] | [_] => self,
            _ => Self { reasons, ..self },
        }
    }
}

impl From<NameVerdict> for Answer {
    fn from(verdict: NameVerdict) -> Self {
        let bare = |verdict, reason| Self {
            verdict,
            reason,
            normalized: None,
            reasons: Vec::new(),
            characters: Vec::new(),
            unverified: Vec::new(),
        };
        match verdict {
            NameVerdict::Accept => bare(Word::Accept, None),
            NameVerdict::Review(reasons) => {
                let answer = bare(Word::Review, reasons.first().copied());
                answer.with_reasons(reasons)
            }
            NameVerdict::Normalise { to, why } => Self {
                normalized: Some(to),
                ..bare(Word::Normalise, Some(why))
            },
            NameVerdict::Reject(problems) => {
                let mut reasons: Vec<ReasonCode> = Vec::new();
                for problem in &problems {
                    if !reasons.contains(&problem.code) {
                        reasons.push(problem.code);
                    }
                }
                let characters = problems.into_iter().filter_map(character).take(LISTED);
                let answer = Self {
                    characters: characters.collect(),
                    ..bare(Word::Reject, reasons.first().copied())
                };
                answer.with_reasons(reasons)
            }
        }
    }
}

fn character(problem: Problem) -> Option<Character> {
    let given = problem.character?;
    let alternatives = match (problem.code, given.chars().next()) {
        (ReasonCode::KanjiNotForNames | ReasonCode::CharacterNotAllowed, Some(first)) => {
            names::alternatives(first).to_vec()
        }
        _ => Vec::new(),
    };
    Some(Character {
        given,
        at: problem.at?,
        reason: problem.code,
        alternatives,
    })
}

impl Kind for Name {
    const NAME: &'static str = "name";
    const ABOUT: &'static str = "whether the characters of a newborn's given name are permitted";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let name = question.name.unwrap_or_default();
        let day = question.as_of.unwrap_or(cx.as_of);
        let verdict = names::given_name_on(&name, day);
        let filed = !matches!(verdict, NameVerdict::Reject(_));
        let second = match &verdict {
            NameVerdict::Review(_) => second_code_points(&name),
            _ => Vec::new(),
        };
        // What is left for an officer once the kana are written the usual way.
        let after = match &verdict {
            NameVerdict::Normalise { to, why } => match names::given_name_on(to, day) {
                NameVerdict::Review(reasons) => [vec![*why], reasons].concat(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let mut answer = Answer::of(&name, verdict).with_reasons(after);
        answer.characters.extend(second);
        if filed {
            answer.unverified = unverified(&name);
        }
        Ok(answer)
    }
}

fn second_code_points(name: &str) -> Vec<Character> {
    let found = names::graphemes(name)
        .enumerate()
        .filter_map(|(at, grapheme)| {
            let first = names::first_code_point(grapheme.chars().next()?)?;
            Some(Character {
                given: grapheme.to_owned(),
                at,
                reason: ReasonCode::SecondCodePoint,
                alternatives: vec![first],
            })
        });
    found.take(LISTED).collect()
}

fn unverified(name: &str) -> Vec<char> {
    let mut found = Vec::new();
    for c in name.chars() {
        let doubtful = names::kanji(c).is_some_and(|kanji| kanji.confidence == Confidence::Gk);
        if doubtful && !found.contains(&c) {
            found.push(c);
        }
    }
    found
}
