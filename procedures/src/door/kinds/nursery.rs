//! `nursery`: which facilities suit a child, nearest first, with the reason for each.
//!
//! The facilities come with the question: as the text of a municipality's own file, or as records. No list is built in.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::loose;
use crate::calendar::Month;
use crate::door::{Context, DoorError, Kind};
use crate::nursery::import::{self, RowProblem};
use crate::nursery::{
    AgeClass, CareHours, Facility, FacilityKind, FeeHousehold, FeeTables, Hit, Index, Measure,
    Outcome, Position, Vacancy, VacancyRow, Weekdays, Wishes, import_vacancies,
};
use crate::nursery::{Clock, Fee};
use crate::text::Text;

pub(crate) struct Nursery;

/// What is handed out at most.
const MOST: usize = 1000;

/// Facilities and a family's wishes. Wishes may be left out.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// The text of a list of facilities as a municipality publishes it (comma- or tab-separated, with its header).
    #[serde(default)]
    csv: Option<String>,
    /// Facilities as records, or a map of them by id. Names of their fields: those of any published layout (`名称`, `緯度`, …) or
    /// `id`, `name`, `kana`, `kind`, `lat`, `lon`, `capacity`, `ages` (text such as `57日から2歳`, or the classes `[0, 1, 2]`),
    /// `min_age` (text, `{"months": 6}`, `{"days": 57}`, or a number: months, or days above 36), `min_age_months`,
    /// `min_age_days`, `max_age` (years), `hours` (`["07:30", "18:30"]`) or `open` and `close`, `days`, `fee`, `vacancies`
    /// (`{"0": 2}`), `as_of` (of the vacancies), `address`, `phone`, `staff_only`, `url`, `note`.
    #[serde(default)]
    facilities: Option<Value>,
    /// The text of a table of free places.
    #[serde(default)]
    vacancy_csv: Option<String>,
    /// Free places as records: `facility_id` or `facility`, `fiscal_ym`, `age_class`, `capacity`, `enrolled`, `vacancies`,
    /// `applicants`, `as_of`.
    #[serde(default)]
    vacancies: Option<Vec<Map<String, Value>>>,
    /// Latitude of the place distances are measured from.
    #[serde(default, alias = "latitude")]
    lat: Option<f64>,
    /// Its longitude.
    #[serde(default, alias = "lng", alias = "longitude")]
    lon: Option<f64>,
    /// The child's day of birth.
    #[serde(default)]
    birth: Option<Date>,
    /// The month of entry (`2027-04`) or its day. Left out: the day of the law.
    #[serde(default)]
    entry: Option<String>,
    /// When care is needed: `["07:30", "18:30"]` or `{"from", "to"}`.
    #[serde(default)]
    hours: Option<Hours>,
    /// On which days: `月火水木金`, `mon-fri`, or a list.
    #[serde(default)]
    days: Option<OneOrMany>,
    /// The most it may cost a month, in yen.
    #[serde(default)]
    max_fee: Option<u32>,
    /// What licensed care costs this household a month, in yen, if it is known; otherwise it is computed from `fee`.
    #[serde(default)]
    licensed_fee: Option<u32>,
    /// What the fee of licensed care follows from.
    #[serde(default)]
    fee: Option<FeeQuestion>,
    /// How far at most, in metres.
    #[serde(
        default,
        alias = "radius_m",
        alias = "max_distance_m",
        alias = "radius"
    )]
    within_m: Option<f64>,
    /// How far at most, in kilometres.
    #[serde(default, alias = "radius_km", alias = "max_distance_km")]
    within_km: Option<f64>,
    /// Kinds of facility: `nursery`, `kodomoen`, `kindergarten`, `small_scale`, `home_based`, `workplace`, `company_led`,
    /// `unlicensed`, `after_school`, `support_centre`, `temporary`, `other`, or a list's own word.
    #[serde(default, alias = "kind")]
    kinds: Option<OneOrMany>,
    /// Whether a free place must be known of.
    #[serde(default)]
    vacancy: Option<bool>,
    /// Part of the name or its reading.
    #[serde(default, alias = "query", alias = "text")]
    name: Option<String>,
    /// Today, to tell old vacancies. Left out: the day of the law.
    #[serde(default)]
    as_of: Option<Date>,
    /// After how many days vacancies are old. Left out: 45.
    #[serde(default)]
    fresh_days: Option<u16>,
    /// How many to hand out. Left out: 20.
    #[serde(default)]
    limit: Option<usize>,
    /// How many of the best to skip.
    #[serde(default)]
    offset: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "hours are [\"07:30\", \"18:30\"] or {\"from\", \"to\"}"
)]
enum Hours {
    Pair(String, String),
    Named {
        /// From when.
        #[serde(alias = "open", alias = "start")]
        from: String,
        /// Until when.
        #[serde(alias = "close", alias = "end", alias = "until")]
        to: String,
    },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a text or a list of texts is needed")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn parts(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// What the fee of licensed care follows from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(expecting = "an object with household")]
struct FeeQuestion {
    /// The municipality: code, name or table (`asukoe`, `kazamine`, `national` for the ceilings). Left out: `asukoe`.
    #[serde(default)]
    profile: Option<String>,
    /// Standard or short time. Left out: standard.
    #[serde(default)]
    care: Option<CareHours>,
    /// Tax, siblings and the like.
    household: FeeHousehold,
}

/// Facilities, best first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// Those that miss no wish, nearest first.
    facilities: Vec<Found>,
    /// Those that miss a wish: fewest misses first, then nearest.
    others: Vec<Found>,
    /// Whether there are more behind them.
    more: bool,
    /// The child's class on the day of entry; `null` at school age or without a birth.
    age_class: Option<u8>,
    /// The day of entry that was used.
    entry: Date,
    /// What licensed care costs, if it was computed.
    fee: Option<FeeAnswer>,
    /// Facilities that were read.
    read: usize,
    /// What could not be read.
    problems: Vec<Unread>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// Its id; its name where it has none.
    id: String,
    /// Its name.
    name: String,
    /// What kind it is.
    kind: &'static str,
    /// Metres as the crow flies.
    distance_m: Option<u32>,
    /// Whether it misses no wish.
    fits: bool,
    /// The wishes it misses.
    missed: Vec<&'static str>,
    /// Every wish that was looked at.
    reasons: Vec<Reason>,
    /// Free places in the child's class.
    vacancy: Option<Free>,
    /// Latitude.
    lat: Option<f64>,
    /// Longitude.
    lon: Option<f64>,
    /// Address.
    address: Option<String>,
    /// Telephone.
    phone: Option<String>,
    /// Opens at.
    open: Option<String>,
    /// Closes at.
    close: Option<String>,
    /// Places.
    capacity: Option<u32>,
    /// The ages it takes, as it says.
    ages: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Reason {
    /// `kind`, `class`, `min_age`, `hours`, `days`, `fee`, `vacancy`, `distance`.
    wish: &'static str,
    /// `met`, `missed`, or `unknown` where the list does not say.
    outcome: &'static str,
    /// In words.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    text: Text,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Free {
    /// Free places.
    vacancies: Option<u32>,
    /// Applicants.
    applicants: Option<u32>,
    /// Whether the class is offered.
    offered: bool,
    /// As of which day.
    as_of: Option<Date>,
    /// Old, to be shown grey.
    stale: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FeeAnswer {
    /// Yen a month; `null` while the tax is not known.
    yen: Option<u32>,
    /// The tier.
    tier: Option<String>,
    /// The fiscal year of the tax that decides.
    tax_year: i16,
    /// Why.
    #[schemars(with = "Vec<std::collections::BTreeMap<String, String>>")]
    trace: Vec<Text>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Unread {
    /// The line of the text; 0 for records.
    line: u64,
    /// The column.
    column: Option<String>,
    /// What was wrong.
    problem: String,
    /// Whether the facility was left out because of it.
    refused: bool,
}

impl Kind for Nursery {
    const NAME: &'static str = "nursery";
    const ABOUT: &'static str = "which nurseries suit a child, nearest first, with reasons";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let entry = loose::entry(cx, question.entry.as_deref())?;
        let mut given = Given::read(&question)?;
        let class = question.birth.and_then(|birth| AgeClass::of(birth, entry));
        let fee = fee(&question, class, Month::of(entry))?;
        let wishes = wishes(
            &question,
            question.birth.map(|birth| (birth, entry)),
            question.as_of.unwrap_or(cx.as_of),
            fee.as_ref(),
        )?;
        let index = Index::build(std::mem::take(&mut given.facilities), &given.vacancies);
        let page = index.search(&wishes).map_err(DoorError::impossible)?;
        let (fitting, others): (Vec<Found>, Vec<Found>) = page
            .hits
            .iter()
            .filter_map(|hit| Some(found(hit, index.facilities().get(hit.facility)?)))
            .partition(|found| found.fits);
        Ok(Answer {
            facilities: fitting,
            others,
            more: page.more,
            age_class: class.map(AgeClass::number),
            entry,
            fee: fee.map(|fee| FeeAnswer {
                yen: fee.yen,
                tier: fee.tier,
                tax_year: fee.tax_year,
                trace: fee.trace,
            }),
            read: index.facilities().len(),
            problems: given.problems.into_iter().map(unread).collect(),
        })
    }
}

fn unread(problem: RowProblem) -> Unread {
    Unread {
        line: problem.line,
        refused: problem.problem.refuses_the_row(),
        problem: problem.problem.to_string(),
        column: problem.column.map(String::from),
    }
}

fn found(hit: &Hit, facility: &Facility) -> Found {
    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    Found {
        id: facility.id.to_string(),
        name: facility.name.to_string(),
        kind: facility.kind.id(),
        distance_m: hit.distance_m,
        fits: hit.fits(),
        missed: hit
            .findings
            .iter()
            .filter(|finding| finding.outcome == Outcome::Missed)
            .map(|finding| finding.wish.id())
            .collect(),
        reasons: hit
            .findings
            .iter()
            .map(|finding| Reason {
                wish: finding.wish.id(),
                outcome: match finding.outcome {
                    Outcome::Met => "met",
                    Outcome::Missed => "missed",
                    Outcome::Unknown => "unknown",
                },
                text: finding.text.clone(),
            })
            .collect(),
        vacancy: hit.vacancy.map(|(vacancy, stale)| free(vacancy, stale)),
        lat: facility.position.map(Position::lat),
        lon: facility.position.map(Position::lon),
        address: text(&facility.address),
        phone: text(&facility.phone),
        open: facility.open.map(|clock| clock.to_string()),
        close: facility.close.map(|clock| clock.to_string()),
        capacity: facility.capacity,
        ages: facility.ages.text.to_string(),
    }
}

fn free(vacancy: Vacancy, stale: bool) -> Free {
    Free {
        vacancies: vacancy.vacancies,
        applicants: vacancy.applicants,
        offered: vacancy.offered,
        as_of: vacancy.as_of,
        stale,
    }
}

fn fee(
    question: &Question,
    class: Option<AgeClass>,
    month: Month,
) -> Result<Option<Fee>, DoorError> {
    let (Some(asked), Some(class)) = (&question.fee, class) else {
        return Ok(None);
    };
    let name = asked.profile.as_deref().unwrap_or("asukoe");
    let table = FeeTables::builtin()
        .map_err(DoorError::impossible)?
        .find(name, month)
        .ok_or_else(|| DoorError::impossible(format!("no fee table of {name:?} for {month}")))?;
    let care = asked.care.unwrap_or(CareHours::Standard);
    table
        .fee(&asked.household, class, month, care)
        .map(Some)
        .map_err(DoorError::impossible)
}

fn wishes(
    question: &Question,
    child: Option<(Date, Date)>,
    today: Date,
    fee: Option<&Fee>,
) -> Result<Wishes, DoorError> {
    let at = match (question.lat, question.lon) {
        (Some(lat), Some(lon)) => Some(
            Position::new(lat, lon)
                .ok_or_else(|| DoorError::impossible(format!("{lat}, {lon} is no place")))?,
        ),
        (None, None) => None,
        _ => return Err(DoorError::impossible("lat and lon are needed together")),
    };
    let clock = |text: &str| {
        Clock::read(text)
            .map(|(clock, _)| clock)
            .ok_or_else(|| DoorError::impossible(format!("{text:?} is no time of day")))
    };
    let hours = match &question.hours {
        Some(Hours::Pair(from, to) | Hours::Named { from, to }) => {
            let (from, mut to) = (clock(from)?, clock(to)?);
            if to <= from {
                to = to.next_day();
            }
            Some((from, to))
        }
        None => None,
    };
    let days = match &question.days {
        Some(days) => {
            let text = days.parts().join(" ");
            Weekdays::read(&text)
                .ok_or_else(|| DoorError::impossible(format!("{text:?} are no days")))?
        }
        None => Weekdays::default(),
    };
    let kinds = question
        .kinds
        .iter()
        .flat_map(OneOrMany::parts)
        .map(|word| FacilityKind::read(word))
        .collect();
    let metres = question
        .within_m
        .or(question.within_km.map(|kilometres| kilometres * 1000.0));
    Ok(Wishes {
        at,
        within_m: metres.map(whole_metres),
        child,
        hours,
        days,
        max_fee: question.max_fee,
        licensed_fee: question.licensed_fee.or(fee.and_then(|fee| fee.yen)),
        kinds,
        vacancy: question.vacancy.unwrap_or(false),
        name: question.name.clone(),
        today: Some(today),
        fresh_days: question.fresh_days.unwrap_or(45),
        offset: question.offset.unwrap_or(0),
        limit: question.limit.unwrap_or(20).min(MOST),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float out of range becomes the nearest number of metres"
)]
fn whole_metres(metres: f64) -> u32 {
    metres.floor() as u32
}

/// What came with the question.
#[derive(Default)]
struct Given {
    facilities: Vec<Facility>,
    vacancies: Vec<VacancyRow>,
    problems: Vec<RowProblem>,
}

impl Given {
    fn read(question: &Question) -> Result<Self, DoorError> {
        let mut given = Self::default();
        if let Some(csv) = &question.csv {
            let read = import::import(csv.as_bytes()).map_err(DoorError::impossible)?;
            given.facilities = read.facilities;
            given.problems = read.problems;
        }
        match &question.facilities {
            None | Some(Value::Null) => {}
            Some(Value::Array(list)) => {
                for item in list {
                    let record = item.as_object().ok_or_else(|| {
                        DoorError::Shape(format!("a facility is a record, not {item}"))
                    })?;
                    given.record(None, record)?;
                }
            }
            Some(Value::Object(map)) => {
                for (id, item) in map {
                    let record = item.as_object().ok_or_else(|| {
                        DoorError::Shape(format!("a facility is a record, not {item}"))
                    })?;
                    given.record(Some(id), record)?;
                }
            }
            Some(other) => {
                return Err(DoorError::Shape(format!(
                    "facilities: a list of records is needed, not {other}"
                )));
            }
        }
        if question.csv.is_none() && question.facilities.is_none() {
            return Err(DoorError::Shape(
                "facilities are needed: csv (the text of a list) or facilities (records)"
                    .to_owned(),
            ));
        }
        import::tell_apart(&mut given.facilities, &mut given.problems);
        if let Some(csv) = &question.vacancy_csv {
            given.vacancies(csv)?;
        }
        if let Some(records) = question.vacancies.as_ref().filter(|list| !list.is_empty()) {
            given.vacancies(&table_of(records))?;
        }
        Ok(given)
    }

    fn vacancies(&mut self, csv: &str) -> Result<(), DoorError> {
        let read =
            import_vacancies(csv.as_bytes(), Measure::Vacancies).map_err(DoorError::impossible)?;
        self.vacancies.extend(read.rows);
        self.problems.extend(read.problems);
        Ok(())
    }

    fn record(&mut self, id: Option<&str>, record: &Map<String, Value>) -> Result<(), DoorError> {
        let cells = cells(id, record);
        let pairs = cells
            .iter()
            .map(|(name, cell)| (name.as_str(), cell.clone()));
        let (facility, problems) = import::facility_from_cells(pairs);
        self.problems.extend(problems);
        let Some(facility) = facility else {
            return Ok(());
        };
        if let Some(free) = record.get("vacancies").or_else(|| record.get("vacancy")) {
            let as_of = ["as_of", "vacancy_as_of", "vacancies_as_of"]
                .iter()
                .find_map(|name| record.get(*name))
                .map(plain)
                .unwrap_or_default();
            let text = vacancy_text(&facility.id, free, &as_of);
            if let Some(text) = text {
                self.vacancies(&text)?;
            }
        }
        self.facilities.push(facility);
        Ok(())
    }
}

/// A value as a list would write it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "有".to_owned(),
        Value::Bool(false) => "無".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A record as named cells.
fn cells(id: Option<&str>, record: &Map<String, Value>) -> Vec<(String, String)> {
    let mut cells: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, cell: String| cells.push((name.to_owned(), cell));
    if let Some(id) = id.filter(|_| !record.contains_key("id")) {
        put("id", id.to_owned());
    }
    let named = ["name", "名称", "Name", "施設名", "facility"]
        .iter()
        .any(|name| record.contains_key(*name));
    if !named && let Some(id) = record.get("id").map(plain).or(id.map(str::to_owned)) {
        put("name", id);
    }
    for (name, value) in record {
        match (name.as_str(), value) {
            ("hours" | "opening_hours", Value::Array(ends)) => {
                for (name, end) in ["open", "close"].iter().zip(ends) {
                    put(name, plain(end));
                }
            }
            ("hours" | "opening_hours", Value::String(text)) => {
                for (name, end) in ["open", "close"]
                    .iter()
                    .zip(text.split(['-', '~', '〜', '～']))
                {
                    put(name, end.to_owned());
                }
            }
            ("hours" | "opening_hours", Value::Object(ends)) => {
                for (name, keys) in [
                    ("open", ["open", "from", "start"]),
                    ("close", ["close", "to", "end"]),
                ] {
                    if let Some(end) = keys.iter().find_map(|key| ends.get(*key)) {
                        put(name, plain(end));
                    }
                }
            }
            ("position" | "location" | "coordinates", Value::Object(place)) => {
                for (key, value) in place {
                    put(key, plain(value));
                }
            }
            ("min_age" | "minimum_age", Value::Object(age)) => {
                for (unit, suffix) in [("days", "日"), ("months", "か月"), ("years", "歳")] {
                    if let Some(count) = age.get(unit) {
                        put("min_age", format!("{}{suffix}", plain(count)));
                    }
                }
            }
            ("min_age" | "minimum_age", Value::Number(age)) => {
                // Above three years in months it can only be days.
                let days = age.as_u64().is_some_and(|age| age > 36);
                let suffix = if days { "日" } else { "か月" };
                put("min_age", format!("{age}{suffix}"));
            }
            ("max_age" | "maximum_age" | "max_class", Value::Number(age)) => {
                put("max_age", format!("{age}歳"));
            }
            ("ages" | "classes" | "age_classes", Value::Array(classes)) => {
                let classes: Vec<String> = classes.iter().map(plain).collect();
                put("ages", format!("{}歳児", classes.join("・")));
            }
            ("capacity", Value::Object(each)) => {
                let sum: u64 = each
                    .values()
                    .filter_map(Value::as_u64)
                    .fold(0, u64::saturating_add);
                put("capacity", sum.to_string());
                if !record.contains_key("ages") {
                    let classes: Vec<&str> = each.keys().map(String::as_str).collect();
                    put("ages", format!("{}歳児", classes.join("・")));
                }
            }
            (name, Value::Array(parts)) => {
                put(name, parts.iter().map(plain).collect::<Vec<_>>().join(" "));
            }
            (_, Value::Object(_) | Value::Null) => {}
            (name, value) => put(name, plain(value)),
        }
    }
    cells
}

/// Free places of one record as a table.
fn vacancy_text(id: &str, free: &Value, as_of: &str) -> Option<String> {
    let classes: Vec<(String, String)> = match free {
        Value::Object(each) => each
            .iter()
            .map(|(class, count)| (class.clone(), plain(count)))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(class, count)| {
                (
                    class.to_string(),
                    if count.is_null() {
                        "-".to_owned()
                    } else {
                        plain(count)
                    },
                )
            })
            .collect(),
        _ => return None,
    };
    let rows = classes
        .into_iter()
        .map(|(class, count)| vec![id.to_owned(), class, count, as_of.to_owned()]);
    let header = ["facility_id", "age_class", "vacancies", "as_of"].map(str::to_owned);
    Some(csv_text(std::iter::once(header.to_vec()).chain(rows)))
}

/// Records as a table.
fn table_of(records: &[Map<String, Value>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in records.iter().flat_map(Map::keys) {
        if !names.contains(&name.as_str()) && names.len() < 64 {
            names.push(name);
        }
    }
    let header = names.iter().map(|name| (*name).to_owned()).collect();
    let rows = records.iter().map(|record| {
        names
            .iter()
            .map(|name| record.get(*name).map(plain).unwrap_or_default())
            .collect()
    });
    csv_text(std::iter::once(header).chain(rows))
}

fn csv_text(rows: impl Iterator<Item = Vec<String>>) -> String {
    let quoted = |cell: String| format!("\"{}\"", cell.replace('"', "\"\""));
    rows.map(|row| row.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\n")
        .collect()
}
