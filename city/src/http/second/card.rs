//! The other parent signs with their card at a device of this city: the number that leads there.
//!
//! Answers for making a number and showing it once. What a device is given for it, and how often somebody may guess, is the
//! store's ([`crate::store::second_card`]); the signature comes the way of a filing ([`crate::ingest`]).

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use maud::html;
use ubugoe_protocol::SecondNumber;
use ubugoe_protocol::second::MAX_CONTENT;

use super::super::family::{Guest, Sent, frame, moment};
use super::super::{Failure, Shared};
use super::{PLACE, parts, pressed, words};
use crate::store::second_card::NewNumber;

/// How long a number leads to a device, seconds: the way from the bed to the counter, and no more.
const HOLDS: i64 = 60 * 60;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/f/{token}/second-signature/number", post(make))
}

/// Makes a number for the filing that was shown.
async fn make(State(app): State<Shared>, sent: Sent) -> Result<Response, Failure> {
    let Sent { guest, fields } = sent;
    if !parts(&app)?.card {
        return Err(Failure::NotFound);
    }
    let filing = match pressed(&app, &guest, &fields).await? {
        Ok(filing) => filing,
        Err(page) => return Ok(page),
    };
    let number =
        SecondNumber::generate().map_err(|_| crate::NoRandomness(getrandom::Error::UNEXPECTED))?;
    let (now, until) = (app.now(), app.now() + HOLDS);
    let asked = NewNumber {
        number: number.hash(),
        link: guest.hash,
        filing: filing.id,
        digest: filing.digest,
        span: (now, until),
    };
    let given = filing.canonical.len() <= MAX_CONTENT && app.store.second_number(asked).await?;
    Ok(shown(&app, &guest, given.then_some((&number, until))))
}

fn shown(app: &Shared, guest: &Guest, number: Option<(&SecondNumber, i64)>) -> Response {
    let body = html! {
        @match number {
            Some((number, until)) => {
                p { (guest.say(&words::NUMBER_WHAT)) }
                // parted for the eye and for whoever reads it aloud; nothing here joins the groups
                p.typed-number id="number" data-number="yes" translate="no" {
                    @for group in number.to_string().split(' ') { span { (group) } " " }
                }
                p id="until" { (guest.say(&words::NUMBER_UNTIL)) " " strong { (moment(guest.tongue, until)) } }
                ol.ways {
                    li { (guest.say(&words::STEP_PLACE)) }
                    li { (guest.say(&words::STEP_CHOOSE)) }
                    li { (guest.say(&words::STEP_CARD)) }
                    li { (guest.say(&words::STEP_SIGN)) }
                }
                p.alert { (guest.say(&words::NUMBER_CARE)) }
                p.hint { (guest.say(&words::NUMBER_AGAIN)) }
            },
            None => p.alert role="alert" data-second="many" { (guest.say(&words::NUMBER_MANY)) },
        }
        p { a href={ (guest.home()) "/" (PLACE) } { (guest.say(&words::TITLE)) } }
    };
    frame(app, guest, &words::NUMBER_TITLE, body)
}
