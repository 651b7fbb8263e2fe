//! A device's keys in a TPM in software: made, used, and of no use elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests fail by panicking; one says how long a signature took"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use ubugoe_bench::pki::{Life, Pki};
use ubugoe_bench::tpm::SoftTpm;

use super::*;
use crate::{Identities, IdentityError, keys};

const DEVICE: &str = "kiosk-1";
const NOW: i64 = 1_795_300_000;
const SECRET: &str =
    "ubugoe-ed25519-secret-v1:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn at(tpm: &SoftTpm) -> Tpm {
    Tpm::at(tpm.path())
}

/// A device with one certificate whose key is in this TPM.
fn enrolled(pki: &Pki, folder: &Path, tpm: &SoftTpm) -> Identities {
    let mut identities = Identities::open(folder).unwrap().with_tpm(Some(at(tpm)));
    let device = DEVICE.parse().unwrap();
    let asked = identities.ask(&device).unwrap();
    let chain = pki.answer(&asked.der, DEVICE, Life::Now).unwrap();
    identities
        .granted(&asked.digest, &chain, &device, NOW)
        .unwrap();
    identities
}

fn run(program: &str, tpm: &SoftTpm, folder: &Path, words: &[&str]) -> Output {
    Command::new(program)
        .args(words)
        .env("TPM2TOOLS_TCTI", tpm.tcti())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn good(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn openssl_finds_the_request_signed_by_the_key_in_the_tpm() {
    let tpm = SoftTpm::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut identities = Identities::open(&folder.path().join("identity"))
        .unwrap()
        .with_tpm(Some(at(&tpm)));
    let asked = identities.ask(&DEVICE.parse().unwrap()).unwrap();
    std::fs::write(folder.path().join("request.der"), &asked.der).unwrap();
    let words = [
        "req",
        "-verify",
        "-noout",
        "-inform",
        "DER",
        "-in",
        "request.der",
    ];
    let said = good(&run("openssl", &tpm, folder.path(), &words));
    assert!(said.contains("verify OK"), "{said}");
    // what lies on the disk is no key
    let kept = std::fs::read_to_string(folder.path().join("identity/00000001.asked")).unwrap();
    assert!(
        kept.starts_with("-----BEGIN TSS2 PRIVATE KEY-----\n"),
        "{kept}"
    );
    assert!(!kept.contains("-----BEGIN PRIVATE KEY-----"), "{kept}");
}

#[test]
fn the_tools_that_others_wrote_use_the_file_as_we_do() {
    let tpm = SoftTpm::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (key, pem) = keys::make(Some(&at(&tpm))).unwrap();
    std::fs::write(folder.path().join("key.pem"), &pem).unwrap();
    let spki = key.public_key().unwrap();
    std::fs::write(folder.path().join("key.der"), spki.as_ref()).unwrap();
    std::fs::write(folder.path().join("message"), b"a message").unwrap();
    let tool = |program: &str, words: &[&str]| good(&run(program, &tpm, folder.path(), words));
    tool("tpm2_load", &["-r", "key.pem", "-c", "key"]);
    tool("tpm2_flushcontext", &["-t"]);
    let sign = [
        "-c", "key", "-g", "sha256", "-f", "plain", "-o", "theirs", "message",
    ];
    tool("tpm2_sign", &sign);
    tool("tpm2_flushcontext", &["-t"]);
    let ours = keys::sign(key.as_ref(), b"a message").unwrap();
    std::fs::write(folder.path().join("ours"), ours).unwrap();
    for signature in ["theirs", "ours"] {
        let words = [
            "dgst",
            "-sha256",
            "-keyform",
            "DER",
            "-verify",
            "key.der",
            "-signature",
            signature,
            "message",
        ];
        let said = good(&run("openssl", &tpm, folder.path(), &words));
        assert!(said.contains("Verified OK"), "{signature}: {said}");
    }
    // and nothing of ours was left in the TPM
    assert_eq!(tool("tpm2_getcap", &["handles-transient"]), "");
}

/// Shakes hands with a server that wants a certificate of the city's; the certificate it saw.
fn handshake(pki: &Pki, pem: &[u8], tpm: &Tpm) -> Result<CertificateDer<'static>, io::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    let ca = pki.text("broker-ca.pem").unwrap();
    roots
        .add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap())
        .unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots.clone()), Arc::clone(&provider))
            .build()
            .unwrap();
    let text = |name: &str| pki.text(name).unwrap();
    let chain: Vec<_> = CertificateDer::pem_slice_iter(text("broker.pem").as_bytes())
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(text("broker.key").as_bytes()).unwrap();
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap();
    let own: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .unwrap();
    let own = CertifiedKey::new(own, keys::load(pem, tpm).unwrap());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let door = std::thread::spawn(move || {
        let (tcp, _) = listener.accept()?;
        let session = ServerConnection::new(Arc::new(server)).unwrap();
        let mut stream = StreamOwned::new(session, tcp);
        stream.write_all(b"come in")?;
        stream.flush()?;
        let seen = stream.conn.peer_certificates().unwrap()[0].clone();
        io::Result::Ok(seen.into_owned())
    });
    let name = "localhost".try_into().unwrap();
    let session = ClientConnection::new(Arc::new(client), name).unwrap();
    let mut stream = StreamOwned::new(session, TcpStream::connect(address)?);
    let mut word = [0; 7];
    let heard = stream.read_exact(&mut word);
    drop(stream);
    let seen = door.join().unwrap();
    heard?;
    assert_eq!(&word, b"come in");
    seen
}

#[test]
fn its_certificate_opens_a_tls_door_and_the_copied_files_open_none() {
    let tpm = SoftTpm::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::with(folder.path().join("pki"), &[], &[]).unwrap();
    let identities = enrolled(&pki, &folder.path().join("identity"), &tpm);
    let pem = identities.current().unwrap().pem.clone();
    let seen = handshake(&pki, &pem, &at(&tpm)).unwrap();
    assert_eq!(seen, CertificateDer::from_pem_slice(&pem).unwrap());

    // whoever carries the disk away has another TPM, or none
    let thief = SoftTpm::new().unwrap();
    for (place, expected) in [
        (at(&thief), TpmError::Stranger),
        (Tpm::at(folder.path().join("none")), TpmError::Away),
    ] {
        let error = handshake(&pki, &pem, &place).unwrap_err();
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        assert_eq!(keys::tpm_error(inner.unwrap()), Some(expected));
    }
    handshake(&pki, &pem, &at(&tpm)).unwrap();
}

#[test]
fn a_sealed_secret_comes_out_of_its_own_tpm_only() {
    let (mut tpm, other) = (SoftTpm::new().unwrap(), SoftTpm::new().unwrap());
    let line = keys::at_rest(SECRET, Some(&at(&tpm))).unwrap();
    assert!(keys::line_in_tpm(&line) && !line.contains("0f1e2d3c") && !line.contains('\n'));
    let file = format!("{}\n", line.as_str());
    assert_eq!(*keys::secret(&file, &at(&tpm)).unwrap(), SECRET);
    assert_eq!(keys::secret(&line, &at(&other)), Err(TpmError::Stranger));
    // switched off and on it is the same
    tpm.off().unwrap();
    assert_eq!(keys::secret(&line, &at(&tpm)), Err(TpmError::Away));
    tpm.on().unwrap();
    assert_eq!(*keys::secret(&line, &at(&tpm)).unwrap(), SECRET);
    // cleared it is another
    tpm.clear().unwrap();
    assert_eq!(keys::secret(&line, &at(&tpm)), Err(TpmError::Stranger));
    // a plain one is what it was, TPM or not
    let plain = keys::at_rest(SECRET, None).unwrap();
    assert_eq!(*plain, SECRET);
    assert_eq!(*keys::secret(&plain, &at(&other)).unwrap(), SECRET);
}

#[test]
fn more_than_a_tpm_takes_a_key_for_a_secret_and_a_damaged_file_are_refused() {
    let nowhere = Tpm::at("/nowhere");
    assert_eq!(nowhere.seal(&[7; 129]), Err(TpmError::Unusable));
    let tpm = SoftTpm::new().unwrap();
    assert_eq!(
        *at(&tpm).unseal(&at(&tpm).seal(&[7; 128]).unwrap()).unwrap(),
        [7; 128]
    );
    let key = at(&tpm).make_key().unwrap();
    assert_eq!(at(&tpm).unseal(&key), Err(TpmError::Unusable));
    let pem = key.to_pem().unwrap();
    for at in (40..pem.len() - 40).step_by(7) {
        let mut bytes = pem.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        // read as something else or as nothing; never as this key
        if let Ok(read) = Wrapped::from_pem(&bytes) {
            assert_ne!(read, key, "at {at}");
        }
        for cut in [0, at, at + 1] {
            assert!(Wrapped::from_pem(&bytes[..cut]).is_err());
        }
    }
    assert_eq!(Wrapped::from_pem(pem.as_bytes()), Ok(key));
}

#[test]
fn a_device_whose_keys_are_files_keeps_them_there_though_a_tpm_came() {
    let tpm = SoftTpm::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::with(folder.path().join("pki"), &[DEVICE], &[]).unwrap();
    let text = |name: &str| pki.text(&format!("device-{DEVICE}.{name}")).unwrap();
    let mut identities = Identities::open(&folder.path().join("identity")).unwrap();
    identities
        .adopt(text("pem").as_bytes(), text("key").as_bytes())
        .unwrap();
    let device = DEVICE.parse().unwrap();
    let asked = identities.ask(&device).unwrap();
    let chain = pki.answer(&asked.der, DEVICE, Life::Now).unwrap();
    identities
        .granted(&asked.digest, &chain, &device, NOW)
        .unwrap();
    assert!(!keys::pem_in_tpm(&identities.next().unwrap().pem));
    // and one whose keys are in a TPM gets no key beside it when that is away
    let path = folder.path().join("other");
    let enrolled = enrolled(&pki, &path, &tpm);
    assert!(keys::pem_in_tpm(&enrolled.current().unwrap().pem));
    drop((enrolled, tpm));
    let mut identities = Identities::open(&path)
        .unwrap()
        .with_tpm(Some(Tpm::at("/nowhere")));
    assert!(matches!(
        identities.ask(&device),
        Err(IdentityError::Tpm(TpmError::Away))
    ));
    assert_eq!(identities.current().unwrap().generation, 1);
}

#[test]
fn a_tpm_is_found_where_one_answers_and_nowhere_else() {
    let tpm = SoftTpm::new().unwrap();
    assert_eq!(Tpm::found(&tpm.path()), Ok(Some(at(&tpm))));
    assert_eq!(Tpm::found(Path::new("/nowhere/tpmrm0")), Ok(None));
    drop(tpm);
}

/// Something at a TPM's place that answers with these bytes.
fn liar(answers: Vec<Vec<u8>>) -> (tempfile::TempDir, Tpm) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tpm");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        for answer in answers {
            let mut command = [0; LONGEST];
            if socket.read(&mut command).unwrap_or(0) == 0 {
                return;
            }
            let _ = socket.write_all(&answer);
        }
    });
    (folder, Tpm::at(path))
}

fn code(code: u32) -> Vec<u8> {
    let mut answer = vec![0x80, 1, 0, 0, 0, 10];
    answer.extend_from_slice(&code.to_be_bytes());
    answer
}

#[test]
fn what_a_tpm_says_is_told_apart() {
    for (answers, expected) in [
        (vec![code(0x921)], TpmError::Locked),
        // TPM_RC_BAD_AUTH and TPM_RC_AUTH_FAIL of the first session, TPM_RC_INTEGRITY of the first parameter
        (vec![code(0x9A2)], TpmError::Owned),
        (vec![code(0x98E)], TpmError::Owned),
        (vec![code(0x1DF)], TpmError::Stranger),
        // TPM_RC_FAILURE
        (vec![code(0x101)], TpmError::No(0x101)),
        // TPM_RC_RETRY, then an end
        (vec![code(0x922), code(0x921)], TpmError::Locked),
        (vec![code(0x90A); 6], TpmError::Busy),
        // no handle; a length beyond what is there; an end in the middle; nothing
        (vec![code(0)], TpmError::Broken),
        (
            vec![vec![0x80, 1, 0, 0, 0x20, 0, 0, 0, 0, 0]],
            TpmError::Broken,
        ),
        (vec![vec![0x80, 1, 0, 0, 0, 200]], TpmError::Broken),
        (
            vec![vec![0x80, 1, 0, 0, 0, 4, 0, 0, 0, 0]],
            TpmError::Broken,
        ),
        (vec![], TpmError::Broken),
    ] {
        let (_folder, tpm) = liar(answers.clone());
        assert_eq!(tpm.make_key(), Err(expected), "{answers:x?}");
    }
}

#[test]
fn a_signature_in_a_software_tpm_takes_milliseconds() {
    let tpm = SoftTpm::new().unwrap();
    let key = at(&tpm).make_key().unwrap();
    let digest = [7; 32];
    let begun = Instant::now();
    for _ in 0..50 {
        at(&tpm).sign(&key, &digest).unwrap();
    }
    let each = begun.elapsed() / 50;
    println!("storage key, load, sign, two flushes: {each:?}");
    assert!(each < Duration::from_secs(1), "{each:?}");
}
