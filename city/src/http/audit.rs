//! The audit log for auditors: the newest first, by who, what, about what and when; and the check of the whole chain.
//!
//! Lines hold codes only. What is asked for stands in the address: accounts, words of actions, ids and days, never a name.

use axum::extract::{Query, State};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use ubugoe_procedures::Lang;

use super::console::{badge, note};
use super::guard::{Officer, Posted};
use super::page::{Part, console as frame, csrf};
use super::{Failure, Shared, t};
use crate::casework::audit::AuditRecord;
use crate::casework::roles::Right;
use crate::jst;
use crate::store::audit::{self as log, Wanted};

const LIST: u32 = 200;

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
        "retention.viewed" => t(lang, "保存期間の閲覧", "Retention viewed"),
        "retention.erased" => t(lang, "保存期間満了による消去", "Erased after its period"),
        "retention.held" => t(lang, "消去の停止", "Held against erasing"),
        "retention.lifted" => t(lang, "消去の停止の解除", "Hold lifted"),
        "retention.audit_cut" => t(lang, "操作記録の古い行の消去", "Oldest audit lines erased"),
        "api.listed" => t(lang, "他システムの一覧取得", "Listed by a system"),
        "api.facts" | "api.layouts" => t(lang, "他システムの照会", "Asked by a system"),
        "api.content" | "api.signature" => t(lang, "他システムへの提供", "Given to a system"),
        "audit.verified" => t(lang, "操作記録の検査", "Audit log verified"),
        "audit.viewed" => t(lang, "操作記録の閲覧", "Audit log viewed"),
        "message.quarantined" => t(lang, "読めない届き物", "Unreadable message"),
        "sign_in.done" => t(lang, "サインイン", "Signed in"),
        "sign_in.failed" => t(lang, "サインイン失敗", "Sign-in failed"),
        "sign_in.break_glass" => t(lang, "非常用サインイン", "Signed in, break-glass"),
        "door.elsewhere" => t(lang, "担当外のため拒否", "Refused: other office"),
        "door.refused" => t(lang, "役割外のため拒否", "Refused: not within the roles"),
        "sessions.ended" => t(lang, "セッションの強制終了", "Sessions ended"),
        "sign_out" => t(lang, "サインアウト", "Signed out"),
        "family.downloaded" => t(lang, "家族による保存", "Saved by the family"),
        "second.begun" => t(lang, "もうひとりの親の署名の開始", "Second signature begun"),
        "second.given" => t(lang, "もうひとりの親の署名", "Second signature given"),
        "second.failed" => t(
            lang,
            "もうひとりの親の署名の不成立",
            "Second signature not given",
        ),
        "second.number" => t(
            lang,
            "端末で署名するための番号の発行",
            "Number for the other parent given out",
        ),
        "second.fetched" => t(
            lang,
            "端末への署名内容の引渡し",
            "Content handed to a device for signing",
        ),
        "second.miss" => t(lang, "合わない番号", "Number that leads nowhere"),
        "second.unasked" => t(lang, "求めのない署名", "Signature nobody was asked for"),
        "second.stale" => t(
            lang,
            "署名後に届出が直された",
            "Corrected after the second signature",
        ),
        _ if action.starts_with("nonstop.") || action.starts_with("payments.") => {
            by_itself(lang, action)
        }
        _ => super::agencies::action_words(lang, action),
    }
}

/// The same of what goes on by itself.
fn by_itself(lang: Lang, action: &str) -> &'static str {
    match action {
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
        "nonstop.account_asked" => t(lang, "口座を改めて照会", "Another account asked for"),
        "nonstop.hop" => t(lang, "関係機関の状況", "Word of a station"),
        "nonstop.held" => t(lang, "職員の確認待ち", "Held for an officer"),
        "nonstop.cancelled" => t(lang, "取りやめ", "Ended"),
        "payments.viewed" => t(lang, "支払いの閲覧", "Payments viewed"),
        "payments.set_aside" => t(lang, "振り込めない支払い", "Payment set aside"),
        "payments.released" => t(lang, "振込ファイルの作成", "Bank file released"),
        "payments.downloaded" => t(lang, "振込ファイルの保存", "Bank file downloaded"),
        _ => "",
    }
}

/// Address parameters of the audit log.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    before: Option<i64>,
}

impl Asked {
    /// What of the store is wanted. A last day counts whole.
    fn wanted(&self) -> Result<Wanted, Failure> {
        let code = |text: &str, name| {
            let text = text.trim();
            let fits = text.len() <= 80 && text.bytes().all(|b| b.is_ascii_graphic());
            match (text.is_empty(), fits) {
                (true, _) => Ok(None),
                (false, true) => Ok(Some(text.to_owned())),
                (false, false) => Err(Failure::BadForm(name)),
            }
        };
        let day = |text: &str, name| match text {
            "" => Ok(None),
            text => text
                .parse::<Date>()
                .map(Some)
                .map_err(|_| Failure::BadForm(name)),
        };
        let after = day(&self.until, "until")?.and_then(|last| last.tomorrow().ok());
        Ok(Wanted {
            actor: code(&self.actor, "actor")?,
            action: code(&self.action, "action")?,
            subject: code(&self.subject, "subject")?,
            from: day(&self.from, "from")?.map(|first| jst::at(first, 0)),
            until: after.map(|day| jst::at(day, 0)),
            before: self.before,
        })
    }

    /// The address of what lies before a line.
    fn before(&self, seq: i64) -> String {
        let mut address = format!("/console/audit?before={seq}");
        for (name, value) in [
            ("actor", &self.actor),
            ("action", &self.action),
            ("subject", &self.subject),
            ("from", &self.from),
            ("until", &self.until),
        ] {
            // what is no plain code matches nothing anyway
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:".contains(&b);
            if !value.is_empty() && value.bytes().all(plain) {
                for part in ["&", name, "=", value] {
                    address.push_str(part);
                }
            }
        }
        address
    }
}

/// The audit log.
pub(super) async fn list(
    State(app): State<Shared>,
    officer: Officer,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeAudit)?;
    let wanted = asked.wanted()?;
    note(&app, &officer, "audit.viewed", "-", "").await?;
    page(&app, &officer, &asked, wanted, &html! {}).await
}

/// The whole chain, walked.
pub(super) async fn verify(State(app): State<Shared>, posted: Posted) -> Result<Markup, Failure> {
    let officer = &posted.officer;
    officer.must(Right::SeeAudit)?;
    let lang = officer.lang;
    note(&app, officer, "audit.verified", "-", "").await?;
    let found = log::verify(app.store.as_ref()).await?;
    let said = html! {
        @match &found {
            Ok(chain) => {
                section.card id="verified" role="status" {
                    p { strong { (t(lang, "鎖は切れていません。", "The chain is whole.")) } }
                    p { (t(lang, "行数：", "Lines: ")) (chain.lines()) }
                    p.hint { (t(lang, "いちばん新しい行の値（控えておくと、あとで末尾が消されていないか確かめられます）：",
                        "Hash of the newest line (write it down elsewhere: it shows later whether the end was cut off): ")) }
                    p.code { (hex::encode(chain.head())) }
                }
            }
            Err(broken) => {
                section.card id="broken" role="alert" {
                    p { strong { (t(lang, "鎖が切れています。書き換えられたおそれがあります。", "The chain is broken: it may have been changed.")) } }
                    p lang="en" { (broken) }
                }
            }
        }
    };
    page(&app, officer, &Asked::default(), Wanted::default(), &said).await
}

async fn page(
    app: &Shared,
    officer: &Officer,
    asked: &Asked,
    wanted: Wanted,
    said: &Markup,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let lines = app.store.audit_find(wanted, LIST).await?;
    let counts = badge(app, officer).await?;
    let title = t(lang, "操作記録", "Audit log");
    let field = |name: &str, label: &str, value: &str, kind: &str, hint: &str| {
        html! { label { (label) input type=(kind) name=(name) value=(value) placeholder=(hint) maxlength="80" autocomplete="off"; } }
    };
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "すべての閲覧と操作の記録です。新しい順に並びます。各行は前の行と鎖のようにつながり、後から書き換えると検査で分かります。",
            "Every view and action, the newest first. Each line is chained to the one before, so a later change is found by verification.")) }
        (said)
        form method="post" action="/console/audit/verify" {
            (csrf(officer))
            button.secondary type="submit" id="verify" { (t(lang, "鎖をはじめから検査する", "Verify the whole chain")) }
        }
        form.filters method="get" action="/console/audit" {
            (field("actor", t(lang, "だれが", "Who"), &asked.actor, "text", "sato"))
            (field("action", t(lang, "何を（前方一致）", "What (beginning)"), &asked.action, "text", "filing."))
            (field("subject", t(lang, "対象", "Subject"), &asked.subject, "text", ""))
            (field("from", t(lang, "この日から", "From"), &asked.from, "date", ""))
            (field("until", t(lang, "この日まで", "Until"), &asked.until, "date", ""))
            button.secondary type="submit" { (t(lang, "しぼりこむ", "Filter")) }
            a href="/console/audit" { (t(lang, "すべて表示", "Show all")) }
        }
        @if lines.is_empty() {
            p.empty { (t(lang, "ありません。", "There are none.")) }
        } @else {
            (table(lang, &lines))
        }
        @if let Some(last) = lines.last().filter(|_| lines.len() == LIST as usize) {
            p.links { a href=(asked.before(last.seq)) { (t(lang, "これより前の200行", "200 lines before these")) } }
        }
    };
    let office = app.office.name.get(lang);
    Ok(frame(officer, office, counts, Part::Audit, title, &body))
}

fn table(lang: Lang, lines: &[AuditRecord]) -> Markup {
    html! {
        div.scroll { table.list id="audit" {
            thead { tr {
                th scope="col" { "No." }
                th scope="col" { (t(lang, "日時", "When")) }
                th scope="col" { (t(lang, "だれが", "Who")) }
                th scope="col" { (t(lang, "何を", "What")) }
                th scope="col" { (t(lang, "対象", "Subject")) }
                th scope="col" { (t(lang, "鎖の値", "Chain")) }
            } }
            tbody { @for line in lines {
                tr {
                    td { (line.seq) }
                    td.when { (jst::short(line.entry.at)) }
                    td { (line.entry.actor) }
                    td {
                        (action_words(lang, &line.entry.action)) " "
                        span.hint { (line.entry.action) @if !line.entry.detail.is_empty() { " " (line.entry.detail) } }
                    }
                    td.code {
                        @if line.entry.subject.len() == 32 {
                            a href={ "/console/audit?subject=" (line.entry.subject) } { (line.entry.subject.chars().take(16).collect::<String>()) }
                        } @else { (line.entry.subject.chars().take(16).collect::<String>()) }
                    }
                    td.code { (hex::encode(line.hash).chars().take(12).collect::<String>()) }
                }
            } }
        } }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_last_day_counts_whole_and_what_is_no_code_is_refused() {
        let asked = Asked {
            from: "2026-11-24".to_owned(),
            until: "2026-11-24".to_owned(),
            ..Asked::default()
        };
        let wanted = asked.wanted().unwrap();
        assert_eq!(wanted.until.unwrap() - wanted.from.unwrap(), 86_400);
        for wrong in ["佐藤", "a b"] {
            let asked = Asked {
                actor: wrong.to_owned(),
                ..Asked::default()
            };
            assert!(asked.wanted().is_err(), "{wrong}");
        }
        let asked = Asked {
            until: "24.11.2026".to_owned(),
            ..Asked::default()
        };
        assert!(asked.wanted().is_err());
    }
}
