//! The program itself: it says where its agencies listen, answers whoever is the city and nobody else, and ends when told.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use ubugoe_exchange::{Dialer, ErrorKind, Identity, MessageId, Method, Place, Request, Subsystem};
use ubugoe_protocol::SigningKey;
use zeroize::Zeroizing;

const SETTINGS: &str = r#"
[city]
address = "JPX/GOV/991015/UBUGOE"
at = "127.0.0.1:1"
tls_name = "city.example"
verify = "city.pub"
ca = "ca.pem"

[[agency]]
kind = "insurer"
address = "JPX/INS/1/CLAIMS"
bind = "127.0.0.1:0"
cert = "insurer.pem"
key = "insurer.key"
sign = "insurer.sign"
faults = ["wrong-signature"]

[[agency]]
kind = "pension-office"
address = "JPX/GOV/2/RELIEF"
bind = "127.0.0.1:0"
cert = "insurer.pem"
key = "insurer.key"
sign = "insurer.sign"
"#;

/// Files of both sides; answers the city's identity, its key and the agencies' key.
fn files(folder: &Path) -> (Identity, SigningKey, SigningKey) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let certify = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        (certificate.pem(), key.serialize_pem())
    };
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let (city, agencies) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let (cert, key) = certify("insurer.example");
    write("ca.pem", &authority.pem());
    write("insurer.pem", &cert);
    write("insurer.key", &key);
    write("insurer.sign", &agencies.to_text());
    write("city.pub", &city.verifying().unwrap().to_text());
    write("agencies.toml", SETTINGS);
    let (cert, key) = certify("city.example");
    let identity = Identity {
        ca_pem: authority.pem().into_bytes(),
        cert_pem: cert.into_bytes(),
        key_pem: Zeroizing::new(key.into_bytes()),
    };
    (identity, city, agencies)
}

/// Ends with the test, whatever becomes of it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_answers_the_city_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let (identity, city, agencies) = files(folder.path());
    let mut program = Running(
        Command::new(env!("CARGO_BIN_EXE_ubugoe-agencies"))
            .args(["serve", "--settings"])
            .arg(folder.path().join("agencies.toml"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut out = BufReader::new(program.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["event"], "ready");
    let at = |address: &str| ready["agencies"][address].as_str().unwrap().to_owned();

    let question = |provider: &str, service: &str| Request {
        method: Method::Post,
        service: provider
            .parse::<Subsystem>()
            .unwrap()
            .service(service)
            .unwrap(),
        path: String::new(),
        query: None,
        client: "JPX/GOV/991015/UBUGOE".parse().unwrap(),
        id: MessageId::generate().unwrap(),
        user: None,
        issue: Some("991015-1".to_owned()),
        content_type: Some("application/json".to_owned()),
    };
    let dialer = |key: &SigningKey| {
        let tls = identity.client().unwrap();
        Dialer::new(tls, key.clone(), Duration::from_secs(20))
    };
    let theirs = agencies.verifying().unwrap();
    let place = |address: &str| Place {
        address: at(address),
        name: "insurer.example".to_owned(),
    };
    let (insurer, pension) = ("JPX/INS/1/CLAIMS", "JPX/GOV/2/RELIEF");

    // the fault of the settings, once; then it is well, and answers the same question alike
    let asked = question(insurer, "lumpSum");
    let ours = dialer(&city);
    let body = || b"{}".to_vec();
    let first = ours.ask(&place(insurer), &asked, body(), &theirs).await;
    assert_eq!(first.unwrap_err().code(), "bad-signature");
    let second = ours
        .ask(&place(insurer), &asked, body(), &theirs)
        .await
        .unwrap();
    let third = ours
        .ask(&place(insurer), &asked, body(), &theirs)
        .await
        .unwrap();
    assert_eq!((second.answer.status, &second), (200, &third));
    let answer: Value = serde_json::from_slice(&second.body).unwrap();
    assert_eq!(
        (&answer["result"], &answer["issue"]),
        (&"granted".into(), &"991015-1".into())
    );

    // another's service, and somebody who is not the city
    let strange = question(pension, "lumpSum");
    let refused = ours
        .ask(&place(pension), &strange, body(), &theirs)
        .await
        .unwrap();
    assert_eq!(
        refused.answer.error.as_deref(),
        Some(ErrorKind::NotFound.code())
    );
    let forged = question(pension, "premiumRelief");
    let refused = dialer(&agencies)
        .ask(&place(pension), &forged, body(), &theirs)
        .await
        .unwrap();
    assert_eq!(
        refused.answer.error.as_deref(),
        Some(ErrorKind::NotYou.code())
    );

    let told = Command::new("kill")
        .arg(program.0.id().to_string())
        .status()
        .unwrap();
    assert!(told.success());
    assert!(program.0.wait().unwrap().success());
}
