//! The power goes between any two operations on files, and the device still has an identity that works.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use ubugoe_bench::pki::{Life, Pki};
use ubugoe_bench::tpm::SoftTpm;

use super::*;
use crate::disk::model::{Crash, Model, Shared};

fn open(disk: &Shared) -> Result<Identities, IdentityError> {
    Identities::on(Box::new(disk.clone()))
}

const DEVICE: &str = "kiosk-1";
const NOW: i64 = 1_795_300_000;

struct Town {
    pki: Pki,
    _folder: tempfile::TempDir,
}

fn town() -> Town {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::with(folder.path(), &[DEVICE], &[]).unwrap();
    Town {
        pki,
        _folder: folder,
    }
}

impl Town {
    fn delivered(&self) -> Identities {
        let shared = Shared::of(Model {
            fuse: usize::MAX,
            ..Model::default()
        });
        let mut identities = open(&shared).unwrap();
        self.adopt(&mut identities).unwrap();
        identities
    }

    fn adopt(&self, identities: &mut Identities) -> Result<(), IdentityError> {
        let text = |name: &str| self.pki.text(name).unwrap();
        let chain = text(&format!("device-{DEVICE}.pem"));
        let key = text(&format!("device-{DEVICE}.key"));
        identities.adopt(chain.as_bytes(), key.as_bytes())
    }

    fn answer(&self, asked: &Asked, name: &str, life: Life) -> String {
        self.pki.answer(&asked.der, name, life).unwrap()
    }

    /// One renewal from wherever things are; where it got to.
    fn renew(&self, identities: &mut Identities, proof: &mut bool) -> Result<u32, IdentityError> {
        let device = device();
        let generation = if let Some(next) = identities.next() {
            next.generation
        } else {
            let asked = identities.ask(&device)?;
            let chain = self.answer(&asked, DEVICE, Life::Now);
            identities.granted(&asked.digest, &chain, &device, NOW)?
        };
        *proof = true;
        identities.proven(generation)?;
        Ok(generation)
    }
}

fn device() -> DeviceId {
    DEVICE.parse().unwrap()
}

/// Renews once with the power gone at `fuse`, then looks at what is left. Whether the power went.
fn cut_at(
    town: &Town,
    tpm: Option<&Tpm>,
    fuse: usize,
    crash: Crash,
    lies: bool,
) -> Result<bool, String> {
    let disk = Shared::of(Model {
        fuse: usize::MAX,
        lies: false,
        ..Model::default()
    });
    let mut identities = open(&disk).unwrap().with_tpm(tpm.cloned());
    town.adopt(&mut identities).unwrap();
    let before = identities.current().unwrap().generation;
    {
        let mut model = disk.held();
        model.fuse = model.steps + fuse;
        model.lies = lies;
    }
    let mut proof = false;
    let went = town.renew(&mut identities, &mut proof).is_err();
    let after = Shared::of(disk.held().after(crash));
    let reopened = open(&after).map_err(|e| e.to_string())?;
    let mut reopened = reopened.with_tpm(tpm.cloned());
    let current = reopened.current().map_err(|e| e.to_string())?.generation;
    if current != before && !proof {
        return Err(format!("{current} is in use and was never proven"));
    }
    // And the device is not stuck: the same renewal comes to its end from here.
    let last = town
        .renew(&mut reopened, &mut proof)
        .map_err(|e| format!("stuck: {e}"))?;
    let left = reopened.disk.names().unwrap();
    if left.iter().filter(|n| n.ends_with(".identity")).count() != 1
        || reopened.current().map_err(|e| e.to_string())?.generation != last
    {
        return Err(format!("left over: {left:?}"));
    }
    if let Some(tpm) = tpm {
        let key = reopened.current().map_err(|e| e.to_string())?;
        let key = keys::load(&key.pem, tpm).map_err(|e| e.to_string())?;
        keys::sign(key.as_ref(), b"it works").map_err(|e| e.to_string())?;
    }
    Ok(went)
}

#[test]
fn a_power_cut_between_any_two_operations_leaves_an_identity_and_the_renewal_goes_on() {
    let town = town();
    let mut cuts = 0;
    for crash in [Crash::Killed, Crash::Cut, Crash::NamesFirst] {
        for fuse in 0.. {
            match cut_at(&town, None, fuse, crash, false) {
                Ok(true) => cuts += 1,
                Ok(false) => break,
                Err(what) => unreachable!("{crash:?} at operation {fuse}: {what}"),
            }
        }
    }
    // Two files written (4 operations each), two removed (2 each), three ways.
    assert_eq!(cuts, 3 * 12);
}

#[test]
fn a_power_cut_while_a_key_in_a_tpm_is_renewed_leaves_one_that_works() {
    let (town, tpm) = (town(), SoftTpm::new().unwrap());
    let at = Tpm::at(tpm.path());
    let mut cuts = 0;
    for crash in [Crash::Killed, Crash::Cut, Crash::NamesFirst] {
        for fuse in 0.. {
            match cut_at(&town, Some(&at), fuse, crash, false) {
                Ok(true) => cuts += 1,
                Ok(false) => break,
                Err(what) => unreachable!("{crash:?} at operation {fuse}: {what}"),
            }
        }
    }
    assert_eq!(cuts, 3 * 12);
}

#[test]
fn control_a_disk_that_lies_about_having_written_is_found_out() {
    let town = town();
    let lost = (0..12)
        .filter(|fuse| cut_at(&town, None, *fuse, Crash::NamesFirst, true).is_err())
        .count();
    assert!(lost > 0, "the check above would not notice a missing sync");
}

#[test]
fn a_certificate_for_another_key_another_device_or_the_past_is_not_taken() {
    let town = town();
    let mut identities = town.delivered();
    let other = town.delivered().ask(&device()).unwrap();
    let asked = identities.ask(&device()).unwrap();
    assert_eq!(identities.ask(&device()).unwrap(), asked, "asked once");
    let mut take = |chain: &str, request: [u8; 32]| {
        identities
            .granted(&request, chain, &device(), NOW)
            .unwrap_err()
            .to_string()
    };
    let good = town.answer(&asked, DEVICE, Life::Now);
    for (chain, what) in [
        (
            town.answer(&other, DEVICE, Life::Now),
            "the certificate is not for this key",
        ),
        (
            town.answer(&asked, "kiosk-2", Life::Now),
            "the certificate is for another device",
        ),
        (
            town.answer(&asked, DEVICE, Life::Over),
            "the certificate is over",
        ),
        (String::new(), "there is no certificate"),
    ] {
        assert_eq!(take(&chain, asked.digest), what);
    }
    assert_eq!(
        take(&good, other.digest),
        "nobody asked for this certificate"
    );
    assert_eq!(identities.current().unwrap().generation, 1);
    assert!(identities.next().is_none());
    // The right one still counts, and only once.
    let taken = identities.granted(&asked.digest, &good, &device(), NOW);
    assert_eq!(taken.unwrap(), 2);
    assert!(matches!(
        identities.granted(&asked.digest, &good, &device(), NOW),
        Err(IdentityError::NotAsked)
    ));
}

#[test]
fn the_one_in_use_is_never_dropped_for_having_failed() {
    let town = town();
    let mut identities = town.delivered();
    identities.failed(1).unwrap();
    assert_eq!(identities.current().unwrap().generation, 1);
    let asked = identities.ask(&device()).unwrap();
    let chain = town.answer(&asked, DEVICE, Life::Now);
    let next = identities
        .granted(&asked.digest, &chain, &device(), NOW)
        .unwrap();
    identities.failed(next).unwrap();
    assert_eq!(identities.current().unwrap().generation, 1);
    assert!(identities.next().is_none());
    // One that was tried is not mixed up with the next.
    identities.ask(&device()).unwrap();
    assert_eq!(identities.asked.as_ref().unwrap().0, 3);
}

#[test]
fn the_real_folder_keeps_everything_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let town = town();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity");
    let mut identities = Identities::open(&path).unwrap();
    assert!(matches!(identities.current(), Err(IdentityError::None)));
    town.adopt(&mut identities).unwrap();
    town.renew(&mut identities, &mut false).unwrap();
    identities.ask(&device()).unwrap();
    drop(identities);
    let reopened = Identities::open(&path).unwrap();
    assert_eq!(reopened.current().unwrap().generation, 2);
    assert!(reopened.asked().is_some());
    let mut seen = Vec::new();
    for entry in path.read_dir().unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0);
        seen.push(entry.file_name().into_string().unwrap());
    }
    seen.sort();
    assert_eq!(seen, ["00000002.identity", "00000003.asked"]);
}

#[test]
fn a_damaged_certificate_is_passed_over_and_the_next_serves() {
    let town = town();
    let folder = tempfile::tempdir().unwrap();
    let mut identities = Identities::open(folder.path()).unwrap();
    town.adopt(&mut identities).unwrap();
    let asked = identities.ask(&device()).unwrap();
    let chain = town.answer(&asked, DEVICE, Life::Now);
    identities
        .granted(&asked.digest, &chain, &device(), NOW)
        .unwrap();
    drop(identities);
    std::fs::write(folder.path().join("00000001.identity"), b"rust").unwrap();
    let reopened = Identities::open(folder.path()).unwrap();
    assert_eq!(reopened.current().unwrap().generation, 2);
}

#[test]
fn openssl_finds_the_request_signed_by_its_own_key_and_in_the_devices_name() {
    let town = town();
    let mut identities = town.delivered();
    let asked = identities.ask(&device()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("request.der");
    std::fs::write(&path, &asked.der).unwrap();
    let said = std::process::Command::new("openssl")
        .args([
            "req", "-verify", "-noout", "-subject", "-inform", "DER", "-in",
        ])
        .arg(&path)
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{text}");
    assert!(text.contains("verify OK"), "{text}");
    assert!(
        text.contains(&format!("CN = {DEVICE}")) || text.contains(&format!("CN={DEVICE}")),
        "{text}"
    );
}
