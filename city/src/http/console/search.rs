//! Finding a filing. What is looked for travels in a form's body only: never in an address, a log line or the audit chain.

use axum::extract::State;
use maud::{Markup, html};

use super::super::guard::{Officer, Posted, token_hash};
use super::super::page::csrf;
use super::super::{Failure, Shared, t};
use super::{framed, note, queue};
use crate::casework::roles::Right;
use crate::casework::search::{Unwanted, Wanted, begins_exactly, wanted};
use crate::jst;
use crate::store::desk::{CaseLine, Look, MOST_FOUND};

/// Most lines that are shown.
const SHOWN: u32 = 100;

/// What was found.
struct Found {
    lines: Vec<CaseLine>,
    /// There may be more than was looked at.
    more: bool,
}

/// The empty form.
pub(super) async fn ask(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    page(&app, &officer, "", false, None, None).await
}

/// What the words find.
pub(super) async fn find(State(app): State<Shared>, posted: Posted) -> Result<Markup, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::SeeCases)?;
    let words = fields.get("words").unwrap_or_default();
    let exact = fields.get("exact") == Some("yes");
    let (kind, result) = match wanted(words) {
        Ok(wanted) => {
            let kind = match &wanted {
                Wanted::Number(_) => "number",
                Wanted::IdOrCode(..) => "id",
                Wanted::Code(_) => "code",
                Wanted::Name { .. } => "name",
            };
            (kind, Ok(look(&app, wanted, exact).await?))
        }
        Err(why) => ("none", Err(why)),
    };
    let found = result.as_ref().map_or(0, |found| found.lines.len());
    let detail = format!("by={kind} exact={} found={found}", u8::from(exact));
    let line = note(&app, &officer, "search.made", "-", &detail);
    let (found, why) = match &result {
        Ok(found) => (Some(found), None),
        Err(why) => (None, Some(*why)),
    };
    let page = page(&app, &officer, words, exact, found, why);
    tokio::try_join!(line, page).map(|((), page)| page)
}

async fn look(app: &Shared, wanted: Wanted, exact: bool) -> Result<Found, Failure> {
    let recipient = app.office.recipient.clone();
    let mut lines = match wanted {
        Wanted::Number(number) => app.store.look(Look::Number(recipient, number)).await?,
        Wanted::IdOrCode(id, code) => {
            let lines = app.store.look(Look::Id(id)).await?;
            if lines.is_empty() {
                app.store.look(Look::Token(token_hash(&code))).await?
            } else {
                lines
            }
        }
        Wanted::Code(code) => app.store.look(Look::Token(token_hash(&code))).await?,
        Wanted::Name { folded, typed } => {
            // what differs in its characters only is left out afterwards, so more is looked at
            let most = if exact { MOST_FOUND } else { SHOWN + 1 };
            let mut lines = app.store.look(Look::Name { folded, most }).await?;
            let more = lines.len() >= most as usize;
            if exact {
                lines.retain(|line| {
                    let facts = &line.row.facts;
                    [&facts.child, &facts.claimant]
                        .into_iter()
                        .flatten()
                        .any(|name| begins_exactly(name, &typed))
                });
            }
            let more = more || lines.len() > SHOWN as usize;
            lines.truncate(SHOWN as usize);
            return Ok(Found { lines, more });
        }
    };
    let more = lines.len() > SHOWN as usize;
    lines.truncate(SHOWN as usize);
    Ok(Found { lines, more })
}

async fn page(
    app: &Shared,
    officer: &Officer,
    words: &str,
    exact: bool,
    found: Option<&Found>,
    unwanted: Option<Unwanted>,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let heading = t(lang, "届出を探す", "Find a filing");
    // what may have been an individual number is not shown again
    let words = if unwanted == Some(Unwanted::IndividualNumber) {
        ""
    } else {
        words
    };
    let names = app.store.officer_names().await?;
    let body = html! {
        p.back { a href="/console/filings" { "← " (t(lang, "届出一覧", "Filings")) } }
        h1 { (heading) }
        form.search-form method="post" action="/console/search" role="search" {
            (csrf(officer))
            label for="words" { (t(lang, "氏名・振り仮名・到達番号・控えのコード・届出ID", "Name, reading, arrival number, receipt code or filing id")) }
            p.hint id="words-hint" { (t(lang, "異体字・全角半角・ひらがなカタカナ・小さい仮名の違いは区別せずに探します。氏名は先頭から入れてください（名だけでも探せます）。", "Variants of kanji, width, and kinds and sizes of kana make no difference. Begin at the beginning of the name, or of the given name.")) }
            div.row {
                input type="text" id="words" name="words" value=(words) maxlength="200" autocomplete="off" accesskey="s" aria-describedby="words-hint" lang="ja";
                button.primary type="submit" id="find" { (t(lang, "探す", "Find")) }
            }
            label.check { input type="checkbox" name="exact" value="yes" checked[exact]; span { (t(lang, "字体まで同じものだけ", "Exactly these characters only")) } }
        }
        @if let Some(why) = unwanted { p.alert id="complaint" role="alert" { (unwanted_words(lang, why)) } }
        @if let Some(found) = found {
            p id="found" role="status" { @match lang {
                ubugoe_procedures::Lang::Ja => { (found.lines.len()) "件見つかりました。" },
                ubugoe_procedures::Lang::En => { (found.lines.len()) " found." },
            }
            @if found.more { " " (t(lang, "件数が多いため一部だけを表示しています。名や番号も入れて探してください。", "Only a part is shown. Add the given name, or use a number.")) } }
            @if !found.lines.is_empty() { (queue::table(lang, (app, &names), &found.lines, jst::date(app.now()), "results", heading)) }
        }
    };
    framed(app, officer, heading, &body).await
}

fn unwanted_words(lang: ubugoe_procedures::Lang, why: Unwanted) -> &'static str {
    match why {
        Unwanted::Empty => t(
            lang,
            "探す言葉を入れてください。",
            "Enter what to look for.",
        ),
        Unwanted::TooLong => t(lang, "言葉が長すぎます。", "That is too long."),
        Unwanted::IndividualNumber => t(
            lang,
            "12桁の数字では探せません。個人番号（マイナンバー）は入力しないでください。",
            "Twelve digits are not looked for. Never enter an individual number.",
        ),
    }
}
