//! `vaccine`: from the doses given, the next dose of one vaccine and its windows. Windows, never advice.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::door::{Context, DoorError, Kind};
use crate::facts::Sex;
use crate::form::Confidence;
use crate::vaccination::{Dose, NoteCode, Outlook, Person, Schedule, Status, Vaccine};

pub(crate) struct VaccineKind;

/// A vaccine, a birth and the doses given.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// Which vaccine: `hepatitis_b`, `rotavirus_rv1`, `rotavirus_rv5`, `dpt_ipv_hib`, `pneumococcal_child`, `bcg`, `mr_1`,
    /// `mr_2`, `varicella`, `je_1`, `je_2`, `dt_2`, `hpv`, `rsv_maternal`.
    vaccine: String,
    /// The child's date of birth; needed for every vaccine but `rsv_maternal`.
    #[serde(default)]
    birth: Option<Date>,
    /// The doses given, in any order.
    #[serde(default)]
    doses: Option<Vec<GivenDose>>,
    /// The day to be answered for; the date of the law if not given, or the last dose if that is later.
    #[serde(default)]
    as_of: Option<Date>,
    /// The child's sex; `hpv` is for girls, and taken to be asked for one where it is not given.
    #[serde(default)]
    sex: Option<GivenSex>,
    /// The mother is HBs antigen positive: the child has a course under health insurance.
    #[serde(default)]
    mother_hbs_positive: Option<bool>,
    /// The product of all doses, where it matters: `rotarix`, `rotateq`, `silgard9` …
    #[serde(default)]
    brand: Option<String>,
    /// The expected day of delivery, for `rsv_maternal`.
    #[serde(default)]
    due_date: Option<Date>,
    /// Days of injections of other live vaccines (BCG, MR, chickenpox).
    #[serde(default)]
    live_injections: Option<Vec<Date>>,
    /// With the remarks and the ground in the answer.
    #[serde(default)]
    explain: Option<bool>,
}

/// A dose.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a dose is a date, or {\"date\", \"brand\"}")]
enum GivenDose {
    /// Its day.
    Day(Date),
    /// Its day and product.
    Record {
        /// The day.
        date: Date,
        /// The product.
        #[serde(default)]
        brand: Option<String>,
    },
}

/// A sex: a word or the ISO 5218 digit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "sex is \"female\", \"male\", or an ISO 5218 digit"
)]
enum GivenSex {
    /// 0, 1, 2, 9.
    Digit(u8),
    /// A word.
    Word(SexWord),
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SexWord {
    #[serde(alias = "f", alias = "F", alias = "girl", alias = "女")]
    Female,
    #[serde(alias = "m", alias = "M", alias = "boy", alias = "男")]
    Male,
    #[serde(alias = "not_known", alias = "")]
    Unknown,
}

/// Where it stands.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The first that holds. `not_routine`: not part of the programme for this child. `needs_doctor`: the record does not
    /// fit the order (a dose too early, too close to another, of another product, before the birth, after `as_of`), so
    /// that no window is said. `complete`: every dose was given. `expired`: the next dose can no longer be given in the
    /// programme. `last_day`: `as_of` is its last permitted day. `late_series`: a course with fewer doses holds, because
    /// it began late or a dose is left out because of age. `late`: past the standard time, still permitted.
    /// `due_window`: in the standard time or before it.
    status: Status,
    /// Which dose is next, from 1; `null` where none is.
    next_dose: Option<usize>,
    /// First permitted day of the next dose; may lie in the past.
    earliest: Option<Date>,
    /// First day of its standard time; the first permitted day where the notice sets no other. `null` where the interval
    /// to the dose before ends after the standard time.
    recommended_from: Option<Date>,
    /// Last day of its standard time; the last permitted day where the notice sets no other.
    recommended_to: Option<Date>,
    /// Last permitted day; with a record that needs a doctor, of the vaccine itself.
    latest: Option<Date>,
    /// Remarks and ground; only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
}

/// What an answer rests on.
#[derive(Debug, Serialize, JsonSchema)]
struct Why {
    /// Doses counted.
    doses_counted: usize,
    /// The last day of the vaccine's window.
    closes: Option<Date>,
    /// The last day on which the next dose leaves room for the rest of the course at the shortest intervals.
    whole_course_by: Option<Date>,
    /// Remarks.
    notes: Vec<Note>,
    /// Laws and notices.
    ground: Vec<Basis>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Note {
    /// Its code.
    code: NoteCode,
    /// Japanese.
    ja: String,
    /// English.
    en: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Basis {
    /// The law or notice.
    name: String,
    /// Its article or section.
    article: String,
    /// In our words, in Japanese.
    ja: String,
    /// In our words, in English.
    en: String,
    /// `verified`, or `gk` for general knowledge.
    confidence: &'static str,
}

impl Kind for VaccineKind {
    const NAME: &'static str = "vaccine";
    const ABOUT: &'static str = "the next dose of a vaccine and its windows";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let schedule = Schedule::builtin().map_err(DoorError::impossible)?;
        let vaccine = schedule
            .vaccine(question.vaccine.trim())
            .ok_or_else(|| DoorError::impossible(format!("no vaccine {:?}", question.vaccine)))?;
        let doses = doses(&question);
        let last = doses.iter().map(|dose| dose.day).max();
        let as_of = question
            .as_of
            .unwrap_or_else(|| last.map_or(cx.as_of, |day| day.max(cx.as_of)));
        let person = Person {
            birth: question.birth,
            due: question.due_date,
            sex: question.sex.as_ref().map(sex).transpose()?,
            mother_hbs_positive: question.mother_hbs_positive.unwrap_or(false),
            live_injections: question.live_injections.unwrap_or_default(),
            away: false,
        };
        let outlook = schedule
            .assess(vaccine, &person, &doses, as_of)
            .map_err(DoorError::impossible)?;
        let why = question
            .explain
            .unwrap_or(false)
            .then(|| why(schedule, vaccine, &outlook));
        Ok(answer(&outlook, as_of, why))
    }
}

fn doses(question: &Question) -> Vec<Dose> {
    let given = question.doses.as_deref().unwrap_or_default();
    let all = question.brand.as_ref();
    given
        .iter()
        .map(|dose| match dose {
            GivenDose::Day(day) => Dose {
                day: *day,
                product: all.cloned(),
            },
            GivenDose::Record { date, brand } => Dose {
                day: *date,
                product: brand.as_ref().or(all).cloned(),
            },
        })
        .collect()
}

fn sex(given: &GivenSex) -> Result<Sex, DoorError> {
    match given {
        GivenSex::Word(SexWord::Female) => Ok(Sex::Female),
        GivenSex::Word(SexWord::Male) => Ok(Sex::Male),
        GivenSex::Word(SexWord::Unknown) => Ok(Sex::NotKnown),
        GivenSex::Digit(code) => Sex::try_from(*code).map_err(DoorError::impossible),
    }
}

fn answer(outlook: &Outlook, as_of: Date, why: Option<Why>) -> Answer {
    let next = outlook.next;
    let recommended = next.and_then(|next| next.recommended);
    // Of a record that does not fit, the day until which the clinic can still decide.
    let undecided = outlook
        .closes
        .filter(|closes| outlook.status == Status::NeedsDoctor && as_of <= *closes);
    Answer {
        status: outlook.status,
        next_dose: next.map(|next| next.number),
        earliest: next.map(|next| next.earliest),
        recommended_from: recommended.map(|(from, _)| from),
        recommended_to: recommended.map(|(_, to)| to),
        latest: next.map(|next| next.latest).or(undecided),
        why,
    }
}

fn why(schedule: &Schedule, vaccine: &Vaccine, outlook: &Outlook) -> Why {
    let note = |code: &NoteCode| {
        let words = schedule.note(*code).cloned().unwrap_or_default();
        Note {
            code: *code,
            ja: words.ja,
            en: words.en,
        }
    };
    let grounds = vaccine.ground.iter().chain([schedule.counting()]);
    Why {
        doses_counted: outlook.given,
        closes: outlook.closes,
        whole_course_by: outlook.next.and_then(|next| next.whole_course_by),
        notes: outlook.notes.iter().map(note).collect(),
        ground: grounds
            .map(|ground| Basis {
                name: ground.name.clone(),
                article: ground.article.clone(),
                ja: ground.sentence.ja.clone(),
                en: ground.sentence.en.clone(),
                confidence: match ground.confidence {
                    Confidence::Verified => "verified",
                    Confidence::Gk => "gk",
                },
            })
            .collect(),
    }
}
