//! The page while the device works and the person only waits.

use ubugoe_view::{ComponentHandle, LookingAdapter, LookingKind};

use super::Picture;

/// What is being done.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    Certificate,
    Attributes,
    Signing,
    Storing,
    Asking,
}

pub(super) fn show(what: What) -> Picture {
    let kind = match what {
        What::Certificate => LookingKind::Card,
        What::Attributes => LookingKind::Attributes,
        What::Signing => LookingKind::Signing,
        What::Storing => LookingKind::Storing,
        What::Asking => LookingKind::Asking,
    };
    Box::new(move |screen| screen.global::<LookingAdapter>().set_kind(kind))
}
