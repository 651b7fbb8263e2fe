//! Form fields as they came: bounded, unique, UTF-8.

use super::Failure;

/// Most fields of one form.
const MOST: usize = 250;

/// The fields of one form body.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(body).map_err(|_| Failure::BadForm("not ASCII"))?;
        let mut fields: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if fields.len() >= MOST || fields.iter().any(|(known, _)| *known == name) {
                return Err(Failure::BadForm("a field came twice, or too many came"));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// All of them, in their order.
    pub(super) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// A field's value, if it came.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }
}

/// Undoes percent encoding; the result must be UTF-8.
fn decode(text: &str) -> Result<String, Failure> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (rest.next().and_then(digit), rest.next().and_then(digit));
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(Failure::BadForm("broken percent encoding"));
                };
                high << 4 | low
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Failure::BadForm("not UTF-8"))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn japanese_and_line_ends_come_through_by_code_point() {
        let fields =
            Fields::parse("note=%F0%A0%AE%B7%E7%94%B0%0D%0A%E4%B8%80+%2B&csrf=a".as_bytes())
                .unwrap();
        assert_eq!(fields.get("note"), Some("𠮷田\r\n一 +"));
        assert_eq!(fields.get("csrf"), Some("a"));
        assert_eq!(fields.get("nothing"), None);
    }

    #[test]
    fn broken_doubled_and_endless_forms_are_refused() {
        for body in ["a=%F", "a=%zz", "a=%FF", "a=1&a=2"] {
            assert!(
                matches!(Fields::parse(body.as_bytes()), Err(Failure::BadForm(_))),
                "{body} was taken"
            );
        }
        let endless = (0..300)
            .map(|n| format!("f{n}=1"))
            .collect::<Vec<_>>()
            .join("&");
        assert!(matches!(
            Fields::parse(endless.as_bytes()),
            Err(Failure::BadForm(_))
        ));
    }
}
