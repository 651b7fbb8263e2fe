//! Vaccination windows: for each child what comes when, what is due now, and the doses the family says were given.
//!
//! Answers for this room's page and its form. Windows are `ubugoe_procedures::vaccination`'s; nothing here is advice. No dose is
//! known to the city: what a family tells is kept as told by the family, and the page says so.

mod words;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::civil::Date;
use maud::{Markup, html};
use ubugoe_procedures::calendar::plus_days;
use ubugoe_procedures::vaccination::{
    Ahead, Dose, NextDose, Person, Planned, Records, Schedule, Status,
};

use super::super::{Failure, Shared};
use super::services::{Around, STALE, complaint, home, span, to, went_well};
use super::{Guest, Room, Said, Sent, catalogue, day, frame, note};
use crate::nonstop::engine::KnownChild;
use crate::services::VACCINES;

#[cfg(test)]
pub(super) use words::ALL as WORDS;

/// What lies further ahead is folded away.
const NEAR_DAYS: i32 = 366;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/f/{token}/vaccines", get(page).post(tell))
}

/// Where a vaccine stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Now,
    Ask,
    Soon,
    Later,
    Done,
    Over,
}

impl Group {
    const ALL: [Self; 6] = [
        Self::Now,
        Self::Ask,
        Self::Soon,
        Self::Later,
        Self::Done,
        Self::Over,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Ask => "ask",
            Self::Soon => "soon",
            Self::Later => "later",
            Self::Done => "done",
            Self::Over => "over",
        }
    }

    fn words(self) -> &'static Said {
        match self {
            Self::Now => &words::NOW,
            Self::Ask => &words::ASK,
            Self::Soon => &words::SOON,
            Self::Later => &words::LATER,
            Self::Done => &words::DONE,
            Self::Over => &words::OVER,
        }
    }
}

/// None for what is not part of the programme for this child.
fn group(planned: &Planned<'_>, today: Date) -> Option<Group> {
    Some(match planned.outlook.status {
        Status::NotRoutine => return None,
        Status::NeedsDoctor => Group::Ask,
        Status::Complete => Group::Done,
        Status::Expired => Group::Over,
        Status::DueWindow | Status::Late | Status::LateSeries | Status::LastDay => {
            // permitted from birth is not yet due: the standard time says when one goes
            let due = planned.outlook.next.map(|next| {
                next.recommended
                    .map_or(next.earliest, |(from, _)| from.max(next.earliest))
            });
            match due {
                Some(due) if due <= today => Group::Now,
                Some(due) if due <= plus_days(today, NEAR_DAYS) => Group::Soon,
                _ => Group::Later,
            }
        }
    })
}

fn person(child: &KnownChild) -> Person {
    Person {
        birth: Some(child.birth),
        due: None,
        sex: child.sex,
        mother_hbs_positive: false,
        live_injections: Vec::new(),
        away: false,
    }
}

fn records(around: &Around, child: &KnownChild) -> Records {
    let mut records = Records::new();
    for told in &around.services.doses {
        if told.child == child.child
            && let Ok(day) = told.day.parse::<Date>()
        {
            records
                .entry(told.vaccine.clone())
                .or_default()
                .push(Dose::from(day));
        }
    }
    records
}

/// The whole calendar of a child.
fn calendar<'s>(
    schedule: &'s Schedule,
    around: &Around,
    child: &KnownChild,
) -> Vec<(Group, Planned<'s>)> {
    let planned = schedule.calendar(&person(child), &records(around, child), around.today);
    planned
        .unwrap_or_default()
        .into_iter()
        .filter_map(|one| Some((group(&one, around.today)?, one)))
        .collect()
}

pub(super) fn room(guest: &Guest, around: &Around) -> Option<Room> {
    let schedule = Schedule::builtin().ok()?;
    let children = around.children_in(VACCINES);
    if children.is_empty() {
        return None;
    }
    let now = children
        .iter()
        .flat_map(|(_, child)| calendar(schedule, around, child))
        .filter(|(group, _)| *group == Group::Now)
        .count();
    Some(Room {
        path: "vaccines",
        title: &words::TITLE,
        about: html! {
            @if now > 0 { (guest.say(&words::NOW)) ": " (now) } @else { (guest.say(&words::ABOUT)) }
        },
    })
}

async fn page(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    show(&app, &guest, None).await
}

async fn show(app: &Shared, guest: &Guest, said: Option<&Said>) -> Result<Response, Failure> {
    let (Some(around), Ok(schedule)) = (Around::of(app, guest).await?, Schedule::builtin()) else {
        return Ok(home(guest));
    };
    let children = around.children_in(VACCINES);
    if children.is_empty() {
        return Ok(home(guest));
    }
    note(app, guest, "family.viewed", "vaccines").await?;
    let body = html! {
        (complaint(guest, said))
        div.notice-bar id="honest" { p { (guest.say(&words::HONEST)) } }
        @for (number, child) in &children {
            @let all = calendar(schedule, &around, child);
            section data-child=(number) {
                @if around.children.len() > 1 { h2.which { (around.which(guest.tongue, *number)) } }
                @for group in Group::ALL {
                    @let of: Vec<&Planned<'_>> = all.iter().filter(|(one, _)| *one == group).map(|(_, planned)| planned).collect();
                    @if !of.is_empty() {
                        @let inside = html! { @for planned in &of { (vaccine(guest, &around, *number, child, schedule, planned)) } };
                        @if matches!(group, Group::Later | Group::Done | Group::Over) {
                            details.more data-group=(group.code()) { summary { h2 { (guest.say(group.words())) span.count { (of.len()) } } } (inside) }
                        } @else {
                            section.line data-group=(group.code()) { h2 { (guest.say(group.words())) span.count { (of.len()) } } (inside) }
                        }
                    }
                }
            }
        }
        p.hint { (guest.say(&words::NOT_ADVICE)) }
    };
    let status = if said.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok((status, frame(app, guest, &words::TITLE, body)).into_response())
}

fn vaccine(
    guest: &Guest,
    around: &Around,
    number: usize,
    child: &KnownChild,
    schedule: &Schedule,
    planned: &Planned<'_>,
) -> Markup {
    let tongue = guest.tongue;
    let id = &planned.vaccine.id;
    let told: Vec<&str> = around
        .services
        .doses
        .iter()
        .filter(|dose| dose.child == child.child && dose.vaccine == *id)
        .map(|dose| dose.day.as_str())
        .collect();
    let field = format!("day-{number}-{id}");
    html! {
        article.filing data-vaccine=(id) {
            h3 { (catalogue(tongue, &planned.vaccine.title)) }
            @if let Some(first) = planned.ahead.first() { (dose(guest, first)) }
            @if planned.ahead.len() > 1 {
                ul.plain { @for ahead in planned.ahead.iter().skip(1) { li { (dose(guest, ahead)) } } }
                p.hint { (guest.say(&words::ASSUMES)) }
            }
            @for code in &planned.outlook.notes {
                @if let Some(text) = schedule.note(*code) { p.hint { (catalogue(tongue, text)) } }
            }
            @if !told.is_empty() {
                p { strong { (guest.say(&words::TOLD)) } }
                ul.plain { @for given in &told {
                    li data-day=(given) {
                        @if let Ok(given) = given.parse() { (day(tongue, given)) } " "
                        form.inline method="post" action={ (guest.home()) "/vaccines" } {
                            (guest.hidden())
                            input type="hidden" name="child" value=(number);
                            input type="hidden" name="vaccine" value=(id);
                            input type="hidden" name="day" value=(given);
                            input type="hidden" name="what" value="not";
                            button.quiet type="submit" { (guest.say(&words::TAKE_BACK)) }
                        }
                    }
                } }
            }
            details.more {
                summary { (guest.say(&words::TELL)) }
                form method="post" action={ (guest.home()) "/vaccines" } {
                    (guest.hidden())
                    input type="hidden" name="child" value=(number);
                    input type="hidden" name="vaccine" value=(id);
                    input type="hidden" name="what" value="given";
                    label for=(field) { (guest.say(&words::GIVEN_ON)) }
                    input type="date" id=(field) name="day" required min=(child.birth) max=(around.today);
                    button.secondary.wide type="submit" { (guest.say(&words::TELL)) }
                }
            }
        }
    }
}

fn dose(guest: &Guest, ahead: &Ahead) -> Markup {
    let tongue = guest.tongue;
    let NextDose {
        number,
        earliest,
        recommended,
        latest,
        ..
    } = ahead.dose;
    html! {
        p.dose {
            strong { (guest.say(&words::DOSE_BEFORE)) (number) (guest.say(&words::DOSE_AFTER)) }
            @if let Some((from, to)) = recommended {
                br; (guest.say(&words::STANDARD)) ": " (span(tongue, from, Some(to)))
            }
            @if !ahead.assumes_earlier {
                br; (guest.say(&words::PERMITTED)) ": " (span(tongue, earliest, Some(latest)))
            }
        }
    }
}

/// The family says that a dose was given, or takes that back.
async fn tell(State(app): State<Shared>, sent: Sent) -> Result<Response, Failure> {
    let guest = &sent.guest;
    let Some(around) = Around::of(&app, guest).await? else {
        return Ok(home(guest));
    };
    let Some(child) = around.child(sent.fields.get("child"), VACCINES) else {
        return Ok(home(guest));
    };
    let known = Schedule::builtin()
        .ok()
        .and_then(|schedule| schedule.vaccine(sent.fields.get("vaccine")?));
    let Some(vaccine) = known else {
        return Err(Failure::BadForm("vaccine"));
    };
    let given = match sent.fields.get("what") {
        Some("given") => true,
        Some("not") => false,
        _ => return Err(Failure::BadForm("what")),
    };
    let told = sent
        .fields
        .get("day")
        .and_then(|day| day.trim().parse::<Date>().ok());
    let Some(told) = told.filter(|day| *day >= child.birth && *day <= around.today) else {
        return show(&app, guest, Some(&words::BAD_DAY)).await;
    };
    let acted = app
        .store
        .tell_dose(
            around.act(guest, child, VACCINES),
            vaccine.id.clone(),
            told.to_string(),
            given,
        )
        .await?;
    if went_well(acted) {
        return Ok(to(guest, "vaccines"));
    }
    show(&app, guest, Some(&STALE)).await
}
