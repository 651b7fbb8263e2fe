//! What the ward, the desk and the city report: certificates, durable rows, receipts; and what is chosen of it.

use std::collections::BTreeSet;

use ubugoe_procedures::{CardHolder, Difference, Match, Plurality};

use super::{Here, Moved, acting, ask_next, pause, second, stay, stop};
use crate::service::key_of;
use crate::{
    Aftercare, Candidate, CardOnReader, CertificateTrouble, Delivery, DeliveryState, Draft, Effect,
    Failure, Forms, Found, PaperAdvice, Reach, Stage, WardFlags, line, questions,
};

pub(super) fn certificates_found(stage: Stage, mut found: Found, here: &Here<'_>) -> Moved {
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
    let handed = |found: &Candidate| {
        let key = key_of(&found.certificate);
        here.cx.staff.handed.is_some_and(|handed| handed.key == key)
    };
    found.candidates.retain(|found| {
        handed(found)
            || found.certificate.matches_mother(&holder) != Match::Differs(Difference::Name)
    });
    // A loss, or an adoption plan: nothing is said here; staff come.
    if flags(&found).staff_guides() {
        let found = Box::new(found);
        return acting(Stage::StaffGuides {
            card,
            holder,
            found,
        });
    }
    offer(card, holder, found, here)
}

fn flags(found: &Found) -> WardFlags {
    let candidates = found.candidates.iter();
    candidates.fold(found.ward, |flags, one| flags.or(one.flags))
}

/// What was found, to the mother: her kept draft, her children, or what she filed before.
fn offer(card: CardOnReader, holder: CardHolder, found: Found, here: &Here<'_>) -> Moved {
    let Found {
        candidates,
        ward,
        earlier,
        saved,
    } = found;
    let mut forget = None;
    if let Some(saved) = saved {
        if saved.fits(&candidates, here.cx.now) {
            return acting(Stage::Resume {
                card,
                holder,
                candidates: with_ward(candidates, ward),
                saved,
            });
        }
        // One whose certificate is not here just now may fit again: a father's is handed to him by staff each time.
        if !saved.counts(here.cx.now) {
            forget = Some(Effect::DiscardDraft {
                identity: card.facts.identity,
            });
        }
    }
    let (stage, effects) = if !candidates.is_empty() {
        certificates(card, holder, with_ward(candidates, ward))
    } else if earlier.is_empty() {
        stop(Failure::NoCertificate, Some(&card), here)
    } else {
        let after = Aftercare {
            protected: ward.protection,
            quiet: ward.quiet(),
            ..Aftercare::default()
        };
        follow(earlier, after, here.release(Some(&card)), here)
    };
    (stage, forget.into_iter().chain(effects).collect())
}

/// What is marked for the mother holds for each of her children; a loss is marked where it belongs.
fn with_ward(mut candidates: Vec<Candidate>, ward: WardFlags) -> Vec<Candidate> {
    for found in &mut candidates {
        found.flags.protection |= ward.protection;
        found.flags.adoption |= ward.adoption;
        found.flags.sibling_lost |= ward.sibling_lost;
    }
    candidates
}

fn certificates(card: CardOnReader, holder: CardHolder, candidates: Vec<Candidate>) -> Moved {
    // All of them, where they are the children of one delivery. Two mothers of one name must choose.
    let all: BTreeSet<usize> = (0..candidates.len()).collect();
    let chosen = if one_delivery(&candidates, &all) {
        all
    } else {
        BTreeSet::new()
    };
    acting(Stage::Certificate {
        card,
        holder,
        candidates,
        chosen,
    })
}

/// Whether these are children of one delivery: one child; or several of one number of children, each in its own place.
/// They may be born on two days, in two months or in two years (trap 40).
fn one_delivery(candidates: &[Candidate], chosen: &BTreeSet<usize>) -> bool {
    let mut orders = BTreeSet::new();
    let mut sizes = BTreeSet::new();
    let mut single = 0;
    for found in chosen.iter().filter_map(|at| candidates.get(*at)) {
        match found.certificate.plurality {
            Plurality::Single => single += 1,
            Plurality::Multiple { order, of } => {
                sizes.insert(of);
                if !orders.insert(order) {
                    return false;
                }
            }
        }
    }
    match (single, orders.len()) {
        (1, 0) => true,
        (0, 1..) => sizes.len() == 1,
        _ => false,
    }
}

/// Marks a child, or takes the mark away. A child of another delivery takes the others' marks away: one visit is for one
/// delivery.
pub(super) fn certificate_toggled(stage: Stage, number: &str, child_order: u8) -> Moved {
    let Stage::Certificate {
        card,
        holder,
        candidates,
        mut chosen,
    } = stage
    else {
        return stay(stage);
    };
    let this = candidates.iter().position(|found| {
        found.certificate.number == number && found.certificate.child_order() == child_order
    });
    if let Some(this) = this
        && !chosen.remove(&this)
    {
        chosen.insert(this);
        if !one_delivery(&candidates, &chosen) {
            chosen = BTreeSet::from([this]);
        }
    }
    acting(Stage::Certificate {
        card,
        holder,
        candidates,
        chosen,
    })
}

pub(super) fn no_certificate_is_mine(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Certificate { card, .. } = stage else {
        return stay(stage);
    };
    stop(Failure::NoCertificate, Some(&card), here)
}

pub(super) fn certificates_confirmed(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Certificate {
        card,
        holder,
        candidates,
        chosen,
    } = stage
    else {
        return stay(stage);
    };
    if !one_delivery(&candidates, &chosen) {
        return acting(Stage::Certificate {
            card,
            holder,
            candidates,
            chosen,
        });
    }
    let mine = (0..)
        .zip(candidates)
        .filter(|(at, _)| chosen.contains(at))
        .map(|(_, found)| found)
        .collect();
    match draft(&card, holder, mine, here) {
        Ok(draft) => acting(Stage::Line(draft)),
        Err(stopped) => *stopped,
    }
}

fn draft(
    card: &CardOnReader,
    holder: CardHolder,
    certificates: Vec<Candidate>,
    here: &Here<'_>,
) -> Result<Box<Draft>, Box<Moved>> {
    let Some(today) = here.cx.today else {
        return Err(Box::new(stop(
            Failure::ClockUnsynchronised,
            Some(card),
            here,
        )));
    };
    questions::begin(card.clone(), holder, certificates, today, here.cx)
        .map(Box::new)
        .ok_or_else(|| Box::new(stop(Failure::FormIncomplete, Some(card), here)))
}

// ---------------------------------------------------------------------------------------------- staff, and drafts

/// Staff signed in beside the bed: on with what was found, in silence.
pub(super) fn staff_opened(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::StaffGuides {
        card,
        holder,
        found,
    } = stage
    else {
        return stay(stage);
    };
    // Without a certificate there is nothing a mother could file here: what is left is the staff's own.
    if found.candidates.is_empty() && found.earlier.is_empty() {
        return acting(Stage::StaffGuides {
            card,
            holder,
            found,
        });
    }
    offer(card, holder, *found, here)
}

/// On where she stopped. Card and certificates are as they are today; what was said is put back.
pub(super) fn resume_wanted(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Resume {
        card,
        holder,
        candidates,
        saved,
    } = stage
    else {
        return stay(stage);
    };
    let mine = saved
        .certificates
        .iter()
        .filter_map(|key| candidates.iter().find(|found| found.key() == *key))
        .cloned()
        .collect();
    match draft(&card, holder, mine, here) {
        Ok(mut draft) => {
            questions::restore(&mut draft, &saved, here.cx);
            if draft.line_seen {
                ask_next(draft, here)
            } else {
                acting(Stage::Line(draft))
            }
        }
        Err(stopped) => *stopped,
    }
}

pub(super) fn begin_anew_wanted(stage: Stage) -> Moved {
    let Stage::Resume {
        card,
        holder,
        candidates,
        ..
    } = stage
    else {
        return stay(stage);
    };
    let forget = Effect::DiscardDraft {
        identity: card.facts.identity,
    };
    let (stage, mut effects) = certificates(card, holder, candidates);
    effects.insert(0, forget);
    (stage, effects)
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

// ---------------------------------------------------------------------------------------------- the desk

pub(super) fn stored(stage: Stage, deliveries: Vec<Delivery>, here: &Here<'_>) -> Moved {
    let Stage::Storing { draft, prepared } = stage else {
        return stay(stage);
    };
    let after = Aftercare {
        protected: draft.protected(),
        quiet: draft.flags.quiet(),
        forms: Forms(prepared.into_iter().map(|one| one.canonical).collect()),
        ..Aftercare::default()
    };
    let (stage, mut effects) = follow(deliveries, after, here.release(Some(&draft.card)), here);
    effects.insert(
        0,
        Effect::DiscardDraft {
            identity: draft.card.facts.identity,
        },
    );
    (stage, effects)
}

/// From here on the outbox is the truth: neither the card nor anything about the person is needed.
fn follow(
    deliveries: Vec<Delivery>,
    after: Aftercare,
    release: Option<Effect>,
    here: &Here<'_>,
) -> Moved {
    let mut after = Aftercare {
        paper: line::carried_advice(&deliveries, here.cx.today, Reach::of(here.cx)),
        ..after
    };
    // Only what may have to go on paper is held, and only before whoever brought the card.
    if after.paper == PaperAdvice::NotNeeded || here.empty() {
        after.forms = Forms::default();
    }
    let mut effects: Vec<Effect> = release.into_iter().collect();
    effects.extend([Effect::Wipe, Effect::Await(here.following_timer())]);
    (Stage::Following { deliveries, after }, effects)
}

pub(super) fn store_failed(stage: Stage, full: bool) -> Moved {
    let stage = match stage {
        Stage::Second(second) => return second::store_failed(second, full),
        other => other,
    };
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
    // What arrives while the way on paper is on the screen needs no paper any more.
    if let Stage::Paper { was, print } = stage {
        let (was, effects) = delivery_moved(*was, news, here);
        let was = Box::new(was);
        return (Stage::Paper { was, print }, effects);
    }
    let Stage::Following {
        mut deliveries,
        mut after,
    } = stage
    else {
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
    // What has arrived needs no paper.
    after.paper = line::carried_advice(&deliveries, here.cx.today, Reach::of(here.cx));
    if after.paper == PaperAdvice::NotNeeded {
        after.forms = Forms::default();
    }
    (Stage::Following { deliveries, after }, effects)
}
