//! Words of the catalogue as they are written: Japanese and English, and more languages where somebody wrote them.
//!
//! Japanese or English may be missing here; the lint says so. Machine translation has no place in the catalogue.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::Text;

/// The further languages that words may be given in.
pub(crate) const LANGUAGES: [&str; 12] = [
    "ja_easy", "zh", "zh_tw", "ko", "vi", "pt", "es", "tl", "ne", "my", "id", "th",
];

/// Words: `ja` and `en` always; `ja_easy` (やさしい日本語), `zh`, `vi`, `pt` … where there are any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub(crate) struct Words {
    /// Japanese, plain and polite.
    #[serde(default)]
    pub(crate) ja: String,
    /// English.
    #[serde(default)]
    pub(crate) en: String,
    /// Other languages: `ja_easy`, `zh`, `zh_tw`, `ko`, `vi`, `pt`, `es`, `tl`, `ne`, `my`, `id`, `th`.
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, String>,
}

impl Words {
    /// What is missing or strange about them; `None` when nothing is.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.ja.trim().is_empty() {
            return Some("no Japanese text (ja)".to_owned());
        }
        if self.en.trim().is_empty() {
            return Some("no English text (en)".to_owned());
        }
        self.other.iter().find_map(|(lang, words)| {
            if !LANGUAGES.contains(&lang.as_str()) {
                Some(format!("unknown language {lang:?}"))
            } else if words.trim().is_empty() {
                Some(format!("no text in {lang}"))
            } else {
                None
            }
        })
    }

    /// The two languages that are always there.
    pub(crate) fn text(&self) -> Text {
        Text {
            ja: self.ja.clone(),
            en: self.en.clone(),
        }
    }
}
