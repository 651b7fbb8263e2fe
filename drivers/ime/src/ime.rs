//! The input method: dictionaries in memory, the conversion server beside them, one call for candidates.
//!
//! Answers for the deadline and for going on with less: every part may be missing, and what is there still answers.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::lexicon::{Lexicon, Use};
use crate::mozc::{self, Segment};
use crate::rank::{Candidate, Found, Kind, rank};
use crate::readings::Readings;
use crate::server::{Account, Keeper, ServerError, Spec};
use crate::{enamdict, kana, skk};

/// No dictionary is larger; a file that is, is not one.
const LARGEST_FILE: u64 = 64 << 20;

/// Where everything is. [`Config::debian`] says where Debian puts it.
#[derive(Debug, Clone)]
pub struct Config {
    /// The program `mozc_server`.
    pub server: PathBuf,
    /// A folder for the server alone, in memory on an appliance: what it writes is gone with the power, too.
    pub home: PathBuf,
    /// Whom the server runs as when we are root, which it refuses to be. Without root it runs as we do.
    pub account: Option<Account>,
    /// The dictionaries.
    pub dictionaries: Dictionaries,
    /// How long a call may take; then only the dictionaries answer.
    pub deadline: Duration,
    /// How long the server may take to come up in [`Ime::open`].
    pub start: Duration,
}

/// Files of names, places and words. One that is not there is done without.
#[derive(Debug, Clone)]
pub struct Dictionaries {
    /// SKK-JISYO.jinmei.
    pub people: PathBuf,
    /// SKK-JISYO.geo.
    pub places: PathBuf,
    /// SKK-JISYO.L.
    pub words: PathBuf,
    /// ENAMDICT.
    pub names: PathBuf,
}

impl Config {
    /// Debian's paths, with the server's folder at `home`.
    #[must_use]
    pub fn debian(home: PathBuf) -> Self {
        Self {
            server: "/usr/lib/mozc/mozc_server".into(),
            home,
            account: None,
            dictionaries: Dictionaries {
                people: "/usr/share/skk/SKK-JISYO.jinmei".into(),
                places: "/usr/share/skk/SKK-JISYO.geo".into(),
                words: "/usr/share/skk/SKK-JISYO.L".into(),
                names: "/usr/share/edict/enamdict".into(),
            },
            deadline: Duration::from_millis(200),
            start: Duration::from_secs(5),
        }
    }
}

/// What is missing.
#[derive(Debug, thiserror::Error)]
pub enum ImeError {
    /// A dictionary cannot be read.
    #[error("the dictionary {path} cannot be read (./ubugoe setup)")]
    Dictionary {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A dictionary was read and holds nothing.
    #[error("the dictionary {path} holds no entries")]
    DictionaryEmpty {
        /// Its path.
        path: PathBuf,
    },
    /// There is no conversion server.
    #[error("no conversion server")]
    Server(#[source] ServerError),
    /// Neither a dictionary nor the server is there: only kana could be typed.
    #[error("neither a dictionary nor a conversion server is there")]
    Nothing,
}

/// The input method. One for a device: its folder belongs to it alone.
#[derive(Debug)]
pub struct Ime {
    people: Lexicon,
    places: Lexicon,
    words: Lexicon,
    names: Lexicon,
    readings: Readings,
    keeper: Option<Keeper>,
    missing: Vec<ImeError>,
    deadline: Duration,
}

impl Ime {
    /// Reads the dictionaries and starts the server. Takes up to a second or two on a small machine.
    ///
    /// # Errors
    /// Only when nothing at all can be offered. What else is missing, [`Ime::missing`] says.
    pub fn open(config: Config) -> Result<Self, ImeError> {
        let mut missing = Vec::new();
        let spec = Spec {
            program: config.server,
            home: config.home,
            account: config.account,
            start: config.start,
        };
        let keeper = Keeper::open(spec)
            .map_err(|error| missing.push(ImeError::Server(error)))
            .ok();
        let mut load = |path: &Path, parse: &dyn Fn(&[u8], &mut Lexicon)| {
            load(path, parse).unwrap_or_else(|error| {
                missing.push(error);
                Lexicon::default()
            })
        };
        let files = &config.dictionaries;
        let people = load(&files.people, &|bytes, into| {
            skk::read(bytes, skk::Book::People, into);
        });
        let places = load(&files.places, &|bytes, into| {
            skk::read(bytes, skk::Book::Places, into);
        });
        let words = load(&files.words, &|bytes, into| {
            skk::read(bytes, skk::Book::Words, into);
        });
        let names = load(&files.names, &enamdict::read);
        if keeper.is_none()
            && [&people, &places, &words, &names]
                .iter()
                .all(|lexicon| lexicon.is_empty())
        {
            return Err(ImeError::Nothing);
        }
        Ok(Self {
            readings: Readings::learn(&words, &[&people, &names]),
            people,
            places,
            words,
            names,
            keeper,
            missing,
            deadline: config.deadline,
        })
    }

    /// What could not be had when it was opened. On an appliance this is empty.
    #[must_use]
    pub fn missing(&self) -> &[ImeError] {
        &self.missing
    }

    /// At most `most` ways to write `kana` (either kind), the likeliest first; the kana themselves are the last.
    /// Takes no longer than the deadline, whatever happens to the server, and answers for every text.
    /// Characters that a register does not permit are among them: the caller filters.
    pub fn candidates(&mut self, kana: &str, kind: Kind, most: usize) -> Vec<Candidate> {
        let typed = kana::hiragana(kana);
        let reading = kana::is_reading(&typed);
        let wants_server = match kind {
            Kind::GivenName | Kind::Surname => reading,
            Kind::Address | Kind::Text => sayable(&typed),
        };
        let mozc = if wants_server && most > 0 {
            self.ask(|address, until| mozc::convert(address, &typed, until))
        } else {
            None
        };
        let mut found = Found {
            mozc: mozc.unwrap_or_default(),
            ..Found::default()
        };
        if reading {
            let person = if kind == Kind::Surname {
                Use::SURNAME
            } else {
                Use::GIVEN
            };
            match kind {
                Kind::GivenName | Kind::Surname => {
                    found.skk = self.people.find(&typed, person).collect();
                    found.enamdict = self.names.find(&typed, person).collect();
                    found.usual = Some(Box::new(|text| self.readings.usual(&typed, text)));
                }
                Kind::Address => found.skk = self.places.find(&typed, Use::PLACE).collect(),
                Kind::Text => found.skk = self.words.find(&typed, Use::WORD).collect(),
            }
        }
        rank(kind, kana, &found, most)
    }

    /// A longer text in the pieces that are converted on their own, each with its candidates; empty when there is no
    /// server or nothing to convert.
    pub fn segments(&mut self, kana: &str) -> Vec<Segment> {
        let typed = kana::hiragana(kana);
        if !sayable(&typed) {
            return Vec::new();
        }
        let found = self.ask(|address, until| mozc::segments(address, &typed, until));
        found.unwrap_or_default()
    }

    /// Single kanji that given names read so, the most usual first, then those whose reading begins so: for
    /// [`crate::spell`], before the caller's own.
    #[must_use]
    pub fn kanji(&self, reading: &str) -> Vec<char> {
        self.readings.kanji(reading)
    }

    /// Between two people: ends the server with all it has in memory, empties its folder and starts another.
    pub fn wipe(&mut self) {
        if let Some(Err(error)) = self.keeper.as_mut().map(Keeper::wipe) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "no conversion server after a wipe"
            );
        }
    }

    /// The server's process id, for measurements and tests.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        self.keeper.as_ref().and_then(Keeper::pid)
    }

    fn ask<T>(
        &mut self,
        question: impl Fn(&crate::link::Address, Instant) -> Result<T, crate::link::LinkError>,
    ) -> Option<T> {
        let until = Instant::now() + self.deadline;
        match self.keeper.as_mut()?.ask(until, question) {
            Ok(answer) => Some(answer),
            Err(error) => {
                // Never what was asked: it is somebody's name.
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "conversion without the server"
                );
                None
            }
        }
    }
}

/// Whether the server may be asked: not too long, nothing that is a command rather than text.
fn sayable(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= kana::LONGEST && !text.chars().any(char::is_control)
}

fn load(path: &Path, parse: &dyn Fn(&[u8], &mut Lexicon)) -> Result<Lexicon, ImeError> {
    let mut bytes = Vec::new();
    // The path is the caller's; a dictionary is to this crate what a database file is to the outbox.
    File::open(path)
        .and_then(|file| file.take(LARGEST_FILE).read_to_end(&mut bytes))
        .map_err(|source| ImeError::Dictionary {
            path: path.to_owned(),
            source,
        })?;
    let mut lexicon = Lexicon::default();
    parse(&bytes, &mut lexicon);
    lexicon.finish();
    if lexicon.is_empty() {
        let path = path.to_owned();
        return Err(ImeError::DictionaryEmpty { path });
    }
    Ok(lexicon)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_input_method_may_live_on_a_thread_of_its_own() {
        fn may_move<T: Send>() {}
        may_move::<super::Ime>();
    }
}
