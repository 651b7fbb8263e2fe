//! Where each value of a filing came from, and which of them an officer has to check.
//!
//! Answers for the order of a filing's values on the page: what nothing proves stands first with a tick, what a card, the
//! certificate or the city's own data prove lies folded below. A tick says that somebody looked, never that a value is right.

use std::collections::BTreeSet;

use maud::{Markup, html};
use ubugoe_procedures::{Lang, ParsedFiling, ParsedRow, Source};

use super::super::fields::Fields;
use super::super::guard::Officer;
use super::super::page::{csrf, say};
use super::super::{Shared, t};
use super::{Names, hidden_words, staff_name, tells_where};
use crate::casework::words::{Words, review, words};
use crate::casework::{FilingState, ReasonCode};
use crate::jst;
use crate::store::FilingRecord;
use crate::store::desk::OnDesk;

/// What a form's tick is called before the path of its field.
const TICK: &str = "seen.";

/// The values that an officer has to look at: said by the parent with nothing behind it, or marked at arrival.
pub(in crate::http) fn unproven<'f>(
    record: &FilingRecord,
    parsed: &'f ParsedFiling,
) -> Vec<&'f ParsedRow> {
    let marked: BTreeSet<&str> = record
        .row
        .facts
        .reasons
        .iter()
        .filter(|reason| reason.code == ReasonCode::ReviewValue)
        .filter_map(|reason| reason.detail.as_deref()?.split_once('|'))
        .map(|(path, _)| path)
        .collect();
    parsed
        .rows
        .iter()
        .filter(|row| row.source == Source::Parent || marked.contains(row.path.as_str()))
        .collect()
}

/// The fields whose ticks came with a form, as far as the filing has them and they want a tick.
pub(in crate::http) fn ticks_of(
    fields: &Fields,
    record: &FilingRecord,
    parsed: Option<&ParsedFiling>,
) -> Vec<String> {
    let Some(parsed) = parsed else {
        return Vec::new();
    };
    unproven(record, parsed)
        .into_iter()
        .map(|row| row.path.as_str())
        .filter(|path| fields.get(&format!("{TICK}{path}")) == Some("yes"))
        .map(str::to_owned)
        .collect()
}

/// Review words of a value.
fn reviews(record: &FilingRecord, path: &str) -> Vec<Words> {
    record
        .row
        .facts
        .reasons
        .iter()
        .filter(|reason| reason.code == ReasonCode::ReviewValue)
        .filter_map(|reason| reason.detail.as_deref()?.split_once('|'))
        .filter(|(at, _)| *at == path)
        .map(|(_, code)| review(code))
        .collect()
}

/// What a page of fields needs.
pub(super) struct Sheet<'a> {
    pub(super) app: &'a Shared,
    pub(super) officer: &'a Officer,
    pub(super) record: &'a FilingRecord,
    pub(super) desk: &'a OnDesk,
    pub(super) names: &'a Names,
    pub(super) masked: bool,
    /// Whether this officer may tick.
    pub(super) may_tick: bool,
}

/// All values: what is to be checked, then what is proven.
pub(super) fn sheet(s: &Sheet<'_>, parsed: &ParsedFiling) -> Markup {
    let lang = s.officer.lang;
    let open = unproven(s.record, parsed);
    let done = open
        .iter()
        .filter(|row| s.desk.tick(row.path.as_str()).is_some())
        .count();
    let proven: Vec<&ParsedRow> = parsed
        .rows
        .iter()
        .filter(|row| !open.iter().any(|other| other.path == row.path))
        .collect();
    let ticking = s.may_tick && s.record.row.state != FilingState::Accepted && done < open.len();
    html! {
        section.card id="to-check" aria-labelledby="to-check-title" {
            h2 id="to-check-title" {
                (t(lang, "確認が必要な項目", "Values to check"))
                span.count id="checked-count" { (done) " / " (open.len()) " " (t(lang, "確認済み", "checked")) }
            }
            p.hint { (t(lang, "証明のない値だけを先に並べています。確認したら「確認した」に印を付けて記録してください。", "Only what nothing proves stands here. Tick what you have checked and record it.")) }
            @if ticking {
                form method="post" action={ "/console/filings/" (s.record.row.id) "/checks" } {
                    (csrf(s.officer))
                    input type="hidden" name="version" value=(s.record.version());
                    (groups(s, &open, true))
                    div.buttons { button.secondary type="submit" id="record-checks" { (t(lang, "確認を記録する", "Record what was checked")) } }
                }
            } @else { (groups(s, &open, true)) }
        }
        details.card id="proven" {
            summary { (t(lang, "証明のある項目", "Proven values")) span.count { (proven.len()) } }
            (groups(s, &proven, false))
        }
    }
}

/// Rows under their headings, in form order.
fn groups(s: &Sheet<'_>, rows: &[&ParsedRow], ticks: bool) -> Markup {
    let lang = s.officer.lang;
    let mut sections: Vec<(&str, Vec<&ParsedRow>)> = Vec::new();
    for row in rows {
        let heading = row.section.get(lang);
        match sections.last_mut() {
            Some((last, rows)) if *last == heading => rows.push(row),
            _ => sections.push((heading, vec![row])),
        }
    }
    html! {
        @for (heading, rows) in &sections {
            h3 { (heading) }
            table.form { tbody { @for row in rows { (line(s, row, ticks)) } } }
        }
    }
}

fn line(s: &Sheet<'_>, row: &ParsedRow, ticks: bool) -> Markup {
    let lang = s.officer.lang;
    let hidden = s.masked && tells_where(row);
    let path = row.path.as_str();
    html! {
        tr {
            th scope="row" { (row.label.get(lang)) }
            td.value lang="ja" data-path=(path) {
                @if hidden { span.masked lang=(super::super::page::code(lang)) { (hidden_words(lang)) } } @else { (row.shown.get(lang)) }
                @for words in reviews(s.record, path) { span.review lang=(super::super::page::code(lang)) { (say(lang, words)) } }
            }
            td.source { (source_mark(lang, row.source)) }
            @if ticks { td.tick { (tick(s, row)) } }
        }
    }
}

fn tick(s: &Sheet<'_>, row: &ParsedRow) -> Markup {
    let lang = s.officer.lang;
    let path = row.path.as_str();
    if let Some(entry) = s.desk.tick(path) {
        return html! { span.ticked data-ticked=(path) { "✓ " (staff_name(s.app, s.names, &entry.actor)) " " (jst::short(entry.at)) } };
    }
    if !s.may_tick || s.record.row.state == FilingState::Accepted {
        return html! { span.hint { (t(lang, "未確認", "not checked")) } };
    }
    box_for(lang, row)
}

/// A tick for a value, in a form.
pub(in crate::http) fn box_for(lang: Lang, row: &ParsedRow) -> Markup {
    html! {
        label {
            input type="checkbox" name={ (TICK) (row.path) } value="yes";
            span { (t(lang, "確認した", "Checked")) }
            span.unseen { "：" (row.label.get(lang)) }
        }
    }
}

/// Where a value came from, as a small mark.
pub(super) fn source_mark(lang: Lang, source: Source) -> Markup {
    html! { span class={ "source " (source.as_str()) } title=(say(lang, source_words(source))) { (say(lang, source_word(source))) } }
}

fn source_word(source: Source) -> Words {
    match source {
        Source::Card => words("カード", "Card"),
        Source::Certificate => words("出生証明書", "Certificate"),
        Source::Parent => words("本人入力", "Parent"),
        Source::Derived => words("自動計算", "Derived"),
        Source::Profile => words("自治体情報", "Profile"),
        Source::System => words("システム", "System"),
    }
}

fn source_words(source: Source) -> Words {
    match source {
        Source::Card => words(
            "マイナンバーカードから読み取った値",
            "Read from the My Number card",
        ),
        Source::Certificate => words("出生証明書の値", "From the birth certificate"),
        Source::Parent => words(
            "届出人が入力した値。証明はありません",
            "Typed by the parent; nothing proves it",
        ),
        Source::Derived => words("ほかの値から計算した値", "Computed from other values"),
        Source::Profile => words(
            "自治体の登録情報による値",
            "From the municipality's profile",
        ),
        Source::System => words("システムが記入した値", "Set by the system"),
    }
}

/// The values that nobody has ticked yet, as ticks of the form around them.
pub(in crate::http) fn remaining(
    lang: Lang,
    record: &FilingRecord,
    parsed: &ParsedFiling,
    desk: &OnDesk,
    masked: bool,
) -> Markup {
    let open: Vec<&ParsedRow> = unproven(record, parsed)
        .into_iter()
        .filter(|row| desk.tick(row.path.as_str()).is_none())
        .collect();
    html! {
        @if open.is_empty() {
            p.good id="all-checked" { "✓ " (t(lang, "証明のない項目は、すべて確認済みです。", "Everything that nothing proves has been checked.")) }
        } @else {
            fieldset.ticks id="unchecked" {
                legend { (t(lang, "まだ確認の記録がない項目", "Not recorded as checked")) span.count { (open.len()) } }
                p.hint { (t(lang, "印を付けた項目は、この決定と一緒に「確認した」と記録されます。", "What you tick is recorded as checked together with this decision.")) }
                ul { @for row in &open { li {
                    span.label { (row.label.get(lang)) }
                    span.value lang="ja" { @if masked && tells_where(row) { (hidden_words(lang)) } @else { (row.shown.get(lang)) } }
                    (box_for(lang, row))
                } } }
            }
        }
    }
}
