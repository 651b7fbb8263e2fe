//! The case list, and one filing with everything an officer needs to decide.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use ubugoe_procedures::{Filing, Lang, ParsedFiling, Row, Source};
use ubugoe_protocol::FilingId;

use super::guard::{Officer, Posted};
use super::page::{Part, console as frame, csrf, say};
use super::papers::outputs;
use super::{Failure, Shared, t};
use crate::casework::audit::AuditEntry;
use crate::casework::roles::Right;
use crate::casework::words::{review, words};
use crate::casework::{FilingState, ReasonCode, ReturnReason};
use crate::jst;
use crate::store::{
    Attachment, AttachmentState, Counts, Facts, FilingRecord, FilingRow, Finding, HistoryEntry,
    Reason,
};

/// Most lines of one list.
const LIST: u32 = 200;

/// Names of whoever came through an identity provider, by their ids.
type Names = std::collections::BTreeMap<String, String>;

/// Address parameters of the list. Unknown ones are ignored; an unknown state shows what waits.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ListChoice {
    state: Option<String>,
}

/// Writes a line of the audit chain; nothing is shown if it cannot be written.
pub(super) async fn note(
    app: &Shared,
    officer: &Officer,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<(), Failure> {
    let entry = AuditEntry {
        at: app.now(),
        actor: officer.account.id.clone(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
    };
    Ok(app.store.audit(entry).await?)
}

/// The list, legal deadline first.
pub(super) async fn list(
    State(app): State<Shared>,
    officer: Officer,
    Query(choice): Query<ListChoice>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    let lang = officer.lang;
    let all = choice.state.as_deref() == Some("all");
    let state = choice
        .state
        .as_deref()
        .and_then(FilingState::from_code)
        .unwrap_or(FilingState::Arrived);
    let shown = if all { None } else { Some(state) };
    let rows = app.store.filings(shown, LIST).await?;
    let counts = app.store.counts().await?;
    note(
        &app,
        &officer,
        "list.viewed",
        shown.map_or("all", FilingState::code),
        "",
    )
    .await?;
    let today = jst::date(app.now());
    let body = html! {
        h1 { (t(lang, "届出一覧", "Filings")) }
        (tabs(lang, shown, counts))
        @if rows.is_empty() {
            p.empty { (t(lang, "該当する届出はありません。", "There is nothing here.")) }
        } @else {
            div.scroll {
                table.list id="filings" {
                    thead {
                        tr {
                            th scope="col" { (t(lang, "期限", "Due")) }
                            th scope="col" { (t(lang, "番号・手続き", "No. and procedure")) }
                            th scope="col" { (t(lang, "子", "Child")) }
                            th scope="col" { (t(lang, "届出人・請求者", "Filed by")) }
                            th scope="col" { (t(lang, "到達", "Arrived")) }
                            th scope="col" { (t(lang, "確認すること", "To check")) }
                            @if all { th scope="col" { (t(lang, "状態", "State")) } }
                        }
                    }
                    tbody { @for row in &rows { (list_line(lang, row, today, all)) } }
                }
            }
            p.hint { (t(lang, "法定の期限が早い順に並んでいます。", "Ordered by legal deadline.")) }
        }
    };
    Ok(frame(
        &officer,
        app.office.name.get(lang),
        counts,
        Part::Filings,
        t(lang, "届出一覧", "Filings"),
        &body,
    ))
}

fn tabs(lang: Lang, shown: Option<FilingState>, counts: Counts) -> Markup {
    let total = counts.arrived + counts.accepted + counts.returned;
    let entries = [
        (Some(FilingState::Arrived), counts.arrived),
        (Some(FilingState::Returned), counts.returned),
        (Some(FilingState::Accepted), counts.accepted),
        (None, total),
    ];
    html! {
        nav.tabs aria-label=(t(lang, "状態で絞り込む", "Filter by state")) {
            @for (state, count) in entries {
                a href={ "/console/filings?state=" (state.map_or("all", FilingState::code)) }
                  id={ "tab-" (state.map_or("all", FilingState::code)) }
                  aria-current=[(state == shown).then_some("page")] {
                    (state.map_or(t(lang, "すべて", "All"), |state| say(lang, state.staff())))
                    span.count { (count) }
                }
            }
        }
    }
}

fn list_line(lang: Lang, row: &FilingRow, today: Option<Date>, all: bool) -> Markup {
    let name = |text: &Option<String>| {
        text.clone()
            .unwrap_or_else(|| t(lang, "（未定）", "(undecided)").to_owned())
    };
    html! {
        tr {
            td.due { (due(lang, row, today)) }
            td {
                a.open href={ "/console/filings/" (row.id) } { (title(lang, &row.facts)) }
                span.number { "No. " (row.arrival_no) }
            }
            td.person lang="ja" { (name(&row.facts.child)) }
            td.person lang="ja" { (row.facts.claimant.as_deref().unwrap_or("—")) }
            td.when { (jst::short(row.arrived_at)) }
            td { (flags(lang, row)) }
            @if all { td { (state_mark(lang, row.state)) } }
        }
    }
}

fn title(lang: Lang, facts: &Facts) -> &str {
    match lang {
        Lang::Ja => &facts.title_ja,
        Lang::En => &facts.title_en,
    }
}

/// The due day with the days left; by words as well as by colour.
fn due(lang: Lang, row: &FilingRow, today: Option<Date>) -> Markup {
    let Some(day) = row
        .due
        .as_deref()
        .and_then(|text| text.parse::<Date>().ok())
    else {
        return html! { span.hint { (t(lang, "定めなし", "none")) } };
    };
    let left = today
        .and_then(|today| day.since(today).ok())
        .map(|span| span.get_days());
    let open = row.state == FilingState::Arrived;
    html! {
        span.day { (jst::short_day(day, lang)) }
        @if open { @if let Some(left) = left {
            @match left {
                ..0 => span.left.over { (t(lang, "期限を過ぎています", "overdue")) },
                0 => span.left.soon { (t(lang, "今日まで", "today")) },
                1..=3 => span.left.soon { @match lang { Lang::Ja => { "あと" (left) "日" }, Lang::En => { (left) " days left" } } },
                _ => span.left { @match lang { Lang::Ja => { "あと" (left) "日" }, Lang::En => { (left) " days left" } } },
            }
        } }
    }
}

/// Every reason code of a filing, those of the moment included, each once.
fn codes(row: &FilingRow) -> Vec<ReasonCode> {
    let mut codes: Vec<ReasonCode> = Vec::new();
    let now = [
        (row.duplicate, ReasonCode::DuplicateChild),
        (row.sequence_taken, ReasonCode::SequenceTaken),
        (row.counter_reused, ReasonCode::DeviceCopied),
        (
            row.attachments == Some(AttachmentState::Damaged),
            ReasonCode::AttachmentDamaged,
        ),
        (
            row.attachments == Some(AttachmentState::Waiting),
            ReasonCode::AttachmentWaiting,
        ),
    ];
    let found = row.facts.reasons.iter().map(|reason| reason.code);
    for code in found.chain(now.into_iter().filter_map(|(is, code)| is.then_some(code))) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn flags(lang: Lang, row: &FilingRow) -> Markup {
    html! {
        @for code in codes(row) {
            span class={ "flag " (severity(code)) } data-reason=(code_word(code)) { (say(lang, code.flag())) }
        }
        @if row.facts.protected { span.flag.guarded { (t(lang, "支援措置", "Protected")) } }
    }
}

fn severity(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::SignatureInvalid
        | ReasonCode::SignatureUntrusted
        | ReasonCode::SignatureExpired
        | ReasonCode::DeviceCopied
        | ReasonCode::AttachmentDamaged => "grave",
        ReasonCode::DuplicateChild
        | ReasonCode::SequenceTaken
        | ReasonCode::OtherMunicipality
        | ReasonCode::UnknownForm
        | ReasonCode::TimeContradiction => "look",
        ReasonCode::Late
        | ReasonCode::DeviceClockAhead
        | ReasonCode::ReviewValue
        | ReasonCode::AttachmentWaiting => "mild",
    }
}

/// The stored word of a reason code.
fn code_word(code: ReasonCode) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

pub(super) fn state_mark(lang: Lang, state: FilingState) -> Markup {
    html! { span class={ "state " (state.code()) } data-state=(state.code()) { (say(lang, state.staff())) } }
}

/// A filing by the id in the address; anything unreadable is simply not there.
pub(super) async fn find(app: &Shared, id: &str) -> Result<FilingRecord, Failure> {
    let id: FilingId = id.parse().map_err(|_| Failure::NotFound)?;
    let found = app.store.filing(id).await?;
    // another office's filing in the same database is not there either
    found
        .filter(|record| record.recipient == app.office.recipient)
        .ok_or(Failure::NotFound)
}

/// One filing.
pub(super) async fn open(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeContent)?;
    let record = find(&app, &id).await?;
    note(
        &app,
        &officer,
        "filing.viewed",
        &record.row.id.to_string(),
        "",
    )
    .await?;
    filing_page(&app, &officer, &record, false).await
}

/// The same with masked values shown; a form of its own, so that it is never done by a mere link, and logged.
pub(super) async fn reveal(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Markup, Failure> {
    posted.officer.must(Right::Unmask)?;
    let record = find(&app, &id).await?;
    note(
        &app,
        &posted.officer,
        "filing.unmasked",
        &record.row.id.to_string(),
        "",
    )
    .await?;
    filing_page(&app, &posted.officer, &record, true).await
}

async fn filing_page(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    revealed: bool,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let counts = app.store.counts().await?;
    let names = app.store.officer_names().await?;
    let parsed = Filing::parse(&record.canonical).ok();
    let heading = title(lang, &record.row.facts).to_owned();
    let masked = record.row.facts.protected && !revealed;
    let papers = outputs(app, officer, record).await?;
    let body = html! {
        p.back { a href="/console/filings" { "← " (t(lang, "届出一覧", "Filings")) } }
        div.heading {
            h1 { (heading) }
            (state_mark(lang, record.row.state))
            span.grow {}
            (actions(lang, officer, record))
        }
        (super::nonstop::case_link(lang, record))
        (summary(lang, record, jst::date(app.now())))
        div.columns {
            div.form-side {
                (reasons(lang, record, parsed.as_ref()))
                (attachments(lang, record))
                @if masked { (mask_bar(lang, officer, record)) }
                @match &parsed {
                    Some(parsed) => (sections(lang, parsed, masked)),
                    None => p.alert { (t(lang, "内容を表示できません。原本をダウンロードして確認してください。", "The content cannot be shown. Download the original.")) },
                }
            }
            aside.facts-side {
                (signature_box(lang, record))
                (receipt_box(lang, app, record))
                (papers)
                (history_box(lang, app, record, &names))
            }
        }
    };
    Ok(frame(
        officer,
        app.office.name.get(lang),
        counts,
        Part::Filings,
        &heading,
        &body,
    ))
}

fn actions(lang: Lang, officer: &Officer, record: &FilingRecord) -> Markup {
    let state = record.row.state;
    html! {
        @if officer.may(Right::GiveBack) && state.may_become(FilingState::Returned) {
            a.button.secondary id="return" href={ "/console/filings/" (record.row.id) "/return" } { (t(lang, "補正を依頼する", "Return for correction")) }
        }
        @if officer.may(Right::Decide) && state.may_become(FilingState::Accepted) {
            a.button.primary id="accept" href={ "/console/filings/" (record.row.id) "/accept" } { (t(lang, "受理する", "Accept")) }
        }
    }
}

pub(super) fn summary(lang: Lang, record: &FilingRecord, today: Option<Date>) -> Markup {
    let facts = &record.row.facts;
    html! {
        dl.summary {
            div { dt { (t(lang, "子", "Child")) } dd lang="ja" { (facts.child.as_deref().unwrap_or(t(lang, "（名未定）", "(name undecided)"))) } }
            div { dt { (t(lang, "届出人・請求者", "Filed by")) } dd lang="ja" { (facts.claimant.as_deref().unwrap_or("—")) } }
            div { dt { (t(lang, "到達", "Arrived")) } dd { (jst::moment(record.row.arrived_at, lang)) } }
            div { dt { (t(lang, "期限", "Due")) } dd { (due(lang, &record.row, today)) } }
            div { dt { (t(lang, "到達番号", "Arrival no.")) } dd id="arrival-no" { (record.row.arrival_no) } }
        }
    }
}

fn reasons(lang: Lang, record: &FilingRecord, parsed: Option<&ParsedFiling>) -> Markup {
    let codes = codes(&record.row);
    html! {
        @if !codes.is_empty() {
            section.card.reasons aria-labelledby="reasons" {
                h2 id="reasons" { (t(lang, "確認すること", "To check")) }
                ul {
                    @for code in codes {
                        li class=(severity(code)) {
                            strong { (say(lang, code.flag())) }
                            p { (say(lang, code.explain())) }
                            (reason_detail(lang, code, record, parsed))
                        }
                    }
                }
            }
        }
    }
}

fn reason_detail(
    lang: Lang,
    code: ReasonCode,
    record: &FilingRecord,
    parsed: Option<&ParsedFiling>,
) -> Markup {
    match code {
        ReasonCode::DuplicateChild => html! {
            p.links { @for other in &record.duplicates {
                a href={ "/console/filings/" (other.id) } { "No. " (other.arrival_no) }
                " " (state_mark(lang, other.state)) " "
            } }
        },
        ReasonCode::ReviewValue => html! {
            ul.details { @for reason in record.row.facts.reasons.iter().filter(|reason| reason.code == code) {
                li { (review_line(lang, reason, parsed)) }
            } }
        },
        _ => html! {},
    }
}

/// "child_mei|SecondCodePoint" in words.
fn review_line(lang: Lang, reason: &Reason, parsed: Option<&ParsedFiling>) -> Markup {
    let (path, code) = reason
        .detail
        .as_deref()
        .unwrap_or_default()
        .split_once('|')
        .unwrap_or_default();
    let label = parsed
        .and_then(|filing| filing.rows.iter().find(|row| row.path.as_str() == path))
        .map(|row| row.label.get(lang));
    html! { (label.unwrap_or(path)) "：" (say(lang, review(code))) }
}

fn mask_bar(lang: Lang, officer: &Officer, record: &FilingRecord) -> Markup {
    html! {
        form.mask-bar method="post" action={ "/console/filings/" (record.row.id) "/reveal" } {
            (csrf(officer))
            span { (t(lang, "支援措置のため、住所などを伏せています。表示すると記録に残ります。", "Addresses are masked (support measure). Showing them is logged.")) }
            @if officer.may(Right::Unmask) { button.secondary type="submit" id="reveal" { (t(lang, "表示する", "Show")) } }
        }
    }
}

fn sections(lang: Lang, parsed: &ParsedFiling, masked: bool) -> Markup {
    html! {
        @for section in parsed.sections(lang) {
            section.card {
                h2 { (section.title) }
                table.form {
                    tbody { @for row in &section.rows { (form_line(lang, row, masked)) } }
                }
            }
        }
    }
}

fn form_line(lang: Lang, row: &Row, masked: bool) -> Markup {
    let hidden = masked && tells_where(row);
    html! {
        tr {
            th scope="row" { (row.label) }
            td.value lang="ja" data-path=(row.path) {
                @if hidden { span.masked { (t(lang, "●●●（非表示）", "●●● (hidden)")) } } @else { (row.value) }
            }
            td.source { span class={ "source " (row.source.as_str()) } title=(source_words(lang, row.source)) { (source_word(lang, row.source)) } }
        }
    }
}

/// Whether a value could lead somebody to a protected person.
fn tells_where(row: &Row) -> bool {
    let mut parts = row.path.as_str().split(['.', '[']);
    let place = parts.any(|part| {
        part == "addr"
            || part.ends_with("_addr")
            || part.ends_with("honseki")
            || part == "birth_place"
    });
    (row.private || place) && !row.path.as_str().ends_with(".confidential")
}

fn source_word(lang: Lang, source: Source) -> &'static str {
    match source {
        Source::Card => t(lang, "カード", "Card"),
        Source::Certificate => t(lang, "出生証明書", "Certificate"),
        Source::Parent => t(lang, "本人入力", "Parent"),
        Source::Derived => t(lang, "自動計算", "Derived"),
        Source::Profile => t(lang, "自治体情報", "Profile"),
        Source::System => t(lang, "システム", "System"),
    }
}

fn source_words(lang: Lang, source: Source) -> &'static str {
    match source {
        Source::Card => t(
            lang,
            "マイナンバーカードから読み取った値",
            "Read from the My Number card",
        ),
        Source::Certificate => t(lang, "出生証明書の値", "From the birth certificate"),
        Source::Parent => t(
            lang,
            "届出人が入力した値。証明はありません",
            "Typed by the parent; nothing proves it",
        ),
        Source::Derived => t(lang, "ほかの値から計算した値", "Computed from other values"),
        Source::Profile => t(
            lang,
            "自治体の登録情報による値",
            "From the municipality's profile",
        ),
        Source::System => t(lang, "システムが記入した値", "Set by the system"),
    }
}

fn signature_box(lang: Lang, record: &FilingRecord) -> Markup {
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
            ul.checks { @for (label, finding) in lines {
                li class={ "check " (finding_word(finding)) } {
                    span.label { (say(lang, label)) }
                    span.result { (finding_words(lang, label.ja == "失効", finding)) }
                }
            } }
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

fn attachments(lang: Lang, record: &FilingRecord) -> Markup {
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

fn receipt_box(lang: Lang, app: &Shared, record: &FilingRecord) -> Markup {
    let base = format!("/console/filings/{}", record.row.id);
    let ward = app
        .wards
        .get(&record.device)
        .map_or_else(|| record.device.to_string(), Clone::clone);
    html! {
        section.card {
            h2 { (t(lang, "受付の記録", "Receipt")) }
            dl.small {
                dt { (t(lang, "端末", "Device")) } dd { (ward) }
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
                a href={ "/f/" (record.token) } id="family-link" { (t(lang, "家族向けページ", "Family page")) }
            }
        }
    }
}

fn history_box(lang: Lang, app: &Shared, record: &FilingRecord, names: &Names) -> Markup {
    html! {
        section.card {
            h2 { (t(lang, "経過", "History")) }
            ol.history { @for entry in &record.history { (history_line(lang, app, entry, names)) } }
        }
    }
}

fn history_line(lang: Lang, app: &Shared, entry: &HistoryEntry, names: &Names) -> Markup {
    let actor = match entry.actor.as_str() {
        "system" => t(lang, "システム", "System").to_owned(),
        id => app
            .staff
            .iter()
            .find(|account| account.id == id)
            .map(|account| &account.name)
            .or_else(|| names.get(id))
            .map_or_else(|| id.to_owned(), Clone::clone),
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

/// The canonical bytes.
pub(super) async fn canonical(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    officer.must(Right::SeeContent)?;
    let record = find(&app, &id).await?;
    note(
        &app,
        &officer,
        "filing.downloaded",
        &record.row.id.to_string(),
        "content",
    )
    .await?;
    Ok(download(
        &record,
        "json",
        "application/json",
        record.canonical.clone(),
    ))
}

/// The detached CMS signature.
pub(super) async fn signature(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    officer.must(Right::SeeContent)?;
    let record = find(&app, &id).await?;
    note(
        &app,
        &officer,
        "filing.downloaded",
        &record.row.id.to_string(),
        "signature",
    )
    .await?;
    Ok(download(
        &record,
        "p7s",
        "application/pkcs7-signature",
        record.signature.clone(),
    ))
}

/// The signed receipt.
pub(super) async fn receipt(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    officer.must(Right::SeeContent)?;
    let record = find(&app, &id).await?;
    note(
        &app,
        &officer,
        "filing.downloaded",
        &record.row.id.to_string(),
        "receipt",
    )
    .await?;
    Ok(download(
        &record,
        "cose",
        "application/cose",
        record.receipt.clone(),
    ))
}

/// An attachment as it was signed. It comes from outside and may be anything: saved, never shown.
pub(super) async fn attachment(
    State(app): State<Shared>,
    officer: Officer,
    Path((id, number)): Path<(String, u32)>,
) -> Result<Response, Failure> {
    officer.must(Right::SeeContent)?;
    let record = find(&app, &id).await?;
    let position = number.checked_sub(1).ok_or(Failure::NotFound)?;
    let found = app.store.attachment(record.row.id, position).await?;
    let bytes = found.ok_or(Failure::NotFound)?;
    note(
        &app,
        &officer,
        "filing.downloaded",
        &record.row.id.to_string(),
        &format!("attachment {number}"),
    )
    .await?;
    let mut response = download(
        &record,
        &format!("{number}.bin"),
        "application/octet-stream",
        bytes,
    );
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    Ok(response)
}

fn download(record: &FilingRecord, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let name = format!(
        "attachment; filename=\"filing-{}.{ending}\"",
        record.row.arrival_no
    );
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        bytes,
    )
        .into_response()
}
