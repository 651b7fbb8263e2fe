//! Between the card driver's words and the visit's: one translation each way, no decisions.

use jiff::civil::Date;
use ubugoe_card::{Attributes, CardDate, CardError, CardEvent, Look, Reply, Unusable};
use ubugoe_procedures::{CardHolder, Sex};
use ubugoe_visit::{
    CardFacts, CardIdentity, CardOnReader, CardTrouble, Event, Integrity, Ticket, UnusableCard,
};

/// The driver's ticket in the visit's words.
fn ticket(ticket: ubugoe_card::Ticket) -> Ticket {
    Ticket(ticket.0)
}

/// The visit's ticket in the driver's words.
pub(crate) const fn asked(ticket: Ticket) -> ubugoe_card::Ticket {
    ubugoe_card::Ticket(ticket.0)
}

/// What a driver event means to the visit; `None` where it means nothing to a person.
pub(crate) fn event(event: CardEvent) -> Option<Event> {
    Some(match event {
        CardEvent::Readers(names) => Event::ReadersChanged {
            present: !names.is_empty(),
        },
        CardEvent::ServiceLost => Event::CardServiceLost,
        CardEvent::ServiceBack => Event::CardServiceBack,
        CardEvent::Inserted { ticket: at, look } => Event::CardInserted(CardOnReader {
            ticket: ticket(at),
            facts: facts(&look),
        }),
        CardEvent::Unusable { ticket: at, why } => Event::CardUnusable {
            ticket: ticket(at),
            why: unusable(&why),
        },
        CardEvent::Removed { ticket: at } => Event::CardRemoved { ticket: ticket(at) },
        CardEvent::Failed { ticket: at, error } => Event::CardFailed {
            ticket: ticket(at),
            trouble: trouble(&error),
        },
        CardEvent::Done {
            ticket: at, reply, ..
        } => match reply {
            Reply::Attributes(attributes) => read(ticket(at), attributes),
            // Signatures go through the desk first; the other two are nobody's news.
            Reply::Signed(_) | Reply::AuthCertificate(_) | Reply::Finished => return None,
        },
    })
}

fn facts(look: &Look) -> CardFacts {
    CardFacts {
        identity: CardIdentity(*look.identity.as_bytes()),
        attributes_tries: look.tries.attributes,
        sign_tries: look.tries.sign,
        has_sign_certificate: look.has_sign_cert,
        expiry: look.card_expiry.and_then(day),
    }
}

fn read(ticket: Ticket, attributes: Attributes) -> Event {
    // A register may hold a birth date without month or day (foreign residents); this visit cannot carry one yet.
    let Some(birth) = day(attributes.birth) else {
        tracing::warn!("the birth date on the card is no calendar day");
        return Event::CardFailed {
            ticket,
            trouble: CardTrouble::Nonsense,
        };
    };
    let integrity = match &attributes.integrity {
        ubugoe_card::Integrity::Trusted { .. } => Integrity::Proven,
        ubugoe_card::Integrity::Consistent { .. } => Integrity::IssuerUnknown,
        ubugoe_card::Integrity::Broken(why) => {
            tracing::error!(
                error = why as &dyn std::error::Error,
                "attributes are not intact"
            );
            Integrity::Broken
        }
        ubugoe_card::Integrity::NotChecked(_) => Integrity::NotChecked,
    };
    let sex = match attributes.sex {
        ubugoe_card::Sex::Unknown => Sex::NotKnown,
        ubugoe_card::Sex::Male => Sex::Male,
        ubugoe_card::Sex::Female => Sex::Female,
        ubugoe_card::Sex::NotApplicable => Sex::NotApplicable,
    };
    let holder = CardHolder {
        name: attributes.name,
        address: attributes.address,
        birth,
        sex,
    };
    Event::AttributesRead {
        ticket,
        holder,
        integrity,
    }
}

fn day(date: CardDate) -> Option<Date> {
    Date::new(date.year, date.month, date.day).ok()
}

fn unusable(why: &Unusable) -> UnusableCard {
    tracing::info!(error = why as &dyn std::error::Error, "card of no use here");
    match why {
        Unusable::NotMyNumberCard { .. } | Unusable::Incomplete { .. } => UnusableCard::NotMyNumber,
        Unusable::Smartphone(_) => UnusableCard::Smartphone,
        Unusable::Expired { .. } => UnusableCard::Expired,
        Unusable::InUse => UnusableCard::Busy,
        Unusable::Failed(CardError::Mute { .. }) => UnusableCard::Mute,
        Unusable::Unresponsive | Unusable::Failed(_) => UnusableCard::Nonsense,
    }
}

/// How a failed operation reads to the visit.
pub(crate) fn trouble(error: &CardError) -> CardTrouble {
    match error {
        CardError::WrongPin { left, .. } => CardTrouble::WrongPin { left: *left },
        CardError::LastTryKept { .. } => CardTrouble::LastTryKept,
        CardError::Locked { .. } => CardTrouble::Locked,
        CardError::Gone { .. } | CardError::OldTicket | CardError::PowerLost { .. } => {
            CardTrouble::Gone
        }
        CardError::Mute { .. } => CardTrouble::Mute,
        CardError::Swapped => CardTrouble::Swapped,
        CardError::Status { .. } | CardError::Garbage { .. } | CardError::WorkerStopped => {
            CardTrouble::Nonsense
        }
        CardError::NoSignCertificate | CardError::NoAuthCertificate | CardError::Refused(_) => {
            CardTrouble::CertificateInvalid
        }
        CardError::BadSignature { .. } => CardTrouble::SignatureWrong,
    }
}
