//! The other parent's signature with a card at a device: the number on the family's page, what a device is given for it, the
//! signature that comes back, and everything that does not count.

use std::path::Path;

use crate::second_signature::{marks, page};
use crate::support::browser::{Browser, Reply};
use crate::support::office::{
    Letter, NOON, Office, Running, land, message, on_each_store, only_receipt, signed_by,
};
use crate::support::papers::{
    Authority, FATHER_SIGNS, GRANDMOTHER_SIGNS, MOTHER_SIGNS, Paper, Parent, allowance, birth,
    canonical, parent,
};
use sha2::{Digest, Sha256};
use ubugoe_bench::browser::Browser as Window;
use ubugoe_city::casework::second::{First, Outcome, judge_card};
use ubugoe_city::ingest::{Answer, Ingest};
use ubugoe_city::store::second_card::{Fetched, NewNumber, NumberAsk};
use ubugoe_protocol::cades::Trust;
use ubugoe_protocol::{
    Downlink, FilingId, Receipt, Refusal, Report, SecondAnswer, SecondGrant, SecondNotice,
    SecondNumber,
};

/// Everybody who signs, of one authority.
struct People {
    pem: String,
    mother: Parent,
    father: Parent,
    /// The mother with another certificate.
    again: Parent,
    grandmother: Parent,
    /// Of an authority that nobody trusts.
    stranger: Parent,
}

fn people() -> &'static People {
    static PEOPLE: std::sync::OnceLock<People> = std::sync::OnceLock::new();
    PEOPLE.get_or_init(|| {
        let authority = Authority::new();
        let (mother, father, grandmother) = (MOTHER_SIGNS, FATHER_SIGNS, GRANDMOTHER_SIGNS);
        People {
            mother: authority.issue(Some(mother), 2029),
            father: authority.issue(Some(father), 2029),
            again: authority.issue(Some(mother), 2029),
            grandmother: authority.issue(Some(grandmother), 2029),
            stranger: Authority::new().issue(Some(father), 2029),
            pem: authority.pem,
        }
    })
}

/// An office that trusts these people and asks the other parent, with a card only.
fn prepared(office: &mut Office) {
    let both = format!("{}\n{}", parent().authority_pem, people().pem);
    std::fs::write(office.folder.path().join("jpki-sign-ca.pem"), both).unwrap();
    "[second_signature]\n".clone_into(&mut office.more);
}

struct Town {
    office: Office,
    city: Running,
    ingest: Ingest,
}

impl Town {
    async fn new() -> Self {
        let mut office = Office::new();
        prepared(&mut office);
        let city = office.open().await;
        let ingest = office.ingest().await;
        Self {
            office,
            city,
            ingest,
        }
    }

    async fn family(&self, letter: &Letter) -> (String, Browser) {
        let token = land(&self.office, &self.ingest, letter).await.status_token;
        let mut browser = Browser::new(self.city.address);
        browser.open_family(&token).await;
        (token, browser)
    }

    async fn ask(&self, device: &str, nonce: u8, number: SecondNumber) -> SecondAnswer {
        ask(&self.office, &self.ingest, device, (nonce, number)).await
    }

    async fn send(&self, device: &str, id: FilingId, ticket: [u8; 16], cms: &[u8]) -> Vec<Answer> {
        send(&self.office, &self.ingest, device, (id, ticket, cms)).await
    }
}

async fn ask(
    office: &Office,
    ingest: &Ingest,
    device: &str,
    (nonce, number): (u8, SecondNumber),
) -> SecondAnswer {
    let report = Report::SecondAsk {
        nonce: [nonce; 16],
        number,
    };
    let wire = office.report(device, &report);
    let answers = ingest.land(vec![message(device, wire)]).await.unwrap();
    let [
        Answer {
            device: to,
            content: Downlink::Seconds(items),
        },
    ] = answers.as_slice()
    else {
        panic!("not one answer: {answers:?}")
    };
    assert_eq!(to.as_str(), device);
    let notice = SecondNotice::verify(&items[0], &office.receipt_key()).unwrap();
    assert_eq!(
        (notice.nonce, notice.device.as_str()),
        ([nonce; 16], device)
    );
    notice.answer
}

async fn send(
    office: &Office,
    ingest: &Ingest,
    device: &str,
    (id, ticket, cms): (FilingId, [u8; 16], &[u8]),
) -> Vec<Answer> {
    let wire = office.second(id, device, (ticket, cms), office.now());
    ingest.land(vec![message(device, wire)]).await.unwrap()
}

fn granted(answer: SecondAnswer) -> SecondGrant {
    match answer {
        SecondAnswer::Granted(grant) => grant,
        other => panic!("{other:?}"),
    }
}

/// Presses the button for a number, and answers the page that follows.
async fn press(browser: &mut Browser, token: &str) -> Reply {
    let form = browser.get(&page(token)).await;
    let fields = ["csrf", "filing", "sha256"].map(|name| (name, form.hidden(name)));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    browser
        .post(&format!("{}/number", page(token)), &fields)
        .await
}

/// The number on a page.
fn read_off(page: &Reply) -> SecondNumber {
    let text = page.text();
    let at = text
        .find("data-number")
        .unwrap_or_else(|| panic!("no number: {text}"));
    let rest = &text[at..];
    let digits: String = rest[..rest.find("</p>").unwrap()]
        .split('<')
        .filter_map(|part| part.split_once('>'))
        .flat_map(|(_, text)| text.chars())
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap()
}

async fn number(browser: &mut Browser, token: &str) -> SecondNumber {
    let given = press(browser, token).await;
    assert_eq!(given.status, 200, "{}", given.brief());
    assert_eq!(given.header("cache-control"), Some("no-store"));
    read_off(&given)
}

fn first(certificate: &str) -> Letter {
    signed_by(&people().mother, canonical(&birth(certificate)))
}

fn fresh() -> FilingId {
    FilingId::generate().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_brings_the_very_bytes_to_one_device_and_the_signature_back_once() {
    let town = Town::new().await;
    let letter = first("CARD-1");
    let (token, mut browser) = town.family(&letter).await;
    // without a service on a phone there is this way only
    let shown = browser.get(&page(&token)).await;
    assert!(shown.text().contains("カードで、お近くの端末で署名する"));
    assert!(!shown.text().contains("スマートフォンで署名する"));
    let number = number(&mut browser, &token).await;
    // kept as a hash, and nowhere else
    let folder = town.office.folder.path();
    for file in ["city.db", "city.db-wal"] {
        let kept = std::fs::read(folder.join(file)).unwrap_or_default();
        let digits = number.digits();
        assert!(!kept.windows(digits.len()).any(|at| at == digits.as_bytes()));
    }
    let grant = granted(town.ask("ward-2", 1, number).await);
    assert_eq!(grant.canonical, letter.canonical);
    let certificate: [u8; 32] = Sha256::digest(&people().mother.certificate).into();
    assert_eq!(grant.first, certificate);
    // the answer was lost: the same question is answered alike. Another question, or another device, gets nothing any more
    assert_eq!(granted(town.ask("ward-2", 1, number).await), grant);
    assert_eq!(town.ask("ward-2", 2, number).await, SecondAnswer::Unknown);
    assert_eq!(town.ask("ward-1", 1, number).await, SecondAnswer::Unknown);
    // the signature lands once, with one receipt, however often it comes
    let cms = people().father.sign(&letter.canonical);
    let id = fresh();
    let receipt = only_receipt(&town.send("ward-2", id, grant.ticket, &cms).await);
    let read = Receipt::verify(&receipt, &town.office.receipt_key()).unwrap();
    let sum: [u8; 32] = Sha256::digest(&cms).into();
    assert_eq!((read.id, read.digest, read.arrival_no), (id, sum, 0));
    assert!(read.status_token.is_empty() && read.visit.is_none());
    let again = only_receipt(&town.send("ward-2", id, grant.ticket, &cms).await);
    assert_eq!(again, receipt);
    // the same id with another signature is refused and kept aside
    let other = people().grandmother.sign(&letter.canonical);
    let refused = town.send("ward-2", id, grant.ticket, &other).await;
    let [
        Answer {
            content: Downlink::Refusals(items),
            ..
        },
    ] = refused.as_slice()
    else {
        panic!("{refused:?}")
    };
    Refusal::verify(&items[0], &town.office.receipt_key()).unwrap();
    let store = town.office.store().await;
    assert_eq!(store.quarantine(10).await.unwrap().len(), 1);
    // the family's page and the officer's say so as for the other way of signing
    let done = browser.get(&page(&token)).await;
    assert_eq!(marks(&done), ["given"]);
    assert!(!done.text().contains("<form"));
    let mut officer = Browser::new(town.city.address);
    officer.sign_in().await;
    let case = format!("/console/filings/{}", letter.id);
    let seen = officer.get(&case).await;
    assert!(seen.text().contains("data-named=\"father\""));
    assert!(seen.text().contains("カード（市の端末）"));
    let file = officer.get(&format!("{case}/second-signatures/1")).await;
    assert_eq!(file.body, cms);
    // who looked: a machine handed it over
    let looks = browser.get(&format!("/f/{token}/looks")).await;
    assert!(looks.text().contains("data-act=\"second.fetched\""));
    town.city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_count_is_receipted_said_and_not_kept() {
    let town = Town::new().await;
    let letter = first("CARD-2");
    let (token, mut browser) = town.family(&letter).await;
    let people = people();
    let other = first("CARD-2-other");
    for (cms, outcome) in [
        (people.mother.sign(&letter.canonical), "same_person"),
        (people.again.sign(&letter.canonical), "same_person"),
        (people.stranger.sign(&letter.canonical), "untrusted"),
        (people.father.sign(&other.canonical), "other_bytes"),
        (vec![0x30, 0], "unread"),
    ] {
        let number = number(&mut browser, &token).await;
        let grant = granted(town.ask("ward-1", 1, number).await);
        only_receipt(&town.send("ward-1", fresh(), grant.ticket, &cms).await);
        let after = browser.get(&page(&token)).await;
        assert_eq!(marks(&after), ["arrived", outcome]);
        town.office.hands.forward(1);
    }
    // a ticket is for one device, and for one signature
    let number_two = number(&mut browser, &token).await;
    let grant = granted(town.ask("ward-1", 2, number_two).await);
    let good = people.father.sign(&letter.canonical);
    only_receipt(&town.send("ward-2", fresh(), grant.ticket, &good).await);
    only_receipt(&town.send("ward-1", fresh(), [9; 16], &good).await);
    let store = town.office.store().await;
    assert!(store.second_of(letter.id).await.unwrap().given.is_empty());
    // somebody whom the filing does not name is kept for an officer, and does not stand in the father's way
    let odd = people.grandmother.sign(&letter.canonical);
    only_receipt(&town.send("ward-1", fresh(), grant.ticket, &odd).await);
    only_receipt(&town.send("ward-1", fresh(), grant.ticket, &good).await);
    let after = browser.get(&page(&token)).await;
    assert_eq!(marks(&after), ["arrived", "strange"]);
    // signed when the time was long over
    let number = number(&mut browser, &token).await;
    let grant = granted(town.ask("ward-1", 3, number).await);
    town.office.hands.forward(8 * 86_400);
    only_receipt(&town.send("ward-1", fresh(), grant.ticket, &good).await);
    let mut browser = Browser::new(town.city.address);
    browser.open_family(&token).await;
    let after = browser.get(&page(&token)).await;
    assert_eq!(marks(&after), ["arrived", "strange", "late"]);
    // and nothing waited for any of it
    let mut officer = Browser::new(town.city.address);
    officer.sign_in().await;
    let case = format!("/console/filings/{}", letter.id);
    let confirm = officer.get(&format!("{case}/accept")).await;
    let (csrf, version) = (confirm.hidden("csrf"), confirm.hidden("version"));
    let fields = [("csrf", csrf.as_str()), ("version", version.as_str())];
    let done = officer.post(&format!("{case}/accept"), &fields).await;
    assert_eq!(done.status, 303, "{}", done.brief());
    town.city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_leads_nowhere_when_it_is_old_replaced_corrected_closed_or_of_somebody_protected()
{
    let town = Town::new().await;
    let letter = first("CARD-3");
    let (token, mut browser) = town.family(&letter).await;
    // the newest number is the one that holds
    let old = number(&mut browser, &token).await;
    let new = number(&mut browser, &token).await;
    assert_eq!(town.ask("ward-1", 1, old).await, SecondAnswer::Unknown);
    // an hour, and no longer
    town.office.hands.forward(60 * 60 + 1);
    assert_eq!(town.ask("ward-1", 2, new).await, SecondAnswer::Unknown);
    // corrected in the meantime: neither is it handed over, nor does a signature on the old bytes count
    let before = number(&mut browser, &token).await;
    let taken = number(&mut browser, &token).await;
    assert_ne!(before, taken);
    let grant = granted(town.ask("ward-2", 3, taken).await);
    let pending = number(&mut browser, &token).await;
    let corrected = Letter {
        case: letter.case,
        case_seq: 1,
        ..signed_by(
            &people().mother,
            canonical(&Paper {
                child: "すみれ".into(),
                ..birth("CARD-3")
            }),
        )
    };
    land(&town.office, &town.ingest, &corrected).await;
    assert_eq!(town.ask("ward-2", 4, pending).await, SecondAnswer::Unknown);
    let cms = people().father.sign(&letter.canonical);
    only_receipt(&town.send("ward-2", fresh(), grant.ticket, &cms).await);
    let store = town.office.store().await;
    assert!(store.second_of(letter.id).await.unwrap().given.is_empty());
    let case: [u8; 32] = Sha256::digest(&token).into();
    let asked = store.second_asked(case).await.unwrap();
    let last = asked
        .filings
        .iter()
        .find(|one| one.id == letter.id)
        .unwrap();
    assert_eq!(last.last, Some(Outcome::Replaced));
    // the new content has a number of its own, until the link is closed
    let number_now = number(&mut browser, &token).await;
    let close = browser.get(&format!("/f/{token}/close")).await;
    let csrf = close.hidden("csrf");
    let closed = browser
        .post(
            &format!("/f/{token}/close"),
            &[("csrf", csrf.as_str()), ("sure", "yes")],
        )
        .await;
    assert!(closed.status < 400, "{}", closed.brief());
    assert_eq!(
        town.ask("ward-2", 5, number_now).await,
        SecondAnswer::Unknown
    );
    // a claim of the same case asks for confidential handling: what was a number is none
    let guarded = first("CARD-4");
    let (token, mut browser) = town.family(&guarded).await;
    let number = number(&mut browser, &token).await;
    let claim = Letter {
        case: guarded.case,
        case_seq: 1,
        ..signed_by(
            &people().mother,
            canonical(&Paper {
                protected: true,
                ..allowance("CARD-4")
            }),
        )
    };
    land(&town.office, &town.ingest, &claim).await;
    town.office.hands.forward(16 * 60);
    assert_eq!(town.ask("ward-2", 6, number).await, SecondAnswer::Unknown);
    town.city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slow_for_one_device_and_for_all_and_says_nothing() {
    let town = Town::new().await;
    let letter = first("CARD-5");
    let (token, mut browser) = town.family(&letter).await;
    let right = number(&mut browser, &token).await;
    let wrong = || SecondNumber::generate().unwrap();
    for _ in 0..5 {
        assert_eq!(town.ask("ward-1", 1, wrong()).await, SecondAnswer::Unknown);
    }
    // from now on not even the right one is looked at; another device is not held up by it
    assert_eq!(town.ask("ward-1", 1, right).await, SecondAnswer::Busy);
    assert_eq!(town.ask("ward-2", 1, wrong()).await, SecondAnswer::Unknown);
    town.office.hands.forward(15 * 60 + 1);
    granted(town.ask("ward-1", 1, right).await);
    // so many numbers in a day, and no more
    for _ in 1..12 {
        number(&mut browser, &token).await;
    }
    let many = press(&mut browser, &token).await;
    assert_eq!(marks(&many), ["many"]);
    assert!(many.text().contains("手続きは進んでいます"));
    town.city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_give_a_number_to_one_device_and_land_a_signature_once() {
    on_each_store(async |office| {
        prepared(office);
        let store = office.store().await;
        let ingest = office.ingest().await;
        let letter = first("CARD-6");
        let receipt = land(office, &ingest, &letter).await;
        let number = SecondNumber::generate().unwrap();
        let link: [u8; 32] = Sha256::digest(&receipt.status_token).into();
        let kept = store
            .second_number(NewNumber {
                number: number.hash(),
                link,
                filing: letter.id,
                digest: Sha256::digest(&letter.canonical).into(),
                span: (NOON, NOON + 60),
            })
            .await
            .unwrap();
        assert!(kept);
        assert_eq!(
            store.second_number_link(number.hash()).await.unwrap(),
            Some(link)
        );
        // two devices at one moment: one of them has it
        let one = |device: &str, nonce: u8| {
            let ask = NumberAsk {
                device: device.parse().unwrap(),
                recipient: "asukoe".parse().unwrap(),
                nonce: [nonce; 16],
                number,
            };
            store.second_fetch(ask, true, NOON + 30)
        };
        let (left, right) = tokio::join!(one("ward-1", 1), one("ward-2", 2));
        let found = [left.unwrap(), right.unwrap()];
        let here = |fetched: &Fetched| matches!(fetched, Fetched::Here { .. });
        assert_eq!(found.iter().filter(|one| here(one)).count(), 1, "{found:?}");
        let (device, nonce) = if here(&found[0]) {
            ("ward-1", 1)
        } else {
            ("ward-2", 2)
        };
        let Fetched::Here { ticket, .. } = one(device, nonce).await.unwrap() else {
            panic!("the same question is answered again")
        };
        // two copies in one batch, and a third later: one row, one receipt
        let (id, cms) = (fresh(), people().father.sign(&letter.canonical));
        let wire = office.second(id, device, (ticket, &cms), office.now());
        let both = vec![message(device, wire.clone()), message(device, wire)];
        let answers = ingest.land(both).await.unwrap();
        let receipts: Vec<&Vec<u8>> = answers
            .iter()
            .map(|answer| match &answer.content {
                Downlink::Receipts(items) => &items[0],
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(receipts.len(), 2);
        assert_eq!(receipts[0], receipts[1]);
        let third = send(office, &ingest, device, (id, ticket, &cms)).await;
        assert_eq!(&only_receipt(&third), receipts[0]);
        let given = store.second_of(letter.id).await.unwrap().given;
        assert_eq!(given.len(), 1);
        assert_eq!(given[0].cms, cms);
    })
    .await;
}

#[test]
fn a_card_s_signature_is_held_to_the_first_one_s_checks() {
    let people = people();
    let trust = Trust::from_pem(&people.pem).unwrap();
    let letter = first("CARD-7");
    let first = First {
        canonical: &letter.canonical,
        cms: &letter.signature,
    };
    let judged = |cms: &[u8], at| judge_card(first, cms, &trust, at);
    let good = people.father.sign(&letter.canonical);
    let (signer, finding) = judged(&good, NOON).unwrap();
    let sum: [u8; 32] = Sha256::digest(&people.father.certificate).into();
    assert_eq!(signer, sum);
    assert_eq!(finding.named.code(), "father");
    // long after the certificate's end
    assert_eq!(
        judged(&good, NOON + 20 * 365 * 86_400),
        Err(Outcome::Expired)
    );
    assert_eq!(judged(&letter.signature, NOON), Err(Outcome::SamePerson));
    let mut damaged = good;
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert_eq!(judged(&damaged, NOON), Err(Outcome::OtherBytes));
}

#[test]
fn the_section_may_leave_the_phone_out_but_not_every_way() {
    let mut office = Office::new();
    "[second_signature]\n".clone_into(&mut office.more);
    let config = office.config().signing.unwrap();
    assert!(config.card && config.service.is_none());
    assert_eq!(Vec::from_iter(config.procedures), ["shussei_todoke"]);
    "[second_signature]\ncard = false\n".clone_into(&mut office.more);
    let problems = office.config_of(&office.toml()).unwrap_err();
    assert_eq!(problems.0[0].key, "second_signature.card");
}

/// axe-core 4.14.1 (MPL-2.0), unchanged from npm; see axe/README.md.
const AXE: &str = include_str!("axe/axe.min.js");
const CHECK: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] } })
        .then(found => done(found.violations.map(one => one.id + ' ' + one.nodes.map(n => n.html).join(' '))))
        .catch(error => done([String(error)]));";

#[test]
fn the_number_is_readable_on_a_small_phone_and_axe_finds_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("second-card");
    std::fs::create_dir_all(&folder).unwrap();
    let (town, token) = runtime.block_on(async {
        let town = Town::new().await;
        let (token, _) = town.family(&first("CARD-8")).await;
        (town, token)
    });
    let profile = tempfile::tempdir().unwrap();
    let window = Window::start(profile.path(), false, (360, 740)).unwrap();
    let address = |place: &str| format!("http://{}{place}", town.city.address);
    window.open(&address(&page(&token))).unwrap();
    for (id, text) in [("year", "1996"), ("month", "11"), ("day", "23")] {
        window.fill(id, text).unwrap();
    }
    window.click("open").unwrap();
    window.wait_css("article.filing").unwrap();
    for tongue in ["ja", "easy", "vi", "ne"] {
        let place = format!("{}?lang={tongue}", page(&token));
        window.open(&address(&place)).unwrap();
        window.click_css("form[data-way=card] button").unwrap();
        window.wait_css("#number").unwrap();
        let script = "document.body.style.width = '360px';
            const right = Math.max(...[...document.querySelectorAll('body *')].map(one => one.getBoundingClientRect().right));
            arguments[arguments.length - 1](Math.round(right));";
        let right = window.ask(script, Vec::new()).unwrap();
        assert!(
            right.as_i64().unwrap() <= 360,
            "{tongue}: as wide as {right}"
        );
        let load = format!("{AXE};\narguments[arguments.length - 1](typeof axe.run);");
        window.ask(&load, Vec::new()).unwrap();
        let found = window.ask(CHECK, Vec::new()).unwrap();
        assert_eq!(found, serde_json::json!([]), "{tongue}");
        window
            .snapshot(&folder.join(format!("{tongue}.png")))
            .unwrap();
    }
    drop(window);
    runtime.block_on(town.city.stop());
}
