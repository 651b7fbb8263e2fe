//! What a decision leads to, before it is taken: what the family will read, and which steps on its line come next.
//!
//! The words are those of the family's page, word for word. The line is the catalogue's, for what this filing alone says;
//! what it does not say stays a question.

use jiff::civil::Date;
use maud::{Markup, html};
use ubugoe_procedures::plan::{Around, Audience, Child, Family, Parent, line};
use ubugoe_procedures::{Answers, Lang, ParsedFiling, Tongue, Value};

use super::super::page::{code, say};
use super::super::{Shared, t};
use crate::casework::{FilingState, ReturnReason};
use crate::jst;

/// The languages of the family's page that are shown here; it has six more.
const PAGES: [Lang; 2] = [Lang::Ja, Lang::En];

/// What the family reads after acceptance.
pub(in crate::http) fn accepted(lang: Lang, parsed: Option<&ParsedFiling>) -> Markup {
    html! {
        section.card id="family-preview" aria-labelledby="family-preview-title" {
            h2 id="family-preview-title" { (t(lang, "家族に表示される内容", "What the family reads")) }
            (shown_in(lang, parsed))
            @for each in PAGES {
                div.preview lang=(code(each)) {
                    p { strong { (say(each, FilingState::Accepted.family())) } }
                    p { (say(each, FilingState::Accepted.next_step())) }
                }
            }
        }
    }
}

/// What the family reads after a return.
pub(in crate::http) fn returned(
    lang: Lang,
    parsed: Option<&ParsedFiling>,
    reason: ReturnReason,
    words: Option<&str>,
) -> Markup {
    html! {
        section.card id="family-preview" aria-labelledby="family-preview-title" {
            h2 id="family-preview-title" { (t(lang, "家族に表示される内容", "What the family reads")) }
            (shown_in(lang, parsed))
            @for each in PAGES {
                div.preview lang=(code(each)) {
                    p { strong { (say(each, FilingState::Returned.family())) } }
                    p { (say(each, FilingState::Returned.next_step())) }
                    p { (say(each, reason.family())) }
                    @if let Some(words) = words { p.lines lang="ja" { (words) } }
                }
            }
            @if words.is_some() { p.hint { (t(lang, "職員の説明は翻訳されません。書いたとおりに表示されます。", "Your own words are shown as written, in every language.")) } }
            p.hint { (t(lang, "到達の日は変わりません。", "The day of arrival stays the same.")) }
        }
    }
}

/// In which language the family filed.
fn shown_in(lang: Lang, parsed: Option<&ParsedFiling>) -> Markup {
    let Some(parsed) = parsed else {
        return Markup::default();
    };
    html! {
        p.hint id="filed-in" {
            (t(lang, "届出の画面の言語：", "Filed in: ")) (tongue(lang, parsed.lang_shown)) "。"
            (t(lang, "家族のページはこの言語でも読めます。手続きの名前と職員のことばは日本語です。", "The family's page can be read in it; titles and your own words are in Japanese."))
        }
    }
}

fn tongue(lang: Lang, tongue: Tongue) -> &'static str {
    match tongue {
        Tongue::Ja => t(lang, "日本語", "Japanese"),
        Tongue::JaEasy => t(lang, "やさしい日本語", "easy Japanese"),
        Tongue::En => t(lang, "英語", "English"),
        Tongue::Zh => t(lang, "中国語", "Chinese"),
        Tongue::Pt => t(lang, "ポルトガル語", "Portuguese"),
        Tongue::Vi => t(lang, "ベトナム語", "Vietnamese"),
        Tongue::Tl => t(lang, "タガログ語", "Tagalog"),
        Tongue::Ne => t(lang, "ネパール語", "Nepali"),
    }
}

/// The day of birth a filing is about.
fn birth(answers: &Answers) -> Option<Date> {
    ["birth_dt", "child.birth", "child[0].birth"]
        .iter()
        .find_map(|path| match answers.value(path) {
            Some(Value::DateTime(at)) => Some(at.date()),
            Some(Value::Date(day)) => Some(*day),
            _ => None,
        })
}

/// The steps that rest on this one. Only for a living child's filing: without a day of birth nothing is said to come.
pub(in crate::http) fn next_steps(
    app: &Shared,
    lang: Lang,
    parsed: Option<&ParsedFiling>,
) -> Markup {
    let Some((parsed, birth)) = parsed.and_then(|parsed| Some((parsed, birth(&parsed.answers())?)))
    else {
        return Markup::default();
    };
    let Some(today) = jst::date(app.now()) else {
        return Markup::default();
    };
    let mut family = Family {
        mother: Parent {
            residence: Some(parsed.recipient),
            ..Parent::default()
        },
        ..Family::default()
    };
    family.delivery.children.push(Child {
        id: String::new(),
        birth,
        minute: None,
        died: None,
    });
    family.done.push((parsed.procedure.clone(), None));
    let around = Around {
        audience: Audience::Staff,
        ..Around::default()
    };
    let whole = line(&app.catalogue, &family, today, &around);
    let next: Vec<_> = whole
        .items
        .iter()
        .filter(|item| {
            item.procedure
                .depends
                .iter()
                .any(|edge| edge.on == parsed.procedure)
        })
        .collect();
    html! {
        section.card id="next-steps" aria-labelledby="next-steps-title" {
            h2 id="next-steps-title" { (t(lang, "このあとに続く手続き", "What comes next on the line")) }
            @if next.is_empty() {
                p { (t(lang, "目録には、この手続きの後に続く手続きはありません。", "The catalogue has nothing that follows this.")) }
            } @else {
                p.hint { (t(lang, "この届出だけから分かる範囲です。当てはまるかどうかは、家族への質問で決まるものがあります。", "As far as this filing alone tells. Some rest on questions to the family.")) }
                ul.plain { @for item in next { li {
                    strong { (item.procedure.title.get(lang)) }
                    @if let Some(day) = item.deadline.as_ref().map(|deadline| deadline.open_until) {
                        " " span.hint { (t(lang, "期限 ", "until ")) (jst::short_day(day, lang)) }
                    }
                    @if let Some(automatic) = item.automatic { div.hint { (automatic.sentence.get(lang)) } }
                    @if item.unverified() { " " span.flag.mild { (t(lang, "未確認の知識を含む", "partly unverified")) } }
                } } }
            }
        }
    }
}
