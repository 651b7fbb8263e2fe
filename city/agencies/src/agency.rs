//! One simulated agency: answers what the city asks, and asks the city.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use ubugoe_exchange::client::{Answered, AskError, Dialer, Place};
use ubugoe_exchange::message::{FHIR_JSON, JSON, signature_header};
use ubugoe_exchange::server::{Answering, Asked, Pace, Reply};
use ubugoe_exchange::{Answer, ErrorBody, ErrorKind, MessageId, Method, Request, Subsystem};
use ubugoe_protocol::{KeyError, SigningKey, VerifyingKey};

use crate::{Fault, Faults, Verdicts};

/// How long a slow agency thinks.
const SLOW: Duration = Duration::from_millis(500);

/// What an agency is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Sends certificates; is asked for nothing.
    Hospital,
    /// 健康保険組合: the lump sum.
    Insurer,
    /// 年金事務所: relief from premiums.
    PensionOffice,
    /// 都道府県: vital statistics.
    Prefecture,
    /// A company: gifts.
    Provider,
}

impl Kind {
    /// The service it offers, if any.
    #[must_use]
    pub const fn service(self) -> Option<&'static str> {
        match self {
            Self::Hospital => None,
            Self::Insurer => Some("lumpSum"),
            Self::PensionOffice => Some("premiumRelief"),
            Self::Prefecture => Some("vitalStatistics"),
            Self::Provider => Some("gift"),
        }
    }
}

/// What was answered, by message id.
#[derive(Debug, Default)]
pub struct Answers(Mutex<BTreeMap<MessageId, ([u8; 64], Kept)>>);

#[derive(Debug, Clone)]
struct Kept {
    request_id: MessageId,
    body: Vec<u8>,
}

impl Answers {
    /// How many different questions it acted upon.
    #[must_use]
    pub fn effects(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// A simulated agency.
pub struct Agency {
    /// What it is.
    pub kind: Kind,
    /// Its address.
    pub own: Subsystem,
    /// Its key.
    pub key: SigningKey,
    /// A key that nobody knows, for [`Fault::WrongSignature`].
    pub strange: SigningKey,
    /// The city's address.
    pub city: Subsystem,
    /// The name in the city's certificate.
    pub city_name: String,
    /// Verifies what the city signs.
    pub city_key: VerifyingKey,
    /// Its way out.
    pub dialer: Dialer,
    /// How it misbehaves.
    pub faults: Faults,
    /// What it decides.
    pub verdicts: Verdicts,
    /// What it did.
    pub answers: Answers,
}

impl std::fmt::Debug for Agency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Agency({:?} {})", self.kind, self.own)
    }
}

#[async_trait]
impl Answering for Agency {
    async fn answer(&self, asked: Asked) -> Reply {
        let fault = self.faults.take();
        match self.reply(&asked, fault) {
            Ok(reply) => self.misbehave(reply, fault).await,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "cannot answer");
                silence()
            }
        }
    }
}

fn silence() -> Reply {
    Reply {
        status: 503,
        headers: Vec::new(),
        body: Vec::new(),
        pace: Pace::Never,
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("no signature")]
    Key(#[from] KeyError),
    #[error("no message id")]
    Id(#[from] ubugoe_exchange::MessageIdError),
}

impl Agency {
    async fn misbehave(&self, reply: Reply, fault: Option<Fault>) -> Reply {
        match fault {
            Some(Fault::Down) => silence(),
            // whoever asked closes the connection, and this ends with it
            Some(Fault::Late) => std::future::pending().await,
            Some(Fault::Slow) => {
                tokio::time::sleep(SLOW).await;
                reply
            }
            _ => reply,
        }
    }

    fn reply(&self, asked: &Asked, fault: Option<Fault>) -> Result<Reply, Trouble> {
        let headers = asked
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()));
        let Ok((request, signature)) = Request::parse(&asked.method, &asked.target, headers) else {
            return Ok(Reply {
                status: 400,
                headers: vec![("x-road-error", ErrorKind::BadRequest.code().to_owned())],
                body: Vec::new(),
                pace: Pace::Whole,
            });
        };
        if fault == Some(Fault::Down) {
            return Ok(silence());
        }
        let body = asked.body.as_deref().unwrap_or_default();
        let hash = request.hash(body);
        let outcome = self.judge(asked, &request, signature.as_deref());
        let (status, error, kept) = match outcome {
            Ok(()) => match self.carry_out(&request, hash, fault)? {
                Some(kept) => (200, None, kept),
                None => self.refused(ErrorKind::IdReused)?,
            },
            Err(kind) => self.refused(kind)?,
        };
        let mut kept = kept;
        if fault == Some(Fault::Garbled) {
            kept.body.truncate(kept.body.len() / 2);
        }
        let strange = fault == Some(Fault::Stranger);
        let answer = Answer {
            status,
            client: request.client.clone(),
            service: request.service.clone(),
            id: if strange {
                MessageId::generate()?
            } else {
                request.id
            },
            request_id: kept.request_id,
            request_hash: hash,
            error,
            content_type: Some(JSON.to_owned()),
        };
        let key = if fault == Some(Fault::WrongSignature) {
            &self.strange
        } else {
            &self.key
        };
        let mut headers = answer.headers();
        headers.push(signature_header(&answer.sign(&kept.body, key)?));
        Ok(Reply {
            status,
            headers,
            body: kept.body,
            pace: Pace::Whole,
        })
    }

    /// Only the city, only the own service, only signed.
    fn judge(
        &self,
        asked: &Asked,
        request: &Request,
        signature: Option<&[u8]>,
    ) -> Result<(), ErrorKind> {
        let body = asked.body.as_deref().ok_or(ErrorKind::BadRequest)?;
        let signed = signature.is_some_and(|s| request.is_signed(body, s, &self.city_key));
        if request.client != self.city || !asked.peer.is(&self.city_name) || !signed {
            return Err(ErrorKind::NotYou);
        }
        let offered = request.service.provider == self.own
            && self.kind.service() == Some(request.service.code.as_str());
        if offered {
            Ok(())
        } else {
            Err(ErrorKind::NotFound)
        }
    }

    /// Acts once for each message id, and answers every repetition alike. `None`: the id was another question's.
    fn carry_out(
        &self,
        request: &Request,
        hash: [u8; 64],
        fault: Option<Fault>,
    ) -> Result<Option<Kept>, Trouble> {
        let fresh = MessageId::generate()?;
        let mut answers = self
            .answers
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (before, kept) = answers.entry(request.id).or_insert_with(|| {
            let verdict = self.verdicts.take();
            let result = if fault == Some(Fault::Nonsense) {
                "たぶん大丈夫です"
            } else {
                verdict.code()
            };
            let body = json!({
                "result": result,
                "reason": verdict.reason(),
                "issue": request.issue,
                "reference": fresh.to_string(),
            });
            let kept = Kept {
                request_id: fresh,
                body: body.to_string().into_bytes(),
            };
            (hash, kept)
        });
        Ok((*before == hash).then(|| kept.clone()))
    }

    fn refused(&self, kind: ErrorKind) -> Result<(u16, Option<String>, Kept), Trouble> {
        let id = MessageId::generate()?;
        let body = ErrorBody {
            kind,
            message: format!("refused by the simulated {:?}", self.kind),
            detail: id,
        };
        let kept = Kept {
            request_id: id,
            body: body.to_json(),
        };
        Ok((kind.status(), Some(kind.code().to_owned()), kept))
    }

    /// A question to the city.
    ///
    /// # Errors
    /// [`ubugoe_exchange::AddressError`] when the service is no part of an address.
    pub fn question(
        &self,
        id: MessageId,
        service: &str,
        path: &str,
        fhir: bool,
    ) -> Result<Request, ubugoe_exchange::AddressError> {
        Ok(Request {
            method: if fhir { Method::Post } else { Method::Get },
            service: self.city.service(service)?,
            path: path.to_owned(),
            query: None,
            client: self.own.clone(),
            id,
            user: None,
            issue: None,
            content_type: fhir.then(|| FHIR_JSON.to_owned()),
        })
    }

    /// Asks the city; with [`Fault::Twice`] twice at the same time, and the second answer is the one that counts.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask(
        self: &Arc<Self>,
        at: &str,
        request: &Request,
        body: Vec<u8>,
    ) -> Result<Answered, AskError> {
        let place = Place {
            address: at.to_owned(),
            name: self.city_name.clone(),
        };
        let ask = |body| self.dialer.ask(&place, request, body, &self.city_key);
        if self.faults.take() == Some(Fault::Twice) {
            let (first, second) = tokio::join!(ask(body.clone()), ask(body));
            first?;
            return second;
        }
        ask(body).await
    }
}
