//! Second signatures with cards, as they come from devices: numbers are answered, signatures land.
//!
//! Answers for signing what a number leads to, and for what is done with what the store says. Judges nothing itself: what a
//! signature is worth says [`crate::casework::second`], once for all ways of signing.

use std::sync::Arc;

use ubugoe_protocol::{Downlink, SecondAnswer, SecondGrant, SecondNotice, cades, digest};

use super::{Answer, From, Ingest, Message, for_carrier};
use crate::casework::second::{First, judge_card};
use crate::store::second_card::{CardArrival, Fetched, NumberAsk, Weigher};
use crate::store::{Landed, NewQuarantine, QuarantineReason, StoreError};

impl Ingest {
    pub(super) async fn land_seconds(
        &self,
        seconds: Vec<(CardArrival, Message)>,
    ) -> Result<Vec<Answer>, StoreError> {
        let mut answers = Vec::new();
        for (arrival, message) in seconds {
            let device = arrival.device.clone();
            let from = From::of(&device, &message);
            let now = (self.clock)().as_second();
            let landed = self
                .store
                .second_land(
                    arrival,
                    self.weigher(now),
                    Arc::clone(&self.sealer) as Arc<_>,
                    now,
                )
                .await?;
            let content = match landed {
                Landed::New { receipt, .. } => {
                    tracing::info!(%device, "a second signature arrived");
                    Downlink::Receipts(vec![receipt])
                }
                Landed::Again { receipt } => Downlink::Receipts(vec![receipt]),
                Landed::Conflict { refusal } => {
                    tracing::error!(%device, "same id, other signature: refused");
                    self.keep_aside(message, refusal.clone(), now).await?;
                    Downlink::Refusals(vec![refusal])
                }
            };
            if from.carrier.is_some() {
                answers.extend(self.carriers_answer(&from, &content));
            }
            answers.push(Answer { device, content });
        }
        Ok(answers)
    }

    /// The same to whoever carried it for its device.
    fn carriers_answer(&self, from: &From, content: &Downlink) -> Option<Answer> {
        let (carrier, _) = from.carrier.as_ref()?;
        let content = match content {
            Downlink::Receipts(items) => {
                let (_, told) = for_carrier(&self.sealer, from, items.first()?)?;
                Downlink::Receipts(vec![told])
            }
            other => other.clone(),
        };
        Some(Answer {
            device: carrier.clone(),
            content,
        })
    }

    /// Holds a signature to the same checks as the first one, at this moment.
    fn weigher(&self, now: i64) -> Weigher {
        let desk = Arc::clone(&self.desk);
        Arc::new(move |canonical: &[u8], first: &[u8], cms: &[u8]| {
            let first = First {
                canonical,
                cms: first,
            };
            judge_card(first, cms, &desk.trust, now)
        })
    }

    async fn keep_aside(
        &self,
        message: Message,
        refusal: Vec<u8>,
        now: i64,
    ) -> Result<(), StoreError> {
        let item = NewQuarantine {
            wire: message.wire,
            device: message.device,
            reason: QuarantineReason::DigestConflict,
            detail: "second signature".to_owned(),
            refusal: Some(refusal),
        };
        self.quarantine(item, now).await
    }

    pub(super) async fn answer_asks(
        &self,
        asks: Vec<NumberAsk>,
    ) -> Result<Vec<Answer>, StoreError> {
        let mut answers = Vec::new();
        for ask in asks {
            let (device, nonce) = (ask.device.clone(), ask.nonce);
            let notice = SecondNotice {
                nonce,
                device: device.clone(),
                recipient: self.desk.office.recipient.clone(),
                answer: self.fetched(ask).await?,
            };
            match notice.sign(&self.desk.keys.sign) {
                Ok(signed) => answers.push(Answer {
                    device,
                    content: Downlink::Seconds(vec![signed]),
                }),
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "cannot sign what a number leads to"
                ),
            }
        }
        Ok(answers)
    }

    async fn fetched(&self, ask: NumberAsk) -> Result<SecondAnswer, StoreError> {
        let now = (self.clock)().as_second();
        // a link that was closed in the meantime opens nothing, and leads nowhere
        let link = self.store.second_number_link(ask.number.hash()).await?;
        let open = match link {
            Some(link) => self.store.family_link(link, None, now).await?.is_some(),
            None => false,
        };
        let device = ask.device.clone();
        let fetched = self.store.second_fetch(ask, open, now).await?;
        tracing::info!(%device, found = matches!(fetched, Fetched::Here { .. }), "a number was asked about");
        Ok(match fetched {
            Fetched::Here {
                ticket,
                canonical,
                first,
            } => SecondAnswer::Granted(SecondGrant {
                ticket,
                canonical,
                // without a certificate in it there is none to be told from
                first: cades::signer_of(&first).map_or([0; 32], |certificate| digest(&certificate)),
            }),
            Fetched::Nowhere => SecondAnswer::Unknown,
            Fetched::Busy => SecondAnswer::Busy,
        })
    }
}
