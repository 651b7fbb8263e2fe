//! Long tables as text that is part of the program: blocks of lines under heads, found without allocating.
//!
//! A head is a line `=` followed by a number of fixed width and anything else; the lines under it begin with a number of
//! fixed width, and blocks and lines stand in ascending order. Only where the heads are is kept in memory (8 bytes each,
//! found in one pass at the first look-up); everything else is read where it stands.

/// A table. `KEY` digits make a head's number.
pub(super) struct Blocks {
    text: &'static str,
    /// The head's number and where the rest of its line begins.
    heads: Vec<(u32, u32)>,
}

/// One block: the rest of its head's line, and its lines.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) head: &'static str,
    lines: &'static str,
}

impl Blocks {
    /// Finds the heads. What does not read as a head is left out; the tests of the totals would fail.
    pub(super) fn read(text: &'static str, key: usize) -> Self {
        let mut heads = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let number = line
                .strip_prefix('=')
                .and_then(|head| head.get(..key)?.parse().ok());
            if let (Some(number), Ok(place)) = (number, u32::try_from(at + 1 + key)) {
                heads.push((number, place));
            }
            at += line.len();
        }
        Self { text, heads }
    }

    /// The last block whose number is not above `number`, and that number.
    pub(super) fn up_to(&self, number: u32) -> Option<(u32, Block)> {
        let behind = self.heads.partition_point(|(head, _)| *head <= number);
        let at = behind.checked_sub(1)?;
        Some((self.heads.get(at)?.0, self.block(at)?))
    }

    /// The block with exactly this number.
    pub(super) fn exactly(&self, number: u32) -> Option<Block> {
        let at = self.heads.binary_search_by_key(&number, |(head, _)| *head);
        self.block(at.ok()?)
    }

    /// Every block with its number, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, Block)> {
        let numbers = self.heads.iter().map(|(number, _)| *number);
        numbers
            .enumerate()
            .filter_map(|(at, number)| Some((number, self.block(at)?)))
    }

    fn block(&self, at: usize) -> Option<Block> {
        let (_, from) = self.heads.get(at)?;
        let rest = self.text.get(usize::try_from(*from).ok()?..)?;
        let (head, lines) = rest.split_once('\n')?;
        let lines = lines
            .find("\n=")
            .and_then(|end| lines.get(..end))
            .unwrap_or(lines);
        // A head without lines is followed by the next head at once.
        let lines = if lines.starts_with('=') { "" } else { lines };
        Some(Block { head, lines })
    }
}

impl Block {
    /// The rest of the line that begins with these digits.
    pub(super) fn line(self, digits: &str) -> Option<&'static str> {
        self.lines().find_map(|line| line.strip_prefix(digits))
    }

    /// Every line.
    pub(super) fn lines(self) -> impl Iterator<Item = &'static str> {
        self.lines.lines()
    }
}
