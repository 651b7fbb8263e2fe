//! Orders for a system: what a device takes, what it refuses, and which version is newer.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use support::{signer, system_order};
use ubugoe_protocol::system::{MAX_BUNDLE, MAX_ORDER, MAX_URL};
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{FilingId, ImageVersion, Manifest, SystemOrder, WireError, digest};

/// The third content's number, as it stands in every manifest that was ever signed.
#[test]
fn an_order_travels_as_the_third_content_and_comes_out_as_it_went_in() {
    let key = signer();
    let whole = system_order().to_bytes().unwrap();
    let manifest = Manifest {
        id: FilingId::from_bytes([8; 16]),
        content: Content::System,
        version: 3,
        sha256: digest(&whole),
        len: whole.len() as u64,
        at: 1_790_000_000,
    };
    let signed = manifest.sign(&key.secret).unwrap();
    assert_eq!(Manifest::verify(&signed, &key.public).unwrap(), manifest);
    assert_eq!(SystemOrder::from_bytes(&whole).unwrap(), system_order());
    let stands = [0x03, 0x03];
    assert!(
        signed.windows(2).any(|bytes| bytes == stands),
        "content is 3, under key 3"
    );
}

/// Written by the first version of this format; devices that were six months in a cupboard still send and read it.
#[test]
fn an_order_of_the_first_version_is_read_for_ever() {
    let mut old = vec![0xa6, 0x01, 0x01, 0x02, 0x78, 0x1d];
    old.extend_from_slice(b"https://asukoe.example/a.rauc");
    old.extend_from_slice(&[0x03, 0x6a]);
    old.extend_from_slice(b"ubugoe-pc1");
    old.extend_from_slice(&[0x04, 0x67]);
    old.extend_from_slice(b"0.8.0+7");
    old.extend_from_slice(&[0x05, 0x58, 0x20]);
    old.extend_from_slice(&[7; 32]);
    old.extend_from_slice(&[0x06, 0x19, 0x03, 0xe8]);
    let order = SystemOrder::from_bytes(&old).unwrap();
    assert_eq!(order.url, "https://asukoe.example/a.rauc");
    assert_eq!(
        (order.version.to_string().as_str(), order.len),
        ("0.8.0+7", 1_000)
    );
    assert_eq!(order.to_bytes().unwrap(), old);
    old[2] = 2;
    assert!(matches!(
        SystemOrder::from_bytes(&old),
        Err(WireError::Version { found: 2, .. })
    ));
}

#[test]
fn addresses_that_are_not_https_or_hide_something_and_sizes_out_of_range_are_refused() {
    for url in [
        "http://asukoe.example/a.raucb",
        "HTTPS://asukoe.example/a.raucb",
        "file:///etc/shadow",
        "https://",
        "https:///a.raucb",
        "https://user:word@asukoe.example/a.raucb",
        "https://-asukoe.example/a.raucb",
        "https://asukoe.example/a b",
        "https://asukoe.example/a\nurl file:///etc/shadow",
        "https://asukoe.example/\"a",
        "https://asukoe.example/a#b",
        "https://\u{3042}.example/a",
        &format!("https://asukoe.example/{}", "a".repeat(MAX_URL)),
    ] {
        let order = SystemOrder {
            url: url.to_owned(),
            ..system_order()
        };
        assert!(order.to_bytes().is_err(), "{url}");
    }
    for compatible in ["", "ubugoe generic", "a\nb", &"a".repeat(65)] {
        let order = SystemOrder {
            compatible: compatible.to_owned(),
            ..system_order()
        };
        assert!(order.to_bytes().is_err(), "{compatible}");
    }
    for len in [0, MAX_BUNDLE + 1] {
        let order = SystemOrder {
            len,
            ..system_order()
        };
        assert!(order.to_bytes().is_err(), "{len}");
    }
    // control: the longest that passes
    let longest = SystemOrder {
        url: format!("https://asukoe.example:8443/{}", "a".repeat(MAX_URL - 28)),
        compatible: "a".repeat(64),
        len: MAX_BUNDLE,
        ..system_order()
    };
    let bytes = longest.to_bytes().unwrap();
    assert!(bytes.len() <= MAX_ORDER);
    assert_eq!(SystemOrder::from_bytes(&bytes).unwrap(), longest);
    assert!(SystemOrder::from_bytes(&[bytes, vec![0; MAX_ORDER]].concat()).is_err());
}

#[test]
fn versions_compare_as_numbers_and_are_written_in_one_way_only() {
    let version = |text: &str| text.parse::<ImageVersion>().unwrap();
    let rising = ["0.8.9+5", "0.8.10+4", "0.8.10+30", "0.9.0+1", "1.0.0+0"];
    for pair in rising.windows(2) {
        assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
    }
    for wrong in [
        "",
        "0.8",
        "0.8.0",
        "0.8.0.1+2",
        "0.8.0+",
        "0.08.0+1",
        "0.8.0+01",
        "+0.8.0+1",
        "0.8.0+1 ",
        "0.8.0+1a",
        "v0.8.0+1",
        "0.8.0+1+2",
        "-1.0.0+1",
    ] {
        assert!(wrong.parse::<ImageVersion>().is_err(), "{wrong}");
    }
}
