//! Reasons as the door says them: the rule, its law, and the sentence in both languages.

use schemars::JsonSchema;
use serde::Serialize;

use crate::amounts::Reason;
use crate::form::Confidence;

/// One step of how an answer came about.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Because {
    /// The child it is about, by id; absent where it is about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) child: Option<String>,
    /// Stable id of the rule.
    rule: String,
    /// The law, by its Japanese name.
    law: String,
    /// e-Gov law id, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    law_id: Option<String>,
    /// Article or articles.
    article: String,
    /// The sentence in Japanese.
    ja: String,
    /// The sentence in English.
    en: String,
    /// `verified` where a source was read, `gk` for general knowledge: never to be presented as law.
    confidence: &'static str,
}

impl Because {
    /// A reason, with the id of the child it is about.
    pub(super) fn new(reason: &Reason<'_>, child: Option<String>) -> Self {
        let sentence = reason.sentence();
        let clause = reason.clause;
        Self {
            child,
            rule: clause.id().to_owned(),
            law: clause.law().to_owned(),
            law_id: clause.law_id().map(str::to_owned),
            article: clause.article().to_owned(),
            ja: sentence.ja,
            en: sentence.en,
            confidence: match clause.confidence() {
                Confidence::Verified => "verified",
                Confidence::Gk => "gk",
            },
        }
    }
}
