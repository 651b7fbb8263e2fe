//! What stands beside a field while Japanese is written into it: candidates, single kanji, places of a postcode.
//!
//! Touches go to the input thread, which answers the page itself; here is only what a question means for them.

use ubugoe_procedures::{Charset, Field, FieldKind};
use ubugoe_view::{
    ComponentHandle, InputAdapter, KanjiSearch, QuestionAdapter, QuestionKind, Screen,
    Wanted as Shown,
};
use ubugoe_visit::Event;

use crate::{
    core::{Input as Happened, Sender},
    input::{Input, Order, Search, Wanted},
};

/// What a field wants written, from the last part of its path and the characters it takes.
pub(super) fn wanted(field: &Field) -> Shown {
    let leaf = field.path.as_str().rsplit('.').next().unwrap_or_default();
    match (field.charset, leaf) {
        (Some(Charset::Name), _) => Shown::Newborn,
        (_, leaf) if leaf.ends_with("mei") => Shown::GivenName,
        (_, leaf) if leaf.ends_with("sei") => Shown::Surname,
        (_, leaf) if address(leaf) => Shown::Address,
        _ => Shown::Text,
    }
}

/// Whether the field is an address, which begins with its postcode.
pub(super) fn is_address(field: &Field) -> bool {
    field.kind == FieldKind::Text && wanted(field) == Shown::Address
}

fn address(leaf: &str) -> bool {
    leaf.contains("addr") || leaf == "honseki" || leaf == "full"
}

/// A field is shown for the first time: nothing is being composed.
pub(super) fn begin(screen: &Screen, kind: QuestionKind, wanted: Shown) {
    wipe(screen);
    let page = screen.global::<InputAdapter>();
    let writes = matches!(
        kind,
        QuestionKind::Text | QuestionKind::Name | QuestionKind::Postcode
    );
    page.set_converts(writes);
    page.set_wanted(wanted);
}

pub(super) fn wipe(screen: &Screen) {
    ubugoe_view::forget_input(screen);
}

pub(super) fn bind(screen: &Screen, to: &Sender, input: &Input) {
    let page = screen.global::<InputAdapter>();
    let (send, weak) = (input.clone(), screen.as_weak());
    page.on_composed(move |kana| {
        if let Some(screen) = weak.upgrade() {
            let wanted = asked(screen.global::<InputAdapter>().get_wanted());
            send.send(Order::Composed {
                kana: kana.into(),
                wanted,
            });
        }
    });
    let send = input.clone();
    page.on_more(move || send.send(Order::More));
    let (send, weak) = (input.clone(), screen.as_weak());
    page.on_look_up(move |search, sought| {
        if let Some(screen) = weak.upgrade() {
            send.send(look_up(&screen, search, sought.into()));
        }
    });
    let (send, weak) = (input.clone(), screen.as_weak());
    page.on_replace(move |with| {
        if let Some(screen) = weak.upgrade() {
            replace(&screen, &with, &send);
        }
    });
    let send = input.clone();
    page.on_postcode_typed(move |digits| send.send(Order::PostcodeTyped(digits.into())));
    let weak = screen.as_weak();
    page.on_place_chosen(move |place| {
        if let Some(screen) = weak.upgrade() {
            // The rest of the address is written after it.
            let question = screen.global::<QuestionAdapter>();
            question.set_value(place);
            question.set_kind(QuestionKind::Text);
        }
    });
    let weak = screen.as_weak();
    page.on_in_words(move || {
        if let Some(screen) = weak.upgrade() {
            screen
                .global::<QuestionAdapter>()
                .set_kind(QuestionKind::Text);
        }
    });
    let (send, input, weak) = (to.clone(), input.clone(), screen.as_weak());
    screen.global::<QuestionAdapter>().on_edited(move |text| {
        if let Some(screen) = weak.upgrade() {
            let wanted = asked(screen.global::<InputAdapter>().get_wanted());
            input.send(Order::Edited {
                text: text.into(),
                wanted,
            });
        }
        send.send(Happened::Visit(Event::Touched));
    });
}

const fn asked(wanted: Shown) -> Wanted {
    match wanted {
        Shown::Newborn => Wanted::Newborn,
        Shown::GivenName => Wanted::GivenName,
        Shown::Surname => Wanted::Surname,
        Shown::Address => Wanted::Address,
        Shown::Text => Wanted::Text,
    }
}

fn look_up(screen: &Screen, search: KanjiSearch, sought: String) -> Order {
    let (search, sought) = match search {
        KanjiSearch::Reading => (Search::Reading, sought),
        KanjiSearch::Strokes => (Search::Strokes, sought),
        KanjiSearch::Radical => (Search::Radical, sought),
        KanjiSearch::Variants => (Search::Shapes, before_cursor(screen)),
    };
    Order::LookUp { search, sought }
}

/// The character before the cursor, without the selector it may have already.
fn before_cursor(screen: &Screen) -> String {
    let value = screen.global::<QuestionAdapter>().get_value();
    let cursor = usize::try_from(screen.global::<InputAdapter>().get_cursor()).unwrap_or_default();
    let before = value.get(..cursor).unwrap_or_else(|| value.as_str());
    let character = before
        .chars()
        .rev()
        .find(|c| !ubugoe_procedures::names::is_variation_selector(*c));
    character.map(String::from).unwrap_or_default()
}

/// A permitted character in the place of the one that is not.
fn replace(screen: &Screen, with: &str, input: &Input) {
    let (page, question) = (
        screen.global::<InputAdapter>(),
        screen.global::<QuestionAdapter>(),
    );
    let text = question
        .get_value()
        .replacen(page.get_refused().as_str(), with, 1);
    question.set_value(text.as_str().into());
    let wanted = asked(page.get_wanted());
    input.send(Order::Edited { text, wanted });
}
