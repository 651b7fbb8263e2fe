//! What a person declared, and the plain code that shows it back to them.
//!
//! Both stay on the device: neither can be serialised, and `{:?}` of either says nothing. [`Code::shown`] is the one way
//! to the characters, for the screen.

use std::collections::BTreeMap;
use std::fmt;

use super::table::{Fact, MAX_SLOTS, Modifier, Slot, SlotOption, SlotTable};

/// Why an answer was refused. Answers themselves are not repeated beyond what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclareError {
    /// No slot and no modifier has that name.
    #[error("there is no attribute {attribute:?}")]
    NoAttribute {
        /// The name.
        attribute: String,
    },
    /// The slot has no such option.
    #[error("{attribute}: {given} is none of its options")]
    NoOption {
        /// The attribute.
        attribute: String,
        /// What was given.
        given: String,
    },
    /// The slot cannot be answered in that way.
    #[error("{attribute} is not answered by {given}")]
    WrongKind {
        /// The attribute.
        attribute: String,
        /// What was given.
        given: &'static str,
    },
    /// Two answers that cannot both be.
    #[error("{attribute}: {one} and {other} cannot both be")]
    Contradiction {
        /// The attribute.
        attribute: String,
        /// The one option.
        one: String,
        /// The other option.
        other: String,
    },
    /// A modifier was declared for something it cannot change.
    #[error("{modifier} cannot be said of {option}")]
    Misfit {
        /// The modifier.
        modifier: String,
        /// The option.
        option: String,
    },
    /// A code that several slots have, and all of them are answered.
    #[error("{given:?} is a code of slots that are all declared already")]
    Taken {
        /// What was given.
        given: String,
    },
    /// Characters that are no code.
    #[error("{given:?} is not a code: {problem}")]
    NotACode {
        /// What was given.
        given: String,
        /// What is wrong.
        problem: String,
    },
}

/// One answer, as a question brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Yes or no.
    Is(bool),
    /// A quantity, or a code that happens to be digits.
    Number(i64),
    /// An option's id, name or code, or digits.
    Word(&'a str),
}

/// Which option each slot has. Compares and hashes by value; says nothing in `{:?}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Declared([u16; MAX_SLOTS]);

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Declared(stays on the device)")
    }
}

impl Declared {
    /// The place of the option of a slot; `None` where nothing is declared.
    pub(super) fn get(&self, slot: usize) -> Option<u16> {
        self.0.get(slot).and_then(|stored| stored.checked_sub(1))
    }

    pub(super) fn set(&mut self, slot: usize, option: Option<u16>) {
        if let Some(stored) = self.0.get_mut(slot) {
            *stored = option.map_or(0, |place| place.saturating_add(1));
        }
    }

    /// The stored number of a slot: zero, or the option's place plus one.
    pub(super) fn stored(&self, slot: usize) -> u16 {
        self.0.get(slot).copied().unwrap_or(0)
    }

    /// Whether nothing is declared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&stored| stored == 0)
    }
}

/// The plain code. It stays on the device.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    version: u8,
    text: String,
}

impl Code {
    /// The characters, for the screen of the device they were declared on.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.text
    }

    /// The version of the table that gives them their meaning.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code(version {}, stays on the device)", self.version)
    }
}

impl SlotTable {
    /// Adds one answer. The order of answers does not matter; an answer that is finer than one before replaces it,
    /// one that is coarser changes nothing.
    ///
    /// # Errors
    /// [`DeclareError`], and `declared` is as it was.
    pub fn declare(
        &self,
        declared: &mut Declared,
        attribute: &str,
        answer: Answer<'_>,
    ) -> Result<(), DeclareError> {
        match self.attribute(attribute)? {
            (place, slot, None) => {
                let option = slot.read(attribute, answer)?;
                self.merge(declared, place, option)
            }
            (place, slot, Some(modifier)) => {
                let yes = match answer {
                    Answer::Is(yes) => yes,
                    Answer::Number(_) | Answer::Word(_) => {
                        return Err(DeclareError::WrongKind {
                            attribute: modifier.id.clone(),
                            given: "anything but true or false",
                        });
                    }
                };
                if yes {
                    let turned = slot.turn(modifier, declared.get(place))?;
                    declared.set(place, Some(turned));
                }
                Ok(())
            }
        }
    }

    /// Everything that was answered, whatever the order: `answers` by attribute, and `words` that name an option
    /// without its attribute: `slot=option`, an option's id, name or code, or the name of a modifier. A code that
    /// several slots have goes to the first of them that nothing else was said about.
    ///
    /// # Errors
    /// [`DeclareError`] for the first answer that does not fit.
    pub fn declare_all<'a>(
        &self,
        answers: impl IntoIterator<Item = (&'a str, Answer<'a>)>,
        words: &[&str],
    ) -> Result<Declared, DeclareError> {
        let mut declared = Declared::default();
        let mut modifiers = Vec::new();
        let mut ambiguous = Vec::new();
        for (attribute, answer) in answers {
            match self.attribute(attribute)? {
                (_, _, Some(_)) => modifiers.push((attribute, answer)),
                (_, _, None) => self.declare(&mut declared, attribute, answer)?,
            }
        }
        for &word in words {
            if let Some((attribute, option)) = word.split_once(['=', ':']) {
                let answer = Answer::Word(option.trim());
                self.declare(&mut declared, attribute.trim(), answer)?;
                continue;
            }
            match self.slots_of(word).as_slice() {
                [] if self.has_attribute(word) => modifiers.push((word, Answer::Is(true))),
                [] => {
                    return Err(DeclareError::NoOption {
                        attribute: "declare".to_owned(),
                        given: format!("{:?}", shorten(word)),
                    });
                }
                [(_, slot)] => self.declare(&mut declared, &slot.id, Answer::Word(word))?,
                _ => ambiguous.push(word),
            }
        }
        let before = declared;
        for word in ambiguous {
            let free = self
                .slots_of(word)
                .into_iter()
                .find(|&(place, _)| before.get(place).is_none());
            let (_, slot) = free.ok_or_else(|| DeclareError::Taken {
                given: shorten(word),
            })?;
            self.declare(&mut declared, &slot.id, Answer::Word(word))?;
        }
        // A modifier changes what is there, so it comes last.
        for (attribute, answer) in modifiers {
            self.declare(&mut declared, attribute, answer)?;
        }
        Ok(declared)
    }

    fn slots_of(&self, word: &str) -> Vec<(usize, &Slot)> {
        self.slots()
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.named(word).is_some())
            .collect()
    }

    /// Whether a name is an attribute's.
    #[must_use]
    pub fn has_attribute(&self, name: &str) -> bool {
        self.attribute(name).is_ok()
    }

    /// The plain code. `-` fills a slot that is not declared; undeclared slots at the end are left out.
    #[must_use]
    pub fn code(&self, declared: &Declared) -> Code {
        self.code_up_to(declared, self.slots().len())
    }

    /// The plain code as it grew, one for each declared slot in the order of the code.
    #[must_use]
    pub fn steps(&self, declared: &Declared) -> Vec<Code> {
        (0..self.slots().len())
            .filter(|&place| declared.get(place).is_some())
            .map(|place| self.code_up_to(declared, place + 1))
            .collect()
    }

    /// Reads a plain code back.
    ///
    /// # Errors
    /// [`DeclareError::NotACode`].
    pub fn read_code(&self, code: &str) -> Result<Declared, DeclareError> {
        let refuse = |problem: String| DeclareError::NotACode {
            given: shorten(code),
            problem,
        };
        if !code.is_ascii() {
            return Err(refuse(
                "only digits, capital letters and - are possible".to_owned(),
            ));
        }
        let mut declared = Declared::default();
        let mut rest = code;
        for (place, slot) in self.slots().iter().enumerate() {
            if rest.is_empty() {
                break;
            }
            let (part, after) = rest
                .split_at_checked(slot.width)
                .ok_or_else(|| refuse(format!("{} is cut off", slot.id)))?;
            rest = after;
            if part.bytes().all(|b| b == b'-') {
                continue;
            }
            let option = slot
                .place_of_code(part)
                .ok_or_else(|| refuse(format!("{} has no {part:?}", slot.id)))?;
            declared.set(place, Some(option));
        }
        if rest.is_empty() {
            Ok(declared)
        } else {
            Err(refuse(format!("{rest:?} is too much")))
        }
    }

    /// The declared options with their slots, in the order of the code.
    pub fn options(&self, declared: &Declared) -> impl Iterator<Item = (&Slot, &SlotOption)> {
        let declared = *declared;
        self.slots()
            .iter()
            .enumerate()
            .filter_map(move |(place, slot)| Some((slot, slot.at(declared.get(place)?)?)))
    }

    /// Everything the declaration says, by name: what recommendations match on. A name that is not there is not known.
    #[must_use]
    pub fn facts(&self, declared: &Declared) -> BTreeMap<&str, &Fact> {
        self.options(declared)
            .flat_map(|(_, option)| &option.facts)
            .map(|(name, fact)| (name.as_str(), fact))
            .collect()
    }

    /// Whether everybody who declares `finer` also fits `coarser`.
    #[must_use]
    pub fn covers(&self, coarser: &Declared, finer: &Declared) -> bool {
        self.slots().iter().enumerate().all(|(place, slot)| {
            match (coarser.get(place), finer.get(place)) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(wanted), Some(option)) => slot.coarsening(option).any(|step| step == wanted),
            }
        })
    }

    fn code_up_to(&self, declared: &Declared, slots: usize) -> Code {
        let mut text = String::new();
        for (place, slot) in self.slots().iter().enumerate().take(slots) {
            match declared.get(place).and_then(|option| slot.at(option)) {
                Some(option) => text.push_str(&option.code),
                None => text.extend(std::iter::repeat_n('-', slot.width)),
            }
        }
        text.truncate(text.trim_end_matches('-').len());
        Code {
            version: self.version(),
            text,
        }
    }

    fn merge(
        &self,
        declared: &mut Declared,
        place: usize,
        option: u16,
    ) -> Result<(), DeclareError> {
        let (Some(slot), Some(before)) = (self.slots().get(place), declared.get(place)) else {
            declared.set(place, Some(option));
            return Ok(());
        };
        if slot.coarsening(option).any(|step| step == before) {
            declared.set(place, Some(option));
            Ok(())
        } else if slot.coarsening(before).any(|step| step == option) {
            Ok(())
        } else {
            Err(DeclareError::Contradiction {
                attribute: slot.id.clone(),
                one: slot.id_at(before),
                other: slot.id_at(option),
            })
        }
    }

    fn attribute(&self, name: &str) -> Result<(usize, &Slot, Option<&Modifier>), DeclareError> {
        for (place, slot) in self.slots().iter().enumerate() {
            if slot.id == name || slot.aliases.iter().any(|alias| alias == name) {
                return Ok((place, slot, None));
            }
            let modifier = slot.modifiers.iter().find(|modifier| {
                modifier.id == name || modifier.aliases.iter().any(|alias| alias == name)
            });
            if modifier.is_some() {
                return Ok((place, slot, modifier));
            }
        }
        Err(DeclareError::NoAttribute {
            attribute: shorten(name),
        })
    }
}

impl Slot {
    fn read(&self, attribute: &str, answer: Answer<'_>) -> Result<u16, DeclareError> {
        let no_option = |given: String| DeclareError::NoOption {
            attribute: self.id.clone(),
            given,
        };
        match answer {
            Answer::Is(yes) => {
                let option = if yes { self.yes } else { self.no };
                option.ok_or_else(|| DeclareError::WrongKind {
                    attribute: self.id.clone(),
                    given: "true or false",
                })
            }
            Answer::Number(number) => {
                let quantity = self.counted_by.iter().any(|name| name == attribute);
                // Six may be a number of children, so it is not the code 06; a region has no quantity.
                let code = || match self.number {
                    Some(_) => self.place_of_code(&number.to_string()),
                    None => self.place_of_code(&format!("{number:0width$}", width = self.width)),
                };
                let option = if quantity {
                    self.quantity(number)
                } else if let Some(step) = self.step(number) {
                    self.place_of_code(&step)
                } else {
                    code().or_else(|| self.quantity(number))
                };
                option.ok_or_else(|| no_option(number.to_string()))
            }
            Answer::Word(word) => {
                let word = word.trim();
                let counted = self.counted_by.iter().any(|name| name == attribute);
                let step = || self.step(word.parse().ok()?);
                if let Some(step) = (!counted).then(step).flatten() {
                    let option = self.place_of_code(&step);
                    return option.ok_or_else(|| no_option(format!("{word:?}")));
                }
                self.named(word)
                    .or_else(|| {
                        let digits = word.strip_suffix('歳').unwrap_or(word);
                        self.quantity(digits.parse().ok()?)
                    })
                    .ok_or_else(|| no_option(format!("{:?}", shorten(word))))
            }
        }
    }

    /// An option by code, id or name; letters of a code may be small.
    fn named(&self, word: &str) -> Option<u16> {
        self.place_of_code(word)
            .or_else(|| self.place_of(word))
            .or_else(|| {
                let place = self
                    .options
                    .iter()
                    .position(|option| option.names.iter().any(|name| name == word))?;
                u16::try_from(place).ok()
            })
            .or_else(|| {
                let fits = word.len() == self.width && word.is_ascii();
                fits.then(|| self.place_of_code(&word.to_ascii_uppercase()))?
            })
    }

    /// The code of a number of one digit on the slot's scale, whether or not the scale has that step: nobody earns four yen a
    /// year.
    fn step(&self, number: i64) -> Option<String> {
        let scale = self.scale.as_ref()?;
        let code = || format!("{scale}{number}");
        (1..=9).contains(&number).then(code)
    }

    /// The narrowest option whose range holds a number; the first of several.
    fn quantity(&self, number: i64) -> Option<u16> {
        let name = self.number.as_ref()?;
        (0u16..)
            .zip(&self.options)
            .filter_map(|(place, option)| match option.facts.get(name)? {
                &Fact::Between { from, to } if (from..=to).contains(&number) => {
                    Some((to.saturating_sub(from), place))
                }
                Fact::Between { .. } | Fact::Is(_) | Fact::Word(_) => None,
            })
            .min()
            .map(|(_, place)| place)
    }

    fn turn(&self, modifier: &Modifier, before: Option<u16>) -> Result<u16, DeclareError> {
        let Some(before) = before else {
            return Ok(modifier.alone);
        };
        if modifier.turns.values().any(|&turned| turned == before) {
            return Ok(before);
        }
        modifier
            .turns
            .get(&before)
            .copied()
            .ok_or_else(|| DeclareError::Misfit {
                modifier: modifier.id.clone(),
                option: self.id_at(before),
            })
    }

    fn id_at(&self, place: u16) -> String {
        self.at(place)
            .map(|option| option.id.clone())
            .unwrap_or_default()
    }
}

/// What is repeated of somebody's words in an error.
fn shorten(given: &str) -> String {
    given.chars().take(64).collect()
}
