//! A job on a terminal: its bar, its end in two languages or as JSON, and the exit code.
//!
//! With `--json`: `{"format":"ubugoe-tech","v":1,"command":…,"ok":true,…}`, or with `"ok":false`, `why` (one word) and
//! `message` (`ja`, `en`). Fields may be added; none changes its meaning under the same `v`.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use ubugoe_tech::Outcome;
use ubugoe_tech::say::{FOUND, Failed, Progress, Words};

/// Speaks for one command.
pub(crate) struct Terminal {
    command: &'static str,
    json: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress for Terminal {
    fn begin(&self, steps: u64) {
        let bar = if self.json || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(steps)
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        *self.bar() = Some(bar);
    }

    fn next(&self, words: &Words) {
        if let Some(bar) = self.bar().as_ref() {
            bar.set_message(format!("{} / {}", words.ja, words.en));
            bar.inc(1);
        }
    }

    fn end(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }
}

impl Terminal {
    pub(crate) const fn new(command: &'static str, json: bool) -> Self {
        Self {
            command,
            json,
            bar: Mutex::new(None),
        }
    }

    fn bar(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn end(&self, outcome: Outcome) -> ExitCode {
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
