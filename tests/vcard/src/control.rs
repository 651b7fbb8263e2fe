//! The control socket: one text command per line in, one JSON line out, so that a shell can play with a running card.
//! It only translates words into calls on the simulated reader.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{Effect, Error, Fault, FaultFrom, SecretName, SimReader};

/// The words the control socket understands, for whoever mistypes one.
const GRAMMAR: &str = "insert [PERSONA] | remove | persona NAME | reissue NAME | \
    fault pull-before|pull-during|pull-after|garbage N | fault error N SW | fault mute N [MS] | \
    fault truncate N LEN | fault swap N PERSONA (each with: from-insertion) | fault clear | slow MS | \
    tries attributes|sign|auth|resident N | counters [reset] | status | trace | quit";

/// Answers commands on `listener` until one of them is `quit`.
///
/// # Errors
/// Ends early only when the listening socket itself fails.
pub fn serve(listener: &UnixListener, reader: &SimReader) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        match converse(&stream, reader) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "a control connection broke off"),
        }
    }
}

/// Sends one command to a running card and gives its JSON answer.
///
/// # Errors
/// Fails when nobody answers on the socket.
pub fn ask(socket: &Path, command: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    writeln!(stream, "{command}")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer.trim_end().to_owned())
}

/// One connection; true if it said `quit`.
fn converse(stream: &UnixStream, reader: &SimReader) -> std::io::Result<bool> {
    let mut answers = stream;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let answer = match execute(reader, &line) {
            Ok(value) => json!({ "ok": true, "value": value }),
            Err(error) => json!({ "ok": false, "error": error.to_string() }),
        };
        writeln!(answers, "{answer}")?;
        if line.trim() == "quit" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Executes one command line.
pub fn execute(reader: &SimReader, line: &str) -> Result<Value, Error> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["insert"] => reader.insert(),
        ["insert", persona] => {
            reader.take(persona)?;
            reader.insert();
        }
        ["remove"] => reader.remove(),
        ["persona", name] => reader.take(name)?,
        ["reissue", name] => reader.reissue(name)?,
        ["fault", "clear"] => reader.clear_faults(),
        ["fault", rest @ ..] => reader.fault(fault(rest)?)?,
        ["slow", ms] => reader.slow(Duration::from_millis(number(ms)?)),
        ["tries", secret, left] => {
            let name = SecretName::parse(secret)
                .ok_or_else(|| Error::Command(format!("no secret is called {secret}")))?;
            let left = u8::try_from(number(left)?).unwrap_or(u8::MAX);
            reader.set_tries(name, left)?;
        }
        ["counters"] => return Ok(json!(reader.counters())),
        ["counters", "reset"] => return Ok(json!(reader.reset_counters())),
        ["trace"] => return Ok(json!(reader.take_exchanges())),
        ["status" | "quit"] => {}
        _ => {
            return Err(Error::Command(format!(
                "{line:?}; the words are: {GRAMMAR}"
            )));
        }
    }
    Ok(json!(reader.status()))
}

fn fault(words: &[&str]) -> Result<Fault, Error> {
    let (words, from) = match words {
        [words @ .., "from-insertion"] => (words, FaultFrom::Insertion),
        [words @ .., "from-now"] | words => (words, FaultFrom::Now),
    };
    let (at, effect) = match words {
        ["pull-before", at] => (at, Effect::PullBefore),
        ["pull-during", at] => (at, Effect::PullDuring),
        ["pull-after", at] => (at, Effect::PullAfter),
        ["garbage", at] => (at, Effect::Garbage),
        ["error", at, word] => (at, Effect::Status(status_word(word)?)),
        ["mute", at] => (at, Effect::Mute(None)),
        ["mute", at, ms] => (at, Effect::Mute(Some(Duration::from_millis(number(ms)?)))),
        ["truncate", at, length] => (
            at,
            Effect::Truncate(usize::try_from(number(length)?).unwrap_or(usize::MAX)),
        ),
        ["swap", at, persona] => (at, Effect::Swap((*persona).to_owned())),
        _ => {
            return Err(Error::Command(format!(
                "fault {words:?}; the words are: {GRAMMAR}"
            )));
        }
    };
    match number(at)? {
        0 => Err(Error::Command("APDUs are counted from 1".to_owned())),
        at => Ok(Fault { at, from, effect }),
    }
}

fn number(word: &str) -> Result<u64, Error> {
    word.parse()
        .map_err(|_| Error::Command(format!("{word} is not a number")))
}

fn status_word(word: &str) -> Result<u16, Error> {
    u16::from_str_radix(word, 16)
        .map_err(|_| Error::Command(format!("{word} is not a status word such as 6F00")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn every_fault_can_be_said_in_words() {
        let check = |line: &str, expected: Fault| {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(fault(&words).unwrap(), expected, "{line}");
        };
        check("pull-before 3", Fault::next(3, Effect::PullBefore));
        check(
            "pull-during 1 from-insertion",
            Fault::after_insertion(1, Effect::PullDuring),
        );
        check("pull-after 2 from-now", Fault::next(2, Effect::PullAfter));
        check("error 4 6F00", Fault::next(4, Effect::Status(0x6F00)));
        check("mute 1", Fault::next(1, Effect::Mute(None)));
        check(
            "mute 1 250",
            Fault::next(1, Effect::Mute(Some(Duration::from_millis(250)))),
        );
        check("garbage 1", Fault::next(1, Effect::Garbage));
        check("truncate 1 1", Fault::next(1, Effect::Truncate(1)));
        check(
            "swap 5 sora",
            Fault::next(5, Effect::Swap("sora".to_owned())),
        );
    }

    #[test]
    fn nonsense_is_refused_with_the_words_that_exist() {
        for line in [
            "pull-before",
            "pull-before 0",
            "error 1 XYZ",
            "explode 1",
            "mute one",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(matches!(fault(&words), Err(Error::Command(_))), "{line}");
        }
    }
}
