//! The way of a filing as a machine that is explored to its last state, and scripts that drive the real code by it.
//!
//! Read this page, then [`way`]. Ten minutes.
//!
//! ```text
//!   device                          ways (a set each)                       city, twice
//!   ───────────────────────         ─────────────────────────               ──────────────────────────
//!   disk: stand, again, kept,  ──>  Own, Other, Seen, Proof, Obeyed    ──>  disk: holds, number, decided,
//!         shown, told               ......................                        due, seen, proof, era, asking
//!   memory: connected, unacked <──  Receipt…, Refusal…, Notice, Order  <──  memory: owed       backup: the same
//! ```
//! A crash loses what is in memory, before or after the commit. Each way is a *set*: a message in it may be delivered any
//! number of times, in any order, to whoever asks, and may be gone at any moment. So a hostile broker that records and replays
//! is in the model as it is, and no bound on messages is needed.
//!
//! # What each action stands for
//!
//! | action | real code |
//! |---|---|
//! | `Store` | `Outbox::store`: all rows of a visit, one transaction |
//! | `Connect` | `link::session::connected`: `reopen_unsettled`, `pending` |
//! | `Publish`, `Acknowledge` | `Outbox::to_send`, packet to the broker; PUBACK, `mark_sent` |
//! | `Export` | `outboxctl export`: `to_send`, to a stick |
//! | `Land` of `Own`, `Other` | `Ingest::land` to its commit: `judge`, `store::ingest`, `land`, `conflict`, `reinstate` |
//! | `Land` of `Seen`, `Proof` | `Ingest::land` of `Report::Seen`, `Report::Earlier`: `store::words` |
//! | `Answer` | `ingest::link::Worker::answer`; between it and `Land` lies `FaultPoint::AfterCommit` |
//! | `Take` of a receipt, refusal, notice | `link::inbox::take`: `Outbox::retire_all`, `refuse`, `note_status`, `Voice::say` |
//! | `Drop`, `Forget` | acknowledged by whom it was for, or lost; the broker restarted without its memory |
//! | `CrashDevice`, `CrashCity` | the process dies; driven: inside a transaction, where one is possible |
//! | `Inject`, `Forge`, `Misuse` | a copied device key; a receipt signed by nobody; by another city's real key |
//! | `Decide`, `Notify`, `Rest`, `Hello` | `Store::decide`; `send_notices`; `next_attempt`, which never gives up; `Report::TimeAsk`, `wake_notices` |
//! | `BackUp`, `Restore` | the database file; `ubugoe-city after-restore`: `operate::restore` |
//! | `Order`, `TakeOrder`, `TakeObeyed` | `send_down`; `link::inbox::command`: `keep_command`, `ask_again`, `finish_command`; `Report::Command` |
//! | `MoveCity`, `Leave` | the city is configured for the other broker; `link::session::silence` |
//!
//! # What must hold
//!
//! In every state: a row that is shown as arrived is in its city's database, or (after a restore) its sealed bytes are still here
//! and it is asked for; no city holds two filings of one id; what is shown as arrived was received, what is shown as refused
//! was refused, by that city and about that content. In every step: what has arrived stays arrived. From every state, *by
//! progress alone*: a way to where every row is settled, the family's receipt carries the number that the city knows, and the
//! newest decision is on the device. The last is checked backwards from the ends ([`explore`](mod@explore)), so a cycle without
//! progress is found too.
//!
//! [`way::Flaw`] lists eighteen wrong ways of working. Each must be found, and is, by its shortest example; and the real code, driven
//! by that example, must differ from a model that has the flaw.
//!
//! # Why no crate
//!
//! `stateright` 0.31.0 (MIT) was read. Its `eventually` holds on paths without cycles only, by its own documentation, and "from
//! every state there is a way to" cannot be said in it: that is the property that finds stuck rows. It always brings `tiny_http`, with no
//! feature to leave it out. [`explore`](mod@explore) is a hundred and fifty lines.
//!
//! # What it found
//!
//! Five of the flaws were the product's own when this model was first explored; decision 0012 tells how each was mended. They stay
//! here as controls.
//!
//! # What is not in it
//!
//! Time: nothing expires (the order to send again lives ninety days, sealed bytes seven days after a receipt: what is older is not
//! asked for). A second restore. An operator who gives `since` too late, or lets a restored city serve before `after-restore`.
//! Pieces of attachments (they are rows). A second device.

pub mod explore;
pub mod scopes;
pub mod walk;
pub mod way;
