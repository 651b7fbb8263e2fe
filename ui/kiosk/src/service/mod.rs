//! Staff at the device, the outside of `ubugoe_visit::service`: accounts, the ward's folder, receipts, the self-test.
//!
//! Carries out what that machine asks for and answers it; decides nothing that a person sees. PINs are in the loop's pad
//! and, for one comparison, in a thread of their own.

pub mod accounts;
pub mod errands;
pub mod papers;
pub mod receipts;
pub mod selftest;
pub mod sidecar;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use ubugoe_edge::{DisconnectReason, Identities, IdentityEvent, LinkEvent, outbox};
use ubugoe_procedures::{BirthCertificate, CardHolder, Match};
use ubugoe_visit::{
    Candidate, CardIdentity, ChildKey,
    service::{
        Ask, Attestation, Filed, HANDED_SECONDS, Handed, PinAnswer, Print, SESSION_SECONDS,
        ServiceDesk, ServiceEffect, ServiceEvent, Usual, Who,
        report::{CertificateCheck, LinkTrouble},
    },
};
use zeroize::Zeroizing;

use self::{
    accounts::{Accounts, Look},
    errands::{Errands, Run},
    papers::PaperError,
    selftest::Known,
};
use crate::{
    clock,
    config::Broker,
    core::{Input, Parts, Sender},
    desk::Earlier,
    pad::Pad,
};

/// What staff's side needs beside the loop's other parts.
#[derive(Debug)]
pub struct Settings {
    /// Who may sign in.
    pub accounts: Accounts,
    /// The file that says that the service switch is on.
    pub switch: PathBuf,
    /// What the ward writes on every certificate.
    pub usual: Option<Usual>,
    /// This device's opaque id.
    pub device: String,
    /// The brokers, for the self-test.
    pub brokers: Vec<Broker>,
    /// The outbox, for the self-test.
    pub outbox: outbox::Config,
    /// What the catalogue in use is called.
    pub catalogue: String,
    /// What a technician may have done.
    pub errands: Errands,
    /// The device's certificates, where it renews them.
    pub identities: Option<Arc<Mutex<Identities>>>,
    /// Where answers from other threads go.
    pub inputs: Sender,
}

/// A certificate that was handed to the card that comes next.
#[derive(Debug)]
struct Given {
    handed: Handed,
    until: Instant,
    /// The card that came.
    to: Option<CardIdentity>,
}

/// The loop's memory of staff's side.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is known of the device; independent of each other"
)]
pub(crate) struct Side {
    asked: u64,
    /// When the session ends for want of a touch.
    idle: Option<Instant>,
    given: Option<Given>,
    fresh_number: String,
    /// Where the city's door is stands on the device.
    knows_door: bool,
    /// The device has another configuration: it starts anew with it once nobody is there.
    anew: bool,
    card_service: bool,
    readers: Vec<String>,
    online_since: Option<i64>,
    last_ack: Option<i64>,
    /// When the last connection ended, or the first attempt was in vain.
    offline_since: Option<i64>,
    trouble: Option<LinkTrouble>,
    /// The end of the certificate was told, and a new one asked for.
    ends: bool,
    /// A new one came and did not work.
    rejected: bool,
    /// An errand that wants to hear of certificates.
    errand: Option<mpsc::Sender<()>>,
}

/// What follows from an effect at once.
pub(crate) enum Done {
    /// Nothing; an answer may come later.
    Nothing,
    /// This.
    Answer(ServiceEvent),
    /// This sheet of the page is to be printed.
    Print(Print),
    /// The screen's adapters are to be emptied.
    Wipe,
}

impl Side {
    pub(crate) fn new() -> Self {
        Self {
            card_service: true,
            ..Self::default()
        }
    }

    /// When [`ServiceEvent::Idle`] is due.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.idle
    }

    /// Whether it is due now; it is due once.
    pub(crate) fn is_idle(&mut self, now: Instant) -> bool {
        self.idle.take_if(|at| *at <= now).is_some()
    }

    /// Begins the session's time anew: a key of the pad was pressed.
    pub(crate) fn touched(&mut self, now: Instant) {
        self.idle = Some(now + Duration::from_secs(SESSION_SECONDS));
    }

    /// Makes ready for a step: the next question gets a number of its own, and a new certificate too.
    pub(crate) fn prepare(&mut self, device: &str, now: i64) {
        self.asked += 1;
        let plain: String = device
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(12)
            .collect();
        self.fresh_number = format!("W-{plain}-{now:x}-{:x}", self.asked);
    }

    /// What the machine may look at. `card` is the card of the visit, if there is one.
    pub(crate) fn desk<'a>(
        &'a self,
        settings: &'a Settings,
        now: Option<jiff::civil::DateTime>,
        card: Option<CardIdentity>,
    ) -> ServiceDesk<'a> {
        let mine = self
            .given
            .as_ref()
            .filter(|given| given.to.is_some() && given.to == card);
        ServiceDesk {
            ask: Ask(self.asked),
            now,
            fresh_number: &self.fresh_number,
            usual: settings.usual.as_ref(),
            handed: mine.map(|given| &given.handed),
            knows_door: self.knows_door,
            ordered: "",
        }
    }

    /// An errand ended, whoever still looks at it.
    pub(crate) fn hear_errand(&mut self, event: &ServiceEvent, errands: &Errands) {
        if let ServiceEvent::ErrandEnded { how: Ok(done), .. } = event {
            self.anew |= done.starts_anew();
            self.look_for_door(errands);
        }
    }

    /// Sees whether the city's door is known.
    pub(crate) fn look_for_door(&mut self, errands: &Errands) {
        self.knows_door = errands.knows_door();
    }

    /// Whether the device is to start anew with another configuration.
    pub(crate) const fn starts_anew(&self) -> bool {
        self.anew
    }

    /// What the card service says, for the self-test.
    pub(crate) fn hear_card(&mut self, event: &ubugoe_card::CardEvent) {
        use ubugoe_card::CardEvent as E;
        match event {
            E::Readers(names) => {
                self.card_service = true;
                self.readers.clone_from(names);
            }
            E::ServiceLost => {
                self.card_service = false;
                self.readers.clear();
            }
            E::ServiceBack => self.card_service = true,
            E::Inserted { .. }
            | E::Unusable { .. }
            | E::Removed { .. }
            | E::Done { .. }
            | E::Failed { .. } => {}
        }
    }

    /// What the link says, for the self-test.
    pub(crate) fn hear_link(&mut self, event: &LinkEvent, now: i64) {
        match event {
            LinkEvent::Connected(_) => {
                self.online_since = Some(now);
                self.offline_since = None;
                self.trouble = None;
            }
            LinkEvent::Disconnected { reason } => {
                // Each attempt in vain ends too; what counts is when it last worked.
                let since = *self.offline_since.get_or_insert(now);
                self.online_since = Some(since);
                self.trouble = trouble(reason);
            }
            LinkEvent::Identity(news) => self.hear_identity(news),
            LinkEvent::Sent(_) => self.last_ack = Some(now),
            LinkEvent::Mode(_)
            | LinkEvent::Receipt { .. }
            | LinkEvent::Refused(_)
            | LinkEvent::Status(_)
            | LinkEvent::Command(_)
            | LinkEvent::Manifest { .. }
            | LinkEvent::Part(_)
            | LinkEvent::Grant(_)
            | LinkEvent::Second(_)
            | LinkEvent::Alert(_) => {}
        }
    }

    /// For how many seconds there has been no connection; `None` while there is one.
    pub(crate) fn offline_for(&self, now: i64) -> Option<i64> {
        self.offline_since.map(|since| now.saturating_sub(since))
    }

    fn hear_identity(&mut self, news: &IdentityEvent) {
        // one that is over hears nothing any more
        self.errand.take_if(|errand| errand.send(()).is_err());
        match news {
            IdentityEvent::Ends { .. } => self.ends = true,
            IdentityEvent::Granted { .. } | IdentityEvent::Proven { .. } => {
                (self.ends, self.rejected) = (false, false);
            }
            IdentityEvent::Rejected { .. } | IdentityEvent::Failed(_) => self.rejected = true,
        }
    }

    /// The certificate that was handed to whom this card belongs, if one was: for them it is found by hand, not by name.
    ///
    /// The mother's own card leaves it where it is: it is hers anyway, and she files as the mother.
    pub(crate) fn handed_to(
        &mut self,
        holder: &CardHolder,
        card: CardIdentity,
        folder: &std::path::Path,
        now: Instant,
    ) -> Option<Candidate> {
        let given = self.given.as_mut()?;
        let waits = given.to.is_none() && now <= given.until;
        if !waits && given.to != Some(card) {
            return None;
        }
        let (path, certificate) = papers::find(folder, &given.handed.key)
            .inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "the handed certificate is not there"
                );
            })
            .ok()?;
        if certificate.matches_mother(holder) == Match::Exact {
            return None;
        }
        given.to = Some(card);
        let flags = crate::ward::flags_beside(&path);
        Some(Candidate { certificate, flags })
    }

    /// A visit ended: what was handed to its card is taken back.
    pub(crate) fn visit_ended(&mut self) {
        self.given.take_if(|given| given.to.is_some());
    }
}

/// What the technician is told of the end of a connection; nothing where it is no trouble of the network.
fn trouble(reason: &DisconnectReason) -> Option<LinkTrouble> {
    use DisconnectReason as R;
    match reason {
        R::Unreachable(_) => Some(LinkTrouble::Unreachable),
        R::Proxy(_) => Some(LinkTrouble::Proxy),
        R::Captive(_) => Some(LinkTrouble::Captive),
        R::Tls(_) => Some(LinkTrouble::Untrusted),
        R::BrokerRevoked => Some(LinkTrouble::BrokerRevoked),
        R::CertificateRefused(_) => Some(LinkTrouble::CertificateRefused),
        R::Refused(_) | R::SubscriptionRefused => Some(LinkTrouble::Refused),
        R::Dismissed(_) | R::Broken(_) | R::Stalled => Some(LinkTrouble::Unstable),
        R::Outbox(_) | R::Returning | R::Silence | R::Renewing | R::SwitchedOff => None,
    }
}

/// Whether a certificate is filed, going by what this device filed for any card. What cannot be read counts as filed:
/// nothing is corrected or handed on then.
fn filed(everything: Option<&[Earlier]>, certificate: &BirthCertificate) -> Filed {
    let Some(everything) = everything else {
        return Filed::Yes;
    };
    let mut about = everything
        .iter()
        .filter(|earlier| earlier.is_about(certificate))
        .peekable();
    if about.peek().is_none() {
        Filed::No
    } else if about.any(|earlier| earlier.settles(certificate)) {
        Filed::Yes
    } else {
        Filed::Returned
    }
}

fn everything(parts: &Parts) -> Option<Vec<Earlier>> {
    parts
        .desk
        .everything()
        .inspect_err(|error| {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "earlier visits not readable: every certificate counts as filed"
            );
        })
        .ok()
}

/// Carries out what staff's machine asks for.
pub(crate) fn perform(
    effect: ServiceEffect,
    side: &mut Side,
    parts: &mut Parts,
    pad: &mut Pad,
    device: Device,
) -> Done {
    match effect {
        ServiceEffect::ClearPin => {
            pad.clear();
            Done::Nothing
        }
        ServiceEffect::Wipe => {
            pad.clear();
            side.idle = None;
            // what staff printed is theirs to take; what is not out yet is taken back
            parts.printing.end();
            Done::Wipe
        }
        ServiceEffect::Await => {
            side.touched(Instant::now());
            Done::Nothing
        }
        ServiceEffect::CheckPin { ask, who } => check_pin(ask, who, parts, pad),
        ServiceEffect::LookForSwitch { ask } => Done::Answer(ServiceEvent::SwitchSeen {
            ask,
            on: parts.service.switch.exists(),
            known: parts.service.accounts.knows_technician(),
        }),
        ServiceEffect::ReadWard { ask } => Done::Answer(read_ward(ask, parts)),
        ServiceEffect::WriteFlags {
            ask,
            key,
            flags,
            by,
        } => {
            let at = now(parts);
            let written = papers::find(&parts.certificates, &key).and_then(|(path, _)| {
                sidecar::set_flags(&path, flags, &by, at).map_err(PaperError::Io)
            });
            Done::Answer(wrote(ask, written))
        }
        ServiceEffect::WriteCertificate {
            ask,
            certificate,
            corrects,
            attestation,
        } => Done::Answer(wrote(
            ask,
            write_paper(parts, &certificate, corrects.as_ref(), &attestation),
        )),
        ServiceEffect::HandOver(handed) => {
            side.given = Some(Given {
                handed,
                until: Instant::now() + Duration::from_secs(HANDED_SECONDS),
                to: None,
            });
            Done::Nothing
        }
        ServiceEffect::CheckReceipt { ask, text } => Done::Answer(ServiceEvent::ReceiptChecked {
            ask,
            verdict: receipts::verify(&text, parts.desk.cities()),
        }),
        // The loop knows what is on the page.
        ServiceEffect::Print(print) => Done::Print(print),
        ServiceEffect::StopPrinting => {
            parts.printing.stop();
            Done::Nothing
        }
        ServiceEffect::LookForSticks { ask } => Done::Answer(ServiceEvent::SticksFound {
            ask,
            names: parts.service.errands.sticks(),
        }),
        ServiceEffect::Run { ask, errand, means } => {
            side.errand = Some(parts.service.errands.start(Run {
                ask,
                errand,
                means,
                at: parts.clock.unix(),
                identities: parts.service.identities.clone(),
                inputs: parts.service.inputs.clone(),
            }));
            Done::Nothing
        }
        ServiceEffect::SelfTest { ask } => {
            self_test(ask, known(side, parts, device), &parts.service.inputs);
            Done::Nothing
        }
        ServiceEffect::Unlock { ask } => {
            let written = parts.service.accounts.unlock().inspect_err(|error| {
                tracing::error!(%error, "the staff numbers were not unlocked");
            });
            Done::Answer(ServiceEvent::Unlocked {
                ask,
                written: written.is_ok(),
            })
        }
    }
}

fn self_test(ask: Ask, known: Known, inputs: &Sender) {
    let inputs = inputs.clone();
    selftest::run(known, move |report| {
        inputs.send(Input::Service(match report {
            Some(report) => ServiceEvent::SelfTestDone { ask, report },
            None => ServiceEvent::SelfTestSilent { ask },
        }));
    });
}

fn write_paper(
    parts: &Parts,
    certificate: &BirthCertificate,
    corrects: Option<&ChildKey>,
    attestation: &Attestation,
) -> Result<(), PaperError> {
    let known = everything(parts);
    papers::write(
        &parts.certificates,
        certificate,
        corrects,
        attestation,
        |one| filed(known.as_deref(), one),
    )
}

/// What the loop knows of the device beside [`Side`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device {
    /// The broker is connected.
    pub(crate) online: bool,
    /// Another visit fits.
    pub(crate) has_room: bool,
}

fn known(side: &Side, parts: &Parts, device: Device) -> Known {
    Known {
        device: parts.service.device.clone(),
        at: parts.clock.unix(),
        card_service: side.card_service,
        readers: side.readers.clone(),
        online: device.online,
        online_since: side.online_since,
        last_ack: side.last_ack,
        brokers: parts.service.brokers.clone(),
        trouble: side.trouble,
        certificate: certificate(side, parts),
        catalogue: parts.service.catalogue.clone(),
        synchronised: parts.clock.is_synchronised(),
        clock_source: parts.clock.source(),
        printers: Some(parts.printing.handle()),
        room: device.has_room,
        panel: (parts.panel.found(), parts.panel.check()),
        outbox: parts.service.outbox.clone(),
        errands: parts.service.errands.clone(),
    }
}

fn certificate(side: &Side, parts: &Parts) -> Option<CertificateCheck> {
    let identities = parts.service.identities.as_ref()?;
    let identities = identities.lock().unwrap_or_else(PoisonError::into_inner);
    Some(CertificateCheck {
        until: identities.current().ok()?.until,
        asked: side.ends || identities.asked().is_some(),
        rejected: side.rejected,
    })
}

/// Date and time in Japan, if the clock may be believed.
pub(crate) fn now(parts: &Parts) -> Option<jiff::civil::DateTime> {
    let believed = parts.clock.is_synchronised();
    clock::civil(parts.clock.unix()).filter(|_| believed)
}

fn read_ward(ask: Ask, parts: &Parts) -> ServiceEvent {
    let known = everything(parts);
    match papers::list(&parts.certificates, |one| filed(known.as_deref(), one)) {
        Ok((papers, unreadable)) => ServiceEvent::WardRead {
            ask,
            papers,
            unreadable,
        },
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the ward's folder is not readable"
            );
            ServiceEvent::WardUnreadable { ask }
        }
    }
}

fn wrote(ask: Ask, written: Result<(), PaperError>) -> ServiceEvent {
    match written {
        Ok(()) => ServiceEvent::Written { ask },
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "not written beside or as a certificate"
            );
            ServiceEvent::NotWritten {
                ask,
                filed: matches!(error, PaperError::NotCorrectable),
            }
        }
    }
}

/// Counts the look, then compares in a thread of its own: hashing is slow on purpose.
fn check_pin(ask: Ask, who: Who, parts: &mut Parts, pad: &mut Pad) -> Done {
    let pin: Zeroizing<String> = pad.take();
    let answer = |answer| Done::Answer(ServiceEvent::PinChecked { ask, answer });
    if who == Who::Technician && !parts.service.switch.exists() {
        return answer(PinAnswer::SwitchOff);
    }
    match parts.service.accounts.look(&who, Instant::now()) {
        Look::Answer(found) => answer(found),
        Look::Compare(hash) => {
            let inputs = parts.service.inputs.clone();
            let compare = move || {
                let right = accounts::fits(&pin, &hash);
                inputs.send(Input::PinCompared { ask, who, right });
            };
            let spawned = thread::Builder::new()
                .name("staff-pin".to_owned())
                .spawn(compare);
            if let Err(error) = spawned {
                tracing::error!(%error, "no thread to compare a PIN");
            }
            Done::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use jiff::civil::date;
    use ubugoe_procedures::{FilerRole, Sex};
    use ubugoe_visit::service::key_of;

    use super::*;

    fn holder(name: &str) -> CardHolder {
        CardHolder {
            name: name.to_owned(),
            address: "ことほぎ県あすこえ市汐見町一丁目".to_owned(),
            birth: date(1994, 5, 17),
            sex: Sex::Male,
        }
    }

    const FATHER: CardIdentity = CardIdentity([2; 32]);
    const OTHER: CardIdentity = CardIdentity([3; 32]);

    fn side(certificate: &BirthCertificate, until: Instant) -> Side {
        Side {
            given: Some(Given {
                handed: Handed {
                    key: key_of(certificate),
                    role: FilerRole::Father,
                },
                until,
                to: None,
            }),
            ..Side::new()
        }
    }

    #[test]
    fn a_handed_certificate_is_found_by_the_next_card_and_by_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let one = papers::samples::certificate("W-1");
        std::fs::write(folder.path().join("1.json"), one.to_json()).unwrap();
        let now = Instant::now();
        let mut side = side(&one, now + Duration::from_mins(5));
        let father = holder("川瀬\u{3000}太郎");
        let unmarked = Candidate {
            certificate: one,
            flags: ubugoe_visit::WardFlags::default(),
        };
        assert_eq!(
            side.handed_to(&father, FATHER, folder.path(), now),
            Some(unmarked.clone())
        );
        assert_eq!(
            side.handed_to(&holder("佐藤\u{3000}空"), OTHER, folder.path(), now),
            None
        );
        assert_eq!(
            side.handed_to(
                &father,
                FATHER,
                folder.path(),
                now + Duration::from_hours(1)
            ),
            Some(unmarked),
            "for as long as the visit lasts"
        );
        side.visit_ended();
        assert_eq!(side.handed_to(&father, FATHER, folder.path(), now), None);
    }

    #[test]
    fn the_mothers_own_card_and_a_card_that_comes_too_late_take_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let one = papers::samples::certificate("W-1");
        std::fs::write(folder.path().join("1.json"), one.to_json()).unwrap();
        let now = Instant::now();
        let mut side = side(&one, now + Duration::from_mins(5));
        let mother = holder(&one.mother);
        assert_eq!(side.handed_to(&mother, OTHER, folder.path(), now), None);
        let father = holder("川瀬\u{3000}太郎");
        let late = now + Duration::from_mins(6);
        assert_eq!(side.handed_to(&father, FATHER, folder.path(), late), None);
        assert!(
            side.handed_to(&father, FATHER, folder.path(), now)
                .is_some(),
            "the mother's card left it where it was"
        );
    }

    #[test]
    fn a_new_certificates_number_has_only_characters_that_a_number_may_have() {
        let mut side = Side::new();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3 {
            side.prepare("d-7f3a91", 1_795_359_600);
            let number = side.fresh_number.clone();
            let mut one = papers::samples::certificate(&number);
            one.number.clone_from(&number);
            assert!(
                BirthCertificate::from_json(&one.to_json()).is_ok(),
                "{number}"
            );
            assert!(seen.insert(number));
        }
    }

    #[test]
    fn a_network_that_is_away_is_away_since_its_last_connection_and_not_since_the_last_attempt() {
        let mut side = Side::new();
        let broker = ubugoe_edge::Broker {
            host: "b.example".to_owned(),
            port: 8883,
        };
        let ended = || LinkEvent::Disconnected {
            reason: DisconnectReason::Captive("login".to_owned()),
        };
        side.hear_link(&LinkEvent::Connected(broker.clone()), 100);
        assert_eq!(side.offline_for(500), None);
        for at in [200, 300, 400] {
            side.hear_link(&ended(), at);
        }
        assert_eq!(side.offline_for(500), Some(300));
        assert_eq!(
            (side.online_since, side.trouble),
            (Some(200), Some(LinkTrouble::Captive))
        );
        side.hear_link(&LinkEvent::Connected(broker), 600);
        assert_eq!((side.offline_for(700), side.trouble), (None, None));
    }

    #[test]
    fn what_cannot_be_read_counts_as_filed() {
        let one = papers::samples::certificate("W-1");
        assert_eq!(filed(None, &one), Filed::Yes);
        assert_eq!(filed(Some(&[]), &one), Filed::No);
    }
}
