//! Answers what agencies ask.
//!
//! In this order, and the first that fails is the answer: the head can be read; the subsystem is linked; certificate and
//! signature are its own; it has a right to the service and is competent; the family agreed or a law is named; the question was
//! not asked before under this id; the body can be used. Everything that was read, and every answer, is in the message log.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use ubugoe_exchange::log::{Direction, Message};
use ubugoe_exchange::message::{FHIR_JSON, JSON, body_digest, signature_header};
use ubugoe_exchange::server::{Answering, Asked, Pace, Reply};
use ubugoe_exchange::{Answer, ErrorBody, ErrorKind, MessageId, Method, Request};
use ubugoe_procedures::fhir::{self, HospitalWord};
use ubugoe_protocol::{RecipientId, SigningKey};

use super::{Book, Denied, Offered};
use crate::Clock;
use crate::casework::FilingState;
use crate::casework::audit::AuditEntry;
use crate::casework::facts::key_of;
use crate::config::Call;
use crate::jst;
use crate::store::agencies::{CertificateKind, Effect, Exchange, KeptAnswer, NewCertificate, Via};
use crate::store::{Store, StoreError};

/// The procedure that a birth certificate belongs to.
pub(crate) const BIRTH_NOTIFICATION: &str = "shussei_todoke";

/// Answers in the name of the city.
pub struct Desk {
    /// Who may what.
    pub book: Book,
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// Signs answers.
    pub key: SigningKey,
    /// The city's clock.
    pub clock: Clock,
    /// Whose filings these are.
    pub recipient: RecipientId,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({})", self.recipient)
    }
}

/// Why a question gets an error.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{1}")]
    Refused(ErrorKind, String),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("no random bytes")]
    Random(#[from] crate::NoRandomness),
    #[error("no random bytes for a message id")]
    Id(#[from] ubugoe_exchange::MessageIdError),
    #[error("the answer cannot be signed")]
    Key(#[from] ubugoe_protocol::KeyError),
}

impl Trouble {
    fn refused(kind: ErrorKind, why: &dyn ToString) -> Self {
        Self::Refused(kind, why.to_string())
    }
}

/// What a question leads to.
struct Done {
    body: Vec<u8>,
    effect: Effect,
    action: &'static str,
}

#[async_trait]
impl Answering for Desk {
    async fn answer(&self, asked: Asked) -> Reply {
        let now = (self.clock)().as_second();
        let headers = asked
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()));
        let replied = match Request::parse(&asked.method, &asked.target, headers) {
            Ok((request, signature)) => self.read(&asked, &request, signature, now).await,
            Err(error) => self.unread(&asked, &error.to_string(), now).await,
        };
        replied.unwrap_or_else(|trouble| {
            tracing::error!(
                error = &trouble as &dyn std::error::Error,
                "an agency's question could not be answered"
            );
            Reply {
                status: 503,
                headers: vec![("x-road-error", ErrorKind::Failed.code().to_owned())],
                body: Vec::new(),
                pace: Pace::Whole,
            }
        })
    }
}

impl Desk {
    /// A question whose head cannot be read: nobody's, so the answer is signed for nobody.
    async fn unread(&self, asked: &Asked, why: &str, now: i64) -> Result<Reply, Trouble> {
        let kind = ErrorKind::BadRequest;
        let body = ErrorBody {
            kind,
            message: why.to_owned(),
            detail: MessageId::generate()?,
        }
        .to_json();
        let first: String = asked
            .target
            .chars()
            .filter(char::is_ascii_graphic)
            .take(200)
            .collect();
        let message = |direction, head: String, body: &[u8]| Message {
            at: now,
            direction,
            peer: "-".to_owned(),
            id: "-".to_owned(),
            head,
            body: body_digest(body),
            signature: Vec::new(),
        };
        self.store
            .log_messages(vec![
                message(
                    Direction::AskedUs,
                    format!("{} {first}\n", asked.method),
                    asked.body.as_deref().unwrap_or_default(),
                ),
                message(
                    Direction::WeAnswered,
                    format!("{}\nx-road-error:{}\n", kind.status(), kind.code()),
                    &body,
                ),
            ])
            .await?;
        Ok(Reply {
            status: kind.status(),
            headers: vec![
                ("content-type", JSON.to_owned()),
                ("x-road-error", kind.code().to_owned()),
            ],
            body,
            pace: Pace::Whole,
        })
    }

    async fn read(
        &self,
        asked: &Asked,
        request: &Request,
        signature: Option<Vec<u8>>,
        now: i64,
    ) -> Result<Reply, Trouble> {
        let body = asked.body.as_deref().unwrap_or_default();
        let question = Message {
            at: now,
            direction: Direction::AskedUs,
            peer: request.client.to_string(),
            id: request.id.to_string(),
            head: request.head(),
            body: body_digest(body),
            signature: signature.clone().unwrap_or_default(),
        };
        let judged = match self.admit(asked, request, signature.as_deref()) {
            Ok((agency, call)) => self.serve(&agency, &call, request, body, now).await,
            Err(trouble) => Err(trouble),
        };
        let (kept, settled) = match judged {
            Ok(Judged::Again(kept)) => (kept, None),
            Ok(Judged::New(done, agency)) => {
                let kept = kept(request, body, 200, None, done.body)?;
                (kept, Some((done.effect, done.action, agency)))
            }
            Err(Trouble::Refused(kind, why)) => (refusal(request, body, kind, why)?, None),
            Err(other) => return Err(other),
        };
        let (reply, answer) = self.reply(request, &kept, now)?;
        let Some((effect, action, agency)) = settled else {
            self.store.log_messages(vec![question, answer]).await?;
            return Ok(reply);
        };
        let exchange = Exchange {
            peer: request.client.to_string(),
            id: request.id,
            answer: kept,
            effect,
            log: vec![question.clone(), answer],
            audit: AuditEntry {
                at: now,
                actor: "system".to_owned(),
                action: action.to_owned(),
                subject: request.id.to_string(),
                detail: agency,
            },
            at: now,
        };
        let Some(first) = self.store.settle_exchange(exchange).await? else {
            return Ok(reply);
        };
        // the same id at the same time: whoever was first has answered, and what was made here is nobody's answer
        let kept = if first.request_hash == request.hash(body) {
            first
        } else {
            refusal(request, body, ErrorKind::IdReused, REUSED.to_owned())?
        };
        let (reply, answer) = self.reply(request, &kept, now)?;
        self.store.log_messages(vec![question, answer]).await?;
        Ok(reply)
    }

    /// Who asks, and whether they may at all.
    fn admit(
        &self,
        asked: &Asked,
        request: &Request,
        signature: Option<&[u8]>,
    ) -> Result<(String, Call), Trouble> {
        let denied = |why: Denied| {
            let kind = match why {
                Denied::NoService => ErrorKind::NotFound,
                _ => ErrorKind::AccessDenied,
            };
            Trouble::refused(kind, &why)
        };
        let agency = self
            .book
            .by_address(&request.client)
            .ok_or_else(|| denied(Denied::Stranger))?;
        if !asked.peer.is(&agency.tls_name) {
            return Err(Trouble::refused(
                ErrorKind::NotYou,
                &"the certificate is not this subsystem's",
            ));
        }
        let Some(body) = &asked.body else {
            return Err(Trouble::refused(
                ErrorKind::BadRequest,
                &"the body is too large or broke off",
            ));
        };
        if !signature.is_some_and(|s| request.is_signed(body, s, &agency.verify)) {
            return Err(Trouble::refused(
                ErrorKind::NotYou,
                &"the signature is missing or not this subsystem's",
            ));
        }
        let (agency, call) = self
            .book
            .may_call(&request.client, &request.service)
            .map_err(denied)?;
        Ok((agency.id.clone(), call.clone()))
    }

    async fn serve(
        &self,
        agency: &str,
        call: &Call,
        request: &Request,
        body: &[u8],
        now: i64,
    ) -> Result<Judged, Trouble> {
        // what needs a consent asks for it every time, also for an answer that was given before
        let status = match call.service {
            Offered::BirthCertificate => None,
            Offered::BirthStatus => Some(self.birth_status(agency, call, request).await?),
        };
        let peer = request.client.to_string();
        if let Some(kept) = self.store.answer_given(&peer, request.id).await? {
            if kept.request_hash == request.hash(body) {
                return Ok(Judged::Again(kept));
            }
            return Err(Trouble::refused(ErrorKind::IdReused, &REUSED));
        }
        let done = match status {
            Some(body) => Done {
                body,
                effect: Effect::None,
                action: "agency.told",
            },
            None => certificate(agency, request, body, now)?,
        };
        Ok(Judged::New(done, agency.to_owned()))
    }

    async fn birth_status(
        &self,
        agency: &str,
        call: &Call,
        request: &Request,
    ) -> Result<Vec<u8>, Trouble> {
        let unknown = || Trouble::refused(ErrorKind::NotFound, &"there is no such notification");
        let number: u64 = match (request.method, request.path.strip_prefix('/')) {
            (Method::Get, Some(number)) => number.parse().map_err(|_| unknown())?,
            _ => return Err(unknown()),
        };
        let found = self.store.birth_status(&self.recipient, number).await?;
        let consented = match (&call.law, &found) {
            (Some(_), _) => true,
            (None, Some(status)) => {
                self.store
                    .consented(status.filing, agency, &call.purpose)
                    .await?
            }
            (None, None) => false,
        };
        // whether there is such a notification is told to nobody who may not know what became of it
        if !consented {
            return Err(Trouble::refused(
                ErrorKind::NoConsent,
                &"no consent of the family to this purpose",
            ));
        }
        let status = found.ok_or_else(unknown)?;
        let accepted = status.state == FilingState::Accepted;
        let day = jst::date(status.at).filter(|_| accepted);
        Ok(json!({
            "arrivalNumber": number,
            "accepted": accepted,
            "acceptedOn": day.map(|day| day.to_string()),
            "legalBasis": call.law,
        })
        .to_string()
        .into_bytes())
    }

    /// The answer as it goes out, and its entry in the log.
    fn reply(
        &self,
        request: &Request,
        kept: &KeptAnswer,
        now: i64,
    ) -> Result<(Reply, Message), Trouble> {
        let answer = Answer {
            status: kept.status,
            client: request.client.clone(),
            service: request.service.clone(),
            id: request.id,
            request_id: kept.request_id,
            request_hash: kept.request_hash,
            error: kept.error.clone(),
            content_type: kept.content_type.clone(),
        };
        let signature = answer.sign(&kept.body, &self.key)?;
        let mut headers = answer.headers();
        headers.push(signature_header(&signature));
        let message = Message {
            at: now,
            direction: Direction::WeAnswered,
            peer: request.client.to_string(),
            id: request.id.to_string(),
            head: answer.head(),
            body: body_digest(&kept.body),
            signature,
        };
        let reply = Reply {
            status: kept.status,
            headers,
            body: kept.body.clone(),
            pace: Pace::Whole,
        };
        Ok((reply, message))
    }
}

const REUSED: &str = "this message id was used for another question";

/// An error as the answer.
fn refusal(
    request: &Request,
    body: &[u8],
    kind: ErrorKind,
    why: String,
) -> Result<KeptAnswer, Trouble> {
    let error = ErrorBody {
        kind,
        message: why,
        detail: MessageId::generate()?,
    };
    kept(request, body, kind.status(), Some(kind), error.to_json())
}

/// An answer to a question with this body.
fn kept(
    request: &Request,
    body: &[u8],
    status: u16,
    error: Option<ErrorKind>,
    answer: Vec<u8>,
) -> Result<KeptAnswer, Trouble> {
    Ok(KeptAnswer {
        request_hash: request.hash(body),
        request_id: MessageId::generate()?,
        status,
        error: error.map(|kind| kind.code().to_owned()),
        content_type: Some(JSON.to_owned()),
        body: answer,
    })
}

enum Judged {
    /// Answered before.
    Again(KeptAnswer),
    /// To be answered now; the agency's id.
    New(Done, String),
}

/// Takes a hospital's word. Only the typed certificate is kept of it, never the bundle.
fn certificate(agency: &str, request: &Request, body: &[u8], now: i64) -> Result<Done, Trouble> {
    let bad = |why: String| Trouble::Refused(ErrorKind::BadRequest, why);
    let fhir = matches!(request.content_type.as_deref(), Some(FHIR_JSON | JSON));
    if request.method != Method::Post || !fhir || !request.path.is_empty() {
        return Err(bad("POST of a FHIR document is expected".to_owned()));
    }
    let word = fhir::read(body).map_err(|error| {
        let detail =
            std::error::Error::source(&error).map_or_else(String::new, |why| format!(": {why}"));
        bad(format!("{error}{detail}"))
    })?;
    let new = match word {
        HospitalWord::Withdrawn { number } => {
            return Ok(Done {
                body: json!({ "taken": "withdrawal" }).to_string().into_bytes(),
                effect: Effect::Withdrawn {
                    agency: agency.to_owned(),
                    number,
                },
                action: "certificate.withdrawn",
            });
        }
        word => new_certificate(&word, (agency, Via::Message, "system"), now)?,
    };
    let new = new.map_err(|why| bad(why.to_owned()))?;
    let (taken, action) = match new.kind {
        CertificateKind::Birth => ("birth", "certificate.came"),
        CertificateKind::Stillbirth => ("stillbirth", "certificate.came-of-loss"),
    };
    Ok(Done {
        body: json!({ "taken": taken }).to_string().into_bytes(),
        effect: Effect::Certificate(Box::new(new)),
        action,
    })
}

/// A certificate as it is kept; the inner error says why it cannot be one.
pub(crate) fn new_certificate(
    word: &HospitalWord,
    (agency, via, by): (&str, Via, &str),
    now: i64,
) -> Result<Result<NewCertificate, &'static str>, crate::NoRandomness> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(crate::NoRandomness)?;
    let (kind, number, child_order, at, content) = match word {
        HospitalWord::Birth(certificate) => (
            CertificateKind::Birth,
            &certificate.number,
            certificate.child_order(),
            certificate.birth_dt,
            certificate.to_json(),
        ),
        HospitalWord::Stillbirth(certificate) => (
            CertificateKind::Stillbirth,
            &certificate.number,
            certificate.plurality.order(),
            certificate.at,
            certificate.to_json(),
        ),
        HospitalWord::Withdrawn { .. } => return Ok(Err("a withdrawal is no certificate")),
    };
    if jst::civil(now).is_some_and(|now| at > now) {
        return Ok(Err("a certificate from the future cannot be used"));
    }
    let Ok(content) = String::from_utf8(content) else {
        return Ok(Err("the certificate is not text"));
    };
    let child_key =
        (kind == CertificateKind::Birth).then(|| key_of(BIRTH_NOTIFICATION, number, child_order));
    Ok(Ok(NewCertificate {
        id,
        kind,
        agency: agency.to_owned(),
        via,
        entered_by: by.to_owned(),
        number: number.clone(),
        child_order,
        child_key,
        content,
        received_at: now,
    }))
}
