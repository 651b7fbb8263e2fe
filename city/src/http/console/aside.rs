//! What stands beside a filing: its signature, what came with it, its receipt, its history.

use maud::{Markup, html};
use ubugoe_procedures::Lang;

use super::super::page::say;
use super::super::{Shared, t};
use super::{Names, hidden_words, staff_name, state_mark, title};
use crate::casework::ReturnReason;
use crate::casework::words::{Words, words};
use crate::jst;
use crate::store::desk::{DeskEntry, DeskStep, OnDesk};
use crate::store::{Attachment, AttachmentState, FilingRecord, Finding, HistoryEntry};

pub(super) fn signature_box(lang: Lang, record: &FilingRecord) -> Markup {
    let finding = &record.row.facts.signature;
    let lines = [
        (words("内容との一致", "Matches the content"), finding.math),
        (words("発行元", "Issuer"), finding.chain),
        (
            words("有効期間（到達時）", "Validity at arrival"),
            finding.validity,
        ),
        (words("失効", "Revocation"), finding.revocation),
    ];
    html! {
        section.card id="signature" aria-labelledby="signature-title" {
            h2 id="signature-title" { (t(lang, "電子署名", "Electronic signature")) }
            (checks(lang, &lines))
            @if let Some(problem) = &finding.problem { p.hint { (t(lang, "検証の詳細：", "Detail: ")) span lang="en" { (problem) } } }
            dl.small {
                @if let Some(serial) = &finding.serial { dt { (t(lang, "証明書シリアル番号", "Certificate serial")) } dd.code { (serial) } }
                dt { (t(lang, "署名された時刻", "Signed")) } dd id="signed-between" { (signing_time(lang, record)) }
                dt { (t(lang, "署名対象のダイジェスト（SHA-256）", "Digest of what was signed (SHA-256)")) }
                dd.code id="digest" { (hex::encode(record.digest)) }
            }
        }
    }
}

/// What was checked of a signature, line by line.
pub(in crate::http) fn checks(lang: Lang, lines: &[(Words, Finding)]) -> Markup {
    html! {
        ul.checks { @for (label, finding) in lines {
            li class={ "check " (finding_word(*finding)) } {
                span.label { (say(lang, *label)) }
                span.result { (finding_words(lang, label.ja == "失効", *finding)) }
            }
        } }
    }
}

/// Between which moments it was signed, as far as the device's account can be followed.
fn signing_time(lang: Lang, record: &FilingRecord) -> Markup {
    match (record.signed, record.counter) {
        (Some(signed), _) if signed.from == signed.until => {
            html! { (jst::exact(signed.from, lang)) }
        }
        (Some(signed), _) => {
            let (from, until) = (
                jst::exact(signed.from, lang),
                jst::exact(signed.until, lang),
            );
            match lang {
                Lang::Ja => html! { (from) "から" (until) "の間" },
                Lang::En => html! { "between " (from) " and " (until) },
            }
        }
        (None, Some(_)) => {
            html! { (t(lang, "端末の説明が矛盾しており、定められません", "cannot be derived: the device's account contradicts itself")) }
        }
        (None, None) => html! { (t(lang, "記録がありません", "not recorded")) },
    }
}

pub(super) fn attachments(lang: Lang, record: &FilingRecord) -> Markup {
    if record.attachments.is_empty() {
        return html! {};
    }
    html! {
        section.card id="attachments" aria-labelledby="attachments-title" {
            h2 id="attachments-title" { (t(lang, "添付", "Attachments")) }
            ul.checks { @for (number, attachment) in (1..).zip(&record.attachments) {
                li class={ "check " (attachment_class(attachment.state)) } data-state=(attachment.state.code()) {
                    span.label { (number) ". " (attachment.media_type) " " (attachment.len) " B" }
                    span.result { (attachment_words(lang, record, number, attachment)) }
                }
            } }
        }
    }
}

fn attachment_class(state: AttachmentState) -> &'static str {
    match state {
        AttachmentState::Complete => "ok",
        AttachmentState::Damaged => "bad",
        AttachmentState::Waiting => "unknown",
    }
}

fn attachment_words(
    lang: Lang,
    record: &FilingRecord,
    number: u32,
    attachment: &Attachment,
) -> Markup {
    match attachment.state {
        AttachmentState::Complete => html! {
            a href={ "/console/filings/" (record.row.id) "/attachments/" (number) } { (t(lang, "✓ 保存する", "✓ save")) }
        },
        AttachmentState::Damaged => {
            html! { (t(lang, "✕ 署名された内容と一致しません", "✕ not what was signed")) }
        }
        AttachmentState::Waiting => {
            html! { (t(lang, "－ 届いていない部分があります", "– parts are missing")) " (" (attachment.have) "/" (attachment.pieces()) ")" }
        }
    }
}

fn finding_word(finding: Finding) -> &'static str {
    match finding {
        Finding::Ok => "ok",
        Finding::Bad => "bad",
        Finding::Unknown => "unknown",
    }
}

fn finding_words(lang: Lang, revocation: bool, finding: Finding) -> &'static str {
    match (finding, revocation) {
        (Finding::Ok, _) => t(lang, "✓ 確認済み", "✓ verified"),
        (Finding::Bad, _) => t(lang, "✕ 不備あり", "✕ not valid"),
        (Finding::Unknown, true) => t(lang, "－ 失効未確認", "– not checked"),
        (Finding::Unknown, false) => t(lang, "－ 未確認", "– not checked"),
    }
}

pub(super) fn receipt_box(lang: Lang, app: &Shared, record: &FilingRecord, masked: bool) -> Markup {
    let base = format!("/console/filings/{}", record.row.id);
    let ward = app
        .devices
        .ward(&record.device)
        .unwrap_or_else(|| record.device.to_string());
    html! {
        section.card {
            h2 { (t(lang, "受付の記録", "Receipt")) }
            dl.small {
                dt { (t(lang, "端末", "Device")) } dd id="device" { @if masked { (hidden_words(lang)) } @else { (ward) } }
                dt { (t(lang, "届出ID", "Filing id")) } dd.code id="filing-id" { (record.row.id) }
                dt { (t(lang, "端末での作成", "Made on the device")) } dd { (jst::moment(record.created, lang)) }
                @if let Some((number, at)) = record.earlier {
                    dt { (t(lang, "復旧前の到達番号", "Number before the restore")) }
                    dd id="earlier-no" { "No. " (number) "（" (jst::moment(at, lang)) "）" }
                }
                @if let Some(visit) = record.visit {
                    dt { (t(lang, "来院の届出の中で", "Form of its visit")) } dd { (visit.index.saturating_add(1)) "/" (visit.count) }
                }
                @if !record.siblings.is_empty() {
                    dt { (t(lang, "同じ案件の届出", "Same case")) }
                    dd { @for other in &record.siblings {
                        div { a href={ "/console/filings/" (other.id) } { "No. " (other.arrival_no) " " (title(lang, &other.facts)) } " " (state_mark(lang, other.state)) }
                    } }
                }
            }
            p.links {
                a href={ (base) "/filing.json" } { (t(lang, "署名された原本", "Signed content")) }
                a href={ (base) "/signature.p7s" } { (t(lang, "署名", "Signature")) }
                a href={ (base) "/receipt.cose" } { (t(lang, "受領証", "Receipt")) }
            }
        }
    }
}

pub(super) fn history_box(
    lang: Lang,
    app: &Shared,
    record: &FilingRecord,
    desk: &OnDesk,
    names: &Names,
) -> Markup {
    html! {
        section.card {
            h2 { (t(lang, "経過", "History")) }
            ol.history { @for step in steps(record, desk) { @match step {
                Step::Decided(entry) => (history_line(lang, app, names, entry)),
                Step::Desk(entry, count) => (desk_line((lang, app, names), entry, count)),
            } } }
        }
    }
}

fn history_line(lang: Lang, app: &Shared, names: &Names, entry: &HistoryEntry) -> Markup {
    let actor = match entry.actor.as_str() {
        "system" => t(lang, "システム", "System").to_owned(),
        id => staff_name(app, names, id).to_owned(),
    };
    let what = if entry.seq == 0 {
        t(lang, "到達", "Arrived")
    } else {
        say(lang, entry.state.staff())
    };
    html! {
        li {
            span.when { (jst::moment(entry.at, lang)) }
            span.what { (what) "・" (actor) }
            @if let Some(reason) = entry.reason.as_deref().and_then(ReturnReason::from_code) { span.why { (say(lang, reason.staff())) } }
            @if let Some(note) = &entry.note { span.note lang="ja" { (note) } }
            @if let Some(at) = entry.seen_at { span.hint { (t(lang, "端末が受け取りました", "Received by the device")) "（" (jst::moment(at, lang)) "）" } }
        }
    }
}

/// A line of the filing's own history, or of the desk's; ticks of one moment count as one.
enum Step<'a> {
    Decided(&'a HistoryEntry),
    Desk(&'a DeskEntry, usize),
}

/// Both histories in the order in which they happened.
fn steps<'a>(record: &'a FilingRecord, desk: &'a OnDesk) -> Vec<Step<'a>> {
    let mut steps: Vec<(i64, u8, Step<'a>)> = record
        .history
        .iter()
        .map(|entry| (entry.at, 1, Step::Decided(entry)))
        .collect();
    let mut last: Option<&DeskEntry> = None;
    for entry in &desk.log {
        let goes_on = last.is_some_and(|last| {
            last.what == DeskStep::Ticked
                && entry.what == DeskStep::Ticked
                && (last.at, &last.actor) == (entry.at, &entry.actor)
        });
        match steps.last_mut() {
            Some((_, _, Step::Desk(_, count))) if goes_on => *count += 1,
            _ => steps.push((entry.at, 0, Step::Desk(entry, 1))),
        }
        last = Some(entry);
    }
    steps.sort_by_key(|(at, order, _)| (*at, *order));
    steps.into_iter().map(|(_, _, step)| step).collect()
}

fn desk_line(
    (lang, app, names): (Lang, &Shared, &Names),
    entry: &DeskEntry,
    count: usize,
) -> Markup {
    let what = match entry.what {
        DeskStep::Taken => t(lang, "担当になりました", "Took it"),
        DeskStep::GivenBack => t(lang, "担当をはずれました", "Gave it back"),
        DeskStep::Ticked => t(lang, "項目を確認しました", "Checked values"),
        DeskStep::Proposed => t(lang, "受理を提案しました", "Proposed to accept"),
        DeskStep::SentBack => t(lang, "提案を差し戻しました", "Sent the proposal back"),
        DeskStep::Confirmed => t(lang, "提案を承認しました", "Confirmed the proposal"),
    };
    html! {
        li.desk data-step=(entry.what.code()) {
            span.when { (jst::moment(entry.at, lang)) }
            span.what {
                (what)
                @if entry.what == DeskStep::Ticked { " (" (count) ")" }
                "・" (staff_name(app, names, &entry.actor))
            }
            @if let Some(note) = &entry.note { span.note lang="ja" { (note) } }
        }
    }
}
