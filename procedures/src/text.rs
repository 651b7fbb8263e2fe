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

/// A language of a screen. Catalogue texts are read in [`Tongue::lang`]; a tongue without catalogue words says so.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Tongue {
    /// Japanese.
    #[default]
    #[serde(rename = "ja")]
    Ja,
    /// Plain Japanese with readings (やさしい日本語).
    #[serde(rename = "ja-easy")]
    JaEasy,
    /// English.
    #[serde(rename = "en")]
    En,
    /// Chinese.
    #[serde(rename = "zh")]
    Zh,
    /// Portuguese.
    #[serde(rename = "pt")]
    Pt,
    /// Vietnamese.
    #[serde(rename = "vi")]
    Vi,
    /// Tagalog.
    #[serde(rename = "tl")]
    Tl,
    /// Nepali.
    #[serde(rename = "ne")]
    Ne,
}

impl Tongue {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Ja,
        Self::JaEasy,
        Self::En,
        Self::Zh,
        Self::Pt,
        Self::Vi,
        Self::Tl,
        Self::Ne,
    ];

    /// The tag that stands in signed bytes, files and settings.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::JaEasy => "ja-easy",
            Self::En => "en",
            Self::Zh => "zh",
            Self::Pt => "pt",
            Self::Vi => "vi",
            Self::Tl => "tl",
            Self::Ne => "ne",
        }
    }

    /// The inverse of [`Tongue::tag`].
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tongue| tongue.tag() == tag)
    }

    /// The language in which catalogue texts are read beside such a screen: Japanese wherever there is no translation,
    /// because that is what is filed; never silently English.
    #[must_use]
    pub const fn lang(self) -> Lang {
        match self {
            Self::En => Lang::En,
            Self::Ja | Self::JaEasy | Self::Zh | Self::Pt | Self::Vi | Self::Tl | Self::Ne => {
                Lang::Ja
            }
        }
    }

    /// Whether catalogue texts are in this language; where they are not, the screen marks them as Japanese.
    #[must_use]
    pub const fn has_catalogue_words(self) -> bool {
        match self {
            Self::Ja | Self::JaEasy | Self::En => true,
            Self::Zh | Self::Pt | Self::Vi | Self::Tl | Self::Ne => false,
        }
    }
}

impl From<Lang> for Tongue {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Ja => Self::Ja,
            Lang::En => Self::En,
        }
    }
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
