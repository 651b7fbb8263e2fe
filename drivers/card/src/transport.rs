//! The thinnest cut to the hardware: bytes out, bytes in. Must not look into either.

use std::ffi::CString;

use zeroize::{Zeroize, Zeroizing};

/// Something that carries one APDU to a card and its answer back.
///
/// Implemented by [`PcscTransport`], by recordings, and by scripts in tests.
pub trait Transmit {
    /// Sends `command`, returns the answer with its status word.
    ///
    /// # Errors
    /// Any error means the session is over: after one, PC/SC may silently talk to another card through the
    /// same handle.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError>;
}

impl<T: Transmit + ?Sized> Transmit for &mut T {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        (**self).transmit(command)
    }
}

impl<T: Transmit + ?Sized> Transmit for Box<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        (**self).transmit(command)
    }
}

/// Why bytes could not be carried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransmitError {
    /// The card was taken away.
    #[error("the card was removed")]
    Removed(#[source] pcsc::Error),
    /// "Success" without any bytes: how some reader drivers report a card taken away during a command.
    #[error("the reader answered with no bytes at all")]
    Empty,
    /// The card was reset behind our back.
    #[error("the card was reset")]
    Reset(#[source] pcsc::Error),
    /// The card or reader did not carry out the exchange.
    #[error("the exchange failed")]
    Exchange(#[source] pcsc::Error),
    /// Another program holds the card.
    #[error("the card is held by another program")]
    Shared(#[source] pcsc::Error),
    /// The card does not come up.
    #[error("the card does not start")]
    Unresponsive(#[source] pcsc::Error),
    /// The card service is gone.
    #[error("the card service is not there")]
    Service(#[source] pcsc::Error),
    /// A recording does not go on, or goes on differently.
    #[error("line {line} of the recording: {why}")]
    Recording {
        /// Line in the file, from one.
        line: usize,
        /// What is different.
        why: String,
    },
}

impl From<pcsc::Error> for TransmitError {
    fn from(error: pcsc::Error) -> Self {
        use pcsc::Error as E;
        match error {
            E::RemovedCard | E::NoSmartcard | E::UnknownReader | E::ReaderUnavailable => {
                Self::Removed(error)
            }
            E::ResetCard => Self::Reset(error),
            E::SharingViolation => Self::Shared(error),
            E::UnresponsiveCard
            | E::UnpoweredCard
            | E::UnsupportedCard
            | E::UnknownCard
            | E::ProtoMismatch => Self::Unresponsive(error),
            E::NoService
            | E::ServiceStopped
            | E::InternalError
            | E::CommError
            | E::InvalidHandle => Self::Service(error),
            _ => Self::Exchange(error),
        }
    }
}

/// A card connected through PC/SC, for us alone.
pub struct PcscTransport {
    card: pcsc::Card,
    // Answers hold personal data; the buffer outlives each of them.
    buffer: Zeroizing<Vec<u8>>,
}

impl PcscTransport {
    /// Connects to the card in a reader with `SCARD_SHARE_EXCLUSIVE`: while a secret is verified on the card,
    /// any program that could reach it could use the key.
    ///
    /// # Errors
    /// [`TransmitError::Shared`] if another program holds the card.
    pub fn connect(context: &pcsc::Context, reader: &str) -> Result<Self, TransmitError> {
        let name =
            CString::new(reader).map_err(|_| TransmitError::from(pcsc::Error::UnknownReader))?;
        let card = context.connect(&name, pcsc::ShareMode::Exclusive, pcsc::Protocols::ANY)?;
        Ok(Self {
            card,
            buffer: Zeroizing::new(vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED]),
        })
    }

    /// Cuts the power and gives it back: whatever lies on the reader now starts afresh.
    ///
    /// # Errors
    /// The connection is of no use then.
    pub fn power_cycle(&mut self) -> Result<(), TransmitError> {
        let unpower = pcsc::Disposition::UnpowerCard;
        Ok(self
            .card
            .reconnect(pcsc::ShareMode::Exclusive, pcsc::Protocols::ANY, unpower)?)
    }

    /// Lets go of a card that can no longer be reached, leaving its power to the service.
    ///
    /// Not [`PcscTransport::unpower`]: pcscd 1.9.9 takes a failed power-down as "no card" without telling its own
    /// watch, and then never sees a card that came back before that watch looked (measured).
    pub fn abandon(self) {
        if let Err((_card, error)) = self.card.disconnect(pcsc::Disposition::LeaveCard) {
            tracing::debug!(%error, "letting go of a lost card");
        }
    }

    /// Cuts the card's power, which ends every security status, and lets the card go.
    ///
    /// # Errors
    /// The card is let go all the same; it may keep its power if it is still there.
    pub fn unpower(self) -> Result<(), TransmitError> {
        self.card
            .disconnect(pcsc::Disposition::UnpowerCard)
            .map_err(|(_card, error)| error.into())
    }
}

impl Transmit for PcscTransport {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        let answer = self.card.transmit(command, &mut self.buffer)?.to_vec();
        if let Some(used) = self.buffer.get_mut(..answer.len()) {
            used.zeroize();
        }
        if answer.is_empty() {
            return Err(TransmitError::Empty);
        }
        Ok(answer)
    }
}

/// Asks the card service once for the names of the readers.
///
/// # Errors
/// [`TransmitError::Service`] if no card service runs.
pub fn ask_readers() -> Result<Vec<String>, TransmitError> {
    let context = pcsc::Context::establish(pcsc::Scope::User)?;
    list_readers(&context)
}

/// The names of the readers there are now, in the service's order.
///
/// # Errors
/// [`TransmitError::Service`] if no card service runs.
pub fn list_readers(context: &pcsc::Context) -> Result<Vec<String>, TransmitError> {
    match context.list_readers_owned() {
        Ok(names) => Ok(names
            .iter()
            .map(|name| name.to_string_lossy().into_owned())
            .collect()),
        Err(pcsc::Error::NoReadersAvailable) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
