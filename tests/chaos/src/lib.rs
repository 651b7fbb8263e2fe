//! Breaks what carries a filing, on purpose and in order, and counts what is left: lost, doubled, stuck.
//!
//! Every part of the product that can run for real does: outbox, link, broker, city, databases. Scripts stand only where
//! no real part can be made to fail on time. Each kind of check has a control, a wrong way of working that it must
//! catch. A short form of each part runs with the tests; `./ubugoe chaos` runs the long ones.
//!
//! | part | what breaks | module |
//! |---|---|---|
//! | `power` | the current, at every write to the disk | [`power`] |
//! | `kills` | kiosk, broker and city, by `kill -9`, at any moment | [`kills`] |
//! | `broker` | the broker's word: it drops, doubles, reorders, replays, lies, refuses, forgets, falls silent | [`broker`] |
//! | `crowd` | nothing: a hundred kiosks come back at once after a month | [`crowd`] |
//! | `restore` | the city's database: crashed, then restored from a backup | [`restore`] |
//! | `model` | everything that may, in a small machine explored to its last state | [`ubugoe_model`] |
//! | `carry` | the network for good: filings and receipts travel on a stick | [`carry`] |
//! | `network` | the wires: partition, loss, 64 kbit/s, another address, short packets | [`network`] |
//! | `cluster` | nodes of a RabbitMQ cluster, by `kill -9` | [`cluster`] |

pub mod broker;
pub mod carry;
pub mod cluster;
pub mod crowd;
pub mod disk;
pub mod kills;
pub mod network;
pub mod paper;
pub mod power;
pub mod replicas;
pub mod restore;
pub mod table;
pub mod town;
pub mod writer;
