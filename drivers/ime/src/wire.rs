//! The messages of the conversion server, as far as we speak them: field numbers of mozc's public protocol (version 3).
//!
//! Written by hand, so that nothing is generated at build time. Fields that we do not read are skipped by the decoder.
//! Numbers are facts of an outside protocol; the tests hold them to the bytes the real server takes.

use prost::Message;

/// Where a running server listens: the content of its file `.session.ipc`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct PathInfo {
    /// 32 hexadecimal digits, new with every start.
    #[prost(string, optional, tag = "1")]
    pub(crate) key: Option<String>,
    #[prost(uint32, optional, tag = "2")]
    pub(crate) process_id: Option<u32>,
    #[prost(uint32, optional, tag = "4")]
    pub(crate) protocol_version: Option<u32>,
}

/// One request. The server reads until the writing half is closed.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Input {
    #[prost(int32, required, tag = "1")]
    pub(crate) kind: i32,
    #[prost(uint64, optional, tag = "2")]
    pub(crate) session: Option<u64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) key: Option<KeyEvent>,
    #[prost(message, optional, tag = "4")]
    pub(crate) command: Option<SessionCommand>,
    #[prost(message, optional, tag = "5")]
    pub(crate) settings: Option<Settings>,
    #[prost(bool, optional, tag = "14")]
    pub(crate) suggest: Option<bool>,
}

/// [`Input::kind`].
pub(crate) mod kind {
    pub(crate) const CREATE_SESSION: i32 = 1;
    pub(crate) const DELETE_SESSION: i32 = 2;
    pub(crate) const SEND_KEY: i32 = 3;
    #[cfg(test)]
    pub(crate) const SEND_COMMAND: i32 = 5;
    pub(crate) const GET_CONFIG: i32 = 6;
    pub(crate) const SET_CONFIG: i32 = 7;
    #[cfg(test)]
    pub(crate) const SYNC_DATA: i32 = 8;
}

/// A key, or text that stands for one.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyEvent {
    #[prost(int32, optional, tag = "3")]
    pub(crate) special: Option<i32>,
    #[prost(int32, repeated, packed = "false", tag = "4")]
    pub(crate) modifiers: Vec<i32>,
    #[prost(string, optional, tag = "5")]
    pub(crate) text: Option<String>,
    #[prost(int32, optional, tag = "6")]
    pub(crate) style: Option<i32>,
    #[prost(int32, optional, tag = "7")]
    pub(crate) mode: Option<i32>,
    #[prost(bool, optional, tag = "9")]
    pub(crate) activated: Option<bool>,
}

/// [`KeyEvent::special`].
pub(crate) mod special {
    pub(crate) const SPACE: i32 = 4;
    pub(crate) const RIGHT: i32 = 7;
}

/// [`KeyEvent::modifiers`].
pub(crate) const SHIFT: i32 = 4;
/// [`KeyEvent::style`]: the text as it is, without a table of rōmaji.
pub(crate) const AS_IS: i32 = 1;
/// [`KeyEvent::mode`].
pub(crate) const HIRAGANA: i32 = 1;

/// What is done with a session outside of keys.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SessionCommand {
    #[prost(int32, required, tag = "1")]
    pub(crate) kind: i32,
}

/// [`SessionCommand::kind`]: take what is chosen. Only the tests' counter-proof takes anything.
#[cfg(test)]
pub(crate) const SUBMIT: i32 = 2;

/// The server's settings, as far as they decide what it keeps.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Settings {
    #[prost(bool, optional, tag = "20")]
    pub(crate) incognito: Option<bool>,
    #[prost(int32, optional, tag = "50")]
    pub(crate) learning: Option<i32>,
    #[prost(bool, optional, tag = "80")]
    pub(crate) dates: Option<bool>,
    #[prost(bool, optional, tag = "84")]
    pub(crate) emoticons: Option<bool>,
    #[prost(bool, optional, tag = "85")]
    pub(crate) calculator: Option<bool>,
    #[prost(bool, optional, tag = "89")]
    pub(crate) emoji: Option<bool>,
    #[prost(bool, optional, tag = "100")]
    pub(crate) suggest_from_history: Option<bool>,
    #[prost(bool, optional, tag = "101")]
    pub(crate) suggest_from_dictionary: Option<bool>,
    #[prost(bool, optional, tag = "102")]
    pub(crate) suggest_while_typing: Option<bool>,
}

/// [`Settings::learning`]: read no history and write none.
pub(crate) const NO_HISTORY: i32 = 2;

impl Settings {
    /// Nothing is kept, nothing is offered before it is asked for, no dates, sums, faces or pictures among the names.
    pub(crate) fn forgetful() -> Self {
        Self {
            incognito: Some(true),
            learning: Some(NO_HISTORY),
            dates: Some(false),
            emoticons: Some(false),
            calculator: Some(false),
            emoji: Some(false),
            suggest_from_history: Some(false),
            suggest_from_dictionary: Some(false),
            suggest_while_typing: Some(false),
        }
    }
}

/// One answer.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Output {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) session: Option<u64>,
    #[prost(bool, optional, tag = "3")]
    pub(crate) consumed: Option<bool>,
    #[prost(message, optional, tag = "5")]
    pub(crate) preedit: Option<Preedit>,
    #[prost(message, optional, tag = "9")]
    pub(crate) settings: Option<Settings>,
    #[prost(int32, optional, tag = "11")]
    pub(crate) error: Option<i32>,
    #[prost(message, optional, tag = "14")]
    pub(crate) all: Option<CandidateList>,
}

/// What would stand in the text: one segment for each piece that is converted on its own.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Preedit {
    #[prost(group, repeated, tag = "2")]
    pub(crate) segments: Vec<PreeditSegment>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PreeditSegment {
    #[prost(string, required, tag = "4")]
    pub(crate) value: String,
    #[prost(string, optional, tag = "6")]
    pub(crate) reading: Option<String>,
}

/// Every candidate of the segment in focus, in the server's order.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CandidateList {
    #[prost(message, repeated, tag = "2")]
    pub(crate) candidates: Vec<CandidateWord>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CandidateWord {
    #[prost(string, optional, tag = "4")]
    pub(crate) value: Option<String>,
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test stops where something is missing"
)]
mod tests {
    use super::*;

    // From the public protocol: config (field 5) with incognito (20), history (50) off, suggestions (100 to 102) off.
    #[test]
    fn the_settings_that_forget_are_these_bytes() {
        let input = Input {
            kind: 7,
            settings: Some(Settings::forgetful()),
            ..Input::default()
        };
        let expected: &[u8] = &[
            0x08, 7, 0x2A, 27, // SET_CONFIG, 27 bytes of settings
            0xA0, 0x01, 1, // 20: incognito
            0x90, 0x03, 2, // 50: no history
            0x80, 0x05, 0, 0xA0, 0x05, 0, 0xA8, 0x05, 0, 0xC8, 0x05, 0, // 80, 84, 85, 89
            0xA0, 0x06, 0, 0xA8, 0x06, 0, 0xB0, 0x06, 0, // 100, 101, 102
        ];
        assert_eq!(input.encode_to_vec(), expected);
    }

    #[test]
    fn an_answer_with_groups_and_fields_we_do_not_know_is_read() {
        // id 5; field 2 unknown; preedit { cursor, group 2 { annotation, value, length, key } }; list { word }
        let bytes: &[u8] = &[
            0x08, 5, 0x10, 1, 0x2A, 20, 0x08, 1, 0x13, 0x18, 2, 0x22, 3, 0xE5, 0x87, 0x9B, 0x28, 1,
            0x32, 3, 0xE3, 0x81, 0x82, 0x14, 0x18, 0, 0x72, 9, 0x12, 7, 0x08, 0, 0x22, 3, 0xE5,
            0x87, 0x9B,
        ];
        let output = Output::decode(bytes).unwrap();
        assert_eq!(output.session, Some(5));
        let segment = &output.preedit.unwrap().segments[0];
        assert_eq!(
            (segment.value.as_str(), segment.reading.as_deref()),
            ("凛", Some("あ"))
        );
        assert_eq!(
            output.all.unwrap().candidates[0].value.as_deref(),
            Some("凛")
        );
    }
}
