//! Whether a receipt is genuine: its text as a scanner types it, against the public keys of the cities that this
//! device knows. What it says names nobody; the link in it opens a family's page and is shown nowhere.

use ubugoe_protocol::{CodeError, QrError, Receipt, VisitCode};
use ubugoe_visit::service::{Scanned, Verdict};

use crate::{clock, desk::City};

/// Verifies a receipt's text.
#[must_use]
pub fn verify(scanned: &Scanned, cities: &[City]) -> Verdict {
    // Scanners end with a line break, and people with a blank.
    let text = scanned.0.trim();
    let (bytes, code) = match signed(text) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let Ok(says) = Receipt::peek(&bytes) else {
        return Verdict::Altered;
    };
    let Some(city) = cities.iter().find(|city| city.id == says.recipient) else {
        return Verdict::OtherCity;
    };
    let listed = code.is_none_or(|code| code.verify(&city.receipt).is_ok());
    match Receipt::verify(&bytes, &city.receipt) {
        Ok(receipt) if listed => Verdict::Genuine {
            arrival_no: receipt.arrival_no,
            arrived_at: clock::civil(receipt.arrived_at),
            recipient: city.municipality,
            digest: receipt.digest,
        },
        Ok(_) | Err(_) => Verdict::Altered,
    }
}

/// The signed receipt in a text, and the list of the visit's forms where it is a family's code.
fn signed(text: &str) -> Result<(Vec<u8>, Option<VisitCode>), Verdict> {
    match VisitCode::from_text(text) {
        Ok(code) => return Ok((code.receipt.clone(), Some(code))),
        Err(CodeError::Prefix) => {}
        Err(_) => return Err(Verdict::Altered),
    }
    match Receipt::qr_bytes(text) {
        Ok(bytes) => Ok((bytes, None)),
        Err(QrError::Prefix) => Err(Verdict::NotAReceipt),
        Err(QrError::Base45 | QrError::Receipt(_)) => Err(Verdict::Altered),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure")]
    use ubugoe_protocol::{FilingId, RecipientSecretKey, SigningKey, VERSION};

    use super::*;

    fn city(id: &str, key: &SigningKey) -> City {
        City {
            id: id.parse().unwrap(),
            municipality: "991015".parse().unwrap(),
            hpke: RecipientSecretKey::generate().unwrap().public().unwrap(),
            receipt: key.verifying().unwrap(),
        }
    }

    fn receipt() -> Receipt {
        Receipt {
            v: VERSION,
            id: FilingId::generate().unwrap(),
            digest: [7; 32],
            recipient: "r-5c20de".parse().unwrap(),
            arrived_at: 1_795_359_600,
            arrival_no: 417,
            status_token: "tOkEn-of-a-family".to_owned(),
            status_url: "https://asukoe.example/s/".to_owned(),
            visit: None,
            signed: None,
            era: 0,
        }
    }

    fn text(key: &SigningKey) -> String {
        Receipt::qr_text(&receipt().sign(key).unwrap()).unwrap()
    }

    #[test]
    fn a_citys_own_receipt_is_genuine_also_with_a_scanners_line_break() {
        let key = SigningKey::generate().unwrap();
        let scanned = Scanned(format!("{}\r\n", text(&key)));
        let verdict = verify(&scanned, &[city("r-5c20de", &key)]);
        let Verdict::Genuine {
            arrival_no,
            arrived_at,
            ..
        } = &verdict
        else {
            panic!("{verdict:?}")
        };
        assert_eq!(*arrival_no, 417);
        assert_eq!(arrived_at.unwrap().to_string(), "2026-11-23T00:00:00");
        let shown = format!("{verdict:?}");
        assert!(
            !shown.contains("tOkEn") && !shown.contains("https"),
            "{shown}"
        );
    }

    #[test]
    fn a_receipt_that_somebody_else_signed_or_changed_is_altered() {
        let key = SigningKey::generate().unwrap();
        let other = SigningKey::generate().unwrap();
        let cities = [city("r-5c20de", &key)];
        assert_eq!(verify(&Scanned(text(&other)), &cities), Verdict::Altered);
        let good = text(&key);
        // One character of the text, anywhere behind its beginning.
        for at in (8..good.len()).step_by(17) {
            let mut changed: Vec<char> = good.chars().collect();
            changed[at] = if changed[at] == 'A' { 'B' } else { 'A' };
            let changed: String = changed.into_iter().collect();
            let verdict = verify(&Scanned(changed), &cities);
            assert!(
                matches!(verdict, Verdict::Altered | Verdict::OtherCity),
                "{at}: {verdict:?}"
            );
        }
    }

    #[test]
    fn another_citys_receipt_and_no_receipt_are_told_apart() {
        let key = SigningKey::generate().unwrap();
        let text = text(&key);
        assert_eq!(
            verify(&Scanned(text), &[city("r-000001", &key)]),
            Verdict::OtherCity
        );
        for other in ["", "https://example.org", "ubugoe1:abc"] {
            assert_eq!(
                verify(&Scanned(other.to_owned()), &[]),
                Verdict::NotAReceipt
            );
        }
    }
}
