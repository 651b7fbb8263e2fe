//! A record in its one spelling: the published field set as types. Serialising one gives the published shape, every key
//! present, `null` where nothing is said.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Provenance;
use super::age::{AgeBounds, AgeWindow};
use super::psid::Psid;
use super::text::{links_in, without_links};

/// A value that is published as a number, a yes or no, or a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A number.
    Number(i64),
    /// Yes or no.
    Is(bool),
    /// A word.
    Word(String),
}

/// A day, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// A day; written `2024-04-01`.
    Day(Date),
    /// 随時: at any time.
    AnyTime,
    /// Other words.
    Words(String),
}

/// The word for "at any time".
pub(super) const ANY_TIME: &str = "随時";

impl Serialize for When {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Day(day) => to.collect_str(day),
            Self::AnyTime => to.serialize_str(ANY_TIME),
            Self::Words(words) => to.serialize_str(words),
        }
    }
}

/// Who keeps the record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BasicInformation {
    /// The key: see [`Record::psid`].
    pub psid: Option<String>,
    /// 法人番号 of the organisation.
    pub organization: Option<String>,
    /// 1 local government, 2 other.
    pub institution_type: Option<Scalar>,
    /// The department.
    pub compartment: Option<String>,
    /// Its code.
    pub compartment_code: Option<String>,
}

/// The scheme's names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstitutionName {
    /// The name that is the same everywhere.
    pub canonical_name: Option<String>,
    /// The local name.
    pub short_name: Option<String>,
}

/// A bound of age.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Age {
    /// Full years.
    pub target_age: Option<u16>,
    /// Full months, beyond the years.
    pub target_age_of_months: Option<u16>,
}

/// Whom it is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// In words.
    pub target_persons: Option<String>,
    /// Conditions in words.
    pub conditions: Option<String>,
    /// Younger than.
    pub less_than: Age,
    /// As old as, or younger.
    pub less_than_or_equal_to: Age,
    /// Older than.
    pub greater_than: Age,
    /// As old as, or older.
    pub greater_than_or_equal_to: Age,
}

/// What one gets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Support {
    /// In words.
    pub description: Option<String>,
    /// Money.
    pub monetary_support: Option<String>,
    /// Things and services.
    pub materially_support: Option<String>,
}

/// A municipality as published: `131016;千代田区`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AreaCode {
    /// Six digits whose check digit fits, and the name.
    Municipality {
        /// 全国地方公共団体コード.
        code: String,
        /// Its name.
        name: String,
    },
    /// Anything else.
    Words(String),
}

impl Serialize for AreaCode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Municipality { code, name } => to.collect_str(&format_args!("{code};{name}")),
            Self::Words(words) => to.serialize_str(words),
        }
    }
}

/// Where it is offered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Area {
    /// The municipality.
    pub area_code: Option<AreaCode>,
    /// In words.
    pub area_text: Option<String>,
}

/// Tags of the universal menu: three digits each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// What it is about.
    pub category_code: Vec<String>,
    /// Whom it is for.
    pub target_code: Vec<String>,
    /// What one finds there.
    pub contents_code: Vec<String>,
}

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Desk.
    pub contact_name: Option<String>,
    /// Telephone.
    pub contact_phone: Option<String>,
    /// Extension.
    pub contact_ex: Option<String>,
    /// Mail.
    pub contact_email: Option<String>,
    /// Page.
    pub contact_url: Option<String>,
    /// Address.
    pub contact_address: Option<String>,
    /// Seven digits.
    pub zip_code: Option<String>,
    /// In words.
    pub contact_comment: Option<String>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, JsonSchema)]
pub struct Link {
    /// Its title.
    pub title: Option<String>,
    /// Its address: `http` or `https`.
    pub uri: Option<String>,
}

/// From when to when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Period {
    /// First day.
    #[serde(rename = "fromYMD")]
    pub from_day: Option<When>,
    /// Last day.
    #[serde(rename = "toYMD")]
    pub to_day: Option<When>,
    /// Opening, `HH:MM`.
    #[serde(rename = "fromHM")]
    pub from_time: Option<String>,
    /// Closing.
    #[serde(rename = "toHM")]
    pub to_time: Option<String>,
    /// In words.
    pub conditions: Option<String>,
}

/// Hours of use. The published key of the words is misspelt; here it is `conditions`, as in the periods.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct UtilizationTime {
    /// Opening, `HH:MM`.
    #[serde(rename = "fromHM")]
    pub from_time: Option<String>,
    /// Closing.
    #[serde(rename = "toHM")]
    pub to_time: Option<String>,
    /// In words.
    pub conditions: Option<String>,
}

/// What has to be brought.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Documents {
    /// Codes.
    pub code: Option<String>,
    /// In words.
    pub others: Option<String>,
}

/// Where it takes place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Name.
    pub implementation_name: Option<String>,
    /// Address.
    pub implementation_address: Option<String>,
}

/// The rule behind it, as the municipality names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Regulation {
    /// Name.
    pub regulation_name: Option<String>,
    /// Article.
    pub regulation_article: Option<String>,
}

/// Who last changed the published data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenData {
    /// When.
    pub update_date: Option<When>,
    /// Who.
    pub updater: Option<String>,
    /// What.
    pub content: Option<String>,
}

/// A key that the field set does not have.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// What it holds, cleaned like everything else.
    pub value: Value,
}

/// One support scheme of one municipality.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Who keeps the record.
    pub basic_information: BasicInformation,
    /// A class, as published.
    pub class: Option<Scalar>,
    /// Names.
    pub institution_name: InstitutionName,
    /// In one sentence.
    pub summary: Option<String>,
    /// At length.
    pub description: Option<String>,
    /// How it is used.
    pub utilization: Option<String>,
    /// Whom it is for.
    pub target: Target,
    /// What one gets.
    pub support: Support,
    /// What it costs.
    pub cost: Option<String>,
    /// When it costs that.
    pub cost_conditions: Option<String>,
    /// Where it is offered.
    pub area: Area,
    /// Tags.
    pub tag: Tag,
    /// Whom to ask.
    pub contact: Contact,
    /// The municipality's page.
    pub local_government_link: Link,
    /// Other pages.
    pub related_link: Vec<Link>,
    /// Forms.
    pub form_link: Vec<Link>,
    /// When it takes place.
    pub implementation_period: Period,
    /// When one applies.
    pub procedure_period: Period,
    /// Hours of use.
    pub utilization_time: UtilizationTime,
    /// How one applies.
    pub procedure_method: Option<String>,
    /// Where one applies.
    pub procedure_counter: Option<String>,
    /// Who applies.
    pub procedure_persons: Option<String>,
    /// What has to be brought.
    pub procedure_documents_code: Documents,
    /// What has to be brought, in words.
    pub belongings: Option<String>,
    /// Whether one can apply online, as published.
    pub electronic_submission: Option<Scalar>,
    /// Where it takes place.
    pub implementation_place: Place,
    /// For how many.
    pub capacity: Option<String>,
    /// When it is closed.
    pub holiday: Option<String>,
    /// On which days.
    pub specific_date: Option<String>,
    /// The rule behind it.
    pub regulation: Regulation,
    /// When the record was changed.
    pub update_date: Option<When>,
    /// When the published data was changed.
    pub od_information: OpenData,
    /// A flag, as published.
    pub use_consideration_flag: Option<Scalar>,
    /// Remarks.
    pub remarks: Option<String>,
    /// What the field set does not have.
    #[serde(skip)]
    pub unknown: Vec<Unknown>,
    /// For which ages it is.
    #[serde(skip)]
    pub ages: AgeBounds,
}

/// A record as an item that can stand on somebody's line: short, marked as somebody else's words, with its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Service {
    /// Always `registry`.
    pub origin: &'static str,
    /// Always `true`: nobody here has checked it, and no law stands behind it.
    pub untrusted: bool,
    /// The key, if it is one.
    pub psid: Option<String>,
    /// The entry of the universal menu, if the key says one.
    pub menu: Option<u32>,
    /// The name that is the same everywhere. Japanese only, as everything here.
    pub name: Option<String>,
    /// The local name.
    pub local_name: Option<String>,
    /// In a sentence or two, without links.
    pub summary: Option<String>,
    /// Six digits of the municipality.
    pub municipality: Option<String>,
    /// Its name.
    pub municipality_name: Option<String>,
    /// Tags: what it is about.
    pub categories: Vec<String>,
    /// Tags: whom it is for.
    pub targets: Vec<String>,
    /// Tags: what one finds there.
    pub contents: Vec<String>,
    /// For which ages.
    pub ages: AgeBounds,
    /// On which days for the child asked about.
    pub window: Option<AgeWindow>,
    /// The first day of applying, if it is one day.
    pub apply_from: Option<Date>,
    /// The last day of applying.
    pub apply_to: Option<Date>,
    /// The municipality's page.
    pub page: Link,
    /// Other pages, also those in its texts, each once.
    pub links: Vec<Link>,
    /// The sentence that has to stand with it.
    pub attribution: Option<&'static str>,
}

/// The longest summary of a [`Service`], in characters.
const SUMMARY: usize = 200;
/// The most links of a [`Service`].
const LINKS: usize = 50;

impl Record {
    /// The key; `None` if there is none or it is not one.
    #[must_use]
    pub fn psid(&self) -> Option<Psid> {
        self.basic_information.psid.as_deref()?.parse().ok()
    }

    /// The record as JSON in the published field set.
    #[must_use]
    pub fn canonical(&self) -> Value {
        // Every part serialises to an object or a leaf, so there is nothing to fail.
        let mut value = serde_json::to_value(self).unwrap_or(Value::Null);
        for Unknown { path, value: found } in &self.unknown {
            if let Some((key, parents)) = path.split_last() {
                let place = parents
                    .iter()
                    .try_fold(&mut value, |at, parent| at.get_mut(parent.as_str()));
                if let Some(Value::Object(object)) = place {
                    object.insert(key.clone(), found.clone());
                }
            }
        }
        value
    }

    /// All links, each once: the page, other pages, forms, then those in running texts.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        let listed = std::iter::once(&self.local_government_link)
            .chain(&self.related_link)
            .chain(&self.form_link)
            .filter(|link| link.uri.is_some())
            .cloned();
        let mut links: Vec<Link> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for link in listed.chain(self.texts().flat_map(links_in)) {
            if links.len() < LINKS && seen.insert(link.uri.clone()) {
                links.push(link);
            }
        }
        links
    }

    /// The record as an item for somebody's line.
    #[must_use]
    pub fn service(&self, birth: Option<Date>) -> Service {
        let psid = self.psid();
        let (municipality, municipality_name) = match &self.area.area_code {
            Some(AreaCode::Municipality { code, name }) => (Some(code.clone()), Some(name.clone())),
            Some(AreaCode::Words(_)) | None => (None, None),
        };
        let day = |when: &Option<When>| match when {
            Some(When::Day(day)) => Some(*day),
            Some(When::AnyTime | When::Words(_)) | None => None,
        };
        Service {
            origin: "registry",
            untrusted: true,
            menu: psid.as_ref().and_then(Psid::menu),
            psid: psid.map(|psid| psid.to_string()),
            name: self.institution_name.canonical_name.clone(),
            local_name: self.institution_name.short_name.clone(),
            summary: self
                .summary
                .as_deref()
                .or(self.description.as_deref())
                .map(|text| without_links(text).chars().take(SUMMARY).collect()),
            municipality,
            municipality_name,
            categories: self.tag.category_code.clone(),
            targets: self.tag.target_code.clone(),
            contents: self.tag.contents_code.clone(),
            ages: self.ages,
            window: birth
                .filter(|_| !self.ages.is_open())
                .map(|birth| self.ages.window(birth)),
            apply_from: day(&self.procedure_period.from_day),
            apply_to: day(&self.procedure_period.to_day),
            page: self.local_government_link.clone(),
            links: self.links(),
            attribution: Provenance::tokyo().map(|provenance| provenance.attribution.ja.as_str()),
        }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        [
            &self.summary,
            &self.description,
            &self.utilization,
            &self.target.target_persons,
            &self.target.conditions,
            &self.support.description,
            &self.support.monetary_support,
            &self.support.materially_support,
            &self.cost,
            &self.cost_conditions,
            &self.area.area_text,
            &self.contact.contact_comment,
            &self.implementation_period.conditions,
            &self.procedure_period.conditions,
            &self.utilization_time.conditions,
            &self.procedure_method,
            &self.procedure_counter,
            &self.procedure_persons,
            &self.procedure_documents_code.others,
            &self.belongings,
            &self.capacity,
            &self.holiday,
            &self.specific_date,
            &self.remarks,
        ]
        .into_iter()
        .filter_map(|text| text.as_deref())
    }
}
