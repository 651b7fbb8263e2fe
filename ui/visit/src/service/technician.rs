//! The technician: a switch at the device itself, then the device's PIN, then the self-test and errands with the city or a stick.
//!
//! An errand that runs is not broken off: it ends by itself within its own bounds, and whoever left the page meanwhile finds its
//! line in the device's chain. A wipe that begins is not left: the device would start anew under the hands of the next.

use super::report::SelfTest;
use super::{
    Ask, Errand, ErrandDone, ErrandTrouble, Means, Moved, Service, ServiceContext, ServiceEffect,
    SignIn, Technician, TypedCode, Who, acting, close, pad, refused, stay,
};
use crate::ServiceFailure;

pub(super) fn wanted(service: Service, cx: &ServiceContext<'_>) -> Moved {
    let Service::SignIn(SignIn::Number) = service else {
        return stay(service);
    };
    let ask = cx.desk.ask;
    (
        Service::SignIn(SignIn::LookingForSwitch { ask }),
        vec![ServiceEffect::LookForSwitch { ask }, ServiceEffect::Await],
    )
}

pub(super) fn switch_seen(service: Service, answered: Ask, on: bool, known: bool) -> Moved {
    if service != Service::SignIn(SignIn::LookingForSwitch { ask: answered }) {
        return stay(service);
    }
    match (on, known) {
        (true, true) => pad(Who::Technician, None),
        (false, _) => refused(ServiceFailure::NoServiceSwitch),
        (true, false) => refused(ServiceFailure::NoTechnician),
    }
}

const MENU: Technician = Technician::Menu { unlocked: false };

pub(super) fn back(at: Technician) -> Moved {
    match at {
        // There is nothing to go back to on a device without a city, nor on one that is destroyed in part; and what is being written
        // answers soon.
        Technician::Code {
            errand: Errand::Register,
            ..
        }
        | Technician::Unlocking { .. }
        | Technician::Held {
            failure: ServiceFailure::WipeStuck,
            ..
        }
        | Technician::Working { .. } => stay(Service::Technician(at)),
        Technician::Menu { .. } | Technician::Held { .. } => close(&Service::Technician(at)),
        Technician::Done(ref done) if done.starts_anew() => close(&Service::Technician(at)),
        Technician::Testing { .. }
        | Technician::Report(_)
        | Technician::Trouble(_)
        | Technician::Code { .. }
        | Technician::LookingForSticks { .. }
        | Technician::Sticks { .. }
        | Technician::Sure { .. }
        | Technician::Done(_) => acting(Service::Technician(MENU)),
    }
}

pub(super) fn self_test(service: Service, cx: &ServiceContext<'_>) -> Moved {
    match service {
        Service::Technician(
            Technician::Menu { .. } | Technician::Report(_) | Technician::Trouble(_),
        ) => {
            let ask = cx.desk.ask;
            (
                Service::Technician(Technician::Testing { ask }),
                vec![ServiceEffect::SelfTest { ask }, ServiceEffect::Await],
            )
        }
        Service::None
        | Service::SignIn(_)
        | Service::Refused(_)
        | Service::Ward(_)
        | Service::Counter(_)
        | Service::Technician(
            Technician::Testing { .. }
            | Technician::Unlocking { .. }
            | Technician::Code { .. }
            | Technician::LookingForSticks { .. }
            | Technician::Sticks { .. }
            | Technician::Sure { .. }
            | Technician::Held { .. }
            | Technician::Working { .. }
            | Technician::Done(_),
        ) => stay(service),
    }
}

pub(super) fn tested(service: Service, answered: Ask, report: Box<SelfTest>) -> Moved {
    if service != Service::Technician(Technician::Testing { ask: answered }) {
        return stay(service);
    }
    acting(Service::Technician(Technician::Report(report)))
}

pub(super) fn silent(service: Service, answered: Ask) -> Moved {
    if service != Service::Technician(Technician::Testing { ask: answered }) {
        return stay(service);
    }
    acting(Service::Technician(Technician::Trouble(
        ServiceFailure::SelfTestSilent,
    )))
}

pub(super) fn unlock(service: Service, cx: &ServiceContext<'_>) -> Moved {
    let Service::Technician(Technician::Menu { .. }) = service else {
        return stay(service);
    };
    let ask = cx.desk.ask;
    (
        Service::Technician(Technician::Unlocking { ask }),
        vec![ServiceEffect::Unlock { ask }, ServiceEffect::Await],
    )
}

pub(super) fn unlocked(service: Service, answered: Ask, written: bool) -> Moved {
    if service != Service::Technician(Technician::Unlocking { ask: answered }) {
        return stay(service);
    }
    acting(Service::Technician(if written {
        Technician::Menu { unlocked: true }
    } else {
        Technician::Trouble(ServiceFailure::WardUnwritable)
    }))
}

fn look_for_sticks(errand: Errand, cx: &ServiceContext<'_>) -> Moved {
    let ask = cx.desk.ask;
    (
        Service::Technician(Technician::LookingForSticks { ask, errand }),
        vec![ServiceEffect::LookForSticks { ask }, ServiceEffect::Await],
    )
}

fn run(errand: Errand, means: Means, cx: &ServiceContext<'_>) -> Moved {
    let ask = cx.desk.ask;
    let step = (0, 0);
    (
        Service::Technician(Technician::Working { ask, errand, step }),
        vec![
            ServiceEffect::Run { ask, errand, means },
            ServiceEffect::Await,
        ],
    )
}

pub(super) fn errand_wanted(service: Service, errand: Errand, cx: &ServiceContext<'_>) -> Moved {
    let Service::Technician(Technician::Menu { .. }) = service else {
        return stay(service);
    };
    match errand {
        // Of a device that has a city, and a technician's PIN of it, nobody asks this.
        Errand::Register | Errand::Destroy => stay(service),
        Errand::Move => acting(Service::Technician(Technician::Code {
            errand,
            problem: None,
            ask_address: !cx.desk.knows_door,
        })),
        Errand::Rotate => run(errand, Means::Nothing, cx),
        Errand::Export | Errand::Import | Errand::Logs | Errand::Wipe => {
            look_for_sticks(errand, cx)
        }
    }
}

pub(super) fn code_entered(service: Service, code: TypedCode, cx: &ServiceContext<'_>) -> Moved {
    let Service::Technician(Technician::Code { errand, .. }) = service else {
        return stay(service);
    };
    run(errand, Means::Code(code), cx)
}

pub(super) fn refresh(service: Service, cx: &ServiceContext<'_>) -> Moved {
    match service {
        Service::Technician(Technician::Sticks { errand, .. }) => look_for_sticks(errand, cx),
        Service::Technician(
            Technician::Held { .. }
            | Technician::Done(ErrandDone::Wiped {
                on_stick: false, ..
            }),
        ) => run(Errand::Destroy, Means::Nothing, cx),
        other => stay(other),
    }
}

pub(super) fn sticks_found(service: Service, answered: Ask, names: Vec<String>) -> Moved {
    match service {
        Service::Technician(Technician::LookingForSticks { ask, errand }) if ask == answered => {
            acting(Service::Technician(Technician::Sticks { errand, names }))
        }
        other => stay(other),
    }
}

pub(super) fn stick_chosen(service: Service, name: String, cx: &ServiceContext<'_>) -> Moved {
    match service {
        Service::Technician(Technician::Sticks { errand, names }) if names.contains(&name) => {
            if errand == Errand::Wipe {
                return sure(name, false, cx);
            }
            run(errand, Means::Stick(name), cx)
        }
        other => stay(other),
    }
}

/// Other digits each time: what a hand did once does not do again.
fn sure(stick: String, mistyped: bool, cx: &ServiceContext<'_>) -> Moved {
    let digits = (1000 + cx.desk.ask.0.wrapping_mul(7919) % 9000).to_string();
    acting(Service::Technician(Technician::Sure {
        stick,
        digits,
        mistyped,
    }))
}

pub(super) fn wipe_wanted(service: Service, typed: &str, cx: &ServiceContext<'_>) -> Moved {
    match service {
        Service::Technician(Technician::Sure { stick, digits, .. }) => {
            if typed == digits {
                run(Errand::Wipe, Means::Stick(stick), cx)
            } else {
                sure(stick, true, cx)
            }
        }
        other => stay(other),
    }
}

pub(super) fn stepped(service: Service, answered: Ask, step: (u64, u64)) -> Moved {
    match service {
        Service::Technician(Technician::Working { ask, errand, .. }) if ask == answered => {
            acting(Service::Technician(Technician::Working {
                ask,
                errand,
                step,
            }))
        }
        other => stay(other),
    }
}

pub(super) fn ended(
    service: Service,
    answered: Ask,
    how: Result<ErrandDone, ErrandTrouble>,
    cx: &ServiceContext<'_>,
) -> Moved {
    let Service::Technician(Technician::Working { ask, errand, .. }) = service else {
        return stay(service);
    };
    if ask != answered {
        return stay(service);
    }
    acting(Service::Technician(match how {
        // Nobody has to press anything more.
        Ok(ErrandDone::WipeOrdered) => return close(&service),
        Ok(done) => Technician::Done(done),
        Err(ErrandTrouble::Failure(failure)) if errand == Errand::Destroy => Technician::Held {
            failure,
            stick: cx.desk.ordered.to_owned(),
        },
        Err(ErrandTrouble::Code(problem)) => Technician::Code {
            errand,
            problem: Some(problem),
            ask_address: !cx.desk.knows_door,
        },
        Err(ErrandTrouble::Failure(failure)) => Technician::Trouble(failure),
    }))
}
