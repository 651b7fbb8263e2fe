//! The way of a filing as a machine that is explored to its last state, and scripts that drive the real code by it.
//!
//! Read this page, then [`way`]. Ten minutes. `tests/chaos/src/model` is an older, smaller model with a bounded broker and
//! all faults of the restored city at once; this one has no bound on messages, and what that one leaves out: connections and
//! acknowledgements, other content under the same id, refusals, notices, a second broker, a stick, proofs that get lost.
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
//! | `Land` of `Seen`, `Proof` | `Ingest::land` of `Report::Seen`, `Report::Earlier`: `remember` |
//! | `Answer` | `ingest::link::Worker::answer`; between it and `Land` lies `FaultPoint::AfterCommit` |
//! | `Take` of a receipt, refusal, notice | `link::inbox::take`: `Outbox::retire_all`, `refuse`, `note_status`, `Voice::say` |
//! | `Drop`, `Forget` | acknowledged by whom it was for, or lost; the broker restarted without its memory |
//! | `CrashDevice`, `CrashCity` | the process dies; driven: inside a transaction, where one is possible |
//! | `Inject`, `Forge`, `Misuse` | a copied device key; a receipt signed by nobody; by another city's real key |
//! | `Decide`, `Notify`, `Rest`, `Hello` | `Store::decide`; `send_notices`; `next_attempt` after the fourth; `Report::TimeAsk`, `wake_notices` |
//! | `BackUp`, `Restore` | the database file; `ubugoe-city after-restore`: `begin_era`, `orders::give` |
//! | `Order`, `TakeOrder`, `TakeObeyed` | `send_orders`; `link::inbox::command`: `keep_command`, `ask_again`, `finish_command`; `Report::Command` |
//! | `MoveCity`, `Leave` | the city is configured for the other broker; *not in the product* |
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
//! [`way::Flaw`] lists thirteen wrong ways of working. Each must be found, and is, by its shortest example; and the real code, driven
//! by that example, must differ from a model that has the flaw.
//!
//! # Why no crate
//!
//! `stateright` 0.31.0 (MIT) was read. Its `eventually` holds on paths without cycles only, by its own documentation, and "from
//! every state there is a way to" cannot be said in it: that is the property that finds stuck rows. It always brings `tiny_http`, with no
//! feature to leave it out. [`explore`](mod@explore) is a hundred and fifty lines.
//!
//! # What the product does not do yet
//!
//! Each is found by [`scopes::WEAKNESSES`] as the shortest way to a state from which nothing settles, is driven through the real code,
//! and is gone with the proposal ([`way::Mended`]).
//!
//! 1. **Only the operator's city can ask again.** A device takes orders from one city. A restored city that is not its operator
//!    (里帰り: the other two) orders, is not heard, and asks for ever; what it lost is lost. *Proposal:* a device takes
//!    `Order::Resend`, and no other order, from every city whose receipts it knows, for that city's rows, under that
//!    city's `operate` key in the device's configuration.
//! 2. **A proof that is lost is not repeated.** `Report::Earlier` is said once, from memory, at QoS 0. If it is lost, or a row is sent
//!    before it, the city files the row anew: a new number and a later time than on the receipt in the family's hand. *Proposal:*
//!    a row stays asked for until the city's receipt repeats the number that the device shows; whenever another comes, the device
//!    shows its receipt again; and the city takes a proof for a filing that is there already, and answers with its number.
//! 3. **Notices are numbered from one again.** A decision that a restore loses had number 1; the next decision gets number 1 too. The device
//!    holds it for a repetition, does not show it, and says that it has it; the city believes that the family knows. *Proposal:*
//!    the number of a notice is more than the era's moment (`max(last + 1, era)`, seconds fit into 32 bits until 2106).
//! 4. **Notices of a city that is not the operator come to rest.** After four sendings that the broker took, a notice waits for a sign of
//!    life. The device asks only its operator for the time, so another city hears nothing until the next filing; a broker that
//!    forgot the notice meanwhile has lost it. *Proposal:* a notice that was not seen is sent once a day, for as long as
//!    the decision matters.
//! 5. **A device stays at a broker where nobody listens.** Of several addresses a healthy one is kept though no city is there. *Proposal:* a
//!    recipient silent for an hour at one address is a reason to try the next; or say that all addresses are one cluster.
//!
//! # What is not in it
//!
//! Time: nothing expires (an order lives seven days, and so do sealed bytes after a receipt: a device that is away longer is not
//! asked). A second restore. An operator who gives `since` too late, or lets a restored city serve before `after-restore`.
//! Pieces of attachments (they are rows). A second device.

pub mod explore;
pub mod scopes;
pub mod walk;
pub mod way;
