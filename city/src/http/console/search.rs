//! Finding a filing. What is looked for travels in a form's body only: never in an address, a log line or the audit chain.

use axum::extract::State;
use maud::{Markup, html};
use ubugoe_procedures::Lang;

use super::super::guard::{Officer, Posted, token_hash};
use super::super::page::csrf;
use super::super::{Failure, Shared, t};
use super::{Names, badge, note, queue, within};
use crate::casework::roles::Right;
use crate::casework::search::{Unwanted, Wanted, begins_exactly, wanted};
use crate::jst;
use crate::store::desk::{CaseLine, Look, MOST_FOUND};

/// How many lines a page has: whoever is looked for is among the newest of the name as a rule, and each line is a few pages read
/// from all over the database.
const PAGE: u32 = 20;

/// What was found.
struct Found {
    /// Those of this page.
    lines: Vec<CaseLine>,
    /// Which page, from 0.
    page: u32,
    /// There is another.
    more: bool,
    /// What officers are called.
    names: Names,
}

/// The empty form.
pub(super) async fn ask(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    let waiting = badge(&app, &officer).await?;
    Ok(page(&app, &officer, waiting, ("", false), None, None))
}

/// What the words find.
pub(super) async fn find(State(app): State<Shared>, posted: Posted) -> Result<Markup, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::SeeCases)?;
    let words = fields.get("words").unwrap_or_default();
    let exact = fields.get("exact") == Some("yes");
    let at = fields.get("page").and_then(|page| page.parse().ok());
    let at = at.unwrap_or(0).min(MOST_FOUND / PAGE - 1);
    let wanted = wanted(words);
    let kind = match &wanted {
        Ok(Wanted::Number(_)) => "number",
        Ok(Wanted::IdOrCode(..)) => "id",
        Ok(Wanted::Code(_)) => "code",
        Ok(Wanted::Name { .. }) => "name",
        Err(_) => "none",
    };
    let detail = format!("by={kind} exact={} page={at}", u8::from(exact));
    let (found, waiting, ()) = tokio::try_join!(
        async {
            Ok(match wanted {
                Ok(wanted) => Ok(look(&app, wanted, exact, at).await?),
                Err(why) => Err(why),
            })
        },
        badge(&app, &officer),
        note(&app, &officer, "search.made", "-", &detail),
    )?;
    let (found, why) = match &found {
        Ok(found) => (Some(found), None),
        Err(why) => (None, Some(*why)),
    };
    Ok(page(&app, &officer, waiting, (words, exact), found, why))
}

async fn look(app: &Shared, wanted: Wanted, exact: bool, at: u32) -> Result<Found, Failure> {
    let (lines, names) = tokio::try_join!(all(app, wanted, exact, at), async {
        Ok(app.store.officer_names().await?)
    })?;
    let mut lines: Vec<CaseLine> = lines.into_iter().skip((at * PAGE) as usize).collect();
    let more = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    Ok(Found {
        lines,
        page: at,
        more,
        names,
    })
}

/// All that are found, up to the first of the page after this one, newest first.
async fn all(app: &Shared, wanted: Wanted, exact: bool, at: u32) -> Result<Vec<CaseLine>, Failure> {
    let recipient = app.office.recipient.clone();
    Ok(match wanted {
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
            let most = if exact {
                MOST_FOUND
            } else {
                ((at + 1) * PAGE + 1).min(MOST_FOUND)
            };
            let mut lines = app.store.look(Look::Name { folded, most }).await?;
            if exact {
                lines.retain(|line| {
                    let facts = &line.row.facts;
                    [&facts.child, &facts.claimant]
                        .into_iter()
                        .flatten()
                        .any(|name| begins_exactly(name, &typed))
                });
            }
            lines
        }
    })
}

fn page(
    app: &Shared,
    officer: &Officer,
    waiting: u64,
    (words, exact): (&str, bool),
    found: Option<&Found>,
    unwanted: Option<Unwanted>,
) -> Markup {
    let lang = officer.lang;
    let heading = t(lang, "届出を探す", "Find a filing");
    // what may have been an individual number is not shown again
    let words = if unwanted == Some(Unwanted::IndividualNumber) {
        ""
    } else {
        words
    };
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
            p id="found" role="status" { (how_many(lang, found)) }
            @if !found.lines.is_empty() { (queue::table(lang, (app, &found.names), &found.lines, jst::date(app.now()), "results", heading)) }
            div.paging {
                @if found.page > 0 { (turn(officer, (words, exact), found.page - 1, "page-before", t(lang, "前のページ", "Page before"))) }
                @if found.more && (found.page + 1) * PAGE < MOST_FOUND { (turn(officer, (words, exact), found.page + 1, "next-page", t(lang, "次のページ", "Next page"))) }
            }
        }
    };
    within(app, officer, waiting, heading, &body)
}

/// How many there are, or which of them these are.
fn how_many(lang: Lang, found: &Found) -> String {
    let count = found.lines.len();
    let first = (found.page * PAGE) as usize + 1;
    let last = first + count.saturating_sub(1);
    let whole = count == 0 || first == 1 && !found.more;
    match lang {
        Lang::Ja if whole => format!("{count}件見つかりました。"),
        Lang::Ja => {
            format!("新しい順に{first}〜{last}件目です。名や番号も入れると絞り込めます。")
        }
        Lang::En if whole => format!("{count} found."),
        Lang::En => format!(
            "{first} to {last}, newest first. Add the given name or a number to narrow it down."
        ),
    }
}

/// A button to another page. The words travel in the form's body here too.
fn turn(
    officer: &Officer,
    (words, exact): (&str, bool),
    page: u32,
    id: &str,
    label: &str,
) -> Markup {
    html! {
        form method="post" action="/console/search" {
            (csrf(officer))
            input type="hidden" name="words" value=(words);
            input type="hidden" name="page" value=(page);
            @if exact { input type="hidden" name="exact" value="yes"; }
            button.secondary type="submit" id=(id) { (label) }
        }
    }
}

fn unwanted_words(lang: Lang, why: Unwanted) -> &'static str {
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
