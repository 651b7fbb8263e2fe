//! The frame every page shares: document, header, language switch, small parts.

use axum::http::Uri;
use maud::{DOCTYPE, Markup, html};
use ubugoe_procedures::Lang;

use super::guard::Officer;
use super::t;
use crate::casework::roles::Right;
use crate::casework::words::Words;

/// Name of the product on the console.
const PRODUCT: &str = "Ubugoe 届出審査";
const PRODUCT_EN: &str = "Ubugoe casework";

/// `ja` or `en`.
pub(super) fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => "ja",
        Lang::En => "en",
    }
}

/// The language an address asks for.
pub(super) fn language_choice(uri: &Uri) -> Option<Lang> {
    uri.query()?.split('&').find_map(|pair| match pair {
        "lang=ja" => Some(Lang::Ja),
        "lang=en" => Some(Lang::En),
        _ => None,
    })
}

/// Words in the page's language.
pub(super) fn say(lang: Lang, words: Words) -> &'static str {
    t(lang, words.ja, words.en)
}

/// A whole document.
pub(super) fn document(lang: Lang, title: &str, header: &Markup, body: &Markup) -> Markup {
    document_in(
        code(lang),
        t(lang, "本文へ", "Skip to content"),
        title,
        header,
        body,
    )
}

/// The same in a language that has a code, with its words for skipping to the content.
pub(super) fn document_in(
    code: &str,
    skip: &str,
    title: &str,
    header: &Markup,
    body: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(code) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="color-scheme" content="light";
                meta name="format-detection" content="telephone=no";
                title { (title) }
                link rel="stylesheet" href="/assets/city.css";
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
            }
            body {
                a.skip href="#main" { (skip) }
                (header)
                (body)
            }
        }
    }
}

/// The switch to the other language.
pub(super) fn language_switch(lang: Lang, here: &str) -> Markup {
    html! {
        nav.language aria-label=(t(lang, "言語 / Language", "Language / 言語")) {
            @for (each, name) in [(Lang::Ja, "日本語"), (Lang::En, "English")] {
                @if each == lang {
                    span aria-current="true" lang=(code(each)) { (name) }
                } @else {
                    a href={ (here) "?lang=" (code(each)) } lang=(code(each)) hreflang=(code(each)) { (name) }
                }
            }
        }
    }
}

/// Header before anybody is signed in.
pub(super) fn bare_header(lang: Lang, here: &str) -> Markup {
    html! {
        header.top {
            span.product { (t(lang, PRODUCT, PRODUCT_EN)) }
            span.grow {}
            (language_switch(lang, here))
        }
    }
}

/// Which part of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Filings,
    Nonstop,
    Services,
    Quarantine,
    Audit,
    Agencies,
    HandOver,
    Voices,
    Retention,
}

/// A console page.
pub(super) fn console(
    officer: &Officer,
    office: &str,
    waiting: u64,
    part: Part,
    title: &str,
    body: &Markup,
) -> Markup {
    let lang = officer.lang;
    let header = html! {
        header.top {
            span.product { (t(lang, PRODUCT, PRODUCT_EN)) }
            span.office { (office) }
            nav.parts aria-label=(t(lang, "メニュー", "Menu")) {
                @if officer.may(Right::SeeCases) {
                    a href="/console/filings" aria-current=[(part == Part::Filings).then_some("page")] { (t(lang, "届出", "Filings")) }
                }
                @if officer.may(Right::SeeCases) {
                    a href="/console/nonstop" aria-current=[(part == Part::Nonstop).then_some("page")] { (t(lang, "自動で進むこと", "By itself")) }
                }
                @if officer.may(Right::SeeCases) {
                    a href="/console/services" aria-current=[(part == Part::Services).then_some("page")] { (t(lang, "予約", "Services")) }
                }
                @if officer.may(Right::SeeCases) {
                    a href="/console/voices" aria-current=[(part == Part::Voices).then_some("page")] { (t(lang, "コエ", "Comments")) }
                }
                @if officer.may(Right::SeeQuarantine) {
                    a href="/console/quarantine" aria-current=[(part == Part::Quarantine).then_some("page")] {
                        (t(lang, "読めない届き物", "Unreadable"))
                        @if waiting > 0 { span.badge { (waiting) } }
                    }
                }
                @if officer.linked && (officer.may(Right::SeeCases) || officer.may(Right::SeeOwnPart)) {
                    a href="/console/agencies" aria-current=[(part == Part::Agencies).then_some("page")] { (t(lang, "関係機関", "Agencies")) }
                }
                @if officer.may(Right::Export) {
                    a href="/console/export" aria-current=[(part == Part::HandOver).then_some("page")] { (t(lang, "引き渡し", "Hand over")) }
                }
                @if officer.may(Right::SeeAudit) {
                    a href="/console/audit" aria-current=[(part == Part::Audit).then_some("page")] { (t(lang, "操作記録", "Audit log")) }
                }
                @if officer.may(Right::SeeAudit) || officer.may(Right::Hold) {
                    a href="/console/retention" aria-current=[(part == Part::Retention).then_some("page")] { (t(lang, "保存期間", "Retention")) }
                }
            }
            span.grow {}
            (language_switch(lang, &officer.here))
            @if officer.break_glass { span.badge id="break-glass" { (t(lang, "非常用", "break-glass")) } }
            span.who { (officer.account.name) }
            form method="post" action="/console/sign-out" {
                (csrf(officer))
                button.quiet type="submit" id="sign-out" { (t(lang, "サインアウト", "Sign out")) }
            }
        }
    };
    document(
        lang,
        &format!("{title}｜{}", t(lang, PRODUCT, PRODUCT_EN)),
        &header,
        &html! { main id="main" { (body) } },
    )
}

/// The hidden field every form of a session carries.
pub(super) fn csrf(officer: &Officer) -> Markup {
    html! { input type="hidden" name="csrf" value=(officer.session.csrf); }
}

/// A page for when there is no page, in both languages.
pub(super) fn plain(words: [(&str, &str); 2]) -> Markup {
    let [ja, en] = words;
    let body = html! {
        main.notice id="main" {
            h1 { (ja.0) }
            p { (ja.1) }
            section lang="en" {
                h2 { (en.0) }
                p { (en.1) }
            }
        }
    };
    document(
        Lang::Ja,
        ja.0,
        &html! { header.top { span.product { "Ubugoe" } } },
        &body,
    )
}
