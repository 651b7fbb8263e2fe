//! What is explored, within which bounds.

use crate::way::{Flaw, Scope, Way};

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

/// A scope in which a wrong way of working shows, and that way.
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
        Flaw::ForgetAtReceipt | Flaw::NoEra | Flaw::ProofOnce => Scope {
            restore: [true, false],
            ..BARE
        },
        Flaw::OnlyOperatorAsks => Scope {
            rows: 2,
            restore: [false, true],
            ..BARE
        },
        Flaw::NoticesStartOver => Scope {
            notices: true,
            restore: [true, false],
            ..BARE
        },
        // The second row's city is not the operator: the device says nothing to it.
        Flaw::NoticesRest => Scope {
            rows: 2,
            notices: true,
            ..BARE
        },
        Flaw::StaysInSilence => Scope {
            brokers: true,
            ..BARE
        },
    };
    Way {
        scope,
        flaw: Some(flaw),
    }
}

/// What is explored in every run, beside the scopes of the flaws ([`of`]).
pub const SOUND: [(&str, Scope); 9] = [
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
        "a restored city and its notices",
        Scope {
            notices: true,
            restore: [true, false],
            ..BARE
        },
    ),
    (
        "a restored city that is not the operator",
        Scope {
            rows: 2,
            restore: [false, true],
            ..BARE
        },
    ),
    (
        "a city that moves to another broker",
        Scope {
            brokers: true,
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
