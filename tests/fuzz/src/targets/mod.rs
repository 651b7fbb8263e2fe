//! The table of targets: one module for each decoder, each with what must hold.

mod agency_head;
pub(crate) mod card;
mod card_answers;
mod card_edited;
pub(crate) mod card_files;
pub(crate) mod carried;
mod catalogue;
mod certificate;
mod certificate_body;
mod certificate_request;
mod city_config;
pub(crate) mod city_desk;
mod city_facts;
mod city_form;
mod cms;
mod cms_attributes;
mod command;
mod conversion;
mod device_identity;
mod dictionaries;
pub(crate) mod door;
mod downlink;
mod downlink_header;
mod downlink_items;
pub(crate) mod edited;
pub(crate) mod envelope;
mod envelope_body;
mod envelope_header;
mod fhir_bundle;
mod filing;
mod grant;
mod identifiers;
mod key_texts;
mod link_tls;
mod manifest;
mod nursery_csv;
mod panel_frames;
mod part;
mod piece;
mod portable_id;
mod proxy_answer;
mod qr;
mod receipt;
mod refusal;
mod registry;
mod report;
mod second_body;
mod second_notice;
mod signed;
mod signed_answers;
mod status;
mod system;
mod time_claim;
mod time_notice;
mod visit_code;
mod visit_code_body;
mod visit_proof;
mod visit_tree;
mod ward_form;

use std::path::Path;
use std::sync::Once;

use tempfile::TempDir;

use crate::{Target, Verdict};

const KIB: usize = 1024;

const MARK: &str = "ubugoe-fuzz-";

/// A folder for one input or a few; in memory where that is possible, because waiting for a disk tells nothing about a decoder.
fn folder() -> TempDir {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(sweep);
    let prefix = format!("{MARK}{}-", std::process::id());
    let mut make = tempfile::Builder::new();
    make.prefix(&prefix);
    make.tempdir_in("/dev/shm")
        .or_else(|_| make.tempdir())
        .expect("a folder")
}

/// Removes what processes left that are gone: libFuzzer ends without a word.
fn sweep() {
    for entry in std::fs::read_dir("/dev/shm")
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name
            .strip_prefix(MARK)
            .and_then(|rest| rest.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _gone = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Lets go of what is kept between inputs.
pub fn finish() {
    carried::finish();
    city_desk::finish();
}

const fn target(
    name: &'static str,
    run: fn(&[u8]) -> Verdict,
    longest: usize,
    memory: usize,
) -> Target {
    Target {
        name,
        run,
        longest,
        memory,
    }
}

/// Every target. Limits: sizes from the decoders' own limits, memory from measurements, about four times as much.
pub const TARGETS: &[Target] = &[
    target("agency_head", agency_head::run, 8 * KIB, 64 * KIB),
    target("card_answers", card_answers::run, 8 * KIB, 2048 * KIB),
    target("card_edited", card_edited::run, 256, 2048 * KIB),
    target("card_files", card_files::run, 8 * KIB, 2048 * KIB),
    target("carried", carried::run, 140 * KIB, 8192 * KIB),
    target("catalogue", catalogue::run, 64 * KIB, 8192 * KIB),
    target("certificate", certificate::run, 10 * KIB, 256 * KIB),
    target(
        "certificate_body",
        certificate_body::run,
        8 * KIB,
        256 * KIB,
    ),
    target(
        "certificate_request",
        certificate_request::run,
        9 * KIB,
        512 * KIB,
    ),
    target("city_config", city_config::run, 16 * KIB, 1024 * KIB),
    target("city_desk", city_desk::run, 140 * KIB, 32768 * KIB),
    target("city_facts", city_facts::run, 64 * KIB, 512 * KIB),
    target("city_form", city_form::run, 17 * KIB, 64 * KIB),
    target("cms", cms::run, 18 * KIB, 256 * KIB),
    target("cms_attributes", cms_attributes::run, 8 * KIB, 256 * KIB),
    target("command", command::run, 5 * KIB, 64 * KIB),
    target("conversion", conversion::run, 8 * KIB, 256 * KIB),
    target(
        "device_identity",
        device_identity::run,
        32 * KIB,
        1024 * KIB,
    ),
    target("dictionaries", dictionaries::run, 16 * KIB, 1024 * KIB),
    target("door", door::run, 16 * KIB, 16384 * KIB),
    target("downlink", downlink::run, 140 * KIB, 256 * KIB),
    target("downlink_header", downlink_header::run, 2 * KIB, 256 * KIB),
    target("downlink_items", downlink_items::run, 16 * KIB, 256 * KIB),
    target("edited", edited::run, 512, 512 * KIB),
    target("envelope", envelope::run, 140 * KIB, 256 * KIB),
    target("envelope_body", envelope_body::run, 140 * KIB, 256 * KIB),
    target("envelope_header", envelope_header::run, 2 * KIB, 256 * KIB),
    target("fhir_bundle", fhir_bundle::run, 64 * KIB, 1024 * KIB),
    target("filing", filing::run, 64 * KIB, 512 * KIB),
    target("grant", grant::run, 33 * KIB, 64 * KIB),
    target("identifiers", identifiers::run, 256, 64 * KIB),
    target("key_texts", key_texts::run, 256, 64 * KIB),
    target("link_tls", link_tls::run, 32 * KIB, 1024 * KIB),
    target("manifest", manifest::run, 2 * KIB, 64 * KIB),
    target("nursery_csv", nursery_csv::run, 32 * KIB, 4096 * KIB),
    target("panel_frames", panel_frames::run, 2 * KIB, 16 * KIB),
    target("part", part::run, 140 * KIB, 64 * KIB),
    target("piece", piece::run, 140 * KIB, 256 * KIB),
    target("portable_id", portable_id::run, 128, 512 * KIB),
    target("proxy_answer", proxy_answer::run, 9 * KIB, 64 * KIB),
    target("qr", qr::run, 4 * KIB, 64 * KIB),
    target("receipt", receipt::run, 2 * KIB, 64 * KIB),
    target("refusal", refusal::run, 2 * KIB, 64 * KIB),
    target("registry", registry::run, 32 * KIB, 4096 * KIB),
    target("report", report::run, 140 * KIB, 256 * KIB),
    target("second_body", second_body::run, 140 * KIB, 256 * KIB),
    target("second_notice", second_notice::run, 140 * KIB, 256 * KIB),
    target("signed_answers", signed_answers::run, 6 * KIB, 64 * KIB),
    target("status", status::run, 6 * KIB, 64 * KIB),
    target("system", system::run, 2 * KIB, 64 * KIB),
    target("time_claim", time_claim::run, 1024, 256 * KIB),
    target("time_notice", time_notice::run, 5 * KIB, 64 * KIB),
    target("visit_code", visit_code::run, 8 * KIB, 64 * KIB),
    target("visit_code_body", visit_code_body::run, 4 * KIB, 64 * KIB),
    target("visit_proof", visit_proof::run, 1024, 256 * KIB),
    target("visit_tree", visit_tree::run, 256, 64 * KIB),
    target("ward_form", ward_form::run, 16 * KIB, 256 * KIB),
];
