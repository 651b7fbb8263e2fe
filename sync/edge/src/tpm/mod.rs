//! The device's TPM 2.0, as far as its keys need it: makes a key that signs, signs with it, seals a secret, gives it out again.
//!
//! ```text
//!  file: wrapped ──┐                              ┌─> a signature         the private half never leaves the TPM
//!                  ├─ storage key, made anew ─ load ─ use ─ flush
//!  owner's seed ───┘                              └─> a sealed secret     for keys of kinds that no TPM knows
//! ```
//! Nothing stays in the TPM between two uses, and nothing is counted there: a power cut leaves nothing half made, a TPM that was reset goes on, and
//! whoever has the file without this very TPM has nothing. Clearing the TPM destroys its seed, and with it every key it ever wrapped.
//!
//! The kernel's resource manager (`/dev/tpmrm0`) is spoken to directly; a socket at that path is a software TPM. Decision 0032.

mod wire;
pub(crate) mod wrapped;

#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use der::asn1::UintRef;
use der::{Encode as _, Sequence};
use rustix::io::Errno;
use zeroize::Zeroizing;

pub(crate) use wrapped::Wrapped;

use wire::{Bytes, Code, LONGEST};
use wrapped::Class;

/// Where Linux has a device's TPM, for several programs at once.
pub const DEVICE: &str = "/dev/tpmrm0";

/// Longest secret that a TPM seals, in bytes (`MAX_SYM_DATA`).
const SECRET_MAX: usize = 128;
/// Longest wait for a software TPM; for a real one the kernel has its own.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pauses before it is asked again, when it says that it is busy: a second and a half together.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(25),
    Duration::from_millis(75),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// Why a TPM did not do it. The file is what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TpmError {
    /// Nothing is there, or nobody answers.
    #[error("the TPM is not there")]
    Away,
    /// This user may not use it.
    #[error("this user may not use the TPM")]
    Denied,
    /// It, or who uses it before us, does not come to an end.
    #[error("the TPM is busy")]
    Busy,
    /// Too many wrong passwords, of whomever.
    #[error("the TPM is locked")]
    Locked,
    /// Its owner set a password.
    #[error("the TPM has an owner with a password")]
    Owned,
    /// It was cleared since it wrapped this, or it is another TPM.
    #[error("the TPM does not know this key: it was cleared, or it is another TPM")]
    Stranger,
    /// Not what a TPM wraps for us.
    #[error("what should be wrapped by a TPM is not")]
    Unusable,
    /// It stopped in the middle, or what it says is no answer.
    #[error("the TPM broke off")]
    Broken,
    /// It says no, with this code (part 2, 6.6).
    #[error("the TPM says no: {0:#05x}")]
    No(u32),
}

impl TpmError {
    /// What an error of an opened or used path means.
    fn of(error: &io::Error) -> Self {
        use io::ErrorKind as K;
        match error.kind() {
            K::PermissionDenied => Self::Denied,
            K::ResourceBusy | K::WouldBlock | K::TimedOut => Self::Busy,
            K::NotFound | K::NotADirectory | K::ConnectionRefused => Self::Away,
            _ => match error.raw_os_error().map(Errno::from_raw_os_error) {
                Some(Errno::NXIO | Errno::NODEV) => Self::Away,
                _ => Self::Broken,
            },
        }
    }

    /// What a code means. Those of format one carry in other bits which handle or parameter it is about.
    const fn said(code: u32) -> Self {
        const FORMAT_ONE: u32 = 0x080;
        match code {
            // TPM_RC_YIELDED, TESTING, RETRY
            0x908 | 0x90A | 0x922 => Self::Busy,
            0x921 => Self::Locked,
            code if code & FORMAT_ONE != 0 => match code & 0x3F {
                // TPM_RC_AUTH_FAIL, BAD_AUTH
                0x0E | 0x22 => Self::Owned,
                // TPM_RC_INTEGRITY
                0x1F => Self::Stranger,
                _ => Self::No(code),
            },
            code => Self::No(code),
        }
    }
}

/// A TPM by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tpm(PathBuf);

impl Default for Tpm {
    fn default() -> Self {
        Self(PathBuf::from(DEVICE))
    }
}

/// An ECDSA signature, RFC 3279, 2.2.3.
#[derive(Sequence)]
struct Signature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

impl Tpm {
    /// The one at this path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The TPM at this path, if there is one that this user may use.
    ///
    /// # Errors
    /// When there is one and it cannot be opened.
    pub fn found(path: &Path) -> Result<Option<Self>, TpmError> {
        let tpm = Self::at(path);
        match tpm.open() {
            Ok(_) => Ok(Some(tpm)),
            Err(TpmError::Away) => Ok(None),
            Err(TpmError::Denied) => {
                tracing::warn!(path = %path.display(), "there is a TPM that this user may not use");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn open(&self) -> Result<Talk, TpmError> {
        let of = |error: io::Error| TpmError::of(&error);
        let about = fs::metadata(&self.0).map_err(of)?;
        if about.file_type().is_socket() {
            let socket = UnixStream::connect(&self.0).map_err(of)?;
            socket.set_read_timeout(Some(PATIENCE)).map_err(of)?;
            socket.set_write_timeout(Some(PATIENCE)).map_err(of)?;
            return Ok(Talk(Box::new(socket)));
        }
        let device: File = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.0)
            .map_err(of)?;
        Ok(Talk(Box::new(device)))
    }

    /// Makes a key on P-256 that signs.
    ///
    /// # Errors
    /// [`TpmError`].
    pub(crate) fn make_key(&self) -> Result<Wrapped, TpmError> {
        self.make(Class::Key, &wire::KEY, &[])
    }

    /// Wraps up to 128 bytes.
    ///
    /// # Errors
    /// [`TpmError::Unusable`] when they are more.
    pub(crate) fn seal(&self, secret: &[u8]) -> Result<Wrapped, TpmError> {
        if secret.len() > SECRET_MAX {
            return Err(TpmError::Unusable);
        }
        self.make(Class::Secret, &wire::SECRET, secret)
    }

    fn make(&self, class: Class, template: &[u16], secret: &[u8]) -> Result<Wrapped, TpmError> {
        let told = wire::creation(template, secret);
        self.open()?.with_storage_key(|talk, storage| {
            let answer = talk.ask(Code::Create, storage, &told)?;
            let mut made = Bytes(&answer).parameters().ok_or(TpmError::Broken)?;
            let private = made.sized().ok_or(TpmError::Broken)?;
            let public = made.sized().ok_or(TpmError::Broken)?;
            Ok(Wrapped {
                class,
                public: wire::sized(public).to_vec(),
                private: wire::sized(private).to_vec(),
            })
        })
    }

    /// Signs a SHA-256 digest; DER.
    ///
    /// # Errors
    /// [`TpmError::Stranger`] when this TPM did not wrap it.
    pub(crate) fn sign(&self, key: &Wrapped, digest: &[u8; 32]) -> Result<Vec<u8>, TpmError> {
        self.open()?.with(key, Class::Key, |talk, handle| {
            let answer = talk.ask(Code::Sign, handle, &wire::signing(digest))?;
            let (r, s) = Bytes(&answer)
                .parameters()
                .and_then(wire::signature)
                .ok_or(TpmError::Broken)?;
            UintRef::new(r)
                .and_then(|r| {
                    Signature {
                        r,
                        s: UintRef::new(s)?,
                    }
                    .to_der()
                })
                .map_err(|_| TpmError::Broken)
        })
    }

    /// Gives out what was sealed.
    ///
    /// # Errors
    /// [`TpmError::Stranger`] when this TPM did not wrap it.
    pub(crate) fn unseal(&self, secret: &Wrapped) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        self.open()?.with(secret, Class::Secret, |talk, handle| {
            let answer = talk.ask(Code::Unseal, handle, &[])?;
            let plain = Bytes(&answer).parameters().and_then(|mut all| all.sized());
            plain
                .map(|plain| Zeroizing::new(plain.to_vec()))
                .ok_or(TpmError::Broken)
        })
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// One connection. What is loaded over it is flushed before it ends, on the bad ways too.
struct Talk(Box<dyn Stream>);

impl Talk {
    fn with_storage_key<T>(
        &mut self,
        job: impl FnOnce(&mut Self, u32) -> Result<T, TpmError>,
    ) -> Result<T, TpmError> {
        let told = wire::creation(&wire::STORAGE, &[]);
        let answer = self.ask(Code::CreatePrimary, wire::OWNER, &told)?;
        let storage = Bytes(&answer).u32().ok_or(TpmError::Broken)?;
        let done = job(self, storage);
        self.flush(storage);
        done
    }

    fn with<T>(
        &mut self,
        what: &Wrapped,
        class: Class,
        job: impl FnOnce(&mut Self, u32) -> Result<T, TpmError>,
    ) -> Result<T, TpmError> {
        if what.class != class {
            return Err(TpmError::Unusable);
        }
        let both = [&what.private[..], &what.public].concat();
        self.with_storage_key(|talk, storage| {
            let answer = talk.ask(Code::Load, storage, &both)?;
            let handle = Bytes(&answer).u32().ok_or(TpmError::Broken)?;
            let done = job(talk, handle);
            talk.flush(handle);
            done
        })
    }

    /// A connection to the resource manager flushes by ending; a TPM without one has room for three objects.
    fn flush(&mut self, handle: u32) {
        if let Err(error) = self.once(&wire::command(Code::FlushContext, handle, &[])) {
            tracing::warn!(%error, "an object stays in the TPM");
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a TPM that is busy does not say when it is free again"
    )]
    fn ask(
        &mut self,
        code: Code,
        handle: u32,
        parameters: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        let command = wire::command(code, handle, parameters);
        for pause in PAUSES {
            match self.once(&command) {
                Err(TpmError::Busy) => std::thread::sleep(pause),
                done => return done,
            }
        }
        self.once(&command)
    }

    /// What stands behind the header of the answer.
    fn once(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        let of = |error: io::Error| TpmError::of(&error);
        // in one piece: the kernel takes a write for a command
        self.0.write_all(command).map_err(of)?;
        let mut buffer = Zeroizing::new(vec![0; LONGEST]);
        let mut filled = 0;
        let (length, code) = loop {
            let room = buffer.get_mut(filled..).filter(|room| !room.is_empty());
            let read = self.0.read(room.ok_or(TpmError::Broken)?).map_err(of)?;
            if read == 0 {
                return Err(TpmError::Broken);
            }
            filled += read;
            let mut header = Bytes(buffer.get(..filled).unwrap_or_default());
            if let (Some(_), Some(length), Some(code)) = (header.u16(), header.u32(), header.u32())
            {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                if length <= filled {
                    break (length, code);
                }
            }
        };
        if code != 0 {
            return Err(TpmError::said(code));
        }
        let body = buffer.get(wire::HEADER..length).ok_or(TpmError::Broken)?;
        Ok(Zeroizing::new(body.to_vec()))
    }
}
