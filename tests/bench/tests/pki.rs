//! The key files of the rig, judged by OpenSSL and by the product's own parsers.

#![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use ubugoe_bench::Error;
use ubugoe_bench::pki::Pki;
use ubugoe_protocol::keys::{RecipientPublicKey, RecipientSecretKey, SigningKey, VerifyingKey};

fn openssl(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {args:?}: {text}");
    text.into_owned()
}

#[test]
fn the_directory_holds_exactly_the_files_of_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let pki = Pki::with(dir.path(), &["kiosk-1"], &["city-a"]).unwrap();
    pki.trust_card_issuers("sign", "auth").unwrap();
    let files: BTreeSet<String> = dir
        .path()
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected = [
        "broker-ca.pem",
        "broker.key",
        "broker.pem",
        "city-city-a.hpke",
        "city-city-a.hpke.pub",
        "city-city-a.key",
        "city-city-a.operate",
        "city-city-a.operate.pub",
        "city-city-a.pem",
        "city-city-a.receipt",
        "city-city-a.receipt.pub",
        "device-kiosk-1.hpke",
        "device-kiosk-1.hpke.pub",
        "device-kiosk-1.key",
        "device-kiosk-1.pem",
        "device-kiosk-1.sign",
        "device-kiosk-1.sign.pub",
        "jpki-auth-ca.pem",
        "jpki-sign-ca.pem",
    ];
    assert_eq!(
        files.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn openssl_accepts_the_chain_for_the_purpose_each_certificate_has() {
    let dir = tempfile::tempdir().unwrap();
    Pki::with(dir.path(), &["kiosk-1"], &["city-a"]).unwrap();
    let verify = |purpose: &str, file: &str| {
        openssl(
            dir.path(),
            &[
                "verify",
                "-x509_strict",
                "-CAfile",
                "broker-ca.pem",
                "-purpose",
                purpose,
                file,
            ],
        )
    };
    verify("sslserver", "broker.pem");
    verify("sslclient", "device-kiosk-1.pem");
    verify("sslclient", "city-city-a.pem");
    let server = openssl(
        dir.path(),
        &[
            "x509",
            "-noout",
            "-ext",
            "subjectAltName",
            "-in",
            "broker.pem",
        ],
    );
    assert!(
        server.contains("DNS:localhost") && server.contains("IP Address:127.0.0.1"),
        "{server}"
    );
}

#[test]
fn the_common_name_is_the_id_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    Pki::with(dir.path(), &["kiosk-1"], &["city-a"]).unwrap();
    for (file, id) in [
        ("device-kiosk-1.pem", "kiosk-1"),
        ("city-city-a.pem", "city-a"),
    ] {
        let subject = openssl(
            dir.path(),
            &[
                "x509", "-noout", "-subject", "-nameopt", "RFC2253", "-in", file,
            ],
        );
        assert_eq!(subject.trim(), format!("subject=CN={id}"));
    }
}

#[test]
fn secret_and_public_texts_belong_together() {
    let dir = tempfile::tempdir().unwrap();
    let pki = Pki::with(dir.path(), &["kiosk-1"], &["city-a"]).unwrap();
    let text = |name: &str| pki.text(name).unwrap().trim_end().to_owned();
    for stem in ["device-kiosk-1.sign", "city-city-a.receipt"] {
        let secret = SigningKey::from_text(&text(stem)).unwrap();
        let public = VerifyingKey::from_text(&text(&format!("{stem}.pub"))).unwrap();
        assert_eq!(secret.verifying().unwrap().to_text(), public.to_text());
        assert!(text(stem).starts_with("ubugoe-ed25519-secret-v1:"));
        assert!(public.to_text().starts_with("ubugoe-ed25519-public-v1:"));
    }
    for stem in ["device-kiosk-1.hpke", "city-city-a.hpke"] {
        let secret = RecipientSecretKey::from_text(&text(stem)).unwrap();
        let public = RecipientPublicKey::from_text(&text(&format!("{stem}.pub"))).unwrap();
        assert_eq!(secret.public().unwrap().to_text(), public.to_text());
        assert!(text(stem).starts_with("ubugoe-x25519-secret-v1:"));
        assert!(public.to_text().starts_with("ubugoe-x25519-public-v1:"));
    }
}

#[test]
fn secret_files_are_readable_by_their_owner_only_and_the_ca_key_is_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    Pki::with(dir.path(), &["kiosk-1"], &["city-a"]).unwrap();
    let mut secrets = 0;
    for entry in dir.path().read_dir().unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("PRIVATE KEY") || text.contains("-secret-v1:") {
            secrets += 1;
            assert_eq!(
                path.metadata().unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                path.display()
            );
        }
    }
    // TLS: broker, device, city. Texts: two for the device, three for the city. None for the CA.
    assert_eq!(secrets, 3 + 5);
}

#[test]
fn ids_that_a_topic_or_an_acl_could_misread_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut pki = Pki::create(dir.path()).unwrap();
    for id in [
        "",
        "ab",
        "a b",
        "A-kiosk",
        "kiosk/1",
        "kiosk+",
        "kiosk#",
        "kiosk.1",
        "kiosk\n1",
        "産声産声",
    ] {
        assert!(
            matches!(pki.add_device(id), Err(Error::BadId { .. })),
            "{id:?}"
        );
        assert!(
            matches!(pki.add_city(id), Err(Error::BadId { .. })),
            "{id:?}"
        );
    }
    pki.add_device("same-id").unwrap();
    assert!(matches!(
        pki.add_city("same-id"),
        Err(Error::IdTaken { .. })
    ));
    assert!(matches!(
        pki.add_device("same-id"),
        Err(Error::IdTaken { .. })
    ));
}
