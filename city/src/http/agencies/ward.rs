//! The form of a ward without a system of its own: two papers, two pages, and the ward's own entries below.
//!
//! What is entered passes the very reader that files from wards and messages pass. A clerk sees what their hospital
//! entered or sent, and nothing else; after a stillbirth the page says what was kept, and no more.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use ubugoe_procedures::fhir::HospitalWord;
use ubugoe_procedures::{
    BirthCertificate, CERTIFICATE_FORMAT, CERTIFICATE_VERSION, CertificateError, Lang,
    STILLBIRTH_FORMAT, StillbirthCertificate,
};

use super::certificates::kind_words;
use super::{LIST, links, own, page};
use crate::agencies::Offered;
use crate::agencies::desk::new_certificate;
use crate::config::AgencyConfig;
use crate::http::console::note;
use crate::http::fields::Fields;
use crate::http::guard::{Officer, Posted};
use crate::http::page::csrf;
use crate::http::{Failure, Shared, t};
use crate::jst;
use crate::store::agencies::{CertificateKind, Via};

fn kind(text: &str) -> Result<CertificateKind, Failure> {
    match text {
        "birth" => Ok(CertificateKind::Birth),
        "stillbirth" => Ok(CertificateKind::Stillbirth),
        _ => Err(Failure::NotFound),
    }
}

/// How a box of the form is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Optional,
    Number,
    Minute,
    Day,
    /// Codes as on the paper, with their words.
    Choice(&'static [(&'static str, &'static str, &'static str)]),
}

const SEX: &[(&str, &str, &str)] = &[
    ("1", "男", "male"),
    ("2", "女", "female"),
    ("0", "不明", "undetermined"),
];
const PLACE: &[(&str, &str, &str)] = &[
    ("1", "病院", "hospital"),
    ("2", "診療所", "clinic"),
    ("3", "助産所", "maternity home"),
    ("4", "自宅", "home"),
    ("5", "その他", "other"),
];
const ISSUER: &[(&str, &str, &str)] = &[
    ("1", "医師", "doctor"),
    ("2", "助産師", "midwife"),
    ("3", "その他", "other"),
];

/// Name, Japanese, English, kind; in the order of the paper. `name` stands on a birth certificate only.
const BOXES: &[(&str, &str, &str, Kind)] = &[
    ("number", "証明書番号", "Certificate number", Kind::Text),
    (
        "name",
        "子の氏名（未定なら空欄）",
        "Name of the child, if known",
        Kind::Optional,
    ),
    ("sex", "男女の別", "Sex", Kind::Choice(SEX)),
    ("dt", "日時（24時間制）", "Date and time", Kind::Minute),
    (
        "place_kind",
        "場所の種別",
        "Kind of place",
        Kind::Choice(PLACE),
    ),
    (
        "place_addr",
        "場所の住所",
        "Address of the place",
        Kind::Text,
    ),
    (
        "place_name",
        "施設の名称",
        "Name of the facility",
        Kind::Optional,
    ),
    (
        "weight_g",
        "体重（グラム）",
        "Weight in grams",
        Kind::Number,
    ),
    (
        "length_cm",
        "身長（センチメートル、小数1桁）",
        "Length in centimetres, one decimal",
        Kind::Text,
    ),
    (
        "order",
        "多胎の場合：何番目",
        "Multiple birth: which of them",
        Kind::Optional,
    ),
    (
        "of",
        "多胎の場合：子の数",
        "Multiple birth: how many",
        Kind::Optional,
    ),
    ("mother", "母の氏名", "Name of the mother", Kind::Text),
    (
        "weeks",
        "妊娠週数（満）",
        "Full weeks of pregnancy",
        Kind::Number,
    ),
    ("days", "妊娠週数の端数（日）", "and days", Kind::Number),
    (
        "live_births",
        "母の出産した子：出生児（人）",
        "Live births of this mother",
        Kind::Number,
    ),
    (
        "stillbirths",
        "母の出産した子：死産児（胎）",
        "Stillbirths of this mother",
        Kind::Number,
    ),
    ("issued", "証明日", "Day of issue", Kind::Day),
    (
        "issuer_kind",
        "証明者の種別",
        "Kind of issuer",
        Kind::Choice(ISSUER),
    ),
    (
        "issuer_addr",
        "証明者の住所",
        "Address of the issuer",
        Kind::Text,
    ),
    (
        "issuer_name",
        "証明者の氏名",
        "Name of the issuer",
        Kind::Text,
    ),
];

/// A hospital: somebody who may send certificates.
fn hospital<'a>(app: &'a Shared, officer: &Officer) -> Result<&'a AgencyConfig, Failure> {
    let agency = own(app, officer)?;
    let may = agency
        .calls
        .iter()
        .any(|call| call.service == Offered::BirthCertificate);
    if may {
        Ok(agency)
    } else {
        Err(Failure::NotYours)
    }
}

pub(super) async fn form(
    State(app): State<Shared>,
    Path(of): Path<String>,
    officer: Officer,
) -> Result<Markup, Failure> {
    let agency = hospital(&app, &officer)?;
    let kind = kind(&of)?;
    note(&app, &officer, "certificates.viewed", "-", &agency.id).await?;
    show(&app, &officer, (agency, kind), None, &Fields::default()).await
}

/// The form with what was entered, and the hospital's own certificates of this kind.
async fn show(
    app: &Shared,
    officer: &Officer,
    (agency, kind): (&AgencyConfig, CertificateKind),
    complaint: Option<&str>,
    entered: &Fields,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let all = app.store.certificates(Some(&agency.id), LIST).await?;
    let title = kind_words(lang, kind);
    let body = html! {
        h1 { (title) }
        p.lead { (agency.name.get(lang)) }
        (links(officer))
        @if let Some(complaint) = complaint { p.flag.grave role="alert" id="complaint" { (complaint) } }
        form.card method="post" action={ "/console/agencies/ward/" (kind.code()) } id="ward" {
            (csrf(officer))
            table.form { tbody {
                @for (name, ja, en, shape) in BOXES.iter().filter(|(name, ..)| kind == CertificateKind::Birth || *name != "name") {
                    tr {
                        th scope="row" { label for=(name) { (t(lang, ja, en)) } }
                        td { (input(lang, name, *shape, entered.get(name).unwrap_or_default())) }
                    }
                }
            } }
            button.primary type="submit" { (t(lang, "登録する", "Enter")) }
        }
        h2 { (t(lang, "この機関の登録", "Entries of this hospital")) }
        div.scroll { table.list id="own" { tbody {
            @for certificate in all.iter().filter(|each| each.kept.kind == kind) {
                tr data-number=(certificate.kept.number) {
                    td { (certificate.kept.number) }
                    td.when { (jst::short(certificate.kept.received_at)) }
                    td { @match certificate.kept.via {
                        Via::Message => (t(lang, "電文", "message")),
                        Via::Form => (t(lang, "入力", "form")),
                    } }
                    td { @if certificate.voided_at.is_some() { (t(lang, "取り消し済み", "withdrawn")) } }
                }
            }
        } } }
    };
    page(app, officer, title, &body).await
}

fn input(lang: Lang, name: &str, kind: Kind, value: &str) -> Markup {
    match kind {
        Kind::Choice(choices) => html! {
            select id=(name) name=(name) required {
                option value="" { "" }
                @for (code, ja, en) in choices {
                    option value=(code) selected[*code == value] { (t(lang, ja, en)) }
                }
            }
        },
        Kind::Text | Kind::Optional => html! {
            input id=(name) name=(name) value=(value) required[kind == Kind::Text] autocomplete="off";
        },
        Kind::Number => html! {
            input id=(name) name=(name) value=(value) inputmode="numeric" required autocomplete="off";
        },
        Kind::Minute => {
            html! { input type="datetime-local" id=(name) name=(name) value=(value) required; }
        }
        Kind::Day => html! { input type="date" id=(name) name=(name) value=(value) required; },
    }
}

/// The ward form of what was entered.
fn paper(kind: CertificateKind, fields: &Fields) -> Vec<u8> {
    let mut form = Map::new();
    let get = |name: &str| fields.get(name).unwrap_or_default();
    let number = |text: &str| {
        text.parse::<i64>()
            .map_or_else(|_| Value::String(text.to_owned()), Value::from)
    };
    for (name, _, _, shape) in BOXES {
        let value = match (*name, *shape) {
            ("order" | "of", _) => continue,
            (name, Kind::Number | Kind::Choice(_)) => number(get(name)),
            (name, _) => Value::from(get(name)),
        };
        form.insert((*name).to_owned(), value);
    }
    let (format, when) = match kind {
        CertificateKind::Birth => (CERTIFICATE_FORMAT, "birth_dt"),
        CertificateKind::Stillbirth => (STILLBIRTH_FORMAT, "dt"),
    };
    if let Some(at) = form.remove("dt") {
        form.insert(when.to_owned(), at);
    }
    if kind == CertificateKind::Stillbirth {
        form.remove("name");
    }
    let multiple = !get("order").is_empty() || !get("of").is_empty();
    let order_of = if multiple {
        json!({ "order": number(get("order")), "of": number(get("of")) })
    } else {
        Value::Null
    };
    form.insert("plural".to_owned(), multiple.into());
    form.insert("order_of".to_owned(), order_of);
    form.insert("format".to_owned(), format.into());
    form.insert("version".to_owned(), CERTIFICATE_VERSION.into());
    Value::Object(form).to_string().into_bytes()
}

fn read(kind: CertificateKind, form: &[u8]) -> Result<HospitalWord, CertificateError> {
    Ok(match kind {
        CertificateKind::Birth => HospitalWord::Birth(Box::new(BirthCertificate::from_json(form)?)),
        CertificateKind::Stillbirth => {
            HospitalWord::Stillbirth(Box::new(StillbirthCertificate::from_json(form)?))
        }
    })
}

/// The label of a box, by the reader's name for it.
fn label(lang: Lang, field: &str) -> &'static str {
    let name = match field {
        "birth_dt" => "dt",
        "order_of" | "plural" => "of",
        other => other,
    };
    BOXES
        .iter()
        .find(|(known, ..)| *known == name)
        .map_or("", |(_, ja, en, _)| t(lang, ja, en))
}

/// What is wrong, by its box; never the value.
fn words(lang: Lang, error: &CertificateError) -> String {
    match error {
        CertificateError::Missing { field }
        | CertificateError::Shape { field, .. }
        | CertificateError::Impossible { field, .. } => format!(
            "{}{}",
            label(lang, field),
            t(lang, "を確認してください。", ": please check this.")
        ),
        CertificateError::Contradiction { field, other } => format!(
            "{} / {}{}",
            label(lang, field),
            label(lang, other),
            t(
                lang,
                "が食い違っています。",
                ": these contradict each other."
            )
        ),
        _ => t(
            lang,
            "入力を確認してください。",
            "Please check what was entered.",
        )
        .to_owned(),
    }
}

pub(super) async fn enter(
    State(app): State<Shared>,
    Path(of): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    let agency = hospital(&app, &officer)?;
    let kind = kind(&of)?;
    let lang = officer.lang;
    let complaint = match read(kind, &paper(kind, &fields)) {
        Err(error) => words(lang, &error),
        Ok(word) => {
            let by = (agency.id.as_str(), Via::Form, officer.account.id.as_str());
            match new_certificate(&word, by, app.now())? {
                Ok(new) => {
                    app.store.enter_certificate(new).await?;
                    let here = format!("/console/agencies/ward/{}", kind.code());
                    return Ok(Redirect::to(&here).into_response());
                }
                Err(_) => t(
                    lang,
                    "日時が未来になっています。",
                    "The date lies in the future.",
                )
                .to_owned(),
            }
        }
    };
    let page = show(&app, &officer, (agency, kind), Some(&complaint), &fields).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
