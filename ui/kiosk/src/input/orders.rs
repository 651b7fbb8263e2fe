//! What the screen asks of the input thread. Data only; printed masked, because it is what somebody is typing.

/// What a field wants written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A newborn's given name: not every character may be in it.
    Newborn,
    /// Somebody's given name.
    GivenName,
    /// A name in use.
    Surname,
    /// An address.
    Address,
    /// Anything else.
    Text,
}

/// How a kanji is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// By its reading in kana.
    Reading,
    /// By its number of strokes.
    Strokes,
    /// By its radical.
    Radical,
    /// Other shapes of the same character.
    Shapes,
}

/// An order.
#[derive(Clone)]
pub enum Order {
    /// These kana shall become something.
    Composed {
        /// The kana.
        kana: String,
        /// What the field wants.
        wanted: Wanted,
    },
    /// The next page of candidates.
    More,
    /// A single kanji.
    LookUp {
        /// How.
        search: Search,
        /// Kana, a number, a radical, or the character whose shapes are wanted; "" for the choice of radicals.
        sought: String,
    },
    /// The field holds this now.
    Edited {
        /// All of it.
        text: String,
        /// What the field wants.
        wanted: Wanted,
    },
    /// Digits of a postcode, so far.
    PostcodeTyped(String),
    /// The visit is over.
    Wipe,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Order(masked)")
    }
}
