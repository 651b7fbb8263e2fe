//! Signing in: the number goes out as typed; of a PIN only the count comes in.

use ubugoe_view::{
    ComponentHandle, Page, Screen, ServicePage, ServiceWait, SignInAdapter, SignInProblem,
};
use ubugoe_visit::service::{PinRefused, ServiceEvent, SignIn, StaffNumber, Who};

use super::{Around, Picture, shown, wait};
use crate::{
    core::{Input, Key, Sender},
    service::accounts::PIN_DIGITS,
};

pub(super) fn page(at: &SignIn, around: &Around<'_>) -> (Page, Picture) {
    match at {
        SignIn::Number => {
            let fresh = around.fresh;
            shown(
                ServicePage::Number,
                Box::new(move |screen| {
                    if fresh {
                        screen.global::<SignInAdapter>().set_number("".into());
                    }
                }),
            )
        }
        SignIn::Pin { who, problem } => pin(who, *problem, around),
        SignIn::Checking { .. } => wait(ServiceWait::Pin),
        SignIn::LookingForSwitch { .. } => wait(ServiceWait::Switch),
    }
}

fn pin(who: &Who, problem: Option<PinRefused>, around: &Around<'_>) -> (Page, Picture) {
    let technician = *who == Who::Technician;
    let (typed, (min, max)) = (around.typed, PIN_DIGITS);
    let narrow = |n: usize| i32::try_from(n).unwrap_or_default();
    let seconds_of = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let (shown_problem, left, seconds) = match problem {
        None => (SignInProblem::None, 0, 0),
        Some(PinRefused::Wrong {
            left: Some(left),
            pause,
        }) => (SignInProblem::Wrong, i32::from(left), seconds_of(pause)),
        Some(PinRefused::Wrong { left: None, pause }) => {
            (SignInProblem::WrongUnlimited, 0, seconds_of(pause))
        }
        Some(PinRefused::TooSoon { seconds }) => (SignInProblem::TooSoon, 0, seconds_of(seconds)),
    };
    shown(
        ServicePage::Pin,
        Box::new(move |screen| {
            let page = screen.global::<SignInAdapter>();
            page.set_technician(technician);
            page.set_min(narrow(min));
            page.set_max(narrow(max));
            page.set_entered(narrow(typed));
            page.set_problem(shown_problem);
            page.set_left(left);
            page.set_seconds(seconds);
        }),
    )
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<SignInAdapter>();
    page.set_number("".into());
    page.set_entered(0);
    page.set_problem(SignInProblem::None);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<SignInAdapter>();
    let send = to.clone();
    page.on_number_done(move |number| {
        if let Some(number) = StaffNumber::new(&number) {
            send.send(Input::Service(ServiceEvent::NumberEntered(number)));
        }
    });
    let send = to.clone();
    page.on_maintenance(move || send.send(Input::Service(ServiceEvent::TechnicianWanted)));
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
}
