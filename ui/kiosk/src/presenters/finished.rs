//! The farewell: nothing about the person is left to show.

use ubugoe_view::{ComponentHandle, FinishedAdapter};

use super::{Around, Picture};

pub(super) fn show(card_present: bool, around: &Around<'_>) -> Picture {
    let pending = i32::try_from(around.pending).unwrap_or(i32::MAX);
    Box::new(move |screen| {
        let page = screen.global::<FinishedAdapter>();
        page.set_card_present(card_present);
        page.set_pending(pending);
    })
}
