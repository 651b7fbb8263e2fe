//! The second signature as officers see it: beside the first, with its file.
//!
//! Answers for that box and its download. Decides nothing: a filing is accepted with it or without it.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use ubugoe_procedures::Lang;

use super::super::console::{checks, find, look_at};
use super::super::guard::Officer;
use super::super::{Failure, Shared, t};
use crate::casework::roles::Right;
use crate::casework::second::Named;
use crate::casework::words::words;
use crate::jst;
use crate::store::FilingRecord;
use crate::store::second::{SecondKind, SecondSignature};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route(
        "/console/filings/{id}/second-signatures/{number}",
        get(download),
    )
}

/// Detached CMS over the filing's bytes.
async fn download(
    State(app): State<Shared>,
    officer: Officer,
    Path((id, number)): Path<(String, usize)>,
) -> Result<Response, Failure> {
    officer.must(Right::SeeContent)?;
    let record = find(&app, &id).await?;
    let mut given = app.store.second_of(record.row.id).await?.given;
    let at = number.checked_sub(1).filter(|at| *at < given.len());
    let signature = given.swap_remove(at.ok_or(Failure::NotFound)?);
    let what = (Right::SeeContent, id.as_str());
    look_at(&app, &officer, what, ("filing.downloaded", "second")).await?;
    let name = format!(
        "attachment; filename=\"filing-{}.second-{number}.p7s\"",
        record.row.arrival_no
    );
    Ok((
        [
            (
                header::CONTENT_TYPE,
                "application/pkcs7-signature".to_owned(),
            ),
            (header::CONTENT_DISPOSITION, name),
        ],
        signature.cms,
    )
        .into_response())
}

/// The box beside the first signature; nothing where nobody was asked.
pub(in super::super) async fn signed_twice(
    app: &Shared,
    lang: Lang,
    record: &FilingRecord,
) -> Result<Markup, Failure> {
    let second = app.store.second_of(record.row.id).await?;
    let asked = app
        .second
        .as_ref()
        .is_some_and(|parts| parts.procedures.contains(&record.row.procedure))
        && !record.row.facts.protected
        && crate::casework::second::names_two(&record.canonical);
    if second.given.is_empty() && !asked {
        return Ok(Markup::default());
    }
    Ok(html! {
        section.card id="second-signature" aria-labelledby="second-title" {
            h2 id="second-title" { (t(lang, "もうひとりの親の署名", "The other parent's signature")) }
            @if second.replaced { p.hint data-second="replaced" { (t(lang, "この後に直した届出が届いています。ここでの署名は、その届出には使えません。",
                "A corrected filing has come since. A signature here does not count for it.")) } }
            @if second.again { p.hint data-second="again" { (t(lang, "前の届出には署名がありました。直した後の内容には、まだありません。家族にお知らせしています。",
                "The earlier filing was signed; the corrected one is not yet. The family has been told.")) } }
            @if second.given.is_empty() {
                p data-second="none" { (t(lang, "ありません（任意）。審査と受理は、署名を待たずに進められます。", "None (optional). Examination and acceptance need not wait for it.")) }
            }
            @for (number, signature) in (1_usize..).zip(&second.given) { (one(lang, record, number, signature)) }
        }
    })
}

fn one(lang: Lang, record: &FilingRecord, number: usize, signature: &SecondSignature) -> Markup {
    let finding = &signature.finding;
    let lines = [
        (words("内容との一致", "Matches the content"), finding.math),
        (words("発行元", "Issuer"), finding.chain),
        (
            words("有効期間（署名時）", "Validity when signed"),
            finding.validity,
        ),
        (words("失効", "Revocation"), finding.revocation),
        (
            words("はじめの署名者と別の人", "Not the first signer"),
            finding.distinct,
        ),
    ];
    html! {
        div.second data-named=(finding.named.code()) {
            p { strong { (who(lang, finding.named)) } }
            (checks(lang, &lines))
            dl.small {
                dt { (t(lang, "方法", "How")) } dd { @match signature.kind { SecondKind::App => (t(lang, "署名サービス（スマートフォン）", "signing service (phone)")),
                    SecondKind::Card => (t(lang, "カード（市の端末）", "card (a device of the city)")) } }
                dt { (t(lang, "受け取った時刻", "Taken in")) } dd { (jst::exact(signature.given_at, lang)) }
                dt { (t(lang, "署名対象のダイジェスト（SHA-256）", "Digest of what was signed (SHA-256)")) }
                dd.code data-second="digest" { (hex::encode(signature.digest)) }
            }
            p { a href={ "/console/filings/" (record.row.id) "/second-signatures/" (number) } { (t(lang, "署名を保存する（.p7s）", "Save the signature (.p7s)")) } }
        }
    }
}

fn who(lang: Lang, named: Named) -> &'static str {
    match named {
        Named::Father => t(
            lang,
            "父（届出の氏名・生年月日と一致）",
            "The father (name and birth as filed)",
        ),
        Named::Mother => t(
            lang,
            "母（届出の氏名・生年月日と一致）",
            "The mother (name and birth as filed)",
        ),
        Named::Nobody => t(
            lang,
            "届出に名前のない人です。確認してください。",
            "Nobody whom the filing names. Please check.",
        ),
        Named::Unknown => t(
            lang,
            "証明書の氏名では父母のどちらか定められません。",
            "The certificate's name does not tell which parent.",
        ),
    }
}
