//! What the ward notes beside a certificate, one small file each: flags, and who attested it.
//!
//! Versioned, written whole or not at all (new file, sync, rename, sync of the folder). What is there and cannot be
//! read is the safe state: flags then mean "staff guide", an attestation means "not attested here".

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use ubugoe_visit::{
    WardFlags,
    service::{Attestation, FlagsRead, StaffNumber},
};

const FLAGS: &str = "ubugoe-ward-flags";
const ATTESTED: &str = "ubugoe-ward-attestation";
const VERSION: u32 = 1;
/// Longer than any of them; more is not read.
const MOST: u64 = 4096;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagsFile {
    format: String,
    version: u32,
    flags: Flags,
    by: String,
    /// Japan Standard Time, if the clock could be believed.
    at: Option<DateTime>,
}

/// Every flag stands in the file: one that is missing is no "no".
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the file's shape; independent marks"
)]
struct Flags {
    nicu: bool,
    loss: bool,
    sibling_lost: bool,
    protection: bool,
    adoption: bool,
}

impl From<WardFlags> for Flags {
    fn from(flags: WardFlags) -> Self {
        Self {
            nicu: flags.nicu,
            loss: flags.loss,
            sibling_lost: flags.sibling_lost,
            protection: flags.protection,
            adoption: flags.adoption,
        }
    }
}

impl From<Flags> for WardFlags {
    fn from(flags: Flags) -> Self {
        Self {
            nicu: flags.nicu,
            loss: flags.loss,
            sibling_lost: flags.sibling_lost,
            protection: flags.protection,
            adoption: flags.adoption,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttestationFile {
    format: String,
    version: u32,
    number: String,
    name: String,
    at: DateTime,
    /// SHA-256 of the certificate's file, hex: of these bytes and no others.
    certificate: String,
}

fn beside(certificate: &Path, ending: &str) -> PathBuf {
    let mut name = certificate.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    certificate.with_file_name(name)
}

/// The flags' file of a certificate's file.
#[must_use]
pub fn flags_path(certificate: &Path) -> PathBuf {
    beside(certificate, ".flags.json")
}

/// The attestation's file of a certificate's file.
#[must_use]
pub fn attestation_path(certificate: &Path) -> PathBuf {
    beside(certificate, ".attested.json")
}

/// Whether a file lies beside a certificate instead of being one.
#[must_use]
pub fn is_sidecar(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".flags.json") || name.ends_with(".attested.json")
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, MOST + 1), &mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other("too long"));
    }
    Ok(Some(bytes))
}

/// The flags beside a certificate. None set is no flags; a file that cannot be read is [`FlagsRead::Unreadable`].
#[must_use]
pub fn flags(certificate: &Path) -> FlagsRead {
    let path = flags_path(certificate);
    match read(&path).map(|bytes| bytes.map(|bytes| parse_flags(&bytes))) {
        Ok(None) => FlagsRead::Known(WardFlags::default()),
        Ok(Some(Some(flags))) => FlagsRead::Known(flags),
        Ok(Some(None)) => {
            tracing::error!(path = %path.display(), "flags not readable: staff guide this visit");
            FlagsRead::Unreadable
        }
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "flags not readable: staff guide this visit");
            FlagsRead::Unreadable
        }
    }
}

fn parse_flags(bytes: &[u8]) -> Option<WardFlags> {
    let file: FlagsFile = serde_json::from_slice(bytes).ok()?;
    (file.format == FLAGS && file.version == VERSION).then(|| file.flags.into())
}

/// Sets the flags beside a certificate.
///
/// # Errors
/// When they could not be written; the ones before then still stand.
pub fn set_flags(
    certificate: &Path,
    flags: WardFlags,
    by: &StaffNumber,
    at: Option<DateTime>,
) -> io::Result<()> {
    let file = FlagsFile {
        format: FLAGS.to_owned(),
        version: VERSION,
        flags: flags.into(),
        by: by.as_str().to_owned(),
        at,
    };
    replace(&flags_path(certificate), &serde_json::to_vec(&file)?)
}

/// Who attested a certificate, as long as its bytes are those that were attested.
#[must_use]
pub fn attestation(certificate: &Path, bytes: &[u8]) -> Option<Attestation> {
    let file: AttestationFile =
        serde_json::from_slice(&read(&attestation_path(certificate)).ok()??).ok()?;
    let fits = file.format == ATTESTED
        && file.version == VERSION
        && file.certificate == hex::encode(ubugoe_protocol::digest(bytes));
    Some(Attestation {
        number: StaffNumber::new(&file.number).filter(|_| fits)?,
        name: file.name,
        at: file.at,
    })
}

/// Notes who attested these bytes of a certificate.
///
/// # Errors
/// When it could not be written.
pub fn attest(certificate: &Path, bytes: &[u8], attestation: &Attestation) -> io::Result<()> {
    let file = AttestationFile {
        format: ATTESTED.to_owned(),
        version: VERSION,
        number: attestation.number.as_str().to_owned(),
        name: attestation.name.clone(),
        at: attestation.at,
        certificate: hex::encode(ubugoe_protocol::digest(bytes)),
    };
    replace(&attestation_path(certificate), &serde_json::to_vec(&file)?)
}

/// Puts a file in another's place, whole: after a cut of power there is the old one or the new one.
///
/// # Errors
/// By what the system said; the old one then still stands.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path, ".new");
    let written = write_new(&new, bytes).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // What is half written must not stay; that it is gone is not needed for anything.
        let _ = fs::remove_file(&new);
    }
    written?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use jiff::civil::datetime;

    use super::*;

    fn by() -> StaffNumber {
        StaffNumber::new("0417").unwrap()
    }

    #[test]
    fn flags_come_back_as_they_were_set_and_none_set_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let paper = folder.path().join("A-1.json");
        assert_eq!(flags(&paper), FlagsRead::Known(WardFlags::default()));
        for set in [
            WardFlags {
                nicu: true,
                protection: true,
                ..WardFlags::default()
            },
            WardFlags {
                loss: true,
                adoption: true,
                ..WardFlags::default()
            },
        ] {
            set_flags(&paper, set, &by(), None).unwrap();
            assert_eq!(flags(&paper), FlagsRead::Known(set));
        }
        let names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["A-1.json.flags.json"], "nothing half written stays");
    }

    #[test]
    fn flags_that_cannot_be_read_are_never_taken_for_no_flags() {
        let folder = tempfile::tempdir().unwrap();
        let paper = folder.path().join("A-1.json");
        set_flags(&paper, WardFlags::default(), &by(), None).unwrap();
        let good = fs::read_to_string(flags_path(&paper)).unwrap();
        let long = good.replace("0417", &"0".repeat(5000));
        for bad in [
            "",
            "{}",
            &good[..good.len() - 1],
            &good.replace("\"version\":1", "\"version\":2"),
            &good.replace("ubugoe-ward-flags", "other"),
            &good.replace("\"nicu\"", "\"nicuu\""),
            &good.replace("\"loss\":false,", ""),
            long.as_str(),
        ] {
            fs::write(flags_path(&paper), bad).unwrap();
            assert_eq!(flags(&paper), FlagsRead::Unreadable, "{bad}");
        }
    }

    #[test]
    fn a_folder_that_takes_no_file_leaves_the_flags_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let paper = folder.path().join("gone").join("A-1.json");
        assert!(set_flags(&paper, WardFlags::default(), &by(), None).is_err());
        assert_eq!(flags(&paper), FlagsRead::Known(WardFlags::default()));
    }

    #[test]
    fn an_attestation_is_of_these_bytes_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let paper = folder.path().join("A-1.json");
        let said = Attestation {
            number: by(),
            name: "海野　渚".to_owned(),
            at: datetime(2026, 11, 24, 9, 30, 0, 0),
        };
        attest(&paper, b"one", &said).unwrap();
        assert_eq!(attestation(&paper, b"one"), Some(said));
        assert_eq!(attestation(&paper, b"other"), None);
    }
}
