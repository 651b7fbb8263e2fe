//! Any text as a key file. What is read is written alike, but for the line end and large digits.

use ubugoe_protocol::{RecipientPublicKey, RecipientSecretKey, SigningKey, VerifyingKey};

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(bytes);
    let secret = RecipientSecretKey::from_text(&text).map(|key| key.to_text().to_string());
    let public = RecipientPublicKey::from_text(&text).map(|key| key.to_text());
    let signing = SigningKey::from_text(&text).map(|key| key.to_text().to_string());
    let verifying = VerifyingKey::from_text(&text).map(|key| key.to_text());
    let written: Vec<String> = [secret, public, signing, verifying]
        .into_iter()
        .flatten()
        .collect();
    assert!(written.len() <= 1, "one text is two kinds of key");
    for written in &written {
        let plain = text.trim_end_matches(['\r', '\n']).to_ascii_lowercase();
        assert_eq!(*written, plain);
    }
    Verdict::of(!written.is_empty())
}
