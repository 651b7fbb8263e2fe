//! Booking a place for a check-up: choose a time, have ten minutes to decide, confirm, change, cancel until the day before.
//!
//! Answers for this room's page, its forms and the calendar file. Whether a time suits a child, who pays and until when it can be
//! changed are asked of the domain; that no time is given away twice is the store's. Shows no name.

mod words;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use ubugoe_procedures::checkups::{Checkup, Checkups, Child, Cover, Status};

use super::super::{Failure, Shared};
use super::services::{Around, PHONE, PLACE, STALE, complaint, home, span, to, went_well};
use super::{Guest, Room, Said, Sent, catalogue, day, frame, moment, note};
use crate::jst;
use crate::nonstop::engine::KnownChild;
use crate::services::{calendar, slots};
use crate::store::services::{Acted, BookingRow, BookingState, PlaceAsked, SlotSeen};

#[cfg(test)]
pub(super) use words::ALL as WORDS;

/// Most times shown of one check-up.
const TIMES: usize = 80;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/f/{token}/checkups", get(page))
        .route("/f/{token}/checkups/take", post(take))
        .route("/f/{token}/checkups/confirm", post(confirm))
        .route("/f/{token}/checkups/cancel", post(cancel))
        .route("/f/{token}/checkups/{number}/checkup.ics", get(ics))
}

/// One check-up of one child, as the page shows it.
struct Part<'a> {
    number: usize,
    child: &'a KnownChild,
    checkup: &'static Checkup,
    booking: Option<&'a BookingRow>,
}

fn facts(child: &KnownChild) -> Child {
    Child {
        birth: child.birth,
        // no filing says how long a child stays in hospital
        admitted_until: None,
    }
}

fn builtin() -> Option<&'static Checkups> {
    Checkups::builtin().ok()
}

/// The check-ups that are booked, whose room is open and whose window has not closed, and those with a booking.
fn parts(around: &Around) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let Some(all) = builtin() else {
        return found;
    };
    for checkup in all.checkups().iter().filter(|checkup| checkup.booking) {
        for (number, child) in around.children_in(&checkup.id) {
            let booking = around.services.bookings.iter().rev().find(|booking| {
                booking.child == child.child
                    && booking.checkup == checkup.id
                    && matches!(
                        booking.state,
                        BookingState::Held | BookingState::Confirmed | BookingState::Attended
                    )
            });
            let status = checkup.outlook(facts(child), None, around.today).status;
            if booking.is_some() || !matches!(status, Status::Closed | Status::Done) {
                found.push(Part {
                    number,
                    child,
                    checkup,
                    booking,
                });
            }
        }
    }
    found
}

pub(super) fn room(guest: &Guest, around: &Around) -> Option<Room> {
    let parts = parts(around);
    let first = parts.first()?;
    let booked = parts.iter().find_map(|part| {
        part.booking
            .filter(|booking| booking.state == BookingState::Confirmed)
    });
    Some(Room {
        path: "checkups",
        title: &words::TITLE,
        about: html! {
            @if let Some(booking) = booked {
                (guest.say(&words::BOOKED)) ": " (moment(guest.tongue, booking.slot.starts_at))
            } @else {
                (catalogue(guest.tongue, &first.checkup.title)) " — " (guest.say(&words::ABOUT))
            }
        },
    })
}

async fn page(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    show(&app, &guest, None).await
}

async fn show(app: &Shared, guest: &Guest, said: Option<&Said>) -> Result<Response, Failure> {
    let Some(around) = Around::of(app, guest).await? else {
        return Ok(home(guest));
    };
    let parts = parts(&around);
    if parts.is_empty() {
        return Ok(home(guest));
    }
    let mut cards = Vec::with_capacity(parts.len());
    for part in &parts {
        let times = times(app, &around, part).await?;
        cards.push(card(app, guest, &around, part, &times));
    }
    note(app, guest, "family.viewed", "checkups").await?;
    let body = html! {
        (complaint(guest, said))
        @for card in &cards { (card) }
    };
    let mut guest = guest.clone();
    guest.here = format!("{}/checkups", guest.home());
    let status = if said.is_some() {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    Ok((status, frame(app, &guest, &words::TITLE, body)).into_response())
}

/// The times that suit a child and have a place left.
async fn times(app: &Shared, around: &Around, part: &Part<'_>) -> Result<Vec<SlotSeen>, Failure> {
    let Some(now) = jst::civil(around.now) else {
        return Ok(Vec::new());
    };
    let outlook = part.checkup.outlook(facts(part.child), None, around.today);
    let last = outlook
        .to
        .map_or(i64::MAX, |to| jst::at(to, 23).saturating_add(3_600));
    let from = jst::at(outlook.from, 0).max(around.now);
    let seen = app
        .store
        .slots(Some(part.checkup.id.clone()), (from, last), around.now)
        .await?;
    Ok(seen
        .into_iter()
        .filter(|seen| seen.left() > 0)
        .filter(|seen| {
            slots::domain(&seen.slot)
                .is_some_and(|slot| slot.takes(part.checkup, facts(part.child), now).is_ok())
        })
        .take(TIMES)
        .collect())
}

/// The last day on which a booking can be changed.
fn last_change(booking: &BookingRow) -> Option<jiff::civil::Date> {
    let slot = slots::domain(&booking.slot)?;
    Some(slot.last_change(builtin()?.booking()))
}

fn can_change(around: &Around, booking: &BookingRow) -> bool {
    booking.state == BookingState::Held
        || (booking.state == BookingState::Confirmed
            && last_change(booking).is_some_and(|last| around.today <= last))
}

fn card(
    app: &Shared,
    guest: &Guest,
    around: &Around,
    part: &Part<'_>,
    times: &[SlotSeen],
) -> Markup {
    let tongue = guest.tongue;
    let outlook = part.checkup.outlook(facts(part.child), None, around.today);
    let offer = |title: &Said, hint: &Said, open: bool| {
        html! {
            details.more open[open] {
                summary { (guest.say(title)) }
                (offered(app, guest, part, times, hint))
            }
        }
    };
    html! {
        article.filing data-checkup=(part.checkup.id) data-state=[part.booking.map(|booking| booking.state.code())] {
            h2 { (catalogue(tongue, &part.checkup.title)) " " (around.which(tongue, part.number)) }
            p.hint { (guest.say(&words::WINDOW)) ": " (span(tongue, outlook.from, outlook.to)) }
            @if let Some(booking) = part.booking {
                @match booking.state {
                    BookingState::Held => {
                        (held(guest, part, booking))
                        (offer(&words::OTHER, &words::TAKE_HINT, false))
                    }
                    BookingState::Confirmed => {
                        (confirmed(guest, around, part, booking))
                        @if can_change(around, booking) { (offer(&words::CHANGE, &words::MOVE_HINT, false)) }
                    }
                    _ => p.big-state.accepted { span.mark aria-hidden="true" { "✓" } (guest.say(&words::ATTENDED)) }
                }
            } @else {
                (offer(&words::CHOOSE, &words::TAKE_HINT, true))
            }
            @for code in &outlook.notes {
                @if let Some(text) = builtin().and_then(|all| all.note(*code)) { p.hint { (catalogue(tongue, text)) } }
            }
        }
    }
}

fn cover(guest: &Guest, code: &str) -> &'static str {
    guest.say(if code == "voucher" {
        &words::VOUCHER
    } else {
        &words::REFUND
    })
}

fn facts_of(guest: &Guest, booking: &BookingRow) -> Markup {
    html! {
        dl.small {
            dt { (guest.say(&words::WHEN)) } dd.when { strong { (moment(guest.tongue, booking.slot.starts_at)) } }
            dt { (guest.say(&PLACE)) } dd lang="ja" { (booking.slot.facility_name) br; (booking.slot.address) }
            @if !booking.slot.phone.is_empty() {
                dt { (guest.say(&PHONE)) } dd { a.phone href={ "tel:" (booking.slot.phone) } { (booking.slot.phone) } }
            }
            dt { (guest.say(&words::COVER)) } dd { (cover(guest, &booking.cover)) }
        }
    }
}

fn hidden(guest: &Guest, part: &Part<'_>) -> Markup {
    html! {
        (guest.hidden())
        input type="hidden" name="child" value=(part.number);
        input type="hidden" name="checkup" value=(part.checkup.id);
    }
}

fn held(guest: &Guest, part: &Part<'_>, booking: &BookingRow) -> Markup {
    let button = |way: &str, style: &str, said: &Said| {
        html! {
            form method="post" action={ (guest.home()) "/checkups/" (way) } {
                (hidden(guest, part))
                input type="hidden" name="booking" value=(booking.id);
                @if way == "cancel" { input type="hidden" name="sure" value="yes"; }
                button class={ "wide " (style) } type="submit" { (guest.say(said)) }
            }
        }
    };
    html! {
        p.big-state.returned { span.mark aria-hidden="true" { "…" } (guest.say(&words::HELD)) }
        @if let Some(until) = booking.held_until {
            p { (guest.say(&words::HELD_UNTIL)) ": " strong { (moment(guest.tongue, until)) } }
        }
        p.hint { (guest.say(&words::HELD_HINT)) }
        (facts_of(guest, booking))
        div.stack {
            (button("confirm", "primary", &words::CONFIRM))
            (button("cancel", "secondary", &words::GIVE_BACK))
        }
    }
}

fn confirmed(guest: &Guest, around: &Around, part: &Part<'_>, booking: &BookingRow) -> Markup {
    html! {
        p.big-state.accepted { span.mark aria-hidden="true" { "✓" } (guest.say(&words::BOOKED)) }
        (facts_of(guest, booking))
        p { a.button.secondary.wide href={ (guest.home()) "/checkups/" (booking.id) "/checkup.ics" } { (guest.say(&words::CALENDAR)) } }
        @if let Some(last) = last_change(booking) {
            p.hint { (guest.say(&words::LAST_CHANGE)) ": " (day(guest.tongue, last)) }
        }
        @if can_change(around, booking) {
            details.more {
                summary { (guest.say(&words::CANCEL)) }
                form method="post" action={ (guest.home()) "/checkups/cancel" } {
                    (hidden(guest, part))
                    input type="hidden" name="booking" value=(booking.id);
                    label.check { input type="checkbox" name="sure" value="yes" required; (guest.say(&words::SURE)) }
                    button.secondary.wide type="submit" { (guest.say(&words::CANCEL)) }
                }
            }
        } @else {
            p.hint { (guest.say(&words::TOO_LATE)) }
        }
    }
}

/// The times, day by day, each a button.
fn offered(
    app: &Shared,
    guest: &Guest,
    part: &Part<'_>,
    times: &[SlotSeen],
    hint: &Said,
) -> Markup {
    let home = part.child.home.unwrap_or(app.office.municipality);
    let mut days: Vec<(jiff::civil::Date, Vec<&SlotSeen>)> = Vec::new();
    for seen in times {
        let Some(date) = jst::date(seen.slot.starts_at) else {
            continue;
        };
        match days.last_mut() {
            Some((known, of)) if *known == date => of.push(seen),
            _ => days.push((date, vec![seen])),
        }
    }
    html! {
        @if days.is_empty() {
            p.empty { (guest.say(&words::NONE)) }
        } @else {
            p.hint { (guest.say(hint)) }
            @for (date, of) in &days {
                h3 { (day(guest.tongue, *date)) }
                ul.times {
                    @for seen in of {
                        li { form method="post" action={ (guest.home()) "/checkups/take" } {
                            (hidden(guest, part))
                            input type="hidden" name="slot" value=(seen.slot.id);
                            @if let Some(booking) = part.booking { input type="hidden" name="booking" value=(booking.id); }
                            button.secondary.wide type="submit" {
                                strong { (clock(seen.slot.starts_at)) } " "
                                span lang="ja" { (seen.slot.facility_name) } " "
                                span.left { (guest.say(&words::LEFT)) " " (seen.left()) }
                            }
                            @if slots::domain(&seen.slot).is_some_and(|slot| slot.cover(&home) == Cover::Refund) {
                                p.hint { (guest.say(&words::REFUND)) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn clock(at: i64) -> String {
    jst::civil(at).map_or_else(
        || "—".to_owned(),
        |at| format!("{}:{:02}", at.hour(), at.minute()),
    )
}

/// The child and the check-up a form names, if that room is open.
fn named<'a>(around: &'a Around, sent: &Sent) -> Option<(&'a KnownChild, &'static Checkup)> {
    let checkup = builtin()?.checkup(sent.fields.get("checkup")?)?;
    let child = around.child(sent.fields.get("child"), &checkup.id)?;
    checkup.booking.then_some((child, checkup))
}

fn booking_of(sent: &Sent) -> Option<i64> {
    sent.fields.get("booking")?.parse().ok()
}

async fn take(State(app): State<Shared>, sent: Sent) -> Result<Response, Failure> {
    let guest = &sent.guest;
    let Some(around) = Around::of(&app, guest).await? else {
        return Ok(home(guest));
    };
    let Some((child, checkup)) = named(&around, &sent) else {
        return Ok(home(guest));
    };
    let slot = sent.fields.get("slot").ok_or(Failure::BadForm("slot"))?;
    let found = app.store.slot(slot.to_owned(), around.now).await?;
    let (Some((seen, _)), Some(now), Some(rules)) = (
        found,
        jst::civil(around.now),
        builtin().map(Checkups::booking),
    ) else {
        return show(&app, guest, Some(&STALE)).await;
    };
    let Some(place) = slots::domain(&seen.slot) else {
        return show(&app, guest, Some(&STALE)).await;
    };
    if place.takes(checkup, facts(child), now).is_err() {
        return show(&app, guest, Some(&words::NOT_FITTING)).await;
    }
    let standing = booking_of(&sent).and_then(|id| {
        around
            .services
            .bookings
            .iter()
            .find(|booking| booking.id == id && booking.child == child.child)
    });
    if standing.is_some_and(|booking| {
        booking.state == BookingState::Confirmed
            && booking.slot.id != seen.slot.id
            && !can_change(&around, booking)
    }) {
        return show(&app, guest, Some(&words::TOO_LATE)).await;
    }
    let home_town = child.home.unwrap_or(app.office.municipality);
    let asked = PlaceAsked {
        slot: seen.slot.id,
        filing: child.filing,
        until: around.now + i64::from(rules.hold_minutes) * 60,
        cover: match place.cover(&home_town) {
            Cover::Voucher => "voucher",
            Cover::Refund => "refund",
        },
        moves: standing
            .filter(|booking| booking.state == BookingState::Confirmed)
            .map(|booking| booking.id),
    };
    let acted = app
        .store
        .take_place(around.act(guest, child, &checkup.id), asked)
        .await?;
    answer(&app, guest, acted).await
}

async fn confirm(State(app): State<Shared>, sent: Sent) -> Result<Response, Failure> {
    let guest = &sent.guest;
    let Some(around) = Around::of(&app, guest).await? else {
        return Ok(home(guest));
    };
    let Some((child, checkup)) = named(&around, &sent) else {
        return Ok(home(guest));
    };
    let id = booking_of(&sent).ok_or(Failure::BadForm("booking"))?;
    let acted = app
        .store
        .confirm_booking(around.act(guest, child, &checkup.id), id)
        .await?;
    answer(&app, guest, acted).await
}

async fn cancel(State(app): State<Shared>, sent: Sent) -> Result<Response, Failure> {
    let guest = &sent.guest;
    let Some(around) = Around::of(&app, guest).await? else {
        return Ok(home(guest));
    };
    let Some((child, checkup)) = named(&around, &sent) else {
        return Ok(home(guest));
    };
    let id = booking_of(&sent).ok_or(Failure::BadForm("booking"))?;
    if sent.fields.get("sure") != Some("yes") {
        return Err(Failure::BadForm("sure"));
    }
    let own = around
        .services
        .bookings
        .iter()
        .find(|booking| booking.id == id && booking.child == child.child);
    if own.is_some_and(|booking| {
        booking.state == BookingState::Confirmed && !can_change(&around, booking)
    }) {
        return show(&app, guest, Some(&words::TOO_LATE)).await;
    }
    let acted = app
        .store
        .cancel_booking(around.act(guest, child, &checkup.id), id)
        .await?;
    answer(&app, guest, acted).await
}

async fn answer(app: &Shared, guest: &Guest, acted: Acted) -> Result<Response, Failure> {
    let said = match acted {
        _ if went_well(acted) => return Ok(to(guest, "checkups")),
        Acted::Full => &words::FULL,
        Acted::Booked => &words::BOOKED_ALREADY,
        Acted::RanOut => &words::RAN_OUT,
        Acted::TooLate => &words::TOO_LATE,
        _ => &STALE,
    };
    show(app, guest, Some(said)).await
}

/// The booking for the family's own calendar.
async fn ics(
    State(app): State<Shared>,
    guest: Guest,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let Some(around) = Around::of(&app, &guest).await? else {
        return Ok(home(&guest));
    };
    let parts = parts(&around);
    let found = parts.iter().find_map(|part| {
        let booking = part.booking?;
        let right = booking.state == BookingState::Confirmed && number == booking.id.to_string();
        right.then_some((part, booking))
    });
    let Some((part, booking)) = found else {
        return Ok(home(&guest));
    };
    let location = format!("{} {}", booking.slot.facility_name, booking.slot.address);
    let file = calendar::file(&calendar::Event {
        booking: booking.id,
        changed_at: booking.state_at,
        starts_at: booking.slot.starts_at,
        minutes: booking.slot.minutes,
        summary: part.checkup.title.get(guest.tongue.lang()),
        location: &location,
        description: guest.say(&words::BRING),
    })
    .ok_or(Failure::NotFound)?;
    note(&app, &guest, "family.downloaded", "checkup.ics").await?;
    Ok((
        [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/calendar; charset=utf-8"),
            ),
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::from_static("attachment; filename=\"checkup.ics\""),
            ),
        ],
        file,
    )
        .into_response())
}
