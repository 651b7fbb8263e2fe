//! Readings and what is written for them, in one block of memory.
//!
//! Three hundred thousand names fit into a few megabytes because nothing in them is an object of its own. Knows no
//! file format and no ranking: entries with one reading keep the order they came in.

/// What an entry may be used for. Dictionaries mark people as surname, given name, or do not say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use(u8);

impl Use {
    pub(crate) const GIVEN: Self = Self(1);
    pub(crate) const SURNAME: Self = Self(2);
    pub(crate) const PERSON: Self = Self(3);
    pub(crate) const PLACE: Self = Self(4);
    pub(crate) const WORD: Self = Self(8);
    /// No word: a single kanji and a reading it has.
    pub(crate) const READING: Self = Self(16);

    pub(crate) fn fits(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: u32,
    reading: u8,
    text: u8,
    uses: Use,
}

/// Entries by reading (hiragana).
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    /// Reading and text of each entry, one after the other.
    block: String,
    entries: Vec<Entry>,
}

impl Lexicon {
    /// Takes an entry; one that is longer than any name or place is left out.
    pub(crate) fn push(&mut self, reading: &str, text: &str, uses: Use) {
        let (Ok(at), Ok(reading_length), Ok(text_length)) = (
            u32::try_from(self.block.len()),
            u8::try_from(reading.len()),
            u8::try_from(text.len()),
        ) else {
            return;
        };
        self.block.push_str(reading);
        self.block.push_str(text);
        self.entries.push(Entry {
            at,
            reading: reading_length,
            text: text_length,
            uses,
        });
    }

    /// Puts the entries in order; until then nothing is found.
    pub(crate) fn finish(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        // Stable: within a reading the dictionary's own order stays.
        entries.sort_by(|one, other| self.reading(*one).cmp(self.reading(*other)));
        entries.shrink_to_fit();
        self.block.shrink_to_fit();
        self.entries = entries;
    }

    /// What is written for a reading, in the dictionary's order.
    pub(crate) fn find(&self, reading: &str, wanted: Use) -> impl Iterator<Item = &str> {
        let start = self
            .entries
            .partition_point(|entry| self.reading(*entry) < reading);
        let found = self.entries.get(start..).unwrap_or_default().iter();
        found
            .take_while(move |entry| self.reading(**entry) == reading)
            .filter(move |entry| entry.uses.fits(wanted))
            .map(|entry| self.text(*entry))
    }

    /// Every entry of a use: reading, text.
    pub(crate) fn all(&self, wanted: Use) -> impl Iterator<Item = (&str, &str)> {
        let entries = self
            .entries
            .iter()
            .filter(move |entry| entry.uses.fits(wanted));
        entries.map(|entry| (self.reading(*entry), self.text(*entry)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn reading(&self, entry: Entry) -> &str {
        self.piece(entry.at, 0, entry.reading)
    }

    fn text(&self, entry: Entry) -> &str {
        self.piece(entry.at, entry.reading, entry.text)
    }

    fn piece(&self, at: u32, skip: u8, length: u8) -> &str {
        let start = usize::try_from(at)
            .unwrap_or(usize::MAX)
            .saturating_add(usize::from(skip));
        self.block
            .get(start..start.saturating_add(usize::from(length)))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_one_reading_keep_their_order_and_are_found_by_use() {
        let mut lexicon = Lexicon::default();
        lexicon.push("みなと", "湊", Use::PERSON);
        lexicon.push("あおい", "葵", Use::GIVEN);
        lexicon.push("みなと", "港", Use::PLACE);
        lexicon.push("みなと", "湊斗", Use::GIVEN);
        lexicon.push("みな", "皆", Use::WORD);
        lexicon.finish();
        let found = |reading, wanted| lexicon.find(reading, wanted).collect::<Vec<_>>();
        assert_eq!(found("みなと", Use::GIVEN), ["湊", "湊斗"]);
        assert_eq!(found("みなと", Use::SURNAME), ["湊"]);
        assert_eq!(found("みなと", Use::PLACE), ["港"]);
        assert!(found("み", Use::WORD).is_empty(), "half a reading is none");
        assert!(found("", Use::PERSON).is_empty());
    }

    #[test]
    fn an_entry_longer_than_any_name_is_left_out() {
        let mut lexicon = Lexicon::default();
        lexicon.push(&"あ".repeat(100), "亜", Use::GIVEN);
        lexicon.finish();
        assert!(lexicon.is_empty());
    }
}
