//! What somebody would like to say about the steps (コエ).

use ubugoe_view::{CommentAdapter, CommentStep, ComponentHandle, Face, Screen};
use ubugoe_visit::{Event, FollowingPage, Mood, Step, Voice};

use crate::core::{Input, Sender};

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<CommentAdapter>();
    page.set_face(Face::None);
    page.set_step(CommentStep::Whole);
    page.set_note("".into());
    page.set_writing(false);
}

const fn mood(face: Face) -> Option<Mood> {
    match face {
        Face::None => None,
        Face::Good => Some(Mood::Easy),
        Face::Fair => Some(Mood::Middling),
        Face::Hard => Some(Mood::Hard),
    }
}

const fn step(step: CommentStep) -> Step {
    match step {
        CommentStep::Whole => Step::Whole,
        CommentStep::Card => Step::Card,
        CommentStep::Words => Step::Words,
        CommentStep::Questions => Step::Questions,
        CommentStep::Nursery => Step::Nursery,
        CommentStep::Review => Step::Review,
        CommentStep::Password => Step::Password,
        CommentStep::Waiting => Step::Waiting,
    }
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<CommentAdapter>();
    let (send, weak) = (to.clone(), screen.as_weak());
    page.on_send(move || {
        let Some(screen) = weak.upgrade() else { return };
        let page = screen.global::<CommentAdapter>();
        if let Some(mood) = mood(page.get_face()) {
            let words = String::from(page.get_note());
            send.send(Input::Visit(Event::VoiceGiven(Voice {
                step: step(page.get_step()),
                mood,
                words: Some(words).filter(|words| !words.is_empty()),
            })));
        }
        wipe(&screen);
        send.send(Input::Visit(Event::BackWanted));
    });
    let send = to.clone();
    page.on_skip(move || send.send(Input::Visit(Event::PageWanted(FollowingPage::Receipts))));
}
