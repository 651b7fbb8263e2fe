//! What could not be read.

use axum::extract::State;
use maud::{Markup, html};
use ubugoe_procedures::Lang;

use super::console::{badge, note};
use super::guard::Officer;
use super::page::{Part, console as frame};
use super::{Failure, Shared, t};
use crate::casework::roles::Right;
use crate::jst;
use crate::store::{QuarantineReason, Quarantined};

const LIST: u32 = 200;

/// Messages that could not become filings.
pub(super) async fn quarantine(
    State(app): State<Shared>,
    officer: Officer,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeQuarantine)?;
    let lang = officer.lang;
    let items = app.store.quarantine(LIST).await?;
    let counts = badge(&app, &officer).await?;
    note(&app, &officer, "quarantine.viewed", "-", "").await?;
    let title = t(lang, "読めない届き物", "Unreadable messages");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "端末から届いたものの、届出として受け付けられなかったデータです。失われてはいません。鍵や端末の登録を直すと、次の再送で届出一覧に入ります。",
            "Data that came from devices but could not be taken as filings. Nothing is lost: once keys or registrations are mended, it lands with the next resend.")) }
        @if items.is_empty() {
            p.empty { (t(lang, "ありません。", "There are none.")) }
        } @else {
            div.scroll { table.list id="quarantine" {
                thead { tr {
                    th scope="col" { (t(lang, "理由", "Reason")) }
                    th scope="col" { (t(lang, "端末", "Device")) }
                    th scope="col" { (t(lang, "最初・最後", "First and last")) }
                    th scope="col" { (t(lang, "回数", "Times")) }
                    th scope="col" { (t(lang, "大きさ", "Size")) }
                    th scope="col" { (t(lang, "技術的な詳細", "Technical detail")) }
                } }
                tbody { @for item in &items { (line(lang, &app, item)) } }
            } }
        }
    };
    Ok(frame(
        &officer,
        app.office.name.get(lang),
        counts,
        Part::Quarantine,
        title,
        &body,
    ))
}

fn line(lang: Lang, app: &Shared, item: &Quarantined) -> Markup {
    let ward = item.device.as_ref().map(|id| {
        id.parse()
            .ok()
            .and_then(|id| app.devices.ward(&id))
            .map_or_else(|| id.clone(), |ward| format!("{ward}（{id}）"))
    });
    html! {
        tr data-reason=(item.reason.code()) {
            td {
                strong { (reason_words(lang, item.reason)) }
                @if item.resolved_at.is_some() { " " span.state.accepted { (t(lang, "解決済み", "Resolved")) } }
            }
            td { (ward.as_deref().unwrap_or("—")) }
            td.when { (jst::short(item.first_seen)) " – " (jst::short(item.last_seen)) }
            td { (item.times) }
            td { (item.size) " B" }
            td.code { (item.detail) br; "sha256 " (hex::encode(&item.sha256)) }
        }
    }
}

fn reason_words(lang: Lang, reason: QuarantineReason) -> &'static str {
    match reason {
        QuarantineReason::Malformed => t(lang, "届出の形式ではない", "Not an envelope"),
        QuarantineReason::UnknownDevice => t(lang, "登録のない端末", "Unknown device"),
        QuarantineReason::DeviceMismatch => {
            t(lang, "端末とアドレスの不一致", "Device and topic differ")
        }
        QuarantineReason::BadDeviceSignature => {
            t(lang, "端末の署名が不正", "Wrong device signature")
        }
        QuarantineReason::Undecryptable => t(lang, "復号できない", "Cannot be decrypted"),
        QuarantineReason::WrongRecipient => t(lang, "宛先が違う", "For another recipient"),
        QuarantineReason::UnreadableContent => t(lang, "内容を読み取れない", "Content unreadable"),
        QuarantineReason::UnsupportedKind => t(lang, "未対応の種類", "Kind not supported"),
        QuarantineReason::DigestConflict => {
            t(lang, "同じIDで内容が異なる", "Same id, other content")
        }
        QuarantineReason::RevokedDevice => t(lang, "失効した端末", "Revoked device"),
    }
}
