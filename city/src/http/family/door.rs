//! The family's door: the one question behind the link, and closing the link.
//!
//! Answers for the page that asks, for taking an answer and for the cookie that follows. What is asked and whether an answer is
//! right is [`crate::casework::second_fact`]'s; wrong answers are counted in the database. An unknown link, a mistyped one and a
//! closed one get one and the same calm page.

use std::net::IpAddr;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use sha2::{Digest, Sha256};

use super::super::door::Origin;
use super::super::fields::Fields;
use super::super::guard::{read_form, token_hash};
use super::super::{Failure, Shared};
use super::door_words as said;
use super::{Guest, Said, Sent, Tongue, document, frame, moment, tongues, unknown};
use crate::casework::second_fact::{Asked, Fact, code_hash, day_hash, read_day};
use crate::random_token;
use crate::store::family::{CaseFile, Knock, Knocked, Link};
use crate::store::nonstop::By;

/// A session ends after a day, seconds.
const SESSION: i64 = 24 * 3_600;
/// Longest address that is gone back to after the question.
const MOST_ADDRESS: usize = 200;

/// Name of the cookie. It is set for the paths of one link only, and the store knows which link it belongs to.
pub(super) fn cookie_name(secure: bool) -> &'static str {
    if secure {
        "__Secure-ubugoe_family"
    } else {
        "ubugoe_family"
    }
}

fn cookie(token: &str, value: &str, seconds: i64, secure: bool) -> String {
    format!(
        "{}={value}; Path=/f/{token}; HttpOnly; SameSite=Lax; Max-Age={seconds}{}",
        cookie_name(secure),
        if secure { "; Secure" } else { "" }
    )
}

/// What stands above the question.
#[derive(Debug, Clone, Copy)]
enum Above {
    Nothing,
    Wrong,
    Unreadable,
    Wait(i64),
}

/// The page that asks. `looking`: a page was asked for; else a form was sent, to which nobody goes back.
pub(super) async fn ask(
    app: &Shared,
    link: Link,
    (token, here, looking): (&str, &str, bool),
    tongue: Tongue,
) -> Result<Response, Failure> {
    let fact = Fact::of(&app.store.family_case(link.case_ref).await?);
    let home = format!("/f/{token}");
    // the door stands at the link itself; whatever is behind it is refused, and shows the door
    let status = if looking && here == home {
        StatusCode::OK
    } else {
        StatusCode::FORBIDDEN
    };
    let to = if looking { here } else { &home };
    let page = question(app, fact.asked(), (&home, to), tongue, Above::Nothing);
    Ok((status, page).into_response())
}

fn question(
    app: &Shared,
    asked: Asked,
    (home, to): (&str, &str),
    tongue: Tongue,
    above: Above,
) -> Markup {
    let say = |said: &Said| said.get(tongue);
    let lead = match asked {
        Asked::Mother => &said::MOTHER,
        Asked::Filer => &said::FILER,
        Asked::Child => &said::CHILD,
        Asked::Code => &said::CODE,
        Asked::Nothing => &said::NOTHING,
    };
    let body = html! {
        main.family.door id="main" {
            h1 { (say(&said::TITLE)) }
            @match above {
                Above::Nothing => {},
                Above::Wrong => p.alert role="alert" data-door="wrong" { (say(&said::WRONG)) },
                Above::Unreadable => p.alert role="alert" data-door="unreadable" { (say(&said::UNREADABLE)) },
                Above::Wait(until) => div.alert role="alert" data-door="wait" {
                    p { (say(&said::WAIT)) } p.when { (moment(tongue, until)) }
                },
            }
            p.lead-question id="question" data-asked=(asked_word(asked)) { (say(lead)) }
            @if asked != Asked::Nothing {
                form.door method="post" action={ (home) "/open" } {
                    input type="hidden" name="to" value=(to);
                    @if asked == Asked::Code {
                        label for="code" { (say(&said::NUMBER)) }
                        input type="text" id="code" name="code" inputmode="numeric" autocomplete="off" maxlength="12" required aria-describedby="question";
                    } @else {
                        div.era {
                            label for="era" { (say(&said::ERA)) }
                            select id="era" name="era" {
                                option value="w" { (say(&said::WESTERN)) }
                                option value="s" lang="ja" { "昭和" }
                                option value="h" lang="ja" { "平成" }
                                option value="r" lang="ja" { "令和" }
                            }
                        }
                        div.day {
                            (number_box("year", say(&said::YEAR), 4))
                            (number_box("month", say(&said::MONTH), 2))
                            (number_box("day", say(&said::DAY), 2))
                        }
                    }
                    button.primary type="submit" id="open" { (say(&said::OPEN)) }
                }
                p.hint { (say(&said::ONE_DAY)) }
                p.hint { (say(&said::WHY)) }
            }
            (contact(app, tongue))
            nav aria-label=(super::words::LANGUAGE) { ul.tongues { (tongues(tongue, home)) } }
        }
    };
    document(
        tongue,
        None,
        app.office.name.get(tongue.lang()),
        &said::TITLE,
        &body,
    )
}

fn number_box(name: &str, label: &str, most: u8) -> Markup {
    html! {
        div {
            label for=(name) { (label) }
            input type="text" id=(name) name=(name) inputmode="numeric" autocomplete="off" maxlength=(most) required aria-describedby="question";
        }
    }
}

fn asked_word(asked: Asked) -> &'static str {
    match asked {
        Asked::Mother => "mother",
        Asked::Filer => "filer",
        Asked::Child => "child",
        Asked::Code => "code",
        Asked::Nothing => "nothing",
    }
}

/// Where to ask.
pub(super) fn contact(app: &Shared, tongue: Tongue) -> Markup {
    let lang = tongue.lang();
    let profile = app.catalogue.profile(&app.office.municipality);
    let phone = app
        .office
        .phone
        .as_deref()
        .or_else(|| profile.map(|profile| profile.counter.tel.as_str()));
    let foreign = tongue.foreign();
    html! {
        section.contact {
            h2 { (said::CONTACT.get(tongue)) }
            p lang=[foreign] { (app.office.name.get(lang)) }
            @if let Some(phone) = phone { p { a.phone href={ "tel:" (phone) } { (phone) } } }
            @if let Some(profile) = profile { p.hint lang=[foreign] { (profile.counter.hours.get(lang)) } }
        }
    }
}

/// What an answer says; nothing where it cannot be read.
fn given(asked: Asked, case_ref: &[u8; 32], fields: &Fields) -> Option<[u8; 32]> {
    let text = |name: &str| fields.get(name).unwrap_or_default();
    match asked {
        Asked::Mother | Asked::Filer | Asked::Child => {
            read_day(text("era"), text("year"), text("month"), text("day")).map(day_hash)
        }
        Asked::Code => {
            let code = text("code");
            (!code.trim().is_empty()).then(|| code_hash(case_ref, code))
        }
        Asked::Nothing => None,
    }
}

/// Where to go after the question: only below the link itself.
fn after(home: &str, to: &str) -> String {
    let below = to
        .strip_prefix(home)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-._".contains(&byte))
            && !text.contains("..")
            && !text.contains("//")
    };
    match below {
        Some(rest) if rest.len() <= MOST_ADDRESS && plain(rest) => to.to_owned(),
        _ => home.to_owned(),
    }
}

fn address_hash(from: IpAddr) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"ubugoe family address\0");
    hash.update(from.to_string().as_bytes());
    hash.finalize().into()
}

/// Takes an answer.
pub(super) async fn open(
    State(app): State<Shared>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let tongue = Tongue::of(&parts.uri, &parts.headers);
    let from = parts
        .extensions
        .get::<Origin>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |Origin(from)| *from);
    let fields = read_form(&parts.headers, body).await?;
    let now = app.now();
    let link_sha256 = token_hash(&token);
    let link = app.store.family_link(link_sha256, None, now).await?;
    // an unknown link is read, compared and refused like a known one whose case says nothing
    let case = match link {
        Some(link) => app.store.family_case(link.case_ref).await?,
        None => CaseFile::default(),
    };
    let fact = Fact::of(&case);
    let asked = fact.asked();
    let case_ref = link.map_or([0; 32], |link| link.case_ref);
    let answer = given(asked, &case_ref, &fields);
    let right = fact.opens(answer.unwrap_or([0; 32])) && answer.is_some();
    let Some(link) = link else {
        return Ok(unknown(tongue));
    };
    let home = format!("/f/{token}");
    let to = after(&home, fields.get("to").unwrap_or_default());
    let again = |status, above| {
        let page = question(&app, asked, (&home, &to), tongue, above);
        Ok((status, page).into_response())
    };
    if answer.is_none() {
        return again(StatusCode::UNPROCESSABLE_ENTITY, Above::Unreadable);
    }
    let session = random_token()?;
    let knocked = app
        .store
        .family_knock(Knock {
            link_sha256,
            address_sha256: address_hash(from),
            right,
            link,
            session_sha256: token_hash(&session),
            now,
            ends_at: now + SESSION,
        })
        .await?;
    match knocked {
        Knocked::Opened => {
            let secure = app.http.secure_cookies;
            let mut response = Redirect::to(&to).into_response();
            if let Ok(value) = HeaderValue::from_str(&cookie(&token, &session, SESSION, secure)) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            Ok(response)
        }
        Knocked::Wrong => again(StatusCode::FORBIDDEN, Above::Wrong),
        Knocked::Wait(until) => {
            let mut response: Response = again(StatusCode::TOO_MANY_REQUESTS, Above::Wait(until))?;
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from((until - now).max(1)));
            Ok(response)
        }
    }
}

/// Asks whether the link is to be closed.
pub(super) async fn ask_close(State(app): State<Shared>, guest: Guest) -> Response {
    let body = html! {
        p { (guest.say(&said::CLOSE_ABOUT)) }
        p { strong { (guest.say(&said::CLOSE_WHAT)) } }
        form.decision method="post" action={ (guest.home()) "/close" } {
            (guest.hidden())
            div.buttons {
                a.button.secondary href=(guest.home()) { (guest.say(&said::CLOSE_NO)) }
                button.danger type="submit" id="close" name="sure" value="yes" { (guest.say(&said::CLOSE_YES)) }
            }
        }
    };
    frame(&app, &guest, &said::CLOSE_TITLE, body)
}

/// Closes it, for everybody who has it.
pub(super) async fn close(
    State(app): State<Shared>,
    Sent { guest, fields }: Sent,
) -> Result<Response, Failure> {
    if fields.get("sure") != Some("yes") {
        return Err(Failure::BadForm("sure"));
    }
    let by = By {
        actor: "family".to_owned(),
        at: app.now(),
    };
    app.store
        .close_family_links(guest.case_ref, guest.filing, by)
        .await?;
    let tongue = guest.tongue;
    let body = html! {
        main.family id="main" {
            h1 id="closed" { (guest.say(&said::CLOSED_TITLE)) }
            p { (guest.say(&said::CLOSED)) }
            (contact(&app, tongue))
        }
    };
    let office = app.office.name.get(tongue.lang());
    let mut response = document(tongue, None, office, &said::CLOSED_TITLE, &body).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie(&guest.token, "", 0, app.http.secure_cookies))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_back_only_below_the_link_itself() {
        for (to, expect) in [
            ("/f/abc", "/f/abc"),
            ("/f/abc/looks", "/f/abc/looks"),
            ("/f/abc/leaflet.pdf", "/f/abc/leaflet.pdf"),
            ("/f/abcd", "/f/abc"),
            ("//elsewhere.example", "/f/abc"),
            ("/f/abc//elsewhere.example", "/f/abc"),
            ("/f/abc/../console", "/f/abc"),
            ("/f/abc/x\r\nSet-Cookie: a=b", "/f/abc"),
            ("", "/f/abc"),
        ] {
            assert_eq!(after("/f/abc", to), expect, "{to}");
        }
    }

    #[test]
    fn the_cookie_is_for_one_link_and_for_no_script() {
        assert_eq!(
            cookie("abc", "xyz", 5, true),
            "__Secure-ubugoe_family=xyz; Path=/f/abc; HttpOnly; SameSite=Lax; Max-Age=5; Secure"
        );
    }
}
