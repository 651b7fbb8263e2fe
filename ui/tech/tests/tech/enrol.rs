//! Registering: by code, by stick, by bench; with wrong codes, at wrong cities, after lost answers.

use std::time::{Duration, Instant};

use ubugoe_edge::LinkEvent;
use ubugoe_protocol::SigningKey;
use ubugoe_protocol::enrol::{EnrolCode, Pin};

use crate::town::{CITY, Device, Town, WARD, now};

/// The issue's own bound for a device out of its box.
const THREE_MINUTES: Duration = Duration::from_mins(3);

#[test]
fn a_device_out_of_its_box_is_enrolled_within_three_minutes_and_its_first_filing_arrives() {
    let town = Town::new();
    let mut device = Device::new();
    let begun = Instant::now();
    let code = town.code(WARD);
    let said = device.good(&["enrol"], code["qr"].as_str().unwrap());
    assert_eq!(
        (&said["ward"], &said["moved"]),
        (&WARD.into(), &false.into())
    );
    assert!(said["clock_ahead_seconds"].as_i64().unwrap().abs() < 300);
    let mut outbox = device.outbox();
    let id = device.file_one(&mut outbox, 1, now());
    device.connect(outbox, now());
    let receipt = device.hear("receipt", |event| match event {
        LinkEvent::Receipt { receipt, .. } => Some(receipt.clone()),
        _ => None,
    });
    let took = begun.elapsed();
    println!("from the code to the first receipt: {took:?}");
    assert_eq!(receipt.id, id);
    assert!(took < THREE_MINUTES, "{took:?}");
    let listed = town.devices();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["device"], said["device"]);
    assert_eq!(
        (&listed[0]["state"], &listed[0]["ward"]),
        (&"trusted".into(), &WARD.into())
    );
    assert!(town.city(&["enrol-code", "list"]).contains("spent by d-"));
    town.city(&["audit-verify"]);
    let audit = device.good(&["audit"], "");
    assert_eq!(audit["entries"][0]["action"], "enrolled");
    // what the broker needs, and nothing that makes a server or another authority
    let pem = device.text("tls", "certificate");
    let text = openssl(&pem);
    for there in [
        &format!("Subject: CN = {}", device.id()),
        "TLS Web Client Authentication",
        "Digital Signature",
        "CA:FALSE",
    ] {
        let loose = |text: &str| text.replace(" = ", "=");
        let there_is = loose(&text).contains(&loose(there)) || there == "CA:FALSE";
        assert!(there_is, "{there}: {text}");
    }
    assert!(
        !text.contains("CA:TRUE") && !text.contains("Server Authentication"),
        "{text}"
    );
    device.hang_up();
}

fn openssl(pem: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pem");
    std::fs::write(&path, pem).unwrap();
    let output = std::process::Command::new("openssl")
        .args(["x509", "-noout", "-text", "-in"])
        .arg(&path)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn pin(town: &Town) -> Pin {
    let root = town.pki.path("device-root.pem");
    let words = ["device-ca", "pin", "--root-cert", root.to_str().unwrap()];
    let output = crate::town::run("ubugoe-city", &words, "");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

#[test]
fn a_code_that_was_used_mistyped_invented_or_withdrawn_lets_nobody_in() {
    let town = Town::new();
    let code = town.code(WARD);
    let typed = code["code"].as_str().unwrap();
    let first = Device::new();
    let door = town.door();
    first.good(&["enrol", "--city", &door, "--code", typed], "");
    // the same device is not asked twice, and another one is not let in
    assert_eq!(
        first.bad(&["enrol", "--city", &door, "--code", typed], ""),
        (1, "enrolled".into())
    );
    let second = Device::new();
    assert_eq!(
        second.bad(&["enrol", "--city", &door, "--code", typed], ""),
        (4, "spent".into())
    );
    let mut slip = typed.to_owned();
    let last = if slip.ends_with('0') { "1" } else { "0" };
    slip.replace_range(slip.len() - 1.., last);
    assert_eq!(
        second.bad(&["enrol", "--city", &door, "--code", &slip], ""),
        (1, "mistyped".into())
    );
    let invented = EnrolCode::generate(pin(&town)).unwrap().to_text();
    let (code, why) = second.bad(&["enrol", "--city", &door], &invented);
    assert_eq!((code, why.as_str()), (4, "unknown"));
    let gone = town.code(WARD);
    town.city(&["enrol-code", "withdraw", gone["name"].as_str().unwrap()]);
    let (code, why) = second.bad(&["enrol"], gone["qr"].as_str().unwrap());
    assert_eq!((code, why.as_str()), (4, "unknown"));
    // a typed code says nothing of where the city is
    let (code, why) = second.bad(&["enrol"], &invented);
    assert_eq!((code, why.as_str()), (1, "no-address"));
    assert_eq!(town.devices().len(), 1);
    assert!(!second.layout().enrolled.join("kiosk.toml").exists());
    town.city(&["audit-verify"]);
}

#[test]
fn a_strangers_city_is_told_no_code_and_its_answer_is_not_taken() {
    let (town, stranger) = (Town::new(), Town::new());
    let device = Device::new();
    let code = town.code(WARD);
    let words = [
        "enrol",
        "--city",
        &stranger.door(),
        "--code",
        code["code"].as_str().unwrap(),
    ];
    assert_eq!(device.bad(&words, ""), (6, "stranger".into()));
    assert!(stranger.devices().is_empty());
    assert_eq!(stranger.city(&["enrol-code", "list"]), "");
    // the code is as good as before, where it belongs
    device.good(&["enrol"], code["qr"].as_str().unwrap());
    // by a stick: a stranger answers what he found on it, with a code of his own
    let other = Device::new();
    let stick = tempfile::tempdir().unwrap();
    let to = stick.path().to_str().unwrap();
    let code = town.code(WARD);
    let asked = other.good(&["enrol-ask", "--to", to], code["code"].as_str().unwrap());
    let answer = stick.path().join("answer.ans");
    let words = [
        "enrol",
        "--request",
        asked["file"].as_str().unwrap(),
        "--answer",
        answer.to_str().unwrap(),
    ];
    let forged = stranger.city_output(&words, stranger.code(WARD)["code"].as_str().unwrap());
    assert_eq!(
        forged.status.code(),
        Some(4),
        "the proof is of another code"
    );
    assert!(!answer.exists());
}

#[test]
fn a_device_without_a_network_is_enrolled_with_a_stick_and_the_code_is_not_on_it() {
    let town = Town::new();
    let device = Device::new();
    let stick = tempfile::tempdir().unwrap();
    let code = town.code(WARD);
    let typed = code["code"].as_str().unwrap();
    let asked = device.good(
        &["enrol-ask", "--to", stick.path().to_str().unwrap()],
        typed,
    );
    let request = asked["file"].as_str().unwrap();
    let secret = typed.parse::<EnrolCode>().unwrap().secret_bytes();
    let written = std::fs::read(request).unwrap();
    assert!(
        !written
            .windows(secret.len())
            .any(|w| w == secret.as_slice())
    );
    let answer = stick.path().join("answer.ans");
    let words = [
        "enrol",
        "--request",
        request,
        "--answer",
        answer.to_str().unwrap(),
    ];
    let wrong = town.city_output(&words, town.code("別の病棟")["code"].as_str().unwrap());
    assert_eq!(wrong.status.code(), Some(4));
    let right = town.city_output(&words, typed);
    assert!(right.status.success());
    let taken = device.good(&["enrol-answer", "--file", answer.to_str().unwrap()], "");
    assert_eq!(
        (&taken["device"], &taken["ward"]),
        (&asked["device"], &WARD.into())
    );
    assert_eq!(device.kiosk()["recipient"][0]["id"].as_str(), Some(CITY));
    // the stick lies around
    assert_eq!(
        device.bad(&["enrol-answer", "--file", answer.to_str().unwrap()], ""),
        (1, "not-asked".into())
    );
    let other = Device::new();
    assert_eq!(
        other.bad(&["enrol-answer", "--file", answer.to_str().unwrap()], ""),
        (1, "not-asked".into())
    );
}

#[test]
fn a_lost_answer_is_asked_for_again_with_the_same_code_and_is_the_same() {
    let town = Town::new();
    let device = Device::new();
    let stick = tempfile::tempdir().unwrap();
    let code = town.code(WARD);
    let typed = code["code"].as_str().unwrap();
    let asked = device.good(
        &["enrol-ask", "--to", stick.path().to_str().unwrap()],
        typed,
    );
    let (first, second) = (stick.path().join("1.ans"), stick.path().join("2.ans"));
    for answer in [&first, &second] {
        let words = [
            "enrol",
            "--request",
            asked["file"].as_str().unwrap(),
            "--answer",
            answer.to_str().unwrap(),
        ];
        assert!(town.city_output(&words, typed).status.success());
    }
    assert_eq!(
        std::fs::read(&first).unwrap(),
        std::fs::read(&second).unwrap()
    );
    // and over the network, as if the device had been switched off before it could read
    let said = device.good(&["enrol"], code["qr"].as_str().unwrap());
    assert_eq!(said["device"], asked["device"]);
    assert_eq!(town.devices().len(), 1);
}

#[test]
fn a_bench_lets_devices_into_its_own_wards_until_its_day() {
    let keys = tempfile::tempdir().unwrap();
    let (key, old) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    for (name, key) in [("bench-1", &key), ("bench-0", &old)] {
        let public = key.verifying().unwrap().to_text();
        std::fs::write(keys.path().join(format!("{name}.pub")), public).unwrap();
    }
    let line = |id: &str, until: &str| {
        format!(
            "[[enrol.bench]]\nid = \"{id}\"\nkey = \"{}/{id}.pub\"\nwards = [\"{WARD}\"]\nuntil = {until}\n",
            keys.path().display()
        )
    };
    let town = Town::with(&format!(
        "{}{}",
        line("bench-1", "2099-12-31T00:00:00+09:00"),
        line("bench-0", "2020-12-31T00:00:00+09:00")
    ));
    let file = |id: &str, key: &SigningKey| {
        let path = keys.path().join(format!("{id}.bench"));
        let text = format!(
            "id = \"{id}\"\ncity = \"{}\"\npin = \"{}\"\nkey = \"{}\"\n",
            town.door(),
            pin(&town).to_text(),
            key.to_text().as_str()
        );
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (good, over) = (file("bench-1", &key), file("bench-0", &old));
    let device = Device::new();
    let refused = (4, "bench-refused".to_owned());
    assert_eq!(
        device.bad(&["enrol", "--bench", &over, "--ward", WARD], ""),
        refused
    );
    assert_eq!(
        device.bad(&["enrol", "--bench", &good, "--ward", "別の病棟"], ""),
        refused
    );
    let stranger = file("bench-1", &old);
    assert_eq!(
        device.bad(&["enrol", "--bench", &stranger, "--ward", WARD], ""),
        refused
    );
    let good = file("bench-1", &key);
    device.good(&["enrol", "--bench", &good, "--ward", WARD], "");
    assert_eq!(town.devices()[0]["by"], "bench:bench-1");
    let made = Device::new();
    let out = made.home.path().to_str().unwrap().to_owned();
    let pin = pin(&town).to_text();
    let words = [
        "bench-key",
        "--id",
        "bench-2",
        "--city",
        &town.door(),
        "--pin",
        &pin,
        "--out",
        &out,
    ];
    made.good(&words, "");
    assert!(
        std::fs::read_to_string(made.home.path().join("bench-2.bench"))
            .unwrap()
            .contains("pin")
    );
}

#[test]
fn nobody_at_the_city_is_said_and_nothing_is_lost() {
    let device = Device::new();
    let code = EnrolCode::generate(Pin::of(b"some root")).unwrap();
    let qr = code.to_qr_text("127.0.0.1:9");
    assert_eq!(device.bad(&["enrol"], &qr), (6, "unreachable".into()));
    assert_eq!(device.bad(&["diagnose"], ""), (1, "not-enrolled".into()));
    assert_eq!(device.bad(&["move-ward"], &qr), (1, "not-enrolled".into()));
}
