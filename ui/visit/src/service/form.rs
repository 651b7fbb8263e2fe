//! The certificate's form: the catalogue's own fields (`shussei_shomeisho`), in the order in which a midwife has them
//! at hand, checked field by field as the catalogue says and as a whole by [`BirthCertificate`]'s rules.

use jiff::civil::DateTime;
use ubugoe_procedures::{
    Answers, BirthCertificate, Catalogue, CertificateError, Field, FieldPath, IssuerKind,
    PlaceKind, Plurality, Problem, Procedure, ReasonCode, Sex, Source, Value, check, missing,
};

use super::{Form, ServiceContext, Sheet, Staff, key_of};

/// The procedure whose form a certificate is.
pub const CERTIFICATE_FORM: &str = "shussei_shomeisho";

/// What is asked first, in this order; the rest follows in the catalogue's.
const FIRST: [&str; 4] = ["mother", "birth_dt", "sex", "plural"];
const ORDER: [&str; 2] = ["order_of.order", "order_of.of"];
const FIGURES: [&str; 6] = [
    "weight_g",
    "length_cm",
    "weeks",
    "days",
    "live_births",
    "stillbirths",
];

/// What one twin's certificate lends the next. Sex, time, weight, length, order, name and counts are each child's own.
const COMMON: [&str; 11] = [
    "place_kind",
    "place_addr",
    "place_name",
    "plural",
    "order_of.of",
    "mother",
    "weeks",
    "days",
    "issuer_kind",
    "issuer_addr",
    "issuer_name",
];

/// The catalogue's form of a certificate.
pub(super) fn procedure(catalogue: &Catalogue) -> Option<&Procedure> {
    catalogue
        .procedures()
        .find(|procedure| procedure.id.as_str() == CERTIFICATE_FORM)
}

fn sheet_of(path: &FieldPath) -> Sheet {
    let text = path.as_str();
    if text == "birth_dt" {
        Sheet::Moment
    } else if ORDER.contains(&text) {
        Sheet::Order
    } else if FIGURES.contains(&text) {
        Sheet::Figures
    } else {
        Sheet::Field(path.clone())
    }
}

/// The fields that a sheet fills in, in the order in which it shows them.
#[must_use]
pub fn sheet_fields<'a>(sheet: &Sheet, catalogue: &'a Catalogue) -> Vec<&'a Field> {
    let paths: Vec<&str> = match sheet {
        Sheet::Field(path) => vec![path.as_str()],
        Sheet::Moment => vec!["birth_dt"],
        Sheet::Order => ORDER.to_vec(),
        Sheet::Figures => FIGURES.to_vec(),
        Sheet::Review => Vec::new(),
    };
    let form = procedure(catalogue).map(|procedure| &procedure.form);
    paths
        .into_iter()
        .filter_map(|path| form.and_then(|form| form.field(path)))
        .collect()
}

fn set(answers: &mut Answers, path: &str, value: Value, source: Source) {
    if let Ok(path) = path.parse() {
        answers.set(path, value, source);
    }
}

/// An empty form, with what the ward and whoever is signed in always write.
pub(super) fn begin(who: &Staff, cx: &ServiceContext<'_>) -> Form {
    let mut answers = Answers::new();
    // The parents choose the name; the box may stay blank, and only the issuer may fill it.
    set(&mut answers, "name", Value::Blank, Source::System);
    if let Some(usual) = cx.desk.usual {
        let text = |text: &str| Value::Text(text.to_owned());
        let kind = Value::Choice(place_code(usual.place_kind).to_owned());
        set(&mut answers, "place_kind", kind, Source::Profile);
        set(
            &mut answers,
            "place_addr",
            text(&usual.place_addr),
            Source::Profile,
        );
        set(
            &mut answers,
            "issuer_addr",
            text(&usual.place_addr),
            Source::Profile,
        );
        if let Some(name) = &usual.place_name {
            set(&mut answers, "place_name", text(name), Source::Profile);
        }
    }
    if let Some(kind) = who.issues {
        let kind = Value::Choice(issuer_code(kind).to_owned());
        set(&mut answers, "issuer_kind", kind, Source::System);
        let name = Value::Text(who.name.clone());
        set(&mut answers, "issuer_name", name, Source::System);
    }
    issued_today(&mut answers, cx);
    form(cx.desk.fresh_number.to_owned(), None, answers, cx)
}

fn issued_today(answers: &mut Answers, cx: &ServiceContext<'_>) {
    if let Some(now) = cx.desk.now {
        set(answers, "issued", Value::Date(now.date()), Source::System);
    }
}

/// The form of the next child of a delivery: what is common is copied, and nothing else.
pub(super) fn begin_twin(of: &BirthCertificate, cx: &ServiceContext<'_>) -> Form {
    let all = answers_of(of);
    let mut answers = Answers::new();
    set(&mut answers, "name", Value::Blank, Source::System);
    for path in COMMON {
        if let Some(value) = all.value(path) {
            set(&mut answers, path, value.clone(), Source::Certificate);
        }
    }
    issued_today(&mut answers, cx);
    form(cx.desk.fresh_number.to_owned(), None, answers, cx)
}

/// The form of a certificate that is to be corrected, on its review.
pub(super) fn begin_correction(of: &BirthCertificate, cx: &ServiceContext<'_>) -> Form {
    let mut answers = answers_of(of);
    issued_today(&mut answers, cx);
    let mut form = form(of.number.clone(), Some(key_of(of)), answers, cx);
    form.sheet = Sheet::Review;
    form
}

fn form(
    number: String,
    corrects: Option<crate::ChildKey>,
    answers: Answers,
    cx: &ServiceContext<'_>,
) -> Form {
    let mut form = Form {
        number,
        corrects,
        answers,
        sheet: Sheet::Review,
        problems: Vec::new(),
        asked: Vec::new(),
        correcting: false,
    };
    go_on(&mut form, cx);
    form
}

/// The next sheet with something open, or the review. What contradicts itself as a whole leads back to its sheet.
pub(super) fn go_on(form: &mut Form, cx: &ServiceContext<'_>) {
    form.problems.clear();
    form.correcting = false;
    let Some(procedure) = procedure(cx.catalogue) else {
        return;
    };
    let open = missing(procedure, &form.answers);
    let first = FIRST
        .iter()
        .find_map(|path| open.iter().find(|field| field.path.as_str() == *path))
        .or_else(|| open.first());
    form.sheet = match first {
        Some(field) => sheet_of(&field.path),
        None => match whole(form, cx) {
            Ok(_) => Sheet::Review,
            Err((field, code)) => match field.parse() {
                Ok(path) => {
                    let sheet = sheet_of(&path);
                    form.problems.push((path, problem(code)));
                    sheet
                }
                Err(_) => Sheet::Review,
            },
        },
    };
}

/// Goes back one sheet; `false` where there is none before.
pub(super) fn go_back(form: &mut Form) -> bool {
    form.problems.clear();
    if form.correcting {
        form.correcting = false;
        form.sheet = Sheet::Review;
        return true;
    }
    match form.asked.pop() {
        Some(sheet) => {
            form.sheet = sheet;
            true
        }
        None => false,
    }
}

/// Takes in the fields of the sheet on the screen; on a block nothing is taken.
pub(super) fn take(form: &mut Form, values: &[(FieldPath, Value)], cx: &ServiceContext<'_>) {
    form.problems.clear();
    let mut answers = form.answers.clone();
    for (path, value) in values {
        let on_sheet = sheet_of(path) == form.sheet;
        let field = procedure(cx.catalogue).and_then(|p| p.form.field(path.as_str()));
        let Some(field) = field.filter(|_| on_sheet) else {
            continue;
        };
        let mut blocks = check(field, value, &answers).blocks;
        if future(path, value, cx) {
            blocks.push(problem(ReasonCode::OutOfRange));
        }
        if let ("length_cm", Value::Text(text)) = (path.as_str(), value)
            && millimetres(text).is_none()
        {
            blocks.push(problem(ReasonCode::BadFormat));
        }
        form.problems
            .extend(blocks.into_iter().map(|block| (path.clone(), block)));
        answers.set(path.clone(), value.clone(), Source::Parent);
    }
    if !form.problems.is_empty() {
        return;
    }
    // A single birth has no place among others.
    if answers.value("plural") == Some(&Value::Bool(false)) {
        for path in ORDER {
            answers.remove(path);
        }
    }
    form.answers = answers;
    if !form.correcting && !form.asked.contains(&form.sheet) {
        form.asked.push(form.sheet.clone());
    }
    go_on(form, cx);
}

/// A birth in the future is impossible, and the one thing that is blocked for its date.
fn future(path: &FieldPath, value: &Value, cx: &ServiceContext<'_>) -> bool {
    match (path.as_str(), value, cx.desk.now) {
        ("birth_dt", Value::DateTime(at), Some(now)) => *at > now,
        _ => false,
    }
}

fn problem(code: ReasonCode) -> Problem {
    Problem {
        code,
        character: None,
        at: None,
        proposal: None,
    }
}

/// What was typed cannot be a value of the sheet's kind.
pub(super) fn unreadable(form: &mut Form, code: ReasonCode) {
    if let Sheet::Field(path) = &form.sheet {
        form.problems = vec![(path.clone(), problem(code))];
    }
}

/// Opens the sheet of a row of the review.
pub(super) fn open_row(form: &mut Form, path: &FieldPath, cx: &ServiceContext<'_>) {
    let there = procedure(cx.catalogue)
        .and_then(|procedure| procedure.form.field(path.as_str()))
        .is_some_and(|field| field.when.holds(&form.answers) == Some(true));
    if form.sheet == Sheet::Review && there && path.as_str() != "issued" {
        form.sheet = sheet_of(path);
        form.correcting = true;
        form.problems.clear();
    }
}

// ---------------------------------------------------------------------------------------------- as a certificate

/// The certificate that the answers make, where they make one.
#[must_use]
pub fn draft_certificate(form: &Form) -> Option<BirthCertificate> {
    certificate(&form.answers, &form.number)
}

/// The certificate, held against its own rules.
///
/// # Errors
/// The field that stands in the way, and how.
pub(super) fn whole(
    form: &Form,
    cx: &ServiceContext<'_>,
) -> Result<BirthCertificate, (&'static str, ReasonCode)> {
    let drafted = certificate(&form.answers, &form.number).ok_or(("mother", ReasonCode::Empty))?;
    match BirthCertificate::from_json(&drafted.to_json()) {
        Ok(certificate) if cx.desk.now.is_some_and(|now| certificate.is_after(now)) => {
            Err(("birth_dt", ReasonCode::OutOfRange))
        }
        Ok(certificate) => Ok(certificate),
        Err(error) => Err(match error {
            CertificateError::Missing { field } | CertificateError::Shape { field, .. } => {
                (leaf(field), ReasonCode::BadFormat)
            }
            CertificateError::Impossible { field, .. } => (leaf(field), ReasonCode::OutOfRange),
            // The day of issue is today's: the birth lies after it.
            CertificateError::Contradiction { .. } => ("birth_dt", ReasonCode::OutOfRange),
            CertificateError::TooLong { .. }
            | CertificateError::NotJson { .. }
            | CertificateError::Format { .. }
            | CertificateError::Unknown { .. } => ("mother", ReasonCode::BadFormat),
        }),
    }
}

fn leaf(field: &'static str) -> &'static str {
    if field == "order_of" {
        "order_of.order"
    } else {
        field
    }
}

fn certificate(answers: &Answers, number: &str) -> Option<BirthCertificate> {
    let text = |path: &str| match answers.value(path) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let choice = |path: &str| match answers.value(path) {
        Some(Value::Choice(id)) => Some(id.as_str()),
        _ => None,
    };
    let plurality = match answers.value("plural")? {
        Value::Bool(false) => Plurality::Single,
        Value::Bool(true) => Plurality::Multiple {
            order: number_at(answers, "order_of.order")?,
            of: number_at(answers, "order_of.of")?,
        },
        _ => return None,
    };
    Some(BirthCertificate {
        number: number.to_owned(),
        name: text("name"),
        sex: match answers.value("sex")? {
            Value::Choice(id) => Sex::from_code(id.parse().ok()?)?,
            _ => Sex::NotKnown,
        },
        birth_dt: match answers.value("birth_dt")? {
            Value::DateTime(at) => *at,
            _ => return None,
        },
        place_kind: place_of(choice("place_kind")?)?,
        place_addr: text("place_addr")?,
        place_name: text("place_name"),
        weight_g: number_at(answers, "weight_g")?,
        length_mm: millimetres(&text("length_cm")?)?,
        plurality,
        mother: text("mother")?,
        weeks: number_at(answers, "weeks")?,
        days: number_at(answers, "days")?,
        live_births: number_at(answers, "live_births")?,
        stillbirths: number_at(answers, "stillbirths")?,
        issued: match answers.value("issued")? {
            Value::Date(day) => *day,
            _ => return None,
        },
        issuer_kind: issuer_of(choice("issuer_kind")?)?,
        issuer_addr: text("issuer_addr")?,
        issuer_name: text("issuer_name")?,
    })
}

fn number_at<T: TryFrom<i64>>(answers: &Answers, path: &str) -> Option<T> {
    match answers.value(path)? {
        Value::Number(number) => T::try_from(*number).ok(),
        _ => None,
    }
}

/// Centimetres with one decimal: `49.5` is 495.
fn millimetres(text: &str) -> Option<u16> {
    let (whole, tenth) = text.split_once('.')?;
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
    if digits(whole, 2) && digits(tenth, 1) {
        format!("{whole}{tenth}").parse().ok()
    } else {
        None
    }
}

fn answers_of(certificate: &BirthCertificate) -> Answers {
    let mut answers = Answers::new();
    let text = |text: &str| Value::Text(text.to_owned());
    let choice = |id: &str| Value::Choice(id.to_owned());
    let blank = |name: &Option<String>| name.as_deref().map_or(Value::Blank, text);
    let minute: DateTime = certificate.birth_dt;
    let mut said = vec![
        ("name", blank(&certificate.name)),
        (
            "sex",
            match certificate.sex {
                Sex::NotKnown | Sex::NotApplicable => Value::Blank,
                Sex::Male | Sex::Female => choice(&certificate.sex.code().to_string()),
            },
        ),
        ("birth_dt", Value::DateTime(minute)),
        ("place_kind", choice(place_code(certificate.place_kind))),
        ("place_addr", text(&certificate.place_addr)),
        ("place_name", blank(&certificate.place_name)),
        ("weight_g", Value::Number(certificate.weight_g.into())),
        (
            "length_cm",
            Value::Text(format!(
                "{}.{}",
                certificate.length_mm / 10,
                certificate.length_mm % 10
            )),
        ),
        ("mother", text(&certificate.mother)),
        ("weeks", Value::Number(certificate.weeks.into())),
        ("days", Value::Number(certificate.days.into())),
        ("live_births", Value::Number(certificate.live_births.into())),
        ("stillbirths", Value::Number(certificate.stillbirths.into())),
        ("issued", Value::Date(certificate.issued)),
        ("issuer_kind", choice(issuer_code(certificate.issuer_kind))),
        ("issuer_addr", text(&certificate.issuer_addr)),
        ("issuer_name", text(&certificate.issuer_name)),
    ];
    match certificate.plurality {
        Plurality::Single => said.push(("plural", Value::Bool(false))),
        Plurality::Multiple { order, of } => said.extend([
            ("plural", Value::Bool(true)),
            ("order_of.order", Value::Number(order.into())),
            ("order_of.of", Value::Number(of.into())),
        ]),
    }
    for (path, value) in said {
        set(&mut answers, path, value, Source::Certificate);
    }
    answers
}

const fn place_code(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::Hospital => "1",
        PlaceKind::Clinic => "2",
        PlaceKind::MaternityHome => "3",
        PlaceKind::Home => "4",
        PlaceKind::Other => "5",
    }
}

fn place_of(code: &str) -> Option<PlaceKind> {
    [
        PlaceKind::Hospital,
        PlaceKind::Clinic,
        PlaceKind::MaternityHome,
        PlaceKind::Home,
        PlaceKind::Other,
    ]
    .into_iter()
    .find(|kind| place_code(*kind) == code)
}

const fn issuer_code(kind: IssuerKind) -> &'static str {
    match kind {
        IssuerKind::Doctor => "1",
        IssuerKind::Midwife => "2",
        IssuerKind::Other => "3",
    }
}

fn issuer_of(code: &str) -> Option<IssuerKind> {
    [IssuerKind::Doctor, IssuerKind::Midwife, IssuerKind::Other]
        .into_iter()
        .find(|kind| issuer_code(*kind) == code)
}
