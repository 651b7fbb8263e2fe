//! One question, one answer, within a time. What a panel says by itself in between is kept aside.

use std::{
    io,
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

use ubugoe_icd::{
    Answer, Ask, Frame, Identity, ReadError, Request, Senses, ServiceAsk, ServiceTell, Splitter,
    Table as _, Tell, UpdateRefusal, encode, frame::MAX_WIRE, image::SIGNED_HEAD, service::CHUNK,
};

use crate::port::{Port, Woken};

/// How often a question is asked that may be asked again.
const TRIES: u32 = 3;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The port is gone. Open it anew.
    #[error("the panel's port is gone")]
    Gone(#[source] io::Error),
    /// Nothing came back. For what may not be asked twice: it may have been done.
    #[error("the panel does not answer")]
    Silent,
    /// The panel was built from other tables. Nothing it says about itself can be read; new firmware can be given to it.
    #[error("the panel speaks another version of the table ({theirs:016x})")]
    OtherSchema {
        /// The hash of what came.
        theirs: u64,
    },
    /// The panel answers with something that no panel says.
    #[error("the panel's answer makes no sense")]
    Unreadable,
    /// The panel refuses new firmware.
    #[error("the panel does not take the firmware: {0:?}")]
    Update(UpdateRefusal),
}

/// A panel that one can talk with, one question after the other.
#[derive(Debug)]
pub struct Client {
    port: Port,
    splitter: Splitter,
    sequence: u16,
    patience: Duration,
    /// What the panel said by itself, oldest first.
    aside: Vec<Senses>,
}

impl Client {
    /// Opens the port at `path`; each try of a question gets `patience`.
    ///
    /// # Errors
    /// [`AskError::Gone`]: it is not there, no serial port, or somebody else's.
    pub fn open(path: &Path, patience: Duration) -> Result<Self, AskError> {
        Ok(Self {
            port: Port::open(path).map_err(AskError::Gone)?,
            splitter: Splitter::new(),
            sequence: 0,
            patience,
            aside: Vec::new(),
        })
    }

    /// Who the panel is; understood by panels of any age.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn identify(&mut self) -> Result<Identity, AskError> {
        match self.ask(&ServiceAsk::Identify)? {
            ServiceTell::Identity(identity) => Ok(identity),
            _ => Err(AskError::Unreadable),
        }
    }

    /// Asks for something and hears how the panel is then.
    ///
    /// # Errors
    /// [`AskError`]; `Unreadable` also when the panel says that it cannot do this.
    pub fn tell(&mut self, ask: &Ask) -> Result<Senses, AskError> {
        match self.ask(ask)? {
            Tell::Senses(senses) => Ok(senses),
            Tell::Refused(why) => {
                tracing::error!(?ask, ?why, "the front panel refuses");
                Err(AskError::Unreadable)
            }
        }
    }

    /// Gives the panel an image ([`ubugoe_icd::image`]: signed head, then bytes) and starts it on trial. `step` is called after
    /// each part with bytes done and bytes in all.
    ///
    /// # Errors
    /// [`AskError`]. After any of them the old firmware runs, or will again.
    pub fn update(
        &mut self,
        image: &[u8],
        mut step: impl FnMut(&mut Self, u32, u32) -> Result<(), AskError>,
    ) -> Result<(), AskError> {
        let (head, bytes) = image
            .split_at_checked(SIGNED_HEAD)
            .ok_or(AskError::Update(UpdateRefusal::Head))?;
        let all =
            u32::try_from(bytes.len()).map_err(|_| AskError::Update(UpdateRefusal::TooLong))?;
        let mut at = self.next(&ServiceAsk::Begin { head })?;
        while at < all {
            let rest = bytes.get(at as usize..).unwrap_or_default();
            let chunk = rest.get(..CHUNK).unwrap_or(rest);
            let then = self.next(&ServiceAsk::Write {
                offset: at,
                bytes: chunk,
            })?;
            if then <= at {
                return Err(AskError::Unreadable);
            }
            at = then;
            step(self, at, all)?;
        }
        match self.service(&ServiceAsk::Verify)? {
            ServiceTell::Verified => {}
            _ => return Err(AskError::Unreadable),
        }
        match self.service(&ServiceAsk::Switch) {
            // Silent: it restarted before its answer was out, or did not hear. Who it is says which.
            Ok(ServiceTell::Switching) | Err(AskError::Silent) => Ok(()),
            Ok(_) => Err(AskError::Unreadable),
            Err(error) => Err(error),
        }
    }

    /// The firmware that runs on trial stays.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn confirm(&mut self, version: u32) -> Result<(), AskError> {
        match self.service(&ServiceAsk::Confirm { version })? {
            ServiceTell::Confirmed => Ok(()),
            _ => Err(AskError::Unreadable),
        }
    }

    fn next(&mut self, ask: &ServiceAsk<'_>) -> Result<u32, AskError> {
        match self.service(ask)? {
            ServiceTell::Next { offset } => Ok(offset),
            _ => Err(AskError::Unreadable),
        }
    }

    fn service(&mut self, ask: &ServiceAsk<'_>) -> Result<ServiceTell, AskError> {
        match self.ask(ask)? {
            ServiceTell::Refused(why) => Err(AskError::Update(why)),
            told => Ok(told),
        }
    }

    /// What the panel said by itself since the last call.
    pub(crate) fn take_aside(&mut self) -> Vec<Senses> {
        std::mem::take(&mut self.aside)
    }

    /// Listens until `until`, or until there is an order.
    pub(crate) fn listen(
        &mut self,
        until: Instant,
        waker: Option<&UnixStream>,
    ) -> Result<Woken, AskError> {
        let woken = self.port.wait(until, waker).map_err(AskError::Gone)?;
        if woken == Woken::Bytes {
            self.hear::<Tell>(0)?;
        }
        Ok(woken)
    }

    fn ask<Q: Request, A: Answer>(&mut self, question: &Q) -> Result<A, AskError> {
        let tries = if question.is_idempotent() { TRIES } else { 1 };
        for _ in 0..tries {
            self.sequence = self.sequence.checked_add(1).unwrap_or(1);
            let mut wire = [0; MAX_WIRE];
            let bytes =
                encode(question, self.sequence, &mut wire).map_err(|_| AskError::Unreadable)?;
            match self.port.write(bytes, self.patience) {
                Err(error) if error.kind() == io::ErrorKind::TimedOut => continue,
                written => written.map_err(AskError::Gone)?,
            }
            let until = Instant::now() + self.patience;
            while Instant::now() < until {
                if self.port.wait(until, None).map_err(AskError::Gone)? == Woken::Bytes
                    && let Some(answer) = self.hear(self.sequence)?
                {
                    return Ok(answer);
                }
            }
        }
        Err(AskError::Silent)
    }

    /// Reads what is there; the answer to `sequence` if it is among it. Answers to older questions are dropped.
    fn hear<A: Answer>(&mut self, sequence: u16) -> Result<Option<A>, AskError> {
        let mut bytes = [0; 512];
        let read = self.port.read(&mut bytes).map_err(AskError::Gone)?;
        let mut answer = None;
        for byte in bytes.iter().take(read) {
            let Some(Ok(frame)) = self.splitter.push(*byte) else {
                continue;
            };
            if frame.sequence == 0 {
                if let Ok(Tell::Senses(senses)) = frame.read() {
                    self.aside.push(senses);
                }
            } else if frame.sequence == sequence {
                answer = Some(read_answer(&frame)?);
            }
        }
        Ok(answer)
    }
}

fn read_answer<A: Answer>(frame: &Frame<'_>) -> Result<A, AskError> {
    frame.read().map_err(|error| match error {
        // It does not know our table, and says who it is.
        ReadError::OtherSchema { theirs } if theirs == ServiceTell::SCHEMA => {
            match frame.read::<ServiceTell>() {
                Ok(ServiceTell::Identity(identity)) => AskError::OtherSchema {
                    theirs: identity.ask,
                },
                Ok(_) | Err(_) => AskError::Unreadable,
            }
        }
        ReadError::OtherSchema { theirs } => AskError::OtherSchema { theirs },
        ReadError::Unreadable => AskError::Unreadable,
    })
}
