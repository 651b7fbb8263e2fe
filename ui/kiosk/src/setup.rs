//! A device without a city: the one page on which it is registered, and nothing else.
//!
//! No card, no outbox, no link, no staff: there is nothing to protect yet, and whoever has a city's one-time code may use it here. When the
//! city has answered, the program ends and starts anew with what it was told.

use std::{path::Path, sync::mpsc};

use ubugoe_procedures::{Catalogue, Tongue};
use ubugoe_visit::{
    Comfort, Event, State,
    service::{
        self, Errand, Service, ServiceContext, ServiceDesk, ServiceEffect, ServiceEvent, Technician,
    },
};

use crate::{
    clock::Clock,
    core::{self, Canvas, End, Input, Sender},
    panelside::HelpLight,
    presenters::{self, Around},
    second::Typing,
    service::errands::{Errands, Run},
};

/// What the page needs.
#[derive(Debug)]
pub struct Parts {
    /// For what every page needs of it.
    pub catalogue: Catalogue,
    /// The clock, which nobody vouches for yet: the city's answer says what time it is.
    pub clock: Clock,
    /// Who registers the device.
    pub errands: Errands,
    /// Where answers go.
    pub inputs: Sender,
}

impl Parts {
    /// For a device below `home`.
    #[must_use]
    pub fn new(home: &Path, catalogue: Catalogue, clock: Clock, inputs: Sender) -> Self {
        Self {
            catalogue,
            clock,
            errands: Errands {
                home: home.to_owned(),
                config: None,
                sticks: home.join("no-sticks"),
                logs: Vec::new(),
            },
            inputs,
        }
    }
}

const fn page() -> Service {
    Service::Technician(Technician::Code {
        errand: Errand::Register,
        problem: None,
        ask_address: true,
    })
}

/// Runs until the device is registered and somebody has read that, or until [`Input::Stop`].
pub fn run(parts: &Parts, inputs: &mpsc::Receiver<Input>, screen: &mut dyn Canvas) -> End {
    let mut state = State {
        service: page(),
        ..State::resting(Tongue::Ja, Comfort::default())
    };
    let (mut registered, mut asked) = (false, 0);
    draw(&parts.catalogue, &state, false, screen);
    while let Ok(input) = inputs.recv() {
        match input {
            Input::Stop => return End::Stop,
            Input::Settle(done) => screen.settle(done),
            Input::Visit(Event::LanguageChosen(tongue)) => {
                state.tongue = tongue;
                draw(&parts.catalogue, &state, false, screen);
            }
            Input::Service(event) => {
                registered |= matches!(&event, ServiceEvent::ErrandEnded { how: Ok(_), .. });
                asked += 1;
                let cx = ServiceContext {
                    catalogue: &parts.catalogue,
                    desk: ServiceDesk {
                        ask: service::Ask(asked),
                        ..ServiceDesk::default()
                    },
                    may_open: false,
                };
                let (after, effects) = service::step(state.service, event, &cx);
                state.service = after;
                for effect in effects {
                    if effect == ServiceEffect::Wipe {
                        screen.wipe();
                    }
                    perform(parts, effect);
                }
                if matches!(
                    state.service,
                    Service::None | Service::Technician(Technician::Menu { .. })
                ) {
                    if registered {
                        return End::Restart;
                    }
                    state.service = page();
                }
                draw(&parts.catalogue, &state, false, screen);
            }
            // What belongs to a device at work.
            _ => {}
        }
    }
    End::Stop
}

pub(crate) fn perform(parts: &Parts, effect: ServiceEffect) {
    if let ServiceEffect::Run { ask, errand, means } = effect {
        parts.errands.start(Run {
            ask,
            errand,
            means,
            at: parts.clock.unix(),
            identities: None,
            inputs: parts.inputs.clone(),
        });
    }
}

/// Draws a page of a device that does not work (yet), `closed` or waiting for its code.
pub(crate) fn draw(catalogue: &Catalogue, state: &State, closed: bool, screen: &mut dyn Canvas) {
    let number = Typing::default();
    // A device without a city has no municipality: no page that is shown here asks for it.
    let Some(birthplace) = catalogue.profiles().next().map(|one| one.code) else {
        return;
    };
    let around = Around {
        catalogue,
        typed: 0,
        online: false,
        offline_long: false,
        has_room: true,
        closed,
        help_light: HelpLight::None,
        panel_lost: false,
        pending: 0,
        today: None,
        left_out: &[],
        question: (1, 1),
        fresh: true,
        birthplace,
        line: None,
        nurseries: None,
        towns: &[],
        found: &(Vec::new(), false),
        most_choices: 0,
        printers: (false, false),
        number: &number,
    };
    let report = core::report(state, &around);
    screen.draw(presenters::picture(state, &around), report);
}
