//! The fixed record that point tables speak of: guardians and household.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::super::need::NeedReason;

/// How somebody works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Employment {
    /// Employed.
    #[serde(alias = "employed", alias = "会社員")]
    Employee,
    /// On his or her own account.
    #[serde(alias = "自営", alias = "自営業")]
    SelfEmployed,
    /// Helps in a family business.
    #[serde(alias = "family_business", alias = "自営協力者", alias = "専従者")]
    FamilyHelper,
    /// Piecework at home (内職).
    #[serde(alias = "内職", alias = "piecework")]
    HomeWorker,
}

/// How ill somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Illness {
    /// In hospital for a month or longer.
    #[serde(alias = "hospital", alias = "入院")]
    Hospitalised,
    /// In bed at home.
    #[serde(alias = "寝たきり")]
    Bedridden,
    /// At home under a doctor's order.
    #[serde(alias = "home", alias = "自宅療養")]
    HomeBound,
    /// Sees a doctor regularly.
    #[serde(alias = "通院")]
    Outpatient,
}

/// A guardian. What is not known is left out; a flag left out is "no".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a record of facts as they are asked, each by itself"
)]
#[serde(expecting = "a guardian, an object")]
pub struct Guardian {
    /// Why care is needed.
    #[serde(default, alias = "need", alias = "kind", deserialize_with = "reason")]
    #[schemars(with = "Option<NeedReason>")]
    pub reason: Option<NeedReason>,
    /// How he or she works. The door takes whoever works some hours for an employee where nothing says so.
    #[serde(default)]
    pub employment: Option<Employment>,
    /// Working (or caring, or studying) hours a week.
    #[serde(default, alias = "hours_per_week", alias = "weekly_hours")]
    pub hours_week: Option<f64>,
    /// The same a month; computed from the week (× 52 ÷ 12) where only that is given, and the other way round.
    #[serde(default, alias = "hours_per_month", alias = "monthly_hours")]
    pub hours_month: Option<f64>,
    /// Days a week.
    #[serde(default, alias = "days_per_week")]
    pub days_week: Option<f64>,
    /// Days a month.
    #[serde(default, alias = "days_per_month")]
    pub days_month: Option<f64>,
    /// How ill.
    #[serde(default)]
    pub illness: Option<Illness>,
    /// Grade of the disability certificate, 1 the gravest.
    #[serde(default)]
    pub disability_grade: Option<u8>,
    /// Care level (要介護度) of the relative cared for, 1 to 5.
    #[serde(default)]
    pub care_level: Option<u8>,
    /// Works as a nursery teacher or the like.
    #[serde(default, deserialize_with = "flag")]
    pub nursery_staff: bool,
    /// Lives apart for work (単身赴任).
    #[serde(default, deserialize_with = "flag")]
    pub works_away: bool,
    /// Works at night.
    #[serde(default, deserialize_with = "flag")]
    pub night_work: bool,
    /// Returns from childcare leave by the month of entry.
    #[serde(default, deserialize_with = "flag")]
    pub returns_from_leave: bool,
    /// Has an offer of work but has not begun.
    #[serde(default, deserialize_with = "flag")]
    pub has_offer: bool,
}

impl Guardian {
    /// Hours a month, given or computed from the week.
    #[must_use]
    pub fn hours_a_month(&self) -> Option<f64> {
        self.hours_month
            .or(self.hours_week.map(|week| week * 52.0 / 12.0))
    }

    /// Hours a week, given or computed from the month.
    #[must_use]
    pub fn hours_a_week(&self) -> Option<f64> {
        self.hours_week
            .or(self.hours_month.map(|month| month * 12.0 / 52.0))
    }
}

/// A household that applies.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a record of facts as they are asked, each by itself"
)]
#[serde(expecting = "a household, an object")]
pub struct Household {
    /// One or two guardians.
    #[serde(default, alias = "parents", deserialize_with = "listed")]
    pub guardians: Vec<Guardian>,
    /// A single parent.
    #[serde(default, alias = "single", deserialize_with = "flag")]
    pub single_parent: bool,
    /// On welfare (生活保護).
    #[serde(default, deserialize_with = "flag")]
    pub welfare: bool,
    /// Lives in the municipality on the day of entry. Left out: yes.
    #[serde(default)]
    pub resident: Option<bool>,
    /// Siblings in a facility already.
    #[serde(default, deserialize_with = "count")]
    #[schemars(with = "Option<u32>")]
    pub siblings_enrolled: Option<u32>,
    /// Siblings applied for at the same time.
    #[serde(default, deserialize_with = "count")]
    #[schemars(with = "Option<u32>")]
    pub siblings_applying: Option<u32>,
    /// Children of the household, the applicant included.
    #[serde(default, deserialize_with = "count")]
    #[schemars(with = "Option<u32>")]
    pub children: Option<u32>,
    /// Leaves a small-scale facility because of its highest age.
    #[serde(default, alias = "graduating_small_scale", deserialize_with = "flag")]
    pub leaves_small_scale: bool,
    /// Is in unlicensed care now because of work.
    #[serde(default, deserialize_with = "flag")]
    pub in_unlicensed_care: bool,
    /// Would accept a longer leave (育休延長も許容).
    #[serde(
        default,
        alias = "leave_ext",
        alias = "leave_extension_wish",
        deserialize_with = "flag"
    )]
    pub leave_extension: bool,
    /// The breadwinner has lost work.
    #[serde(default, deserialize_with = "flag")]
    pub breadwinner_jobless: bool,
    /// The child has a disability.
    #[serde(default, deserialize_with = "flag")]
    pub child_disability: bool,
    /// A grandparent under 65 lives with them and could look after the child.
    #[serde(default, deserialize_with = "flag")]
    pub grandparent_at_home: bool,
    /// Under protection from abuse or violence.
    #[serde(default, deserialize_with = "flag")]
    pub protection: bool,
    /// Owes fees without a reason.
    #[serde(default, deserialize_with = "flag")]
    pub arrears: bool,
    /// Municipal income levy (所得割) of both guardians in yen.
    #[serde(default, alias = "income", alias = "tax", alias = "levy")]
    pub income_levy: Option<u64>,
    /// Years of residence in the municipality.
    #[serde(default)]
    pub residence_years: Option<u32>,
}

/// `null` is the same as left out.
fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(from)?.unwrap_or_default())
}

/// `null` is the same as left out.
fn listed<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Guardian>, D::Error> {
    Ok(Option::<Vec<Guardian>>::deserialize(from)?.unwrap_or_default())
}

/// A number, or yes for one, or a list for as many as it has.
fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "a count is a whole number from 0, true, false or a list"
    )]
    enum Given {
        Number(u32),
        Flag(bool),
        List(Vec<serde::de::IgnoredAny>),
    }
    Ok(
        Option::<Given>::deserialize(from)?.map(|given| match given {
            Given::Number(number) => number,
            Given::Flag(flag) => u32::from(flag),
            Given::List(list) => u32::try_from(list.len()).unwrap_or(u32::MAX),
        }),
    )
}

/// The reason by name, in Japanese, or by its number on the form (1 to 10).
fn reason<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NeedReason>, D::Error> {
    use serde::de::{Error as _, IntoDeserializer as _};
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a reason is a word or its number on the form")]
    enum Given {
        Number(u8),
        Word(String),
    }
    let Some(given) = Option::<Given>::deserialize(from)? else {
        return Ok(None);
    };
    let word = match given {
        Given::Number(number) => number.to_string(),
        Given::Word(word) if matches!(word.as_str(), "" | "none" | "なし") => return Ok(None),
        Given::Word(word) => word,
    };
    let read: Result<NeedReason, serde::de::value::Error> =
        NeedReason::deserialize(word.as_str().into_deserializer());
    read.map(Some).map_err(D::Error::custom)
}

/// A fact that a condition can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fact {
    // of a guardian
    Reason,
    Employment,
    HoursWeek,
    HoursMonth,
    DaysWeek,
    DaysMonth,
    Illness,
    DisabilityGrade,
    CareLevel,
    NurseryStaff,
    WorksAway,
    NightWork,
    ReturnsFromLeave,
    HasOffer,
    // of the household
    SingleParent,
    Welfare,
    Resident,
    SiblingsEnrolled,
    SiblingsApplying,
    Children,
    LeavesSmallScale,
    InUnlicensedCare,
    LeaveExtension,
    BreadwinnerJobless,
    ChildDisability,
    GrandparentAtHome,
    Protection,
    Arrears,
    IncomeLevy,
    ResidenceYears,
    AnyNurseryStaff,
    AnyWorksAway,
    AnyReturnsFromLeave,
}

/// What kind of value a fact has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactKind {
    Flag,
    Number,
    Word,
}

impl Fact {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Reason => "reason",
            Self::Employment => "employment",
            Self::HoursWeek => "hours_week",
            Self::HoursMonth => "hours_month",
            Self::DaysWeek => "days_week",
            Self::DaysMonth => "days_month",
            Self::Illness => "illness",
            Self::DisabilityGrade => "disability_grade",
            Self::CareLevel => "care_level",
            Self::NurseryStaff => "nursery_staff",
            Self::WorksAway => "works_away",
            Self::NightWork => "night_work",
            Self::ReturnsFromLeave => "returns_from_leave",
            Self::HasOffer => "has_offer",
            Self::SingleParent => "single_parent",
            Self::Welfare => "welfare",
            Self::Resident => "resident",
            Self::SiblingsEnrolled => "siblings_enrolled",
            Self::SiblingsApplying => "siblings_applying",
            Self::Children => "children",
            Self::LeavesSmallScale => "leaves_small_scale",
            Self::InUnlicensedCare => "in_unlicensed_care",
            Self::LeaveExtension => "leave_extension",
            Self::BreadwinnerJobless => "breadwinner_jobless",
            Self::ChildDisability => "child_disability",
            Self::GrandparentAtHome => "grandparent_at_home",
            Self::Protection => "protection",
            Self::Arrears => "arrears",
            Self::IncomeLevy => "income_levy",
            Self::ResidenceYears => "residence_years",
            Self::AnyNurseryStaff => "any_nursery_staff",
            Self::AnyWorksAway => "any_works_away",
            Self::AnyReturnsFromLeave => "any_returns_from_leave",
        }
    }

    pub(super) fn kind(self) -> FactKind {
        match self {
            Self::Reason | Self::Employment | Self::Illness => FactKind::Word,
            Self::HoursWeek
            | Self::HoursMonth
            | Self::DaysWeek
            | Self::DaysMonth
            | Self::DisabilityGrade
            | Self::CareLevel
            | Self::SiblingsEnrolled
            | Self::SiblingsApplying
            | Self::Children
            | Self::IncomeLevy
            | Self::ResidenceYears => FactKind::Number,
            _ => FactKind::Flag,
        }
    }

    /// Whether it is said of a guardian, not of the household.
    pub(super) fn is_of_a_guardian(self) -> bool {
        self <= Self::HasOffer
    }
}

/// A fact's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Flag(bool),
    Number(f64),
    Word(&'static str),
}

impl Value {
    /// As a whole number, for ordering.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float out of range becomes the nearest whole number"
    )]
    pub(super) fn to_whole(&self) -> Option<i64> {
        match self {
            Self::Flag(flag) => Some(i64::from(*flag)),
            Self::Number(number) => Some(number.round() as i64),
            Self::Word(_) => None,
        }
    }
}

impl Household {
    /// A fact; `None` where it is not known. `guardian` is whose, for facts of a guardian.
    pub(super) fn value(&self, fact: Fact, guardian: Option<&Guardian>) -> Option<Value> {
        let whole = |number: Option<u32>| number.map(|number| Value::Number(f64::from(number)));
        let any = |has: fn(&Guardian) -> bool| Some(Value::Flag(self.guardians.iter().any(has)));
        match fact {
            Fact::SingleParent => Some(Value::Flag(self.single_parent)),
            Fact::Welfare => Some(Value::Flag(self.welfare)),
            Fact::Resident => Some(Value::Flag(self.resident.unwrap_or(true))),
            Fact::SiblingsEnrolled => whole(self.siblings_enrolled.or(Some(0))),
            Fact::SiblingsApplying => whole(self.siblings_applying.or(Some(0))),
            Fact::Children => whole(self.children),
            Fact::LeavesSmallScale => Some(Value::Flag(self.leaves_small_scale)),
            Fact::InUnlicensedCare => Some(Value::Flag(self.in_unlicensed_care)),
            Fact::LeaveExtension => Some(Value::Flag(self.leave_extension)),
            Fact::BreadwinnerJobless => Some(Value::Flag(self.breadwinner_jobless)),
            Fact::ChildDisability => Some(Value::Flag(self.child_disability)),
            Fact::GrandparentAtHome => Some(Value::Flag(self.grandparent_at_home)),
            Fact::Protection => Some(Value::Flag(self.protection)),
            Fact::Arrears => Some(Value::Flag(self.arrears)),
            Fact::IncomeLevy => self.income_levy.map(levy),
            Fact::ResidenceYears => whole(self.residence_years),
            Fact::AnyNurseryStaff => any(|guardian| guardian.nursery_staff),
            Fact::AnyWorksAway => any(|guardian| guardian.works_away),
            Fact::AnyReturnsFromLeave => any(|guardian| guardian.returns_from_leave),
            of_a_guardian => guardian.and_then(|guardian| guardian.value(of_a_guardian)),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no tax reaches 2^53 yen; one that claims to is only compared"
)]
fn levy(yen: u64) -> Value {
    Value::Number(yen as f64)
}

impl Guardian {
    fn value(&self, fact: Fact) -> Option<Value> {
        let grade = |grade: Option<u8>| grade.map(|grade| Value::Number(f64::from(grade)));
        match fact {
            // No reason is an answer, not a gap.
            Fact::Reason => Some(Value::Word(self.reason.map_or("none", NeedReason::id))),
            Fact::Employment => Some(Value::Word(match self.employment? {
                Employment::Employee => "employee",
                Employment::SelfEmployed => "self_employed",
                Employment::FamilyHelper => "family_helper",
                Employment::HomeWorker => "home_worker",
            })),
            Fact::HoursWeek => self.hours_a_week().map(Value::Number),
            Fact::HoursMonth => self.hours_a_month().map(Value::Number),
            Fact::DaysWeek => self.days_week.map(Value::Number),
            Fact::DaysMonth => self.days_month.map(Value::Number),
            Fact::Illness => Some(Value::Word(match self.illness? {
                Illness::Hospitalised => "hospitalised",
                Illness::Bedridden => "bedridden",
                Illness::HomeBound => "home_bound",
                Illness::Outpatient => "outpatient",
            })),
            Fact::DisabilityGrade => grade(self.disability_grade),
            Fact::CareLevel => grade(self.care_level),
            Fact::NurseryStaff => Some(Value::Flag(self.nursery_staff)),
            Fact::WorksAway => Some(Value::Flag(self.works_away)),
            Fact::NightWork => Some(Value::Flag(self.night_work)),
            Fact::ReturnsFromLeave => Some(Value::Flag(self.returns_from_leave)),
            Fact::HasOffer => Some(Value::Flag(self.has_offer)),
            _ => None,
        }
    }
}
