//! The work queues: whose, in which state, how urgent, of what kind. Everything a queue shows stands in its address, and
//! nothing personal does.

use axum::extract::{Query, State};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use ubugoe_procedures::{Lang, ProcedureId};
use ubugoe_protocol::DeviceId;

use super::super::guard::Officer;
use super::super::page::{csrf, say};
use super::super::{Failure, Shared, t};
use super::{Names, due, flags, note, staff_name, state_mark, title, urgent_day, within};
use crate::casework::roles::Right;
use crate::casework::{FilingState, ReasonCode};
use crate::jst;
use crate::store::desk::{After, CaseLine, MOST_COUNTED, Queue, QueueCounts, Whose, reason_word};

/// Lines of one page.
const PAGE: u32 = 50;

/// Address parameters of a queue. What cannot be read is as if it were not there.
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Choice {
    /// A state's word, or `all`.
    state: Option<String>,
    /// `mine`, `free` or `all`.
    queue: Option<String>,
    /// `urgent` or `proposed`.
    tab: Option<String>,
    /// A procedure id.
    procedure: Option<String>,
    /// A reason code.
    reason: Option<String>,
    /// A device id.
    ward: Option<String>,
    /// Where the page begins: due day, arrival, number.
    after: Option<String>,
}

/// Which tab is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Urgent,
    Proposed,
    State(FilingState),
    Everything,
}

/// What a choice comes to.
struct Asked {
    tab: Tab,
    queue: &'static str,
    procedure: Option<String>,
    reason: Option<ReasonCode>,
    ward: Option<String>,
    after: Option<After>,
}

impl Asked {
    fn of(choice: &Choice) -> Self {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let tab = match (choice.tab.as_deref(), choice.state.as_deref()) {
            (Some("urgent"), _) => Tab::Urgent,
            (Some("proposed"), _) => Tab::Proposed,
            (_, Some("all")) => Tab::Everything,
            (_, state) => Tab::State(
                state
                    .and_then(FilingState::from_code)
                    .unwrap_or(FilingState::Arrived),
            ),
        };
        let reason = given(&choice.reason);
        Self {
            tab,
            queue: match choice.queue.as_deref() {
                Some("mine") => "mine",
                Some("free") => "free",
                _ => "all",
            },
            procedure: given(&choice.procedure).filter(|id| id.parse::<ProcedureId>().is_ok()),
            reason: ReasonCode::ALL
                .into_iter()
                .find(|code| reason.as_deref() == Some(reason_word(*code).as_str())),
            ward: given(&choice.ward).filter(|ward| ward.parse::<DeviceId>().is_ok()),
            after: choice.after.as_deref().and_then(read_after),
        }
    }

    fn query(&self, app: &Shared, officer: &Officer) -> Queue {
        Queue {
            state: match self.tab {
                Tab::Urgent => Some(FilingState::Arrived),
                Tab::State(state) => Some(state),
                Tab::Proposed | Tab::Everything => None,
            },
            whose: match self.queue {
                "mine" => Whose::Of(officer.account.id.clone()),
                "free" => Whose::Nobody,
                _ => Whose::All,
            },
            proposed: self.tab == Tab::Proposed,
            due_until: (self.tab == Tab::Urgent).then(|| urgent_day(app)),
            procedure: self.procedure.clone(),
            reason: self.reason,
            device: self.ward.as_deref().and_then(|ward| ward.parse().ok()),
            after: self.after.clone(),
            limit: PAGE + 1,
        }
    }

    /// The address of this queue with another tab.
    fn address(&self, tab: Tab, queue: &str) -> String {
        let mut address = match tab {
            Tab::Urgent => "/console/filings?tab=urgent".to_owned(),
            Tab::Proposed => "/console/filings?tab=proposed".to_owned(),
            Tab::State(state) => format!("/console/filings?state={}", state.code()),
            Tab::Everything => "/console/filings?state=all".to_owned(),
        };
        let reason = self.reason.map(reason_word);
        for (name, value) in [
            ("queue", Some(queue).filter(|queue| *queue != "all")),
            ("procedure", self.procedure.as_deref()),
            ("reason", reason.as_deref()),
            ("ward", self.ward.as_deref().filter(|ward| plain(ward))),
        ] {
            if let Some(value) = value {
                for part in ["&", name, "=", value] {
                    address.push_str(part);
                }
            }
        }
        address
    }

    /// The same without filters.
    fn bare(&self) -> Self {
        Self {
            tab: self.tab,
            queue: self.queue,
            procedure: None,
            reason: None,
            ward: None,
            after: None,
        }
    }

    fn filtered(&self) -> bool {
        self.procedure.is_some() || self.reason.is_some() || self.ward.is_some()
    }
}

fn plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// `2026-12-07.1795489200.17`.
fn read_after(text: &str) -> Option<After> {
    let mut parts = text.split('.');
    let day = parts.next()?;
    day.parse::<Date>().ok()?;
    let after = After {
        due_key: day.to_owned(),
        arrived_at: parts.next()?.parse().ok()?,
        arrival_no: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(after)
}

fn write_after(after: &After) -> String {
    format!(
        "{}.{}.{}",
        after.due_key, after.arrived_at, after.arrival_no
    )
}

/// A queue, legal deadline first.
pub(super) async fn list(
    State(app): State<Shared>,
    officer: Officer,
    Query(choice): Query<Choice>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    let lang = officer.lang;
    let asked = Asked::of(&choice);
    let subject = match asked.tab {
        Tab::Urgent => "urgent",
        Tab::Proposed => "proposed",
        Tab::State(state) => state.code(),
        Tab::Everything => "all",
    };
    let me = officer.account.id.clone();
    let (mut lines, numbers, names, ()) = tokio::try_join!(
        async { Ok(app.store.queue(asked.query(&app, &officer)).await?) },
        async { Ok(app.store.queue_counts(me, urgent_day(&app)).await?) },
        async { Ok(app.store.officer_names().await?) },
        note(&app, &officer, "list.viewed", subject, ""),
    )?;
    let more = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    let today = jst::date(app.now());
    let heading = t(lang, "届出一覧", "Filings");
    let body = html! {
        div.heading {
            h1 { (heading) }
            span.grow {}
            form.quick-search method="post" action="/console/search" role="search" {
                (csrf(&officer))
                label.unseen for="quick" { (t(lang, "氏名・カナ・到達番号・控えのコードで探す", "Find by name, reading, arrival number or receipt code")) }
                input type="text" id="quick" name="words" maxlength="200" autocomplete="off" accesskey="s" placeholder=(t(lang, "氏名・カナ・番号・コード", "Name, reading, number, code"));
                button.secondary type="submit" id="quick-find" { (t(lang, "探す", "Find")) }
            }
        }
        (tabs(lang, &asked, numbers))
        div.controls {
            (queues(lang, &asked, numbers))
            (filters(lang, &app, &asked))
        }
        @if asked.ward.is_some() { p.hint { (t(lang, "支援措置の届出は、病棟では絞り込めません（この一覧には出ません）。", "Filings under a support measure cannot be filtered by ward; they are not in this list.")) } }
        @if lines.is_empty() {
            p.empty { (t(lang, "該当する届出はありません。", "There is nothing here.")) }
        } @else {
            (table(lang, (&app, &names), &lines, today, "filings", heading))
            div.paging {
                p.hint { (t(lang, "法定の期限が早い順に並んでいます。", "Ordered by legal deadline.")) }
                span.grow {}
                @if asked.after.is_some() { a.button.secondary id="first-page" href=(asked.address(asked.tab, asked.queue)) { (t(lang, "最初のページ", "First page")) } }
                @if more { @if let Some(last) = lines.last() {
                    a.button.secondary id="next-page" rel="next" href={ (asked.address(asked.tab, asked.queue)) "&after=" (write_after(&last.place())) } { (t(lang, "次のページ", "Next page")) }
                } }
            }
        }
    };
    Ok(within(&app, &officer, numbers.quarantined, heading, &body))
}

/// A number for a tab; beyond the most that is counted, that it is more.
fn number(count: u64) -> String {
    if count >= u64::from(MOST_COUNTED) {
        format!("{MOST_COUNTED}+")
    } else {
        count.to_string()
    }
}

fn tabs(lang: Lang, asked: &Asked, numbers: QueueCounts) -> Markup {
    let state = |state: FilingState| say(lang, state.staff());
    let all = numbers.arrived + numbers.accepted + numbers.returned;
    let entries = [
        (
            Tab::State(FilingState::Arrived),
            "tab-arrived",
            state(FilingState::Arrived),
            numbers.arrived,
        ),
        (
            Tab::Urgent,
            "tab-urgent",
            t(lang, "急ぎ", "Urgent"),
            numbers.urgent,
        ),
        (
            Tab::Proposed,
            "tab-proposed",
            t(lang, "承認待ち", "To confirm"),
            numbers.proposed,
        ),
        (
            Tab::State(FilingState::Returned),
            "tab-returned",
            state(FilingState::Returned),
            numbers.returned,
        ),
        (
            Tab::State(FilingState::Accepted),
            "tab-accepted",
            state(FilingState::Accepted),
            numbers.accepted,
        ),
        (Tab::Everything, "tab-all", t(lang, "すべて", "All"), all),
    ];
    html! {
        nav.tabs aria-label=(t(lang, "状態で絞り込む", "Filter by state")) {
            @for (tab, id, words, count) in entries {
                a href=(asked.address(tab, asked.queue)) id=(id)
                  class=[(tab == Tab::Urgent && count > 0).then_some("urgent")]
                  aria-current=[(tab == asked.tab).then_some("page")] {
                    (words)
                    span.count { (number(count)) }
                }
            }
        }
    }
}

fn queues(lang: Lang, asked: &Asked, numbers: QueueCounts) -> Markup {
    let entries = [
        ("all", t(lang, "全員の届出", "Everybody's"), None),
        ("mine", t(lang, "自分の担当", "Mine"), Some(numbers.mine)),
        (
            "free",
            t(lang, "担当なし", "Unassigned"),
            Some(numbers.free),
        ),
    ];
    html! {
        nav.queues aria-label=(t(lang, "担当で絞り込む", "Filter by officer")) {
            @for (queue, words, count) in entries {
                a href=(asked.address(asked.tab, queue)) id={ "queue-" (queue) }
                  aria-current=[(queue == asked.queue).then_some("true")] {
                    (words)
                    @if let Some(count) = count { span.count { (number(count)) } }
                }
            }
        }
    }
}

fn filters(lang: Lang, app: &Shared, asked: &Asked) -> Markup {
    let procedures = app
        .catalogue
        .procedures()
        .filter(|procedure| procedure.bedside);
    let chosen = asked.reason.map(reason_word);
    html! {
        form.filters method="get" action="/console/filings" {
            @match asked.tab {
                Tab::Urgent => input type="hidden" name="tab" value="urgent";,
                Tab::Proposed => input type="hidden" name="tab" value="proposed";,
                Tab::State(state) => input type="hidden" name="state" value=(state.code());,
                Tab::Everything => input type="hidden" name="state" value="all";,
            }
            @if asked.queue != "all" { input type="hidden" name="queue" value=(asked.queue); }
            label { span { (t(lang, "手続き", "Procedure")) }
                select name="procedure" id="filter-procedure" {
                    option value="" { (t(lang, "すべて", "All")) }
                    @for procedure in procedures {
                        option value=(procedure.id) selected[asked.procedure.as_deref() == Some(procedure.id.as_str())] { (procedure.title.get(lang)) }
                    }
                }
            }
            label { span { (t(lang, "確認すること", "To check")) }
                select name="reason" id="filter-reason" {
                    option value="" { (t(lang, "すべて", "All")) }
                    @for code in ReasonCode::ALL {
                        option value=(reason_word(code)) selected[chosen.as_deref() == Some(reason_word(code).as_str())] { (say(lang, code.flag())) }
                    }
                }
            }
            label { span { (t(lang, "病棟・窓口", "Ward")) }
                select name="ward" id="filter-ward" {
                    option value="" { (t(lang, "すべて", "All")) }
                    @for (device, known) in &app.devices.all() {
                        option value=(device) selected[asked.ward.as_deref() == Some(device.as_str())] { (known.ward) }
                    }
                }
            }
            button.secondary type="submit" id="filter" { (t(lang, "絞り込む", "Filter")) }
            @if asked.filtered() { a.clear id="clear" href=(asked.bare().address(asked.tab, asked.queue)) { (t(lang, "条件を消す", "Clear")) } }
        }
    }
}

/// Lines of a queue or of what was found.
pub(super) fn table(
    lang: Lang,
    (app, names): (&Shared, &Names),
    lines: &[CaseLine],
    today: Option<Date>,
    id: &str,
    name: &str,
) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(name) {
            table.list id=(id) {
                thead {
                    tr {
                        th scope="col" { (t(lang, "期限", "Due")) }
                        th scope="col" { (t(lang, "番号・手続き", "No. and procedure")) }
                        th scope="col" { (t(lang, "子", "Child")) }
                        th scope="col" { (t(lang, "届出人・請求者", "Filed by")) }
                        th scope="col" { (t(lang, "到達", "Arrived")) }
                        th scope="col" { (t(lang, "確認すること", "To check")) }
                        th scope="col" { (t(lang, "担当・状態", "Officer, state")) }
                    }
                }
                tbody { @for line in lines { (table_line(lang, (app, names), line, today)) } }
            }
        }
    }
}

fn table_line(
    lang: Lang,
    (app, names): (&Shared, &Names),
    line: &CaseLine,
    today: Option<Date>,
) -> Markup {
    let row = &line.row;
    let name = |text: &Option<String>| {
        text.clone()
            .unwrap_or_else(|| t(lang, "（未定）", "(undecided)").to_owned())
    };
    html! {
        tr data-id=(row.id) {
            td.due { (due(lang, row, today, app.casework.urgent_days)) }
            td {
                a.open href={ "/console/filings/" (row.id) } { (title(lang, &row.facts)) }
                span.number { "No. " (row.arrival_no) }
            }
            td.person lang="ja" { (name(&row.facts.child)) }
            td.person lang="ja" { (row.facts.claimant.as_deref().unwrap_or("—")) }
            td.when { (jst::short(row.arrived_at)) }
            td { (flags(lang, row)) }
            td {
                (state_mark(lang, row.state))
                @if let Some(maker) = &line.proposed_by { span.flag.look data-proposed-by=(maker) { (t(lang, "承認待ち", "To confirm")) } }
                span.number lang="ja" { @match &line.assignee { Some(id) => (staff_name(app, names, id)), None => "—" } }
            }
        }
    }
}
