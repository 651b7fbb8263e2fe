//! Traces: what a collector hears of a city that works, and what a city does without one.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message as _;
use tokio::net::TcpListener;
use ubugoe_bench::process::Process;
use ubugoe_protocol::Receipt;

use crate::support::broker::{listens, with_broker};
use crate::support::browser::Browser;
use crate::support::device::Device;
use crate::support::listener::{asked, header};
use crate::support::office::{Office, letter};
use crate::support::papers::{ADDRESS, MOTHER, birth, canonical};

const WITHIN: Duration = Duration::from_secs(30);

fn started(office: &mut Office, collector: &str) -> Process {
    let folder = office.folder.path();
    std::fs::write(folder.join("secret.txt"), "Bearer abc-123\n").unwrap();
    office.more = format!(
        "[otlp]\nendpoint = \"{collector}\"\nauthorization = \"secret.txt\"\n{}",
        office.more
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_ubugoe-city"));
    command
        .arg("serve")
        .arg("--config")
        .arg(office.write_config());
    Process::spawn(
        "ubugoe-city",
        command,
        office.folder.path().join("city.log"),
    )
    .unwrap()
}

fn word(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|found| found.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{key}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_hears_of_routes_and_batches_and_of_nobody() {
    let (mut office, broker) = with_broker();
    let collector = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/", collector.local_addr().unwrap());
    let city = started(&mut office, &at);
    let ready = city.wait_ready(WITHIN).unwrap();
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker);
    let letter = letter(canonical(&birth("ASK-1")));
    device.send("asukoe", office.envelope(&letter)).await;
    let receipts = device.receipts().await;
    let receipt = Receipt::verify(&receipts[0], &office.receipt_key()).unwrap();
    let mut browser = Browser::new(ready["http"].as_str().unwrap().parse().unwrap());
    assert_eq!(
        browser
            .get(&format!("/f/{}", receipt.status_token))
            .await
            .status,
        200
    );
    assert_eq!(browser.get("/f/山田/花子").await.status, 404);

    // what is left is carried when it is told to end
    let told = city.pid().to_string();
    assert!(Command::new("kill").arg(told).status().unwrap().success());
    let (mut spans, mut seen) = (Vec::new(), Vec::new());
    let wanted = BTreeSet::from(["GET /f/{token}", "GET none", "judge", "store"]);
    let mut heard = BTreeSet::new();
    while !wanted.iter().all(|name| heard.contains(*name)) {
        let (head, body) = asked(&collector, |_| "200 OK").await;
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        assert_eq!(header(&head, "content-type"), "application/x-protobuf");
        assert_eq!(header(&head, "authorization"), "Bearer abc-123");
        let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        seen.extend_from_slice(&body);
        for of in request.resource_spans {
            let resource = of.resource.unwrap();
            assert_eq!(word(&resource.attributes, "service.name"), "ubugoe-city");
            assert_eq!(word(&resource.attributes, "service.namespace"), "asukoe");
            for span in of.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                heard.insert(span.name.clone());
                spans.push(span);
            }
        }
    }
    assert!(city.wait(WITHIN).unwrap().success());

    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let page = named("GET /f/{token}");
    assert_eq!(word(&page.attributes, "http.response.status_code"), "200");
    assert_eq!(
        word(&named("GET none").attributes, "http.response.status_code"),
        "404"
    );
    let judged = &named("judge").attributes;
    assert_eq!(word(judged, "messaging.batch.message_count"), "1");
    let seen = String::from_utf8_lossy(&seen);
    for secret in [
        MOTHER,
        ADDRESS,
        "山田",
        receipt.status_token.as_str(),
        "ASK-1",
    ] {
        assert!(!seen.contains(secret), "{secret} left the city");
    }
    assert!(seen.contains("/f/{token}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_whose_collector_is_gone_works_says_so_and_ends() {
    let mut office = Office::new();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let city = started(&mut office, &at);
    let ready = city.wait_ready(WITHIN).unwrap();
    let mut browser = Browser::new(ready["http"].as_str().unwrap().parse().unwrap());
    assert_eq!(browser.get("/healthz").await.text(), "ok\n");
    let said = |line: &str| line.contains("traces do not reach the collector");
    city.wait_line("a word about the collector", said, WITHIN)
        .unwrap();
    assert_eq!(browser.get("/console/sign-in").await.status, 200);
    assert!(city.terminate(WITHIN).unwrap().success());
}

#[test]
fn a_wrong_collector_is_named_at_the_start() {
    let office = Office::new();
    let refused = |lines: &str, said: &str| {
        let text = format!("{}\n[otlp]\n{lines}", office.toml());
        let problems = office.config_of(&text).unwrap_err().to_string();
        assert!(problems.contains(said), "{said} is not in {problems}");
    };
    refused("", "otlp.endpoint: is missing");
    refused(
        "endpoint = \"http://collector.example:4318\"",
        "otlp.endpoint: must begin with https://",
    );
    refused(
        "endpoint = \"ftp://127.0.0.1\"",
        "otlp.endpoint: must begin with https://",
    );
    refused(
        "endpoint = \"http://127.0.0.1:4318\"\npercent = 0",
        "otlp.percent: 0 is not between 1 and 100",
    );
    refused(
        "endpoint = \"http://127.0.0.1:4318\"\nca = \"missing.pem\"",
        "otlp.ca: cannot read",
    );
    refused(
        "endpoint = \"http://127.0.0.1:4318\"\ngrpc = true",
        "otlp.grpc: is not a known key",
    );
}
