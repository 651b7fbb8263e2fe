//! What could not be read, and the audit log.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use ubugoe_procedures::Lang;

use super::console::note;
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
    let counts = app.store.counts().await?;
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
            .and_then(|id| app.wards.get(&id))
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

/// What an action of the audit log means.
fn action_words(lang: Lang, action: &str) -> &'static str {
    match action {
        "filing.arrived" => t(lang, "届出の到達", "Filing arrived"),
        "filing.restored" => t(lang, "届出の復旧", "Filing restored"),
        "device.copied" => t(lang, "端末の複製の疑い", "Device copied?"),
        "attachment.complete" => t(lang, "添付がそろう", "Attachment complete"),
        "attachment.damaged" => t(lang, "添付の破損", "Attachment damaged"),
        "command.ordered" => t(lang, "端末への指示", "Order to a device"),
        "command.done" => t(lang, "端末が指示を実行", "Order done"),
        "command.refused" => t(lang, "端末が指示を実行せず", "Order not done"),
        "certificate.granted" => t(lang, "端末証明書の発行", "Certificate granted"),
        "store.restored" => t(lang, "復旧後の再送の指示", "Restore announced"),
        "rollout.canary" => t(lang, "更新の先行配布", "Update to canaries"),
        "rollout.everywhere" => t(lang, "更新の全体配布", "Update to everybody"),
        "rollout.withdrawn" => t(lang, "更新の取り下げ", "Update withdrawn"),
        "filing.viewed" => t(lang, "届出の閲覧", "Filing viewed"),
        "filing.unmasked" => t(lang, "伏せた値の表示", "Masked values shown"),
        "filing.downloaded" => t(lang, "原本等の保存", "Original downloaded"),
        "filing.accepted" => t(lang, "受理", "Accepted"),
        "filing.returned" => t(lang, "補正の依頼", "Returned"),
        "nonstop.planned" => t(lang, "自動で進むことの準備", "Line planned"),
        "nonstop.viewed" => t(lang, "自動で進むことの閲覧", "Line viewed"),
        "nonstop.carried_out" => t(lang, "自動で実施", "Carried out by itself"),
        "nonstop.claimed" => t(lang, "請求にもとづき実施", "Carried out as claimed"),
        "nonstop.approved" => t(lang, "実施の承認", "Approved"),
        "nonstop.stopped" => t(lang, "自動実施の停止", "Stopped"),
        "nonstop.confirmed" => t(lang, "家族の確認", "Confirmed by the family"),
        "nonstop.declined" => t(lang, "家族の辞退", "Declined by the family"),
        "nonstop.account_named" => t(lang, "口座の届出", "Account named"),
        "nonstop.account_checked" => t(lang, "口座の確認", "Account checked"),
        "nonstop.hop" => t(lang, "関係機関の状況", "Word of a station"),
        "nonstop.held" => t(lang, "職員の確認待ち", "Held for an officer"),
        "nonstop.cancelled" => t(lang, "取りやめ", "Ended"),
        "slots.imported" => t(lang, "健診の時間の取り込み", "Check-up times imported"),
        "checkup.held" => t(lang, "健診の仮予約", "Check-up time held"),
        "checkup.confirmed" => t(lang, "健診の予約", "Check-up booked"),
        "checkup.moved" => t(lang, "健診の予約の変更", "Booking changed"),
        "checkup.cancelled" => t(lang, "健診の予約の取消", "Booking cancelled"),
        "checkup.attended" => t(lang, "健診の受診", "Came to the check-up"),
        "vaccine.told" => t(lang, "接種の申告", "Dose told of"),
        "vaccine.taken_back" => t(lang, "接種の申告の取消", "Dose taken back"),
        "gift.answered" => t(lang, "記念品の回答", "Gift answered"),
        "gift.handed" => t(lang, "記念品のお渡し", "Gift handed over"),
        "nursery.changed" => t(lang, "保育の希望の変更", "Nursery wishes changed"),
        "nursery.submitted" => t(lang, "利用調整の申込み", "Nursery application"),
        "nursery.withdrawn" => t(lang, "利用調整の取下げ", "Application withdrawn"),
        "nursery.exported" => t(lang, "利用調整の書き出し", "Applications exported"),
        "services.viewed" => t(lang, "予約・記念品・保育の閲覧", "Services viewed"),
        "case.loss" => t(lang, "亡くなったことの記録", "Loss recorded"),
        "payments.viewed" => t(lang, "支払いの閲覧", "Payments viewed"),
        "payments.released" => t(lang, "振込ファイルの作成", "Bank file released"),
        "payments.downloaded" => t(lang, "振込ファイルの保存", "Bank file downloaded"),
        "family.opened" => t(lang, "家族がページを開いた", "Family opened their page"),
        "family.wrong" => t(
            lang,
            "家族のページの答えが不一致",
            "Wrong answer at the family's page",
        ),
        "family.viewed" => t(lang, "家族の閲覧", "Viewed by the family"),
        "family.said" => t(lang, "家族のコエ", "Comment of the family"),
        "family.closed" => t(lang, "家族のリンクの停止", "Family's link closed"),
        "family.renewed" => t(lang, "家族の新しいリンク", "New link for the family"),
        "family-link.viewed" => t(lang, "家族のリンクの閲覧", "Family's link viewed"),
        "family.news_on" => t(lang, "家族の通知の開始", "Family asked to be told"),
        "family.news_off" => t(lang, "家族の通知の停止", "Family no longer told"),
        "voices.viewed" => t(lang, "コエの閲覧", "Comments viewed"),
        "list.viewed" => t(lang, "一覧の閲覧", "List viewed"),
        "quarantine.viewed" => t(lang, "読めない届き物の閲覧", "Unreadable messages viewed"),
        "audit.viewed" => t(lang, "操作記録の閲覧", "Audit log viewed"),
        "message.quarantined" => t(lang, "読めない届き物", "Unreadable message"),
        "sign_in.done" => t(lang, "サインイン", "Signed in"),
        "sign_in.failed" => t(lang, "サインイン失敗", "Sign-in failed"),
        "sign_in.break_glass" => t(lang, "非常用サインイン", "Signed in, break-glass"),
        "door.elsewhere" => t(lang, "担当外のため拒否", "Refused: other office"),
        "sign_out" => t(lang, "サインアウト", "Signed out"),
        _ => super::agencies::action_words(lang, action),
    }
}

/// Address parameters of the audit log.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AuditChoice {
    after: Option<i64>,
}

/// The audit log.
pub(super) async fn audit(
    State(app): State<Shared>,
    officer: Officer,
    Query(choice): Query<AuditChoice>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeAudit)?;
    let lang = officer.lang;
    let after = choice.after.unwrap_or(0).max(0);
    note(&app, &officer, "audit.viewed", "-", "").await?;
    let lines = app.store.audit_lines(after, LIST).await?;
    let counts = app.store.counts().await?;
    let title = t(lang, "操作記録", "Audit log");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "すべての閲覧と操作の記録です。各行は前の行と鎖のようにつながり、後から書き換えると検査で分かります。",
            "Every view and action. Each line is chained to the one before, so a later change is found by verification.")) }
        div.scroll { table.list id="audit" {
            thead { tr {
                th scope="col" { "No." }
                th scope="col" { (t(lang, "日時", "When")) }
                th scope="col" { (t(lang, "だれが", "Who")) }
                th scope="col" { (t(lang, "何を", "What")) }
                th scope="col" { (t(lang, "対象", "Subject")) }
                th scope="col" { (t(lang, "鎖の値", "Chain")) }
            } }
            tbody { @for line in &lines {
                tr {
                    td { (line.seq) }
                    td.when { (jst::short(line.entry.at)) }
                    td { (line.entry.actor) }
                    td {
                        (action_words(lang, &line.entry.action)) " "
                        span.hint { (line.entry.action) @if !line.entry.detail.is_empty() { " " (line.entry.detail) } }
                    }
                    td.code { (line.entry.subject.chars().take(16).collect::<String>()) }
                    td.code { (hex::encode(line.hash).chars().take(12).collect::<String>()) }
                }
            } }
        } }
        @if let Some(last) = lines.last().filter(|_| lines.len() == LIST as usize) {
            p.links { a href={ "/console/audit?after=" (last.seq) } { (t(lang, "次の200行", "Next 200 lines")) } }
        }
    };
    Ok(frame(
        &officer,
        app.office.name.get(lang),
        counts,
        Part::Audit,
        title,
        &body,
    ))
}
