//! A technician's errands: the code, the sticks, how far it is, what it did.

use ubugoe_view::{
    CodeTrouble, ComponentHandle, ErrandAdapter, ErrandKind, ErrandResult, Page, Screen,
    ServicePage,
};
use ubugoe_visit::service::{CodeProblem, Errand, ErrandDone, ServiceEvent, TypedCode};

use super::{Picture, shown, wiping};
use crate::{
    core::{Input, Sender},
    presenters::words,
};

const fn kind(errand: Errand) -> ErrandKind {
    match errand {
        Errand::Register => ErrandKind::Register,
        Errand::Move => ErrandKind::Move,
        Errand::Rotate => ErrandKind::Rotate,
        Errand::Export => ErrandKind::Export,
        Errand::Import => ErrandKind::Import,
        Errand::Logs => ErrandKind::Logs,
        Errand::Wipe => ErrandKind::Wipe,
        Errand::Destroy => ErrandKind::Destroy,
    }
}

const fn errand(kind: ErrandKind) -> Errand {
    match kind {
        ErrandKind::Register => Errand::Register,
        ErrandKind::Move => Errand::Move,
        ErrandKind::Rotate => Errand::Rotate,
        ErrandKind::Export => Errand::Export,
        ErrandKind::Import => Errand::Import,
        ErrandKind::Logs => Errand::Logs,
        ErrandKind::Wipe => Errand::Wipe,
        ErrandKind::Destroy => Errand::Destroy,
    }
}

const fn trouble(problem: Option<CodeProblem>) -> CodeTrouble {
    match problem {
        None => CodeTrouble::None,
        Some(CodeProblem::Mistyped) => CodeTrouble::Mistyped,
        Some(CodeProblem::NoAddress) => CodeTrouble::NoAddress,
        Some(CodeProblem::Unknown) => CodeTrouble::Unknown,
        Some(CodeProblem::Spent) => CodeTrouble::Spent,
        Some(CodeProblem::Expired) => CodeTrouble::Expired,
        Some(CodeProblem::Stranger) => CodeTrouble::Stranger,
        Some(CodeProblem::Unreachable) => CodeTrouble::Unreachable,
        Some(CodeProblem::Busy) => CodeTrouble::Busy,
        Some(CodeProblem::Revoked) => CodeTrouble::Revoked,
    }
}

/// What is typed stays where it is while a code that did not do is shown again: often the same one is right a moment later.
pub(super) fn code(of: Errand, problem: Option<CodeProblem>, ask_address: bool) -> (Page, Picture) {
    shown(
        ServicePage::Code,
        Box::new(move |screen| {
            let page = screen.global::<ErrandAdapter>();
            page.set_kind(kind(of));
            page.set_trouble(trouble(problem));
            page.set_ask_address(ask_address);
        }),
    )
}

pub(super) fn sticks(of: Errand, names: &[String]) -> (Page, Picture) {
    let names: Vec<_> = names.iter().map(|name| name.as_str().into()).collect();
    shown(
        ServicePage::Sticks,
        Box::new(move |screen| {
            let page = screen.global::<ErrandAdapter>();
            page.set_kind(kind(of));
            page.set_sticks(words::model(names));
        }),
    )
}

fn narrow(n: u64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

pub(super) fn working(of: Errand, (step, steps): (u64, u64)) -> (Page, Picture) {
    shown(
        ServicePage::Working,
        Box::new(move |screen| {
            let page = screen.global::<ErrandAdapter>();
            page.set_kind(kind(of));
            page.set_step(narrow(step));
            page.set_steps(narrow(steps));
        }),
    )
}

pub(super) fn done(done: &ErrandDone) -> (Page, Picture) {
    let (mut device, mut ward) = (String::new(), String::new());
    let (mut count, mut other, mut left) = (0, 0, 0);
    let result = match done {
        ErrandDone::Wiped { .. } => return wiping::done(done),
        // The session is over with it: this is never drawn.
        ErrandDone::WipeOrdered => ErrandResult::Exported,
        ErrandDone::Registered {
            device: id,
            ward: at,
        } => {
            device.clone_from(id);
            ward.clone_from(at);
            ErrandResult::Registered
        }
        ErrandDone::Moved { ward: at } => {
            ward.clone_from(at);
            ErrandResult::Moved
        }
        ErrandDone::Rotated => ErrandResult::Rotated,
        ErrandDone::RotatedUntried => ErrandResult::RotatedUntried,
        ErrandDone::Exported {
            filings,
            unreadable,
        } => {
            (count, left) = (*filings, *unreadable);
            ErrandResult::Exported
        }
        ErrandDone::Imported {
            filings,
            known,
            left: not_taken,
        } => {
            (count, other, left) = (*filings, *known, *not_taken);
            ErrandResult::Imported
        }
        ErrandDone::LogsTaken { lines, left_out } => {
            (count, other) = (*lines, *left_out);
            ErrandResult::LogsTaken
        }
    };
    let left = if left > 0 {
        left.to_string()
    } else {
        String::new()
    };
    shown(
        ServicePage::Done,
        Box::new(move |screen| {
            forget(screen);
            let page = screen.global::<ErrandAdapter>();
            page.set_result(result);
            page.set_device(device.into());
            page.set_ward(ward.into());
            page.set_count(count.to_string().into());
            page.set_other(other.to_string().into());
            page.set_left(left.into());
        }),
    )
}

/// Nothing of a code stays on a page that asks for none.
pub(super) fn forget(screen: &Screen) {
    let page = screen.global::<ErrandAdapter>();
    page.set_code("".into());
    page.set_address("".into());
}

pub(super) fn wipe(screen: &Screen) {
    forget(screen);
    let page = screen.global::<ErrandAdapter>();
    page.set_trouble(CodeTrouble::None);
    page.set_sticks(words::model(Vec::new()));
    page.set_step(0);
    page.set_steps(0);
    for empty in [
        ErrandAdapter::set_device,
        ErrandAdapter::set_ward,
        ErrandAdapter::set_count,
        ErrandAdapter::set_other,
        ErrandAdapter::set_left,
    ] {
        empty(&page, "".into());
    }
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<ErrandAdapter>();
    let send = to.clone();
    page.on_begin(move |kind| {
        send.send(Input::Service(ServiceEvent::ErrandWanted(errand(kind))));
    });
    let send = to.clone();
    page.on_code_done(move |text, address| {
        send.send(Input::Service(ServiceEvent::CodeEntered(TypedCode {
            text: text.into(),
            address: address.into(),
        })));
    });
    let send = to.clone();
    page.on_stick(move |name| {
        send.send(Input::Service(ServiceEvent::StickChosen(name.into())));
    });
}
