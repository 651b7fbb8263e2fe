//! コエ: what a family says about a step, one tap and a few words.
//!
//! Answers for the box beside every step and for keeping what is said. Nothing that was said is shown here again, not even to
//! whoever said it: two parents share the link. After a loss it asks nothing about good or bad.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use ubugoe_protocol::FilingId;

use super::super::{Failure, Shared};
use super::room_words as said;
use super::{Guest, Sent, moment, unknown};
use crate::store::family::{CaseFile, NewVoice, Voice};
use crate::store::nonstop::CaseLine;

/// Most characters of one comment.
const MOST_WORDS: usize = 400;

/// About what something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A filing.
    Filing(FilingId),
    /// An item of the line.
    Item(i64),
}

impl Step {
    fn word(self) -> String {
        match self {
            Self::Filing(id) => format!("filing-{id}"),
            Self::Item(number) => format!("item-{number}"),
        }
    }

    fn read(word: &str) -> Option<Self> {
        if let Some(id) = word.strip_prefix("filing-") {
            return id.parse().ok().map(Self::Filing);
        }
        word.strip_prefix("item-")?.parse().ok().map(Self::Item)
    }
}

/// What was said so far, and how one may ask.
#[derive(Debug, Clone)]
pub(super) struct Told {
    loss: bool,
    voices: Vec<Voice>,
}

impl Told {
    pub(super) fn of(case: &CaseFile, line: &CaseLine, voices: Vec<Voice>) -> Self {
        Self {
            loss: !line.losses.is_empty() || case.lost(),
            voices,
        }
    }

    /// Whether a child of the case was lost.
    pub(super) fn loss(&self) -> bool {
        self.loss
    }

    /// When something was last said about a step.
    fn last(&self, step: Step) -> Option<i64> {
        let about = |voice: &&Voice| match step {
            Step::Filing(id) => voice.item.is_none() && voice.filing == id,
            Step::Item(number) => voice.item == Some(number),
        };
        self.voices.iter().find(about).map(|voice| voice.at)
    }
}

/// The box.
pub(super) fn ask(guest: &Guest, told: &Told, step: &Step) -> Markup {
    let word = step.word();
    let box_id = format!("words-{word}");
    html! {
        form.voice method="post" action={ (guest.home()) "/voice" } data-step=(word) {
            (guest.hidden())
            input type="hidden" name="about" value=(word);
            @if let Some(at) = told.last(*step) {
                p.hint.received { (guest.say(&said::RECEIVED)) " " (moment(guest.tongue, at)) }
            }
            @if !told.loss {
                p.voice-title id={ "voice-" (word) } { (guest.say(&said::VOICE)) }
                div.taps role="group" aria-labelledby={ "voice-" (word) } {
                    button.secondary type="submit" name="mood" value="good" { (guest.say(&said::GOOD)) }
                    button.secondary type="submit" name="mood" value="hard" { (guest.say(&said::HARD)) }
                }
            }
            details {
                summary { (guest.say(if told.loss { &said::TELL } else { &said::ADD_WORDS })) }
                label.unseen for=(box_id) { (guest.say(if told.loss { &said::TELL } else { &said::ADD_WORDS })) }
                textarea id=(box_id) name="words" rows="3" maxlength=(MOST_WORDS) {}
                p.hint { (guest.say(&said::WORDS_HINT)) }
                @if told.loss { button.secondary type="submit" name="mood" value="word" { (guest.say(&said::SEND)) } }
            }
        }
    }
}

/// Keeps what is said.
pub(super) async fn keep(
    State(app): State<Shared>,
    Sent { guest, fields }: Sent,
) -> Result<Response, Failure> {
    let about = fields.get("about").unwrap_or_default();
    let step = Step::read(about).ok_or(Failure::BadForm("about"))?;
    let words = fields
        .get("words")
        .map(|words| words.replace("\r\n", "\n").trim().to_owned())
        .filter(|words| !words.is_empty());
    if words
        .as_ref()
        .is_some_and(|words| words.chars().count() > MOST_WORDS)
    {
        return Err(Failure::BadForm("words"));
    }
    let mood = match fields.get("mood") {
        Some("good") => "good",
        Some("hard") => "hard",
        Some("word") if words.is_some() => "word",
        // nothing was written: nothing was said
        Some("word") => return Ok(back(&guest, about)),
        _ => return Err(Failure::BadForm("mood")),
    };
    let (filing, item) = match step {
        Step::Filing(id) => (Some(id), None),
        Step::Item(number) => (None, Some(number)),
    };
    let kept = app
        .store
        .family_says(NewVoice {
            case_ref: guest.case_ref,
            filing,
            item,
            mood,
            words,
            at: app.now(),
        })
        .await?;
    Ok(if kept {
        back(&guest, about)
    } else {
        unknown(guest.tongue)
    })
}

fn back(guest: &Guest, about: &str) -> Response {
    Redirect::to(&format!("{}#{about}", guest.home())).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_step_is_read_back_and_nothing_else_is_one() {
        let filing = Step::Filing(FilingId::from_bytes([7; 16]));
        for step in [filing, Step::Item(12)] {
            assert_eq!(Step::read(&step.word()), Some(step));
        }
        for wrong in ["", "item-", "item-x", "filing-12", "12"] {
            assert_eq!(Step::read(wrong), None);
        }
    }
}
