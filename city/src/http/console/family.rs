//! A family's link and what families say, for officers: print the link as a QR code, close it, give a new one; read comments.
//!
//! Answers for these pages and their audit lines. A code that an officer gives opens the page instead of what stands on the
//! filings; it is shown once, and left out when the page is printed, so that it does not lie beside the QR code.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, PreEscaped, html};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use ubugoe_procedures::Lang;

use super::super::guard::{Officer, Posted, token_hash};
use super::super::page::{Part, console as frame, csrf};
use super::super::{Failure, Shared, t};
use super::{badge, by, find, framed, look_at, note, title};
use crate::casework::roles::Right;
use crate::casework::second_fact::{Asked, Fact, code_hash};
use crate::jst;
use crate::random_token;
use crate::store::FilingRecord;
use crate::store::family::{LinkState, Voice};

/// Newest comments on the page of comments.
const NEWEST: u32 = 100;
/// Digits of a code.
const DIGITS: usize = 8;

/// The page of a family's link.
pub(super) async fn open(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let what = (Right::SeeContent, id.as_str());
    let record = look_at(&app, &officer, what, ("family-link.viewed", "")).await?;
    page(&app, &officer, &record, None).await
}

async fn state(app: &Shared, record: &FilingRecord) -> Result<LinkState, Failure> {
    let state = app.store.family_link_state(record.row.id).await?;
    state.ok_or(Failure::NotFound)
}

async fn page(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    code: Option<&str>,
) -> Result<Response, Failure> {
    let lang = officer.lang;
    let link = state(app, record).await?;
    let fact = Fact::of(&app.store.family_case(link.case_ref).await?);
    let heading = t(lang, "家族のリンク", "The family's link");
    let base = format!("/console/filings/{}", record.row.id);
    let body = html! {
        p.back { a href=(base) { "← " (title(lang, &record.row.facts)) } }
        h1 { (heading) }
        @if let Some(code) = code {
            div.notice-bar.on-screen id="new-code" {
                p { (t(lang, "開くための番号（いま一度だけ表示します）：", "Code that opens it (shown this once): ")) strong.code id="code" { (code) } }
                p { (t(lang, "QRコードとは別に、口頭や電話で家族にお伝えください。印刷には入りません。", "Tell the family apart from the QR code, by word or telephone. It is left out of the print.")) }
            }
        }
        section.card id="link" data-closed=(if link.closed.is_some() { "yes" } else { "no" }) {
            @match &link.closed {
                Some((at, actor)) => {
                    p { strong { (t(lang, "このリンクは使えません。", "This link is closed.")) } " " (jst::moment(*at, lang)) " "
                        (if actor == "family" { t(lang, "（家族が閉じました）", "(closed by the family)") } else { t(lang, "（職員が閉じました）", "(closed by an officer)") }) }
                },
                None => (printed(lang, app, &link, fact.asked())),
            }
        }
        div.on-screen {
            p { (asked_words(lang, fact.asked())) }
            p.links { a href={ (base) "/leaflet.pdf" } id="leaflet" { (t(lang, "家族向けの紙（PDF）", "Family leaflet (PDF)")) } }
            @if officer.may(Right::GiveBack) { (forms(officer, &base, link.closed.is_some())) }
        }
    };
    Ok(framed(app, officer, heading, &body).await?.into_response())
}

/// What the family takes home.
fn printed(lang: Lang, app: &Shared, link: &LinkState, asked: Asked) -> Markup {
    let address = format!("{}/f/{}", app.http.public_url, link.token);
    let question = match asked {
        Asked::Mother => (
            "お母さん（出産した方）の生年月日",
            "the mother's date of birth",
        ),
        Asked::Filer => ("届け出た方の生年月日", "the date of birth of whoever filed"),
        Asked::Child => ("お子さんの生年月日", "the child's date of birth"),
        Asked::Code | Asked::Nothing => ("窓口でお伝えした番号", "the number the office told you"),
    };
    html! {
        div.qr-sheet {
            div.qr role="img" aria-label=(t(lang, "家族のページのQRコード", "QR code of the family's page")) { (qr(&address)) }
            div {
                h2 lang="ja" { (app.office.name.ja) "　ご家族のページ" }
                p lang="ja" { "QRコードをスマートフォンで読み取り、" (question.0) "を入れると、手続きの状況が見られます。" }
                p lang="en" { "Scan the code and enter " (question.1) "." }
            }
        }
    }
}

/// A QR code as a picture within the page.
fn qr(text: &str) -> Markup {
    let drawn = QrCode::with_error_correction_level(text, EcLevel::M).map(|code| {
        code.render::<svg::Color<'_>>()
            .min_dimensions(232, 232)
            .build()
    });
    match drawn {
        // an element within a page has no XML declaration
        Ok(drawn) => PreEscaped(
            drawn
                .split_once("?>")
                .map_or(drawn.clone(), |(_, rest)| rest.to_owned()),
        ),
        // an address that fits no code is too long to be printed either
        Err(_) => Markup::default(),
    }
}

fn asked_words(lang: Lang, asked: Asked) -> &'static str {
    match asked {
        Asked::Mother => t(
            lang,
            "開くときに尋ねること：母（出産した方）の生年月日",
            "Asked on opening: the mother's date of birth",
        ),
        Asked::Filer => t(
            lang,
            "開くときに尋ねること：届け出た方の生年月日",
            "Asked on opening: the date of birth of whoever filed",
        ),
        Asked::Child => t(
            lang,
            "開くときに尋ねること：子の生年月日",
            "Asked on opening: the child's date of birth",
        ),
        Asked::Code => t(
            lang,
            "開くときに尋ねること：職員が伝えた番号",
            "Asked on opening: the code an officer gave",
        ),
        Asked::Nothing => t(
            lang,
            "届出に生年月日がないため、番号をつけた新しいリンクを出さないと開けません。",
            "No filing holds a date of birth: it opens only with a new link that has a code.",
        ),
    }
}

fn forms(officer: &Officer, base: &str, closed: bool) -> Markup {
    let lang = officer.lang;
    html! {
        section.card {
            h2 { (t(lang, "新しいリンクを出す", "Give a new link")) }
            p { (t(lang, "これまでのQRコードは、すぐに使えなくなります。本人であることを確かめてからお渡しください。", "The QR codes given so far stop working at once. Make sure who is asking.")) }
            form.decision method="post" action={ (base) "/family/renew" } {
                (csrf(officer))
                label.check { input type="checkbox" name="sure" value="yes" required id="renew-sure"; (t(lang, "家族本人であることを確かめました", "I made sure that they are the family")) }
                label.check { input type="checkbox" name="code" id="with-code" value="yes"; (t(lang, "生年月日のかわりに番号で開くようにする（支援措置など、生年月日を知る人から守るとき）", "Open by a code instead of a date of birth (to protect from somebody who knows it)")) }
                div.buttons { button.primary type="submit" id="renew" { (t(lang, "新しいリンクを出す", "Give a new link")) } }
            }
        }
        @if !closed {
            section.card {
                h2 { (t(lang, "リンクを使えなくする", "Close the link")) }
                form.decision method="post" action={ (base) "/family/close" } {
                    (csrf(officer))
                    label.check { input type="checkbox" name="sure" value="yes" required id="close-sure"; (t(lang, "家族の求めによる、または漏えいのおそれがあることを確かめました", "The family asked for it, or it may have leaked")) }
                    div.buttons { button.secondary type="submit" id="close" { (t(lang, "使えなくする", "Close it")) } }
                }
            }
        }
    }
}

/// Closes every link of the case.
pub(super) async fn close(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::GiveBack)?;
    let record = find(&app, &id).await?;
    if fields.get("sure") != Some("yes") {
        return Err(Failure::BadForm("sure"));
    }
    let link = state(&app, &record).await?;
    app.store
        .close_family_links(link.case_ref, record.row.id, by(&app, &officer))
        .await?;
    Ok(Redirect::to(&format!("/console/filings/{}/family", record.row.id)).into_response())
}

/// Closes them and gives a new one, with a code if it is wanted.
pub(super) async fn renew(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::GiveBack)?;
    let record = find(&app, &id).await?;
    if fields.get("sure") != Some("yes") {
        return Err(Failure::BadForm("sure"));
    }
    let link = state(&app, &record).await?;
    let code = match fields.get("code") {
        Some("yes") => Some(new_code()?),
        _ => None,
    };
    let hash = code.as_deref().map(|code| code_hash(&link.case_ref, code));
    let token = random_token()?;
    app.store
        .renew_family_link(
            link.case_ref,
            record.row.id,
            token,
            hash,
            by(&app, &officer),
        )
        .await?;
    page(&app, &officer, &record, code.as_deref()).await
}

/// Random digits, in two groups.
fn new_code() -> Result<String, Failure> {
    // each byte below 250 gives one digit, all ten alike
    let mut digits = String::new();
    while digits.len() < DIGITS {
        let hash = token_hash(&random_token()?);
        digits.extend(
            hash.iter()
                .filter(|byte| **byte < 250)
                .map(|byte| char::from(b'0' + byte % 10)),
        );
    }
    digits.truncate(DIGITS);
    digits.insert(DIGITS / 2, ' ');
    Ok(digits)
}

/// What the family of a filing's case said, beside the filing.
pub(super) async fn voices_box(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let link = state(app, record).await?;
    let voices = app.store.family_voices(link.case_ref).await?;
    Ok(html! {
        section.card id="family" aria-labelledby="family-title" {
            h2 id="family-title" { (t(lang, "家族", "Family")) }
            p.links { a href={ "/console/filings/" (record.row.id) "/family" } id="family-link" {
                (t(lang, "家族のリンク（QRコード）", "The family's link (QR code)"))
                @if link.closed.is_some() { " " span.flag.look { (t(lang, "使用停止中", "closed")) } }
            } }
            h3 { (t(lang, "コエ", "Comments")) }
            @if voices.is_empty() { p.hint { (t(lang, "まだありません。", "None yet.")) } }
            ul.voices { @for voice in voices.iter().take(20) { (shown(app, lang, voice)) } }
        }
    })
}

fn mood_words(lang: Lang, mood: &str) -> &'static str {
    match mood {
        "good" => t(lang, "良かった", "Good"),
        "hard" => t(lang, "困った", "Hard"),
        _ => t(lang, "伝えたいこと", "Words"),
    }
}

fn procedure_words<'a>(app: &'a Shared, lang: Lang, procedure: &'a str) -> &'a str {
    procedure
        .parse()
        .ok()
        .and_then(|id| app.catalogue.procedure(&id))
        .map_or(procedure, |known| known.title.get(lang))
}

fn shown(app: &Shared, lang: Lang, voice: &Voice) -> Markup {
    html! {
        li data-mood=(voice.mood) {
            strong { (mood_words(lang, &voice.mood)) } " " (procedure_words(app, lang, &voice.procedure)) " " span.hint { (jst::moment(voice.at, lang)) }
            @if let Some(words) = &voice.words { p.lines { (words) } }
        }
    }
}

/// All comments: how many by procedure, and the newest words.
pub(super) async fn voices(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    let lang = officer.lang;
    note(&app, &officer, "voices.viewed", "-", "").await?;
    let counts = app.store.voice_counts().await?;
    let newest = app.store.newest_voices(NEWEST).await?;
    let heading = t(lang, "コエ（家族の声）", "Comments of families");
    let of = |moods: &BTreeMap<String, i64>, mood: &str| moods.get(mood).copied().unwrap_or(0);
    let body = html! {
        h1 { (heading) }
        @if counts.is_empty() { p.empty { (t(lang, "まだありません。", "None yet.")) } } @else {
            div.scroll { table.list id="voices" {
                thead { tr {
                    th scope="col" { (t(lang, "手続き", "Procedure")) }
                    @for mood in ["good", "hard", "word"] { th scope="col" { (mood_words(lang, mood)) } }
                } }
                tbody { @for (procedure, moods) in &counts {
                    tr data-procedure=(procedure) {
                        td { (procedure_words(&app, lang, procedure)) }
                        @for mood in ["good", "hard", "word"] { td { (of(moods, mood)) } }
                    }
                } }
            } }
            h2 { (t(lang, "新しいことば", "Newest words")) }
            ul.voices { @for voice in &newest {
                li data-mood=(voice.mood) {
                    strong { (mood_words(lang, &voice.mood)) } " "
                    a href={ "/console/filings/" (voice.filing) } { (procedure_words(&app, lang, &voice.procedure)) } " "
                    span.hint { (jst::moment(voice.at, lang)) }
                    @if let Some(words) = &voice.words { p.lines { (words) } }
                }
            } }
        }
    };
    let office = app.office.name.get(lang);
    let numbers = badge(&app, &officer).await?;
    Ok(frame(
        &officer,
        office,
        numbers,
        Part::Voices,
        heading,
        &body,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn codes_are_eight_digits_in_two_groups_and_differ() {
        let (one, other) = (new_code().unwrap(), new_code().unwrap());
        assert_eq!(one.len(), 9);
        assert!(one.chars().enumerate().all(|(at, each)| if at == 4 {
            each == ' '
        } else {
            each.is_ascii_digit()
        }));
        assert_ne!(one, other);
    }

    #[test]
    fn a_qr_code_is_an_element_without_style() {
        let drawn =
            qr("https://todoke.asukoe.example/f/0123456789abcdef0123456789abcdef").into_string();
        assert!(drawn.trim_start().starts_with("<svg"), "{drawn}");
        assert!(!drawn.contains("style"), "the policy would refuse it");
    }
}
