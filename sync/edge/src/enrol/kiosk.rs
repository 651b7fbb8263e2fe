//! The kiosk's configuration as an enrolment writes it. What the bundle's profile says stands at its end, as it is.

use std::fmt::Write as _;
use std::path::Path;

use ubugoe_protocol::enrol::Bundle;

use super::{Layout, name};

const MARK: &str = "# Enrolment ";

/// Which generation of files a configuration names.
pub(super) fn generation(text: &str) -> Option<u32> {
    let rest = text.strip_prefix(MARK)?;
    rest.split_once(' ')?.0.parse().ok()
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// Only inline tables, `tpm` only where the keys rest in one, so that the profile may begin with plain keys.
pub(super) fn text(
    generation: u32,
    layout: &Layout,
    tpm: Option<&Path>,
    bundle: &Bundle,
) -> String {
    let file = |of: &str| path(&layout.enrolled.join(name(generation, of)));
    let brokers: Vec<String> = bundle
        .brokers
        .iter()
        .map(|(host, port)| format!("{{ host = {}, port = {port} }}", quoted(host)))
        .collect();
    let cities: Vec<String> = bundle
        .cities
        .iter()
        .map(|city| {
            format!(
                "{{ id = {}, municipality = {}, hpke = {}, receipt = {} }}",
                quoted(city.id.as_str()),
                quoted(&city.municipality),
                file(&format!("{}.hpke.pub", city.id)),
                file(&format!("{}.receipt.pub", city.id)),
            )
        })
        .collect();
    let roots: Vec<String> = (0..bundle.attribute_roots.len())
        .map(|number| file(&format!("attribute-root-{number}")))
        .collect();
    let operator = bundle.runner.as_ref().map_or_else(String::new, |runner| {
        format!(
            "operator = {{ recipient = {}, key = {} }}\n",
            quoted(runner.recipient.as_str()),
            file("operator.pub"),
        )
    });
    format!(
        "{MARK}{generation} wrote this file; the next one replaces it.\n\
         device = {device}\n\
         data_dir = {data}\n\
         birthplace = {birthplace}\n\
         certificates = {certificates}\n\
         identities = {identities}\n\
         sign_roots = [{sign_roots}]\n\
         tls = {{ ca = {ca}, certificate = {pem}, key = {key} }}\n\
         keys = {{ sign = {sign}, hpke = {hpke} }}\n\
         {tpm}\
         broker = [{brokers}]\n\
         recipient = [{cities}]\n\
         {operator}\
         card = {{ attribute_roots = [{roots}] }}\n\
         \n\
         # The municipality's profile, as it came.\n\
         {profile}",
        device = quoted(bundle.device.as_str()),
        data = path(&layout.data),
        birthplace = quoted(&bundle.municipality),
        certificates = path(&layout.certificates),
        identities = path(&layout.identities),
        sign_roots = file("sign-roots.pem"),
        ca = file("broker-ca.pem"),
        pem = file("device.pem"),
        key = file("device.key"),
        sign = file("device.sign"),
        hpke = file("device.hpke"),
        tpm = tpm.map_or_else(String::new, |tpm| format!("tpm = {}\n", path(tpm))),
        brokers = brokers.join(", "),
        cities = cities.join(", "),
        roots = roots.join(", "),
        profile = bundle.profile,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_a_text_stays_inside_its_quotes() {
        assert_eq!(quoted("三階\"東\\\n"), "\"三階\\\"東\\\\\\u000A\"");
    }
}
