//! The wrong-person incidents of convenience-store terminals, replayed over every output of the city that has a person in it.
//!
//! There, one person's certificate came out for another: two requests within one second, a retry under load, the previous
//! person's document, two nodes with one job number. Here many cases with marks of their own are asked for at once, on two
//! servers with one database and a clock that stands still, and no answer may hold a mark of a case that was not asked for.
//! What is asked for is read from the table of addresses, so a new address is asked for as well. A responder that is broken on
//! purpose in the same ways shows that the marks are found.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::support::browser::{Browser, Reply, form};
use crate::support::office::{Letter, Office, land, letter, message};
use crate::support::papers::{ADDRESS, CHILD_MEI, allowance, birth, canonical};
use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use ubugoe_bench::postgres::Postgres;
use ubugoe_city::casework::second::{Named, SecondFinding};
use ubugoe_city::http::routes::{ROUTES, Who};
use ubugoe_city::store::Finding;
use ubugoe_city::store::second::{SecondKind, SecondSignature};
use ubugoe_protocol::attachment::cut as cut_up;
use ubugoe_protocol::{AttachmentRef, FilingId, digest};

/// Families, each with a notification and a claim.
const FAMILIES: usize = 10;
/// Plans of requests that are tried.
const PLANS: u32 = 8;

/// A family, and what is theirs alone.
struct Family {
    token: String,
    /// Notification, claim, and the other parent's notification of the same child.
    filings: [String; 3],
    /// What stands in nobody else's answers, as text and as bytes.
    marks: Vec<Vec<u8>>,
    /// The mark in every text of their filings.
    mark: String,
    /// Browsers of theirs and of the officer's, with their cookies.
    phone: Browser,
}

/// A mark that no page and no other mark holds: between two letters that no word of today has.
fn mark(n: usize) -> String {
    let kana = ["あ", "き", "す", "て", "の", "は", "み", "ゆ", "れ", "わ"];
    let digits = [n / 100 % 10, n / 10 % 10, n % 10];
    format!("ゑ{}ゐ", digits.map(|digit| kana[digit]).concat())
}

/// Canonical bytes of a template, with the family's own values in the places of the invented ones.
pub(crate) fn marked(template: &str, number: &str, mark: &str) -> Vec<u8> {
    template
        .replace("WP-0000", number)
        .replace(CHILD_MEI, mark)
        .replace("太郎", &format!("太{mark}"))
        .replace(ADDRESS, &format!("ことほぎ県あすこえ市{mark}町"))
        .replace("あすこえ製作所", &format!("{mark}製作所"))
        .into_bytes()
}

/// Which of the two servers, which family, which output, and how it is asked for.
#[derive(Debug, Clone, Copy)]
struct Asked {
    node: bool,
    family: usize,
    output: usize,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// As a browser does.
    Plainly,
    /// Sent, broken off before the answer, and sent again.
    Again,
    /// On one connection after the same output of another family, as a proxy keeps connections.
    After(usize),
}

/// An output that has a person in it.
#[derive(Debug, Clone)]
struct Output {
    method: &'static str,
    path: &'static str,
    family: bool,
}

/// Everything that answers about one case, from the table of addresses.
fn outputs() -> Vec<Output> {
    let of_case = |path: &str| {
        path.contains("{token}")
            || path.starts_with("/console/filings/{id}")
            || path.contains("{filing}")
    };
    // closing a link is no look at anything, and an exchange's own pages need another city
    let looks = |path: &str| !path.ends_with("/open") && !path.starts_with("/console/agencies");
    let mut found: Vec<Output> = ROUTES
        .iter()
        .filter(|route| route.method == "GET" && of_case(route.path) && looks(route.path))
        .map(|route| Output {
            method: "GET",
            path: route.path,
            family: route.who == Who::Family,
        })
        .collect();
    // forms that answer with somebody's values instead of changing anything
    for path in [
        "/console/filings/{id}/reveal",
        "/console/filings/{id}/paper.pdf",
        "/console/search",
    ] {
        assert!(ROUTES.iter().any(|r| r.method == "POST" && r.path == path));
        found.push(Output {
            method: "POST",
            path,
            family: false,
        });
    }
    assert!(found.len() > 15, "{found:?}");
    found
}

/// Status of each output for the first family, and whether it holds a mark of theirs.
type Own = BTreeMap<(&'static str, &'static str), (u16, bool)>;

struct Site {
    nodes: [SocketAddr; 2],
    families: Vec<Family>,
    officer: Browser,
    csrf: String,
    outputs: Vec<Output>,
}

impl Site {
    fn browser(&self, asked: &Asked) -> Browser {
        let whose = if self.outputs[asked.output].family {
            &self.families[asked.family].phone
        } else {
            &self.officer
        };
        whose.at(self.nodes[usize::from(asked.node)])
    }

    /// First lines and body of a request for an output of a family.
    fn request(&self, output: &Output, family: usize) -> (String, String) {
        let theirs = &self.families[family];
        let mut path = output
            .path
            .replace("{token}", &theirs.token)
            .replace("{other}", &theirs.filings[2])
            .replace("{id}", &theirs.filings[0])
            .replace("{filing}", &theirs.filings[0]);
        while let Some((before, rest)) = path.split_once('{') {
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            path = format!("{before}1{after}");
        }
        if output.method == "GET" {
            return (format!("GET {path} HTTP/1.1\r\n"), String::new());
        }
        let body = form(&[("csrf", &self.csrf), ("words", &theirs.mark)]);
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            body.len()
        );
        (head, body)
    }

    /// Asks, and answers what is wrong with the answers, if anything.
    async fn ask(&self, asked: Asked) -> Vec<String> {
        let output = &self.outputs[asked.output];
        let mut browser = self.browser(&asked);
        let (head, body) = self.request(output, asked.family);
        match asked.how {
            How::Plainly => {}
            How::Again => {
                break_off(&browser, self.nodes[usize::from(asked.node)], &head, &body).await;
            }
            How::After(before) => {
                let first = self.request(output, before);
                let other = self.browser(&Asked {
                    family: before,
                    ..asked
                });
                let node = self.nodes[usize::from(asked.node)];
                let replies = one_connection(
                    node,
                    [(&other, &first.0, &first.1), (&browser, &head, &body)],
                )
                .await;
                let [first, second] = replies;
                let mut wrong = self.wrong(output, before, &first);
                wrong.extend(self.wrong(output, asked.family, &second));
                return wrong;
            }
        }
        let reply = browser.request(&head, &body).await;
        self.wrong(output, asked.family, &reply)
    }

    /// What is wrong with an answer to a request of this family.
    fn wrong(&self, output: &Output, family: usize, reply: &Reply) -> Vec<String> {
        let mut wrong = Vec::new();
        let what = format!("{} {} for family {family}", output.method, output.path);
        if reply.header("cache-control") != Some("no-store") {
            wrong.push(format!("{what}: may be kept"));
        }
        let text = read(reply);
        for (other, theirs) in self.families.iter().enumerate() {
            if other != family
                && let Some(mark) = theirs.marks.iter().find(|mark| holds(&text, mark))
            {
                let mark = String::from_utf8_lossy(mark);
                wrong.push(format!("{what}: holds {mark} of family {other}"));
            }
        }
        wrong
    }
}

/// Everything that can be read in an answer: headers, and the body or the text of a PDF.
pub(crate) fn read(reply: &Reply) -> Vec<u8> {
    let mut text: Vec<u8> = Vec::new();
    let said = |name: &str| !name.eq_ignore_ascii_case("date");
    for (name, value) in reply.headers.iter().filter(|(name, _)| said(name)) {
        text.extend_from_slice(format!("{name}: {value}\n").as_bytes());
    }
    if reply.body.starts_with(b"%PDF") {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&reply.body).unwrap();
        let out = Command::new("pdftotext")
            .args(["-raw", "-enc", "UTF-8"])
            .arg(file.path())
            .arg("-")
            .output()
            .expect("pdftotext is missing: ./ubugoe setup");
        assert!(out.status.success(), "{out:?}");
        let body = String::from_utf8_lossy(&out.stdout);
        let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        text.extend_from_slice(packed.as_bytes());
    } else {
        text.extend_from_slice(&reply.body);
    }
    text
}

pub(crate) fn holds(text: &[u8], mark: &[u8]) -> bool {
    text.windows(mark.len()).any(|window| window == mark)
}

fn cookies(browser: &Browser) -> String {
    let pairs = browser.cookies.iter();
    let pairs: Vec<String> = pairs.map(|(n, v)| format!("{n}={v}")).collect();
    pairs.join("; ")
}

/// Sends a request and goes away before the answer.
async fn break_off(browser: &Browser, node: SocketAddr, head: &str, body: &str) {
    let mut stream = TcpStream::connect(node).await.unwrap();
    let text = format!(
        "{head}host: {node}\r\ncookie: {}\r\n\r\n{body}",
        cookies(browser)
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    drop(stream);
}

/// Two people's requests on one connection, the second sent before the first is answered.
async fn one_connection(node: SocketAddr, two: [(&Browser, &str, &str); 2]) -> [Reply; 2] {
    let mut stream = TcpStream::connect(node).await.unwrap();
    for (at, (browser, head, body)) in two.into_iter().enumerate() {
        let close = if at == 1 { "connection: close\r\n" } else { "" };
        let text = format!(
            "{head}host: {node}\r\n{close}cookie: {}\r\n\r\n{body}",
            cookies(browser)
        );
        stream.write_all(text.as_bytes()).await.unwrap();
    }
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let (first, rest) = cut(&bytes);
    let (second, rest) = cut(rest);
    assert!(rest.is_empty(), "a third answer");
    [first, second]
}

/// One answer with a length, and what comes after it.
fn cut(bytes: &[u8]) -> (Reply, &[u8]) {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    let mut reply = Reply {
        status: status.parse().unwrap(),
        headers,
        body: Vec::new(),
    };
    let length: usize = reply
        .header("content-length")
        .unwrap_or_else(|| panic!("an answer of no length: {head}"))
        .parse()
        .unwrap();
    let body = &bytes[end + 4..];
    reply.body = body[..length].to_vec();
    (reply, &body[length..])
}

async fn accept(officer: &mut Browser, id: &str) {
    let path = format!("/console/filings/{id}/accept");
    let confirm = officer.get(&path).await;
    let (csrf, version) = (confirm.hidden("csrf"), confirm.hidden("version"));
    let fields = [("csrf", csrf.as_str()), ("version", version.as_str())];
    let done = officer.post(&path, &fields).await;
    assert_eq!(done.status, 303, "{}", done.brief());
}

/// A service that is not there: its pages are shown all the same.
pub(crate) const SIGNING: &str = "[second_signature]\nissuer = \"http://127.0.0.1:1\"\ntransactions = \"http://127.0.0.1:1/t\"\n\
    client_id = \"RP1\"\nclient_key = \"rp.key\"\nopening_key = \"rp-open.key\"\n";

fn office() -> Office {
    let mut office = Office::new();
    let folder = office.folder.path();
    let client = rcgen::KeyPair::generate().unwrap();
    std::fs::write(folder.join("rp.key"), client.serialize_pem()).unwrap();
    std::fs::write(
        folder.join("rp-open.key"),
        &crate::support::papers::parent().key_pem,
    )
    .unwrap();
    office.more = format!(
        "[limits]\naddress_burst = 1000000\nsession_burst = 1000000\nsign_in_burst = 1000000\n{SIGNING}"
    );
    office
}

/// The other parent's signature, with the family's mark for its bytes.
pub(crate) async fn signed_twice(office: &Office, n: usize, first: &Letter, mark: &str) {
    let store = office.store().await;
    let (sum, now) = (digest(&first.canonical), office.now());
    let way = [u8::try_from(n).unwrap(); 32];
    let signature = SecondSignature {
        signer: way,
        kind: SecondKind::App,
        digest: sum,
        given_at: now,
        cms: mark.as_bytes().to_vec(),
        finding: SecondFinding {
            math: Finding::Ok,
            chain: Finding::Ok,
            validity: Finding::Ok,
            revocation: Finding::Unknown,
            distinct: Finding::Ok,
            named: Named::Father,
        },
    };
    let asked = (first.id, sum, String::new());
    store.second_begin(way, asked, (now, now)).await.unwrap();
    store.second_take_up(way, now).await.unwrap();
    store.second_end(way, Ok(signature), now).await.unwrap();
}

/// Lands everybody's filings, accepts some of them, and signs everybody in.
async fn site(office: &Office, nodes: [SocketAddr; 2]) -> Site {
    let ingest = office.ingest().await;
    let birth = String::from_utf8(canonical(&birth("WP-0000"))).unwrap();
    let claim = String::from_utf8(canonical(&allowance("WP-0000"))).unwrap();
    let mut officer = Browser::new(nodes[0]);
    officer.sign_in().await;
    let mut families = Vec::new();
    for n in 0..FAMILIES {
        let (number, mark) = (format!("WP-1{n:03}"), mark(n));
        let picture = format!("{mark}の写真").into_bytes();
        let first = Letter {
            attachments: vec![AttachmentRef {
                sha256: digest(&picture),
                len: picture.len() as u64,
                media_type: "image/png".into(),
            }],
            ..letter(marked(&birth, &number, &mark))
        };
        let second = Letter {
            case: first.case,
            case_seq: 1,
            ..letter(marked(&claim, &number, &mark))
        };
        let receipt = land(office, &ingest, &first).await;
        land(office, &ingest, &second).await;
        let piece = &cut_up(first.id, &picture).unwrap()[0];
        let piece = office.piece(FilingId::generate().unwrap(), "ward-1", piece);
        ingest.land(vec![message("ward-1", piece)]).await.unwrap();
        signed_twice(office, n, &first, &mark).await;
        // some are decided, so that there are notices and lines
        if n % 3 == 0 {
            accept(&mut officer, &first.id.to_string()).await;
        }
        let fathers = Letter {
            device: "ward-2",
            ..letter(marked(&birth, &number, &mark))
        };
        let theirs = land(office, &ingest, &fathers).await;
        let ids = [&first, &second, &fathers].map(|one| one.id.to_string());
        let sums = [&first, &second].map(|one| digest(&one.canonical).to_vec());
        let marks = [&mark, &number, &receipt.status_token, &theirs.status_token];
        let marks = marks
            .into_iter()
            .chain(&ids)
            .map(|one| one.clone().into_bytes());
        let marks: Vec<Vec<u8>> = marks.collect();
        let mut phone = Browser::new(nodes[n % 2]);
        phone.open_family(&receipt.status_token).await;
        families.push(Family {
            marks: marks.into_iter().chain(sums).collect(),
            mark,
            filings: ids,
            token: receipt.status_token,
            phone,
        });
    }
    let csrf = officer
        .get(&format!("/console/filings/{}", families[0].filings[0]))
        .await
        .hidden("csrf");
    Site {
        nodes,
        families,
        officer,
        csrf,
        outputs: outputs(),
    }
}

/// Requests that go out together.
fn plans(outputs: usize) -> impl Strategy<Value = Vec<Asked>> {
    let one = (any::<bool>(), 0..FAMILIES, 0..outputs, 0_u8..4, 0..FAMILIES);
    let one = one.prop_map(|(node, family, output, how, before)| Asked {
        node,
        family,
        output,
        how: match how {
            0 => How::Again,
            1 => How::After(before),
            _ => How::Plainly,
        },
    });
    prop::collection::vec(one, 8..32)
}

/// All requests of a plan at once; what was wrong with any answer.
async fn together(site: &Arc<Site>, plan: &[Asked]) -> Vec<String> {
    let mut tasks = JoinSet::new();
    for asked in plan {
        let (site, asked) = (Arc::clone(site), *asked);
        tasks.spawn(async move { site.ask(asked).await });
    }
    let mut wrong = Vec::new();
    while let Some(done) = tasks.join_next().await {
        wrong.extend(done.unwrap());
    }
    wrong
}

/// Forwards requests to a node, and gives each answer to whoever asks next: the previous person's document.
async fn broken(node: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let last: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let last = Arc::clone(&last);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = from.read_u8().await else {
                        return;
                    };
                    request.push(byte);
                }
                let mut to = TcpStream::connect(node).await.unwrap();
                to.write_all(&request).await.unwrap();
                let mut answer = Vec::new();
                to.read_to_end(&mut answer).await.unwrap();
                let before = last.lock().await.replace(answer.clone());
                let _ = from.write_all(&before.unwrap_or(answer)).await;
            });
        }
    });
    address
}

/// The control: the same requests through a responder that hands out the previous person's document.
fn control(runtime: &tokio::runtime::Runtime, site: &Site, own: &Own) {
    let shelf = runtime.block_on(broken(site.nodes[0]));
    let mut caught = 0;
    for (at, output) in site.outputs.iter().enumerate() {
        let (status, found) = own[&(output.method, output.path)];
        if output.method != "GET" || status != 200 || !found {
            continue;
        }
        for family in [0, 1] {
            let (head, body) = site.request(output, family);
            let asked = Asked {
                node: false,
                family,
                output: at,
                how: How::Plainly,
            };
            let mut browser = site.browser(&asked).at(shelf);
            let reply = runtime.block_on(browser.request(&head, &body));
            if family == 1 {
                let wrong = site.wrong(output, family, &reply);
                assert!(!wrong.is_empty(), "{} was not caught", output.path);
                caught += 1;
            }
        }
    }
    assert!(caught >= 10, "{caught}");
}

/// Both nodes export at once: no line holds two families, and each family leaves once.
fn handed_on(runtime: &tokio::runtime::Runtime, site: &Site) {
    let fields = [("format", "csv"), ("csrf", site.csrf.as_str())];
    let [one, other] = runtime.block_on(async {
        let mut browsers = site.nodes.map(|node| site.officer.at(node));
        let [first, second] = &mut browsers;
        let path = "/console/export/asukoe_shussei_1";
        let (one, other) = tokio::join!(first.post(path, &fields), second.post(path, &fields));
        [one, other]
    });
    let mut left = Vec::new();
    for reply in [&one, &other] {
        assert!([200, 409].contains(&reply.status), "{}", reply.brief());
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        for line in reply.body.split(|byte| *byte == b'\n') {
            let families = site.families.iter().enumerate();
            let whose: Vec<usize> = families
                .filter(|(_, family)| holds(line, family.mark.as_bytes()))
                .map(|(n, _)| n)
                .collect();
            assert!(whose.len() <= 1, "one line of {whose:?}");
            left.extend(whose);
        }
    }
    left.sort_unstable();
    assert_eq!(left, [0, 3, 6, 9], "the accepted ones, once each");
}

#[test]
fn nobody_ever_gets_what_another_family_was_asked_about() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let cluster = Postgres::start().unwrap();
    let mut office = office();
    office.store_url = cluster.url();
    let (one, other, site) = runtime.block_on(async {
        let (one, other) = (office.open().await, office.open().await);
        let site = site(&office, [one.address, other.address]).await;
        (one, other, Arc::new(site))
    });
    // each output once for two families at a time, on both nodes: and the marks are really there to be found
    let mut own = Own::new();
    for (at, output) in site.outputs.iter().enumerate() {
        let pair = [(false, 0), (true, 1), (false, 2), (true, 3)].map(|(node, family)| Asked {
            node,
            family,
            output: at,
            how: How::Plainly,
        });
        let wrong = runtime.block_on(together(&site, &pair));
        assert_eq!(wrong, [] as [String; 0]);
        let (head, body) = site.request(output, 0);
        let mut browser = site.browser(&pair[0]);
        let reply = runtime.block_on(browser.request(&head, &body));
        let text = read(&reply);
        let marks = &site.families[0].marks;
        let found = marks.iter().any(|mark| holds(&text, mark));
        own.insert((output.method, output.path), (reply.status, found));
    }
    let missing: Vec<_> = own
        .iter()
        .filter(|(_, (status, found))| *status == 200 && !found)
        .collect();
    // what says nothing of its case cannot say anything of another's; the leaflet is the same for all
    for (what, _) in &missing {
        assert!(
            what.1.ends_with("leaflet.pdf") || what.1.rsplit('.').next() == Some("ics"),
            "{what:?} shows nothing of its own case: {own:?}"
        );
    }
    let answered = own.values().filter(|(status, _)| *status == 200).count();
    assert!(answered >= 12, "{own:?}");
    // and then whatever comes
    let config = Config {
        cases: PLANS,
        failure_persistence: None,
        max_shrink_iters: 20,
        ..Config::default()
    };
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, seed);
    runner
        .run(&plans(site.outputs.len()), |plan| {
            let wrong = runtime.block_on(async {
                tokio::time::timeout(Duration::from_mins(1), together(&site, &plan))
                    .await
                    .unwrap()
            });
            proptest::prop_assert!(wrong.is_empty(), "{wrong:?}");
            Ok(())
        })
        .unwrap();
    handed_on(&runtime, &site);
    control(&runtime, &site, &own);
    runtime.block_on(async {
        one.stop().await;
        other.stop().await;
    });
}

#[test]
fn every_mark_is_found_only_where_it_is() {
    let marks: Vec<String> = (0..200).map(mark).collect();
    for (n, one) in marks.iter().enumerate() {
        for (m, other) in marks.iter().enumerate() {
            assert_eq!(n == m, one.contains(other.as_str()));
        }
    }
}
