//! What the line of a family waits for, asked of the agency that knows, and its answer carried back to the line.
//!
//! An item whose next station is an agency is carried out by the city and then waits there. Which agency and which question
//! stands in the configuration (`items` of an ask). The id of a question follows from the item, so two programs that find the
//! same item ask once. Without the family's consent, or a law in its place, nothing is asked and the item goes on waiting.
//! Must not tell an agency more than which procedure of which application it is about.

use serde_json::json;
use sha2::{Digest as _, Sha256};
use ubugoe_exchange::MessageId;

use super::send::{Sender, Wish, WishError};
use crate::store::StoreError;
use crate::store::agencies::Queued;
use crate::store::nonstop::{By, Hop, HopState, OnItsWay, Question, Step};

/// Items looked at in one piece.
const PIECE: u32 = 100;

impl Sender {
    /// Asks what the line waits for, and tells the line what was answered. Answers how many steps that were.
    ///
    /// # Errors
    /// [`StoreError`]; what was done stays done.
    pub async fn follow_the_line(&self) -> Result<usize, StoreError> {
        let mut steps = 0;
        for agency in self.book.agencies() {
            for ask in agency.asks.iter().filter(|ask| !ask.items.is_empty()) {
                let question = Question {
                    agency: agency.id.clone(),
                    service: ask.service.clone(),
                    purpose: ask.purpose.clone(),
                    law: ask.law.is_some(),
                    items: ask.items.clone(),
                    issues: format!("{}-line-", self.book.municipality()),
                };
                steps += self.tell(&question).await?;
                steps += self.ask_all(&question).await?;
            }
        }
        Ok(steps)
    }

    /// What the agency's station of an item has come to, as somebody says.
    async fn report(&self, item: i64, state: HopState, actor: String) -> Result<Step, StoreError> {
        let at = self.now();
        let by = By { actor, at };
        self.store.report_hop(item, Hop::Insurer, state, by).await
    }

    /// Tells the line what was answered, or settled by an officer, or may not be asked any more. An answer that is no yes is told
    /// as what it is, and waits for an officer.
    async fn tell(&self, question: &Question) -> Result<usize, StoreError> {
        let mut steps = 0;
        loop {
            let ended = self.store.line_answered(question.clone(), PIECE).await?;
            let before = steps;
            for (item, state) in &ended {
                let actor = format!("agency:{}", question.agency);
                let told = self.report(*item, *state, actor).await?;
                steps += usize::from(told == Step::Done);
            }
            // what somebody else told meanwhile is gone the next time; nothing goes round for ever
            if ended.len() < PIECE as usize || steps == before {
                return Ok(steps);
            }
        }
    }

    async fn ask_all(&self, question: &Question) -> Result<usize, StoreError> {
        let mut steps = 0;
        let mut after = 0;
        loop {
            let waiting = self
                .store
                .line_unasked(question.clone(), after, PIECE)
                .await?;
            for item in &waiting {
                after = item.item;
                steps += usize::from(self.ask_for(question, item).await?);
            }
            if waiting.len() < PIECE as usize {
                return Ok(steps);
            }
        }
    }

    async fn ask_for(&self, question: &Question, item: &OnItsWay) -> Result<bool, StoreError> {
        let body = json!({ "procedure": item.procedure });
        let wish = Wish {
            id: id_of(
                &self.book.own().to_string(),
                &question.service,
                (item.item, item.before),
            ),
            filing: item.filing,
            agency: question.agency.clone(),
            service: question.service.clone(),
            purpose: question.purpose.clone(),
            issue: format!("{}{}", question.issues, item.item),
            path: String::new(),
            body: Some(body.to_string().into_bytes()),
            actor: "system".to_owned(),
        };
        match self.ask(wish).await {
            Ok(Queued::Yes) => Ok(true),
            Ok(Queued::Silenced) => {
                let actor = "system".to_owned();
                self.report(item.item, HopState::Stopped, actor).await?;
                Ok(true)
            }
            // withdrawn in this moment, or asked by another program
            Ok(Queued::NoConsent | Queued::Already | Queued::NoFiling) => Ok(false),
            Err(WishError::Store(error)) => Err(error),
            Err(error @ (WishError::Denied(_) | WishError::Unsendable)) => {
                tracing::error!(agency = question.agency, error = %error, "the line waits for an agency that may not be asked");
                Ok(false)
            }
        }
    }
}

/// One question of one item has one id (RFC 9562, version 8: made by our own rule); after a consent that was taken back and given
/// again it is another question.
fn id_of(own: &str, service: &str, (item, before): (i64, i64)) -> MessageId {
    let mut hash = Sha256::new();
    hash.update(b"ubugoe question of the line\0");
    for text in [own, service] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.update(item.to_be_bytes());
    hash.update(before.to_be_bytes());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    MessageId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_item_has_the_same_question_and_another_has_another() {
        let id = |service, item| id_of("JPX/GOV/991015/UBUGOE", service, (item, 0)).to_string();
        assert_eq!(id("lumpSum", 7), id("lumpSum", 7));
        assert_ne!(id("lumpSum", 7), id("lumpSum", 8));
        assert_ne!(id("lumpSum", 7), id("premiumRelief", 7));
        assert_eq!(id("lumpSum", 7).as_bytes().get(14), Some(&b'8'));
    }
}
