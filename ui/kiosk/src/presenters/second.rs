//! The other parent: their card, the number, and what became of it. What they read and sign is on the pages of every signature.

use ubugoe_procedures::{Lang, ParsedFiling};
use ubugoe_protocol::digest;
use ubugoe_view::{
    ComponentHandle, Page, ReviewAdapter, ReviewForm, Screen, SecondAdapter, SecondNote, SecondPart,
};
use ubugoe_visit::{Event, Second, SecondProblem, SecondSheet};

use super::{Around, Picture, looking, pin, review, words};
use crate::core::{Input, Key, Sender};

/// The page of how far the other parent has come.
pub(super) fn page(
    second: &Second,
    card_lies: bool,
    around: &Around<'_>,
    lang: Lang,
) -> (Page, Picture) {
    match second {
        Second::CardWanted => (
            Page::Second,
            Box::new(|screen| screen.global::<SecondAdapter>().set_part(SecondPart::Card)),
        ),
        Second::Number { problem, .. } => (Page::Second, number(*problem, around)),
        Second::Asking { .. } => (Page::Looking, looking::show(looking::What::Asking)),
        Second::Reading { sheet, .. } => (Page::Review, sheet_in_full(sheet, around, lang)),
        Second::Password { card, problem, .. } => (Page::Pin, pin::sign(card, *problem, 1, around)),
        Second::Signing { .. } => (Page::Looking, looking::show(looking::What::Signing)),
        Second::Storing { .. } => (Page::Looking, looking::show(looking::What::Storing)),
        Second::Done { arrived, .. } => (Page::Second, done(*arrived, card_lies)),
    }
}

const fn note(problem: SecondProblem) -> SecondNote {
    match problem {
        SecondProblem::Mistyped => SecondNote::Mistyped,
        SecondProblem::Unknown => SecondNote::Unknown,
        SecondProblem::Busy => SecondNote::Busy,
        SecondProblem::Offline => SecondNote::Offline,
        SecondProblem::NoAnswer => SecondNote::NoAnswer,
        SecondProblem::Unreadable => SecondNote::Unreadable,
    }
}

fn number(problem: Option<SecondProblem>, around: &Around<'_>) -> Picture {
    let (shown, complete) = (around.number.shown(), around.number.is_complete());
    Box::new(move |screen| {
        let page = screen.global::<SecondAdapter>();
        page.set_part(SecondPart::Number);
        page.set_shown(shown.into());
        page.set_complete(complete);
        page.set_note(problem.map_or(SecondNote::None, note));
    })
}

fn done(arrived: bool, card_lies: bool) -> Picture {
    Box::new(move |screen| {
        let page = screen.global::<SecondAdapter>();
        page.set_part(SecondPart::Done);
        page.set_arrived(arrived);
        page.set_card_present(card_lies);
    })
}

/// Everything that will be signed, from exactly the bytes that will be signed.
fn sheet_in_full(sheet: &SecondSheet, around: &Around<'_>, lang: Lang) -> Picture {
    let fresh = around.fresh;
    let parsed = ParsedFiling::parse(&sheet.canonical).ok();
    let (title, to) = parsed.as_ref().map_or_else(Default::default, |filing| {
        (
            words::title(around.catalogue, &filing.procedure, lang),
            words::municipality(around.catalogue, filing.recipient, lang),
        )
    });
    // Bytes that do not parse show as an empty sheet, which cannot be passed: nothing unshown is signed.
    let rows = parsed.map(|filing| review::read_only(&filing, lang));
    let digest = words::short_digest(&digest(&sheet.canonical));
    Box::new(move |screen| {
        let page = screen.global::<ReviewAdapter>();
        page.set_second(true);
        page.set_in_words(false);
        page.set_elsewhere("".into());
        page.set_forms(words::model(vec![ReviewForm {
            title: title.into(),
            to: to.into(),
            digest: digest.into(),
            rows: words::model(rows.unwrap_or_default()),
            ..ReviewForm::default()
        }]));
        if fresh {
            page.set_current(0);
            page.set_seen(0);
        }
    })
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<SecondAdapter>();
    page.set_shown("".into());
    page.set_complete(false);
    page.set_note(SecondNote::None);
    page.set_arrived(false);
    screen.global::<ReviewAdapter>().set_second(false);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<SecondAdapter>();
    let send = to.clone();
    page.on_key(move |key| {
        for c in key.chars() {
            send.send(Input::Key(Key::Character(c)));
        }
    });
    let send = to.clone();
    page.on_backspace(move || send.send(Input::Key(Key::Backspace)));
    let send = to.clone();
    page.on_clear(move || send.send(Input::Key(Key::Clear)));
    let send = to.clone();
    page.on_submit(move || send.send(Input::Key(Key::Submit)));
    let send = to.clone();
    page.on_back(move || send.send(Input::Visit(Event::BackWanted)));
    let send = to.clone();
    page.on_finish(move || send.send(Input::Visit(Event::QuitWanted)));
}
