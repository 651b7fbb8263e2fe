//! Certificates that hospitals sent, and which filing may be about the same child.
//!
//! A match is a suggestion with its reason. An officer links, or does not; linking accepts nothing and changes no filing.

use axum::extract::{Path, State};
use axum::response::Redirect;
use maud::{Markup, html};
use ubugoe_procedures::{BirthCertificate, Lang, StillbirthCertificate};
use ubugoe_protocol::FilingId;

use super::{LIST, links, page, sender};
use crate::agencies::desk::BIRTH_NOTIFICATION;
use crate::casework::roles::Right;
use crate::http::console::note;
use crate::http::guard::{Officer, Posted};
use crate::http::page::csrf;
use crate::http::{Failure, Shared, t};
use crate::jst;
use crate::store::FilingRow;
use crate::store::agencies::{Certificate, CertificateKind, Via, corrupt};

/// Why a filing may be about the same child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Because {
    /// Same certificate number and child.
    Number,
    /// The mother has the name of whoever filed.
    Name,
}

/// What the list shows of a certificate.
struct Shown {
    name: Option<String>,
    mother: String,
    at: String,
}

fn shown(certificate: &Certificate) -> Result<Shown, Failure> {
    let content = certificate.kept.content.as_bytes();
    let unreadable = || corrupt("certificate", "not a certificate of this version");
    Ok(match certificate.kept.kind {
        CertificateKind::Birth => {
            let read = BirthCertificate::from_json(content).map_err(|_| unreadable())?;
            Shown {
                name: read.name,
                mother: read.mother,
                at: read.birth_dt.strftime("%Y-%m-%d %H:%M").to_string(),
            }
        }
        CertificateKind::Stillbirth => {
            let read = StillbirthCertificate::from_json(content).map_err(|_| unreadable())?;
            Shown {
                name: None,
                mother: read.mother,
                at: read.at.strftime("%Y-%m-%d %H:%M").to_string(),
            }
        }
    })
}

/// Spaces between family and given name count as equal; nothing else does.
fn same_name(left: &str, right: &str) -> bool {
    let unify = |name: &str| name.replace(' ', "\u{3000}");
    unify(left) == unify(right)
}

async fn suggestions(
    app: &Shared,
    certificate: &Certificate,
    mother: &str,
    rows: &[FilingRow],
) -> Result<Vec<(FilingId, Because)>, Failure> {
    if certificate.filing.is_some() || certificate.voided_at.is_some() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    if let Some(key) = certificate.kept.child_key {
        let certain = app.store.filings_of_child(key).await?;
        found.extend(certain.into_iter().map(|id| (id, Because::Number)));
    }
    let birth = certificate.kept.kind == CertificateKind::Birth;
    for row in rows {
        let named = row
            .facts
            .claimant
            .as_deref()
            .is_some_and(|claimant| same_name(claimant, mother));
        let fits = !birth || row.procedure == BIRTH_NOTIFICATION;
        if named && fits && found.iter().all(|(id, _)| *id != row.id) {
            found.push((row.id, Because::Name));
        }
    }
    found.truncate(5);
    Ok(found)
}

pub(super) async fn list(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    officer.must(Right::SeeContent)?;
    sender(&app)?;
    let lang = officer.lang;
    let all = app.store.certificates(None, LIST).await?;
    let rows = app.store.filings(None, LIST).await?;
    note(&app, &officer, "certificates.viewed", "-", "").await?;
    let mut lines = Vec::with_capacity(all.len());
    for certificate in &all {
        let shown = shown(certificate)?;
        let found = suggestions(&app, certificate, &shown.mother, &rows).await?;
        lines.push(line(&app, &officer, certificate, &shown, &found));
    }
    let title = t(lang, "届いた証明書", "Certificates received");
    let body = html! {
        h1 { (title) }
        (links(&officer))
        p.lead { (t(lang,
            "医療機関から届いた証明書です。対応する届出は候補として示します。受理は届出の画面で行ってください。",
            "Certificates from hospitals. A matching filing is only a suggestion; accept it on its own page.")) }
        @if lines.is_empty() {
            p.empty { (t(lang, "ありません。", "There are none.")) }
        } @else {
            div.scroll { table.list id="certificates" {
                thead { tr {
                    th scope="col" { (t(lang, "種類・番号", "Kind and number")) }
                    th scope="col" { (t(lang, "医療機関", "Hospital")) }
                    th scope="col" { (t(lang, "日時", "Date and time")) }
                    th scope="col" { (t(lang, "母", "Mother")) }
                    th scope="col" { (t(lang, "子の氏名", "Child's name")) }
                    th scope="col" { (t(lang, "届出", "Filing")) }
                } }
                tbody { @for line in &lines { (line) } }
            } }
        }
    };
    page(&app, &officer, title, &body).await
}

fn line(
    app: &Shared,
    officer: &Officer,
    certificate: &Certificate,
    shown: &Shown,
    found: &[(FilingId, Because)],
) -> Markup {
    let lang = officer.lang;
    let kept = &certificate.kept;
    let hospital = app
        .agencies
        .as_ref()
        .and_then(|sender| sender.book.by_id(&kept.agency))
        .map_or(kept.agency.as_str(), |agency| agency.name.get(lang));
    html! {
        tr data-kind=(kept.kind.code()) data-number=(kept.number) {
            td {
                strong { (kind_words(lang, kept.kind)) } br; (kept.number)
                @if certificate.voided_at.is_some() { br; span.flag.grave { (t(lang, "医療機関が取り消し", "Withdrawn by the hospital")) } }
            }
            td { (hospital) br; span.hint { @match kept.via {
                Via::Message => (t(lang, "電文", "message")),
                Via::Form => (t(lang, "入力", "form")),
            } } }
            td.when { (shown.at) br; span.hint { (t(lang, "到着 ", "came ")) (jst::short(kept.received_at)) } }
            td { (shown.mother) }
            td { (shown.name.as_deref().unwrap_or("—")) }
            td {
                @if let Some(filing) = certificate.filing {
                    a.open href={ "/console/filings/" (filing) } { (t(lang, "対応する届出", "Linked filing")) }
                } @else if found.is_empty() { "—" }
                @for (filing, because) in found { (suggestion(officer, certificate, *filing, *because)) }
            }
        }
    }
}

fn suggestion(
    officer: &Officer,
    certificate: &Certificate,
    filing: FilingId,
    because: Because,
) -> Markup {
    let lang = officer.lang;
    let why = match because {
        Because::Number => t(
            lang,
            "候補：証明書番号が同じ",
            "Suggested: same certificate number",
        ),
        Because::Name => t(
            lang,
            "候補：母の氏名が同じ",
            "Suggested: same name of the mother",
        ),
    };
    html! {
        div {
            a.open href={ "/console/filings/" (filing) } { (why) }
            @if officer.may(Right::Propose) {
                form method="post" action={ "/console/agencies/certificates/" (hex::encode(certificate.kept.id)) "/link" } {
                    (csrf(officer))
                    input type="hidden" name="filing" value=(filing);
                    button.quiet type="submit" { (t(lang, "同じ件と確認した", "Checked: it is the same")) }
                }
            }
        }
    }
}

pub(super) fn kind_words(lang: Lang, kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::Birth => t(lang, "出生証明書", "Birth certificate"),
        CertificateKind::Stillbirth => t(lang, "死産証書", "Certificate of stillbirth"),
    }
}

pub(super) async fn link(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let officer = &posted.officer;
    officer.must(Right::Propose)?;
    let mut certificate = [0; 16];
    hex::decode_to_slice(&id, &mut certificate).map_err(|_| Failure::NotFound)?;
    let filing: FilingId = posted
        .fields
        .get("filing")
        .and_then(|text| text.parse().ok())
        .ok_or(Failure::BadForm("no filing"))?;
    let done = app
        .store
        .link_certificate(certificate, filing, &officer.account.id, app.now())
        .await?;
    if done {
        Ok(Redirect::to("/console/agencies/certificates"))
    } else {
        Err(Failure::NotFound)
    }
}
