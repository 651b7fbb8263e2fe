//! From the visit's state to what the screen shows: one file per page, each the only one to touch its adapter.
//!
//! [`picture`] turns a state into a closure that the UI thread runs; nothing here keeps state, and no sentence is
//! written here (words live in `ui/view`; form labels come from the catalogue).

mod certificate;
mod finished;
mod identity;
mod line;
mod looking;
mod outcome;
mod pin;
mod question;
mod resting;
mod review;
mod service;
mod trouble;
mod words;

pub use question::Typed;
pub(crate) use question::{field, value};
pub(crate) use service::certificate_field;
use ubugoe_procedures::{Catalogue, Lang, MunicipalityCode};
use ubugoe_view::{ComponentHandle, Language, Network, Page, Screen, ServiceAdapter, Shell};
use ubugoe_visit::{Failure, LeftOut, Stage, State};

use crate::core::Sender;

/// What the pages need beside the state.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The catalogue, for titles and labels.
    pub catalogue: &'a Catalogue,
    /// Characters typed on the PIN pad.
    pub typed: usize,
    /// Whether the broker is connected.
    pub online: bool,
    /// Whether the outbox takes another visit.
    pub has_room: bool,
    /// Sealed filings that wait for the network.
    pub pending: usize,
    /// Today in Japan, if the clock may be believed.
    pub today: Option<jiff::civil::Date>,
    /// Forms that are not filed here after all, with where they go instead.
    pub left_out: &'a [LeftOut<'a>],
    /// The question on the screen and how many there are, both from 1.
    pub question: (i32, i32),
    /// Whether the stage or question changed since the last picture: typed text starts anew.
    pub fresh: bool,
    /// The municipality of this ward.
    pub birthplace: MunicipalityCode,
}

/// Draws one state. Runs on the UI thread.
pub type Picture = Box<dyn FnOnce(&Screen) + Send>;

/// The picture of a state.
#[must_use]
pub fn picture(state: &State, around: &Around<'_>) -> Picture {
    let lang = state.lang;
    let entry = service::entry(state);
    let (page, draw) = if state.service.is_open() {
        service::page(&state.service, around, lang)
    } else {
        page(state, around)
    };
    let network = if around.online {
        Network::Online
    } else {
        Network::Offline
    };
    Box::new(move |screen| {
        let shell = screen.global::<Shell>();
        let language = match lang {
            Lang::Ja => Language::Ja,
            Lang::En => Language::En,
        };
        if shell.get_lang() != language
            && let Err(error) = ubugoe_view::set_language(screen, language)
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "language not shown"
            );
        }
        shell.set_network(network);
        screen.global::<ServiceAdapter>().set_entry(entry);
        draw(screen);
        if shell.get_page() != page {
            shell.set_staff_called(false);
        }
        shell.set_page(page);
    })
}

fn page(state: &State, around: &Around<'_>) -> (Page, Picture) {
    let lang = state.lang;
    match &state.stage {
        Stage::Resting => (Page::Resting, resting::show(around)),
        Stage::AttributesPin { card, problem } => {
            (Page::Pin, pin::attributes(card, *problem, around))
        }
        Stage::ReadingAttributes { .. } => {
            (Page::Looking, looking::show(looking::What::Attributes))
        }
        Stage::Identity {
            holder, integrity, ..
        } => (Page::Identity, identity::show(holder, *integrity, lang)),
        Stage::FindingCertificate { .. } => {
            (Page::Looking, looking::show(looking::What::Certificate))
        }
        Stage::Certificate { candidates, .. } => {
            (Page::Certificate, certificate::show(candidates, lang))
        }
        Stage::Line(draft) => (Page::Line, line::show(draft, around, lang)),
        Stage::Asking {
            draft,
            at,
            problems,
            ..
        } => (
            Page::Question,
            question::show(draft, at, problems, around, lang),
        ),
        Stage::Reviewing { prepared, .. } => (Page::Review, review::show(prepared, around, lang)),
        Stage::SignPassword { draft, problem, .. } => {
            (Page::Pin, pin::sign(&draft.card, *problem, around))
        }
        Stage::Signing { .. } => (Page::Looking, looking::show(looking::What::Signing)),
        Stage::Storing { .. } => (Page::Looking, looking::show(looking::What::Storing)),
        Stage::Following { deliveries } => (Page::Outcome, outcome::show(deliveries, around, lang)),
        Stage::CardAway { another, .. } => {
            let why = if *another {
                Failure::AnotherCard
            } else {
                Failure::CardTakenAway
            };
            (
                Page::Trouble,
                trouble::show(state.side.fault.unwrap_or(why), false),
            )
        }
        Stage::Trouble { failure, back_to } => {
            let retry = back_to.is_some() || failure.retry_helps();
            (Page::Trouble, trouble::show(*failure, retry))
        }
        Stage::Finished => (
            Page::Finished,
            finished::show(!state.side.lying.is_empty(), around),
        ),
    }
}

/// Empties every adapter that can hold something about a person.
pub fn wipe(screen: &Screen) {
    pin::wipe(screen);
    identity::wipe(screen);
    certificate::wipe(screen);
    line::wipe(screen);
    question::wipe(screen);
    review::wipe(screen);
    outcome::wipe(screen);
    service::wipe(screen);
}

/// Connects every callback of the screen to the kiosk's loop.
pub fn bind(screen: &Screen, to: &Sender) {
    words::bind(screen, to);
    pin::bind(screen, to);
    identity::bind(screen, to);
    certificate::bind(screen, to);
    line::bind(screen, to);
    question::bind(screen, to);
    review::bind(screen, to);
    outcome::bind(screen, to);
    trouble::bind(screen, to);
    service::bind(screen, to);
}
