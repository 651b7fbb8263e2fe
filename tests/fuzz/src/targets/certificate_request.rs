//! Any bytes as a device's request for a certificate. What is granted is for the device's own name and the request's own key.

use ubugoe_city::operate::certificate::{Authority, DAYS, certify};

use crate::Verdict;
use crate::keys::{NOW, town};
use crate::real;
use crate::sealing::first_value;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let device = real::device();
    let authority = Authority {
        cert_pem: town::CA,
        key_pem: town::CA_KEY,
    };
    let Ok(certified) = certify(&device, bytes, authority, DAYS, NOW) else {
        return Verdict::Refused;
    };
    let chain = certified.chain_pem;
    let end = "-----END CERTIFICATE-----\n";
    let first = chain.find(end).and_then(|at| chain.get(..at + end.len()));
    let (_, certificate) = der::Document::from_pem(first.expect("PEM")).expect("PEM");
    let holds = |wanted: &[u8]| {
        let mut windows = certificate.as_bytes().windows(wanted.len());
        windows.any(|window| window == wanted)
    };
    assert!(holds(device.as_str().as_bytes()), "another name");
    let key = public_key(bytes).expect("it was read");
    assert!(holds(key), "another key");
    Verdict::Taken
}

/// The third field of what is signed: version, subject, key.
fn public_key(request: &[u8]) -> Option<&[u8]> {
    let (_, outer) = first_value(request)?;
    let (_, mut info) = first_value(outer)?;
    for _ in 0..2 {
        let (whole, _) = first_value(info)?;
        info = info.get(whole.len()..)?;
    }
    first_value(info).map(|(whole, _)| whole)
}
