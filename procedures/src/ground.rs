//! What a dated fact rests on: a law or a notice, its article, one sentence, and how sure the catalogue is.

use serde::Deserialize;

use crate::form::Confidence;
use crate::text::Text;

/// The ground of a window or an interval.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// The law's or notice's Japanese name.
    pub name: String,
    /// e-Gov law id; a ministry's notice has none.
    #[serde(default)]
    pub law_id: Option<String>,
    /// Article, or section of a notice.
    pub article: String,
    /// What it says, in our words.
    pub sentence: Text,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}
