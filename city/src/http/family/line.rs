//! The family's line, on the page behind their link: what is done by itself, what waits for their yes, the one thing that is
//! missing, what they must do, and what comes later.
//!
//! Answers for showing it and for its forms. Shows titles and reasons of the catalogue, days and states; never a name, an
//! address, an account or a value of a filing, and nothing that a guard keeps to staff. A form carries a token made from the
//! link, so that only a page opened by the link can send it; sending it twice does once.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use maud::{Markup, html};
use ubugoe_procedures::codes::{AccountHolder, BankAccount, bank, yucho_account};

use super::super::fields::Fields;
use super::super::{Failure, Shared};
use super::line_words as said;
use super::voice::{self, Told};
use super::{Guest, Said, Sent, Tongue, catalogue, day, moment, status};
use crate::store::nonstop::{
    Account, CaseLine, Hop, HopState, Item, ItemKind, ItemState, Needs, NoticeRow, Step,
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/f/{token}/items/{id}", post(answer))
}

/// What was wrong with an account, and with which item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Complaint {
    item: i64,
    words: &'static Said,
}

/// The line of a case, and what belongs beside every step of it.
pub(super) fn whole(
    guest: &Guest,
    line: &CaseLine,
    told: &Told,
    complaint: Option<Complaint>,
) -> Markup {
    let pick = |group: Group| {
        line.items
            .iter()
            .filter(move |item| group_of(item) == group)
            .collect::<Vec<_>>()
    };
    html! {
        @if !line.notices.is_empty() { (notices(guest, line)) }
        @for group in Group::ALL {
            @let items = pick(group);
            @if !items.is_empty() {
                section class={ "line " (group.code()) } data-group=(group.code()) {
                    h2 { (guest.say(group.words())) }
                    @for item in items { (card(guest, line, item, (told, complaint))) }
                }
            }
        }
    }
}

/// Where an item stands on the family's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Yes,
    OneThing,
    Apply,
    Done,
    Later,
    Informs,
}

impl Group {
    const ALL: [Self; 6] = [
        Self::Yes,
        Self::OneThing,
        Self::Apply,
        Self::Done,
        Self::Later,
        Self::Informs,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::OneThing => "one-thing",
            Self::Apply => "apply",
            Self::Done => "by-itself",
            Self::Later => "later",
            Self::Informs => "informs",
        }
    }

    fn words(self) -> &'static Said {
        match self {
            Self::Yes => &said::YES_GROUP,
            Self::OneThing => &said::ONE_THING,
            Self::Apply => &said::APPLY,
            Self::Done => &said::BY_ITSELF,
            Self::Later => &said::LATER,
            Self::Informs => &said::INFORMS,
        }
    }
}

fn group_of(item: &Item) -> Group {
    match (item.state, item.kind) {
        (ItemState::Offered | ItemState::Done, _) if item.needs == Needs::Account => {
            Group::OneThing
        }
        (ItemState::Offered, _) => Group::Yes,
        (ItemState::Open, ItemKind::Apply) => Group::Apply,
        (ItemState::Open, ItemKind::Later) => Group::Later,
        (ItemState::Open, _) => Group::Informs,
        _ => Group::Done,
    }
}

fn state_words(item: &Item) -> Option<&'static Said> {
    Some(match item.state {
        ItemState::Prepared => &said::PREPARING,
        ItemState::Done if item.needs == Needs::Check => &said::CHECKING,
        ItemState::Done => &said::DONE,
        ItemState::Stopped => &said::STOPPED,
        ItemState::Declined => &said::DECLINED,
        _ => return None,
    })
}

fn card(
    guest: &Guest,
    line: &CaseLine,
    item: &Item,
    (told, complaint): (&Told, Option<Complaint>),
) -> Markup {
    let tongue = guest.tongue;
    let detail = &item.detail;
    let complaint = complaint.filter(|one| one.item == item.id);
    html! {
        article.filing id={ "item-" (item.id) } data-state=(item.state.code()) data-kind=(item.kind.code()) {
            h3 { (catalogue(tongue, &detail.title)) (which_child(guest, line, item)) }
            @if let Some(words) = state_words(item) { p { (guest.say(words)) } }
            @if let Some(yen) = item.yen {
                p { (guest.say(&said::AMOUNT)) ": " (yen_words(yen)) " " (guest.say(&said::YEN)) @if item.monthly { (guest.say(&said::MONTHLY)) } }
            } @else if let Some(amount) = &detail.amount {
                p { (catalogue(tongue, amount)) }
            }
            @if let Some(deadline) = detail.deadline.filter(|_| item.state == ItemState::Open) {
                p { (guest.say(&said::UNTIL)) ": " (day(tongue, deadline)) }
            } @else if item.state == ItemState::Open && (detail.from.is_some() || detail.to.is_some()) {
                p { (span(guest, detail.from, detail.to)) }
            }
            @if !detail.recipient.ja.is_empty() && item.state == ItemState::Open {
                p.hint { (guest.say(&said::OFFICE)) ": " (catalogue(tongue, &detail.recipient)) }
            }
            @if !item.hops.is_empty() { (hops(tongue, item)) }
            @match group_of(item) {
                Group::Yes => (confirm(guest, item)),
                Group::OneThing => (ask_account(guest, item, complaint)),
                _ => {}
            }
            (why(guest, item))
            (voice::ask(guest, told, &voice::Step::Item(item.id)))
        }
    }
}

fn which_child(guest: &Guest, line: &CaseLine, item: &Item) -> Markup {
    let place = line.children.iter().position(|child| *child == item.child);
    html! {
        @if let Some(at) = place.filter(|_| line.children.len() > 1) {
            " " span.which { (said::nth_child(guest.tongue, at + 1)) }
        }
    }
}

fn span(guest: &Guest, from: Option<jiff::civil::Date>, to: Option<jiff::civil::Date>) -> Markup {
    html! {
        (guest.say(&said::WHEN)) ": "
        @if let Some(from) = from { (day(guest.tongue, from)) }
        " 〜 "
        @if let Some(to) = to { (day(guest.tongue, to)) }
    }
}

/// 50000 as `50,000`.
pub(in super::super) fn yen_words(yen: i64) -> String {
    let digits = yen.unsigned_abs().to_string();
    let mut words = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// The chain of an item, station by station.
pub(in super::super) fn hops(tongue: Tongue, item: &Item) -> Markup {
    let name = |hop: Hop| match hop {
        Hop::Hospital => &said::HOSPITAL,
        Hop::City => &said::CITY,
        Hop::Insurer => &said::INSURER,
        Hop::Payment => &said::PAYMENT,
    };
    html! {
        ol.steps {
            @for hop in &item.hops {
                li class=(if hop.state == HopState::Done { "done" } else { "now" }) data-hop=(hop.hop.code()) data-state=(hop.state.code()) {
                    span.step { (name(hop.hop).get(tongue)) }
                    span.when { @match hop.state {
                        HopState::Done => (moment(tongue, hop.at)),
                        HopState::Waiting => (said::TO_COME.get(tongue)),
                        HopState::Stopped => (said::HALTED.get(tongue)),
                        HopState::Refused => (said::ANSWERED_NO.get(tongue)),
                        HopState::NeedsMore => (said::ANSWERED_MORE.get(tongue)),
                        HopState::NotKnown => (said::ANSWERED_UNKNOWN.get(tongue)),
                    } }
                    @if let Some(words) = &hop.said { " " span.hint lang="ja" { "「" (words) "」" } }
                }
            }
        }
    }
}

fn why(guest: &Guest, item: &Item) -> Markup {
    let tongue = guest.tongue;
    html! {
        details.why {
            summary { (guest.say(&said::WHY)) }
            @if let Some(words) = &item.detail.automatic { p { (catalogue(tongue, words)) } }
            ul.plain { @for because in &item.detail.because {
                li { (catalogue(tongue, &because.sentence)) @if let Some(article) = &because.article { " " span.hint lang="ja" { "（" (article) "）" } } }
            } }
            @if !item.detail.missing.is_empty() {
                p { (guest.say(&said::MISSING)) ": "
                    @for (at, one) in item.detail.missing.iter().enumerate() { @if at > 0 { "、" } (catalogue(tongue, one)) } }
            }
        }
    }
}

fn action(guest: &Guest, item: &Item) -> String {
    format!("{}/items/{}", guest.home(), item.id)
}

fn confirm(guest: &Guest, item: &Item) -> Markup {
    html! {
        form.decision method="post" action=(action(guest, item)) {
            (guest.hidden())
            div.buttons {
                button.primary type="submit" name="answer" value="yes" { (guest.say(&said::YES)) }
                button.secondary type="submit" name="answer" value="no" { (guest.say(&said::NO)) }
            }
        }
    }
}

fn ask_account(guest: &Guest, item: &Item, complaint: Option<Complaint>) -> Markup {
    let field = |name: &'static str, words: &Said, most: u32, digits: bool| {
        html! {
            label for={ (name) "-" (item.id) } { (guest.say(words)) }
            input type="text" id={ (name) "-" (item.id) } name=(name) maxlength=(most) autocomplete="off"
                inputmode=[digits.then_some("numeric")];
        }
    };
    html! {
        form.decision method="post" action=(action(guest, item)) {
            (guest.hidden())
            input type="hidden" name="answer" value="account";
            @if let Some(complaint) = complaint { p.alert role="alert" { (guest.say(complaint.words)) } }
            p { (guest.say(&said::ACCOUNT_ABOUT)) }
            (field("bank", &said::BANK, 4, true))
            (field("branch", &said::BRANCH, 3, true))
            label for={ "kind-" (item.id) } { (guest.say(&said::KIND)) }
            select id={ "kind-" (item.id) } name="kind" {
                option value="1" { (guest.say(&said::ORDINARY)) }
                option value="2" { (guest.say(&said::CURRENT)) }
            }
            (field("number", &said::ACCOUNT_NUMBER, 7, true))
            p.hint { (guest.say(&said::POST_BANK)) }
            (field("kigo", &said::KIGO, 5, true))
            (field("bango", &said::BANGO, 8, true))
            (field("holder", &said::HOLDER, 60, false))
            div.buttons {
                button.primary type="submit" { @if item.state == ItemState::Offered { (guest.say(&said::RECEIVE)) } @else { (guest.say(&said::SAVE_ACCOUNT)) } }
                @if item.state == ItemState::Offered {
                    button.secondary type="submit" name="no" value="1" { (guest.say(&said::NO)) }
                }
            }
        }
    }
}

fn notices(guest: &Guest, line: &CaseLine) -> Markup {
    html! {
        section.line.news data-group="news" {
            h2 { (guest.say(&said::NEWS)) }
            ul.plain { @for notice in line.notices.iter().rev().take(30) {
                li data-code=(notice.code) data-seen=[notice.seen_at.is_some().then_some("yes")] {
                    (notice_words(guest, notice))
                    @if let Some(at) = notice.handed_at { " " span.hint { (moment(guest.tongue, at)) } }
                }
            } }
        }
    }
}

fn notice_words(guest: &Guest, notice: &NoticeRow) -> Markup {
    let tongue = guest.tongue;
    html! {
        strong { (catalogue(tongue, &notice.detail.title)) }
        @if let Some(label) = &notice.detail.label { "（" (catalogue(tongue, label)) "）" }
        @if let Some(words) = said::notice(&notice.code) { ": " (guest.say(words)) }
        @if notice.code != "done" && (notice.detail.from.is_some() || notice.detail.to.is_some()) {
            " " span.hint { (span(guest, notice.detail.from, notice.detail.to)) }
        }
    }
}

/// The answer to an item.
async fn answer(
    State(app): State<Shared>,
    Path((_, id)): Path<(String, String)>,
    Sent { guest, fields }: Sent,
) -> Result<Response, Failure> {
    let hash = guest.hash;
    let Ok(id) = id.parse::<i64>() else {
        return Ok(super::unknown(guest.tongue));
    };
    let planner = Arc::clone(&app.nonstop.engine) as _;
    let wanted = fields.get("answer").unwrap_or_default();
    let step = match wanted {
        "yes" | "no" => {
            app.store
                .family_answers(hash, id, wanted == "yes", app.now(), planner)
                .await?
        }
        "account" if fields.get("no").is_some() => {
            app.store
                .family_answers(hash, id, false, app.now(), planner)
                .await?
        }
        "account" => match account(&fields) {
            Ok(account) => {
                app.store
                    .family_account(hash, id, account, app.now(), planner)
                    .await?
            }
            Err(words) => {
                let complaint = Complaint { item: id, words };
                let page = status::page(&app, &guest, Some(complaint)).await?;
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
        },
        _ => return Err(Failure::BadForm("answer")),
    };
    app.nonstop.bell.notify_one();
    Ok(match step {
        Step::NotFound => super::unknown(guest.tongue),
        // what is not open any more is shown as it is now
        Step::Done | Step::Already | Step::Closed => Redirect::to(&guest.home()).into_response(),
    })
}

/// An account from the form, checked by the rules and the table of banks. A branch that is not in the table may be a new one.
fn account(fields: &Fields) -> Result<Account, &'static Said> {
    let text = |name: &str| {
        let text = fields.get(name).unwrap_or_default().trim();
        (!text.is_empty()).then_some(text)
    };
    let code = text("bank")
        .and_then(|text| text.parse().ok())
        .filter(|code| bank(*code).is_some())
        .ok_or(&said::WRONG_BANK)?;
    let found = match (text("kigo"), text("bango")) {
        (Some(kigo), Some(bango)) => {
            let found = yucho_account(kigo, bango).map_err(|_| &said::WRONG_YUCHO)?;
            if found.bank != code {
                return Err(&said::ONLY_YUCHO);
            }
            found
        }
        _ => BankAccount {
            bank: code,
            branch: text("branch")
                .and_then(|text| text.parse().ok())
                .ok_or(&said::WRONG_BRANCH)?,
            kind: match text("kind") {
                Some(kind @ ("1" | "2")) => kind.parse().ok(),
                _ => None,
            }
            .ok_or(&said::WRONG_KIND)?,
            number: text("number")
                .and_then(|text| text.parse().ok())
                .ok_or(&said::WRONG_NUMBER)?,
        },
    };
    let holder = text("holder")
        .and_then(|text| AccountHolder::from_reading(text).ok())
        .ok_or(&said::WRONG_HOLDER)?;
    Ok(Account::of(&found, holder.as_str()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_account_is_checked_before_it_is_kept() {
        let good =
            "bank=0001&branch=001&kind=1&number=123456&holder=%E3%82%AB%E3%83%84%E3%83%A9%E3%82%AE";
        let account = account(&fields(good)).unwrap();
        assert_eq!(
            (
                account.bank.as_str(),
                account.number.as_str(),
                account.holder.as_str()
            ),
            ("0001", "0123456", "ｶﾂﾗｷﾞ")
        );
        for wrong in [
            good.replace("bank=0001", "bank=9999"),
            good.replace("branch=001", "branch=1"),
            good.replace("kind=1", "kind=4"),
            good.replace("number=123456", "number=12345678"),
            good.replace("holder=", "other="),
            format!("{good}&kigo=12340&bango=11"),
        ] {
            assert!(super::account(&fields(&wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_post_office_account_is_turned_into_what_other_banks_know() {
        let text = "bank=9900&kigo=12340&bango=12345671&holder=%E3%82%AB";
        let account = account(&fields(text)).unwrap();
        assert_eq!(
            (
                account.bank.as_str(),
                account.branch.as_str(),
                account.number.as_str()
            ),
            ("9900", "238", "1234567")
        );
        assert_eq!(format!("{account:?}"), "Account(masked)");
    }

    #[test]
    fn yen_are_grouped() {
        assert_eq!(
            [0, 15_000, 1_234_567].map(yen_words),
            ["0", "15,000", "1,234,567"]
        );
    }
}
