//! Japanese input: what kana may become, one kanji at a time, places of a postcode, and what a name may not contain.
//!
//! ```text
//!   screen's thread ──Order──> [ input thread: ubugoe-ime, procedures::names, codes ] ──> screen's thread, if still wanted
//! ```
//!
//! Off the kiosk's loop and off the screen's thread, because a conversion may take its time. Keeps what is typed no longer
//! than the answer takes, and ends the conversion server with every visit. Refuses nothing: what a form takes is
//! `procedures::check`'s to say, and what stands in the field is the person's.

mod kanji;
mod orders;

use std::{sync::mpsc, thread};

pub use orders::{Order, Search, Wanted};
use ubugoe_ime::{Candidate, Config, Ime, Kind};
use ubugoe_procedures::{
    Charset, Problem,
    codes::{Postcode, towns},
    names,
};
use ubugoe_view::{
    Candidate as Shown, ComponentHandle as _, InputAdapter, ModelRc, Place, Screen, VecModel, Weak,
};

/// Candidates in sight at once.
const PAGE: usize = 8;
/// Candidates asked for: five pages.
const MOST: usize = 40;

/// Where the orders of the screen go.
#[derive(Debug, Clone)]
pub struct Input(mpsc::Sender<Order>);

impl Input {
    /// Hands an order over. A thread that has ended takes no more, and typing kana works without it.
    pub fn send(&self, order: Order) {
        let _ = self.0.send(order);
    }
}

/// Starts the thread. Without a usable engine single kanji, postcodes and kana still work; the log says what is missing.
///
/// # Errors
/// When the system has no thread to give.
pub fn start(config: Option<Config>, screen: Weak<Screen>) -> std::io::Result<Input> {
    let (to, orders) = mpsc::channel();
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || {
            let ime = config.and_then(open);
            let mut desk = Desk {
                ime,
                screen,
                kana: String::new(),
                candidates: Vec::new(),
                turned: 0,
            };
            while let Ok(order) = orders.recv() {
                desk.take(order);
            }
        })?;
    Ok(Input(to))
}

fn open(config: Config) -> Option<Ime> {
    match Ime::open(config) {
        Ok(ime) => {
            for missing in ime.missing() {
                tracing::warn!(
                    error = missing as &dyn std::error::Error,
                    "Japanese input lacks a part"
                );
            }
            tracing::info!("Japanese input is ready");
            Some(ime)
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "no Japanese input but kana and single kanji"
            );
            None
        }
    }
}

/// The thread's own memory.
struct Desk {
    ime: Option<Ime>,
    screen: Weak<Screen>,
    /// What the candidates stand for.
    kana: String,
    candidates: Vec<Candidate>,
    /// Pages turned so far.
    turned: usize,
}

impl Desk {
    fn take(&mut self, order: Order) {
        match order {
            Order::Composed { kana, wanted } => self.compose(kana, wanted),
            Order::More => {
                let pages = self.candidates.len().div_ceil(PAGE).max(1);
                self.turned = (self.turned + 1) % pages;
                self.show_candidates();
            }
            Order::LookUp { search, sought } => self.look_up(search, &sought),
            Order::Edited { text, wanted } => self.judge(&text, wanted),
            Order::PostcodeTyped(digits) => self.places(&digits),
            Order::Wipe => {
                self.kana = String::new();
                self.candidates = Vec::new();
                self.turned = 0;
                if let Some(ime) = &mut self.ime {
                    ime.wipe();
                }
            }
        }
    }

    fn compose(&mut self, kana: String, wanted: Wanted) {
        self.candidates = match &mut self.ime {
            Some(ime) if !kana.is_empty() => ime.candidates(&kana, kind(wanted), MOST),
            _ => Vec::new(),
        };
        if wanted == Wanted::Newborn {
            // What a form would block is not offered; it can still be written, and is then explained.
            self.candidates
                .retain(|candidate| names::check(Charset::Name, &candidate.text).fileable());
        }
        self.kana = kana;
        self.turned = 0;
        self.show_candidates();
    }

    fn show_candidates(&self) {
        let shown: Vec<Shown> = self
            .candidates
            .iter()
            .skip(self.turned * PAGE)
            .take(PAGE)
            .map(|candidate| Shown {
                text: candidate.text.as_str().into(),
                note: "".into(),
            })
            .collect();
        let more = self.candidates.len() > PAGE;
        let kana = self.kana.clone();
        self.answer(move |page| {
            // Somebody typed on: the answer to that comes next.
            if page.get_composing() == kana.as_str() {
                page.set_candidates(model(shown));
                page.set_has_more(more);
            }
        });
    }

    fn look_up(&mut self, search: Search, sought: &str) {
        let found = match search {
            Search::Reading => {
                let of_names = self.ime.as_ref().map(|ime| ime.kanji(sought));
                kanji::by_reading(sought, of_names.unwrap_or_default())
            }
            Search::Strokes => kanji::by_strokes(sought),
            Search::Radical => kanji::by_radical(sought),
            Search::Shapes => sought
                .chars()
                .next()
                .map(ubugoe_view::shapes)
                .unwrap_or_default(),
        };
        let radicals = if search == Search::Radical {
            kanji::radicals()
        } else {
            Vec::new()
        };
        self.answer(move |page| {
            page.set_radicals(model(strings(&radicals)));
            page.set_found(model(strings(&found)));
        });
    }

    /// A character that a given name may not have, and permitted ones like it.
    fn judge(&self, text: &str, wanted: Wanted) {
        let refused = match wanted {
            Wanted::Newborn => names::check(Charset::Name, text)
                .blocks
                .into_iter()
                .find_map(|Problem { character, .. }| character),
            Wanted::GivenName | Wanted::Surname | Wanted::Address | Wanted::Text => None,
        };
        let like = refused
            .as_deref()
            .and_then(|refused| refused.chars().next())
            .map(|refused| names::alternatives(refused))
            .unwrap_or_default();
        let like: Vec<String> = like.iter().map(char::to_string).collect();
        self.answer(move |page| {
            // Where nothing is like it, the form's own words explain.
            page.set_refused(if like.is_empty() {
                "".into()
            } else {
                refused.unwrap_or_default().into()
            });
            page.set_alternatives(model(strings(&like)));
        });
    }

    fn places(&self, digits: &str) {
        let postcode = Postcode::read(digits).ok();
        let places: Vec<Place> = postcode
            .into_iter()
            .flat_map(towns)
            .map(|town| {
                let text = format!("{}{}", town.municipality.in_prefecture(), town.name);
                Place {
                    id: text.as_str().into(),
                    text: text.into(),
                }
            })
            .collect();
        let unknown = postcode.is_some() && places.is_empty();
        self.answer(move |page| {
            page.set_places(model(places));
            page.set_postcode_unknown(unknown);
        });
    }

    fn answer(&self, fill: impl FnOnce(&InputAdapter<'_>) + Send + 'static) {
        // Fails only when the event loop has ended: then nobody is left to read it.
        let _ = self
            .screen
            .upgrade_in_event_loop(move |screen| fill(&screen.global::<InputAdapter>()));
    }
}

const fn kind(wanted: Wanted) -> Kind {
    match wanted {
        Wanted::Newborn | Wanted::GivenName => Kind::GivenName,
        Wanted::Surname => Kind::Surname,
        Wanted::Address => Kind::Address,
        Wanted::Text => Kind::Text,
    }
}

fn strings<'a, T: From<&'a str>>(texts: &'a [String]) -> Vec<T> {
    texts.iter().map(|text| T::from(text)).collect()
}

fn model<T: Clone + 'static>(rows: Vec<T>) -> ModelRc<T> {
    ModelRc::new(VecModel::from(rows))
}
