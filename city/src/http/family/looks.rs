//! Who looked: the lines of the audit chain about a case, in plain words.
//!
//! Answers for showing when somebody of which role did what. Must not show anybody's name or account, nor what was seen.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::super::{Failure, Shared};
use super::room_words as said;
use super::{Guest, Room, Said, frame, moment, note};
use crate::casework::roles::Role;
use crate::jst;
use crate::store::family::Look;

/// Most lines read.
const MOST: u32 = 300;
/// Accounts that an identity provider vouches for.
const PROVIDED: &str = "oidc:";

#[expect(clippy::unused_async, reason = "every part's room is asked alike")]
pub(super) async fn room(_app: &Shared, guest: &Guest) -> Result<Option<Room>, Failure> {
    Ok(Some(Room {
        path: "looks",
        title: &said::LOOKS_TITLE,
        about: html! { p { (guest.say(&said::LOOKS_ABOUT)) } },
    }))
}

/// The page.
pub(super) async fn page(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    note(&app, &guest, "family.viewed", "looks").await?;
    let looks = app.store.family_looks(guest.case_ref, MOST).await?;
    let lines = gathered(&app, &looks);
    let body = html! {
        p { (guest.say(&said::LOOKS_LEAD)) }
        ol.looks id="looks" { @for line in &lines {
            li data-act=(line.action) data-who=(line.who.en) { (shown(&guest, line)) }
        } }
    };
    Ok(frame(&app, &guest, &said::LOOKS_TITLE, body))
}

/// What somebody did on a day, once or several times.
#[derive(Debug, Clone, Copy)]
struct Line<'l> {
    at: i64,
    who: &'static Said,
    act: &'static Said,
    action: &'l str,
    times: u32,
}

/// The same act of the same role on the same day stands once.
fn gathered<'l>(app: &Shared, looks: &'l [Look]) -> Vec<Line<'l>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for look in looks {
        // whoever answered wrong may be anybody who found the paper
        let who = match look.action.as_str() {
            "family.wrong" => &said::SOMEBODY,
            _ => who(app, &look.actor),
        };
        let act = said::act(&look.action);
        let known = lines
            .iter_mut()
            .rev()
            .take_while(|line| jst::date(line.at) == jst::date(look.at))
            .find(|line| std::ptr::eq(line.who, who) && std::ptr::eq(line.act, act));
        match known {
            Some(line) => line.times += 1,
            None => lines.push(Line {
                at: look.at,
                who,
                act,
                action: &look.action,
                times: 1,
            }),
        }
    }
    lines
}

/// Who somebody of the chain is to a family: a role, never a person.
fn who(app: &Shared, actor: &str) -> &'static Said {
    match actor {
        "family" => return &said::FAMILY,
        "system" => return &said::MACHINE,
        "hospital" | "insurer" => return &said::AGENCY,
        _ => {}
    }
    if actor.starts_with(PROVIDED) {
        return &said::STAFF;
    }
    let roles = app
        .staff
        .iter()
        .find(|staff| staff.id == actor)
        .map(|staff| staff.roles.as_slice());
    match roles {
        // of several roles the one that may most
        Some(roles) => [
            Role::Decider,
            Role::Examiner,
            Role::Reception,
            Role::Auditor,
            Role::Administrator,
            Role::Agency,
        ]
        .into_iter()
        .find(|role| roles.contains(role))
        .map_or(&said::STAFF, said::role),
        None => &said::STAFF,
    }
}

fn shown(guest: &Guest, line: &Line<'_>) -> Markup {
    html! {
        span.when { (moment(guest.tongue, line.at)) }
        strong { (guest.say(line.who)) }
        span.what { (guest.say(line.act)) @if line.times > 1 { " ×" (line.times) } }
    }
}
