//! The program itself: its commands, its ready line, its way of stopping, and what it says about a bad configuration.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::support::browser::Browser;
use crate::support::office::{Office, land, letter};
use crate::support::papers::{birth, canonical};
use ubugoe_bench::process::Process;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ubugoe-city");
const WITHIN: Duration = Duration::from_secs(30);

fn run(office: &Office, command: &str) -> Output {
    Command::new(PROGRAM)
        .arg(command)
        .arg("--config")
        .arg(office.write_config())
        .output()
        .unwrap()
}

#[test]
fn hash_password_prints_a_hash_that_fits_and_refuses_a_short_one() {
    let hash = |password: &str| {
        let mut child = Command::new(PROGRAM)
            .arg("hash-password")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(format!("{password}\n").as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    };
    let good = hash("長いパスワードにします2026");
    assert!(good.status.success());
    let line = String::from_utf8(good.stdout).unwrap();
    assert!(ubugoe_city::http::password::verify(
        "長いパスワードにします2026",
        line.trim_end()
    ));
    let short = hash("short");
    assert!(!short.status.success());
    assert!(
        String::from_utf8(short.stderr)
            .unwrap()
            .contains("12 to 256 characters")
    );
}

#[test]
fn a_good_configuration_passes_and_a_bad_one_lists_every_problem_at_once() {
    let office = Office::new();
    assert!(run(&office, "check-config").status.success());
    let bad = office
        .toml()
        .replace("bind = \"127.0.0.1:0\"", "bind = \"nowhere\"\nbindd = 1")
        .replace("municipality = \"991015\"", "municipality = \"991016\"")
        .replace(
            "port = 1\n",
            "port = 70000\nothers = [\"b:8883\", \"b\", \":1\", \"b:0\"]\n",
        )
        .replace("\"jpki-sign-ca.pem\"", "\"missing.pem\"")
        .replace("id = \"ward-2\"", "id = \"Ward 2\"");
    let path = office.folder.path().join("city.toml");
    std::fs::write(&path, bad).unwrap();
    let output = Command::new(PROGRAM)
        .args(["check-config", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    for part in [
        "http.bind: \"nowhere\"",
        "(for example: http.bind = \"127.0.0.1:8080\")",
        "http.bindd: is not a known key",
        "recipient.municipality: \"991016\"",
        "broker.port: 70000 is out of range",
        "broker.others[1]: \"b\" is no host:port",
        "broker.others[2]: \":1\"",
        "broker.others[3]: \"b:0\"",
        "jpki.anchors[0]: cannot read",
        "device[1].id: \"Ward 2\"",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

#[test]
fn a_problem_never_shows_a_secret() {
    let office = Office::new();
    let broken = office
        .toml()
        .replace("$argon2id$", "geheim$argon2id$")
        .replace("sqlite:city.db", "mysql://u:geheim@x/y");
    let said = office.config_of(&broken).unwrap_err().to_string();
    assert!(
        said.contains("staff[0].password")
            && said.contains("store.url")
            && !said.contains("geheim"),
        "{said}"
    );
    let unreadable = format!("{}\npassword = geheim\n", office.toml());
    let said = office.config_of(&unreadable).unwrap_err().to_string();
    assert!(said.contains("line ") && !said.contains("geheim"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_when_it_is_ready_serves_and_stops_cleanly_on_sigterm() {
    let office = Office::new();
    let mut command = Command::new(PROGRAM);
    command
        .arg("serve")
        .arg("--config")
        .arg(office.write_config());
    let city = Process::spawn(
        "ubugoe-city",
        command,
        office.folder.path().join("city.log"),
    )
    .unwrap();
    let ready = city.wait_ready(WITHIN).unwrap();
    assert_eq!(ready["ready"], true);
    let address = ready["http"].as_str().unwrap().parse().unwrap();
    let mut browser = Browser::new(address);
    assert_eq!(browser.get("/healthz").await.text(), "ok\n");
    assert_eq!(browser.get("/console/sign-in").await.status, 200);
    let status = city.terminate(WITHIN).unwrap();
    assert!(status.success(), "{status:?}: {}", city.output());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_watches_over_it_reads_figures_readiness_and_a_log_of_json() {
    let office = Office::new();
    let config = office.folder.path().join("watched.toml");
    let watched = format!("[metrics]\nbind = \"127.0.0.1:0\"\n{}", office.toml());
    std::fs::write(&config, watched).unwrap();
    let mut command = Command::new(PROGRAM);
    command.env("UBUGOE_LOG", "json");
    command.arg("serve").arg("--config").arg(config);
    let log = office.folder.path().join("city.log");
    let city = Process::spawn("ubugoe-city", command, log).unwrap();
    let ready = city.wait_ready(WITHIN).unwrap();
    let mut pages = Browser::new(ready["http"].as_str().unwrap().parse().unwrap());
    let mut figures = Browser::new(ready["metrics"].as_str().unwrap().parse().unwrap());
    let is = pages.get("/readyz").await;
    assert_eq!(
        (is.status, is.text()),
        (200, "database: answers\nbroker: not connected\n")
    );
    assert_eq!(pages.get("/metrics").await.status, 404);
    assert_eq!(
        pages
            .get("/f/0123456789abcdef0123456789abcdef")
            .await
            .status,
        404
    );
    assert_eq!(pages.get("/f/山田/花子").await.status, 404);
    let text = figures.get("/metrics").await;
    let text = text.text();
    let line = |line: &str| text.lines().any(|found| found == line);
    for expected in [
        "ubugoe_http_requests_total{method=\"GET\",route=\"/f/{token}\",status=\"404\"} 1",
        "ubugoe_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 2",
        "ubugoe_cases{state=\"arrived\"} 0",
        "ubugoe_broker_connected 0",
    ] {
        assert!(line(expected), "{expected} in\n{text}");
    }
    assert!(!text.contains("0123456789abcdef"), "{text}");
    assert_eq!(figures.get("/console/sign-in").await.status, 404);
    // no broker is there: the log says so, one JSON object a line
    let object = |line: &str| serde_json::from_str::<serde_json::Value>(line);
    let lost = |line: &str| {
        object(line).is_ok_and(|line| {
            let message = line["fields"]["message"].as_str();
            message.is_some_and(|said| said.starts_with("the connection to the broker ended"))
        })
    };
    city.wait_line("a line about the broker", lost, WITHIN)
        .unwrap();
    for line in city.output().lines() {
        assert!(object(line).is_ok_and(|line| line.is_object()), "{line}");
    }
    assert!(city.terminate(WITHIN).unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_not_ready_while_the_database_is_away_and_is_again_when_it_is_back() {
    let office = Office::new();
    let mut command = Command::new(PROGRAM);
    command
        .arg("serve")
        .arg("--config")
        .arg(office.write_config());
    let log = office.folder.path().join("city.log");
    let city = Process::spawn("ubugoe-city", command, log).unwrap();
    let ready = city.wait_ready(WITHIN).unwrap();
    let mut pages = Browser::new(ready["http"].as_str().unwrap().parse().unwrap());
    assert_eq!(pages.get("/readyz").await.status, 200);
    let holder = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    holder
        .execute_batch("ALTER TABLE notices RENAME TO elsewhere")
        .unwrap();
    let is = pages.get("/readyz").await;
    assert_eq!(
        (is.status, is.text()),
        (503, "database: does not answer\nbroker: not connected\n")
    );
    assert_eq!(pages.get("/healthz").await.status, 200);
    holder
        .execute_batch("ALTER TABLE elsewhere RENAME TO notices")
        .unwrap();
    assert_eq!(pages.get("/readyz").await.status, 200);
    assert!(city.terminate(WITHIN).unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audit_verify_finds_a_line_that_was_changed_behind_the_programs_back() {
    let office = Office::new();
    let ingest = office.ingest().await;
    for n in 0..3 {
        land(
            &office,
            &ingest,
            &letter(canonical(&birth(&format!("ASK-{n}")))),
        )
        .await;
    }
    let whole = run(&office, "audit-verify");
    let said = String::from_utf8(whole.stdout).unwrap();
    assert!(
        whole.status.success() && said.starts_with("intact: 3 lines, newest hash "),
        "{said}"
    );
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    c.execute_batch("DROP TRIGGER audit_never_changes; UPDATE audit SET detail = 'no=2 device=ward-9' WHERE seq = 2;").unwrap();
    drop(c);
    let broken = run(&office, "audit-verify");
    assert!(!broken.status.success());
    assert_eq!(
        String::from_utf8(broken.stdout).unwrap(),
        "BROKEN: line 2 was changed after it was written\n"
    );
}

/// Runs the program with its configuration, and answers its output if it succeeded.
fn operate(office: &Office, arguments: &[&str]) -> Result<String, String> {
    // what is ordered of a device is a command of its own and takes no option of its parent
    let words = if arguments[0] == "device" { 2 } else { 1 };
    let (words, options) = arguments.split_at(words);
    let done = Command::new(PROGRAM)
        .args(words)
        .arg("--config")
        .arg(office.write_config())
        .args(options)
        .output()
        .unwrap();
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if done.status.success() {
        Ok(said(done.stdout))
    } else {
        Err(said(done.stderr))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_orders_publishes_and_lists_from_the_command_line() {
    let mut office = Office::new();
    let refused = operate(&office, &["order", "--device", "ward-1", "close"]);
    assert!(refused.unwrap_err().contains("recipient.operate"));
    office.operates = true;
    let run = |arguments: &[&str]| operate(&office, arguments);
    assert!(
        run(&["order", "--device", "ward-9", "close"])
            .unwrap_err()
            .contains("ward-9")
    );
    let ordered = run(&["order", "--device", "ward-1", "close"]).unwrap();
    let id = ordered.strip_suffix(" ward-1 close\n").unwrap().to_owned();
    let listed = run(&["orders"]).unwrap();
    assert!(
        listed.starts_with(&id) && listed.ends_with("ward-1 close: waiting, sent 0 times\n"),
        "{listed}"
    );
    let file = office.folder.path().join("catalogue.json");
    std::fs::write(&file, b"{}").unwrap();
    let publish = |ward: &str| {
        operate(
            &office,
            &[
                "publish",
                "--content",
                "catalogue",
                "--file",
                file.to_str().unwrap(),
                "--canary",
                ward,
                "--observe",
                "90m",
            ],
        )
    };
    assert!(
        publish("どこにもない病棟")
            .unwrap_err()
            .contains("どこにもない病棟")
    );
    assert!(
        publish("うぶ町産院,あすこえ市民病院 3階")
            .unwrap()
            .ends_with(" version 1\n")
    );
    let rollouts = run(&["rollouts"]).unwrap();
    assert!(
        rollouts.contains(" catalogue 1 canary since "),
        "{rollouts}"
    );
    assert!(
        rollouts.ends_with("  ward-1 (canary): no word; never heard of\n  ward-2 (canary): no word; never heard of\n"),
        "{rollouts}"
    );
    assert_eq!(
        office.store().await.rollouts(true).await.unwrap()[0].observe,
        5_400
    );
    let asked = run(&[
        "after-restore",
        "--since",
        "2026-11-24T03:00:00+09:00",
        "--gap",
        "7",
    ])
    .unwrap();
    assert_eq!(
        asked,
        "numbers up to 0 were known; the next is 8; 2 devices are asked to send again\n"
    );
    assert_eq!(
        run(&["orders"])
            .unwrap()
            .matches("resend since=1795456800")
            .count(),
        2
    );
    let ingest = office.ingest().await;
    let next = land(&office, &ingest, &letter(canonical(&birth("ASK-1")))).await;
    assert_eq!(next.arrival_no, 8);
    assert_eq!(run(&["device", "requests"]).unwrap(), "");
    assert!(run(&["audit-verify"]).unwrap().starts_with("intact: "));
}
