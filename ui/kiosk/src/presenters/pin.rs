//! The PIN pad's page: counts go in, keys come out; the characters stay in the pad.

use ubugoe_view::{ComponentHandle, PinAdapter, PinKind, Screen};
use ubugoe_visit::{CardOnReader, PinProblem};

use super::{Around, Picture};
use crate::core::{Input, Key, Sender};

pub(super) fn attributes(
    card: &CardOnReader,
    problem: Option<PinProblem>,
    around: &Around<'_>,
) -> Picture {
    show(
        PinKind::Attributes,
        4,
        4,
        card.facts.attributes_tries,
        problem,
        around.typed,
    )
}

pub(super) fn sign(
    card: &CardOnReader,
    problem: Option<PinProblem>,
    forms: usize,
    around: &Around<'_>,
) -> Picture {
    let forms = i32::try_from(forms).unwrap_or(i32::MAX);
    let page = show(
        PinKind::Sign,
        6,
        16,
        card.facts.sign_tries,
        problem,
        around.typed,
    );
    Box::new(move |screen| {
        screen.global::<PinAdapter>().set_forms(forms);
        page(screen);
    })
}

fn show(
    kind: PinKind,
    min: i32,
    max: i32,
    tries: Option<u8>,
    problem: Option<PinProblem>,
    typed: usize,
) -> Picture {
    let left = problem.map(|p| p.left).or(tries).map_or(-1, i32::from);
    Box::new(move |screen| {
        let page = screen.global::<PinAdapter>();
        page.set_kind(kind);
        page.set_min(min);
        page.set_max(max);
        page.set_tries_left(left);
        page.set_wrong(problem.is_some());
        page.set_entered(i32::try_from(typed).unwrap_or(max));
    })
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<PinAdapter>();
    page.set_entered(0);
    page.set_tries_left(-1);
    page.set_wrong(false);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<PinAdapter>();
    let send = to.clone();
    page.on_key(move |key| {
        for c in key.chars() {
            send.send(Input::Key(Key::Character(c)));
        }
    });
    let send = to.clone();
    page.on_paper(move || send.send(Input::Visit(ubugoe_visit::Event::PaperWanted)));
    let send = to.clone();
    page.on_backspace(move || send.send(Input::Key(Key::Backspace)));
    let send = to.clone();
    page.on_clear(move || send.send(Input::Key(Key::Clear)));
    let send = to.clone();
    page.on_submit(move || send.send(Input::Key(Key::Submit)));
}
