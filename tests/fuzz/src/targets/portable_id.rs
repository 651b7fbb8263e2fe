//! Any text as a portable id, to a ring that has made tokens. What opens was made with this ring for this site.

use std::sync::LazyLock;

use ubugoe_procedures::portable::{Epoch, KeyRing, SiteId, SlotTable, Token};

use crate::Verdict;

const NOW: Epoch = Epoch(2969);

static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::new(NOW, [0x55; 32]));

fn site(name: &str) -> SiteId {
    name.parse().expect("a site")
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(bytes);
    let table = SlotTable::builtin().expect("the table is whole");
    if let Ok(declared) = table.read_code(&text) {
        let code = table.code(&declared);
        assert_eq!(table.read_code(code.shown()).ok(), Some(declared));
    }
    let Ok(token) = text.parse::<Token>() else {
        return Verdict::Refused;
    };
    assert_eq!(token.to_string().parse().ok(), Some(token));
    let opened = RING.open(table, &token, &site("asukoe.example"), NOW);
    // 2^-24 of all made-up tokens have the right check bits for a site, and so for both 2^-48.
    assert!(
        opened.is_err()
            || RING
                .open(table, &token, &site("other.example"), NOW)
                .is_err(),
        "a token of two sites"
    );
    Verdict::Taken
}
