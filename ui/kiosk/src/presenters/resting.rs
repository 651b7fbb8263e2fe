//! The resting page: whether the device is ready for the next person.

use ubugoe_view::{ComponentHandle, RestingAdapter};

use super::{Around, Picture};

pub(super) fn show(around: &Around<'_>) -> Picture {
    let room = around.has_room;
    Box::new(move |screen| {
        let page = screen.global::<RestingAdapter>();
        // A missing reader or service is a trouble page of its own; here both are well.
        page.set_reader_ok(true);
        page.set_service_ok(true);
        page.set_room_ok(room);
    })
}
