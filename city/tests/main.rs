//! Everything about the city that is tested from outside, as one program: one compilation and one link instead of thirty.
//! Alone: `./ubugoe test -p ubugoe-city -E 'test(/^desk::/)'`.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(
    clippy::similar_names,
    clippy::format_push_string,
    clippy::large_futures,
    reason = "stories of lines, links and takings, told once"
)]

mod support;

mod agencies;
mod agencies_console;
mod api;
mod arrival;
mod axe;
mod bankfile;
mod carry;
mod console;
mod deploy;
mod desk;
mod desk_store;
mod door;
mod enrol;
mod family;
mod faults;
mod handing_on;
mod nonstop;
mod offices;
mod oidc;
mod oidc_browser;
mod operate;
mod otlp;
mod pages;
mod papers;
mod plans;
mod program;
mod replicas;
mod restore;
mod retention;
mod second_card;
mod second_signature;
mod services;
mod store_story;
mod word_from_devices;
mod wrong_person;
