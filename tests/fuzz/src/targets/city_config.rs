//! Any text as the city's configuration: a configuration or a list of problems that name their keys.

use std::io;
use std::path::Path;

use ubugoe_city::config::Config;

use crate::Verdict;
use crate::keys::{
    CITY_OPEN, CITY_SIGN, DEVICE_OPEN, DEVICE_SIGN, PAPERS, opening, sealing, signing, verifying,
};

/// The files that a configuration can name.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let name = path.file_name().and_then(|name| name.to_str());
    let text = match name.unwrap_or_default() {
        "open" => opening(&CITY_OPEN).to_text().to_string(),
        "sign" => signing(&CITY_SIGN).to_text().to_string(),
        "device" => verifying(&DEVICE_SIGN).to_text(),
        "device-seal" => sealing(&DEVICE_OPEN).to_text(),
        "ca" => return std::fs::read(PAPERS.pki.directory().join("jpki-sign-ca.pem")),
        _ => return Err(io::ErrorKind::NotFound.into()),
    };
    Ok(text.into_bytes())
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(bytes);
    match Config::from_toml(&text, Path::new("/nowhere"), &read) {
        Ok(_) => Verdict::Taken,
        Err(problems) => {
            assert!(!problems.0.is_empty(), "refused without a reason");
            assert!(problems.0.iter().all(|problem| !problem.key.is_empty()));
            Verdict::Refused
        }
    }
}
