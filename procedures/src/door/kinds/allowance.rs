//! `allowance`: the child allowance of one household for one month.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::because::Because;
use super::loose;
use crate::amounts::{self, Amounts, Child, Household, IncomeClass, Lives, MonthNumber, Payer};
use crate::door::{Context, DoorError, Kind};

pub(crate) struct Allowance;

/// More than any household has; bounds the answer to a line somebody can read.
const MOST_CHILDREN: usize = 1_000;

/// A recipient, the children and a month.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// The month the allowance is for, `2026-11`; that of the law's date if absent. Months from April 2012 on.
    #[serde(default, deserialize_with = "loose::maybe_month")]
    #[schemars(with = "Option<String>")]
    month: Option<MonthNumber>,
    /// Who receives it; whoever lives in a municipality and is no civil servant if absent.
    #[serde(default)]
    recipient: Option<Recipient>,
    /// All children, in any order; those from nineteen to twenty-two may count too.
    #[serde(default)]
    children: Option<Vec<QuestionChild>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "a recipient, an object")]
struct Recipient {
    /// A civil servant of the state or of a local government, who is paid by the employer. Staff of independent agencies,
    /// national universities and the seconded are not.
    #[serde(
        default,
        alias = "public_servant",
        deserialize_with = "loose::maybe_flag"
    )]
    #[schemars(with = "Option<bool>")]
    civil_servant: Option<bool>,
    /// Income class, for months until September 2024; `below` if absent.
    #[serde(default)]
    income_class: Option<QuestionIncome>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum QuestionIncome {
    /// Below the limit.
    Below,
    /// At the limit or above it (特例給付).
    Above,
    /// At the upper limit or above it, from June 2022.
    OverUpper,
}

/// A name for a child in the answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "id is a text or a number")]
enum Id {
    Text(String),
    Number(serde_json::Number),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(expecting = "a child, an object with birth")]
struct QuestionChild {
    /// Name of the child in the answer; its place in the list, from 0, if absent.
    #[serde(default)]
    id: Option<Id>,
    /// Day of birth, with or without a time.
    #[serde(
        alias = "birth_date",
        alias = "birthday",
        alias = "born",
        alias = "date_of_birth",
        deserialize_with = "loose::needed_moment"
    )]
    #[schemars(with = "Date")]
    birth: loose::Moment,
    /// In the recipient's care and sharing a livelihood; true if absent.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    custody: Option<bool>,
    /// After the fiscal year of eighteen: looked after and supported by the recipient (確認書); false if absent.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    supported: Option<bool>,
    /// Where the child lives; in Japan if absent.
    #[serde(default)]
    residence: Option<QuestionResidence>,
    /// With whom the child lives; at home if absent.
    #[serde(default)]
    status: Option<QuestionStatus>,
    /// Order among children born on the same day, lower is older.
    #[serde(default, deserialize_with = "loose::maybe_integer")]
    #[schemars(with = "Option<i64>")]
    birth_order: Option<i64>,
    /// Day of death.
    #[serde(default, deserialize_with = "loose::maybe_day")]
    #[schemars(with = "Option<Date>")]
    died: Option<Date>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum QuestionResidence {
    /// In Japan.
    Japan,
    /// Abroad for other reasons than study.
    #[serde(alias = "overseas")]
    Abroad,
    /// Abroad to study.
    #[serde(alias = "studying_abroad")]
    StudyAbroad,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum QuestionStatus {
    /// In a family.
    Home,
    /// In a facility or with foster parents.
    #[serde(alias = "institution", alias = "foster")]
    Facility,
}

/// The allowance.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// Yen for the month by child; 0 for those who bring nothing.
    per_child: BTreeMap<String, u32>,
    /// Yen for the month.
    total: i64,
    /// Who pays.
    payer: AnswerPayer,
    /// Why, oldest child first.
    trace: Vec<Because>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AnswerPayer {
    /// The municipality the recipient lives in.
    Municipality,
    /// The civil servant's employer.
    Employer,
}

impl Kind for Allowance {
    const NAME: &'static str = "allowance";
    const ABOUT: &'static str = "child allowance of a household for a month";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let tables = Amounts::builtin().map_err(DoorError::impossible)?;
        let month = question.month.unwrap_or(MonthNumber::of(cx.as_of));
        let asked = question.children.unwrap_or_default();
        if asked.len() > MOST_CHILDREN {
            return Err(DoorError::impossible(format!(
                "{} children are more than {MOST_CHILDREN}",
                asked.len()
            )));
        }
        let ids = names(&asked)?;
        let recipient = question.recipient.unwrap_or_default();
        let household = Household {
            civil_servant: recipient.civil_servant.unwrap_or(false),
            income: match recipient.income_class {
                None | Some(QuestionIncome::Below) => IncomeClass::Below,
                Some(QuestionIncome::Above) => IncomeClass::Above,
                Some(QuestionIncome::OverUpper) => IncomeClass::OverUpper,
            },
            children: asked.iter().map(QuestionChild::child).collect(),
        };
        let allowance = amounts::allowance(&household, month, &tables.allowance)
            .map_err(DoorError::impossible)?;
        let named = |index: u32| {
            usize::try_from(index)
                .ok()
                .and_then(|at| ids.get(at))
                .cloned()
        };
        Ok(Answer {
            total: allowance.total,
            payer: match allowance.payer {
                Payer::Municipality => AnswerPayer::Municipality,
                Payer::Employer => AnswerPayer::Employer,
            },
            trace: allowance
                .reasons
                .iter()
                .map(|reason| Because::new(reason, reason.child.and_then(named)))
                .collect(),
            per_child: ids
                .iter()
                .cloned()
                .zip(allowance.children.iter().map(|child| child.yen))
                .collect(),
        })
    }
}

impl QuestionChild {
    fn child(&self) -> Child {
        let (birth, birth_minute) = self.birth;
        Child {
            birth,
            birth_order: self.birth_order,
            birth_minute,
            custody: self.custody.unwrap_or(true),
            supported: self.supported.unwrap_or(false),
            residence: match self.residence {
                None | Some(QuestionResidence::Japan) => amounts::Residence::Japan,
                Some(QuestionResidence::Abroad) => amounts::Residence::Abroad,
                Some(QuestionResidence::StudyAbroad) => amounts::Residence::StudyAbroad,
            },
            lives: match self.status {
                None | Some(QuestionStatus::Home) => Lives::AtHome,
                Some(QuestionStatus::Facility) => Lives::InFacility,
            },
            died: self.died,
        }
    }
}

/// A name for every child, each its own.
fn names(asked: &[QuestionChild]) -> Result<Vec<String>, DoorError> {
    let given = |child: &QuestionChild| {
        child.id.as_ref().map(|id| match id {
            Id::Text(text) => text.clone(),
            Id::Number(number) => number.to_string(),
        })
    };
    let mut taken = std::collections::BTreeSet::new();
    for id in asked.iter().filter_map(given) {
        if let Some(twice) = taken.replace(id) {
            let shown: String = twice.chars().take(60).collect();
            return Err(DoorError::impossible(format!(
                "two children have the id {shown:?}"
            )));
        }
    }
    Ok(asked
        .iter()
        .enumerate()
        .map(|(place, child)| {
            given(child).unwrap_or_else(|| {
                let place = place.to_string();
                if taken.contains(&place) {
                    format!("#{place}")
                } else {
                    place
                }
            })
        })
        .collect())
}
