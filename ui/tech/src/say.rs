//! How a command ends: one result, in Japanese and English or as JSON, and an exit code.
//!
//! With `--json`: `{"format":"ubugoe-tech","v":1,"command":…,"ok":true,…}`, or with `"ok":false`, `why` (one word) and
//! `message` (`ja`, `en`). Fields may be added; none changes its meaning under the same `v`.
//!
//! | exit code | says |
//! |---|---|
//! | 0 | done |
//! | 1 | it did not work: `why` says what |
//! | 2 | the command line is wrong |
//! | 3 | `diagnose` found something that does not work, `export` could not read something, `audit` found a broken chain |
//! | 4 | the city said no: the code is wrong, used, too old; the device is revoked |
//! | 5 | refused, because filings would be lost |
//! | 6 | nobody answers at the city, or somebody else does |

use std::error::Error as StdError;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

/// The same in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) ja: String,
    pub(crate) en: String,
}

pub(crate) fn words(ja: impl Into<String>, en: impl Into<String>) -> Words {
    Words {
        ja: ja.into(),
        en: en.into(),
    }
}

impl Words {
    pub(crate) fn json(&self) -> Value {
        json!({ "ja": self.ja, "en": self.en })
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    /// For people, one after the other.
    pub(crate) lines: Vec<Words>,
    /// For programs, beside the usual fields.
    pub(crate) fields: Map<String, Value>,
    /// 0, or 3 where something was found.
    pub(crate) code: u8,
}

impl Done {
    pub(crate) fn new(line: Words, fields: Value) -> Self {
        Self {
            lines: vec![line],
            fields: match fields {
                Value::Object(fields) => fields,
                _ => Map::new(),
            },
            code: 0,
        }
    }
}

/// Why a command did not do it.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) why: &'static str,
    pub(crate) words: Words,
    pub(crate) code: u8,
    pub(crate) source: Option<String>,
}

pub(crate) const FOUND: u8 = 3;
pub(crate) const SAID_NO: u8 = 4;
pub(crate) const WOULD_LOSE: u8 = 5;
pub(crate) const NOBODY: u8 = 6;

impl Failed {
    pub(crate) fn new(why: &'static str, words: Words) -> Self {
        Self {
            why,
            words,
            code: 1,
            source: None,
        }
    }

    pub(crate) fn coded(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn because(mut self, error: &dyn StdError) -> Self {
        let mut whole = error.to_string();
        let mut next = error.source();
        while let Some(error) = next {
            whole = format!("{whole}: {error}");
            next = error.source();
        }
        self.source = Some(whole);
        self
    }
}

/// Something could not be read or written.
pub(crate) fn file<'a>(
    doing: &'static str,
    path: &'a std::path::Path,
) -> impl FnOnce(std::io::Error) -> Failed + 'a {
    move |error| {
        let path = path.display();
        Failed::new(
            "file",
            words(
                format!("{path} を扱えません"),
                format!("cannot {doing} {path}"),
            ),
        )
        .because(&error)
    }
}

/// Speaks for one command.
pub(crate) struct Say {
    command: &'static str,
    json: bool,
}

impl Say {
    pub(crate) const fn new(command: &'static str, json: bool) -> Self {
        Self { command, json }
    }

    /// A bar of so many steps on a terminal; nothing anywhere else.
    pub(crate) fn steps(&self, steps: u64) -> Steps {
        let bar = if self.json || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(steps)
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Steps(bar)
    }

    pub(crate) fn end(&self, outcome: Result<Done, Failed>) -> ExitCode {
        let (text, code) = match outcome {
            Ok(done) => (self.done(done.lines, done.fields), done.code),
            Err(failed) => (self.failed(&failed), failed.code),
        };
        let (out, code) = if self.json || code == 0 || code == FOUND {
            (writeln!(std::io::stdout(), "{text}"), code)
        } else {
            (writeln!(std::io::stderr(), "{text}"), code)
        };
        if out.is_err() {
            return ExitCode::FAILURE;
        }
        ExitCode::from(code)
    }

    fn done(&self, lines: Vec<Words>, fields: Map<String, Value>) -> String {
        if self.json {
            let mut object = self.head(true);
            object.extend(fields);
            return Value::Object(object).to_string();
        }
        let lines: Vec<String> = lines
            .into_iter()
            .map(|line| match line.en.as_str() {
                "" => line.ja,
                en => format!("{}\n  {en}", line.ja),
            })
            .collect();
        lines.join("\n")
    }

    fn failed(&self, failed: &Failed) -> String {
        if self.json {
            let mut object = self.head(false);
            object.insert("why".to_owned(), failed.why.into());
            object.insert("message".to_owned(), failed.words.json());
            object.insert("detail".to_owned(), json!(failed.source));
            return Value::Object(object).to_string();
        }
        let detail = failed
            .source
            .as_ref()
            .map_or_else(String::new, |source| format!("\n  ({source})"));
        format!("{}\n  {}{detail}", failed.words.ja, failed.words.en)
    }

    fn head(&self, ok: bool) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("format".to_owned(), "ubugoe-tech".into());
        object.insert("v".to_owned(), 1.into());
        object.insert("command".to_owned(), self.command.into());
        object.insert("ok".to_owned(), ok.into());
        object
    }
}

/// How far a command is.
pub(crate) struct Steps(ProgressBar);

impl Steps {
    pub(crate) fn next(&self, words: &Words) {
        self.0.set_message(format!("{} / {}", words.ja, words.en));
        self.0.inc(1);
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
