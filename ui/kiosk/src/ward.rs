//! The ward's open birth certificates: one JSON file each, in a folder that the hospital's system or the ward's
//! own form writes into.
//!
//! Reads and matches; never changes, moves or corrects a file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ubugoe_procedures::{BirthCertificate, CardHolder, CertificateError, Match};

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
pub fn naming(folder: &Path, mother: &CardHolder) -> Result<Vec<BirthCertificate>, WardError> {
    let mut found = Vec::new();
    let mut first_error = None;
    for path in json_files(folder)? {
        match read(&path) {
            Ok(certificate) if certificate.matches_mother(mother) == Match::Exact => {
                found.push(certificate)
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(path = %path.display(), error = &error as &dyn std::error::Error, "certificate not readable");
                first_error.get_or_insert(error);
            }
        }
    }
    found.sort_by(|a, b| (a.birth_dt, a.child_order()).cmp(&(b.birth_dt, b.child_order())));
    match first_error {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>, WardError> {
    let unreadable = |source| WardError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "json") {
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
