//! A device that has a TPM: registered, at work, renewed, carried away.

use serde_json::Value;
use ubugoe_bench::tpm::SoftTpm;
use ubugoe_edge::{LinkEvent, keys};

use crate::screen::{ended, screen, start};
use crate::town::{Device, Town, WARD, below, now};

fn part<'a>(said: &'a Value, part: &str) -> &'a Value {
    let parts = said["parts"].as_array().unwrap();
    parts.iter().find(|one| one["part"] == part).unwrap()
}

/// What `diagnose` says of the key and of the broker.
fn looked(device: &Device) -> [String; 4] {
    let (_, said) = device.tech(&["diagnose"], "");
    let (key, network) = (part(&said, "key"), part(&said, "network"));
    [
        &key["state"],
        &key["facts"]["place"],
        &key["reason"]["ja"],
        &network["facts"]["found"],
    ]
    .map(|value| value.as_str().unwrap().to_owned())
}

#[test]
fn a_device_with_a_tpm_makes_its_keys_there_and_files_and_renews_with_them() {
    let (town, mut tpm) = (Town::new(), SoftTpm::new().unwrap());
    let mut device = Device::beside(&tpm.path());
    let code = town.code(WARD);
    let said = device.good(&["enrol"], code["qr"].as_str().unwrap());
    assert_eq!(said["key"], "tpm");
    assert_eq!(looked(&device), ["good", "tpm", "TPM の中", "connected"]);
    // no byte of a key lies on the disk as it is
    for path in below(device.home.path()) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let plain = text.contains("secret-v1:") || text.contains("BEGIN PRIVATE KEY");
        assert!(!plain, "{}", path.display());
    }
    // a filing arrives: the broker saw the certificate, the city the signature
    let mut outbox = device.outbox();
    let id = device.file_one(&mut outbox, 1, now());
    device.connect(outbox, now());
    let receipt = device.hear("receipt", |event| match event {
        LinkEvent::Receipt { receipt, .. } => Some(receipt.clone()),
        _ => None,
    });
    assert_eq!(receipt.id, id);
    device.hang_up();
    // a new key is made there too, and proven; switched off and on in between
    tpm.off().unwrap();
    tpm.on().unwrap();
    let said = device.good(&["rotate"], "");
    assert_eq!(said["generation"], 2);
    let kept = std::fs::read(device.layout().identities.join("00000002.identity")).unwrap();
    assert!(keys::pem_in_tpm(&kept));
    assert_eq!(looked(&device), ["good", "tpm", "TPM の中", "connected"]);
    // another ward: the same keys, in the same place
    let code = town.code("あすこえ産院 4階西");
    let moved = device.good(&["move-ward"], code["qr"].as_str().unwrap());
    assert_eq!(
        (&moved["key"], &moved["device"]),
        (&"tpm".into(), &device.id().as_str().into())
    );
}

#[test]
fn with_the_disk_alone_nobody_connects_renews_signs_or_reads() {
    let (town, tpm, thief) = (
        Town::new(),
        SoftTpm::new().unwrap(),
        SoftTpm::new().unwrap(),
    );
    let device = Device::beside(&tpm.path());
    device.enrol(&town);
    let mine = device.own_tpm().unwrap();
    // the same files on a machine with another TPM
    let path = device.layout().enrolled.join("kiosk.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (from, to) = (tpm.path(), thief.path());
    let elsewhere = text.replace(from.to_str().unwrap(), to.to_str().unwrap());
    std::fs::write(&path, &elsewhere).unwrap();
    let [state, place, reason, found] = looked(&device);
    assert_eq!(
        (&*state, &*place, &*found),
        ("bad", "tpm", "no_key"),
        "{reason}"
    );
    assert!(reason.contains("別の基板"), "{reason}");
    for words in [&["rotate"][..], &["export", "--to", "/nowhere"]] {
        assert_eq!(
            device.bad(words, ""),
            (1, "tpm-stranger".into()),
            "{words:?}"
        );
    }
    for name in ["sign", "hpke"] {
        let line = device.text("keys", name);
        assert!(keys::secret(&line, &device.own_tpm().unwrap()).is_err());
        assert!(keys::secret(&line, &mine).is_ok());
    }
    // and on one without
    std::fs::write(&path, text.replace(from.to_str().unwrap(), "/nowhere")).unwrap();
    let [state, _, reason, found] = looked(&device);
    assert_eq!((&*state, &*found), ("bad", "no_key"), "{reason}");
    assert_eq!(device.bad(&["rotate"], ""), (1, "tpm-away".into()));
    // at home it goes on
    std::fs::write(&path, &text).unwrap();
    assert_eq!(looked(&device), ["good", "tpm", "TPM の中", "connected"]);
    // until its TPM is cleared
    tpm.clear().unwrap();
    assert_eq!(device.bad(&["rotate"], ""), (1, "tpm-stranger".into()));
}

#[test]
fn a_device_that_was_registered_without_a_tpm_stays_with_its_files_when_one_comes() {
    let town = Town::new();
    let tpm = SoftTpm::new().unwrap();
    let path = tpm.path();
    drop(tpm);
    let device = Device::beside(&path);
    let code = town.code(WARD);
    let said = device.good(&["enrol"], code["qr"].as_str().unwrap());
    assert_eq!(said["key"], "file");
    assert_eq!(looked(&device), ["good", "file", "ファイル", "connected"]);
    let tpm = SoftTpm::new().unwrap();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(tpm.path(), &path).unwrap();
    device.good(&["rotate"], "");
    let code = town.code("あすこえ産院 4階西");
    let moved = device.good(&["move-ward"], code["qr"].as_str().unwrap());
    assert_eq!(moved["key"], "file");
    assert_eq!(looked(&device), ["good", "file", "ファイル", "connected"]);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[test]
fn a_kiosk_whose_tpm_is_away_says_that_it_cannot_be_used_and_comes_back_with_it() {
    let (town, mut tpm) = (Town::new(), SoftTpm::new().unwrap());
    let device = Device::beside(&tpm.path());
    device.enrol(&town);
    tpm.off().unwrap();
    let mut kiosk = start(&device, 1);
    kiosk.wait_stage(&["resting"]).unwrap();
    let said = screen(&mut kiosk);
    assert!(said.contains("いまは受付を止めています"), "{said}");
    assert!(!said.contains("始める"), "{said}");
    // whatever is touched
    kiosk.monkey(40, 7).unwrap();
    assert_eq!(kiosk.wait_stage(&["resting"]).unwrap().stage(), "resting");
    tpm.on().unwrap();
    assert_eq!(
        ended(&kiosk),
        Some(75),
        "started anew by whoever started it"
    );
    let mut kiosk = start(&device, 2);
    kiosk.wait_stage(&["resting", "trouble"]).unwrap();
    let said = screen(&mut kiosk);
    assert!(!said.contains("いまは受付を止めています"), "{said}");
}
