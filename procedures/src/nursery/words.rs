//! The sentences of this module, from `catalogue/nursery.toml`. Code names a sentence and hands in its values; what is said
//! stands in the data.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::age::MinAge;
use super::facility::Facility;
use super::need::NeedRules;
use crate::calendar;
use crate::ids::MunicipalityCode;
use crate::text::Text;

/// Why data of this module was refused. A test keeps that from being released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// A file is not what its kind of file should be.
    #[error("catalogue file {file}: {problem}")]
    File {
        /// Its name.
        file: String,
        /// What the reader said.
        problem: String,
    },
    /// A sentence that the code uses is not there.
    #[error("catalogue file nursery.toml has no sentence {id:?}")]
    NoSentence {
        /// Which.
        id: &'static str,
    },
    /// A table contradicts itself.
    #[error("table {table}: {problem}")]
    Table {
        /// Which.
        table: String,
        /// How.
        problem: String,
    },
}

macro_rules! sentences {
    ($($variant:ident = $id:literal,)*) => {
        /// A sentence of `catalogue/nursery.toml`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Sentence { $($variant,)* }

        impl Sentence {
            const ALL: &[Self] = &[$(Self::$variant,)*];

            fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }
        }
    };
}

sentences! {
    KindFits = "kind_fits",
    KindNotDaily = "kind_not_daily",
    KindNotWanted = "kind_not_wanted",
    KindUnknown = "kind_unknown",
    StaffOnly = "staff_only",
    ClassTaken = "class_taken",
    ClassNotTaken = "class_not_taken",
    ClassUnknown = "class_unknown",
    SchoolAge = "school_age",
    AgeReached = "age_reached",
    AgeNotReached = "age_not_reached",
    AgeUnknown = "age_unknown",
    NotBorn = "not_born",
    HoursCover = "hours_cover",
    HoursShort = "hours_short",
    HoursUnknown = "hours_unknown",
    HoursRoundTheClock = "hours_round_the_clock",
    DaysCover = "days_cover",
    DaysLacking = "days_lacking",
    DaysUnknown = "days_unknown",
    FeeWithin = "fee_within",
    FeeOver = "fee_over",
    FeeUnknown = "fee_unknown",
    VacancyFree = "vacancy_free",
    VacancyNone = "vacancy_none",
    VacancyStale = "vacancy_stale",
    VacancyUnknown = "vacancy_unknown",
    VacancyNotOffered = "vacancy_not_offered",
    DistanceWithin = "distance_within",
    DistanceOver = "distance_over",
    DistanceUnknown = "distance_unknown",
    MatchPlaced = "match_placed",
    MatchNotPlaced = "match_not_placed",
    MatchLower = "match_lower",
    MatchTie = "match_tie",
    MatchPriority = "match_priority",
    MatchNoPlaces = "match_no_places",
    MatchNoClass = "match_no_class",
    MatchNoFacility = "match_no_facility",
    MatchSiblings = "match_siblings",
    MatchSiblingsAlone = "match_siblings_alone",
    MatchGivenUp = "match_given_up",
    NeedClass1 = "need_class_1",
    NeedClass2 = "need_class_2",
    NeedClass3 = "need_class_3",
    NeedNone = "need_none",
    NeedTurnsThree = "need_turns_three",
    NeedSchoolAge = "need_school_age",
    NeedReason = "need_reason",
    NeedHoursEnough = "need_hours_enough",
    NeedHoursShort = "need_hours_short",
    NeedHoursUnknown = "need_hours_unknown",
    NeedNoReason = "need_no_reason",
    NeedMonths = "need_months",
    AmountStandardHours = "amount_standard_hours",
    AmountStandardReason = "amount_standard_reason",
    AmountStandardTimes = "amount_standard_times",
    AmountShort = "amount_short",
    AmountShortReason = "amount_short_reason",
    AmountShortWanted = "amount_short_wanted",
    FeeFreeFromThree = "fee_free_from_three",
    FeeFreeWelfare = "fee_free_welfare",
    FeeFreeExempt = "fee_free_exempt",
    FeeTier = "fee_tier",
    FeeTaxYear = "fee_tax_year",
    FeeTaxMissing = "fee_tax_missing",
    FeeCreditsBack = "fee_credits_back",
    FeeSingleParent = "fee_single_parent",
    FeeSiblingFree = "fee_sibling_free",
    FeeSiblingHalf = "fee_sibling_half",
    FeeSiblingCounted = "fee_sibling_counted",
    PointsNotATruth = "points_not_a_truth",
    PointsYearDiffers = "points_year_differs",
    PointsEmployeeSupposed = "points_employee_supposed",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: BTreeMap<String, Text>,
    sentence: BTreeMap<String, Text>,
    need: NeedRules,
}

/// Everything in `catalogue/nursery.toml`.
#[derive(Debug)]
pub(super) struct Words {
    kinds: BTreeMap<String, Text>,
    sentences: BTreeMap<Sentence, Text>,
    pub(super) need: NeedRules,
}

static BUILTIN: LazyLock<Result<Words, DataError>> = LazyLock::new(|| {
    let file: File = read("nursery.toml", include_str!("../../catalogue/nursery.toml"))?;
    let mut sentences = BTreeMap::new();
    for sentence in Sentence::ALL {
        let text = file.sentence.get(sentence.id());
        let text = text.ok_or(DataError::NoSentence { id: sentence.id() })?;
        sentences.insert(*sentence, text.clone());
    }
    Ok(Words {
        kinds: file.kind,
        sentences,
        need: file.need,
    })
});

impl Words {
    /// The file that is part of the program.
    pub(super) fn builtin() -> Result<&'static Self, DataError> {
        BUILTIN.as_ref().map_err(Clone::clone)
    }

    /// A kind of facility: in Japanese the list's own word, if it has one.
    pub(super) fn kind(&self, facility: &Facility) -> Say {
        let id = facility.kind.id();
        let mut text = self
            .kinds
            .get(id)
            .cloned()
            .unwrap_or_else(|| Text::untranslated(id));
        if !facility.kind_text.is_empty() {
            text.ja = facility.kind_text.to_string();
        }
        Say(text)
    }

    /// A sentence with its values put in.
    pub(super) fn say(&self, sentence: Sentence, values: &[(&str, Say)]) -> Text {
        let Some(template) = self.sentences.get(&sentence) else {
            return Text::untranslated(sentence.id());
        };
        let mut text = template.clone();
        for (name, value) in values {
            let place = format!("{{{name}}}");
            text.ja = text.ja.replace(&place, &value.0.ja);
            text.en = text.en.replace(&place, &value.0.en);
        }
        text
    }
}

/// A value in a sentence.
#[derive(Debug, Clone)]
pub(super) struct Say(Text);

impl Say {
    /// The same in every language.
    pub(super) fn plain(value: impl Display) -> Self {
        Self(Text::untranslated(&value.to_string()))
    }

    pub(super) fn day(day: Date) -> Self {
        Self(Text {
            ja: calendar::japanese(day),
            en: calendar::english(day),
        })
    }

    pub(super) fn text(text: &Text) -> Self {
        Self(text.clone())
    }

    pub(super) fn age(age: MinAge) -> Self {
        let (ja, en) = match age {
            MinAge::Days(days) => (format!("生後{days}日"), format!("{days} days")),
            MinAge::Months(months) if months % 12 == 0 && months > 0 => (
                format!("{}歳", months / 12),
                format!("{} years", months / 12),
            ),
            MinAge::Months(months) => (format!("{months}か月"), format!("{months} months")),
            MinAge::Class(class) => (format!("{class}歳児クラス"), format!("class {class}")),
        };
        Self(Text { ja, en })
    }
}

/// Reads one file of this module's data.
pub(super) fn read<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, DataError> {
    toml::from_str(text).map_err(|error| DataError::File {
        file: file.to_owned(),
        problem: error.to_string(),
    })
}

/// Whether a municipality's table goes by this name: its id, its Japanese or English name, or the municipality's code.
pub(super) fn goes_by(
    wanted: &str,
    id: &str,
    name: &Text,
    municipality: Option<MunicipalityCode>,
) -> bool {
    id == wanted
        || name.ja == wanted
        || name.en == wanted
        || municipality.is_some_and(|code| code.to_string() == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_there_in_both_languages_and_none_is_left_over() {
        let words = Words::builtin().map_err(|error| error.to_string());
        assert_eq!(words.as_ref().err(), None);
        let file: toml::Table =
            toml::from_str(include_str!("../../catalogue/nursery.toml")).unwrap_or_default();
        let listed = file
            .get("sentence")
            .and_then(toml::Value::as_table)
            .map_or(0, toml::Table::len);
        assert_eq!(listed, Sentence::ALL.len());
        for kind in crate::nursery::FacilityKind::ALL {
            let named = words
                .as_ref()
                .is_ok_and(|words| words.kinds.contains_key(kind.id()));
            assert!(named, "{kind:?}");
        }
        for text in words.iter().flat_map(|words| words.sentences.values()) {
            assert!(!text.ja.is_empty() && !text.en.is_empty());
            let places = |text: &str| {
                let mut places: Vec<String> = text
                    .split('{')
                    .skip(1)
                    .filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
                    .collect();
                places.sort();
                places
            };
            assert_eq!(places(&text.ja), places(&text.en), "{}", text.en);
        }
    }
}
