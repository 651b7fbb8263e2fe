//! MQTT topic names. They carry opaque ids only: no procedure, no person, no place name.
//!
//! Everything travels at QoS 1; only presence is retained. At most 5 slashes, no dots, so that the narrowest
//! brokers (AWS IoT Core: 7 slashes; RabbitMQ: dots become slashes) take them.

use std::fmt;

use crate::{DeviceId, RecipientId};

/// What comes down to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Receipts and refusals.
    Receipt,
    /// Decisions of officers.
    Status,
    /// Signed catalogue and profile updates.
    Catalogue,
    /// Signed device commands, the time, new certificates, what a number for a second signature leads to.
    Command,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Receipt, Self::Status, Self::Catalogue, Self::Command];

    /// Its level in the topic.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Status => "status",
            Self::Catalogue => "catalogue",
            Self::Command => "command",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `ubg/v1/up/{device}/{recipient}`: sealed filings, pieces of attachments and reports; the broker cannot tell which.
#[must_use]
pub fn up(device: &DeviceId, recipient: &RecipientId) -> String {
    format!("ubg/v1/up/{device}/{recipient}")
}

/// `ubg/v1/up/+/{recipient}`: what a recipient subscribes to.
#[must_use]
pub fn up_filter(recipient: &RecipientId) -> String {
    format!("ubg/v1/up/+/{recipient}")
}

/// `ubg/v1/down/{device}/{channel}`: sealed answers.
#[must_use]
pub fn down(device: &DeviceId, channel: Channel) -> String {
    format!("ubg/v1/down/{device}/{channel}")
}

/// `ubg/v1/city/{recipient}/presence`: retained, and the recipient's will.
#[must_use]
pub fn presence(recipient: &RecipientId) -> String {
    format!("ubg/v1/city/{recipient}/presence")
}

/// Reads an upward topic; `None` for anything else.
#[must_use]
pub fn parse_up(topic: &str) -> Option<(DeviceId, RecipientId)> {
    let (device, recipient) = topic.strip_prefix("ubg/v1/up/")?.split_once('/')?;
    Some((device.parse().ok()?, recipient.parse().ok()?))
}

/// Reads a downward topic; `None` for anything else.
#[must_use]
pub fn parse_down(topic: &str) -> Option<(DeviceId, Channel)> {
    let (device, channel) = topic.strip_prefix("ubg/v1/down/")?.split_once('/')?;
    let channel = Channel::ALL.into_iter().find(|c| c.as_str() == channel)?;
    Some((device.parse().ok()?, channel))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn topics_are_exactly_these_texts() {
        let device: DeviceId = "kiosk-07".parse().unwrap();
        let city: RecipientId = "city-a1".parse().unwrap();
        assert_eq!(up(&device, &city), "ubg/v1/up/kiosk-07/city-a1");
        assert_eq!(up_filter(&city), "ubg/v1/up/+/city-a1");
        assert_eq!(
            down(&device, Channel::Receipt),
            "ubg/v1/down/kiosk-07/receipt"
        );
        assert_eq!(
            down(&device, Channel::Status),
            "ubg/v1/down/kiosk-07/status"
        );
        assert_eq!(
            down(&device, Channel::Catalogue),
            "ubg/v1/down/kiosk-07/catalogue"
        );
        assert_eq!(
            down(&device, Channel::Command),
            "ubg/v1/down/kiosk-07/command"
        );
        assert_eq!(presence(&city), "ubg/v1/city/city-a1/presence");
    }

    #[test]
    fn a_topic_reads_back_and_nothing_else_does() {
        let device: DeviceId = "kiosk-07".parse().unwrap();
        let city: RecipientId = "city-a1".parse().unwrap();
        assert_eq!(
            parse_up("ubg/v1/up/kiosk-07/city-a1"),
            Some((device.clone(), city))
        );
        assert_eq!(
            parse_down("ubg/v1/down/kiosk-07/status"),
            Some((device, Channel::Status))
        );
        for bad in [
            "ubg/v1/up/kiosk-07",
            "ubg/v1/up/+/city-a1",
            "ubg/v1/up/kiosk-07/city-a1/x",
            "ubg/v2/up/kiosk-07/city-a1",
            "",
        ] {
            assert_eq!(parse_up(bad), None, "{bad}");
        }
        for bad in [
            "ubg/v1/down/kiosk-07/joy",
            "ubg/v1/down/KIOSK/status",
            "ubg/v1/down//status",
        ] {
            assert_eq!(parse_down(bad), None, "{bad}");
        }
    }
}
