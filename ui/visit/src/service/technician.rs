//! The technician: a switch at the device itself, then the device's PIN, then the self-test.

use super::report::SelfTest;
use super::{
    Ask, Moved, Service, ServiceContext, ServiceEffect, SignIn, Technician, Who, acting, close,
    pad, refused, stay,
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
        Technician::Menu { .. } => close(&Service::Technician(at)),
        Technician::Testing { .. } | Technician::Report(_) | Technician::Trouble(_) => {
            acting(Service::Technician(MENU))
        }
        // What is being written answers soon.
        Technician::Unlocking { .. } => stay(Service::Technician(at)),
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
        | Service::Technician(Technician::Testing { .. } | Technician::Unlocking { .. }) => {
            stay(service)
        }
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
