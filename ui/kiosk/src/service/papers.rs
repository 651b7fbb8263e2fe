//! The ward's folder as staff see it: every certificate with its flags, its attestation and whether it is filed; and
//! the one way in which a certificate is written here.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ubugoe_procedures::BirthCertificate;
use ubugoe_visit::{
    ChildKey,
    service::{Attestation, Filed, Paper, key_of},
};

use super::sidecar;
use crate::ward::{self, WardError};

/// Why a certificate was not written.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The folder, or a file in it.
    #[error("the ward's folder cannot be read")]
    Ward(#[source] WardError),
    /// The one that is to be corrected was filed, or was not registered here.
    #[error("the certificate is not to be corrected here")]
    NotCorrectable,
    /// It is not there.
    #[error("no certificate with this number and child")]
    Gone,
    /// There is another file where it should go.
    #[error("there is a certificate of this number already")]
    Taken,
    /// The file system.
    #[error("it could not be written")]
    Io(#[source] io::Error),
}

/// Every certificate of a folder, oldest birth first, and how many files are none.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(
    folder: &Path,
    filed: impl Fn(&BirthCertificate) -> Filed,
) -> Result<(Vec<Paper>, usize), WardError> {
    let (found, unreadable) = all(folder)?;
    let mut papers: Vec<Paper> = found
        .into_iter()
        .map(|(path, certificate, bytes)| Paper {
            flags: sidecar::flags(&path),
            filed: filed(&certificate),
            attested: sidecar::attestation(&path, &bytes),
            certificate,
        })
        .collect();
    papers.sort_by_key(|paper| (paper.certificate.birth_dt, paper.certificate.child_order()));
    Ok((papers, unreadable))
}

type Found = (PathBuf, BirthCertificate, Vec<u8>);

fn all(folder: &Path) -> Result<(Vec<Found>, usize), WardError> {
    let mut found = Vec::new();
    let mut unreadable = 0;
    for path in ward::json_files(folder)? {
        let bytes = fs::read(&path).unwrap_or_default();
        match BirthCertificate::from_json(&bytes) {
            Ok(certificate) => found.push((path, certificate, bytes)),
            Err(error) => {
                tracing::warn!(path = %path.display(), error = &error as &dyn std::error::Error, "certificate not readable");
                unreadable += 1;
            }
        }
    }
    Ok((found, unreadable))
}

/// The certificate with this key, and its file.
///
/// # Errors
/// When the folder cannot be read, or it is not there.
pub fn find(folder: &Path, key: &ChildKey) -> Result<(PathBuf, BirthCertificate), PaperError> {
    let (found, _) = all(folder).map_err(PaperError::Ward)?;
    found
        .into_iter()
        .find(|(_, certificate, _)| key_of(certificate) == *key)
        .map(|(path, certificate, _)| (path, certificate))
        .ok_or(PaperError::Gone)
}

/// Writes a certificate that was checked and attested on this device: a new one, or in place of one that was
/// registered here and is not filed.
///
/// The attestation goes first and names the bytes: a certificate whose attestation is missing or is another's counts as
/// not registered here.
///
/// # Errors
/// [`PaperError`]; the folder is then as it was.
pub fn write(
    folder: &Path,
    certificate: &BirthCertificate,
    corrects: Option<&ChildKey>,
    attestation: &Attestation,
    filed: impl Fn(&BirthCertificate) -> Filed,
) -> Result<(), PaperError> {
    let path = match corrects {
        None => new_path(folder, certificate)?,
        Some(key) => {
            let (path, before) = find(folder, key)?;
            let bytes = fs::read(&path).map_err(PaperError::Io)?;
            let here = sidecar::attestation(&path, &bytes).is_some();
            if !here || filed(&before) != Filed::No || before.number != certificate.number {
                return Err(PaperError::NotCorrectable);
            }
            path
        }
    };
    let bytes = certificate.to_json();
    sidecar::attest(&path, &bytes, attestation).map_err(PaperError::Io)?;
    sidecar::replace(&path, &bytes).map_err(PaperError::Io)
}

fn new_path(folder: &Path, certificate: &BirthCertificate) -> Result<PathBuf, PaperError> {
    let (found, _) = all(folder).map_err(PaperError::Ward)?;
    let key = key_of(certificate);
    let path = folder.join(format!("{}-{}.json", key.number, key.order));
    let taken = path.exists() || found.iter().any(|(_, known, _)| key_of(known) == key);
    if taken {
        Err(PaperError::Taken)
    } else {
        Ok(path)
    }
}

/// An invented certificate, for the tests of this folder.
#[cfg(test)]
pub(crate) mod samples {
    use jiff::civil::{date, datetime};
    use ubugoe_procedures::{BirthCertificate, IssuerKind, PlaceKind, Plurality, Sex};

    pub(crate) fn certificate(number: &str) -> BirthCertificate {
        BirthCertificate {
            number: number.to_owned(),
            name: None,
            sex: Sex::Female,
            birth_dt: datetime(2026, 11, 24, 3, 5, 0, 0),
            place_kind: PlaceKind::Hospital,
            place_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
            place_name: Some("あすこえ市民病院".to_owned()),
            weight_g: 3012,
            length_mm: 495,
            plurality: Plurality::Single,
            mother: "山田\u{3000}花子".to_owned(),
            weeks: 39,
            days: 2,
            live_births: 1,
            stillbirths: 0,
            issued: date(2026, 11, 24),
            issuer_kind: IssuerKind::Midwife,
            issuer_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
            issuer_name: "海野\u{3000}渚".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use jiff::civil::datetime;
    use ubugoe_procedures::Plurality;
    use ubugoe_visit::{
        WardFlags,
        service::{FlagsRead, StaffNumber},
    };

    use super::{samples::certificate, *};

    fn attested() -> Attestation {
        Attestation {
            number: StaffNumber::new("0417").unwrap(),
            name: "海野\u{3000}渚".to_owned(),
            at: datetime(2026, 11, 24, 9, 30, 0, 0),
        }
    }

    const fn open(_: &BirthCertificate) -> Filed {
        Filed::No
    }

    #[test]
    fn a_registered_certificate_is_on_the_list_with_who_attested_it() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &certificate("W-1"), None, &attested(), open).unwrap();
        let (papers, unreadable) = list(folder.path(), open).unwrap();
        assert_eq!((papers.len(), unreadable), (1, 0));
        assert_eq!(papers[0].attested, Some(attested()));
        assert_eq!(papers[0].certificate, certificate("W-1"));
        assert!(papers[0].may_correct());
    }

    #[test]
    fn flags_and_attestations_are_not_taken_for_certificates() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &certificate("W-1"), None, &attested(), open).unwrap();
        let (path, _) = find(folder.path(), &key_of(&certificate("W-1"))).unwrap();
        let loss = WardFlags {
            loss: true,
            ..WardFlags::default()
        };
        sidecar::set_flags(&path, loss, &attested().number, None).unwrap();
        let (papers, unreadable) = list(folder.path(), open).unwrap();
        assert_eq!((papers.len(), unreadable), (1, 0));
        assert_eq!(papers[0].flags, FlagsRead::Known(loss));
    }

    #[test]
    fn a_number_is_used_once_for_each_child() {
        let folder = tempfile::tempdir().unwrap();
        let mut twin = certificate("W-1");
        twin.plurality = Plurality::Multiple { order: 2, of: 2 };
        write(folder.path(), &certificate("W-1"), None, &attested(), open).unwrap();
        write(folder.path(), &twin, None, &attested(), open).unwrap();
        let again = write(folder.path(), &twin, None, &attested(), open);
        assert!(matches!(again, Err(PaperError::Taken)));
    }

    #[test]
    fn a_correction_replaces_the_file_and_only_before_it_is_filed() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &certificate("W-1"), None, &attested(), open).unwrap();
        let mut better = certificate("W-1");
        better.weight_g = 2998;
        let key = key_of(&better);
        let filed = write(folder.path(), &better, Some(&key), &attested(), |_| {
            Filed::Yes
        });
        assert!(matches!(filed, Err(PaperError::NotCorrectable)));
        write(folder.path(), &better, Some(&key), &attested(), open).unwrap();
        let (papers, _) = list(folder.path(), open).unwrap();
        assert_eq!(papers.len(), 1);
        assert_eq!(papers[0].certificate.weight_g, 2998);
        assert!(papers[0].may_correct(), "attested anew");
    }

    #[test]
    fn what_the_hospitals_system_sent_is_never_changed_here() {
        let folder = tempfile::tempdir().unwrap();
        let sent = certificate("H-1");
        fs::write(folder.path().join("h1.json"), sent.to_json()).unwrap();
        let mut better = sent.clone();
        better.weight_g = 2998;
        let tried = write(
            folder.path(),
            &better,
            Some(&key_of(&sent)),
            &attested(),
            open,
        );
        assert!(matches!(tried, Err(PaperError::NotCorrectable)));
        assert_eq!(
            fs::read(folder.path().join("h1.json")).unwrap(),
            sent.to_json()
        );
    }

    #[test]
    fn a_missing_folder_is_an_error_and_a_broken_file_is_counted() {
        assert!(list(Path::new("/nonexistent/ward"), open).is_err());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.json"), "{").unwrap();
        assert_eq!(list(folder.path(), open).unwrap().1, 1);
    }
}
