//! What answers as the JPKI application, by its token label. Must not decide whether it may be used.

/// The kind of token, from the label in JPKI file 0006.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Token {
    /// `JPKIAPICCTOKEN2`: a My Number card.
    Card,
    /// `JPKIAPICCTOKEN`: the resident register card (住基カード) that came before it.
    OldCard,
    /// `JPKIAPGPSETOKEN`: an Android telephone.
    Android,
    /// `JPKIAPIOSTOKEN`: an iPhone.
    Iphone,
    /// Another label, as written: the next card, perhaps. Treated as a card if it has a card's applications.
    Other(String),
}

/// Bytes of the label field.
pub(crate) const LABEL_LENGTH: usize = 32;

impl Token {
    /// Reads the 32-byte, space-padded label.
    pub(crate) fn from_label(label: &[u8]) -> Self {
        let end = label
            .iter()
            .rposition(|byte| !matches!(byte, b' ' | 0))
            .map_or(0, |last| last + 1);
        match label.get(..end).unwrap_or_default() {
            b"JPKIAPICCTOKEN2" => Self::Card,
            b"JPKIAPICCTOKEN" => Self::OldCard,
            b"JPKIAPGPSETOKEN" => Self::Android,
            b"JPKIAPIOSTOKEN" => Self::Iphone,
            other => Self::Other(other.escape_ascii().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_apart_behind_their_padding() {
        let padded = |text: &str| format!("{text:<32}").into_bytes();
        assert_eq!(Token::from_label(&padded("JPKIAPICCTOKEN2")), Token::Card);
        assert_eq!(Token::from_label(&padded("JPKIAPICCTOKEN")), Token::OldCard);
        assert_eq!(
            Token::from_label(&padded("JPKIAPGPSETOKEN")),
            Token::Android
        );
        assert_eq!(Token::from_label(&padded("JPKIAPIOSTOKEN")), Token::Iphone);
        assert_eq!(
            Token::from_label(b"NEXT\x01\xFF   "),
            Token::Other("NEXT\\x01\\xff".to_owned())
        );
        assert_eq!(Token::from_label(b""), Token::Other(String::new()));
    }
}
