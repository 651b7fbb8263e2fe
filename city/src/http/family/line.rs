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
use ubugoe_procedures::Lang;
use ubugoe_procedures::codes::{AccountHolder, BankAccount, bank, yucho_account};

use super::super::fields::Fields;
use super::super::{Failure, Shared, t};
use super::{Guest, Sent, status};
use crate::jst;
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
    words: (&'static str, &'static str),
}

/// The line of a link; nothing where there is none.
pub(super) async fn part(
    app: &Shared,
    guest: &Guest,
    complaint: Option<Complaint>,
) -> Result<Markup, Failure> {
    let line = app.store.family_line(guest.hash, app.now()).await?;
    Ok(whole(guest, &line, complaint))
}

fn whole(guest: &Guest, line: &CaseLine, complaint: Option<Complaint>) -> Markup {
    let lang = guest.tongue.lang();
    let pick = |group: Group| {
        line.items
            .iter()
            .filter(move |item| group_of(item) == group)
            .collect::<Vec<_>>()
    };
    html! {
        @if !line.notices.is_empty() { (notices(lang, line)) }
        @for group in Group::ALL {
            @let items = pick(group);
            @if !items.is_empty() {
                section class={ "line " (group.code()) } data-group=(group.code()) {
                    h2 { (group.words(lang)) }
                    @for item in items { (card(guest, line, item, complaint)) }
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

    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Yes => t(lang, "確認をお待ちしているもの", "Waiting for your yes"),
            Self::OneThing => t(lang, "あと1つだけ教えてください", "One thing is missing"),
            Self::Apply => t(lang, "申請が必要なもの", "You need to apply"),
            Self::Done => t(
                lang,
                "申請なしで進むもの・済んだもの",
                "Done without asking you again",
            ),
            Self::Later => t(lang, "これからのこと", "Later"),
            Self::Informs => t(lang, "そのほかのこと", "Good to know"),
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

fn state_words(lang: Lang, item: &Item) -> &'static str {
    match item.state {
        ItemState::Prepared => t(
            lang,
            "役所が準備しています。していただくことはありません。",
            "The office is preparing it. There is nothing for you to do.",
        ),
        ItemState::Done if item.needs == Needs::Check => t(
            lang,
            "口座を受け取りました。担当が確かめます。",
            "We have your account; an officer checks it.",
        ),
        ItemState::Done => t(lang, "済みました。", "Done."),
        ItemState::Stopped => t(
            lang,
            "自動では進めていません。担当からご連絡します。",
            "It does not go on by itself. The office will contact you.",
        ),
        ItemState::Declined => t(
            lang,
            "辞退されました。必要になったら窓口へお申し出ください。",
            "You said no. Tell the office if you change your mind.",
        ),
        _ => "",
    }
}

fn card(guest: &Guest, line: &CaseLine, item: &Item, complaint: Option<Complaint>) -> Markup {
    let lang = guest.tongue.lang();
    let detail = &item.detail;
    let complaint = complaint.filter(|one| one.item == item.id);
    html! {
        article.filing id={ "item-" (item.id) } data-state=(item.state.code()) data-kind=(item.kind.code()) {
            h3 { (detail.title.get(lang)) (which_child(lang, line, item)) }
            @let words = state_words(lang, item);
            @if !words.is_empty() { p { (words) } }
            @if let Some(yen) = item.yen {
                p { (t(lang, "金額", "Amount")) ": " (yen_words(yen)) " " (t(lang, "円", "yen")) @if item.monthly { (t(lang, "（月額）", " a month")) } }
            } @else if let Some(amount) = &detail.amount {
                p { (amount.get(lang)) }
            }
            @if let Some(deadline) = detail.deadline.filter(|_| item.state == ItemState::Open) {
                p { (t(lang, "期限", "Until")) ": " (jst::day(deadline, lang)) }
            } @else if item.state == ItemState::Open && (detail.from.is_some() || detail.to.is_some()) {
                p { (span(lang, detail.from, detail.to)) }
            }
            @if !detail.recipient.ja.is_empty() && item.state == ItemState::Open {
                p.hint { (t(lang, "窓口", "Office")) ": " (detail.recipient.get(lang)) }
            }
            @if !item.hops.is_empty() { (hops(lang, item)) }
            @match group_of(item) {
                Group::Yes => (confirm(guest, item)),
                Group::OneThing => (ask_account(guest, item, complaint)),
                _ => {}
            }
            (why(lang, item))
        }
    }
}

fn which_child(lang: Lang, line: &CaseLine, item: &Item) -> Markup {
    let place = line.children.iter().position(|child| *child == item.child);
    html! {
        @if let Some(at) = place.filter(|_| line.children.len() > 1) {
            " " (t(lang, "（", "(child ")) (at + 1) (t(lang, "人目）", ")"))
        }
    }
}

fn span(lang: Lang, from: Option<jiff::civil::Date>, to: Option<jiff::civil::Date>) -> Markup {
    html! {
        (t(lang, "時期", "When")) ": "
        @if let Some(from) = from { (jst::day(from, lang)) }
        " " (t(lang, "〜", "–")) " "
        @if let Some(to) = to { (jst::day(to, lang)) }
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
pub(in super::super) fn hops(lang: Lang, item: &Item) -> Markup {
    let name = |hop: Hop| match hop {
        Hop::Hospital => t(lang, "病院の証明", "Hospital's certificate"),
        Hop::City => t(lang, "市役所", "City hall"),
        Hop::Insurer => t(lang, "健康保険", "Health insurer"),
        Hop::Payment => t(lang, "振込", "Payment"),
    };
    html! {
        ol.steps {
            @for hop in &item.hops {
                li class=(if hop.state == HopState::Done { "done" } else { "now" }) data-hop=(hop.hop.code()) data-state=(hop.state.code()) {
                    span.step { (name(hop.hop)) }
                    span.when { @match hop.state {
                        HopState::Done => (jst::moment(hop.at, lang)),
                        HopState::Waiting => (t(lang, "これから", "to come")),
                        HopState::Stopped => (t(lang, "取りやめ", "stopped")),
                    } }
                }
            }
        }
    }
}

fn why(lang: Lang, item: &Item) -> Markup {
    html! {
        details {
            summary { (t(lang, "理由と根拠", "Why")) }
            @if let Some(words) = &item.detail.automatic { p { (words.get(lang)) } }
            ul.plain { @for because in &item.detail.because {
                li { (because.sentence.get(lang)) @if let Some(article) = &because.article { " " span.hint lang="ja" { "（" (article) "）" } } }
            } }
            @if !item.detail.missing.is_empty() {
                p { (t(lang, "わかると決まること", "What would have to be known")) ": "
                    @for (at, one) in item.detail.missing.iter().enumerate() { @if at > 0 { (t(lang, "、", ", ")) } (one.get(lang)) } }
            }
        }
    }
}

fn action(guest: &Guest, item: &Item) -> String {
    format!("{}/items/{}", guest.home(), item.id)
}

fn confirm(guest: &Guest, item: &Item) -> Markup {
    let lang = guest.tongue.lang();
    html! {
        form.decision method="post" action=(action(guest, item)) {
            (guest.hidden())
            div.buttons {
                button.primary type="submit" name="answer" value="yes" { (t(lang, "はい、お願いします", "Yes, please")) }
                button.secondary type="submit" name="answer" value="no" { (t(lang, "いりません", "No, thank you")) }
            }
        }
    }
}

fn ask_account(guest: &Guest, item: &Item, complaint: Option<Complaint>) -> Markup {
    let lang = guest.tongue.lang();
    let field = |name: &'static str, ja, en, most: u32, digits: bool| {
        html! {
            label for={ (name) "-" (item.id) } { (t(lang, ja, en)) }
            input type="text" id={ (name) "-" (item.id) } name=(name) maxlength=(most) autocomplete="off"
                inputmode=[digits.then_some("numeric")];
        }
    };
    html! {
        form.decision method="post" action=(action(guest, item)) {
            (guest.hidden())
            input type="hidden" name="answer" value="account";
            @if let Some(complaint) = complaint { p.alert role="alert" { (t(lang, complaint.words.0, complaint.words.1)) } }
            p { (t(lang, "受け取る方ご本人の口座を入れてください。一度だけ登録できます。変更は窓口へお申し出ください。",
                "The account of whoever receives the money. It can be entered once; to change it, please ask the office.")) }
            (field("bank", "金融機関コード（4けた。ゆうちょ銀行は 9900）", "Bank code (4 digits; Japan Post Bank: 9900)", 4, true))
            (field("branch", "支店コード（3けた）", "Branch code (3 digits)", 3, true))
            label for={ "kind-" (item.id) } { (t(lang, "口座の種類", "Kind of account")) }
            select id={ "kind-" (item.id) } name="kind" {
                option value="1" { (t(lang, "普通", "Ordinary")) }
                option value="2" { (t(lang, "当座", "Current")) }
            }
            (field("number", "口座番号（7けた）", "Account number (7 digits)", 7, true))
            p.hint { (t(lang, "ゆうちょ銀行は、支店コードと口座番号のかわりに、記号と番号を入れてください。",
                "Japan Post Bank: enter symbol and number instead of branch and account number.")) }
            (field("kigo", "記号（ゆうちょ銀行・5けた）", "Symbol (Japan Post Bank, 5 digits)", 5, true))
            (field("bango", "番号（ゆうちょ銀行）", "Number (Japan Post Bank)", 8, true))
            (field("holder", "口座名義（カナ）", "Holder's name in kana", 60, false))
            div.buttons {
                button.primary type="submit" { @if item.state == ItemState::Offered {
                    (t(lang, "この口座で受け取る", "Receive it there"))
                } @else { (t(lang, "口座を登録する", "Save the account")) } }
                @if item.state == ItemState::Offered {
                    button.secondary type="submit" name="no" value="1" { (t(lang, "いりません", "No, thank you")) }
                }
            }
        }
    }
}

fn notices(lang: Lang, line: &CaseLine) -> Markup {
    html! {
        section.line.news data-group="news" {
            h2 { (t(lang, "お知らせ", "News")) }
            ul.plain { @for notice in line.notices.iter().rev().take(30) {
                li data-code=(notice.code) data-seen=[notice.seen_at.is_some().then_some("yes")] {
                    (notice_words(lang, notice))
                    @if let Some(at) = notice.handed_at { " " span.hint { (jst::moment(at, lang)) } }
                }
            } }
        }
    }
}

/// What a notice says: a code and the catalogue's title become a sentence here, and nowhere else.
fn notice_words(lang: Lang, notice: &NoticeRow) -> Markup {
    let words = match notice.code.as_str() {
        "done" => t(lang, "済みました", "done"),
        "offered" => t(lang, "確認をお待ちしています", "waits for your yes"),
        "stopped" => t(
            lang,
            "自動では進めません。担当からご連絡します",
            "does not go on by itself; the office will contact you",
        ),
        "paid" => t(lang, "振込の手続きをしました", "payment ordered"),
        "opens" => t(
            lang,
            "受けられる時期になりました",
            "can be done from now on",
        ),
        "closes" => t(lang, "まもなく期間が終わります", "ends soon"),
        "deadline" => t(lang, "まもなく期限です", "the deadline is near"),
        "dose" => t(
            lang,
            "標準的な接種の時期になりました。受け方は医療機関にご相談ください",
            "its usual time has come; please ask your clinic",
        ),
        _ => "",
    };
    html! {
        strong { (notice.detail.title.get(lang)) }
        @if let Some(label) = &notice.detail.label { "（" (label.get(lang)) "）" }
        ": " (words)
        @if notice.code != "done" && (notice.detail.from.is_some() || notice.detail.to.is_some()) {
            " " span.hint { (span(lang, notice.detail.from, notice.detail.to)) }
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
fn account(fields: &Fields) -> Result<Account, (&'static str, &'static str)> {
    let text = |name: &str| {
        let text = fields.get(name).unwrap_or_default().trim();
        (!text.is_empty()).then_some(text)
    };
    let code = text("bank")
        .and_then(|text| text.parse().ok())
        .filter(|code| bank(*code).is_some())
        .ok_or((
            "金融機関コードを確かめてください（4けた）。",
            "Please check the bank code (4 digits).",
        ))?;
    let found = match (text("kigo"), text("bango")) {
        (Some(kigo), Some(bango)) => {
            let found = yucho_account(kigo, bango).map_err(|_| {
                (
                    "ゆうちょ銀行の記号と番号を確かめてください。",
                    "Please check the symbol and number of Japan Post Bank.",
                )
            })?;
            if found.bank != code {
                return Err((
                    "記号と番号は、ゆうちょ銀行（9900）だけで使います。",
                    "Symbol and number are for Japan Post Bank (9900) only.",
                ));
            }
            found
        }
        _ => BankAccount {
            bank: code,
            branch: text("branch").and_then(|text| text.parse().ok()).ok_or((
                "支店コードを確かめてください（3けた）。",
                "Please check the branch code (3 digits).",
            ))?,
            kind: match text("kind") {
                Some(kind @ ("1" | "2")) => kind.parse().ok(),
                _ => None,
            }
            .ok_or((
                "口座の種類を選んでください。",
                "Please choose the kind of account.",
            ))?,
            number: text("number").and_then(|text| text.parse().ok()).ok_or((
                "口座番号を確かめてください（7けた）。",
                "Please check the account number (7 digits).",
            ))?,
        },
    };
    let holder = text("holder")
        .and_then(|text| AccountHolder::from_reading(text).ok())
        .ok_or((
            "口座名義をカナで入れてください（30文字まで）。",
            "Please enter the holder's name in kana (up to 30 characters).",
        ))?;
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
