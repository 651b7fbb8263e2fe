//! Words in the languages this crate speaks. Translations live in the catalogue, never in code.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language a filing can be shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Japanese: the language the filing is made in.
    Ja,
    /// English: a courtesy translation.
    En,
}

/// One sentence or label in every language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a text, an object with ja and en")]
pub struct Text {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The words in one language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }

    /// The same words in every language: for values that are not translated, such as names.
    #[must_use]
    pub fn untranslated(words: &str) -> Self {
        Self {
            ja: words.to_owned(),
            en: words.to_owned(),
        }
    }
}
