//! After registering: looking, moving, renewing, revoking, exporting, wiping.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;
use ubugoe_bench::programs;
use ubugoe_edge::LinkEvent;
use ubugoe_printer::Place;
use ubugoe_protocol::{Downlink, Receipt, RecipientSecretKey, VerifyingKey, open_down};
use ubugoe_vprinter::SimPrinter;

use crate::town::{CITY, Device, Town, WARD, below, now};

fn part<'a>(said: &'a Value, part: &str) -> &'a Value {
    let parts = said["parts"].as_array().unwrap();
    parts.iter().find(|one| one["part"] == part).unwrap()
}

#[test]
fn every_part_is_looked_at_with_its_reason_and_what_to_do() {
    let town = Town::new();
    let device = Device::new();
    let id = device.enrol(&town);
    let mut outbox = device.outbox();
    device.file_one(&mut outbox, 1, now());
    let (code, said) = device.tech(&["diagnose"], "");
    assert_eq!(said["device"], id.as_str());
    assert_eq!(
        part(&said, "network")["facts"]["found"],
        "connected",
        "{said:#}"
    );
    assert_eq!(part(&said, "certificate")["state"], "good");
    assert_eq!(
        part(&said, "clock")["state"],
        "look",
        "nobody vouches for it here"
    );
    assert_eq!(part(&said, "outbox")["facts"]["queued"], 1);
    assert_eq!(part(&said, "disk")["state"], "good");
    assert_eq!(part(&said, "printer")["state"], "absent");
    let mut bad = 0;
    for one in said["parts"].as_array().unwrap() {
        assert_ne!(one["reason"]["ja"], "", "{one}");
        assert_ne!(one["reason"]["en"], "", "{one}");
        if one["state"] == "bad" {
            assert_ne!(one["do"]["ja"], "", "{one}");
            bad += 1;
        }
    }
    assert_eq!(code, if bad > 0 { 3 } else { 0 });
    town.broker.stop().unwrap();
    let (_, said) = device.tech(&["diagnose"], "");
    let network = part(&said, "network");
    assert_eq!(
        (&network["state"], &network["facts"]["found"]),
        (&"look".into(), &"unreachable".into())
    );
}

#[test]
fn a_device_moves_to_another_ward_and_stays_the_same_device() {
    let town = Town::new();
    let device = Device::new();
    let id = device.enrol(&town);
    let keys = (device.text("keys", "sign"), device.text("keys", "hpke"));
    let code = town.code("うぶ町産院");
    let said = device.good(&["move-ward"], code["qr"].as_str().unwrap());
    assert_eq!(
        (&said["device"], &said["ward"], &said["moved"]),
        (&id.as_str().into(), &"うぶ町産院".into(), &true.into())
    );
    assert_eq!(
        (device.text("keys", "sign"), device.text("keys", "hpke")),
        keys
    );
    let listed = town.devices();
    assert_eq!(
        (listed.len(), &listed[0]["ward"]),
        (1, &"うぶ町産院".into())
    );
    let actions: Vec<String> = device.good(&["audit"], "")["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(actions, ["enrolled", "moved"]);
    town.city(&["audit-verify"]);
}

fn identities(device: &Device) -> Vec<String> {
    let mut names: Vec<String> = below(&device.layout().identities)
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_key_is_proven_at_the_broker_before_the_old_one_goes() {
    let mut town = Town::new();
    let device = Device::new();
    device.enrol(&town);
    let door = town.door();
    // the door it was registered at is known
    let said = device.good(&["rotate"], "");
    assert_eq!(
        (&said["before"], &said["generation"]),
        (&1.into(), &2.into())
    );
    assert_eq!(identities(&device), ["00000002.identity"]);
    // nobody to prove it: both stay, and the next connection decides
    town.broker.stop().unwrap();
    assert_eq!(
        device.bad(&["rotate", "--city", &door], ""),
        (6, "unproven".into())
    );
    assert_eq!(
        identities(&device),
        ["00000002.identity", "00000003.identity"]
    );
    town.broker.restart().unwrap();
    let (_, said) = device.tech(&["diagnose"], "");
    assert_eq!(part(&said, "network")["facts"]["found"], "connected");
}

#[test]
fn a_revoked_device_is_refused_by_broker_city_and_door() {
    let mut town = Town::new();
    let (device, other) = (Device::new(), Device::new());
    let id = device.enrol(&town);
    other.enrol(&town);
    let (_, before) = device.tech(&["diagnose"], "");
    assert_eq!(
        part(&before, "network")["facts"]["found"],
        "connected",
        "control"
    );
    town.city(&["device", "revoke", "--device", &id, "--why", "stolen"]);
    let again = town.city_output(
        &["device", "revoke", "--device", &id, "--why", "stolen"],
        "",
    );
    assert_eq!(again.status.code(), Some(4), "once");
    town.refuse_revoked();
    let (_, after) = device.tech(&["diagnose"], "");
    assert_eq!(
        part(&after, "network")["facts"]["found"],
        "certificate_refused",
        "{after:#}"
    );
    let (_, control) = other.tech(&["diagnose"], "");
    assert_eq!(
        part(&control, "network")["facts"]["found"],
        "connected",
        "{control:#}"
    );
    let listed = town.devices();
    let states: Vec<&str> = listed
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert!(
        states.contains(&"revoked") && states.contains(&"trusted"),
        "{states:?}"
    );
    // and no new code helps it
    let code = town.code(WARD);
    assert_eq!(
        device.bad(&["move-ward"], code["qr"].as_str().unwrap()),
        (4, "revoked".into())
    );
}

/// Receipts by filing, as they lie on the stick.
fn receipts(device: &Device, stick: &std::path::Path) -> Vec<Receipt> {
    let key = RecipientSecretKey::from_text(&device.text("keys", "hpke")).unwrap();
    let kiosk = device.kiosk();
    let city = std::fs::read_to_string(kiosk["recipient"][0]["receipt"].as_str().unwrap()).unwrap();
    let city = VerifyingKey::from_text(&city).unwrap();
    let mut found = Vec::new();
    for path in below(stick) {
        if path.extension().is_none_or(|e| e != "ans") {
            continue;
        }
        match open_down(&std::fs::read(path).unwrap(), &device.id(), &key).unwrap() {
            Downlink::Receipts(items) => {
                found.extend(
                    items
                        .iter()
                        .map(|item| Receipt::verify(item, &city).unwrap()),
                );
            }
            other => panic!("{other:?}"),
        }
    }
    found
}

#[test]
fn what_a_dying_device_has_is_carried_elsewhere_and_arrives_once() {
    let town = Town::new();
    let mut device = Device::new();
    device.enrol(&town);
    let mut outbox = device.outbox();
    let ids: Vec<_> = (1..=3)
        .map(|n| device.file_one(&mut outbox, n, now()))
        .collect();
    let stick = tempfile::tempdir().unwrap();
    let to = stick.path().to_str().unwrap();
    let said = device.good(&["export", "--to", to], "");
    assert_eq!(
        (&said["filings"], &said["unreadable"]),
        (&3.into(), &Value::Array(Vec::new()))
    );
    assert!(
        town.city(&["carry", "--from", to])
            .starts_with("3 in the database, 0 refused")
    );
    let carried = receipts(&device, stick.path());
    assert_eq!(carried.len(), 3);
    // the stick once more, and then the device itself after all
    assert!(
        town.city(&["carry", "--from", to])
            .starts_with("3 in the database, 0 refused")
    );
    device.connect(outbox, now());
    for _ in &ids {
        let receipt = device.hear("receipt", |event| match event {
            LinkEvent::Receipt { receipt, .. } => Some(receipt.clone()),
            _ => None,
        });
        let before = carried.iter().find(|one| one.id == receipt.id).unwrap();
        assert_eq!(
            before.arrival_no, receipt.arrival_no,
            "it arrived a second time"
        );
    }
    device.hang_up();
}

#[test]
fn while_a_kiosk_runs_nothing_it_works_with_is_replaced_or_destroyed() {
    let town = Town::new();
    let device = Device::new();
    device.enrol(&town);
    std::fs::create_dir_all(device.layout().data).unwrap();
    let hold = ubugoe_edge::Hold::take(&device.layout().data).unwrap();
    let before = below(device.home.path());
    assert_eq!(device.bad(&["rotate"], ""), (1, "kiosk-runs".into()));
    assert_eq!(device.bad(&["wipe", "--yes"], ""), (1, "kiosk-runs".into()));
    assert_eq!(below(device.home.path()), before);
    // looking is free, and what the kiosk speaks with is left to it
    device.configure("[printer.receipts]\nhost = \"127.0.0.1\"\n[panel]\nport = \"/dev/null\"\n");
    let (_, said) = device.tech(&["diagnose"], "");
    for attached in ["printer", "panel"] {
        assert_eq!(part(&said, attached)["facts"]["in_use"], true, "{said:#}");
    }
    drop(hold);
    let record = format!("{}.wiped", device.id());
    device.good(&["rotate"], "");
    device.good(&["wipe", "--yes"], "");
    let left: Vec<_> = below(device.home.path())
        .iter()
        .map(|p| p.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(left, [record.as_str(), "technician.log"]);
}

/// A panel as a developer has it, and a printer that takes what it is sent.
#[test]
fn printer_and_panel_are_really_asked() {
    let town = Town::new();
    let device = Device::new();
    device.enrol(&town);
    let link = device.home.path().join("panel");
    let mut panel = Command::new(programs::ours("panelsim").unwrap())
        .args(["--link", link.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(panel.stdout.take().unwrap())
        .read_line(&mut said)
        .unwrap();
    let printer = SimPrinter::tcp().unwrap();
    let Place::Tcp { host, port } = printer.place() else {
        panic!("a printer on the network")
    };
    device.configure(&format!(
        "[printer.receipts]\nhost = {host:?}\nport = {port}\n[panel]\nport = {link:?}\n"
    ));
    let (_, said) = device.tech(&["diagnose"], "");
    assert_eq!(
        part(&said, "printer")["facts"]["receipts"],
        "good",
        "{said:#}"
    );
    let facts = &part(&said, "panel")["facts"];
    assert_eq!(
        (&facts["same_tables"], &facts["lamp_broken"]),
        (&true.into(), &false.into()),
        "{said:#}"
    );
    assert!(facts["firmware"].is_u64(), "{said:#}");
    panel.kill().unwrap();
    panel.wait().unwrap();
    printer.unplug(true);
    let (code, said) = device.tech(&["diagnose"], "");
    assert_eq!(code, 3);
    for attached in ["printer", "panel"] {
        assert_eq!(part(&said, attached)["state"], "bad", "{said:#}");
        assert_ne!(part(&said, attached)["do"]["ja"], "");
    }
}

#[test]
fn another_device_takes_in_what_a_dying_one_had_and_it_arrives_once() {
    let town = Town::new();
    let (mut dying, mut other) = (Device::new(), Device::new());
    dying.enrol(&town);
    other.enrol(&town);
    let mut outbox = dying.outbox();
    let ids: Vec<_> = (1..=3)
        .map(|n| dying.file_one(&mut outbox, n, now()))
        .collect();
    let stick = tempfile::tempdir().unwrap();
    let to = stick.path().to_str().unwrap();
    assert_eq!(
        other.bad(&["import", "--from", to], ""),
        (1, "nothing".into())
    );
    dying.good(&["export", "--to", to], "");
    assert_eq!(
        dying.bad(&["import", "--from", to], ""),
        (1, "nothing".into()),
        "what it has anyway"
    );
    // one is damaged on the way: the rest is taken in, and that is said
    let damaged = stick.path().join(format!("{}-{}.ubg", CITY, ids[2]));
    let whole = std::fs::read(&damaged).unwrap();
    std::fs::write(&damaged, &whole[..whole.len() - 1]).unwrap();
    let (code, said) = other.tech(&["import", "--from", to], "");
    assert_eq!(
        (code, &said["filings"], &said["damaged"], &said["missing"]),
        (3, &2.into(), &1.into(), &1.into()),
        "{said:#}"
    );
    std::fs::write(&damaged, &whole).unwrap();
    let said = other.good(&["import", "--from", to], "");
    assert_eq!((&said["filings"], &said["known"]), (&1.into(), &2.into()));
    let carried = other.outbox();
    other.connect(carried, now());
    for _ in &ids {
        let told = other.hear("receipt", |event| match event {
            LinkEvent::Receipt { receipt, .. } => Some(receipt.clone()),
            _ => None,
        });
        assert!(ids.contains(&told.id));
        assert_eq!(
            (told.status_token.as_str(), told.arrival_no),
            ("", 0),
            "whoever carries learns nothing of a family"
        );
    }
    other.hang_up();
    let counts = other.outbox().counts().unwrap();
    assert_eq!((counts.arrived, counts.queued + counts.sent), (3, 0));
    // the dying one comes back to life, and gets its own receipts
    dying.connect(outbox, now());
    let mut numbers: Vec<u64> = ids
        .iter()
        .map(|_| {
            dying.hear("receipt", |event| match event {
                LinkEvent::Receipt { receipt, .. } => {
                    assert!(!receipt.status_token.is_empty());
                    Some(receipt.arrival_no)
                }
                _ => None,
            })
        })
        .collect();
    dying.hang_up();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3], "each arrived once");
    town.city(&["audit-verify"]);
}

/// Everything that must not be found again: each secret as its file has it.
fn secrets(device: &Device) -> Vec<Vec<u8>> {
    let mut found = vec![device.file("keys", "sign"), device.file("keys", "hpke")];
    let pem = device.text("tls", "key");
    found.extend(
        pem.lines()
            .filter(|l| l.len() > 40)
            .map(|l| l.as_bytes().to_vec()),
    );
    for secret in &mut found {
        while secret.ends_with(b"\n") {
            secret.pop();
        }
    }
    assert!(found.len() >= 4, "two keys and two lines of a third");
    found
}

fn holds(path: &std::path::Path, secrets: &[Vec<u8>]) -> bool {
    let bytes = std::fs::read(path).unwrap();
    secrets
        .iter()
        .any(|secret| bytes.windows(secret.len()).any(|w| w == secret.as_slice()))
}

#[test]
fn a_wipe_leaves_a_signed_record_and_nothing_else_and_loses_no_filing_unknowingly() {
    let town = Town::new();
    let device = Device::new();
    let id = device.enrol(&town);
    let mut outbox = device.outbox();
    device.file_one(&mut outbox, 1, now());
    drop(outbox);
    std::fs::create_dir_all(device.layout().data.join("drafts")).unwrap();
    std::fs::write(device.layout().data.join("drafts/one"), "sealed").unwrap();
    let stick = tempfile::tempdir().unwrap();
    let to = stick.path().to_str().unwrap();
    assert_eq!(device.bad(&["wipe"], ""), (5, "not-sure".into()));
    assert_eq!(device.bad(&["wipe", "--yes"], ""), (5, "unsent".into()));
    assert_eq!(
        device.bad(&["wipe", "--yes", "--why", " "], ""),
        (5, "unsent".into())
    );
    device.good(&["export", "--to", to], "");
    let envelope = below(stick.path())
        .into_iter()
        .find(|p| p.extension().is_some_and(|e| e == "ubg"))
        .unwrap();
    let sealed = std::fs::read(&envelope).unwrap();
    std::fs::write(&envelope, b"damaged on the stick").unwrap();
    assert_eq!(
        device.bad(&["wipe", "--yes", "--exported", to], ""),
        (5, "unsent".into())
    );
    std::fs::write(&envelope, &sealed).unwrap();

    let secrets = secrets(&device);
    let before: Vec<_> = below(device.home.path())
        .into_iter()
        .filter(|p| holds(p, &secrets))
        .collect();
    assert_eq!(before.len(), 3, "control: {before:?}");
    // A second name for each file: what stood in it can be looked at after it was removed.
    let kept = tempfile::tempdir_in(device.home.path().parent().unwrap()).unwrap();
    for (n, path) in before.iter().enumerate() {
        std::fs::hard_link(path, kept.path().join(n.to_string())).unwrap();
    }
    let said = device.good(&["wipe", "--yes", "--exported", to, "--record", to], "");
    assert_eq!((&said["unsent"], &said["exported"]), (&1.into(), &1.into()));
    for path in below(device.home.path()).iter().chain(&below(kept.path())) {
        assert!(!holds(path, &secrets), "{}", path.display());
    }
    let left: Vec<_> = below(device.home.path())
        .iter()
        .map(|p| p.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(left, ["technician.log"]);
    assert_eq!(device.bad(&["diagnose"], ""), (1, "not-enrolled".into()));

    let record = stick.path().join(format!("{id}.wiped"));
    let mut forged = std::fs::read(&record).unwrap();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let other = stick.path().join("forged");
    std::fs::write(&other, forged).unwrap();
    let said = town.city_output(&["device", "wiped", "--file", other.to_str().unwrap()], "");
    assert_eq!(said.status.code(), Some(4));
    assert_eq!(town.devices()[0]["state"], "trusted");
    town.city(&["device", "wiped", "--file", record.to_str().unwrap()]);
    assert_eq!(town.devices()[0]["state"], "wiped");
    assert!(
        town.city(&["device", "wiped", "--file", record.to_str().unwrap()])
            .contains("before")
    );
    // what it had is on the stick, and lands: it was signed before
    assert!(
        town.city_output(&["carry", "--from", to], "")
            .status
            .code()
            .is_some()
    );
    town.city(&["audit-verify"]);
}

#[test]
fn a_wiped_device_tells_its_city_at_once_where_there_is_a_network_and_is_enrolled_anew_as_another()
{
    let town = Town::new();
    let device = Device::new();
    let first = device.enrol(&town);
    let said = device.good(&["wipe", "--yes", "--city", &town.door()], "");
    assert_eq!(said["told_city"], true);
    assert_eq!(town.devices()[0]["state"], "wiped");
    let second = device.enrol(&town);
    assert_ne!(first, second, "its keys are gone, so it is another");
    assert_eq!(town.devices().len(), 2);
}
