//! Addresses and heads: what is written is read back, and what cannot be meant is refused.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use ubugoe_exchange::address::MAX_PART;
use ubugoe_exchange::message::digest;
use ubugoe_exchange::{
    AddressError, Answer, HeadError, MessageId, Method, Part, Request, Service, Subsystem,
};
use ubugoe_protocol::SigningKey;

fn part() -> impl Strategy<Value = Part> {
    proptest::collection::vec(any::<char>(), 1..=MAX_PART).prop_filter_map("no part", |chars| {
        Part::new(&chars.into_iter().collect::<String>()).ok()
    })
}

/// Mostly what real parts look like, and any script.
fn some_part() -> impl Strategy<Value = Part> {
    prop_oneof![
        "[A-Z]{2,6}".prop_map(|text| Part::new(&text).unwrap()),
        "[一-龠ぁ-ん葛飾𠮷a-z0-9_ー~!'()*+,=@&$#?\\[\\]-]{1,20}"
            .prop_filter_map("no part", |text| Part::new(&text).ok()),
        "[!-~]{1,3}".prop_filter_map("no part", |text| Part::new(&text).ok()),
    ]
}

fn subsystem() -> impl Strategy<Value = Subsystem> {
    (some_part(), some_part(), some_part(), some_part()).prop_map(
        |(instance, class, member, subsystem)| Subsystem {
            instance,
            class,
            member,
            subsystem,
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    (
        (any::<bool>(), subsystem(), some_part(), subsystem()),
        any::<[u8; 16]>(),
        "(/[A-Za-z0-9._~-]{1,8}x){0,3}",
        proptest::option::of("[a-z0-9=&._~-]{0,12}"),
        proptest::option::of("[A-Za-z0-9._/-]{1,64}"),
        proptest::option::of("(application/json|text/plain|application/fhir\\+json)"),
    )
        .prop_map(
            |((get, provider, code, client), id, path, query, word, content_type)| Request {
                method: if get { Method::Get } else { Method::Post },
                service: Service { provider, code },
                path,
                query,
                client,
                id: MessageId::from_bytes(id),
                user: word.clone(),
                issue: word,
                content_type,
            },
        )
        .prop_filter("too long", Request::is_sendable)
}

proptest! {
    #[test]
    fn every_address_is_read_back_and_written_alike(service in (subsystem(), some_part())) {
        let service = Service { provider: service.0, code: service.1 };
        let text = service.to_string();
        prop_assert!(text.bytes().all(|b| b.is_ascii_graphic()));
        let again: Service = text.parse().unwrap();
        prop_assert_eq!(&again, &service);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn any_encoding_of_a_part_means_the_same_part(part in some_part(), low in any::<bool>()) {
        let all: String = part.as_str().bytes()
            .map(|b| if low { format!("%{b:02x}") } else { format!("%{b:02X}") })
            .collect();
        prop_assert_eq!(Part::decode(&all).unwrap(), part);
    }

    #[test]
    fn no_text_becomes_a_part_that_is_written_differently_and_read_as_another(text in ".{0,80}") {
        if let Ok(part) = Part::decode(&text) {
            prop_assert_eq!(Part::decode(&part.to_string()).unwrap(), part);
        }
    }

    #[test]
    fn every_request_is_read_from_its_own_head(request in request(), body in any::<Vec<u8>>()) {
        let headers = request.headers();
        let named = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
        let (again, signature) = Request::parse(request.method.as_str(), &request.target(), named).unwrap();
        prop_assert_eq!(&again, &request);
        prop_assert!(signature.is_none());
        prop_assert_eq!(again.hash(&body), digest(&request.head(), &body));
    }

    #[test]
    fn every_answer_is_read_from_its_own_head(request in request(), status in 200_u16..600, ids in any::<[u8; 16]>()) {
        let answer = Answer {
            status,
            client: request.client.clone(),
            service: request.service.clone(),
            id: request.id,
            request_id: MessageId::from_bytes(ids),
            request_hash: request.hash(b"x"),
            error: request.issue.clone(),
            content_type: request.content_type.clone(),
        };
        let headers = answer.headers();
        let named = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
        prop_assert_eq!(Answer::parse(status, named).unwrap().0, answer.clone());
        prop_assert!(answer.answers(&request, b"x"));
        prop_assert!(!answer.answers(&request, b"y"));
    }
}

// any character at all: most vectors of characters are no part, so fewer cases
proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_global_rejects: 100_000, ..ProptestConfig::default() })]
    #[test]
    fn parts_of_any_characters_are_read_back(part in part()) {
        prop_assert_eq!(Part::decode(&part.to_string()).unwrap(), part);
    }
}

#[test]
fn what_could_be_taken_for_something_else_is_no_part() {
    for (text, why) in [
        ("", AddressError::Length { len: 0 }),
        (".", AddressError::Dots),
        ("..", AddressError::Dots),
        ("%2e%2e", AddressError::Dots),
        ("a%2Fb", AddressError::Character { found: '/' }),
        ("a%5cb", AddressError::Character { found: '\\' }),
        ("a%3Bb", AddressError::Character { found: ';' }),
        ("a%25b", AddressError::Character { found: '%' }),
        ("a%00b", AddressError::Character { found: '\0' }),
        ("a%E2%80%8Bb", AddressError::Character { found: '\u{200b}' }),
        ("a%20b", AddressError::Character { found: ' ' }),
        ("%FF", AddressError::Encoding),
        ("%C0%AF", AddressError::Encoding),
        ("%1", AddressError::Encoding),
        ("%+1", AddressError::Encoding),
        ("é", AddressError::Encoding),
        ("a b", AddressError::Encoding),
    ] {
        assert_eq!(Part::decode(text).unwrap_err(), why, "{text}");
    }
    assert_eq!(
        Part::decode(&"a".repeat(65)).unwrap_err(),
        AddressError::Length { len: 65 }
    );
    assert_eq!(
        "JPX/GOV/1".parse::<Subsystem>().unwrap_err(),
        AddressError::Parts {
            expected: 4,
            found: 3
        }
    );
}

#[test]
fn an_address_in_japanese_is_written_in_percents() {
    let subsystem: Subsystem =
        "JPX/MED/%E3%81%82%E3%81%99%E3%81%93%E3%81%88%E7%97%85%E9%99%A2/WARD"
            .parse()
            .unwrap();
    assert_eq!(subsystem.member.as_str(), "あすこえ病院");
    assert_eq!(
        subsystem.service("birthCertificate").unwrap().to_string(),
        "JPX/MED/%E3%81%82%E3%81%99%E3%81%93%E3%81%88%E7%97%85%E9%99%A2/WARD/birthCertificate"
    );
}

const TARGET: &str = "/r1/JPX/GOV/A/B/svc/one?x=1";

fn read(target: &str, headers: &[(&str, &str)]) -> Result<Request, HeadError> {
    let named = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    Request::parse("POST", target, named).map(|(request, _)| request)
}

#[test]
fn heads_that_are_incomplete_doubled_or_strange_are_refused_by_name() {
    let client = ("X-Road-Client", "JPX/MED/1/W");
    let id = ("x-road-id", "0123abcd-0000-4000-8000-00000000000F");
    let good = read(TARGET, &[client, id, ("x-unknown", "\u{e9}")]).unwrap();
    assert_eq!(good.id.to_string(), "0123abcd-0000-4000-8000-00000000000f");
    assert_eq!(
        (good.path.as_str(), good.query.as_deref()),
        ("/one", Some("x=1"))
    );
    for (headers, why) in [
        (
            vec![id],
            HeadError::Missing {
                name: "x-road-client",
            },
        ),
        (vec![client], HeadError::Missing { name: "x-road-id" }),
        (vec![client, id, id], HeadError::Twice { name: "x-road-id" }),
        (
            vec![client, ("X-Road-Id", "1")],
            HeadError::Value { name: "x-road-id" },
        ),
        (
            vec![client, id, ("X-Road-UserId", "山田")],
            HeadError::Value {
                name: "x-road-userid",
            },
        ),
        (
            vec![client, id, ("X-Ubugoe-Signature", "AAAA")],
            HeadError::Value {
                name: "x-ubugoe-signature",
            },
        ),
    ] {
        assert_eq!(read(TARGET, &headers).unwrap_err(), why);
    }
    for target in [
        "/r1/JPX/GOV/A/B",
        "/r2/JPX/GOV/A/B/svc",
        "/r1/JPX/GOV/A/B/svc/../x",
        "/r1/JPX/GOV/A/B/svc?n=%41",
        "/r1/JPX/GOV/A/B/svc/%41",
        &format!("/r1/JPX/GOV/A/B/svc/{}", "a".repeat(2_000)),
    ] {
        assert_eq!(
            read(target, &[client, id]).unwrap_err(),
            HeadError::Target,
            "{target}"
        );
    }
}

#[test]
fn a_signature_covers_head_and_body_and_cannot_pass_from_question_to_answer() {
    let request = read(
        TARGET,
        &[
            ("X-Road-Client", "JPX/MED/1/W"),
            ("X-Road-Id", "0123abcd-0000-4000-8000-00000000000f"),
        ],
    )
    .unwrap();
    let key = SigningKey::generate().unwrap();
    let own = key.verifying().unwrap();
    let signature = request.sign(b"body", &key).unwrap();
    assert!(request.is_signed(b"body", &signature, &own));
    assert!(!request.is_signed(b"Body", &signature, &own));
    let other = Request {
        issue: Some("1".to_owned()),
        ..request.clone()
    };
    assert!(!other.is_signed(b"body", &signature, &own));
    let answer = Answer {
        status: 200,
        client: request.client.clone(),
        service: request.service.clone(),
        id: request.id,
        request_id: request.id,
        request_hash: request.hash(b"body"),
        error: None,
        content_type: None,
    };
    assert!(!answer.is_signed(b"body", &signature, &own));
}

#[test]
fn the_request_hash_is_the_one_of_the_protocol() {
    // SHA512(SHA512("a") + SHA512("b")), by `printf a | openssl dgst -sha512 -binary` and so on
    assert_eq!(hex::encode(&digest("a", b"b")[..8]), "a40fb6247bf9aa22");
}
