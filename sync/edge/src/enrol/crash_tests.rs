//! The power goes between any two operations on files, and the device is enrolled or it is not; never half.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use ubugoe_bench::tpm::SoftTpm;
use ubugoe_protocol::enrol::{City, bundle_digest};

use super::*;
use crate::disk::model::{Crash, Model, Shared};

const NOW: i64 = 1_795_300_000;

/// A city's device CA.
struct Ca {
    root: Vec<u8>,
    issuing: Vec<u8>,
    key: KeyPair,
    params: CertificateParams,
}

fn authority(name: &str, depth: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(depth));
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    params
}

impl Ca {
    fn new() -> Self {
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root_params = authority("root", 1);
        let root = root_params.self_signed(&root_key).unwrap();
        let params = authority("issuing", 0);
        let by = Issuer::new(root_params, root_key);
        let issuing = params.signed_by(&key, &by).unwrap();
        Self {
            root: root.der().to_vec(),
            issuing: issuing.der().to_vec(),
            key,
            params,
        }
    }

    fn pin(&self) -> Pin {
        Pin::of(&self.root)
    }

    fn answer(&self, core: &[u8], ward: &str) -> Vec<u8> {
        self.answer_as(core, ward, |_| {})
    }

    fn answer_as(&self, core: &[u8], ward: &str, change: impl FnOnce(&mut Bundle)) -> Vec<u8> {
        let read = Core::verify(core).unwrap();
        let mut asked =
            CertificateSigningRequestParams::from_der(&read.csr.as_slice().into()).unwrap();
        asked.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        asked.params.not_before = date_time_ymd(2024, 1, 1);
        asked.params.not_after = date_time_ymd(2049, 1, 1);
        let by = Issuer::from_params(&self.params, &self.key);
        let leaf = asked.signed_by(&by).unwrap();
        let mut bundle = Bundle {
            device: read.device(),
            request: digest(core),
            at: NOW,
            ward: ward.to_owned(),
            municipality: "991015".to_owned(),
            chain_pem: leaf.pem(),
            brokers: vec![("mq.example".to_owned(), 8883)],
            broker_ca_pem: "the broker's authority\n".to_owned(),
            cities: vec![City {
                id: "asukoe".parse().unwrap(),
                municipality: "991015".to_owned(),
                seal: RecipientSecretKey::generate().unwrap().public().unwrap(),
                receipt: SigningKey::generate().unwrap().verifying().unwrap(),
            }],
            runner: None,
            sign_roots_pem: "roots\n".to_owned(),
            attribute_roots: vec!["a root".to_owned()],
            profile: "clock = \"system\"\n".to_owned(),
        };
        change(&mut bundle);
        let bundle = bundle.to_bytes();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.key.serialize_der())
                .unwrap();
        let signature = pair
            .sign(&SystemRandom::new(), &bundle_digest(&bundle))
            .unwrap();
        Answer {
            bundle,
            issuing: self.issuing.clone(),
            root: self.root.clone(),
            signature: signature.as_ref().to_vec(),
        }
        .to_bytes()
    }
}

fn layout(tpm: &Path) -> Layout {
    Layout {
        tpm: tpm.to_owned(),
        ..Layout::below(Path::new("/var/lib/ubugoe"))
    }
}

/// Where no TPM is.
const NO_TPM: &str = "/nowhere/tpmrm0";

fn open(disk: &Shared) -> Result<Enrolment, EnrolError> {
    open_beside(Path::new(NO_TPM), disk)
}

fn open_beside(tpm: &Path, disk: &Shared) -> Result<Enrolment, EnrolError> {
    Enrolment::on(Box::new(disk.clone()), layout(tpm))
}

fn enrol(ca: &Ca, enrolment: &mut Enrolment, ward: &str) -> Result<DeviceId, EnrolError> {
    let asked = enrolment.ask(ca.pin(), NOW)?;
    let bundle = enrolment.take(&ca.answer(&asked.core, ward))?;
    Ok(bundle.device)
}

/// Every file that the configuration names is there and whole; which ward it is.
fn whole(disk: &Shared) -> Option<String> {
    let mut disk = disk.clone();
    let names = disk.names().unwrap();
    if !names.iter().any(|name| name == KIOSK) {
        return None;
    }
    let toml = disk.read(KIOSK).unwrap();
    let toml = std::str::from_utf8(&toml).unwrap();
    assert!(toml.ends_with("clock = \"system\"\n"), "{toml}");
    let mut count = 0;
    for word in toml.split('"') {
        let Some(name) = word.strip_prefix("/var/lib/ubugoe/device/") else {
            continue;
        };
        let bytes = disk
            .read(name)
            .unwrap_or_else(|_| panic!("{name} is not there"));
        assert!(!bytes.is_empty(), "{name} is empty");
        count += 1;
    }
    assert_eq!(count, 9, "{toml}");
    let number = kiosk::generation(toml).unwrap();
    let ward = disk.read(&name(number, "ward")).unwrap();
    Some(String::from_utf8(ward.to_vec()).unwrap())
}

fn cut_at(
    (ca, tpm): (&Ca, &Path),
    before: Option<&str>,
    fuse: usize,
    crash: Crash,
    lies: bool,
) -> bool {
    let disk = Shared::of(Model {
        fuse: usize::MAX,
        ..Model::default()
    });
    let mut enrolment = open_beside(tpm, &disk).unwrap();
    let first = before.map(|ward| enrol(ca, &mut enrolment, ward).unwrap());
    {
        let mut model = disk.held();
        model.fuse = model.steps + fuse;
        model.lies = lies;
    }
    let went = enrol(ca, &mut enrolment, "新しい病棟").is_err();
    let after = Shared::of(disk.held().after(crash));
    let found = whole(&after);
    let expected = [before, Some("新しい病棟")];
    let ward = found.as_deref().map(str::trim_end);
    assert!(expected.contains(&ward), "{ward:?}");
    // And it goes on from here, as the same device if it ever was one.
    let mut reopened = open_beside(tpm, &after).unwrap();
    let device = enrol(ca, &mut reopened, "新しい病棟").unwrap();
    if let Some(first) = first {
        assert_eq!(device, first);
    }
    assert_eq!(whole(&after).unwrap().trim_end(), "新しい病棟");
    let [sign, open] = reopened.resting().unwrap();
    let keys = DeviceKeys::of(&sign, &open, &Tpm::at(tpm)).unwrap();
    assert_eq!(keys.device().unwrap(), device);
    let mut disk = after.clone();
    let names = disk.names().unwrap();
    assert!(!names.iter().any(|name| name == ASKED), "{names:?}");
    let generations: std::collections::BTreeSet<_> =
        names.iter().filter_map(|name| generation(name)).collect();
    assert_eq!(generations.len(), 1, "{names:?}");
    went
}

#[test]
fn a_power_cut_at_any_write_leaves_the_device_enrolled_or_not_and_never_half() {
    let ca = Ca::new();
    let mut cuts = 0;
    for before in [None, Some("古い病棟")] {
        for crash in [Crash::Killed, Crash::Cut, Crash::NamesFirst] {
            for fuse in 0.. {
                if !cut_at((&ca, Path::new(NO_TPM)), before, fuse, crash, false) {
                    break;
                }
                cuts += 1;
            }
        }
    }
    // A question, twelve files and the configuration, four operations each; one file removed, and for a move twelve more, two
    // operations each; three ways.
    assert_eq!(cuts, 3 * (14 * 4 + 2) + 3 * (14 * 4 + 2 + 12 * 2));
}

#[test]
fn a_power_cut_beside_a_tpm_leaves_keys_that_it_opens_and_no_secret_on_the_disk() {
    let (ca, tpm) = (Ca::new(), SoftTpm::new().unwrap());
    let mut cuts = 0;
    for before in [None, Some("古い病棟")] {
        for fuse in 0.. {
            if !cut_at((&ca, &tpm.path()), before, fuse, Crash::Cut, false) {
                break;
            }
            cuts += 1;
        }
    }
    assert_eq!(cuts, (14 * 4 + 2) + (14 * 4 + 2 + 12 * 2));
    let disk = Shared::of(Model {
        fuse: usize::MAX,
        ..Model::default()
    });
    let mut enrolment = open_beside(&tpm.path(), &disk).unwrap();
    let asked = enrolment.ask(ca.pin(), NOW).unwrap();
    let no_secret = || {
        let mut disk = disk.clone();
        for name in disk.names().unwrap() {
            let text = String::from_utf8_lossy(&disk.read(&name).unwrap()).into_owned();
            let plain = text.contains("secret-v1:") || text.contains("BEGIN PRIVATE KEY");
            assert!(!plain, "{name}: {text}");
        }
    };
    no_secret();
    enrolment.take(&ca.answer(&asked.core, "三階東")).unwrap();
    no_secret();
    assert!(enrolment.in_tpm());
    let toml = disk.clone().read(KIOSK).unwrap();
    let toml = std::str::from_utf8(&toml).unwrap();
    assert!(
        toml.contains(&format!("tpm = \"{}\"\n", tpm.path().display())),
        "{toml}"
    );
    // the city's answer to a device that lost its TPM in between helps nobody
    tpm.clear().unwrap();
    assert!(matches!(
        enrolment.ask(ca.pin(), NOW),
        Err(EnrolError::Tpm(TpmError::Stranger))
    ));
}

#[test]
fn a_tpm_that_is_there_and_does_nothing_is_told_and_no_key_is_made_beside_it() {
    let (ca, mut tpm) = (Ca::new(), SoftTpm::new().unwrap());
    let disk = Shared::of(Model {
        fuse: usize::MAX,
        ..Model::default()
    });
    let mut enrolment = open_beside(&tpm.path(), &disk).unwrap();
    // something at its place that breaks off
    tpm.off().unwrap();
    let listener = std::os::unix::net::UnixListener::bind(tpm.path()).unwrap();
    let broken = std::thread::spawn(move || {
        for _ in 0..2 {
            drop(listener.accept().unwrap());
        }
    });
    assert!(matches!(
        enrolment.ask(ca.pin(), NOW),
        Err(EnrolError::Tpm(TpmError::Broken))
    ));
    broken.join().unwrap();
    assert_eq!(enrolment.state(), State::Nothing);
    assert!(disk.clone().names().unwrap().is_empty());
}

#[test]
fn control_a_disk_that_lies_about_having_written_is_found_out() {
    let ca = Ca::new();
    let lost = (0..58).filter(|fuse| {
        let beside = (&ca, Path::new(NO_TPM));
        let cut = || cut_at(beside, None, *fuse, Crash::NamesFirst, true);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(cut)).is_err()
    });
    assert!(
        lost.count() > 0,
        "the check above would not notice a missing sync"
    );
}

#[test]
fn an_answer_that_was_lost_is_taken_when_it_comes_again() {
    let ca = Ca::new();
    let disk = Shared::of(Model {
        fuse: usize::MAX,
        ..Model::default()
    });
    let mut enrolment = open(&disk).unwrap();
    assert_eq!(enrolment.state(), State::Nothing);
    let asked = enrolment.ask(ca.pin(), NOW).unwrap();
    assert_eq!(enrolment.state(), State::Asked);
    let answer = ca.answer(&asked.core, "三階東");
    drop(enrolment);
    let mut reopened = open(&disk).unwrap();
    assert_eq!(
        reopened.ask(ca.pin(), NOW + 60).unwrap(),
        asked,
        "asked once"
    );
    reopened.take(&answer).unwrap();
    assert_eq!(reopened.state(), State::Enrolled);
    assert!(matches!(reopened.take(&answer), Err(EnrolError::NotAsked)));
    let [sign, open] = reopened.resting().unwrap();
    let keys = DeviceKeys::of(&sign, &open, &Tpm::default()).unwrap();
    assert_eq!(keys.device().unwrap(), asked.device);
}

#[test]
fn a_strangers_answer_a_changed_one_and_one_for_somebody_else_are_not_taken() {
    let (ca, stranger) = (Ca::new(), Ca::new());
    let disk = Shared::of(Model {
        fuse: usize::MAX,
        ..Model::default()
    });
    let mut enrolment = open(&disk).unwrap();
    let asked = enrolment.ask(ca.pin(), NOW).unwrap();
    let mut refused = |answer: &[u8]| enrolment.take(answer).unwrap_err().to_string();
    let not_taken = "the answer is not taken";
    assert_eq!(refused(&stranger.answer(&asked.core, "三階東")), not_taken);
    // the right root beside a stranger's issuing key
    let mut mixed = Answer::from_bytes(&stranger.answer(&asked.core, "三階東")).unwrap();
    mixed.root.clone_from(&ca.root);
    assert_eq!(
        refused(&mixed.to_bytes()),
        "the certificate does not come from the city's root"
    );
    let good = ca.answer(&asked.core, "三階東");
    let mut changed = Answer::from_bytes(&good).unwrap();
    let middle = changed.bundle.len() / 2;
    changed.bundle[middle] ^= 1;
    assert_eq!(refused(&changed.to_bytes()), not_taken);
    let other = ca.answer_as(&asked.core, "三階東", |bundle| bundle.request = [7; 32]);
    assert_eq!(refused(&other), "the answer is for an earlier question");
    let other = ca.answer_as(&asked.core, "三階東", |bundle| {
        bundle.device = "d-00000000".parse().unwrap();
    });
    assert_eq!(refused(&other), "the answer is for another device");
    assert_eq!(whole(&disk), None, "nothing of it was written");
    enrolment.take(&good).unwrap();
}

#[test]
fn the_real_folder_keeps_everything_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let ca = Ca::new();
    let home = tempfile::tempdir().unwrap();
    let layout = Layout {
        tpm: NO_TPM.into(),
        ..Layout::below(home.path())
    };
    let mut enrolment = Enrolment::open(layout.clone()).unwrap();
    let device = enrol(&ca, &mut enrolment, "三階東").unwrap();
    assert!(device.as_str().starts_with("d-") && device.as_str().len() == 10);
    for entry in layout.enrolled.read_dir().unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
    enrolment.give_up().unwrap();
    assert_eq!(enrolment.state(), State::Enrolled);
}
