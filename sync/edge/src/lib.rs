//! The kiosk's end of the way: what was signed is kept until the city's receipt says it arrived.
//!
//! [`outbox`] is the truth, on disk. [`link`] carries rows to a broker and brings answers back; it may be killed,
//! restarted or wrong about everything, and nothing is lost, because it never decides that a row is done.
//! Neither knows what a filing says: rows are sealed before they come here.

pub mod clock;
mod disk;
pub mod enrol;
pub mod hold;
pub mod identity;
pub mod keys;
pub mod link;
pub mod outbox;
pub mod tpm;
pub mod updates;

pub use clock::{Reading, TrustedClock, Untrusted};
pub use enrol::{EnrolError, Enrolment, Layout};
pub use hold::{Hold, HoldError};
pub use identity::{Asked, Identities, Identity, IdentityError};
pub use keys::KeyTrouble;
pub use link::{
    Alert, Broker, Cap, DisconnectReason, IdentityEvent, Link, LinkError, LinkEvent, Login, Mode,
    Network, Proxy, Stats, Tls, Tuning,
};
pub use outbox::{
    Counts, Health, NewRow, NewVisit, NoRoom, OpenError, Outbox, OutboxHandle, Pending, Recipients,
    Refused, Retired, Row, RowKind, RowState, SettleError, StoreError, Trouble, VisitId, VisitInfo,
};
pub use tpm::{Tpm, TpmError};
pub use updates::{Shelf, UpdateError};
