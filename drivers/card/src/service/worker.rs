//! The thread of one card: connects, looks, does jobs, logs out, cuts the power. Must not outlive its card, unless
//! the card goes mute and holds it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use pcsc::{Context, Scope};

use super::core::Message;
use super::{Reply, Request};
use crate::error::{CardError, Unusable};
use crate::session::{CardSession, Cost, Look, Policy, Traffic};
use crate::transport::{PcscTransport, Transmit, TransmitError};

/// Since when the worker has been waiting for the card, if it is.
#[derive(Clone, Default)]
pub(super) struct Pulse(Arc<Mutex<Option<Instant>>>);

impl Pulse {
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs something that the card may never let return.
    fn during<R>(&self, work: impl FnOnce() -> R) -> R {
        self.set(Some(Instant::now()));
        let result = work();
        self.set(None);
        result
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// What a worker says.
pub(super) enum Word {
    /// The first look.
    Looked(Look),
    /// The card could not be connected to.
    NotConnected(TransmitError),
    /// The first look failed.
    NotUsable(Unusable),
    /// The oldest open request is answered; if `over`, no more will be.
    Answered {
        result: Result<(Reply, Cost), CardError>,
        over: bool,
    },
    /// The reader is free again. Always the last word, panic or not.
    Ended,
}

/// What a worker is given.
pub(super) struct Task {
    pub(super) number: u64,
    pub(super) reader: String,
    pub(super) policy: Policy,
    pub(super) pulse: Pulse,
    /// Set while the extended-length probe is out; still set if it never came back.
    pub(super) probe_out: Arc<AtomicBool>,
    /// Begin by cutting the power: the last look found nobody answering.
    pub(super) power_cycle: bool,
    pub(super) requests: Receiver<Request>,
    pub(super) inbox: Sender<Message>,
}

/// Says "ended" however the thread ends.
struct Farewell {
    number: u64,
    inbox: Sender<Message>,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = self.inbox.send(Message::Worker(self.number, Word::Ended));
    }
}

/// A transport that shows when it is waiting.
struct Watched {
    link: PcscTransport,
    pulse: Pulse,
}

impl Transmit for Watched {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        self.pulse.during(|| self.link.transmit(command))
    }
}

/// The life of a worker.
pub(super) fn run(task: Task) {
    let _farewell = Farewell {
        number: task.number,
        inbox: task.inbox.clone(),
    };
    let say = |word| task.inbox.send(Message::Worker(task.number, word)).is_ok();
    let connected = task.pulse.during(|| {
        let context = Context::establish(Scope::User)?;
        let mut link = PcscTransport::connect(&context, &task.reader)?;
        if task.power_cycle {
            link.power_cycle()?;
        }
        Ok(link)
    });
    let link = match connected {
        Ok(link) => link,
        Err(error) => {
            say(Word::NotConnected(error));
            return;
        }
    };
    let watched = Watched {
        link,
        pulse: task.pulse.clone(),
    };
    let probe_out = Arc::clone(&task.probe_out);
    let mut session = CardSession::new(watched, task.policy)
        .on_probe(move |out| probe_out.store(out, Ordering::SeqCst));
    let kept = match session.look() {
        Ok(look) => say(Word::Looked(look)),
        Err(why) => {
            say(Word::NotUsable(why));
            false
        }
    };
    let finish_asked = kept && serve(&mut session, &task.requests, &say);
    let before = session.traffic();
    let left = leave(session, &task.pulse);
    if finish_asked {
        let result = left.map(|after| {
            let job = Traffic {
                apdus: after.apdus - before.apdus,
                sent: after.sent - before.sent,
                received: after.received - before.received,
            };
            let cost = Cost {
                job,
                ..Cost::default()
            };
            (Reply::Finished, cost)
        });
        say(Word::Answered { result, over: true });
    }
}

/// Answers requests until asked to finish (`true`), the card is lost or nobody asks any more (`false`).
fn serve(
    session: &mut CardSession<Watched>,
    requests: &Receiver<Request>,
    say: &impl Fn(Word) -> bool,
) -> bool {
    for request in requests {
        let result = match request {
            Request::ReadAttributes { pin } => session
                .attributes(&pin)
                .map(|(attributes, cost)| (Reply::Attributes(attributes), cost)),
            Request::ReadAuthCertificate => session
                .auth_certificate()
                .map(|(certificate, cost)| (Reply::AuthCertificate(certificate), cost)),
            Request::Sign { password, prepare } => session
                .sign(&password, prepare)
                .map(|(signed, cost)| (Reply::Signed(signed), cost)),
            Request::Finish => return true,
        };
        let over = matches!(&result, Err(error) if error.ends_session());
        if !say(Word::Answered { result, over }) || over {
            return false;
        }
    }
    false
}

/// Logs out and cuts the power; the one failing does not keep the other from being tried.
fn leave(mut session: CardSession<Watched>, pulse: &Pulse) -> Result<Traffic, CardError> {
    let logged_out = session.log_out();
    let traffic = session.traffic();
    let lost = session.is_lost();
    let link = session.into_inner().link;
    if lost {
        link.abandon();
        return logged_out.map(|()| traffic);
    }
    let unpowered = pulse.during(|| link.unpower());
    match (logged_out, unpowered) {
        // Either of the two ends every security status.
        (Ok(()), _) | (_, Ok(())) => Ok(traffic),
        (Err(error), Err(_)) => Err(error),
    }
}
