//! A page as it is shown: what axe-core finds on it, how wide it is, whether a finger finds what is to be touched.

use std::path::Path;

use serde_json::{Value, json};
use ubugoe_bench::browser::Browser;

/// axe-core 4.14.1 (MPL-2.0), unchanged from npm; see axe/README.md.
const AXE: &str = include_str!("../axe/axe.min.js");
const CHECK: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] } })
        .then(found => done(found.violations.map(one => ({ id: one.id, nodes: one.nodes.map(n => n.html + ' — ' + n.failureSummary) }))))
        .catch(error => done([{ id: 'axe itself', nodes: [String(error)] }]));";

/// What a script comes to.
pub(crate) fn value(browser: &Browser, script: &str) -> Value {
    let script = format!("arguments[arguments.length - 1]({script});");
    browser.ask(&script, Vec::new()).unwrap()
}

/// What axe finds on the page that is open.
pub(crate) fn violations(browser: &Browser) -> Vec<Value> {
    let load = format!("{AXE};\narguments[arguments.length - 1](typeof axe.run);");
    assert_eq!(browser.ask(&load, Vec::new()).unwrap(), json!("function"));
    let found = browser.ask(CHECK, Vec::new()).unwrap();
    found.as_array().unwrap().clone()
}

/// Keeps a picture of the page, and finds no violation on it.
pub(crate) fn accessible(browser: &Browser, folder: &Path, name: &str) {
    browser
        .snapshot(&folder.join(format!("{name}.png")))
        .unwrap();
    let found = violations(browser);
    assert!(found.is_empty(), "{name}: {found:#?}");
}

/// By how much the page is wider than its window.
pub(crate) fn over(browser: &Browser) -> i64 {
    let over = "document.documentElement.scrollWidth - window.innerWidth";
    value(browser, over).as_i64().unwrap()
}

/// Makes the page as narrow as a phone: Chromium makes no window narrower than 500.
pub(crate) fn narrow(browser: &Browser) {
    value(browser, "document.documentElement.style.width = '360px'");
}

/// Nothing reaches beyond the phone's 360.
pub(crate) fn fits_a_phone(browser: &Browser, name: &str) {
    let wide = value(
        browser,
        "[...document.querySelectorAll('main *, header *')].filter(e => e.getBoundingClientRect().right > 361).map(e => e.outerHTML.slice(0, 160))",
    );
    assert_eq!(wide, json!([]), "{name} is wider than 360");
}

/// Nothing that is to be touched is smaller than a finger.
pub(crate) fn fits_a_finger(browser: &Browser, name: &str) {
    let small = value(
        browser,
        "[...document.querySelectorAll('main button, main a.button, summary, nav a')].filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 120))",
    );
    assert_eq!(small, json!([]), "{name}: targets smaller than a finger");
}
