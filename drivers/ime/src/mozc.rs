//! What is said to the conversion server: how a reading becomes its candidates, and a sentence its segments.
//!
//! A session lives for one conversion and is deleted after it. Nothing is ever taken ("submitted"), so even a server
//! that learns would have nothing to learn from.

use std::time::Instant;

use crate::link::{Address, LinkError, ask};
use crate::wire::{AS_IS, HIRAGANA, Input, KeyEvent, Output, SHIFT, Settings, kind, special};

/// A piece of a longer text that is converted on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its reading in hiragana.
    pub kana: String,
    /// What it can be, the likeliest first; never empty.
    pub candidates: Vec<String>,
}

/// Pieces of a reading beyond this are not joined into one: it is a sentence.
const MOST_STEPS: usize = 16;

/// What the server makes of a reading: first the whole as it would write it, then the candidates of the whole as one word.
pub(crate) fn convert(
    address: &Address,
    kana: &str,
    until: Instant,
) -> Result<Vec<String>, LinkError> {
    let session = Session::open(address, until)?;
    let result = session.convert(kana);
    session.close();
    result
}

/// The same reading in the pieces the server sees, with the candidates of each.
pub(crate) fn segments(
    address: &Address,
    kana: &str,
    until: Instant,
) -> Result<Vec<Segment>, LinkError> {
    let session = Session::open(address, until)?;
    let result = session.segments(kana);
    session.close();
    result
}

/// Tells the server to keep nothing, and asks back whether it understood.
pub(crate) fn set_forgetful(address: &Address, until: Instant) -> Result<bool, LinkError> {
    let set = Input {
        kind: kind::SET_CONFIG,
        settings: Some(Settings::forgetful()),
        ..Input::default()
    };
    ask(address, &set, until)?;
    let get = Input {
        kind: kind::GET_CONFIG,
        ..Input::default()
    };
    let settings = ask(address, &get, until)?.settings.unwrap_or_default();
    let wanted = Settings::forgetful();
    Ok(settings.incognito == wanted.incognito && settings.learning == wanted.learning)
}

struct Session<'a> {
    address: &'a Address,
    until: Instant,
    id: u64,
}

impl<'a> Session<'a> {
    fn open(address: &'a Address, until: Instant) -> Result<Self, LinkError> {
        let create = Input {
            kind: kind::CREATE_SESSION,
            ..Input::default()
        };
        let id = ask(address, &create, until)?.session.unwrap_or_default();
        Ok(Self { address, until, id })
    }

    fn close(self) {
        let delete = Input {
            kind: kind::DELETE_SESSION,
            session: Some(self.id),
            ..Input::default()
        };
        // A server that cannot delete a session any more has died, and the session with it; or it hangs, and the
        // next conversion finds that out.
        if let Err(error) = ask(self.address, &delete, self.until) {
            tracing::debug!(%error, "session not deleted");
        }
    }

    fn key(&self, key: KeyEvent) -> Result<Output, LinkError> {
        let input = Input {
            kind: kind::SEND_KEY,
            session: Some(self.id),
            key: Some(key),
            suggest: Some(false),
            ..Input::default()
        };
        ask(self.address, &input, self.until)
    }

    fn press(&self, special: i32, modifiers: Vec<i32>) -> Result<Output, LinkError> {
        self.key(KeyEvent {
            special: Some(special),
            modifiers,
            ..KeyEvent::default()
        })
    }

    fn type_and_convert(&self, kana: &str) -> Result<Output, LinkError> {
        self.key(KeyEvent {
            text: Some(kana.to_owned()),
            style: Some(AS_IS),
            mode: Some(HIRAGANA),
            activated: Some(true),
            ..KeyEvent::default()
        })?;
        self.press(special::SPACE, Vec::new())
    }

    fn convert(&self, kana: &str) -> Result<Vec<String>, LinkError> {
        let mut output = self.type_and_convert(kana)?;
        let mut found = Vec::new();
        if pieces(&output) > 1 {
            found.push(whole(&output));
        }
        // Shift and right makes the first piece longer by one kana, until it is the whole.
        for _ in 0..MOST_STEPS {
            if pieces(&output) <= 1 {
                break;
            }
            output = self.press(special::RIGHT, vec![SHIFT])?;
        }
        if pieces(&output) == 1 {
            found.extend(candidates(output));
        }
        Ok(found)
    }

    fn segments(&self, kana: &str) -> Result<Vec<Segment>, LinkError> {
        let mut output = self.type_and_convert(kana)?;
        let mut found = Vec::new();
        let shown: Vec<(String, String)> = preedit(&output)
            .map(|segment| {
                let reading = segment.reading.clone();
                (
                    reading.unwrap_or_else(|| segment.value.clone()),
                    segment.value.clone(),
                )
            })
            .collect();
        for (kana, value) in shown {
            let mut list = candidates(output);
            if list.is_empty() {
                list.push(value);
            }
            found.push(Segment {
                kana,
                candidates: list,
            });
            output = self.press(special::RIGHT, Vec::new())?;
        }
        Ok(found)
    }
}

fn preedit(output: &Output) -> impl Iterator<Item = &crate::wire::PreeditSegment> {
    output
        .preedit
        .iter()
        .flat_map(|preedit| preedit.segments.iter())
}

pub(crate) fn pieces(output: &Output) -> usize {
    preedit(output).count()
}

pub(crate) fn whole(output: &Output) -> String {
    preedit(output)
        .map(|segment| segment.value.as_str())
        .collect()
}

pub(crate) fn candidates(output: Output) -> Vec<String> {
    let words = output.all.unwrap_or_default().candidates;
    words.into_iter().filter_map(|word| word.value).collect()
}
