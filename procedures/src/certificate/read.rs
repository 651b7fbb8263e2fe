//! Reads and writes the ward form: one flat JSON object, every member named, nothing repaired.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

use super::{
    BirthCertificate, CERTIFICATE_FORMAT, CERTIFICATE_MAX_BYTES, CERTIFICATE_VERSION,
    CertificateDoubt, CertificateError, IssuerKind, PlaceKind, Plurality,
};
use crate::facts::Sex;
use crate::names;

/// Longest name or facility name, and longest address, in user-perceived characters.
const NAME_LEN: usize = 60;
const ADDRESS_LEN: usize = 200;

impl BirthCertificate {
    /// Reads a ward form.
    ///
    /// # Errors
    /// [`CertificateError`], naming the field. A value that is merely doubtful is no error; see
    /// [`BirthCertificate::doubts`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > CERTIFICATE_MAX_BYTES {
            return Err(CertificateError::TooLong { bytes: bytes.len() });
        }
        let Unique(members) =
            serde_json::from_slice(bytes).map_err(|source| CertificateError::NotJson { source })?;
        let mut form = WardForm { members };
        form.format(CERTIFICATE_FORMAT)?;
        let certificate = Self {
            number: form.number_of_issuer()?,
            name: form.optional_text("name", NAME_LEN)?,
            sex: form.sex()?,
            birth_dt: form.minute("birth_dt")?,
            place_kind: form.code("place_kind", &PLACES, "1 to 5")?,
            place_addr: form.text("place_addr", ADDRESS_LEN)?,
            place_name: form.optional_text("place_name", NAME_LEN)?,
            weight_g: form.whole("weight_g", 200, 7000, "200 to 7000 g")?,
            length_mm: form.length(200)?,
            plurality: form.plurality()?,
            mother: form.text("mother", NAME_LEN)?,
            weeks: form.whole("weeks", 20, 44, "20 to 44 full weeks")?,
            days: form.whole("days", 0, 6, "0 to 6")?,
            live_births: form.whole("live_births", 1, 30, "1 to 30")?,
            stillbirths: form.whole("stillbirths", 0, 30, "0 to 30")?,
            issued: form.day("issued")?,
            issuer_kind: form.code("issuer_kind", &ISSUERS, "1 to 3")?,
            issuer_addr: form.text("issuer_addr", ADDRESS_LEN)?,
            issuer_name: form.text("issuer_name", NAME_LEN)?,
        };
        form.end()?;
        certificate.agrees_with_itself()?;
        Ok(certificate)
    }

    /// Writes the ward form, as a ward's own software would.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let (plural, order_of) = match self.plurality {
            Plurality::Single => (false, Value::Null),
            Plurality::Multiple { order, of } => (true, json!({ "order": order, "of": of })),
        };
        let form = json!({
            "format": CERTIFICATE_FORMAT, "version": CERTIFICATE_VERSION, "number": self.number,
            "name": self.name, "sex": self.sex.code(),
            "birth_dt": self.birth_dt.strftime("%Y-%m-%dT%H:%M").to_string(),
            "place_kind": code_of(&PLACES, self.place_kind), "place_addr": self.place_addr,
            "place_name": self.place_name, "weight_g": self.weight_g,
            "length_cm": format!("{}.{}", self.length_mm / 10, self.length_mm % 10),
            "plural": plural, "order_of": order_of, "mother": self.mother, "weeks": self.weeks, "days": self.days,
            "live_births": self.live_births, "stillbirths": self.stillbirths, "issued": self.issued.to_string(),
            "issuer_kind": code_of(&ISSUERS, self.issuer_kind), "issuer_addr": self.issuer_addr,
            "issuer_name": self.issuer_name,
        });
        form.to_string().into_bytes()
    }

    /// What a midwife or an officer should look at a second time.
    #[must_use]
    pub fn doubts(&self) -> Vec<CertificateDoubt> {
        let in_facility = !matches!(self.place_kind, PlaceKind::Home | PlaceKind::Other);
        [
            (self.weeks < 22, CertificateDoubt::VeryEarly),
            (self.sex == Sex::NotKnown, CertificateDoubt::SexUndetermined),
            (
                self.plurality.order() > self.live_births.saturating_add(self.stillbirths),
                CertificateDoubt::OrderExceedsBirths,
            ),
            (
                in_facility && self.place_name.is_none(),
                CertificateDoubt::FacilityUnnamed,
            ),
        ]
        .into_iter()
        .filter_map(|(doubtful, doubt)| doubtful.then_some(doubt))
        .collect()
    }

    /// Whether the birth lies after a moment: a certificate from the future cannot be used. The moment is handed in.
    #[must_use]
    pub fn is_after(&self, now: DateTime) -> bool {
        self.birth_dt > now
    }

    fn agrees_with_itself(&self) -> Result<(), CertificateError> {
        if self.issued < self.birth_dt.date() {
            return Err(CertificateError::Contradiction {
                field: "issued",
                other: "birth_dt",
            });
        }
        Ok(())
    }
}

pub(super) const PLACES: [(i64, PlaceKind); 5] = [
    (1, PlaceKind::Hospital),
    (2, PlaceKind::Clinic),
    (3, PlaceKind::MaternityHome),
    (4, PlaceKind::Home),
    (5, PlaceKind::Other),
];
pub(super) const ISSUERS: [(i64, IssuerKind); 3] = [
    (1, IssuerKind::Doctor),
    (2, IssuerKind::Midwife),
    (3, IssuerKind::Other),
];

pub(super) fn code_of<T: Copy + PartialEq>(codes: &[(i64, T)], wanted: T) -> i64 {
    codes
        .iter()
        .find(|(_, kind)| *kind == wanted)
        .map_or(0, |(code, _)| *code)
}

/// A JSON object in which no name stands twice: two weights on one certificate are no certificate.
pub(super) struct Unique(pub(super) BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Unique;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.contains_key(&name) {
                        return Err(serde::de::Error::custom(format!("{name:?} stands twice")));
                    }
                    members.insert(name, value);
                }
                Ok(Unique(members))
            }
        }
        input.deserialize_map(Members)
    }
}

/// The members of a ward form, taken out one by one.
pub(super) struct WardForm {
    pub(super) members: BTreeMap<String, Value>,
}

impl WardForm {
    fn take(&mut self, field: &'static str) -> Result<Value, CertificateError> {
        self.members
            .remove(field)
            .ok_or(CertificateError::Missing { field })
    }

    pub(super) fn format(&mut self, wanted: &str) -> Result<(), CertificateError> {
        let format = self.take("format")?.as_str().map(str::to_owned);
        let version = self.take("version")?.as_i64();
        if format.as_deref() == Some(wanted) && version == Some(CERTIFICATE_VERSION) {
            Ok(())
        } else {
            Err(CertificateError::Format { format, version })
        }
    }

    pub(super) fn text(
        &mut self,
        field: &'static str,
        most: usize,
    ) -> Result<String, CertificateError> {
        self.optional_text(field, most)?
            .ok_or(CertificateError::Shape {
                field,
                expected: "a text that is not empty",
            })
    }

    /// `null` and the empty text are both a blank box.
    pub(super) fn optional_text(
        &mut self,
        field: &'static str,
        most: usize,
    ) -> Result<Option<String>, CertificateError> {
        let text = match self.take(field)? {
            Value::Null => return Ok(None),
            Value::String(text) => text,
            _ => {
                return Err(CertificateError::Shape {
                    field,
                    expected: "a text or null",
                });
            }
        };
        if text.is_empty() {
            return Ok(None);
        }
        if !names::check(names::Charset::Mj, &text).fileable()
            || text.chars().all(char::is_whitespace)
        {
            return Err(CertificateError::Shape {
                field,
                expected: "a text of visible characters",
            });
        }
        let length = names::length(&text);
        if length > most {
            let possible = "60 characters for names, 200 for addresses";
            return Err(CertificateError::Impossible {
                field,
                given: format!("{length} characters"),
                possible,
            });
        }
        Ok(Some(text))
    }

    pub(super) fn number_of_issuer(&mut self) -> Result<String, CertificateError> {
        let field = "number";
        let number = self.text(field, NAME_LEN)?;
        let fits = number.len() <= 40
            && number
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if fits {
            Ok(number)
        } else {
            Err(CertificateError::Shape {
                field,
                expected: "1 to 40 of A–Z a–z 0–9 - _",
            })
        }
    }

    pub(super) fn whole<T: TryFrom<i64>>(
        &mut self,
        field: &'static str,
        least: i64,
        most: i64,
        possible: &'static str,
    ) -> Result<T, CertificateError> {
        let given = self.take(field)?;
        let number = given.as_i64().ok_or(CertificateError::Shape {
            field,
            expected: "a whole number",
        })?;
        let impossible = CertificateError::Impossible {
            field,
            given: number.to_string(),
            possible,
        };
        if !(least..=most).contains(&number) {
            return Err(impossible);
        }
        T::try_from(number).map_err(|_| impossible)
    }

    pub(super) fn code<T: Copy>(
        &mut self,
        field: &'static str,
        codes: &[(i64, T)],
        possible: &'static str,
    ) -> Result<T, CertificateError> {
        let number: i64 = self.whole(field, i64::MIN, i64::MAX, possible)?;
        let found = codes.iter().find(|(code, _)| *code == number);
        found
            .map(|(_, kind)| *kind)
            .ok_or(CertificateError::Impossible {
                field,
                given: number.to_string(),
                possible,
            })
    }

    pub(super) fn sex(&mut self) -> Result<Sex, CertificateError> {
        let codes = [(0, Sex::NotKnown), (1, Sex::Male), (2, Sex::Female)];
        self.code("sex", &codes, "0 undetermined, 1 male, 2 female (ISO 5218)")
    }

    pub(super) fn minute(&mut self, field: &'static str) -> Result<DateTime, CertificateError> {
        let wrong = CertificateError::Shape {
            field,
            expected: "YYYY-MM-DDTHH:MM, 24 hours, a day that exists",
        };
        match self.take(field)? {
            // The length keeps out seconds, offsets and every other spelling the parser would take.
            Value::String(text) if text.len() == 16 && text.as_bytes().get(10) == Some(&b'T') => {
                text.parse().map_err(|_| wrong)
            }
            _ => Err(wrong),
        }
    }

    pub(super) fn day(&mut self, field: &'static str) -> Result<Date, CertificateError> {
        let wrong = CertificateError::Shape {
            field,
            expected: "YYYY-MM-DD, a day that exists",
        };
        match self.take(field)? {
            Value::String(text) if text.len() == 10 => text.parse().map_err(|_| wrong),
            _ => Err(wrong),
        }
    }

    /// Centimetres with one decimal, as text: `"49.5"`. A JSON fraction would be a guess at the decimal meant.
    pub(super) fn length(&mut self, least: u16) -> Result<u16, CertificateError> {
        let field = "length_cm";
        let wrong = CertificateError::Shape {
            field,
            expected: "a text with one decimal, such as \"49.5\"",
        };
        let Value::String(text) = self.take(field)? else {
            return Err(wrong);
        };
        let parts = text.split_once('.').filter(|(whole, tenth)| {
            whole.len() == 2
                && tenth.len() == 1
                && whole
                    .bytes()
                    .chain(tenth.bytes())
                    .all(|b| b.is_ascii_digit())
        });
        let Some((whole, tenth)) = parts else {
            return Err(wrong);
        };
        let millimetres: u16 = format!("{whole}{tenth}").parse().map_err(|_| wrong)?;
        if (least..=650).contains(&millimetres) {
            Ok(millimetres)
        } else {
            Err(CertificateError::Impossible {
                field,
                given: text,
                possible: "20.0 to 65.0 cm (from 05.0 cm on for a stillbirth)",
            })
        }
    }

    pub(super) fn plurality(&mut self) -> Result<Plurality, CertificateError> {
        let plural = self.take("plural")?;
        let order_of = self.take("order_of")?;
        let field = "order_of";
        let wrong = CertificateError::Shape {
            field,
            expected: "null for a single birth, else {order, of}",
        };
        match (plural, order_of) {
            (Value::Bool(false), Value::Null) => Ok(Plurality::Single),
            (Value::Bool(true), Value::Object(pair)) if pair.len() == 2 => {
                let part = |name| {
                    pair.get(name)
                        .and_then(Value::as_u64)
                        .and_then(|n| u8::try_from(n).ok())
                };
                let (Some(order), Some(of)) = (part("order"), part("of")) else {
                    return Err(wrong);
                };
                if (2..=9).contains(&of) && (1..=of).contains(&order) {
                    Ok(Plurality::Multiple { order, of })
                } else {
                    let possible = "order from 1 to of, of from 2 to 9";
                    Err(CertificateError::Impossible {
                        field,
                        given: format!("{order} of {of}"),
                        possible,
                    })
                }
            }
            (Value::Bool(_), _) => Err(wrong),
            _ => Err(CertificateError::Shape {
                field: "plural",
                expected: "true or false",
            }),
        }
    }

    pub(super) fn end(self) -> Result<(), CertificateError> {
        match self.members.into_keys().next() {
            Some(field) => Err(CertificateError::Unknown { field }),
            None => Ok(()),
        }
    }
}
