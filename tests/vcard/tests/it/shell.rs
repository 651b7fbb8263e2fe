//! The `vcard` program as a shell uses it: PKI, a reader, a running card, the control socket, the trace file.

use std::{
    fs,
    io::{BufRead as _, BufReader, ErrorKind, Read as _},
    os::unix::net::UnixStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use super::{LIMIT, issuer, private, run, wait_for_card};

const VCARD: &str = env!("CARGO_BIN_EXE_vcard");

/// A child that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A private reader run by the program; its socket and port.
fn reader(socket: &Path) -> (Running, String, String) {
    let mut child = Command::new(VCARD)
        .args(["reader", "--socket"])
        .arg(socket)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut value = |name: &str| {
        lines
            .next()
            .unwrap()
            .unwrap()
            .strip_prefix(name)
            .unwrap()
            .to_owned()
    };
    let (socket, port) = (value("PCSCLITE_CSOCK_NAME="), value("VCARD_PORT="));
    (Running(child), socket, port)
}

fn ctl(socket: &Path, words: &str) -> Value {
    let output = run(Command::new(VCARD)
        .arg("ctl")
        .arg(socket)
        .args(words.split(' ')));
    let answer: Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(answer["ok"], true, "{answer}");
    answer["value"].clone()
}

#[test]
fn a_shell_can_play_with_a_running_card() {
    private("shell::a_shell_can_play_with_a_running_card", play);
}

fn play(socket: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let (mut service, socket, port) = reader(socket);
    let (control, trace) = (folder.path().join("ctl"), folder.path().join("trace.jsonl"));
    let mut card = Running(
        Command::new(VCARD)
            .args(["run", "--persona", "hana", "--port", &port, "--pki"])
            .arg(issuer().pki().directory())
            .arg("--control")
            .arg(&control)
            .arg("--trace")
            .arg(&trace)
            .spawn()
            .unwrap(),
    );
    let opensc = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("PCSCLITE_CSOCK_NAME", &socket)
            .env("HOME", folder.path());
        command
    };
    wait_for_card();
    assert_eq!(run(&mut opensc("opensc-tool", &["-n"])), b"jpki\n");
    run(&mut opensc(
        "pkcs15-tool",
        &["--verify-pin", "--auth-id", "01", "--pin", "2468"],
    ));

    let status = ctl(&control, "status");
    assert_eq!(
        (&status["persona"], &status["inserted"]),
        (&json!("hana"), &json!(true))
    );
    let counted = ctl(&control, "counters reset")["apdus"].as_u64().unwrap();
    assert!(counted > 10, "{counted}");
    assert_eq!(
        ctl(&control, "counters"),
        json!({"apdus": 0, "bytes_in": 0, "bytes_out": 0})
    );
    assert_eq!(ctl(&control, "tries auth 1")["tries"], json!([3, 5, 1, 3]));
    assert_eq!(
        ctl(&control, "fault pull-before 3 from-insertion")["faults"],
        1
    );
    assert_eq!(ctl(&control, "fault clear")["faults"], 0);
    assert_eq!(ctl(&control, "persona sora")["inserted"], false);
    assert_eq!(ctl(&control, "insert hana")["tries"], json!([3, 5, 1, 3]));
    assert_eq!(ctl(&control, "reissue hana")["inserted"], false);
    assert_eq!(ctl(&control, "insert")["tries"], json!([3, 5, 3, 3]));
    assert_eq!(ctl(&control, "remove")["inserted"], false);
    let refused = Command::new(VCARD)
        .arg("ctl")
        .arg(&control)
        .arg("explode")
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stdout).contains("pull-before"));

    let lines = fs::read_to_string(&trace).unwrap();
    let exchanges: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(u64::try_from(exchanges.len()).unwrap(), counted);
    assert!(lines.contains("0020008004********") && !lines.contains("32343638"));

    ctl(&control, "quit");
    assert!(card.0.wait().unwrap().success());
    // the reader ends with its standard input
    drop(service.0.stdin.take());
    assert!(service.0.wait().unwrap().success());
    assert!(!Path::new(&socket).exists());
}

#[test]
fn pcscd_does_not_outlive_a_launcher_that_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut service, socket, _) = reader(&folder.path().join("pcscd.comm"));
    let mut client = UnixStream::connect(&socket).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    // no chance to clean up
    service.0.kill().unwrap();
    // nobody holds the other end any more; a reset where pcscd had not looked at the connection yet
    match client.read(&mut [0; 1]) {
        Ok(bytes) => assert_eq!(bytes, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}

#[test]
fn the_pki_command_leaves_the_files_others_need() {
    let folder = tempfile::tempdir().unwrap();
    let pki = folder.path().join("pki");
    run(Command::new(VCARD).arg("pki").arg(&pki));
    for file in ["jpki-sign-ca.pem", "jpki-auth-ca.pem"] {
        let text = run(Command::new("openssl")
            .args(["x509", "-noout", "-text", "-in"])
            .arg(pki.join(file)));
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(
            text.contains("Certificate Sign, CRL Sign") && text.contains("CA:TRUE"),
            "{text}"
        );
    }
    for file in ["jpki-sign-ca.key", "jpki-auth-ca.key"] {
        run(Command::new("openssl")
            .args(["pkey", "-noout", "-check", "-in"])
            .arg(pki.join(file)));
    }
    run(Command::new("openssl")
        .args(["pkey", "-pubin", "-noout", "-in"])
        .arg(pki.join("text-root.pub.pem")));
}

#[test]
fn the_personas_are_listed_with_a_sentence_each() {
    let list = String::from_utf8(run(Command::new(VCARD).arg("personas"))).unwrap();
    for name in [
        "hana",
        "rare",
        "long127",
        "long255",
        "foreign",
        "child",
        "locked",
        "last_try",
        "expired",
        "wrong_kind",
        "smartphone",
        "extended",
        "sora",
    ] {
        assert!(
            list.lines()
                .any(|line| line.split(' ').next() == Some(name)),
            "{name} in {list}"
        );
    }
}
