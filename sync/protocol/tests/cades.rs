//! The parent's signature against a judge that nobody here wrote: `openssl cms`, as a real process.
//!
//! Certificates have the JPKI profile (six otherNames in the subject alternative name, policy, key ids), made by
//! `openssl` as well. A key file plays the card: it signs 32-byte digests with PKCS#1 v1.5.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use ubugoe_protocol::cades::{
    Birth, CadesError, Purpose, Revocation, Trust, check_certificate, describe, prepare, signer_of,
    verify, verify_bare, wrap_bare,
};
use ubugoe_protocol::digest;

const CONTENT: &[u8] = "{\"氏名\":\"葛󠄀城　𠮷子\"}".as_bytes();
const SIGN_POLICY: &str = "1.2.392.200149.8.5.1.1.20";

/// An hour after the certificates were made: inside the validity of everything that is valid.
fn now() -> i64 {
    describe(&der("sign")).unwrap().not_before + 3600
}

const YEAR: i64 = 365 * 24 * 3600;

const CONFIG: &str = r"
[req]
distinguished_name = dn
prompt = no
utf8 = yes
string_mask = utf8only
[dn]
C = JP
O = JPKI-TEST
0.OU = JPKI for digital signature
1.OU = Test Agency
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[no_ca]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
[sign]
keyUsage = critical, digitalSignature, nonRepudiation
subjectAltName = @san
certificatePolicies = critical, 1.2.392.200149.8.5.1.1.20
issuerAltName = dirName:dn
authorityKeyIdentifier = keyid:always
subjectKeyIdentifier = hash
[auth]
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
certificatePolicies = critical, 1.2.392.200149.8.5.1.3.30
authorityKeyIdentifier = keyid:always
subjectKeyIdentifier = hash
[strange]
keyUsage = critical, digitalSignature, nonRepudiation
1.2.3.4.5 = critical, ASN1:UTF8String:nobody knows
authorityKeyIdentifier = keyid:always
[other_policy]
keyUsage = critical, digitalSignature, nonRepudiation
certificatePolicies = 1.2.3.4
authorityKeyIdentifier = keyid:always
[no_aki]
keyUsage = critical, digitalSignature, nonRepudiation
authorityKeyIdentifier = none
[san]
otherName.1 = 1.2.392.200149.8.5.5.1;FORMAT:UTF8,UTF8:葛󠄀城　𠮷子
otherName.2 = 1.2.392.200149.8.5.5.4;FORMAT:UTF8,UTF8:419960229
otherName.3 = 1.2.392.200149.8.5.5.3;FORMAT:UTF8,UTF8:2
otherName.4 = 1.2.392.200149.8.5.5.5;FORMAT:UTF8,UTF8:北海道あすこえ市中央一丁目２－３
otherName.5 = 1.2.392.200149.8.5.5.2;FORMAT:UTF8,UTF8:00000
otherName.6 = 1.2.392.200149.8.5.5.6;FORMAT:UTF8,UTF8:0000000000000000
";

fn run(folder: &Path, arguments: &str) -> (bool, String) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn must(folder: &Path, arguments: &str) {
    let (good, said) = run(folder, arguments);
    assert!(good, "openssl {arguments}: {said}");
}

/// All keys and certificates, made once.
fn pki() -> &'static Path {
    static PKI: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PKI.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        make(&path);
        (folder, path)
    });
    path
}

fn make(at: &Path) {
    std::fs::write(at.join("c.cnf"), CONFIG).unwrap();
    for key in ["ca1", "ca2", "ca3", "person", "thief"] {
        must(at, &format!("genrsa -out {key}.key 2048"));
    }
    // Two generations with the same name, as JPKI has three; and one that is no authority.
    let self_signed = "req -x509 -new -config c.cnf -sha256";
    must(
        at,
        &format!("{self_signed} -key ca1.key -extensions ca -days 3650 -set_serial 1 -out ca1.pem"),
    );
    must(
        at,
        &format!("{self_signed} -key ca2.key -extensions ca -days 3650 -set_serial 2 -out ca2.pem"),
    );
    must(
        at,
        &format!(
            "{self_signed} -key ca3.key -extensions no_ca -days 3650 -set_serial 3 -out ca3.pem"
        ),
    );
    let subject = "/C=JP/L=Hokkaido/L=Asukoe-shi/CN=202511220000000000010000001A";
    must(
        at,
        &format!("req -new -config c.cnf -key person.key -subj {subject} -out person.csr"),
    );
    must(
        at,
        &format!("req -new -config c.cnf -key thief.key -subj {subject} -out thief.csr"),
    );
    let issue = |csr: &str, ca: &str, section: &str, digest: &str, out: &str| {
        let serial = 100 + out.len();
        must(
            at,
            &format!(
                "x509 -req -in {csr}.csr -CA {ca}.pem -CAkey {ca}.key -set_serial {serial} -days 1826 -{digest} \
             -extfile c.cnf -extensions {section} -out {out}.pem"
            ),
        );
        must(
            at,
            &format!("x509 -in {out}.pem -outform DER -out {out}.der"),
        );
    };
    issue("person", "ca2", "sign", "sha256", "sign");
    issue("person", "ca2", "auth", "sha256", "auth");
    issue("person", "ca2", "strange", "sha256", "strange");
    issue("person", "ca2", "other_policy", "sha256", "policy");
    issue("person", "ca2", "no_aki", "sha256", "noaki");
    issue("person", "ca2", "sign", "sha1", "weakened");
    issue("person", "ca2", "ca", "sha256", "mightyholder");
    issue("person", "ca3", "sign", "sha256", "unauthorised");
    issue("thief", "ca1", "sign", "sha256", "elsewhere");
    for ca in ["ca1", "ca2", "ca3"] {
        must(at, &format!("x509 -in {ca}.pem -outform DER -out {ca}.der"));
    }
    std::fs::write(at.join("content"), CONTENT).unwrap();
}

fn der(name: &str) -> Vec<u8> {
    std::fs::read(pki().join(format!("{name}.der"))).unwrap()
}

fn trust(anchors: &[&str]) -> Trust {
    Trust::new(&anchors.iter().map(|a| der(a)).collect::<Vec<_>>()).unwrap()
}

/// What the card does: SHA-256 digest in, RSA signature out.
fn card(key: &str, digest: &[u8; 32]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    std::fs::write(&input, digest).unwrap();
    must(
        pki(),
        &format!(
            "pkeyutl -sign -inkey {key}.key -pkeyopt digest:sha256 -in {} -out {}",
            input.display(),
            output.display()
        ),
    );
    std::fs::read(output).unwrap()
}

fn signed(content: &[u8], certificate: &str, key: &str, time: i64) -> Vec<u8> {
    let prepared = prepare(content, &der(certificate), time).unwrap();
    prepared
        .assemble(&card(key, &prepared.to_sign_sha256))
        .unwrap()
}

/// `openssl cms -verify -cades` on the same bytes.
fn openssl_verifies(cms: &[u8], content: &[u8]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cms"), cms).unwrap();
    std::fs::write(folder.path().join("content"), content).unwrap();
    let ca = pki().join("ca2.pem");
    run(
        folder.path(),
        &format!(
            "cms -verify -cades -binary -inform DER -in cms -content content -CAfile {} -purpose any -attime {} -out out",
            ca.display(),
            now()
        ),
    )
}

fn sound() -> &'static [u8] {
    static CMS: OnceLock<Vec<u8>> = OnceLock::new();
    CMS.get_or_init(|| signed(CONTENT, "sign", "person", now()))
}

#[test]
fn openssl_accepts_what_we_write_and_so_do_we() {
    let (good, said) = openssl_verifies(sound(), CONTENT);
    assert!(good, "{said}");
    let verified = verify(sound(), CONTENT, &trust(&["ca2"]), now()).unwrap();
    assert_eq!(verified.signing_time, now());
    assert_eq!(verified.cert_der, der("sign"));
    assert_eq!(verified.anchor_sha256, digest(&der("ca2")));
    assert_eq!(verified.revocation, Revocation::Unknown);
    assert!(
        verified.subject.contains("CN=202511220000000000010000001A"),
        "{}",
        verified.subject
    );
}

#[test]
fn the_officer_sees_name_address_birth_and_sex_with_every_code_point() {
    let facts = verify(sound(), CONTENT, &trust(&["ca2"]), now())
        .unwrap()
        .facts;
    assert_eq!(
        facts.name.as_deref(),
        Some("葛\u{E0100}城\u{3000}\u{20BB7}子")
    );
    assert_eq!(
        facts.address.as_deref(),
        Some("北海道あすこえ市中央一丁目２－３")
    );
    assert_eq!(facts.birth.as_deref(), Some("419960229"));
    assert_eq!(
        facts.birth_date(),
        Some(Birth {
            era: 4,
            year: 1996,
            month: 2,
            day: 29
        })
    );
    assert_eq!(facts.sex.as_deref(), Some("2"));
    assert_eq!(describe(&der("sign")).unwrap(), facts);
    let auth = describe(&der("auth")).unwrap();
    assert_eq!(
        (auth.name, auth.address, auth.birth, auth.sex),
        (None, None, None, None)
    );
}

#[test]
fn we_accept_what_openssl_signs() {
    let at = pki();
    must(
        at,
        "cms -sign -cades -binary -nosmimecap -md sha256 -in content -signer sign.pem -inkey person.key \
              -outform DER -out theirs",
    );
    let theirs = std::fs::read(at.join("theirs")).unwrap();
    let verified = verify(&theirs, CONTENT, &trust(&["ca2"]), now()).unwrap();
    assert_eq!(verified.cert_der, der("sign"));
}

#[test]
fn signed_attributes_are_in_der_order_whatever_the_time_and_content() {
    for (n, content) in [&b"a"[..], b"bb", CONTENT].into_iter().enumerate() {
        let time = now() + i64::try_from(n).unwrap() * 86_400;
        let cms = signed(content, "sign", "person", time);
        let (good, said) = openssl_verifies(&cms, content);
        assert!(good, "{said}");
        assert_eq!(
            verify(&cms, content, &trust(&["ca2"]), now())
                .unwrap()
                .signing_time,
            time
        );
    }
}

#[test]
fn other_content_is_refused_by_openssl_and_by_us() {
    let mut other = CONTENT.to_vec();
    other[3] ^= 1;
    assert!(!openssl_verifies(sound(), &other).0);
    assert_eq!(
        verify(sound(), &other, &trust(&["ca2"]), now()).unwrap_err(),
        CadesError::ContentDigest
    );
}

#[test]
fn a_changed_signing_time_breaks_the_signature_for_openssl_and_for_us() {
    // id-signingTime, SET, UTCTime
    let before = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05\x31\x0f\x17\x0d";
    let at = sound()
        .windows(before.len())
        .position(|w| w == before)
        .unwrap()
        + before.len();
    let mut changed = sound().to_vec();
    assert!(changed[at].is_ascii_digit());
    // Ten years later or earlier: still a time.
    changed[at] ^= 1;
    assert!(!openssl_verifies(&changed, CONTENT).0);
    assert_eq!(
        verify(&changed, CONTENT, &trust(&["ca2"]), now()).unwrap_err(),
        CadesError::Signature
    );
}

#[test]
fn an_exchanged_certificate_is_refused_by_openssl_and_by_us() {
    // Same issuer name, subject and length of everything; another key and another generation's signature.
    let (own, other) = (der("sign"), der("elsewhere"));
    let at = sound().windows(own.len()).position(|w| w == own).unwrap();
    let mut changed = sound()[..at].to_vec();
    changed.extend(&other);
    changed.extend(&sound()[at + own.len()..]);
    if own.len() == other.len() {
        assert_eq!(
            verify(&changed, CONTENT, &trust(&["ca1", "ca2"]), now()).unwrap_err(),
            CadesError::SignerCertificate
        );
    } else {
        assert!(verify(&changed, CONTENT, &trust(&["ca1", "ca2"]), now()).is_err());
    }
    assert!(!openssl_verifies(&changed, CONTENT).0);
}

#[test]
fn a_signature_by_another_key_is_refused_by_openssl_and_by_us() {
    let forged = signed(CONTENT, "sign", "thief", now());
    assert!(!openssl_verifies(&forged, CONTENT).0);
    assert_eq!(
        verify(&forged, CONTENT, &trust(&["ca2"]), now()).unwrap_err(),
        CadesError::Signature
    );
}

#[test]
fn every_flipped_bit_is_noticed_by_us() {
    let trust = trust(&["ca1", "ca2"]);
    for at in 0..sound().len() {
        let mut damaged = sound().to_vec();
        damaged[at] ^= 1 << (at % 8);
        assert!(
            verify(&damaged, CONTENT, &trust, now()).is_err(),
            "byte {at}"
        );
    }
    let mut longer = sound().to_vec();
    longer.push(0);
    assert!(verify(&longer, CONTENT, &trust, now()).is_err());
}

#[test]
fn the_anchor_is_found_by_key_among_several_of_one_name() {
    assert_eq!(
        describe(&der("ca1")).unwrap().subject,
        describe(&der("ca2")).unwrap().subject
    );
    for order in [["ca1", "ca2"], ["ca2", "ca1"]] {
        let verified = verify(sound(), CONTENT, &trust(&order), now()).unwrap();
        assert_eq!(verified.anchor_sha256, digest(&der("ca2")));
    }
    assert_eq!(
        verify(sound(), CONTENT, &trust(&["ca1"]), now()).unwrap_err(),
        CadesError::NoIssuer
    );
}

#[test]
fn a_name_and_key_id_without_the_key_are_not_enough() {
    // The right authority's certificate with one bit of its key changed: same name, same key id.
    let mut false_anchor = der("ca2");
    let modulus = false_anchor
        .windows(4)
        .position(|w| w == [0x02, 0x82, 0x01, 0x01])
        .unwrap();
    false_anchor[modulus + 100] ^= 1;
    let trust = Trust::new(&[false_anchor]).unwrap();
    assert_eq!(
        verify(sound(), CONTENT, &trust, now()).unwrap_err(),
        CadesError::IssuerSignature
    );
}

#[test]
fn certificates_must_be_valid_at_the_time_asked_and_at_the_time_of_signing() {
    let trust = trust(&["ca2"]);
    let late = verify(sound(), CONTENT, &trust, now() + 6 * YEAR).unwrap_err();
    assert!(
        matches!(
            late,
            CadesError::NotValidAt {
                whose: "signer",
                ..
            }
        ),
        "{late:?}"
    );
    let early = verify(sound(), CONTENT, &trust, 0).unwrap_err();
    assert!(
        matches!(
            early,
            CadesError::NotValidAt {
                whose: "authority",
                ..
            }
        ),
        "{early:?}"
    );
    let dated = signed(CONTENT, "sign", "person", now() + 6 * YEAR);
    let error = verify(&dated, CONTENT, &trust, now()).unwrap_err();
    assert!(
        matches!(error, CadesError::NotValidAt { whose: "signer", at, .. } if at == now() + 6 * YEAR),
        "{error:?}"
    );
}

#[test]
fn each_constraint_of_the_profile_is_enforced_by_name() {
    let trust = trust(&["ca1", "ca2", "ca3"]);
    let check = |name: &str| {
        let cms = signed(CONTENT, name, "person", now());
        verify(&cms, CONTENT, &trust, now()).unwrap_err()
    };
    let signer = |detail| CadesError::Usage {
        whose: "signer",
        detail,
    };
    assert_eq!(check("auth"), signer("key usage lacks nonRepudiation"));
    assert_eq!(check("mightyholder"), signer("it is an authority's"));
    assert_eq!(check("noaki"), signer("no authority key identifier"));
    assert_eq!(
        check("strange"),
        CadesError::CriticalExtension("1.2.3.4.5".to_owned())
    );
    assert!(matches!(check("weakened"), CadesError::Profile { .. }));
    let authority = CadesError::Usage {
        whose: "authority",
        detail: "basic constraints say it is no authority",
    };
    assert_eq!(check("unauthorised"), authority);
}

#[test]
fn a_demanded_policy_must_be_there() {
    let demanding = trust(&["ca2"]).with_policies(&[SIGN_POLICY]).unwrap();
    assert!(verify(sound(), CONTENT, &demanding, now()).is_ok());
    let other = signed(CONTENT, "policy", "person", now());
    assert!(verify(&other, CONTENT, &trust(&["ca2"]), now()).is_ok());
    assert_eq!(
        verify(&other, CONTENT, &demanding, now()).unwrap_err(),
        CadesError::Policy {
            found: vec!["1.2.3.4".to_owned()]
        }
    );
    assert!(trust(&["ca2"]).with_policies(&["nonsense"]).is_err());
}

#[test]
fn a_certificate_can_be_checked_without_a_signature() {
    let trust = trust(&["ca1", "ca2"]);
    assert!(check_certificate(&der("sign"), &trust, Purpose::Signature, now()).is_ok());
    assert!(check_certificate(&der("auth"), &trust, Purpose::Authentication, now()).is_ok());
    let wrong = check_certificate(&der("auth"), &trust, Purpose::Signature, now()).unwrap_err();
    assert!(matches!(wrong, CadesError::Usage { .. }), "{wrong:?}");
    let expired =
        check_certificate(&der("sign"), &trust, Purpose::Signature, now() + 6 * YEAR).unwrap_err();
    assert!(
        matches!(expired, CadesError::NotValidAt { .. }),
        "{expired:?}"
    );
}

#[test]
fn anchors_are_read_from_pem_and_an_empty_trust_is_refused() {
    let both = ["ca1", "ca2"]
        .map(|n| std::fs::read_to_string(pki().join(format!("{n}.pem"))).unwrap())
        .concat();
    let trust = Trust::from_pem(&both).unwrap();
    assert!(verify(sound(), CONTENT, &trust, now()).is_ok());
    assert_eq!(
        Trust::from_pem("nothing here").unwrap_err(),
        CadesError::NoAnchors
    );
    assert_eq!(Trust::new(&[]).unwrap_err(), CadesError::NoAnchors);
    assert_eq!(
        Trust::from_pem(&both.replace("MII", "MIJ")).unwrap_err(),
        CadesError::Der { what: "anchor" }
    );
}

#[test]
fn a_time_that_cannot_be_written_is_refused_and_2050_changes_the_type() {
    assert_eq!(
        prepare(CONTENT, &der("sign"), -1).unwrap_err(),
        CadesError::Time(-1)
    );
    assert_eq!(
        prepare(CONTENT, &der("sign"), i64::MAX).unwrap_err(),
        CadesError::Time(i64::MAX)
    );
    for (time, text) in [
        (2_524_607_999, &b"\x17\x0d491231235959Z"[..]),
        (2_524_608_000, b"\x18\x0f20500101000000Z"),
    ] {
        let prepared = prepare(CONTENT, &der("sign"), time).unwrap();
        let cms = prepared.assemble(&[0; 256]).unwrap();
        assert!(cms.windows(text.len()).any(|w| w == text), "{time}");
    }
}

#[test]
fn a_bare_value_of_a_signing_service_passes_the_same_checks_and_openssl_reads_the_file_made_of_it()
{
    let value = card("person", &digest(CONTENT));
    let trusted = trust(&["ca2"]);
    let verified = verify_bare(&der("sign"), &value, CONTENT, &trusted, now()).unwrap();
    assert_eq!(verified.facts, describe(&der("sign")).unwrap());
    assert_eq!(verified.anchor_sha256, digest(&der("ca2")));
    assert_eq!(verified.revocation, Revocation::Unknown);
    let cms = wrap_bare(&der("sign"), &value).unwrap();
    assert_eq!(signer_of(sound()).unwrap(), der("sign"));
    let folder = tempfile::tempdir().unwrap();
    let judged = |content: &[u8]| {
        std::fs::write(folder.path().join("cms"), &cms).unwrap();
        std::fs::write(folder.path().join("content"), content).unwrap();
        let ca = pki().join("ca2.pem");
        let asked = format!(
            "cms -verify -binary -inform DER -in cms -content content -CAfile {} -purpose any -attime {} -out out",
            ca.display(),
            now()
        );
        run(folder.path(), &asked)
    };
    let (good, said) = judged(CONTENT);
    assert!(good, "{said}");
    assert!(!judged(b"other content").0);
    // and what must not pass
    let other = verify_bare(&der("sign"), &value, b"other content", &trusted, now());
    assert_eq!(other.unwrap_err(), CadesError::Signature);
    let anothers = verify_bare(&der("elsewhere"), &value, CONTENT, &trusted, now());
    assert_eq!(anothers.unwrap_err(), CadesError::Signature);
    let untrusted = verify_bare(&der("sign"), &value, CONTENT, &trust(&["ca1"]), now());
    assert!(matches!(
        untrusted.unwrap_err(),
        CadesError::NoIssuer | CadesError::IssuerSignature
    ));
    let late = verify_bare(&der("sign"), &value, CONTENT, &trusted, now() + 6 * YEAR);
    assert!(matches!(late.unwrap_err(), CadesError::NotValidAt { .. }));
    let no_signature = verify_bare(&der("auth"), &value, CONTENT, &trusted, now());
    assert!(matches!(
        no_signature.unwrap_err(),
        CadesError::Usage { .. }
    ));
    let mut garbage = der("sign");
    garbage.truncate(200);
    assert!(wrap_bare(&garbage, &value).is_err() && signer_of(&garbage).is_err());
    // a bare CMS is no CAdES: the first signature's door stays shut for it
    assert!(verify(&cms, CONTENT, &trusted, now()).is_err());
}
