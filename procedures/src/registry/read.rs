//! From somebody's JSON to a [`Record`]: every spelling to one, everything else reported.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::age::{AgeBounds, MAX_YEARS};
use super::psid::Psid;
use super::record::{
    ANY_TIME, Age, Area, AreaCode, BasicInformation, Contact, Documents, InstitutionName, Link,
    OpenData, Period, Place, Record, Regulation, Scalar, Support, Tag, Target, Unknown,
    UtilizationTime, When,
};
use super::text::{LONG, SHORT, ascii_width, clean, is_web};
use super::{ProblemKind, TagList};
use crate::calendar::{Era, from_wareki};
use crate::codes::CorporateNumber;
use crate::ids::MunicipalityCode;

/// The most problems that are told of one record.
const MAX_PROBLEMS: usize = 100;
/// The most unknown keys that are kept of one record, and the most text in each.
const MAX_UNKNOWN: usize = 64;
const MAX_UNKNOWN_BYTES: usize = 20_000;
/// The most links in a list, and codes in a list of tags.
const MAX_LINKS: usize = 200;
const MAX_CODES: usize = 200;
/// How a search and replace left the key of the words beside the hours of use.
const MISSPELT_CONDITIONS: &str = "condiutilizationConditionstions";

/// What was found wrong, in the order it was found.
#[derive(Default)]
pub(super) struct Found(Vec<(String, ProblemKind)>);

impl Found {
    /// Something about the whole record.
    pub(super) fn add(&mut self, kind: ProblemKind) {
        self.at("", kind);
    }

    /// Something about a field.
    pub(super) fn at(&mut self, field: &str, kind: ProblemKind) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push((field.to_owned(), kind));
        }
    }

    pub(super) fn into_problems(self) -> impl Iterator<Item = (String, ProblemKind)> {
        self.0.into_iter()
    }
}

/// Reads a record.
pub(super) fn record(object: Map<String, Value>, found: &mut Found) -> Record {
    let mut unknown = Vec::new();
    let mut it = Reader {
        object,
        path: Vec::new(),
        found,
        unknown: &mut unknown,
    };
    let mut record = Record {
        basic_information: it.object("basicInformation", basic_information),
        class: it.scalar("class"),
        institution_name: it.object("institutionName", |it| InstitutionName {
            canonical_name: it.short("canonicalName"),
            short_name: it.short("shortName"),
        }),
        summary: it.long("summary"),
        description: it.long("description"),
        utilization: it.long("utilization"),
        target: it.object("target", |it| Target {
            target_persons: it.long("targetPersons"),
            conditions: it.long("conditions"),
            less_than: it.object("lessThan", age),
            less_than_or_equal_to: it.object("lessThanOrEqualTo", age),
            greater_than: it.object("greaterThan", age),
            greater_than_or_equal_to: it.object("greaterThanOrEqualTo", age),
        }),
        support: it.object("support", |it| Support {
            description: it.long("description"),
            monetary_support: it.long("monetarySupport"),
            materially_support: it.long("materiallySupport"),
        }),
        cost: it.long("cost"),
        cost_conditions: it.long("costConditions"),
        area: it.object("area", |it| Area {
            area_code: it.area_code("areaCode"),
            area_text: it.long("areaText"),
        }),
        tag: it.object("tag", |it| Tag {
            category_code: it.codes("categoryCode", TagList::Category),
            target_code: it.codes("targetCode", TagList::Target),
            contents_code: it.codes("contentsCode", TagList::Contents),
        }),
        contact: it.object("contact", contact),
        local_government_link: it.link("localGovernmentLink"),
        related_link: it.links("relatedLink"),
        form_link: it.links("formLink"),
        implementation_period: it.object("implementationPeriod", period),
        procedure_period: it.object("procedurePeriod", period),
        utilization_time: it.object("utilizationTime", |it| {
            it.rename(MISSPELT_CONDITIONS, "conditions");
            UtilizationTime {
                from_time: it.time("fromHM"),
                to_time: it.time("toHM"),
                conditions: it.long("conditions"),
            }
        }),
        procedure_method: it.long("procedureMethod"),
        procedure_counter: it.long("procedureCounter"),
        procedure_persons: it.long("procedurePersons"),
        procedure_documents_code: it.object("procedureDocumentsCode", |it| Documents {
            code: it.short("code"),
            others: it.long("others"),
        }),
        belongings: it.long("belongings"),
        electronic_submission: it.scalar("electronicSubmission"),
        implementation_place: it.object("implementationPlace", |it| Place {
            implementation_name: it.short("implementationName"),
            implementation_address: it.short("implementationAddress"),
        }),
        capacity: it.long("capacity"),
        holiday: it.long("holiday"),
        specific_date: it.long("specificDate"),
        regulation: it.object("regulation", |it| Regulation {
            regulation_name: it.short("regulationName"),
            regulation_article: it.short("regulationArticle"),
        }),
        update_date: it.when("updateDate"),
        od_information: it.object("odInformation", |it| OpenData {
            update_date: it.when("updateDate"),
            updater: it.short("updater"),
            content: it.long("content"),
        }),
        use_consideration_flag: it.scalar("useConsiderationFlag"),
        remarks: it.long("remarks"),
        unknown: Vec::new(),
        ages: AgeBounds::default(),
    };
    it.leave();
    record.unknown = unknown;
    if record.institution_name.canonical_name.is_none()
        && record.institution_name.short_name.is_none()
    {
        found.at("institutionName", ProblemKind::NoName);
    }
    record.ages = AgeBounds::of(&record.target, |kind| found.at("target", kind));
    record
}

fn basic_information(it: &mut Reader<'_>) -> BasicInformation {
    let psid = it.short("psid");
    let psid = it.checked("psid", psid, |text| match Psid::from_anywhere(&text) {
        Ok((psid, false)) => (psid.to_string(), None),
        Ok((psid, true)) => (psid.to_string(), Some(ProblemKind::PsidEncoded)),
        Err(error) => (text, Some(ProblemKind::NotAPsid(error.to_string()))),
    });
    if psid.is_none() {
        it.problem("psid", ProblemKind::NoPsid);
    }
    let organization = it.short("organization");
    let organization = it.checked("organization", organization, |text| {
        let plain = ascii_width(&text);
        match plain.parse::<CorporateNumber>() {
            Ok(_) if plain == text => (plain, None),
            Ok(number) => (plain, Some(ProblemKind::Respelt(number.to_string()))),
            Err(error) => (
                text,
                Some(ProblemKind::NotACorporateNumber(error.to_string())),
            ),
        }
    });
    BasicInformation {
        psid,
        organization,
        institution_type: it.number_or_word("institutionType"),
        compartment: it.short("compartment"),
        compartment_code: it.short("compartmentCode"),
    }
}

fn contact(it: &mut Reader<'_>) -> Contact {
    let zip = it.short("zipCode");
    Contact {
        contact_name: it.short("contactName"),
        contact_phone: it.short("contactPhone"),
        contact_ex: it.short("contactEx"),
        contact_email: it.short("contactEmail"),
        contact_url: it.uri("contactUrl"),
        contact_address: it.short("contactAddress"),
        zip_code: it.checked("zipCode", zip, |text| {
            let plain = ascii_width(&text);
            let digits: String = plain
                .trim_start_matches('〒')
                .chars()
                .filter(|c| !matches!(c, '-' | ' '))
                .collect();
            if digits.len() != 7 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                (text, Some(ProblemKind::NotAPostcode))
            } else if digits == text {
                (digits, None)
            } else {
                (digits.clone(), Some(ProblemKind::Respelt(digits)))
            }
        }),
        contact_comment: it.long("contactComment"),
    }
}

fn period(it: &mut Reader<'_>) -> Period {
    Period {
        from_day: it.when("fromYMD"),
        to_day: it.when("toYMD"),
        from_time: it.time("fromHM"),
        to_time: it.time("toHM"),
        conditions: it.long("conditions"),
    }
}

fn age(it: &mut Reader<'_>) -> Age {
    Age {
        target_age: it.age("targetAge", MAX_YEARS),
        target_age_of_months: it.age("targetAgeOfMonths", MAX_YEARS * 12),
    }
}

/// An object whose keys are taken out one by one; what is left over is unknown.
struct Reader<'a> {
    object: Map<String, Value>,
    path: Vec<&'static str>,
    found: &'a mut Found,
    unknown: &'a mut Vec<Unknown>,
}

impl Reader<'_> {
    fn problem(&mut self, key: &str, kind: ProblemKind) {
        let mut field = self.path.join(".");
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(key);
        self.found.at(&field, kind);
    }

    /// The value of a key; `None` also for `null`.
    fn take(&mut self, key: &str) -> Option<Value> {
        self.object.remove(key).filter(|value| !value.is_null())
    }

    fn rename(&mut self, from: &str, to: &str) {
        if let Some(value) = self.take(from) {
            self.problem(to, ProblemKind::KeyRepaired(from.to_owned()));
            let empty = self.object.get(to).is_none_or(Value::is_null);
            if empty {
                self.object.insert(to.to_owned(), value);
            }
        } else {
            self.object.remove(from);
        }
    }

    fn object<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let object = match self.take(key) {
            None => Map::new(),
            Some(Value::Object(object)) => object,
            Some(_) => {
                self.problem(key, ProblemKind::WrongType("an object"));
                Map::new()
            }
        };
        self.path.push(key);
        let mut inner = Reader {
            object,
            path: std::mem::take(&mut self.path),
            found: self.found,
            unknown: self.unknown,
        };
        let value = read(&mut inner);
        inner.leave();
        self.path = inner.path;
        self.path.pop();
        value
    }

    /// Keeps what nobody asked for.
    fn leave(&mut self) {
        for (key, value) in std::mem::take(&mut self.object) {
            let name = clean(&key, SHORT).text;
            let small = self.unknown.len() < MAX_UNKNOWN
                && name == key
                && value.to_string().len() <= MAX_UNKNOWN_BYTES;
            if small {
                self.problem(&name, ProblemKind::UnknownKey);
                let mut path: Vec<String> = self.path.iter().map(|&p| p.to_owned()).collect();
                path.push(key);
                self.unknown.push(Unknown {
                    path,
                    value: clean_value(value),
                });
            } else {
                self.problem(
                    &name.chars().take(64).collect::<String>(),
                    ProblemKind::UnknownKeyLeftOut,
                );
            }
        }
    }

    fn long(&mut self, key: &str) -> Option<String> {
        self.text(key, LONG)
    }

    fn short(&mut self, key: &str) -> Option<String> {
        self.text(key, SHORT)
    }

    /// A text; `None` for an empty one.
    fn text(&mut self, key: &str, limit: usize) -> Option<String> {
        let value = self.take(key)?;
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => {
                self.problem(key, ProblemKind::Converted("text"));
                number.to_string()
            }
            Value::Array(items) if items.iter().all(Value::is_string) => {
                self.problem(key, ProblemKind::Converted("text"));
                let lines: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                lines.join("\n")
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.problem(key, ProblemKind::WrongType("text"));
                return None;
            }
        };
        self.clean(key, &text, limit)
    }

    fn clean(&mut self, key: &str, text: &str, limit: usize) -> Option<String> {
        let cleaned = clean(text, limit);
        if cleaned.markup {
            self.problem(key, ProblemKind::MarkupRemoved);
        }
        if cleaned.invisible {
            self.problem(key, ProblemKind::InvisibleRemoved);
        }
        if cleaned.cut {
            self.problem(key, ProblemKind::CutAt(limit));
        }
        Some(cleaned.text).filter(|text| !text.is_empty())
    }

    /// A text with one spelling.
    fn checked(
        &mut self,
        key: &str,
        text: Option<String>,
        check: impl FnOnce(String) -> (String, Option<ProblemKind>),
    ) -> Option<String> {
        let (text, problem) = check(text?);
        if let Some(problem) = problem {
            self.problem(key, problem);
        }
        Some(text)
    }

    fn scalar(&mut self, key: &str) -> Option<Scalar> {
        match self.take(key)? {
            Value::Bool(yes) => Some(Scalar::Is(yes)),
            Value::Number(number) => {
                if let Some(number) = whole(&number) {
                    return Some(Scalar::Number(number));
                }
                self.problem(key, ProblemKind::Converted("text"));
                Some(Scalar::Word(number.to_string()))
            }
            Value::String(text) => self.clean(key, &text, SHORT).map(Scalar::Word),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.problem(key, ProblemKind::WrongType("a number, a word, yes or no"));
                None
            }
        }
    }

    /// A scalar whose digits are a number also when they are written as a word.
    fn number_or_word(&mut self, key: &str) -> Option<Scalar> {
        match self.scalar(key)? {
            Scalar::Word(word) => {
                let plain = ascii_width(&word);
                let number = plain
                    .parse::<i64>()
                    .ok()
                    .filter(|number| number.to_string() == plain);
                if number.is_some() {
                    self.problem(key, ProblemKind::Converted("number"));
                }
                Some(number.map_or(Scalar::Word(word), Scalar::Number))
            }
            scalar @ (Scalar::Number(_) | Scalar::Is(_)) => Some(scalar),
        }
    }

    fn age(&mut self, key: &str, most: u16) -> Option<u16> {
        let number = match self.take(key)? {
            Value::Number(number) => whole(&number),
            Value::String(text) => {
                let plain = ascii_width(&text);
                let plain = plain.trim();
                if plain.is_empty() {
                    return None;
                }
                self.problem(key, ProblemKind::Converted("number"));
                plain.parse().ok()
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let age = number
            .and_then(|number| u16::try_from(number).ok())
            .filter(|&age| age <= most);
        if age.is_none() {
            self.problem(key, ProblemKind::NotAnAge);
        }
        age
    }

    fn when(&mut self, key: &str) -> Option<When> {
        let text = self.short(key)?;
        if text == ANY_TIME {
            return Some(When::AnyTime);
        }
        let Some(day) = day(&text) else {
            self.problem(key, ProblemKind::NotADate);
            return Some(When::Words(text));
        };
        if day.to_string() != text {
            self.problem(key, ProblemKind::Respelt(day.to_string()));
        }
        Some(When::Day(day))
    }

    fn time(&mut self, key: &str) -> Option<String> {
        let text = self.short(key)?;
        let Some(time) = time(&text) else {
            self.problem(key, ProblemKind::NotADate);
            return Some(text);
        };
        if time != text {
            self.problem(key, ProblemKind::Respelt(time.clone()));
        }
        Some(time)
    }

    fn area_code(&mut self, key: &str) -> Option<AreaCode> {
        let text = self.short(key)?;
        let parts = text.split_once([';', '；']);
        let (code, name) = match parts {
            Some((code, name)) => (ascii_width(code).trim().to_owned(), name.trim()),
            None => (ascii_width(&text).trim().to_owned(), ""),
        };
        let check = MunicipalityCode::check_digit(&code);
        let code = match check {
            // Five digits: the code without its check digit.
            Some(digit) => format!("{code}{digit}"),
            None => code,
        };
        if let Err(error) = code.parse::<MunicipalityCode>() {
            self.problem(key, ProblemKind::NotAnArea(error.to_string()));
            return Some(AreaCode::Words(text));
        }
        if name.is_empty() {
            self.problem(key, ProblemKind::NotAnArea("no name".to_owned()));
            return Some(AreaCode::Words(text));
        }
        let name = name.to_owned();
        let spelt = format!("{code};{name}");
        if spelt != text {
            self.problem(key, ProblemKind::Respelt(spelt));
        }
        Some(AreaCode::Municipality { code, name })
    }

    /// Tags: `["002，003"]`, `["027 "]`, `["86"]`, a single word or number are all read.
    fn codes(&mut self, key: &str, list: TagList) -> Vec<String> {
        let items = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(single @ (Value::String(_) | Value::Number(_))) => {
                self.problem(key, ProblemKind::Converted("list"));
                vec![single]
            }
            Some(_) => {
                self.problem(key, ProblemKind::WrongType("a list"));
                return Vec::new();
            }
        };
        let mut codes: Vec<String> = Vec::new();
        for item in items {
            let text = match item {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Null => continue,
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                    self.problem(key, ProblemKind::WrongType("codes"));
                    continue;
                }
            };
            let text = self.clean(key, &text, SHORT).unwrap_or_default();
            for part in ascii_width(&text).split([',', '、', ';', ' ', '\n']) {
                if part.is_empty() {
                    continue;
                }
                let digits = part.bytes().all(|b| b.is_ascii_digit());
                let code = if digits && part.len() < 3 {
                    format!("{part:0>3}")
                } else {
                    part.to_owned()
                };
                if code != text {
                    self.problem(key, ProblemKind::Respelt(code.clone()));
                }
                if codes.contains(&code) {
                    continue;
                }
                if codes.len() == MAX_CODES {
                    self.problem(key, ProblemKind::CutAt(MAX_CODES));
                    return codes;
                }
                if list.meaning(&code).is_none() {
                    self.problem(
                        key,
                        ProblemKind::UnknownTag(code.chars().take(32).collect()),
                    );
                }
                codes.push(code);
            }
        }
        codes
    }

    fn uri(&mut self, key: &str) -> Option<String> {
        let text = self.text(key, LONG)?;
        if is_web(&text) {
            Some(text)
        } else {
            self.problem(key, ProblemKind::LinkLeftOut);
            None
        }
    }

    fn link(&mut self, key: &'static str) -> Link {
        match self.object.get(key) {
            Some(Value::String(_) | Value::Array(_)) => {
                self.problem(key, ProblemKind::Converted("link"));
                let mut links = self.links(key).into_iter();
                let first = links.next().unwrap_or_default();
                for _ in links {
                    self.problem(key, ProblemKind::LinkLeftOut);
                }
                first
            }
            _ => self.object(key, |it| Link {
                title: it.short("title"),
                uri: it.uri("uri"),
            }),
        }
    }

    /// A list of links. Unknown keys inside are left out: a place in a list is no name to keep them under.
    fn links(&mut self, key: &'static str) -> Vec<Link> {
        let items = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(single @ (Value::Object(_) | Value::String(_))) => {
                self.problem(key, ProblemKind::Converted("list"));
                vec![single]
            }
            Some(_) => {
                self.problem(key, ProblemKind::WrongType("a list"));
                return Vec::new();
            }
        };
        let mut links = Vec::new();
        for item in items {
            if links.len() == MAX_LINKS {
                self.problem(key, ProblemKind::CutAt(MAX_LINKS));
                break;
            }
            let link = match item {
                Value::Object(object) => self.link_of(key, object),
                Value::String(text) => {
                    self.problem(key, ProblemKind::Converted("link"));
                    self.link_in(key, &text)
                }
                Value::Null => continue,
                Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                    self.problem(key, ProblemKind::WrongType("a link"));
                    continue;
                }
            };
            if link.title.is_some() || link.uri.is_some() {
                links.push(link);
            }
        }
        links
    }

    fn link_of(&mut self, key: &'static str, object: Map<String, Value>) -> Link {
        let mut dropped = Vec::new();
        let mut it = Reader {
            object,
            path: self.path.clone(),
            found: self.found,
            unknown: &mut dropped,
        };
        it.path.push(key);
        let link = Link {
            title: it.short("title"),
            uri: it.uri("uri"),
        };
        let rest: Vec<String> = it.object.keys().cloned().collect();
        for key in rest {
            let name: String = clean(&key, SHORT).text.chars().take(64).collect();
            it.problem(&name, ProblemKind::UnknownKeyLeftOut);
        }
        link
    }

    /// A link written as `title;URL` or as a bare address.
    fn link_in(&mut self, key: &str, text: &str) -> Link {
        let text = self.clean(key, text, LONG).unwrap_or_default();
        let (title, uri) = match text.rsplit_once([';', '；']) {
            Some((title, uri)) if is_web(uri) => (title.trim(), uri),
            _ => ("", text.as_str()),
        };
        if !is_web(uri) {
            self.problem(key, ProblemKind::LinkLeftOut);
        }
        Link {
            title: Some(title.chars().take(SHORT).collect::<String>())
                .filter(|title| !title.is_empty()),
            uri: Some(uri.to_owned()).filter(|uri| is_web(uri)),
        }
    }
}

/// An unknown value, its texts cleaned. It has no more parts than a record may have, and no deeper nesting than the JSON
/// reader allows.
fn clean_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean(&text, LONG).text),
        Value::Array(items) => items.into_iter().map(clean_value).collect(),
        Value::Object(object) => object
            .into_iter()
            .map(|(key, value)| (clean(&key, SHORT).text, clean_value(value)))
            .collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}

/// A number without a fraction.
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let text = number.to_string();
        text.strip_suffix(".0")?.parse().ok()
    })
}

/// `2024-04-01`, `2024/4/1`, `2024.4.1`, `20240401`, `2024年4月1日`, `令和6年4月1日`, each also with a time behind it.
fn day(text: &str) -> Option<Date> {
    let plain = ascii_width(text);
    let plain = plain.trim();
    let (era, plain) = [
        ("令和", Era::Reiwa),
        ("平成", Era::Heisei),
        ("昭和", Era::Showa),
    ]
    .iter()
    .find_map(|(name, era)| Some((Some(*era), plain.strip_prefix(name)?)))
    .unwrap_or((None, plain));
    let plain = plain.split(['T', ' ']).next()?;
    if era.is_none() && plain.len() == 8 && plain.bytes().all(|b| b.is_ascii_digit()) {
        let part = |range: std::ops::Range<usize>| plain.get(range)?.parse().ok();
        return Date::new(
            part(0..4)?,
            i8::try_from(part(4..6)?).ok()?,
            i8::try_from(part(6..8)?).ok()?,
        )
        .ok();
    }
    let mut parts = plain
        .trim_end_matches('日')
        .split(['-', '/', '.', '年', '月']);
    let year = match parts.next()? {
        "元" if era.is_some() => 1,
        digits => number(digits, 4)?,
    };
    let month = i8::try_from(number(parts.next()?, 2)?).ok()?;
    let of_month = i8::try_from(number(parts.next()?, 2)?).ok()?;
    if parts.next().is_some() {
        return None;
    }
    match era {
        Some(era) => from_wareki(era, year, month, of_month).ok(),
        // Two digits could be any century or era.
        None if year < 1000 => None,
        None => Date::new(year, month, of_month).ok(),
    }
}

/// `9:00`, `09:00`, `0900`, `9時`, `9時30分`; up to `24:00`.
fn time(text: &str) -> Option<String> {
    let plain = ascii_width(text);
    let plain = plain.trim();
    let (hour, minute) = if let Some((hour, rest)) = plain.split_once([':', '時']) {
        let minute = rest.trim_end_matches('分');
        (hour, if minute.is_empty() { "0" } else { minute })
    } else if plain.len() == 4 {
        plain.split_at_checked(2)?
    } else {
        return None;
    };
    let (hour, minute) = (number(hour, 2)?, number(minute, 2)?);
    let fits = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
    fits.then(|| format!("{hour:02}:{minute:02}"))
}

/// One to `most` ASCII digits.
fn number(digits: &str, most: usize) -> Option<i16> {
    let fits = (1..=most).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| digits.parse().ok())?
}
