//! What an agency's answer means: data of each question, never guessed from words.
//!
//! An answer is JSON with a `result`, the agency's word, and perhaps a `reason` for an officer. Which words may be answered to a
//! question, and what each of them means, stands in the configuration (`answers` of an ask; without it the four words of
//! [`Meaning::code`] stand for themselves). A word that was not agreed upon means nothing: it is never a yes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::hops::Reason;

/// What an answer says about what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Yes.
    Granted,
    /// No.
    Refused,
    /// Not before something else is there.
    NeedsMore,
    /// They know nothing of it.
    NotKnown,
}

impl Meaning {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::Granted,
        Self::Refused,
        Self::NeedsMore,
        Self::NotKnown,
    ];

    /// The word in configurations, and in answers where nothing else was agreed upon.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::NeedsMore => "needs-more",
            Self::NotKnown => "not-known",
        }
    }

    /// Reads [`Meaning::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// Why a question with this answer lies with an officer; none for a yes.
    #[must_use]
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Granted => None,
            Self::Refused => Some(Reason::Declined),
            Self::NeedsMore => Some(Reason::NeedsMore),
            Self::NotKnown => Some(Reason::NotKnown),
        }
    }
}

/// Longest reason that is shown, in characters.
const MOST: usize = 200;

#[derive(Deserialize)]
struct Body {
    result: Option<String>,
    reason: Option<String>,
}

/// Which words may be answered to a question, and what each means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers(BTreeMap<String, Meaning>);

impl Default for Answers {
    fn default() -> Self {
        Self(Meaning::ALL.map(|one| (one.code().to_owned(), one)).into())
    }
}

impl FromIterator<(String, Meaning)> for Answers {
    fn from_iter<I: IntoIterator<Item = (String, Meaning)>>(words: I) -> Self {
        Self(words.into_iter().collect())
    }
}

impl Answers {
    /// What a body means.
    ///
    /// # Errors
    /// [`Reason::Garbled`]: it is not JSON; [`Reason::Meaningless`]: no word of it was agreed upon.
    pub fn read(&self, body: &[u8]) -> Result<Meaning, Reason> {
        let any: serde_json::Value = serde_json::from_slice(body).map_err(|_| Reason::Garbled)?;
        let result = any.get("result").and_then(serde_json::Value::as_str);
        let meaning = result.and_then(|word| self.0.get(word));
        meaning.copied().ok_or(Reason::Meaningless)
    }
}

/// What an agency says besides, for an officer: at most 200 characters in one line.
#[must_use]
pub fn said(body: &[u8]) -> Option<String> {
    let body: Body = serde_json::from_slice(body).ok()?;
    body.result.as_ref()?;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let reason: String = body.reason?.chars().take(MOST).map(plain).collect();
    (!reason.trim().is_empty()).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_that_was_agreed_upon_means_anything() {
        let answers = Answers::default();
        for one in Meaning::ALL {
            assert_eq!(Meaning::from_code(one.code()), Some(one));
            let body = format!("{{\"result\":\"{}\",\"taken\":true}}", one.code());
            assert_eq!(answers.read(body.as_bytes()), Ok(one));
        }
        for body in [
            "{}",
            "{\"taken\":true}",
            "{\"result\":true}",
            "{\"result\":\"Granted\"}",
            "{\"result\":\"granted \"}",
            "{\"result\":[\"granted\"]}",
            "[\"granted\"]",
            "\"granted\"",
            "true",
        ] {
            assert_eq!(
                answers.read(body.as_bytes()),
                Err(Reason::Meaningless),
                "{body}"
            );
        }
        assert_eq!(answers.read(b"{\"result\":\"gran"), Err(Reason::Garbled));
        let own: Answers = [("支給".to_owned(), Meaning::Granted)]
            .into_iter()
            .collect();
        assert_eq!(
            own.read("{\"result\":\"支給\"}".as_bytes()),
            Ok(Meaning::Granted)
        );
        assert_eq!(
            own.read(b"{\"result\":\"granted\"}"),
            Err(Reason::Meaningless),
            "what is agreed upon stands alone"
        );
    }

    #[test]
    fn what_is_said_besides_is_one_short_line() {
        let say = |reason: &str| {
            said(format!("{{\"result\":\"refused\",\"reason\":{reason}}}").as_bytes())
        };
        assert_eq!(say("\"資格\\nなし\""), Some("資格 なし".to_owned()));
        assert_eq!(say("\" \\n\""), None);
        assert_eq!(say("null"), None);
        assert_eq!(
            say(&format!("\"{}\"", "長".repeat(500))).map(|text| text.chars().count()),
            Some(200)
        );
        assert_eq!(said(b"{\"reason\":\"no result\"}"), None);
    }
}
