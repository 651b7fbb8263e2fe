//! Any bytes as one of the files that the link's TLS is made of: authorities, revocations, the device's certificate, its key.

use ubugoe_edge::Tls;
use ubugoe_edge::link::outside::read_tls;

use crate::Verdict;
use crate::edits::Source;
use crate::keys::town;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let which = source.byte() % 4;
    let file = source.rest().to_vec();
    let genuine = |text: &str| text.as_bytes().to_vec();
    let mut tls = Tls {
        ca_pem: genuine(town::CA),
        crl_pem: genuine(town::CRL),
        cert_pem: genuine(town::PAIR),
        key_pem: genuine(town::PAIR),
    };
    match which {
        0 => tls.ca_pem = file,
        1 => tls.crl_pem = file,
        2 => tls.cert_pem = file,
        _ => tls.key_pem = file,
    }
    let taken = read_tls(&tls).is_ok();
    if taken {
        let file = source.rest();
        let begins = file.windows(10).any(|ten| ten == b"-----BEGIN");
        assert!(
            begins || which == 1 && file.is_empty(),
            "taken without any PEM"
        );
    }
    Verdict::of(taken)
}
