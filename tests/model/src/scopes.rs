//! What is explored, within which bounds.

use crate::way::{Flaw, Mended, Scope, Way};

/// One row, one broker, crashes, and a broker that loses, repeats, reorders and forgets.
pub const BARE: Scope = Scope {
    rows: 1,
    brokers: false,
    stick: false,
    hostile: false,
    notices: false,
    restore: [false; 2],
};

/// Everything but a stick, and everything but a second broker: for random walks, too much to explore.
pub const EVERYTHING: [Scope; 2] = [
    Scope {
        rows: 3,
        brokers: false,
        stick: true,
        hostile: true,
        notices: true,
        restore: [true, true],
    },
    Scope {
        rows: 3,
        brokers: true,
        stick: false,
        hostile: true,
        notices: true,
        restore: [true, true],
    },
];

/// A scope in which a wrong way of working shows, and that way. What is mended is so that nothing else is found first.
#[must_use]
pub const fn of(flaw: Flaw) -> Way {
    let scope = match flaw {
        Flaw::RetireAtPuback
        | Flaw::NoDeduplication
        | Flaw::ReceiptBeforeCommit
        | Flaw::CleanStart => BARE,
        Flaw::AnyDigest | Flaw::AnySigner | Flaw::AnyCity | Flaw::RefusalOfOtherBytes => Scope {
            hostile: true,
            ..BARE
        },
        // Refused first and receipted later happens only where a restore took away what was in the way.
        Flaw::RefusalOverrules => Scope {
            hostile: true,
            restore: [true, false],
            ..BARE
        },
        Flaw::ExportRetires => Scope {
            stick: true,
            ..BARE
        },
        Flaw::NoticeOnce => Scope {
            notices: true,
            ..BARE
        },
        Flaw::ForgetAtReceipt | Flaw::NoEra => Scope {
            restore: [true, false],
            ..BARE
        },
    };
    Way {
        scope,
        flaw: Some(flaw),
        mended: Mended::ALL,
    }
}

/// Something that the product does not do yet, and a scope in which that is a fault.
#[derive(Debug, Clone, Copy)]
pub struct Weakness {
    /// In a word.
    pub name: &'static str,
    /// Where it shows.
    pub scope: Scope,
    /// Everything mended but this.
    pub mended: Mended,
}

impl Weakness {
    /// The machine with this weakness alone.
    #[must_use]
    pub const fn way(&self) -> Way {
        Way {
            scope: self.scope,
            flaw: None,
            mended: self.mended,
        }
    }
}

/// All that were found; the module doc of this crate says what each means.
pub const WEAKNESSES: [Weakness; 5] = [
    Weakness {
        name: "only the operator's city can ask again",
        scope: Scope {
            rows: 2,
            restore: [false, true],
            ..BARE
        },
        mended: Mended {
            any_city_asks: false,
            ..Mended::ALL
        },
    },
    Weakness {
        name: "a proof that is lost is not repeated",
        scope: Scope {
            restore: [true, false],
            ..BARE
        },
        mended: Mended {
            proof_until_repeated: false,
            ..Mended::ALL
        },
    },
    Weakness {
        name: "notices are numbered from one again",
        scope: Scope {
            notices: true,
            restore: [true, false],
            ..BARE
        },
        mended: Mended {
            notices_count_on: false,
            ..Mended::ALL
        },
    },
    Weakness {
        name: "notices of a city that is not the operator come to rest",
        scope: Scope {
            rows: 2,
            notices: true,
            ..BARE
        },
        mended: Mended {
            notices_never_rest: false,
            ..Mended::ALL
        },
    },
    Weakness {
        name: "a device stays at a broker where nobody listens",
        scope: Scope {
            brokers: true,
            ..BARE
        },
        mended: Mended {
            leaves_silence: false,
            ..Mended::ALL
        },
    },
];

/// Where the product as it is has no known weakness.
pub const SOUND: [(&str, Scope); 6] = [
    (
        "three rows, two visits, two cities",
        Scope { rows: 3, ..BARE },
    ),
    (
        "a stolen device key",
        Scope {
            hostile: true,
            ..BARE
        },
    ),
    (
        "a stick beside the network",
        Scope {
            stick: true,
            ..BARE
        },
    ),
    (
        "two rows and a stick",
        Scope {
            rows: 2,
            stick: true,
            ..BARE
        },
    ),
    (
        "notices of the operator's city",
        Scope {
            notices: true,
            ..BARE
        },
    ),
    (
        "a stolen device key, a stick and notices",
        Scope {
            stick: true,
            hostile: true,
            notices: true,
            ..BARE
        },
    ),
];

/// Too large for every run: explored when `UBUGOE_MODEL_SECONDS` is set.
pub const LARGE: [(&str, Scope); 1] = [(
    "two restored cities",
    Scope {
        rows: 2,
        restore: [true, true],
        ..BARE
    },
)];
