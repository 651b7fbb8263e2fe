//! 教育・保育給付認定: which class of certification, and how many hours a day (子ども・子育て支援法19条, 20条).
//!
//! Both guardians must have a reason; a single parent only his or her own. What each reason leads to, and the municipal
//! minimum of working hours, is data (`catalogue/nursery.toml`). A proposal with its reasons; the municipality decides.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::age::ChildAge;
use super::points::Guardian;
use super::words::{DataError, Say, Sentence, Words};
use crate::calendar;
use crate::form::Confidence;
use crate::text::Text;

/// The reasons for care (子ども・子育て支援法施行規則1条の5).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NeedReason {
    /// 就労.
    #[serde(alias = "就労", alias = "working", alias = "1")]
    Work,
    /// 妊娠・出産.
    #[serde(
        alias = "妊娠出産",
        alias = "妊娠・出産",
        alias = "childbirth",
        alias = "birth",
        alias = "pregnancy",
        alias = "2"
    )]
    PregnancyBirth,
    /// 疾病.
    #[serde(alias = "疾病", alias = "sickness", alias = "3")]
    Illness,
    /// 障害.
    #[serde(alias = "障害", alias = "障がい")]
    Disability,
    /// 介護・看護.
    #[serde(
        alias = "介護",
        alias = "介護看護",
        alias = "nursing_care",
        alias = "caregiving",
        alias = "4"
    )]
    Care,
    /// 災害復旧.
    #[serde(alias = "災害復旧", alias = "5")]
    Disaster,
    /// 求職活動.
    #[serde(
        alias = "求職",
        alias = "job_seeking",
        alias = "jobseeking",
        alias = "6"
    )]
    JobSearch,
    /// 就学・職業訓練.
    #[serde(alias = "就学", alias = "student", alias = "training", alias = "7")]
    Study,
    /// 虐待・DV.
    #[serde(
        alias = "虐待",
        alias = "DV",
        alias = "dv",
        alias = "violence",
        alias = "8"
    )]
    Abuse,
    /// 育児休業中の継続利用.
    #[serde(
        alias = "育休",
        alias = "childcare_leave",
        alias = "parental_leave",
        alias = "9"
    )]
    Leave,
    /// Another reason the municipality accepts.
    #[serde(alias = "その他", alias = "10")]
    Other,
}

impl NeedReason {
    /// Its name in data and answers.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::PregnancyBirth => "pregnancy_birth",
            Self::Illness => "illness",
            Self::Disability => "disability",
            Self::Care => "care",
            Self::Disaster => "disaster",
            Self::JobSearch => "job_search",
            Self::Study => "study",
            Self::Abuse => "abuse",
            Self::Leave => "leave",
            Self::Other => "other",
        }
    }
}

/// What a reason leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Leads {
    /// 標準時間 from so many hours a month, 短時間 below; below the minimum no need at all.
    ByHours,
    /// The same where hours are known; 標準時間 where they are not.
    ByHoursElseStandard,
    Standard,
    Short,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonRule {
    amount: Leads,
    /// After how many months it ends.
    #[serde(default)]
    months: Option<u16>,
    text: Text,
}

/// The rules of need: the state's, with a municipality's minimum.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedRules {
    /// From how many working hours a month 標準時間.
    pub standard_hours_month: u16,
    /// From how many working hours a month there is a need at all: the municipality's choice.
    pub minimum_hours_month: u16,
    /// Between which bounds it may choose (施行規則1条の5第1号).
    pub minimum_hours_range: [u16; 2],
    /// How sure this is.
    pub confidence: Confidence,
    reason: BTreeMap<NeedReason, ReasonRule>,
}

impl NeedRules {
    /// The state's rules, with the lowest minimum a municipality may choose.
    ///
    /// # Errors
    /// [`DataError`] when the built-in data is broken.
    pub fn builtin() -> Result<Self, DataError> {
        Ok(Words::builtin()?.need.clone())
    }

    /// The words for a reason.
    fn words(&self, reason: NeedReason) -> Text {
        self.reason
            .get(&reason)
            .map_or_else(|| Text::untranslated(reason.id()), |rule| rule.text.clone())
    }
}

/// 1号, 2号, 3号.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub enum CertificationClass {
    /// Three or older, without a need of care.
    #[serde(rename = "1")]
    One,
    /// Three or older, in need of care.
    #[serde(rename = "2")]
    Two,
    /// Under three, in need of care.
    #[serde(rename = "3")]
    Three,
}

/// Whether there is a need, as far as it can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedDecision {
    /// Every guardian has a reason.
    Needed,
    /// A guardian has none.
    NotNeeded,
    /// Something is missing to say it.
    Open,
}

/// 保育必要量.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CareHours {
    /// 保育短時間: up to 8 hours a day.
    Short,
    /// 保育標準時間: up to 11 hours a day.
    Standard,
}

/// A proposal for the certification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certification {
    /// `None` without one, or while the need is open.
    pub class: Option<CertificationClass>,
    /// Whether care is needed.
    pub need: NeedDecision,
    /// How many hours; `None` for 1号 and without a certification.
    pub amount: Option<CareHours>,
    /// Why, in order.
    pub reasons: Vec<Text>,
}

/// Proposes a certification for a child on a day.
///
/// `standard_by_times`: the times of work make more than eight hours necessary. `wants_short`: the family asks for 短時間.
///
/// # Errors
/// [`DataError`] when the built-in sentences are broken.
pub fn certify(
    rules: &NeedRules,
    birth: Date,
    day: Date,
    guardians: &[Guardian],
    standard_by_times: bool,
    wants_short: bool,
) -> Result<Certification, DataError> {
    let words = Words::builtin()?;
    let mut reasons = Vec::new();
    // Three is attained the day before the birthday.
    let turns_three = calendar::attains(birth, 3);
    reasons.push(words.say(Sentence::NeedTurnsThree, &[("day", Say::day(turns_three))]));
    if ChildAge::on(birth, day).class.is_none() {
        reasons.push(words.say(Sentence::NeedSchoolAge, &[]));
        return Ok(Certification {
            class: None,
            need: NeedDecision::NotNeeded,
            amount: None,
            reasons,
        });
    }
    let mut need = if guardians.is_empty() {
        NeedDecision::Open
    } else {
        NeedDecision::Needed
    };
    let mut amount = Some(CareHours::Standard);
    let mut amount_text = None;
    let mut months = None;
    for (index, guardian) in guardians.iter().enumerate() {
        let own = Own::of(rules, words, index + 1, guardian);
        reasons.push(own.text);
        let limit = guardian
            .reason
            .and_then(|reason| rules.reason.get(&reason)?.months);
        months = limit.map_or(months, |limit| {
            Some(months.map_or(limit, |known: u16| known.min(limit)))
        });
        need = match (need, own.need) {
            (NeedDecision::NotNeeded, _) | (_, NeedDecision::NotNeeded) => NeedDecision::NotNeeded,
            (NeedDecision::Open, _) | (_, NeedDecision::Open) => NeedDecision::Open,
            _ => NeedDecision::Needed,
        };
        if own.amount < amount || amount_text.is_none() {
            amount_text = own.amount_text;
        }
        amount = amount.min(own.amount);
    }
    if amount == Some(CareHours::Short) && standard_by_times {
        amount = Some(CareHours::Standard);
        amount_text = Some(words.say(Sentence::AmountStandardTimes, &[]));
    }
    if amount == Some(CareHours::Standard) && wants_short {
        amount = Some(CareHours::Short);
        amount_text = Some(words.say(Sentence::AmountShortWanted, &[]));
    }
    let three = turns_three <= day;
    let (class, sentence) = match (need, three) {
        (NeedDecision::Needed, true) => (Some(CertificationClass::Two), Some(Sentence::NeedClass2)),
        (NeedDecision::Needed, false) => {
            (Some(CertificationClass::Three), Some(Sentence::NeedClass3))
        }
        (NeedDecision::NotNeeded, true) => {
            (Some(CertificationClass::One), Some(Sentence::NeedClass1))
        }
        (NeedDecision::NotNeeded, false) => (None, Some(Sentence::NeedNone)),
        (NeedDecision::Open, _) => (None, None),
    };
    reasons.extend(sentence.map(|sentence| words.say(sentence, &[])));
    let amount = amount.filter(|_| need == NeedDecision::Needed);
    if amount.is_some() {
        reasons.extend(amount_text);
        let limit = months.map(|months| [("months", Say::plain(months))]);
        reasons.extend(limit.map(|months| words.say(Sentence::NeedMonths, &months)));
    }
    Ok(Certification {
        class,
        need,
        amount,
        reasons,
    })
}

/// What one guardian's reason leads to.
struct Own {
    need: NeedDecision,
    amount: Option<CareHours>,
    text: Text,
    amount_text: Option<Text>,
}

impl Own {
    fn of(rules: &NeedRules, words: &Words, number: usize, guardian: &Guardian) -> Self {
        let who = ("guardian", Say::plain(number));
        let Some(reason) = guardian.reason else {
            return Self {
                need: NeedDecision::NotNeeded,
                amount: None,
                text: words.say(Sentence::NeedNoReason, &[who]),
                amount_text: None,
            };
        };
        let name = rules.words(reason);
        let leads = rules
            .reason
            .get(&reason)
            .map_or(Leads::Short, |rule| rule.amount);
        let hours = guardian.hours_a_month();
        match (leads, hours) {
            (Leads::ByHours, None) => Self {
                need: NeedDecision::Open,
                amount: None,
                text: words.say(Sentence::NeedHoursUnknown, &[who]),
                amount_text: None,
            },
            (Leads::ByHours | Leads::ByHoursElseStandard, Some(hours)) => {
                Self::by_hours(rules, words, who, hours, leads == Leads::ByHours)
            }
            (Leads::Standard | Leads::ByHoursElseStandard, _) => Self {
                need: NeedDecision::Needed,
                amount: Some(CareHours::Standard),
                text: words.say(Sentence::NeedReason, &[who, ("reason", Say::text(&name))]),
                amount_text: Some(words.say(
                    Sentence::AmountStandardReason,
                    &[("reason", Say::text(&name))],
                )),
            },
            (Leads::Short, _) => Self {
                need: NeedDecision::Needed,
                amount: Some(CareHours::Short),
                text: words.say(Sentence::NeedReason, &[who, ("reason", Say::text(&name))]),
                amount_text: Some(
                    words.say(Sentence::AmountShortReason, &[("reason", Say::text(&name))]),
                ),
            },
        }
    }

    fn by_hours(
        rules: &NeedRules,
        words: &Words,
        who: (&'static str, Say),
        hours: f64,
        minimum_counts: bool,
    ) -> Self {
        let minimum = rules.minimum_hours_month;
        let enough = hours >= f64::from(minimum) || !minimum_counts;
        let standard = hours >= f64::from(rules.standard_hours_month);
        let values = [
            who,
            ("hours", Say::plain(tenths(hours))),
            ("minimum", Say::plain(minimum)),
        ];
        let limit = [("hours", Say::plain(rules.standard_hours_month))];
        let (sentence, need) = if enough {
            (Sentence::NeedHoursEnough, NeedDecision::Needed)
        } else {
            (Sentence::NeedHoursShort, NeedDecision::NotNeeded)
        };
        let (amount, why) = if standard {
            (CareHours::Standard, Sentence::AmountStandardHours)
        } else {
            (CareHours::Short, Sentence::AmountShort)
        };
        Self {
            need,
            amount: Some(amount),
            text: words.say(sentence, &values),
            amount_text: Some(words.say(why, &limit)),
        }
    }
}

/// Hours with one decimal at most.
fn tenths(hours: f64) -> String {
    let text = format!("{hours:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
