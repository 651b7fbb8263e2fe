//! The ward's open birth certificates: one JSON file each, in a folder that the hospital's system or the ward's
//! own form writes into.
//!
//! Reads and matches; never changes, moves or corrects a file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ubugoe_procedures::{BirthCertificate, CardHolder, CertificateError, Match};

use ubugoe_visit::{Candidate, WardFlags, service::FlagsRead};

use crate::service::sidecar;

/// Why the certificates could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum WardError {
    /// The folder itself.
    #[error("the folder of certificates {path} cannot be read")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// One file.
    #[error("the certificate file {path} cannot be read")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// One file's content.
    #[error("{path} is not a birth certificate")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        #[source]
        source: CertificateError,
    },
}

/// The certificates that name this mother, in order of birth.
///
/// # Errors
/// A file that names nobody readable is an error only when no readable file names the mother: one damaged file must
/// not stop the family in the next bed.
pub fn naming(folder: &Path, mother: &CardHolder) -> Result<Vec<Candidate>, WardError> {
    let mut found = Vec::new();
    let mut first_error = None;
    for path in json_files(folder)? {
        match read(&path) {
            Ok(certificate) if certificate.matches_mother(mother) == Match::Exact => {
                let flags = flags_beside(&path);
                found.push(Candidate { certificate, flags });
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(path = %path.display(), error = &error as &dyn std::error::Error, "certificate not readable");
                first_error.get_or_insert(error);
            }
        }
    }
    found.sort_by_key(|c| (c.certificate.birth_dt, c.certificate.child_order()));
    match first_error {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// The ward's marks beside a certificate. What cannot be read is the safe state: staff open what comes next, and nothing
/// of an address is said.
pub(crate) fn flags_beside(certificate: &Path) -> WardFlags {
    match sidecar::flags(certificate) {
        FlagsRead::Known(flags) => flags,
        FlagsRead::Unreadable => WardFlags {
            adoption: true,
            protection: true,
            ..WardFlags::default()
        },
    }
}

pub(crate) fn json_files(folder: &Path) -> Result<Vec<PathBuf>, WardError> {
    let unreadable = |source| WardError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "json") && !sidecar::is_sidecar(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<BirthCertificate, WardError> {
    let bytes = fs::read(path).map_err(|source| WardError::File {
        path: path.to_owned(),
        source,
    })?;
    BirthCertificate::from_json(&bytes).map_err(|source| WardError::Certificate {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use std::fs;

    use jiff::civil::date;
    use ubugoe_procedures::{CardHolder, Sex};

    use super::{WardError, naming};

    fn mother(name: &str) -> CardHolder {
        CardHolder {
            name: name.to_owned(),
            address: "ことほぎ県あすこえ市汐見町一丁目".to_owned(),
            birth: date(1994, 5, 17),
            sex: Sex::Female,
        }
    }

    fn paper(number: &str, mother: &str, born: &str) -> String {
        format!(
            r#"{{"format":"ubugoe-birth-certificate","version":1,"number":"{number}","name":null,"sex":2,
            "birth_dt":"{born}","place_kind":1,"place_addr":"あすこえ市","place_name":"あすこえ産院","weight_g":3000,
            "length_cm":"50.0","plural":false,"order_of":null,"mother":"{mother}","weeks":39,"days":0,"live_births":1,
            "stillbirths":0,"issued":"2026-11-22","issuer_kind":1,"issuer_addr":"あすこえ市","issuer_name":"海野　渚"}}"#
        )
    }

    #[test]
    fn only_the_certificates_that_name_this_mother_are_found_in_order_of_birth() {
        let ward = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(ward.path().join(name), text).unwrap();
        put("1.json", &paper("B-2", "山田　花子", "2026-11-22T10:05"));
        put("2.json", &paper("B-1", "山田 花子", "2026-11-22T10:01"));
        put("3.json", &paper("C-1", "山田　華子", "2026-11-22T09:00"));
        put("notes.txt", "not a certificate");
        let found = naming(ward.path(), &mother("山田　花子")).unwrap();
        let numbers: Vec<&str> = found
            .iter()
            .map(|c| c.certificate.number.as_str())
            .collect();
        assert_eq!(numbers, ["B-1", "B-2"]);
    }

    #[test]
    fn a_damaged_file_stops_only_the_family_that_has_no_other() {
        let ward = tempfile::tempdir().unwrap();
        fs::write(ward.path().join("broken.json"), "{\"format\":").unwrap();
        fs::write(
            ward.path().join("good.json"),
            paper("B-1", "山田　花子", "2026-11-22T10:01"),
        )
        .unwrap();
        assert_eq!(naming(ward.path(), &mother("山田　花子")).unwrap().len(), 1);
        assert!(matches!(
            naming(ward.path(), &mother("田中　空")),
            Err(WardError::Certificate { .. })
        ));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let missing = std::path::Path::new("/nonexistent/certificates");
        assert!(matches!(
            naming(missing, &mother("山田　花子")),
            Err(WardError::Folder { .. })
        ));
    }
}
