//! From the visit's state to what the screen shows: one file per page, each the only one to touch its adapter.
//!
//! [`picture`] turns a state into a closure that the UI thread runs; nothing here keeps state, and no sentence is
//! written here (words live in `ui/view`; form labels come from the catalogue).

mod certificate;
mod comment;
mod entry;
mod finished;
mod identity;
mod input;
mod line;
mod looking;
mod nursery;
mod outcome;
mod paper;
mod pauses;
mod pin;
mod question;
mod review;
mod second;
mod service;
mod trouble;
mod words;

pub use question::Typed;
pub(crate) use question::{field, value};
pub(crate) use service::certificate_field;
use ubugoe_procedures::nursery::{Hit, Index, Town};
use ubugoe_procedures::{Catalogue, MunicipalityCode, Tongue};
use ubugoe_view::{
    ComponentHandle, Language, Network, Page, PapersAdapter, Screen, ServiceAdapter, Shell,
};
use ubugoe_visit::{Failure, FollowingPage, LeftOut, LineView, Stage, State, TextSize, kept_alone};
pub(crate) use words::{municipality, short_digest};

use crate::{core::Sender, input::Input, panelside::HelpLight};

/// What the pages need beside the state.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "findings that are independent of each other"
)]
pub struct Around<'a> {
    /// The catalogue, for titles and labels.
    pub catalogue: &'a Catalogue,
    /// Characters typed on the PIN pad.
    pub typed: usize,
    /// Whether the broker is connected.
    pub online: bool,
    /// Whether it was not for a day or longer.
    pub offline_long: bool,
    /// Whether the outbox takes another visit.
    pub has_room: bool,
    /// Whether the operator closed this device.
    pub closed: bool,
    /// Whether a call for staff can be seen from afar.
    pub help_light: HelpLight,
    /// The front panel does nothing of what it is told.
    pub panel_lost: bool,
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
    /// The line, while it is on the screen.
    pub line: Option<&'a LineView>,
    /// Nursery places that can be looked up.
    pub nurseries: Option<&'a Index>,
    /// The towns they lie in.
    pub towns: &'a [Town],
    /// The ones found, while they are on the screen, and whether there are more.
    pub found: &'a (Vec<Hit>, bool),
    /// How many of them may be chosen.
    pub most_choices: usize,
    /// Whether there is a printer for receipts, and one for pages.
    pub printers: (bool, bool),
    /// The number that the other parent is typing.
    pub number: &'a crate::second::Typing,
}

/// The screen's word for a language.
#[must_use]
pub const fn language(tongue: Tongue) -> Language {
    match tongue {
        Tongue::Ja => Language::Ja,
        Tongue::JaEasy => Language::JaEasy,
        Tongue::En => Language::En,
        Tongue::Zh => Language::Zh,
        Tongue::Pt => Language::Pt,
        Tongue::Vi => Language::Vi,
        Tongue::Tl => Language::Tl,
        Tongue::Ne => Language::Ne,
    }
}

const fn comfort(set: ubugoe_visit::Comfort) -> ubugoe_view::Comfort {
    ubugoe_view::Comfort {
        text: match set.text {
            TextSize::Normal => ubugoe_view::TextSize::Normal,
            TextSize::Large => ubugoe_view::TextSize::Large,
            TextSize::Largest => ubugoe_view::TextSize::Largest,
        },
        night: set.night,
        contrast: set.contrast,
        left_handed: set.left_handed,
        glove: set.glove,
        sound: set.sound,
    }
}

/// Whether the visit on the screen may be kept for later.
const fn can_pause(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Line(_)
            | Stage::Asking { .. }
            | Stage::Nursery(_)
            | Stage::Reviewing { .. }
            | Stage::SignPassword { .. }
    )
}

/// Whether only plain drawings have a place.
pub(crate) fn quiet(stage: &Stage) -> bool {
    match stage {
        Stage::StaffGuides { .. } => true,
        Stage::Following { after, .. } => after.quiet,
        other => other.draft().is_some_and(|draft| draft.flags.quiet()),
    }
}

/// Draws one state. Runs on the UI thread.
pub type Picture = Box<dyn FnOnce(&Screen) + Send>;

/// The picture of a state.
#[must_use]
pub fn picture(state: &State, around: &Around<'_>) -> Picture {
    let lang = state.tongue.lang();
    let language = language(state.tongue);
    let looks = comfort(state.comfort);
    let can_pause = can_pause(&state.stage) && around.today.is_some();
    let quiet = quiet(&state.stage);
    let panel_lost = around.panel_lost;
    let help_light = match around.help_light {
        HelpLight::None => ubugoe_view::HelpLight::None,
        HelpLight::Lit => ubugoe_view::HelpLight::Lit,
        HelpLight::Dark => ubugoe_view::HelpLight::Dark,
    };
    let hours = words::kept_hours(around);
    let (entry, waiting) = (service::entry(state), service::waiting(state));
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
        if shell.get_lang() != language
            && let Err(error) = ubugoe_view::set_language(screen, language)
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "language not shown"
            );
        }
        ubugoe_view::set_comfort(screen, looks);
        shell.set_network(network);
        shell.set_can_pause(can_pause);
        shell.set_kept_hours(hours);
        shell.set_quiet(quiet);
        shell.set_help_light(help_light);
        shell.set_panel_lost(panel_lost);
        screen.global::<ServiceAdapter>().set_entry(entry);
        screen.global::<PapersAdapter>().set_waiting(waiting);
        draw(screen);
        if shell.get_page() != page {
            shell.set_staff_called(false);
        }
        shell.set_page(page);
    })
}

fn page(state: &State, around: &Around<'_>) -> (Page, Picture) {
    let (tongue, lang) = (state.tongue, state.tongue.lang());
    let card_lies = !state.side.lying.is_empty();
    match &state.stage {
        Stage::Resting => (Page::Resting, entry::resting(around)),
        Stage::Language { .. } => (Page::Language, nothing()),
        Stage::Notice { .. } => (Page::Notice, entry::notice(around, lang)),
        Stage::CardWanted => (Page::Card, nothing()),
        Stage::AttributesPin { card, problem } => {
            (Page::Pin, pin::attributes(card, *problem, around))
        }
        Stage::ReadingAttributes { .. } => {
            (Page::Looking, looking::show(looking::What::Attributes))
        }
        Stage::Identity {
            holder, integrity, ..
        } => (Page::Identity, identity::show(holder, *integrity, tongue)),
        Stage::FindingCertificate { .. } => {
            (Page::Looking, looking::show(looking::What::Certificate))
        }
        Stage::StaffGuides { .. } => (Page::StaffGuides, nothing()),
        Stage::Resume { saved, .. } => (Page::Resume, pauses::resume(saved, tongue)),
        Stage::Certificate {
            candidates, chosen, ..
        } => (
            Page::Certificate,
            certificate::show(candidates, chosen, tongue),
        ),
        Stage::Line(draft) => (Page::Line, line::show(draft, around, tongue)),
        Stage::Asking {
            draft,
            at,
            problems,
            ..
        } => (
            Page::Question,
            question::show(draft, at, problems, around, lang),
        ),
        Stage::Nursery(draft) => (Page::Nursery, nursery::show(draft, around, tongue)),
        Stage::Reviewing { draft, prepared } => {
            (Page::Review, review::show(draft, prepared, around, lang))
        }
        Stage::SignPassword {
            draft,
            prepared,
            problem,
        } => (
            Page::Pin,
            pin::sign(&draft.card, *problem, prepared.len(), around),
        ),
        Stage::Signing { .. } => (Page::Looking, looking::show(looking::What::Signing)),
        Stage::Storing { .. } | Stage::Keeping { .. } => {
            (Page::Looking, looking::show(looking::What::Storing))
        }
        Stage::Following { after, .. } if after.page == FollowingPage::Voice => {
            (Page::Comment, nothing())
        }
        Stage::Following { deliveries, after } => (
            Page::Outcome,
            outcome::show(deliveries, after, around, tongue),
        ),
        Stage::Paused { until, answers } => (
            Page::Paused,
            pauses::paused(*until, *answers, card_lies, tongue),
        ),
        Stage::StillThere { was } => {
            let keeps = kept_alone(was, around.today);
            (Page::StillThere, pauses::still_there(keeps, around.fresh))
        }
        Stage::Called { .. } => (Page::Called, nothing()),
        Stage::Paper { was, print } => (Page::Paper, paper::show(was, *print, around, tongue)),
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
        Stage::Trouble {
            failure: Failure::CardLeft,
            ..
        } => (Page::CardLeft, nothing()),
        Stage::Trouble { failure, back_to } => {
            let retry = back_to.is_some() || failure.retry_helps();
            (Page::Trouble, trouble::show(*failure, retry))
        }
        Stage::Finished => (Page::Finished, finished::show(card_lies, around)),
        Stage::Second(second) => second::page(second, card_lies, around, lang),
    }
}

/// A page whose words are all the view's own.
fn nothing() -> Picture {
    Box::new(|_| {})
}

/// Empties every adapter that can hold something about a person.
pub fn wipe(screen: &Screen) {
    pin::wipe(screen);
    identity::wipe(screen);
    certificate::wipe(screen);
    line::wipe(screen);
    question::wipe(screen);
    input::wipe(screen);
    review::wipe(screen);
    outcome::wipe(screen);
    nursery::wipe(screen);
    pauses::wipe(screen);
    comment::wipe(screen);
    service::wipe(screen);
    second::wipe(screen);
}

/// Connects every callback of the screen to the kiosk's loop, and those of typing to the input thread.
pub fn bind(screen: &Screen, to: &Sender, typing: &Input) {
    words::bind(screen, to);
    entry::bind(screen, to);
    pauses::bind(screen, to);
    nursery::bind(screen, to);
    paper::bind(screen, to);
    comment::bind(screen, to);
    pin::bind(screen, to);
    identity::bind(screen, to);
    certificate::bind(screen, to);
    line::bind(screen, to);
    question::bind(screen, to);
    input::bind(screen, to, typing);
    review::bind(screen, to);
    outcome::bind(screen, to);
    trouble::bind(screen, to);
    service::bind(screen, to);
    second::bind(screen, to);
}
