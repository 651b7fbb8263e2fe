//! `benefit`: what a benefit beside the child allowance comes to.
//!
//! Benefits are asked for by an English name or by their romanised id; each reads its own fields of `input`, of which
//! several have more than one accepted name. Everything is read here and decided in [`crate::amounts`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::because::Because;
use super::loose::{self, spelt};
use crate::amounts::{
    AmountError, Amounts, Benefits, Childbirth, ChildcareRelief, Class, DisabledChild,
    GradedChildren, MaternityPay, MaternityRelief, Means, MonthNumber, Outcome, Parent, Pregnancy,
    PregnancySupport, RearingClaim, Unit,
};
use crate::calendar;
use crate::door::{Context, DoorError, Kind};

pub(crate) struct Benefit;

/// A benefit and what it depends on.
#[derive(Debug, JsonSchema)]
pub(crate) struct Question {
    /// `childbirth_lump_sum` (`shussan_ikuji_ichijikin`), `childbirth_allowance` (`shussan_teatekin`), `pregnancy_support`
    /// (`ninpu_shien`), `child_rearing_allowance` (`jido_fuyo_teate`), `special_child_rearing_allowance` (`tokuji_teate`),
    /// `disabled_child_welfare_allowance` (`shogaiji_fukushi_teate`), `pension_maternity_relief` (`sanzen_sango_nenkin`),
    /// `pension_childcare_relief` (`ikuji_menjo_nenkin`), `nhi_maternity_relief` (`sanzen_sango_kokuho`).
    benefit: String,
    /// The month asked about, `2026-11`. If absent: that of the birth for what is paid at a birth, else that of the law's
    /// date. The premium reliefs and the childbirth allowance follow the birth and ignore it.
    #[schemars(with = "Option<String>")]
    month: Option<MonthNumber>,
    /// What the benefit depends on; unknown fields are ignored, and what is absent or `null` has the default said there.
    input: Input,
}

/// All fields of all benefits. Money is yen, income is income of the law (所得, after its deductions).
#[derive(Debug, Default, JsonSchema)]
struct Input {
    /// Number of children (default 1), or a list of children. Childbirth lump sum: children born, those lost included.
    /// Child-rearing allowance: children who qualify; listed children with a `birth` count through the fiscal year of
    /// eighteen, with `disabled` until twenty. Special child-rearing allowance: listed children with a `grade`.
    #[schemars(with = "Option<serde_json::Value>")]
    children: Option<Children>,
    /// Number of fetuses, those lost included. Pregnancy support (default 1); stands in for `children` at the lump sum.
    fetuses: Option<i64>,
    /// Full weeks of the pregnancy, a number or `"21w6d"`; at term if absent. Below 85 days (12 weeks 0 days is the 85th
    /// day) nothing is paid, below 22 weeks the compensation scheme adds nothing.
    #[schemars(with = "Option<serde_json::Value>")]
    weeks: Option<(i64, i64)>,
    /// Days beside `weeks`, 0 to 6; without `weeks`, the day of the pregnancy counted from 1.
    days: Option<i64>,
    /// Lump sum: the facility is in the compensation scheme of obstetrics (産科医療補償制度); default true. Also
    /// `compensation_scheme`, `facility_in_scheme`, `facility_in_compensation_scheme`, `obstetric_compensation`.
    in_scheme: Option<bool>,
    /// Lump sum: the same as `in_scheme`, also `"in_scheme"`, `"inside"`, `"outside"` or `{"in_scheme": false}`. Disabled
    /// child welfare allowance: the same as `in_facility`.
    #[schemars(with = "Option<serde_json::Value>")]
    facility: Option<bool>,
    /// Lump sum: covered by public health insurance; default true.
    insured: Option<bool>,
    /// Pregnancy support: `first` or `second` payment only; both if absent.
    stage: Option<String>,
    /// The claimant's dependants for tax; default 0. Also `dependents`.
    dependants: Option<i64>,
    /// Of them, those of seventy and over; default 0.
    elderly_dependants: Option<i64>,
    /// Of them, those of sixteen to twenty-two; default 0.
    specified_dependants: Option<i64>,
    /// The claimant's income (at the disabled child welfare allowance: the child's own). Child-rearing allowance: default 0.
    income: Option<i64>,
    /// Income of the spouse or of a relative in the household who owes maintenance (扶養義務者); a number or a list. Also
    /// `relatives_income`.
    #[schemars(with = "Option<serde_json::Value>")]
    relative_income: Option<Vec<i64>>,
    /// That relative's dependants; default 0.
    relative_dependants: Option<i64>,
    /// Several such relatives: a list of `{"income", "dependants"}`.
    #[schemars(with = "Option<Vec<serde_json::Value>>")]
    relatives: Option<Vec<Means>>,
    /// Child-rearing allowance: child support received in the year of the income; eight tenths count. Default 0.
    child_support: Option<i64>,
    /// Child-rearing allowance: public pensions to be set off, a month. Default 0.
    public_pension: Option<i64>,
    /// Special child-rearing allowance: the grade of the children, 1 or 2 (default 1).
    grade: Option<i64>,
    /// Special child-rearing allowance: the grade of each child.
    grades: Option<Vec<i64>>,
    /// Disabled child welfare allowance: in a facility, or entitled to a disability pension; default false.
    in_facility: Option<bool>,
    /// Day of birth. Also `birth_date`, `born`.
    birth: Option<Date>,
    /// Due date. Also `due_date`.
    due: Option<Date>,
    /// Premium reliefs: day of filing; before the birth, the due date counts.
    filed: Option<Date>,
    /// Premium reliefs: `mother` (default), `father` or `adoptive`.
    role: Option<String>,
    /// A multiple pregnancy; if absent, whether there is more than one fetus or child.
    multiple: Option<bool>,
    /// Premium reliefs: category of the national pension; only 1 (default) has relief.
    category: Option<i64>,
    /// Childcare relief: the mother had maternity relief; default true.
    maternity_relief: Option<bool>,
    /// Childcare relief: day the care began; the birth if absent.
    care_began: Option<Date>,
    /// Childcare relief: no child is being raised; default false. Other benefits are due after a loss too.
    loss: Option<bool>,
    /// Childbirth allowance: standard daily pay (標準報酬日額).
    standard_daily: Option<i64>,
    /// Childbirth allowance: mean of the standard monthly pay (標準報酬月額) of twelve months.
    standard_monthly: Option<i64>,
}

/// Children by number or one by one.
#[derive(Debug)]
enum Children {
    Number(i64),
    Listed(Vec<Listed>),
}

#[derive(Debug)]
struct Listed {
    birth: Option<Date>,
    grade: Option<i64>,
    disabled: bool,
}

/// What the benefit comes to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// Yen, once or a month as the benefit goes; months for the premium reliefs. `null` where a number is missing without
    /// which it cannot be said.
    total: Option<i64>,
    /// What the total counts: `yen` or `months`.
    #[schemars(with = "String")]
    unit: Unit,
    /// Named parts. Lump sum: `base`, `scheme`. Pregnancy support: `first`, `second`. Child-rearing allowance:
    /// `first_child`, `further_children`, `pension`. Special child-rearing allowance: `grade_1`, `grade_2`. Disabled child
    /// welfare allowance: `allowance`. These sum up to the total. Premium reliefs: `first_month`, `last_month`, `count`,
    /// `months`, and `premium` in yen where it is set. Childbirth allowance: `days`, `days_before`, `days_after`, `from`,
    /// `to`, `per_day`.
    parts: BTreeMap<String, Value>,
    /// `full`, `partial` or `none`; `1`, `2` or `1,2` by grade; `in_scheme` or `outside` for the lump sum.
    #[schemars(with = "String")]
    class: Class,
    /// Why.
    trace: Vec<Because>,
}

impl Kind for Benefit {
    const NAME: &'static str = "benefit";
    const ABOUT: &'static str =
        "what a benefit comes to: lump sums, allowances, months of premium relief";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let tables = Amounts::builtin().map_err(DoorError::impossible)?;
        let outcome = outcome(cx, &tables.benefits, &question)?;
        let parts = outcome
            .parts
            .iter()
            .map(|(name, part)| Ok(((*name).to_owned(), serde_json::to_value(part)?)))
            .collect::<Result<_, serde_json::Error>>()
            .map_err(DoorError::impossible)?;
        Ok(Answer {
            total: outcome.total,
            unit: outcome.unit,
            parts,
            class: outcome.class,
            trace: outcome
                .reasons
                .iter()
                .map(|reason| Because::new(reason, None))
                .collect(),
        })
    }
}

fn outcome<'t>(
    cx: &Context,
    benefits: &'t Benefits,
    question: &Question,
) -> Result<Outcome<'t>, DoorError> {
    let input = &question.input;
    let this_month = question.month.unwrap_or(MonthNumber::of(cx.as_of));
    let birth_month = question
        .month
        .or_else(|| input.birth.or(input.due).map(MonthNumber::of))
        .unwrap_or(this_month);
    let found = match spelt(&question.benefit).as_str() {
        "childbirth_lump_sum" | "shussan_ikuji_ichijikin" => {
            benefits.childbirth_lump_sum(&input.childbirth(birth_month)?)
        }
        "childbirth_allowance"
        | "maternity_allowance"
        | "shussan_teatekin"
        | "shussan_teate_kin" => benefits.childbirth_allowance(&input.maternity_pay()?),
        name @ ("pregnancy_support" | "ninpu_shien" | "ninpu_shien_1" | "ninpu_shien_2") => {
            let own_stage = match name {
                "ninpu_shien_1" => Some("first"),
                "ninpu_shien_2" => Some("second"),
                _ => None,
            };
            let stage = input.stage.as_deref().or(own_stage);
            benefits.pregnancy_support(&input.pregnancy_support(birth_month, stage)?)
        }
        "child_rearing_allowance" | "jido_fuyo_teate" => {
            benefits.child_rearing_allowance(&input.rearing(this_month))
        }
        "special_child_rearing_allowance" | "tokuji_teate" | "tokubetsu_jido_fuyo_teate" => {
            benefits.special_child_rearing_allowance(&input.graded(this_month)?)
        }
        "disabled_child_welfare_allowance" | "shogaiji_fukushi_teate" => {
            benefits.disabled_child_welfare_allowance(&input.disabled(this_month))
        }
        "pension_maternity_relief" | "sanzen_sango_nenkin" => {
            benefits.pension_maternity_relief(&input.maternity_relief()?)
        }
        "nhi_maternity_relief" | "sanzen_sango_kokuho" => {
            benefits.nhi_maternity_relief(&input.maternity_relief()?)
        }
        "pension_childcare_relief" | "ikuji_menjo_nenkin" => {
            benefits.pension_childcare_relief(&input.childcare_relief()?)
        }
        "child_allowance" | "jido_teate" | "jido_teate_nintei" | "jido_teate_gakukaitei" => {
            return Err(DoorError::impossible(
                "the child allowance (jido_teate) is asked for with the kind `allowance`",
            ));
        }
        other => {
            let shown: String = other.chars().take(60).collect();
            let what = format!("there is no benefit {shown:?}; --schema lists them");
            return Err(DoorError::impossible(what));
        }
    };
    found.map_err(DoorError::impossible)
}

impl Input {
    fn number_of_children(&self) -> Option<i64> {
        self.children.as_ref().map(|children| match children {
            Children::Number(number) => *number,
            Children::Listed(listed) => i64::try_from(listed.len()).unwrap_or(i64::MAX),
        })
    }

    fn pregnancy(&self) -> Result<Option<Pregnancy>, DoorError> {
        let below = |what, given: i64| match given {
            ..0 => Err(DoorError::impossible(AmountError::BelowZero {
                what,
                given,
            })),
            _ => Ok(given),
        };
        match (self.weeks, self.days) {
            (None, None) => Ok(None),
            (None, Some(day)) => Ok(Some(Pregnancy::on_day(below("days", day)?))),
            (Some((weeks, days)), None) => Ok(Some(Pregnancy::weeks(below("weeks", weeks)?, days))),
            (Some((weeks, 0)), Some(days @ 0..=6)) => {
                Ok(Some(Pregnancy::weeks(below("weeks", weeks)?, days)))
            }
            (Some(_), Some(_)) => Err(DoorError::impossible("days beside weeks are 0 to 6")),
        }
    }

    fn childbirth(&self, month: MonthNumber) -> Result<Childbirth, DoorError> {
        Ok(Childbirth {
            children: self.number_of_children().or(self.fetuses).unwrap_or(1),
            pregnancy: self.pregnancy()?,
            in_scheme: self.in_scheme.or(self.facility).unwrap_or(true),
            insured: self.insured.unwrap_or(true),
            month,
        })
    }

    fn pregnancy_support(
        &self,
        month: MonthNumber,
        stage: Option<&str>,
    ) -> Result<PregnancySupport, DoorError> {
        let fetuses = Some(self.fetuses.or(self.number_of_children()).unwrap_or(1));
        let (first, fetuses) = match stage {
            None | Some("both" | "all") => (true, fetuses),
            Some("first" | "1") => (true, None),
            Some("second" | "2") => (false, fetuses),
            Some(_) => return Err(DoorError::impossible("stage is first, second or both")),
        };
        Ok(PregnancySupport {
            fetuses,
            first,
            month,
        })
    }

    fn claimant(&self) -> Option<Means> {
        self.income.map(|income| Means {
            income,
            dependants: self.dependants.unwrap_or(0),
        })
    }

    fn all_relatives(&self) -> Vec<Means> {
        let single = self.relative_income.iter().flatten().map(|income| Means {
            income: *income,
            dependants: self.relative_dependants.unwrap_or(0),
        });
        single
            .chain(self.relatives.iter().flatten().copied())
            .collect()
    }

    fn rearing(&self, month: MonthNumber) -> RearingClaim {
        let children = match &self.children {
            Some(Children::Listed(listed)) => {
                let qualify = listed.iter().filter(|child| child.qualifies(month)).count();
                i64::try_from(qualify).unwrap_or(i64::MAX)
            }
            _ => self.number_of_children().unwrap_or(1),
        };
        RearingClaim {
            children,
            claimant: Means {
                income: self.income.unwrap_or(0),
                dependants: self.dependants.unwrap_or(0),
            },
            elderly_dependants: self.elderly_dependants.unwrap_or(0),
            specified_dependants: self.specified_dependants.unwrap_or(0),
            child_support: self.child_support.unwrap_or(0),
            relatives: self.all_relatives(),
            pension: self.public_pension.unwrap_or(0),
            month,
        }
    }

    fn graded(&self, month: MonthNumber) -> Result<GradedChildren, DoorError> {
        let one_grade = self.grade.unwrap_or(1);
        let grades: Vec<(i64, i64)> = match (&self.grades, &self.children) {
            (Some(grades), _) => grades.iter().map(|grade| (*grade, 1)).collect(),
            (None, Some(Children::Listed(listed))) => listed
                .iter()
                .filter(|child| child.under_twenty(month))
                .map(|child| (child.grade.unwrap_or(one_grade), 1))
                .collect(),
            (None, _) => vec![(one_grade, self.number_of_children().unwrap_or(1))],
        };
        let mut asked = GradedChildren {
            grade_1: 0,
            grade_2: 0,
            claimant: self.claimant(),
            relatives: self.all_relatives(),
            month,
        };
        for (grade, children) in grades {
            let of_grade = match grade {
                1 => &mut asked.grade_1,
                2 => &mut asked.grade_2,
                given => return Err(DoorError::impossible(AmountError::NoSuchGrade { given })),
            };
            *of_grade = of_grade.saturating_add(children);
        }
        Ok(asked)
    }

    fn disabled(&self, month: MonthNumber) -> DisabledChild {
        let children = match &self.children {
            Some(Children::Listed(listed)) => {
                let qualify = listed
                    .iter()
                    .filter(|child| child.under_twenty(month))
                    .count();
                i64::try_from(qualify).unwrap_or(i64::MAX)
            }
            _ => self.number_of_children().unwrap_or(1),
        };
        DisabledChild {
            children,
            in_facility: self.in_facility.or(self.facility).unwrap_or(false),
            own: self.claimant(),
            relatives: self.all_relatives(),
            month,
        }
    }

    fn is_multiple(&self) -> bool {
        self.multiple.unwrap_or_else(|| {
            let most = self.fetuses.max(self.number_of_children());
            most.is_some_and(|most| most > 1)
        })
    }

    fn maternity_pay(&self) -> Result<MaternityPay, DoorError> {
        // 標準報酬日額: a thirtieth, to the nearest ten yen.
        let from_monthly = |monthly: i64| {
            let tens = (i128::from(monthly) * 2 + 300).div_euclid(600);
            i64::try_from(tens * 10).unwrap_or(i64::MAX)
        };
        Ok(MaternityPay {
            birth: self.birth,
            due: self.due,
            multiple: self.is_multiple(),
            pregnancy: self.pregnancy()?,
            daily_pay: self
                .standard_daily
                .or(self.standard_monthly.map(from_monthly)),
        })
    }

    fn maternity_relief(&self) -> Result<MaternityRelief, DoorError> {
        Ok(MaternityRelief {
            parent: match self.role.as_deref() {
                None | Some("mother") => Parent::Mother,
                Some("father") => Parent::Father,
                Some("adoptive" | "adoptive_mother" | "adoptive_father" | "adoptive_parent") => {
                    Parent::Adoptive
                }
                Some(_) => {
                    return Err(DoorError::impossible("role is mother, father or adoptive"));
                }
            },
            birth: self.birth,
            due: self.due,
            filed: self.filed,
            multiple: self.is_multiple(),
            pregnancy: self.pregnancy()?,
            other_category: self.category.is_some_and(|category| category != 1),
        })
    }

    fn childcare_relief(&self) -> Result<ChildcareRelief, DoorError> {
        Ok(ChildcareRelief {
            birth: self.maternity_relief()?,
            after_maternity: self.maternity_relief,
            care_began: self.care_began,
            no_child: self.loss.unwrap_or(false),
        })
    }
}

impl Listed {
    /// 児童扶養手当法3 I: until the fiscal year of eighteen ends, or until twenty with a disability.
    fn qualifies(&self, month: MonthNumber) -> bool {
        let Some(birth) = self.birth else { return true };
        MonthNumber::of(birth) <= month
            && (month <= MonthNumber::fiscal_year_end(birth, 18)
                || (self.disabled && self.under_twenty(month)))
    }

    /// Not yet twenty when the month begins.
    fn under_twenty(&self, month: MonthNumber) -> bool {
        self.birth.is_none_or(|birth| {
            let twenty = MonthNumber::of(calendar::attains(birth, 20));
            MonthNumber::of(birth) <= month && month <= twenty
        })
    }
}

/// The fields of an object while they are read: the first name that is there and not `null`.
struct Fields(Map<String, Value>);

impl Fields {
    fn take<T>(
        &mut self,
        names: &[&str],
        reader: impl Fn(&Value) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let found = names
            .iter()
            .filter_map(|name| Some((*name, self.0.get(*name)?)))
            .find(|(_, value)| !value.is_null());
        found
            .map(|(name, value)| reader(value).map_err(|what| format!("{name}: {what}")))
            .transpose()
    }
}

fn day(value: &Value) -> Result<Date, String> {
    loose::moment(value).map(|(day, _)| day)
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.trim_ascii().to_lowercase()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err("is not a text".to_owned()),
    }
}

/// `12`, `"12w3d"`, `"12+3"`, `"12"`.
fn weeks(value: &Value) -> Result<(i64, i64), String> {
    if let Ok(weeks) = loose::integer(value) {
        return Ok((weeks, 0));
    }
    let refused = || "is not a number of weeks such as 21 or \"21w6d\"".to_owned();
    let text = value.as_str().ok_or_else(refused)?;
    let (weeks, days) = text.split_once(['w', '+']).ok_or_else(refused)?;
    let days = days.strip_suffix('d').unwrap_or(days);
    let days = if days.is_empty() { "0" } else { days };
    let parsed = weeks.parse().ok().zip(days.parse().ok());
    parsed
        .filter(|(weeks, days)| (0..=60).contains(weeks) && (0..=6).contains(days))
        .ok_or_else(refused)
}

/// `1`, `"1"`, `"1級"`, `"grade_1"`.
fn grade(value: &Value) -> Result<i64, String> {
    loose::integer(value).or_else(|refused| {
        let text = value.as_str().ok_or_else(|| refused.clone())?;
        let bare = text.strip_suffix('級').unwrap_or(text);
        let bare = bare.strip_prefix("grade_").unwrap_or(bare);
        bare.parse().map_err(|_| refused)
    })
}

/// True or false, or in the words of the answer's class.
fn scheme(value: &Value) -> Result<bool, String> {
    match value.as_str() {
        Some("in_scheme" | "in" | "inside") => Ok(true),
        Some("outside" | "out" | "outside_scheme" | "not_in_scheme") => Ok(false),
        _ => loose::flag(value),
    }
}

/// The same, also as an object that may say it of the facility.
fn facility(value: &Value) -> Result<Option<bool>, String> {
    if value.is_object() {
        return object(value)?.take(SCHEME, scheme);
    }
    scheme(value).map(Some)
}

fn list<T>(value: &Value, reader: fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    match value {
        Value::Array(values) => values.iter().map(reader).collect(),
        single => reader(single).map(|one| vec![one]),
    }
}

fn object(value: &Value) -> Result<Fields, String> {
    let fields = value.as_object().ok_or("is not an object")?;
    Ok(Fields(fields.clone()))
}

fn means(value: &Value) -> Result<Means, String> {
    let mut fields = object(value)?;
    Ok(Means {
        income: fields.take(&["income"], loose::integer)?.unwrap_or(0),
        dependants: fields.take(DEPENDANTS, loose::integer)?.unwrap_or(0),
    })
}

fn listed(value: &Value) -> Result<Listed, String> {
    if value.is_object() {
        let mut fields = object(value)?;
        return Ok(Listed {
            birth: fields.take(BIRTH, day)?,
            grade: fields.take(&["grade"], grade)?,
            disabled: fields.take(&["disabled"], loose::flag)?.unwrap_or(false),
        });
    }
    Ok(Listed {
        birth: Some(day(value)?),
        grade: None,
        disabled: false,
    })
}

fn children(value: &Value) -> Result<Children, String> {
    match value {
        Value::Array(values) => {
            let listed = values.iter().map(listed).collect::<Result<_, _>>()?;
            Ok(Children::Listed(listed))
        }
        number => loose::integer(number).map(Children::Number),
    }
}

const SCHEME: &[&str] = &[
    "in_scheme",
    "compensation_scheme",
    "facility_in_scheme",
    "facility_in_compensation_scheme",
    "in_compensation_scheme",
    "obstetric_compensation",
    "obstetric_compensation_scheme",
    "scheme",
];
const BIRTH: &[&str] = &["birth", "birth_date", "born", "date_of_birth", "birthday"];
const DEPENDANTS: &[&str] = &["dependants", "dependents", "number_of_dependants"];

impl Input {
    fn read(fields: Map<String, Value>) -> Result<Self, String> {
        let mut fields = Fields(fields);
        Ok(Self {
            children: fields.take(&["children", "number_of_children", "child_count"], children)?,
            fetuses: fields.take(
                &["fetuses", "foetuses", "number_of_fetuses"],
                loose::integer,
            )?,
            weeks: fields.take(&["weeks", "gestational_weeks", "pregnancy_weeks"], weeks)?,
            days: fields.take(
                &["days", "gestational_days", "pregnancy_days"],
                loose::integer,
            )?,
            in_scheme: fields.take(SCHEME, scheme)?,
            facility: fields.take(&["facility"], facility)?.flatten(),
            insured: fields.take(&["insured"], loose::flag)?,
            stage: fields.take(&["stage", "payment"], text)?,
            dependants: fields.take(DEPENDANTS, loose::integer)?,
            elderly_dependants: fields.take(
                &["elderly_dependants", "elderly_dependents"],
                loose::integer,
            )?,
            specified_dependants: fields.take(
                &["specified_dependants", "specified_dependents"],
                loose::integer,
            )?,
            income: fields.take(
                &[
                    "income",
                    "own_income",
                    "claimant_income",
                    "recipient_income",
                ],
                loose::integer,
            )?,
            relative_income: fields.take(
                &[
                    "relative_income",
                    "relatives_income",
                    "relative's_income",
                    "relatives'_income",
                    "supporter_income",
                ],
                |value| list(value, loose::integer),
            )?,
            relative_dependants: fields.take(
                &[
                    "relative_dependants",
                    "relative_dependents",
                    "relatives_dependants",
                    "relatives_dependents",
                ],
                loose::integer,
            )?,
            relatives: fields.take(&["relatives"], |value| list(value, means))?,
            child_support: fields.take(&["child_support", "support"], loose::integer)?,
            public_pension: fields.take(&["public_pension", "pension"], loose::integer)?,
            grade: fields.take(&["grade"], grade)?,
            grades: fields.take(&["grades"], |value| list(value, grade))?,
            in_facility: fields.take(&["in_facility"], loose::flag)?,
            birth: fields.take(BIRTH, day)?,
            due: fields.take(&["due", "due_date", "expected_date"], day)?,
            filed: fields.take(&["filed", "filed_on"], day)?,
            role: fields.take(&["role", "parent"], text)?,
            multiple: fields.take(&["multiple", "multiple_birth", "twins"], loose::flag)?,
            category: fields.take(&["category", "insured_category"], loose::integer)?,
            maternity_relief: fields.take(&["maternity_relief"], loose::flag)?,
            care_began: fields.take(&["care_began", "care_start"], day)?,
            loss: fields.take(&["loss", "stillbirth"], loose::flag)?,
            standard_daily: fields
                .take(&["standard_daily", "standard_daily_pay"], loose::integer)?,
            standard_monthly: fields.take(
                &["standard_monthly", "standard_monthly_pay"],
                loose::integer,
            )?,
        })
    }
}

impl<'de> Deserialize<'de> for Question {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let mut fields = Fields(Map::deserialize(input)?);
        let read = |fields: &mut Fields| {
            let benefit = fields.take(&["benefit"], text)?;
            let month = fields.take(&["month"], loose::month)?;
            // Without `input`, the facts may stand beside the benefit.
            let inner = match fields.0.remove("input") {
                None | Some(Value::Null) => std::mem::take(&mut fields.0),
                Some(Value::Object(inner)) => inner,
                Some(_) => return Err("input: is not an object".to_owned()),
            };
            let inner_month = Fields(inner.clone()).take(&["month"], loose::month)?;
            Ok(Self {
                benefit: benefit.ok_or("benefit is needed")?,
                month: month.or(inner_month),
                input: Input::read(inner)?,
            })
        };
        read(&mut fields).map_err(D::Error::custom)
    }
}
