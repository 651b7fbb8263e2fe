//! Any bytes as a file in the folder of a device's certificates, and as the certificate that a city grants. Whatever they are, the
//! one in use stays in use; only a certificate for the device's own new key and name is kept.

use std::fs;

use ubugoe_edge::Identities;
use ubugoe_protocol::digest;

use crate::Verdict;
use crate::edits::Source;
use crate::keys::{NOW, town};
use crate::real;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let kind = source.byte() % 3;
    let file = source.rest();
    let folder = super::folder();
    let write = |name: &str, content: &[u8]| {
        fs::write(folder.path().join(name), content).expect("a file");
    };
    let open = || Identities::open(folder.path()).expect("damaged files are passed over");
    match kind {
        0 => {
            write("00000001.identity", file);
            let found = open();
            let Ok(current) = found.current() else {
                return Verdict::Refused;
            };
            assert_eq!((current.generation, current.pem.as_slice()), (1, file));
            Verdict::Taken
        }
        1 => {
            write("00000001.identity", town::PAIR.as_bytes());
            write("00000002.asked", file);
            let found = open();
            assert_eq!(
                found.current().map(|current| current.generation).ok(),
                Some(1)
            );
            let Some(asked) = found.asked() else {
                return Verdict::Refused;
            };
            assert_eq!(asked.digest, digest(&asked.der));
            Verdict::Taken
        }
        _ => {
            write("00000001.identity", town::PAIR.as_bytes());
            write("00000002.asked", town::ASKED.as_bytes());
            let mut found = open();
            let request = digest(&town::request());
            let chain = String::from_utf8_lossy(file);
            let granted = found.granted(&request, &chain, &real::device(), NOW);
            assert_eq!(
                found.current().map(|current| current.generation).ok(),
                Some(1)
            );
            assert_eq!(granted.is_ok(), found.next().is_some());
            if granted.is_ok() {
                // The same again from the disk: what was kept can be read.
                let next = open().next().map(|next| (next.generation, next.until));
                assert!(next.is_some_and(|(which, until)| which == 2 && until > NOW));
            }
            Verdict::of(granted.is_ok())
        }
    }
}
