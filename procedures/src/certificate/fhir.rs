//! A hospital's certificate as a FHIR document (R4), in the places of HL7's Birth and Fetal Death Reporting guide.
//!
//! Answers for taking the items of the Japanese paper out of a bundle, and for nothing else that stands in one: what the
//! guide asks beyond that (race, tobacco, insurance) is neither read nor kept. The two papers are two documents:
//! LOINC 68998-4 becomes a [`BirthCertificate`], 69045-3 a [`StillbirthCertificate`], and a bundle that holds both a child and
//! a fetus is neither. Nothing is repaired: every value then passes the reader of the ward form.
//! The mapping is ours; no Japanese guide exists, and we do not claim conformance with the American one.
//!
//! | item | place | code |
//! |---|---|---|
//! | number, day of issue | `Composition.identifier`, `.date` | |
//! | name, sex, minute, order | `Patient` (child or fetus) | `patient-birthTime` |
//! | place | `Encounter.location` → `Location` | own code for the kind |
//! | weight, length | `Observation` | 8339-4 (g), 89269-5 (cm) [GK] |
//! | number born | `Observation` | 57722-1 |
//! | weeks and days | `Observation`, components in `wk` and `d` | 11884-4 |
//! | earlier births | `Observation` | 11636-8, 57062-2 [GK] |
//! | issuer | `Encounter.participant` → `Practitioner` | 87287-9, own code for the kind |

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use super::read::{ISSUERS, PLACES, code_of};
use super::{
    BirthCertificate, CERTIFICATE_FORMAT, CERTIFICATE_VERSION, CertificateError, IssuerKind,
    PlaceKind, Plurality, STILLBIRTH_FORMAT, StillbirthCertificate,
};
use crate::facts::Sex;

/// Longest bundle that is looked at, in bytes.
pub const BUNDLE_MAX_BYTES: usize = 256 * 1024;
/// Most entries of a bundle.
const MOST_ENTRIES: usize = 500;

const LOINC: &str = "http://loinc.org";
const LIVE_BIRTH: &str = "68998-4";
const FETAL_DEATH: &str = "69045-3";
const CERTIFIER: &str = "87287-9";
const WEIGHT: &str = "8339-4";
const LENGTH: &str = "89269-5";
const PLURALITY: &str = "57722-1";
const GESTATION: &str = "11884-4";
const LIVE_BEFORE: &str = "11636-8";
const STILL_BEFORE: &str = "57062-2";
const BIRTH_TIME: &str = "http://hl7.org/fhir/StructureDefinition/patient-birthTime";
const BFDR: &str = "http://hl7.org/fhir/us/bfdr/StructureDefinition/";
/// Our code of the kind of place: 1 to 5, as on the paper.
pub const PLACE_KIND: &str = "https://ubugoe.example/fhir/CodeSystem/place-kind";
/// Our code of the kind of issuer: 1 to 3, as on the paper.
pub const ISSUER_KIND: &str = "https://ubugoe.example/fhir/CodeSystem/issuer-kind";

/// What a hospital says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HospitalWord {
    /// A child was born.
    Birth(Box<BirthCertificate>),
    /// A stillbirth.
    Stillbirth(Box<StillbirthCertificate>),
    /// An earlier certificate was sent by mistake (`entered-in-error`).
    Withdrawn {
        /// Its number.
        number: String,
    },
}

/// Why a bundle is no certificate. Names places, never what stood there.
#[derive(Debug, thiserror::Error)]
pub enum FhirError {
    /// Too many bytes.
    #[error("the bundle has {bytes} bytes; at most {BUNDLE_MAX_BYTES} are read")]
    TooLong {
        /// How many came.
        bytes: usize,
    },
    /// Not JSON.
    #[error("the bundle is not JSON")]
    NotJson {
        /// What the JSON reader said.
        #[source]
        source: serde_json::Error,
    },
    /// Another resource, or not a document, or too many entries.
    #[error("not a FHIR bundle of type document with at most {MOST_ENTRIES} entries")]
    NotADocument,
    /// A document of another kind.
    #[error("the document is neither a live birth report nor a fetal death report")]
    Kind,
    /// Holds both.
    #[error("the document speaks of a child and of a fetus")]
    Mixed,
    /// Not final.
    #[error("the document's status is neither final, amended nor entered-in-error")]
    Status,
    /// Something that is needed is not there.
    #[error("{what} is missing")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// Something stands twice.
    #[error("{what} stands there more than once")]
    Doubled {
        /// What.
        what: &'static str,
    },
    /// A value has another shape or unit.
    #[error("{what} should be {expected}")]
    Shape {
        /// What.
        what: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// What was taken out is no possible certificate.
    #[error("the certificate in the bundle cannot be used")]
    Certificate(#[from] CertificateError),
}

/// Reads a bundle.
///
/// # Errors
/// [`FhirError`], naming the place.
pub fn read(bytes: &[u8]) -> Result<HospitalWord, FhirError> {
    if bytes.len() > BUNDLE_MAX_BYTES {
        return Err(FhirError::TooLong { bytes: bytes.len() });
    }
    let root: Value =
        serde_json::from_slice(bytes).map_err(|source| FhirError::NotJson { source })?;
    let bundle = Bundle::of(&root)?;
    let composition = bundle.the_one("Composition", "Composition", |_| true)?;
    let number = text(composition, "/identifier/value").ok_or(FhirError::Missing {
        what: "Composition.identifier",
    })?;
    let (live, still) = (
        has_code(&composition["type"], LOINC, LIVE_BIRTH),
        has_code(&composition["type"], LOINC, FETAL_DEATH),
    );
    match (live, still) {
        (true, true) => return Err(FhirError::Mixed),
        (false, false) => return Err(FhirError::Kind),
        _ => {}
    }
    match text(composition, "/status") {
        Some("final" | "amended") => {}
        Some("entered-in-error") => {
            return withdrawn(number);
        }
        _ => return Err(FhirError::Status),
    }
    let form = bundle.form(composition, number, still)?;
    let form = Value::Object(form).to_string().into_bytes();
    Ok(if still {
        HospitalWord::Stillbirth(Box::new(StillbirthCertificate::from_json(&form)?))
    } else {
        HospitalWord::Birth(Box::new(BirthCertificate::from_json(&form)?))
    })
}

fn withdrawn(number: &str) -> Result<HospitalWord, FhirError> {
    let fits = (1..=40).contains(&number.len())
        && number
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if fits {
        Ok(HospitalWord::Withdrawn {
            number: number.to_owned(),
        })
    } else {
        Err(FhirError::Shape {
            what: "Composition.identifier",
            expected: "1 to 40 of A–Z a–z 0–9 - _",
        })
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Whether a CodeableConcept has this coding.
fn has_code(concept: &Value, system: &str, code: &str) -> bool {
    list(concept, "coding").iter().any(|coding| {
        text(coding, "/system") == Some(system) && text(coding, "/code") == Some(code)
    })
}

/// The one code of a system among some concepts.
fn code_in<'v>(concepts: &'v [Value], system: &str) -> Option<&'v str> {
    concepts
        .iter()
        .flat_map(|concept| list(concept, "coding"))
        .find(|coding| text(coding, "/system") == Some(system))
        .and_then(|coding| text(coding, "/code"))
}

/// Whether a resource follows a profile whose name begins like this, whoever published it.
fn follows(resource: &Value, name: &str) -> bool {
    list(&resource["meta"], "profile")
        .iter()
        .filter_map(Value::as_str)
        .filter_map(|profile| profile.split('|').next()?.rsplit('/').next())
        .any(|last| {
            last.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
}

struct Bundle<'v> {
    resources: Vec<&'v Value>,
    by_url: BTreeMap<&'v str, &'v Value>,
}

impl<'v> Bundle<'v> {
    fn of(root: &'v Value) -> Result<Self, FhirError> {
        let entries = list(root, "entry");
        let document = text(root, "/resourceType") == Some("Bundle")
            && text(root, "/type") == Some("document")
            && entries.len() <= MOST_ENTRIES;
        if !document {
            return Err(FhirError::NotADocument);
        }
        let mut bundle = Self {
            resources: Vec::new(),
            by_url: BTreeMap::new(),
        };
        for entry in entries {
            let Some(resource) = entry.get("resource").filter(|r| r.is_object()) else {
                continue;
            };
            bundle.resources.push(resource);
            if let Some(url) = text(entry, "/fullUrl")
                && bundle.by_url.insert(url, resource).is_some()
            {
                return Err(FhirError::Doubled {
                    what: "Bundle.entry.fullUrl",
                });
            }
        }
        Ok(bundle)
    }

    /// The only resource of a type that fits.
    fn the_one(
        &self,
        kind: &str,
        what: &'static str,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<&'v Value, FhirError> {
        let mut found = self
            .resources
            .iter()
            .copied()
            .filter(|resource| text(resource, "/resourceType") == Some(kind) && fits(resource));
        let first = found.next().ok_or(FhirError::Missing { what })?;
        match found.next() {
            Some(_) => Err(FhirError::Doubled { what }),
            None => Ok(first),
        }
    }

    /// The resource that a reference means: by full address, or by `Type/id`.
    fn resolve(
        &self,
        reference: &Value,
        kind: &str,
        what: &'static str,
    ) -> Result<&'v Value, FhirError> {
        let missing = FhirError::Missing { what };
        let Some(target) = text(reference, "/reference") else {
            return Err(missing);
        };
        let found = self.by_url.get(target).copied().or_else(|| {
            let id = target.strip_prefix(kind)?.strip_prefix('/')?;
            self.the_one(kind, what, |resource| text(resource, "/id") == Some(id))
                .ok()
        });
        found
            .filter(|resource| text(resource, "/resourceType") == Some(kind))
            .ok_or(missing)
    }

    /// The observation of a code; those entered in error do not count.
    fn observation(&self, code: &str, what: &'static str) -> Result<Option<&'v Value>, FhirError> {
        let found = self.the_one("Observation", what, |resource| {
            has_code(&resource["code"], LOINC, code)
                && matches!(
                    text(resource, "/status"),
                    Some("final" | "amended" | "corrected")
                )
        });
        match found {
            Ok(resource) => Ok(Some(resource)),
            Err(FhirError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn needed(&self, code: &str, what: &'static str) -> Result<&'v Value, FhirError> {
        self.observation(code, what)?
            .ok_or(FhirError::Missing { what })
    }

    /// The flat form of either paper.
    fn form(
        &self,
        composition: &'v Value,
        number: &str,
        still: bool,
    ) -> Result<Map<String, Value>, FhirError> {
        let (wanted, other) = if still {
            ("Patient-decedent-fetus", "Patient-child")
        } else {
            ("Patient-child", "Patient-decedent-fetus")
        };
        if self
            .resources
            .iter()
            .any(|resource| follows(resource, other))
        {
            return Err(FhirError::Mixed);
        }
        let child = self.the_one("Patient", "Patient (child)", |resource| {
            follows(resource, wanted)
        })?;
        let mother = self.the_one("Patient", "Patient (mother)", |resource| {
            follows(resource, "Patient-mother")
        })?;
        let mother = name(mother, "Patient (mother).name")?.ok_or(FhirError::Missing {
            what: "Patient (mother).name",
        })?;
        let (weeks, days) = gestation(self.needed(GESTATION, "gestational age")?)?;
        let mut form = Map::new();
        let mut put = |name: &str, value: Value| {
            form.insert(name.to_owned(), value);
        };
        put("version", CERTIFICATE_VERSION.into());
        put("number", number.into());
        put("sex", sex(child)?.into());
        put("mother", mother.into());
        put("weeks", weeks.into());
        put("days", days.into());
        put(
            "weight_g",
            whole_quantity(self.needed(WEIGHT, "birth weight")?, "g", "birth weight")?.into(),
        );
        put(
            "length_cm",
            centimetres(self.needed(LENGTH, "body length")?)?.into(),
        );
        put(
            "live_births",
            integer(self.needed(LIVE_BEFORE, "live births")?, "live births")?.into(),
        );
        put(
            "stillbirths",
            integer(self.needed(STILL_BEFORE, "stillbirths")?, "stillbirths")?.into(),
        );
        put("issued", issued(composition)?.to_string().into());
        let minute = minute(child)?.strftime("%Y-%m-%dT%H:%M").to_string();
        if still {
            put("format", STILLBIRTH_FORMAT.into());
            put("dt", minute.into());
        } else {
            put("format", CERTIFICATE_FORMAT.into());
            put("birth_dt", minute.into());
            put("name", name(child, "Patient (child).name")?.into());
        }
        let (plural, order_of) = self.plurality(child)?;
        put("plural", plural.into());
        put("order_of", order_of);
        self.encounter(composition, &mut form)?;
        Ok(form)
    }

    fn plurality(&self, child: &Value) -> Result<(bool, Value), FhirError> {
        let what = "Patient.multipleBirth";
        let of = self
            .observation(PLURALITY, "plurality")?
            .map(|observation| integer(observation, "plurality"))
            .transpose()?;
        let order = child.get("multipleBirthInteger");
        match (order, child.get("multipleBirthBoolean"), of) {
            (None, None | Some(Value::Bool(false)), None | Some(1)) => Ok((false, Value::Null)),
            (Some(order), None, Some(of)) if order.is_u64() => {
                Ok((true, json!({ "order": order, "of": of })))
            }
            _ => Err(FhirError::Shape {
                what,
                expected: "multipleBirthInteger with the number born, or a single birth",
            }),
        }
    }

    /// Place and issuer.
    fn encounter(
        &self,
        composition: &'v Value,
        form: &mut Map<String, Value>,
    ) -> Result<(), FhirError> {
        let what = "Encounter (birth)";
        let encounter = match self.the_one("Encounter", what, |resource| {
            follows(resource, "Encounter-birth")
        }) {
            Err(FhirError::Missing { .. }) => {
                self.resolve(&composition["encounter"], "Encounter", what)?
            }
            found => found?,
        };
        let [place] = list(encounter, "location") else {
            return Err(FhirError::Shape {
                what: "Encounter.location",
                expected: "one place",
            });
        };
        let place = self.resolve(&place["location"], "Location", "Location")?;
        let mut put = |name: &str, value: Value| {
            form.insert(name.to_owned(), value);
        };
        put(
            "place_kind",
            own_code(list(place, "type"), PLACE_KIND, "Location.type")?.into(),
        );
        put("place_name", text(place, "/name").into());
        put("place_addr", text(place, "/address/text").into());
        let mut certifiers = list(encounter, "participant").iter().filter(|each| {
            list(each, "type")
                .iter()
                .any(|concept| has_code(concept, LOINC, CERTIFIER))
        });
        let what = "Encounter.participant (certifier)";
        let certifier = certifiers.next().ok_or(FhirError::Missing { what })?;
        if certifiers.next().is_some() {
            return Err(FhirError::Doubled { what });
        }
        let person = self.resolve(&certifier["individual"], "Practitioner", "Practitioner")?;
        put(
            "issuer_kind",
            own_code(list(certifier, "type"), ISSUER_KIND, "kind of issuer")?.into(),
        );
        put("issuer_name", name(person, "Practitioner.name")?.into());
        put("issuer_addr", text(person, "/address/0/text").into());
        Ok(())
    }
}

fn own_code(concepts: &[Value], system: &str, what: &'static str) -> Result<i64, FhirError> {
    let code = code_in(concepts, system).ok_or(FhirError::Missing { what })?;
    code.parse().map_err(|_| FhirError::Shape {
        what,
        expected: "a number as on the paper",
    })
}

/// The name as it is written: kanji if the forms are marked (JP Core's `IDE`), else the official, else the only one.
fn name(person: &Value, what: &'static str) -> Result<Option<String>, FhirError> {
    let names = list(person, "name");
    let ideographic = |name: &&Value| {
        list(name, "extension")
            .iter()
            .any(|extension| text(extension, "/valueCode") == Some("IDE"))
    };
    let official = |name: &&Value| text(name, "/use") == Some("official");
    let Some(chosen) = names
        .iter()
        .find(ideographic)
        .or_else(|| names.iter().find(official))
        .or_else(|| names.first())
    else {
        return Ok(None);
    };
    if let Some(whole) = text(chosen, "/text") {
        return Ok(Some(whole.to_owned()));
    }
    let parts = (text(chosen, "/family"), text(chosen, "/given/0"));
    match parts {
        (Some(family), Some(given)) => Ok(Some(format!("{family}\u{3000}{given}"))),
        (None, None) => Ok(None),
        _ => Err(FhirError::Shape {
            what,
            expected: "a text, or family and given name",
        }),
    }
}

fn sex(child: &Value) -> Result<u8, FhirError> {
    match text(child, "/gender") {
        Some("male") => Ok(Sex::Male.code()),
        Some("female") => Ok(Sex::Female.code()),
        Some("unknown") => Ok(Sex::NotKnown.code()),
        _ => Err(FhirError::Shape {
            what: "Patient.gender",
            expected: "male, female or unknown",
        }),
    }
}

/// Japan Standard Time.
fn jst() -> Offset {
    Offset::constant(9)
}

fn minute(child: &Value) -> Result<DateTime, FhirError> {
    let what = "patient-birthTime";
    let times = list(&child["_birthDate"], "extension");
    let mut times = times
        .iter()
        .filter(|extension| text(extension, "/url") == Some(BIRTH_TIME));
    let time = times.next().ok_or(FhirError::Missing { what })?;
    if times.next().is_some() {
        return Err(FhirError::Doubled { what });
    }
    let wrong = FhirError::Shape {
        what,
        expected: "a dateTime with its offset, on the day of birthDate",
    };
    let moment: Timestamp = match text(time, "/valueDateTime").map(str::parse) {
        Some(Ok(moment)) => moment,
        _ => return Err(wrong),
    };
    let local = jst().to_datetime(moment);
    let day: Option<Date> = text(child, "/birthDate").and_then(|day| day.parse().ok());
    // a fetus may have no birthDate of its own
    if child.get("birthDate").is_some() && day != Some(local.date()) {
        return Err(wrong);
    }
    // the paper has minutes; seconds are no part of it
    local
        .with()
        .second(0)
        .subsec_nanosecond(0)
        .build()
        .map_err(|_| wrong)
}

fn issued(composition: &Value) -> Result<Date, FhirError> {
    let what = "Composition.date";
    let date = text(composition, "/date").ok_or(FhirError::Missing { what })?;
    let day = if date.len() == 10 {
        date.parse().ok()
    } else {
        date.parse().ok().map(|at| jst().to_datetime(at).date())
    };
    day.ok_or(FhirError::Shape {
        what,
        expected: "a day, or a moment with its offset",
    })
}

/// `valueQuantity` in a unit, as the number was written.
fn quantity<'v>(
    holder: &'v Value,
    unit: &str,
    what: &'static str,
) -> Result<&'v serde_json::Number, FhirError> {
    let wrong = FhirError::Shape {
        what,
        expected: "a valueQuantity in the paper's unit",
    };
    let quantity = &holder["valueQuantity"];
    let fits = text(quantity, "/code").or_else(|| text(quantity, "/unit")) == Some(unit)
        && quantity.get("comparator").is_none();
    match quantity.get("value") {
        Some(Value::Number(number)) if fits => Ok(number),
        _ => Err(wrong),
    }
}

fn whole_quantity(holder: &Value, unit: &str, what: &'static str) -> Result<i64, FhirError> {
    whole(quantity(holder, unit, what)?).ok_or(FhirError::Shape {
        what,
        expected: "a whole number",
    })
}

/// 3012 and 3012.0 are the same whole number; 3012.5 is none.
fn whole(number: &serde_json::Number) -> Option<i64> {
    let written = number.to_string();
    match written.split_once('.') {
        Some((whole, "0")) => whole.parse().ok(),
        Some(_) => None,
        None => written.parse().ok(),
    }
}

/// Two digits, a point, one digit.
fn centimetres(holder: &Value) -> Result<String, FhirError> {
    let what = "body length";
    let written = quantity(holder, "cm", what)?.to_string();
    let (whole, tenth) = written.split_once('.').unwrap_or((&written, "0"));
    if whole.len() <= 2 && tenth.len() == 1 {
        Ok(format!("{whole:0>2}.{tenth}"))
    } else {
        Err(FhirError::Shape {
            what,
            expected: "centimetres with at most one decimal",
        })
    }
}

fn integer(observation: &Value, what: &'static str) -> Result<i64, FhirError> {
    match observation.get("valueInteger") {
        Some(Value::Number(number)) => whole(number),
        _ => None,
    }
    .ok_or(FhirError::Shape {
        what,
        expected: "a valueInteger",
    })
}

/// Weeks and days: two components, or days alone.
fn gestation(observation: &Value) -> Result<(i64, i64), FhirError> {
    let what = "gestational age";
    if let [weeks, days] = list(observation, "component") {
        return Ok((
            whole_quantity(weeks, "wk", what)?,
            whole_quantity(days, "d", what)?,
        ));
    }
    let days = whole_quantity(observation, "d", what)?;
    Ok((days / 7, days % 7))
}

// ---- writing, as a hospital's system would ----

/// What both papers share.
struct Paper<'c> {
    number: &'c str,
    name: Option<&'c str>,
    sex: Sex,
    at: DateTime,
    place: (PlaceKind, &'c str, Option<&'c str>),
    weight_g: u16,
    length_mm: u16,
    plurality: Plurality,
    mother: &'c str,
    gestation: (u8, u8),
    before: (u8, u8),
    issued: Date,
    issuer: (IssuerKind, &'c str, &'c str),
}

/// Writes a birth certificate as a bundle.
#[must_use]
pub fn write_birth(certificate: &BirthCertificate) -> Vec<u8> {
    let paper = Paper {
        number: &certificate.number,
        name: certificate.name.as_deref(),
        sex: certificate.sex,
        at: certificate.birth_dt,
        place: (
            certificate.place_kind,
            &certificate.place_addr,
            certificate.place_name.as_deref(),
        ),
        weight_g: certificate.weight_g,
        length_mm: certificate.length_mm,
        plurality: certificate.plurality,
        mother: &certificate.mother,
        gestation: (certificate.weeks, certificate.days),
        before: (certificate.live_births, certificate.stillbirths),
        issued: certificate.issued,
        issuer: (
            certificate.issuer_kind,
            &certificate.issuer_addr,
            &certificate.issuer_name,
        ),
    };
    paper.bundle(false)
}

/// Writes a certificate of a stillbirth as a bundle.
#[must_use]
pub fn write_stillbirth(certificate: &StillbirthCertificate) -> Vec<u8> {
    let paper = Paper {
        number: &certificate.number,
        name: None,
        sex: certificate.sex,
        at: certificate.at,
        place: (
            certificate.place_kind,
            &certificate.place_addr,
            certificate.place_name.as_deref(),
        ),
        weight_g: certificate.weight_g,
        length_mm: certificate.length_mm,
        plurality: certificate.plurality,
        mother: &certificate.mother,
        gestation: (certificate.weeks, certificate.days),
        before: (certificate.live_births, certificate.stillbirths),
        issued: certificate.issued,
        issuer: (
            certificate.issuer_kind,
            &certificate.issuer_addr,
            &certificate.issuer_name,
        ),
    };
    paper.bundle(true)
}

/// Takes back what was sent by mistake; `still` tells which of the two papers it was.
#[must_use]
pub fn write_withdrawal(number: &str, still: bool) -> Vec<u8> {
    let composition = json!({
        "resourceType": "Composition",
        "status": "entered-in-error",
        "identifier": { "value": number },
        "type": { "coding": [{ "system": LOINC, "code": if still { FETAL_DEATH } else { LIVE_BIRTH } }] },
    });
    document(vec![("urn:ubugoe:composition", composition)])
}

fn document(entries: Vec<(&str, Value)>) -> Vec<u8> {
    let entries: Vec<Value> = entries
        .into_iter()
        .map(|(url, resource)| json!({ "fullUrl": url, "resource": resource }))
        .collect();
    json!({ "resourceType": "Bundle", "type": "document", "entry": entries })
        .to_string()
        .into_bytes()
}

fn observed(code: &str, value: Value) -> Value {
    let mut resource = json!({
        "resourceType": "Observation", "status": "final",
        "code": { "coding": [{ "system": LOINC, "code": code }] },
    });
    if let (Value::Object(resource), Value::Object(value)) = (&mut resource, value) {
        resource.extend(value);
    }
    resource
}

fn of_unit(value: impl Into<Value>, unit: &str) -> Value {
    json!({ "valueQuantity": { "value": value.into(), "system": "http://unitsofmeasure.org", "code": unit } })
}

fn coded(system: &str, code: i64) -> Value {
    json!({ "coding": [{ "system": system, "code": code.to_string() }] })
}

impl Paper<'_> {
    fn patient(&self, still: bool) -> Value {
        let profile = if still {
            "Patient-decedent-fetus"
        } else {
            "Patient-child"
        };
        let mut patient = json!({
            "resourceType": "Patient",
            "meta": { "profile": [format!("{BFDR}{profile}")] },
            "gender": match self.sex {
                Sex::Male => "male",
                Sex::Female => "female",
                Sex::NotKnown | Sex::NotApplicable => "unknown",
            },
            "birthDate": self.at.date().to_string(),
            "_birthDate": { "extension": [{
                "url": BIRTH_TIME,
                "valueDateTime": self.at.strftime("%Y-%m-%dT%H:%M:00+09:00").to_string(),
            }] },
        });
        if let Value::Object(members) = &mut patient {
            if let Some(name) = self.name {
                members.insert(
                    "name".to_owned(),
                    json!([{ "use": "official", "text": name }]),
                );
            }
            let (key, value) = match self.plurality {
                Plurality::Single => ("multipleBirthBoolean", json!(false)),
                Plurality::Multiple { order, .. } => ("multipleBirthInteger", json!(order)),
            };
            members.insert(key.to_owned(), value);
        }
        patient
    }

    fn bundle(&self, still: bool) -> Vec<u8> {
        let (code, profile) = if still {
            (FETAL_DEATH, "Composition-provider-fetal-death-report")
        } else {
            (LIVE_BIRTH, "Composition-provider-live-birth-report")
        };
        let of = match self.plurality {
            Plurality::Single => 1,
            Plurality::Multiple { of, .. } => of,
        };
        let (place_kind, place_addr, place_name) = self.place;
        let (issuer_kind, issuer_addr, issuer_name) = self.issuer;
        let mut location = json!({
            "resourceType": "Location", "type": [coded(PLACE_KIND, code_of(&PLACES, place_kind))],
            "address": { "text": place_addr },
        });
        if let (Value::Object(members), Some(name)) = (&mut location, place_name) {
            members.insert("name".to_owned(), name.into());
        }
        let certifier = json!([
            { "coding": [{ "system": LOINC, "code": CERTIFIER }] },
            coded(ISSUER_KIND, code_of(&ISSUERS, issuer_kind)),
        ]);
        let length: Value = format!("{}.{}", self.length_mm / 10, self.length_mm % 10)
            .parse()
            .unwrap_or(Value::Null);
        let gestation = json!({ "component": [of_unit(self.gestation.0, "wk"), of_unit(self.gestation.1, "d")] });
        document(vec![
            (
                "urn:ubugoe:composition",
                json!({
                    "resourceType": "Composition", "status": "final",
                    "meta": { "profile": [format!("{BFDR}{profile}")] },
                    "identifier": { "value": self.number },
                    "type": { "coding": [{ "system": LOINC, "code": code }] },
                    "encounter": { "reference": "urn:ubugoe:encounter" },
                    "date": self.issued.to_string(),
                }),
            ),
            ("urn:ubugoe:child", self.patient(still)),
            (
                "urn:ubugoe:mother",
                json!({
                    "resourceType": "Patient", "meta": { "profile": [format!("{BFDR}Patient-mother")] },
                    "name": [{ "use": "official", "text": self.mother }],
                }),
            ),
            (
                "urn:ubugoe:encounter",
                json!({
                    "resourceType": "Encounter", "meta": { "profile": [format!("{BFDR}Encounter-birth")] },
                    "location": [{ "location": { "reference": "urn:ubugoe:place" } }],
                    "participant": [{ "type": certifier, "individual": { "reference": "urn:ubugoe:issuer" } }],
                }),
            ),
            ("urn:ubugoe:place", location),
            (
                "urn:ubugoe:issuer",
                json!({
                    "resourceType": "Practitioner", "name": [{ "text": issuer_name }],
                    "address": [{ "text": issuer_addr }],
                }),
            ),
            (
                "urn:ubugoe:weight",
                observed(WEIGHT, of_unit(self.weight_g, "g")),
            ),
            ("urn:ubugoe:length", observed(LENGTH, of_unit(length, "cm"))),
            (
                "urn:ubugoe:plurality",
                observed(PLURALITY, json!({ "valueInteger": of })),
            ),
            ("urn:ubugoe:gestation", observed(GESTATION, gestation)),
            (
                "urn:ubugoe:live",
                observed(LIVE_BEFORE, json!({ "valueInteger": self.before.0 })),
            ),
            (
                "urn:ubugoe:still",
                observed(STILL_BEFORE, json!({ "valueInteger": self.before.1 })),
            ),
        ])
    }
}
