//! Nurseries: search, details, a ranked list, and the application for 利用調整.
//!
//! ```text
//!   search ──> list (add, up, down, remove) ──> household ──> review ──submit──> submitted, with a number
//!                 └──────────────── changes until the round closes ───────────────┘
//! ```
//!
//! Answers for this room's pages and forms. What suits a child, what the rounds are and what a household comes to is asked of
//! [`crate::services::nursery`]. It is always said whether something was submitted; points are an estimate and say so; nothing is
//! said about how likely a place is (trap 62). Words that are looked for and what a household says stand in no address.

mod form;
mod words;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use maud::{Markup, html};
use ubugoe_procedures::calendar::written_month;
use ubugoe_procedures::catalogue::Profile;
use ubugoe_procedures::nursery::{Facility, FacilityKind, Hit, Outcome, Wishes};

use super::super::{Failure, Shared};
use super::services::{Around, PHONE, PLACE, STALE, complaint, home, to, went_well};
use super::{Guest, Room, Said, Sent, Tongue, catalogue, day, frame, moment, note};
use crate::nonstop::engine::KnownChild;
use crate::services::NURSERY;
use crate::services::nursery::{Nurseries, Round, Turn, most_wishes, rounds};
use crate::store::services::{Act, Acted, ApplicationRow, ApplicationState, NurseryDraft};

#[cfg(test)]
pub(super) use words::ALL as WORDS;

/// Most facilities shown of a search.
const HITS: usize = 20;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/f/{token}/nursery", get(children))
        .route("/f/{token}/nursery/{child}", get(page))
        .route("/f/{token}/nursery/{child}/search", post(search))
        .route("/f/{token}/nursery/{child}/list", post(turn))
        .route("/f/{token}/nursery/{child}/place/{number}", get(place))
        .merge(form::routes())
}

/// What the pages of one child need.
struct Desk<'a> {
    app: &'a Shared,
    guest: Guest,
    around: Around,
    number: usize,
    child: KnownChild,
    profile: &'a Profile,
    nurseries: &'a Nurseries,
    draft: NurseryDraft,
}

impl<'a> Desk<'a> {
    /// The desk of one child.
    ///
    /// # Errors
    /// [`Failure::Closed`] where this room is closed.
    async fn of(app: &'a Shared, guest: &Guest, number: &str) -> Result<Desk<'a>, Failure> {
        let closed = || Failure::Closed(guest.home());
        let around = Around::of(app, guest).await?.ok_or_else(closed)?;
        let (Some(profile), Some(nurseries), Some(child)) = (
            app.catalogue.profile(&app.office.municipality),
            app.nurseries.as_ref(),
            around.child(Some(number), NURSERY),
        ) else {
            return Err(closed());
        };
        let child = child.clone();
        let draft = app.store.nursery_draft(child.child.clone()).await?;
        let mut guest = guest.clone();
        guest.here = format!("{}/nursery/{number}", guest.home());
        Ok(Self {
            app,
            guest,
            number: number.parse().unwrap_or(1),
            around,
            child,
            profile,
            nurseries,
            draft,
        })
    }

    /// An act about this child's place.
    fn act(&self) -> Act {
        self.around.act(&self.guest, &self.child, NURSERY)
    }

    /// An address below this child's.
    fn path(&self, rest: &str) -> String {
        format!("{}/nursery/{}{rest}", self.guest.home(), self.number)
    }

    fn back(&self) -> Response {
        to(&self.guest, &format!("nursery/{}", self.number))
    }

    fn rounds(&self) -> Vec<Round> {
        rounds(self.profile, self.child.birth, self.around.today)
    }

    fn applications(&self) -> Vec<&ApplicationRow> {
        self.around
            .services
            .applications
            .iter()
            .filter(|application| application.child == self.child.child)
            .filter(|application| application.state != ApplicationState::Ended)
            .collect()
    }

    fn most(&self) -> usize {
        most_wishes(Some(self.profile))
    }

    fn hidden(&self) -> Markup {
        html! {
            (self.guest.hidden())
            input type="hidden" name="version" value=(self.draft.version);
        }
    }

    fn say(&self, said: &Said) -> &'static str {
        self.guest.say(said)
    }

    fn tongue(&self) -> Tongue {
        self.guest.tongue
    }
}

/// Whether one applies to the city for a place there.
fn by_the_city(facility: &Facility) -> bool {
    facility.kind.is_licensed_care() && !facility.staff_only
}

pub(super) fn room(app: &Shared, guest: &Guest, around: &Around) -> Option<Room> {
    app.nurseries.as_ref()?;
    app.catalogue.profile(&app.office.municipality)?;
    let children = around.children_in(NURSERY);
    if children.is_empty() {
        return None;
    }
    let submitted = around
        .services
        .applications
        .iter()
        .find(|application| application.state == ApplicationState::Submitted);
    Some(Room {
        path: "nursery",
        title: &words::TITLE,
        about: html! {
            @if let Some(application) = submitted {
                (guest.say(&words::SUBMITTED)) " " (application.receipt())
            } @else {
                (guest.say(&words::ABOUT))
            }
        },
    })
}

/// One child's page, or which child where there are several.
async fn children(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    let Some(around) = Around::of(&app, &guest).await? else {
        return Ok(home(&guest));
    };
    let open = around.children_in(NURSERY);
    match open.as_slice() {
        [] => Ok(home(&guest)),
        [(number, _)] => Ok(to(&guest, &format!("nursery/{number}"))),
        several => {
            note(&app, &guest, "family.viewed", "nursery").await?;
            let body = html! {
                nav.rooms { ul { @for (number, _) in several {
                    li { a href={ (guest.home()) "/nursery/" (number) } { (around.which(guest.tongue, *number)) } }
                } } }
            };
            Ok(frame(&app, &guest, &words::TITLE, body))
        }
    }
}

async fn page(
    State(app): State<Shared>,
    guest: Guest,
    Path((_, child)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let desk = Desk::of(&app, &guest, &child).await?;
    show(&desk, None, &Asked::default(), None).await
}

/// What was looked for.
#[derive(Debug, Clone, Default)]
struct Asked {
    town: String,
    entry: String,
    free: bool,
}

async fn show(
    desk: &Desk<'_>,
    said: Option<&Said>,
    asked: &Asked,
    found: Option<&[Hit]>,
) -> Result<Response, Failure> {
    note(desk.app, &desk.guest, "family.viewed", "nursery").await?;
    let body = html! {
        (complaint(&desk.guest, said))
        @if desk.around.children.len() > 1 { p { (desk.around.which(desk.tongue(), desk.number)) } }
        (standing(desk))
        (ranked(desk))
        @if let Some(hits) = found { (results(desk, hits)) }
        (search_form(desk, asked))
    };
    let status = if said.is_some() {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    Ok((status, frame(desk.app, &desk.guest, &words::TITLE, body)).into_response())
}

/// Whether something was submitted, first of all.
fn standing(desk: &Desk<'_>) -> Markup {
    let applications = desk.applications();
    html! {
        section id="standing" {
            @if applications.iter().all(|one| one.state != ApplicationState::Submitted) {
                p.big-state.returned data-state="none" { span.mark aria-hidden="true" { "!" } (desk.say(&words::NOT_SUBMITTED)) }
            }
            @for application in &applications { (application_card(desk, application)) }
        }
    }
}

fn application_card(desk: &Desk<'_>, application: &ApplicationRow) -> Markup {
    let tongue = desk.tongue();
    let submitted = application.state == ApplicationState::Submitted;
    let open = desk.around.now < application.closes_at;
    let changed = submitted && open && application.version != desk.draft.version;
    let entry = application.entry.parse::<Date>().ok();
    html! {
        article.filing data-state=(application.state.code()) data-round=(application.round) {
            @if submitted {
                p.big-state.accepted { span.mark aria-hidden="true" { "✓" } (desk.say(&words::SUBMITTED)) }
            } @else {
                p.big-state { (desk.say(&words::WITHDRAWN)) }
            }
            dl.small {
                dt { (desk.say(&words::NUMBER)) } dd id="receipt" { strong { (application.receipt()) } }
                @if let Some(entry) = entry { dt { (desk.say(&words::ENTRY)) } dd { (month(tongue, entry)) (round_number(desk, &application.round)) } }
                dt { (desk.say(&words::AT)) } dd { (moment(tongue, application.submitted_at)) }
                dt { (desk.say(&words::CLOSES)) } dd { (moment(tongue, application.closes_at - 60)) }
            }
            @if changed { p.correct id="changed" { strong { (desk.say(&words::CHANGED_SINCE)) } } }
            @if submitted {
                ol { @for id in &application.wishes { li lang="ja" { (name(desk, id)) } } }
                p.hint { (desk.say(&words::PAPERS)) }
            }
            @if !open {
                p.hint { (desk.say(&words::CLOSED)) }
            } @else {
                p.hint { (desk.say(&words::CHANGE_UNTIL)) }
                @if submitted {
                    details.more {
                        summary { (desk.say(&words::WITHDRAW)) }
                        form method="post" action=(desk.path("/withdraw")) {
                            (desk.hidden())
                            input type="hidden" name="application" value=(application.id);
                            label.check { input type="checkbox" name="sure" value="yes" required; (desk.say(&words::SURE)) }
                            button.secondary.wide type="submit" { (desk.say(&words::WITHDRAW)) }
                        }
                    }
                }
            }
        }
    }
}

/// Which round of April it is.
fn round_number(desk: &Desk<'_>, round: &str) -> Markup {
    let number = round
        .strip_suffix("-m")
        .is_none()
        .then(|| round.rsplit('-').next())
        .flatten();
    html! {
        @if let Some(number) = number {
            " (" (desk.say(&words::ROUND_BEFORE)) (number) (desk.say(&words::ROUND_AFTER)) ")"
        }
    }
}

fn name(desk: &Desk<'_>, id: &str) -> String {
    desk.nurseries
        .find(id)
        .map_or_else(|| id.to_owned(), |facility| facility.name.to_string())
}

/// A month of entry.
fn month(tongue: Tongue, day: Date) -> String {
    use ubugoe_procedures::Tongue as Spoken;
    let spoken = match tongue {
        Tongue::Ja => Spoken::Ja,
        Tongue::Easy => Spoken::JaEasy,
        Tongue::En => Spoken::En,
        Tongue::Zh => Spoken::Zh,
        Tongue::Pt => Spoken::Pt,
        Tongue::Vi => Spoken::Vi,
        Tongue::Tl => Spoken::Tl,
        Tongue::Ne => Spoken::Ne,
    };
    written_month(day.year(), day.month(), spoken)
}

/// The wishes in their order, each with its buttons.
fn ranked(desk: &Desk<'_>) -> Markup {
    let last = desk.draft.wishes.len();
    let button = |turn: &str, id: &str, said: &Said, place: usize| {
        html! {
            form.inline method="post" action=(desk.path("/list")) {
                (desk.hidden())
                input type="hidden" name="turn" value=(turn);
                input type="hidden" name="facility" value=(id);
                button.quiet type="submit" { (desk.say(said)) span.unseen { " " (place) " " (name(desk, id)) } }
            }
        }
    };
    html! {
        section id="wishes" data-version=(desk.draft.version) {
            h2 { (desk.say(&words::WISHES)) }
            @if desk.draft.wishes.is_empty() { p.empty { (desk.say(&words::NO_WISHES)) } }
            ol.wishes {
                @for (at, id) in desk.draft.wishes.iter().enumerate() {
                    li data-facility=(id) {
                        span lang="ja" { strong { (name(desk, id)) } }
                        div.turns {
                            @if at > 0 { (button("up", id, &words::UP, at + 1)) }
                            @if at + 1 < last { (button("down", id, &words::DOWN, at + 1)) }
                            (button("remove", id, &words::REMOVE, at + 1))
                        }
                    }
                }
            }
            p.hint { (desk.say(&words::MOST)) ": " (desk.most()) }
            @if !desk.draft.wishes.is_empty() {
                p { a.button.primary.wide id="apply" href=(desk.path("/apply")) { (desk.say(&words::APPLY)) } }
            }
        }
    }
}

fn search_form(desk: &Desk<'_>, asked: &Asked) -> Markup {
    let tongue = desk.tongue();
    let mut entries: Vec<Date> = desk.rounds().iter().map(|round| round.entry).collect();
    entries.sort_unstable();
    entries.dedup();
    html! {
        section {
            h2 { (desk.say(&words::SEARCH)) }
            form method="post" action=(desk.path("/search#results")) id="search" {
                (desk.guest.hidden())
                label for="town" { (desk.say(&words::NEAR)) }
                select id="town" name="town" {
                    option value="" { (desk.say(&words::ANYWHERE)) }
                    @for town in desk.nurseries.towns() {
                        option value=(town.name) lang="ja" selected[town.name == asked.town] { (town.name) }
                    }
                }
                label for="entry" { (desk.say(&words::ENTRY)) }
                select id="entry" name="entry" {
                    @for entry in &entries {
                        option value=(entry) selected[entry.to_string() == asked.entry] { (month(tongue, *entry)) }
                    }
                }
                label.check { input type="checkbox" name="free" value="yes" checked[asked.free]; (desk.say(&words::ONLY_FREE)) }
                button.secondary.wide type="submit" { (desk.say(&words::FIND)) }
            }
        }
    }
}

async fn search(
    State(app): State<Shared>,
    Path((_, child)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Failure> {
    let desk = Desk::of(&app, &sent.guest, &child).await?;
    let field = |name: &str| sent.fields.get(name).unwrap_or_default().to_owned();
    let asked = Asked {
        town: field("town"),
        entry: field("entry"),
        free: field("free") == "yes",
    };
    let hits = find(&desk, &asked);
    show(&desk, None, &asked, Some(&hits)).await
}

fn find(desk: &Desk<'_>, asked: &Asked) -> Vec<Hit> {
    let town = desk
        .nurseries
        .towns()
        .iter()
        .find(|town| town.name == asked.town);
    let entry = asked.entry.parse::<Date>().ok();
    let wishes = Wishes {
        at: town.map(|town| town.middle),
        child: entry.map(|entry| (desk.child.birth, entry)),
        vacancy: asked.free,
        kinds: FacilityKind::ALL
            .into_iter()
            .filter(|kind| kind.is_daily_care() == Some(true))
            .collect(),
        today: Some(desk.around.today),
        limit: HITS,
        ..Wishes::default()
    };
    let found = desk.nurseries.index().search(&wishes);
    let mut hits = found.map(|page| page.hits).unwrap_or_default();
    if asked.free {
        // what is asked for is to be there; a list that does not say is no answer
        hits.retain(|hit| {
            hit.vacancy
                .as_ref()
                .is_some_and(|(vacancy, _)| vacancy.vacancies.is_some_and(|free| free > 0))
        });
    }
    hits
}

fn results(desk: &Desk<'_>, hits: &[Hit]) -> Markup {
    html! {
        section id="results" {
            h2 { (desk.say(&words::RESULTS)) span.count { (hits.len()) } }
            @if hits.is_empty() { p.empty { (desk.say(&words::NOTHING)) } }
            @for hit in hits {
                @if let Some(facility) = desk.nurseries.index().facilities().get(hit.facility) { (result(desk, hit, facility)) }
            }
        }
    }
}

fn result(desk: &Desk<'_>, hit: &Hit, facility: &Facility) -> Markup {
    let tongue = desk.tongue();
    html! {
        article.filing data-facility=(facility.id) data-fits=(hit.fits()) {
            h3 lang="ja" { (facility.name) }
            dl.small {
                dt { (desk.say(&words::KIND)) } dd lang="ja" { (facility.kind_text) }
                @if let Some(metres) = hit.distance_m { dt { (desk.say(&words::DISTANCE)) } dd { (metres) " m" } }
                @if let Some((vacancy, old)) = &hit.vacancy {
                    dt { (desk.say(&words::FREE)) }
                    dd {
                        @if let Some(free) = vacancy.vacancies { strong { (free) } } @else { "—" }
                        @if let Some(as_of) = vacancy.as_of { " " span.hint { (desk.say(&words::AS_OF)) ": " (day(tongue, as_of)) } }
                        @if *old { " " span.hint { (desk.say(&words::OLD)) } }
                    }
                }
                (hours(desk, facility))
            }
            ul.plain { @for finding in hit.findings.iter().filter(|finding| finding.outcome == Outcome::Missed) {
                li { (catalogue(tongue, &finding.text)) }
            } }
            p { a href=(desk.path(&format!("/place/{}", hit.facility))) { (desk.say(&words::DETAILS)) span.unseen lang="ja" { " " (facility.name) } } }
            (add(desk, facility))
        }
    }
}

fn hours(desk: &Desk<'_>, facility: &Facility) -> Markup {
    html! {
        @if let Some((open, close)) = facility.open.zip(facility.close) { dt { (desk.say(&words::HOURS)) } dd { (open) " – " (close) } }
        @if let Some(days) = facility.days { dt { (desk.say(&words::DAYS)) } dd lang="ja" { (days) } }
    }
}

fn add(desk: &Desk<'_>, facility: &Facility) -> Markup {
    let listed = desk.draft.wishes.iter().any(|id| **id == *facility.id);
    html! {
        @if listed {
            p.good { (desk.say(&words::IN_LIST)) }
        } @else if !by_the_city(facility) {
            p.hint { (desk.say(&words::DIRECT)) }
        } @else if desk.draft.wishes.len() < desk.most() {
            form method="post" action=(desk.path("/list")) {
                (desk.hidden())
                input type="hidden" name="turn" value="add";
                input type="hidden" name="facility" value=(facility.id);
                button.secondary.wide type="submit" { (desk.say(&words::ADD)) span.unseen lang="ja" { " " (facility.name) } }
            }
        } @else {
            p.hint { (desk.say(&words::MOST)) ": " (desk.most()) }
        }
    }
}

/// One facility as its list describes it.
async fn place(
    State(app): State<Shared>,
    guest: Guest,
    Path((_, child, number)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let mut desk = Desk::of(&app, &guest, &child).await?;
    let at: Option<usize> = number.parse().ok();
    let found = at.and_then(|at| desk.nurseries.index().facilities().get(at));
    let Some(facility) = found else {
        return Ok(desk.back());
    };
    desk.guest.here = desk.path(&format!("/place/{number}"));
    note(&app, &guest, "family.viewed", "nursery place").await?;
    let text = |said: &Said, value: Option<&str>| {
        html! { @if let Some(value) = value { dt { (desk.say(said)) } dd lang="ja" { (value) } } }
    };
    let body = html! {
        p.back { a href=(desk.path("")) { span aria-hidden="true" { "←" } " " (desk.say(&words::WISHES)) } }
        article.filing data-facility=(facility.id) {
            h2 lang="ja" { (facility.name) }
            @if let Some(kana) = &facility.kana { p.hint lang="ja" { (kana) } }
            dl.small {
                (text(&words::KIND, Some(&facility.kind_text)))
                (text(&PLACE, facility.address.as_deref()))
                @if let Some(phone) = &facility.phone { dt { (desk.say(&PHONE)) } dd { a.phone href={ "tel:" (phone) } { (phone) } } }
                (hours(&desk, facility))
                @if let Some(capacity) = facility.capacity { dt { (desk.say(&words::CAPACITY)) } dd { (capacity) } }
            }
            @for note in [&facility.hours_note, &facility.note].into_iter().flatten() { p.hint lang="ja" { (note) } }
            (add(&desk, facility))
        }
    };
    Ok(frame(&app, &desk.guest, &words::TITLE, body))
}

/// Adds, moves or removes a wish, once for the version of the list that was shown.
async fn turn(
    State(app): State<Shared>,
    Path((_, child)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Failure> {
    let desk = Desk::of(&app, &sent.guest, &child).await?;
    let (Some(turn), Some(id)) = (
        sent.fields.get("turn").and_then(Turn::from_word),
        sent.fields.get("facility"),
    ) else {
        return Err(Failure::BadForm("turn"));
    };
    let known = desk.nurseries.find(id).is_some_and(by_the_city);
    if turn == Turn::Add && !known {
        return Err(Failure::BadForm("facility"));
    }
    let version = version(&sent)?;
    if version != desk.draft.version {
        // a form that came twice, or another phone: the list as it is now
        return Ok(desk.back());
    }
    let Some(wishes) = turn.on(&desk.draft.wishes, id, desk.most()) else {
        return Ok(desk.back());
    };
    let draft = NurseryDraft {
        wishes,
        household: desk.draft.household.clone(),
        version,
    };
    let acted = app.store.change_nursery_draft(desk.act(), draft).await?;
    answer(&desk, acted).await
}

fn version(sent: &Sent) -> Result<i64, Failure> {
    sent.fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or(Failure::BadForm("version"))
}

async fn answer(desk: &Desk<'_>, acted: Acted) -> Result<Response, Failure> {
    let said = match acted {
        _ if went_well(acted) => return Ok(desk.back()),
        Acted::TooLate => &words::CLOSED,
        Acted::Closed => return Ok(home(&desk.guest)),
        _ => &STALE,
    };
    show(desk, Some(said), &Asked::default(), None).await
}
