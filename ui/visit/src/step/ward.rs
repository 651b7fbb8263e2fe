//! What the ward, the desk and the city report: certificates, durable rows, receipts.

use ubugoe_procedures::{BirthCertificate, Difference, Match};

use super::{Here, Moved, acting, pause, stay, stop};
use crate::service::key_of;
use crate::{CertificateTrouble, Delivery, DeliveryState, Effect, Failure, Stage};

pub(super) fn certificates_found(
    stage: Stage,
    mut candidates: Vec<BirthCertificate>,
    earlier: Vec<Delivery>,
    here: &Here<'_>,
) -> Moved {
    let Stage::FindingCertificate {
        card,
        holder,
        integrity: _,
    } = stage
    else {
        return stay(stage);
    };
    // Whatever was looked up, and for whom: nobody is shown the certificate of plainly somebody else.
    // Unless staff, who saw the person, handed it to this very card.
    let handed = |found: &BirthCertificate| {
        let key = key_of(found);
        here.cx.staff.handed.is_some_and(|handed| handed.key == key)
    };
    candidates.retain(|found| {
        handed(found) || found.matches_mother(&holder) != Match::Differs(Difference::Name)
    });
    if !candidates.is_empty() {
        return acting(Stage::Certificate {
            card,
            holder,
            candidates,
        });
    }
    if earlier.is_empty() {
        return stop(Failure::NoCertificate, Some(&card), here);
    }
    follow(earlier, here.release(Some(&card)), here)
}

pub(super) fn certificates_failed(stage: Stage, why: CertificateTrouble, here: &Here<'_>) -> Moved {
    let Stage::FindingCertificate { card, .. } = stage else {
        return stay(stage);
    };
    let failure = match why {
        CertificateTrouble::Unreadable => Failure::CertificateUnreadable,
        CertificateTrouble::EarlierUnreadable => Failure::StorageFailed,
    };
    stop(failure, Some(&card), here)
}

pub(super) fn stored(stage: Stage, deliveries: Vec<Delivery>, here: &Here<'_>) -> Moved {
    let Stage::Storing { draft, .. } = stage else {
        return stay(stage);
    };
    follow(deliveries, here.release(Some(&draft.card)), here)
}

/// From here on the outbox is the truth: neither the card nor anything about the person is needed.
fn follow(deliveries: Vec<Delivery>, release: Option<Effect>, here: &Here<'_>) -> Moved {
    let mut effects: Vec<Effect> = release.into_iter().collect();
    effects.extend([Effect::Wipe, Effect::Await(here.following_timer())]);
    (Stage::Following { deliveries }, effects)
}

pub(super) fn store_failed(stage: Stage, full: bool) -> Moved {
    let Stage::Storing { draft, prepared } = stage else {
        return stay(stage);
    };
    let failure = if full {
        Failure::StorageFull
    } else {
        Failure::StorageFailed
    };
    pause(failure, Stage::Reviewing { draft, prepared })
}

/// How late a delivery state is; news that would go back is dropped (a late `Sent` after `Arrived`).
const fn rank(state: &DeliveryState) -> u8 {
    match state {
        DeliveryState::Stored => 0,
        DeliveryState::Sent => 1,
        DeliveryState::Arrived => 2,
        // An officer may return a filing and accept it later: these follow each other in either order.
        DeliveryState::Accepted
        | DeliveryState::Returned { .. }
        | DeliveryState::Refused { .. } => 3,
    }
}

/// News of a filing counts for the very bytes that were signed. What is new on the screen gets its time to be read.
pub(super) fn delivery_moved(stage: Stage, news: Delivery, here: &Here<'_>) -> Moved {
    let Stage::Following { mut deliveries } = stage else {
        return stay(stage);
    };
    let followed = deliveries
        .iter_mut()
        .find(|d| d.id == news.id && d.digest == news.digest);
    let mut effects = Vec::new();
    if let Some(known) = followed
        && rank(&news.state) >= rank(&known.state)
    {
        if rank(&news.state) > rank(&known.state) {
            effects.push(Effect::Await(here.following_timer()));
        }
        *known = news;
    }
    (Stage::Following { deliveries }, effects)
}
