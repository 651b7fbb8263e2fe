//! The application: what the household says, the review of what would be submitted, submitting and taking back.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use ubugoe_procedures::nursery::{Employment, Guardian, Household, NeedReason};

use super::super::super::fields::Fields;
use super::super::super::{Failure, Shared};
use super::super::services::complaint;
use super::super::{Guest, Said, Sent, catalogue, day, frame, note};
use super::{Desk, answer, month, name, round_number, version, words};
use crate::services::nursery::{Estimate, REASONS, Round, WORK, estimate, household};
use crate::store::services::{NurseryDraft, Submission};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/f/{token}/nursery/{child}/apply", get(ask).post(save))
        .route("/f/{token}/nursery/{child}/review/{round}", get(review))
        .route("/f/{token}/nursery/{child}/submit", post(submit))
        .route("/f/{token}/nursery/{child}/withdraw", post(withdraw))
}

fn reason_words(reason: NeedReason) -> &'static Said {
    match reason {
        NeedReason::Work => &words::R_WORK,
        NeedReason::PregnancyBirth => &words::R_BIRTH,
        NeedReason::Illness => &words::R_ILLNESS,
        NeedReason::Disability => &words::R_DISABILITY,
        NeedReason::Care => &words::R_CARE,
        NeedReason::Disaster => &words::R_DISASTER,
        NeedReason::JobSearch => &words::R_JOB,
        NeedReason::Study => &words::R_STUDY,
        NeedReason::Abuse => &words::R_ABUSE,
        NeedReason::Leave => &words::R_LEAVE,
        NeedReason::Other => &words::R_OTHER,
    }
}

fn work_words(work: Employment) -> &'static Said {
    match work {
        Employment::Employee => &words::W_EMPLOYEE,
        Employment::SelfEmployed => &words::W_SELF,
        Employment::FamilyHelper => &words::W_HELPER,
        Employment::HomeWorker => &words::W_HOME,
    }
}

/// What stands in the form: what was sent, or what was kept.
fn shown(kept: Option<&Household>, name: &str) -> Option<String> {
    let kept = kept?;
    let flag = |yes: bool| yes.then(|| "yes".to_owned());
    let guardian = |at: usize| kept.guardians.get(at);
    let of = |guardian: Option<&Guardian>, what: &str| {
        let guardian = guardian?;
        match what {
            "reason" => guardian.reason.map(|reason| reason.id().to_owned()),
            "work" => {
                let employment = guardian.employment?;
                let (code, _) = WORK.into_iter().find(|(_, known)| *known == employment)?;
                Some(code.to_owned())
            }
            "hours" => guardian.hours_week.map(|hours| format!("{hours:.0}")),
            _ => flag(guardian.returns_from_leave),
        }
    };
    match name {
        "single" => flag(kept.single_parent),
        "welfare" => flag(kept.welfare),
        "unlicensed" => flag(kept.in_unlicensed_care),
        "disability" => flag(kept.child_disability),
        "extension" => flag(kept.leave_extension),
        "grandparent" => flag(kept.grandparent_at_home),
        "enrolled" => kept.siblings_enrolled.map(|count| count.to_string()),
        "applying" => kept.siblings_applying.map(|count| count.to_string()),
        other => match other.split_once('_') {
            Some(("g1", what)) => of(guardian(0), what),
            Some(("g2", what)) => of(guardian(1), what),
            _ => None,
        },
    }
}

fn kept(desk: &Desk<'_>) -> Option<Household> {
    serde_json::from_str(desk.draft.household.as_deref()?).ok()
}

async fn ask(
    State(app): State<Shared>,
    guest: Guest,
    Path((_, child)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let desk = Desk::of(&app, &guest, &child).await?;
    form_page(desk, None, None).await
}

async fn form_page(
    mut desk: Desk<'_>,
    sent: Option<&Fields>,
    wrong: Option<&'static str>,
) -> Result<Response, Failure> {
    desk.guest.here = desk.path("/apply");
    note(
        desk.app,
        &desk.guest,
        "family.viewed",
        "nursery application",
    )
    .await?;
    let household = kept(&desk);
    let value = |name: &str| match sent {
        Some(fields) => fields.get(name).map(str::to_owned),
        None => shown(household.as_ref(), name),
    };
    let open: Vec<Round> = desk
        .rounds()
        .into_iter()
        .filter(|round| round.is_open(desk.around.today))
        .collect();
    let said = match wrong {
        Some("wishes") => Some(&words::NEED_WISH),
        Some(_) => Some(&words::BAD_FIELD),
        None => None,
    };
    let body = html! {
        p.back { a href=(desk.path("")) { span aria-hidden="true" { "←" } " " (desk.say(&words::WISHES)) } }
        (complaint(&desk.guest, said))
        p.big-state.returned { span.mark aria-hidden="true" { "!" } (desk.say(&words::NOT_SUBMITTED)) }
        @if open.is_empty() {
            p.empty { (desk.say(&words::NO_ROUND)) }
            (to_come(&desk))
        } @else {
            form.decision method="post" action=(desk.path("/apply")) id="household" {
                (desk.hidden())
                (round_choice(&desk, &open, value("round").as_deref()))
                (guardian(&desk, 1, &value, wrong))
                (guardian(&desk, 2, &value, wrong))
                (rest(&desk, &value, wrong))
                button.primary.wide type="submit" { (desk.say(&words::CHECK)) }
            }
        }
    };
    let status = if wrong.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok((
        status,
        frame(desk.app, &desk.guest, &words::APPLY_TITLE, body),
    )
        .into_response())
}

/// Rounds that have not begun.
fn to_come(desk: &Desk<'_>) -> Markup {
    html! {
        ul.plain { @for round in desk.rounds() {
            li { (month(desk.tongue(), round.entry)) (round_number(desk, &round.key))
                @if let Some(from) = round.from { ": " (desk.say(&words::OPENS)) " " (day(desk.tongue(), from)) } }
        } }
    }
}

fn round_choice(desk: &Desk<'_>, open: &[Round], chosen: Option<&str>) -> Markup {
    html! {
        fieldset.picks {
            legend { (desk.say(&words::ROUND)) }
            @for (at, round) in open.iter().enumerate() {
                label.check {
                    input type="radio" name="round" value=(round.key) required checked[chosen.map_or(at == 0, |key| key == round.key)];
                    span { (month(desk.tongue(), round.entry)) (round_number(desk, &round.key))
                        br; span.hint { (desk.say(&words::CLOSES)) ": " (day(desk.tongue(), round.to)) } }
                }
            }
        }
    }
}

/// Whether this is the field that could not be read.
fn invalid(wrong: Option<&str>, name: &str) -> Option<&'static str> {
    (wrong == Some(name)).then_some("true")
}

fn guardian(
    desk: &Desk<'_>,
    number: usize,
    value: &impl Fn(&str) -> Option<String>,
    wrong: Option<&'static str>,
) -> Markup {
    let field = |what: &str| format!("g{number}_{what}");
    let chosen = |what: &str| value(&field(what)).unwrap_or_default();
    html! {
        fieldset.picks {
            legend { (desk.say(&words::GUARDIAN)) " " (number) }
            label for=(field("reason")) { (desk.say(&words::REASON)) }
            select id=(field("reason")) name=(field("reason")) aria-invalid=[invalid(wrong, &field("reason"))] {
                option value="" { "—" }
                @for reason in REASONS {
                    option value=(reason.id()) selected[chosen("reason") == reason.id()] { (desk.say(reason_words(reason))) }
                }
            }
            label for=(field("work")) { (desk.say(&words::WORK)) }
            select id=(field("work")) name=(field("work")) {
                option value="" { (desk.say(&words::NOT_SAID)) }
                @for (word, work) in WORK { option value=(word) selected[chosen("work") == word] { (desk.say(work_words(work))) } }
            }
            label for=(field("hours")) { (desk.say(&words::HOURS_WEEK)) }
            input type="text" inputmode="numeric" maxlength="3" id=(field("hours")) name=(field("hours")) value=(chosen("hours")) aria-invalid=[invalid(wrong, &field("hours"))];
            label.check { input type="checkbox" name=(field("returns")) value="yes" checked[chosen("returns") == "yes"]; span { (desk.say(&words::RETURNS)) } }
        }
    }
}

/// What is asked of the household with yes or nothing.
const FLAGS: [(&str, Said); 6] = [
    ("single", words::SINGLE),
    ("welfare", words::WELFARE),
    ("unlicensed", words::UNLICENSED),
    ("disability", words::DISABILITY),
    ("extension", words::EXTENSION),
    ("grandparent", words::GRANDPARENT),
];

/// What is asked with a number.
const COUNTS: [(&str, Said); 2] = [("enrolled", words::ENROLLED), ("applying", words::APPLYING)];

fn rest(
    desk: &Desk<'_>,
    value: &impl Fn(&str) -> Option<String>,
    wrong: Option<&'static str>,
) -> Markup {
    html! {
        fieldset.picks {
            legend { (desk.say(&words::HOUSEHOLD)) }
            @for (name, said) in &FLAGS {
                label.check { input type="checkbox" name=(name) value="yes" checked[value(name).as_deref() == Some("yes")]; span { (desk.say(said)) } }
            }
            @for (name, said) in &COUNTS {
                label for=(name) { (desk.say(said)) }
                input type="text" inputmode="numeric" maxlength="2" id=(name) name=(name) value=(value(name).unwrap_or_default()) aria-invalid=[invalid(wrong, name)];
            }
        }
    }
}

/// Keeps what the household says, and shows what would be submitted.
async fn save(
    State(app): State<Shared>,
    Path((_, child)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Failure> {
    let desk = Desk::of(&app, &sent.guest, &child).await?;
    if desk.draft.wishes.is_empty() {
        return form_page(desk, Some(&sent.fields), Some("wishes")).await;
    }
    let open = desk.rounds().into_iter().find(|round| {
        round.is_open(desk.around.today) && Some(round.key.as_str()) == sent.fields.get("round")
    });
    let Some(round) = open else {
        return form_page(desk, Some(&sent.fields), Some("round")).await;
    };
    let household = match household(|name| sent.fields.get(name)) {
        Ok(household) => household,
        Err(wrong) => return form_page(desk, Some(&sent.fields), Some(wrong)).await,
    };
    let text = serde_json::to_string(&household).map_err(|_| Failure::BadForm("household"))?;
    let draft = NurseryDraft {
        wishes: desk.draft.wishes.clone(),
        household: Some(text),
        version: version(&sent)?,
    };
    let acted = app.store.change_nursery_draft(desk.act(), draft).await?;
    if super::went_well(acted) {
        let path = desk.path(&format!("/review/{}", round.key));
        return Ok(Redirect::to(&path).into_response());
    }
    answer(&desk, acted).await
}

async fn review(
    State(app): State<Shared>,
    guest: Guest,
    Path((_, child, round)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let mut desk = Desk::of(&app, &guest, &child).await?;
    let round = desk.rounds().into_iter().find(|known| known.key == round);
    let (Some(household), Some(round)) = (kept(&desk), round) else {
        return Ok(desk.back());
    };
    if desk.draft.wishes.is_empty() || !round.is_open(desk.around.today) {
        return Ok(desk.back());
    }
    let points = estimate(
        desk.profile,
        &household,
        Some(desk.child.birth),
        round.entry,
    );
    desk.guest.here = desk.path(&format!("/review/{}", round.key));
    note(&app, &guest, "family.viewed", "nursery review").await?;
    let body = html! {
        p.back { a href=(desk.path("/apply")) { span aria-hidden="true" { "←" } " " (desk.say(&words::CHANGE)) } }
        p.big-state.returned id="not-yet" { span.mark aria-hidden="true" { "!" } (desk.say(&words::NOT_SUBMITTED)) }
        p { (desk.say(&words::NOT_YET)) }
        article.filing {
            dl.small {
                dt { (desk.say(&words::ENTRY)) } dd { (month(desk.tongue(), round.entry)) (round_number(&desk, &round.key)) }
                dt { (desk.say(&words::CLOSES)) } dd { (day(desk.tongue(), round.to)) }
            }
            h2 { (desk.say(&words::WISHES)) }
            ol { @for id in &desk.draft.wishes { li lang="ja" { (name(&desk, id)) } } }
            h2 { (desk.say(&words::HOUSEHOLD)) }
            (said_of(&desk, &household))
        }
        @if let Some(points) = &points { (points_card(&desk, points)) }
        p.hint { (desk.say(&words::PAPERS)) }
        form method="post" action=(desk.path("/submit")) {
            (desk.hidden())
            input type="hidden" name="round" value=(round.key);
            button.primary.wide type="submit" id="submit" { (desk.say(&words::SUBMIT)) }
        }
        p.hint { (desk.say(&words::CHANGE_UNTIL)) }
    };
    Ok(frame(&app, &desk.guest, &words::REVIEW, body))
}

fn said_of(desk: &Desk<'_>, household: &Household) -> Markup {
    html! {
        ul.plain {
            @for (at, guardian) in household.guardians.iter().enumerate() {
                li { (desk.say(&words::GUARDIAN)) " " (at + 1) ": "
                    @if let Some(reason) = guardian.reason { (desk.say(reason_words(reason))) }
                    @if let Some(work) = guardian.employment { " · " (desk.say(work_words(work))) }
                    @if let Some(hours) = guardian.hours_week { " · " (desk.say(&words::HOURS_WEEK)) ": " (format!("{hours:.0}")) }
                    @if guardian.returns_from_leave { " · " (desk.say(&words::RETURNS)) }
                }
            }
            @for (name, said) in &FLAGS {
                @if shown(Some(household), name).is_some() { li { (desk.say(said)) } }
            }
            @for (name, said) in &COUNTS {
                @if let Some(count) = shown(Some(household), name) { li { (desk.say(said)) ": " (count) } }
            }
        }
    }
}

fn points_card(desk: &Desk<'_>, points: &Estimate) -> Markup {
    let tongue = desk.tongue();
    html! {
        article.filing id="points" {
            h2 { (desk.say(&words::POINTS)) ": " (points.score.total) }
            p { strong { (desk.say(&words::ESTIMATE)) } }
            p.hint { (catalogue(tongue, &points.score.note)) }
            @if let Some(note) = &points.year_note { p.hint { (catalogue(tongue, note)) } }
            ul.plain { @for line in points.score.lines.iter().filter(|line| line.counted || line.points == 0) {
                li { (catalogue(tongue, &line.text)) }
            } }
            @if let Some(found) = &points.certification {
                ul.plain { @for reason in &found.reasons { li { (catalogue(tongue, reason)) } } }
            }
        }
    }
}

async fn submit(
    State(app): State<Shared>,
    Path((_, child)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Failure> {
    let desk = Desk::of(&app, &sent.guest, &child).await?;
    let round = desk
        .rounds()
        .into_iter()
        .find(|round| Some(round.key.as_str()) == sent.fields.get("round"));
    let (Some(round), Some(household)) = (round, kept(&desk)) else {
        return super::show(&desk, Some(&words::CLOSED), &super::Asked::default(), None).await;
    };
    if !round.is_open(desk.around.today) {
        return super::show(&desk, Some(&words::CLOSED), &super::Asked::default(), None).await;
    }
    let points = estimate(
        desk.profile,
        &household,
        Some(desk.child.birth),
        round.entry,
    );
    let submission = Submission {
        filing: desk.child.filing,
        version: version(&sent)?,
        entry: round.entry.to_string(),
        points: points.map(|points| points.score.total),
        closes_at: round.closes_at(),
        round: round.key,
    };
    let acted = app.store.submit_nursery(desk.act(), submission).await?;
    answer(&desk, acted).await
}

async fn withdraw(
    State(app): State<Shared>,
    Path((_, child)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Failure> {
    let desk = Desk::of(&app, &sent.guest, &child).await?;
    let id = sent
        .fields
        .get("application")
        .and_then(|id| id.parse().ok())
        .ok_or(Failure::BadForm("application"))?;
    if sent.fields.get("sure") != Some("yes") {
        return Err(Failure::BadForm("sure"));
    }
    let acted = app.store.withdraw_nursery(desk.act(), id).await?;
    answer(&desk, acted).await
}
