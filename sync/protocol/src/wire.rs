//! Strict CBOR: one deterministic encoding per value, bounded in size and depth, with errors that name the field.
//!
//! It knows nothing about what the fields mean. Anything accepted here re-encodes to the very same bytes, so
//! indefinite lengths, padded integers, trailing bytes and repeated keys are all refused.

use std::collections::BTreeMap;

use ciborium::Value;

/// Nesting no message of ours comes near (the deepest has 5); deeper input is refused before it costs stack.
const MAX_DEPTH: usize = 12;

/// Why bytes are not a message of this protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// More bytes than this kind of message may have.
    #[error("{what}: {len} bytes, at most {max} allowed")]
    TooLong {
        /// Which message or field.
        what: &'static str,
        /// Bytes found.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Not CBOR, or cut short.
    #[error("{what}: not CBOR ({detail})")]
    NotCbor {
        /// Which message.
        what: &'static str,
        /// What the CBOR reader said.
        detail: String,
    },
    /// Nested deeper than any message of ours.
    #[error("{what}: nested deeper than {MAX_DEPTH}")]
    TooDeep {
        /// Which message.
        what: &'static str,
    },
    /// CBOR, but not in its one deterministic form (padding, indefinite length, trailing bytes, key order).
    #[error("{what}: not in deterministic form")]
    NotDeterministic {
        /// Which message.
        what: &'static str,
    },
    /// Another CBOR type than the profile demands.
    #[error("{what}: {field} is not {expected}")]
    WrongType {
        /// Which message.
        what: &'static str,
        /// Which field.
        field: &'static str,
        /// What it had to be.
        expected: &'static str,
    },
    /// A field that must be there is not.
    #[error("{what}: {field} is missing")]
    Missing {
        /// Which message.
        what: &'static str,
        /// Which field.
        field: &'static str,
    },
    /// A number or length outside what the profile allows.
    #[error("{what}: {field} is out of range")]
    OutOfRange {
        /// Which message.
        what: &'static str,
        /// Which field.
        field: &'static str,
    },
    /// An identifier with characters or a length it may not have.
    #[error("{what}: {field} is not a valid identifier")]
    BadId {
        /// Which message.
        what: &'static str,
        /// Which field.
        field: &'static str,
        /// What was wrong with it.
        #[source]
        source: crate::IdError,
    },
    /// A field this version does not have. New fields come with a new version.
    #[error("{what}: unknown field {key}")]
    UnknownField {
        /// Which message.
        what: &'static str,
        /// Its key.
        key: i64,
    },
    /// A version of the profile that is not ours. Older ones are refused as firmly as newer ones.
    #[error("{what}: version {found}, this software speaks {}", crate::VERSION)]
    Version {
        /// Which message.
        what: &'static str,
        /// The version it claims.
        found: u64,
    },
}

/// Reads one CBOR item that must fill `bytes` exactly and be in deterministic form.
pub(crate) fn decode(what: &'static str, bytes: &[u8], max: usize) -> Result<Value, WireError> {
    if bytes.len() > max {
        return Err(WireError::TooLong {
            what,
            len: bytes.len(),
            max,
        });
    }
    let value: Value =
        ciborium::de::from_reader_with_recursion_limit(bytes, MAX_DEPTH).map_err(|e| match e {
            ciborium::de::Error::RecursionLimitExceeded => WireError::TooDeep { what },
            other => WireError::NotCbor {
                what,
                detail: other.to_string(),
            },
        })?;
    if encode(&value) == bytes {
        Ok(value)
    } else {
        Err(WireError::NotDeterministic { what })
    }
}

/// Writes a value. Values are built by this crate from definite parts, so writing to memory cannot fail;
/// should it ever, the empty result is refused by every reader.
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    if ciborium::into_writer(value, &mut out).is_err() {
        out.clear();
    }
    out
}

/// A map with small integer keys in ascending order, the shape of every message of ours.
pub(crate) fn map(fields: Vec<(i64, Value)>) -> Value {
    Value::Map(
        fields
            .into_iter()
            .map(|(k, v)| (Value::from(k), v))
            .collect(),
    )
}

/// The fields of one message, taken out one by one; what is left over at the end is an error.
pub(crate) struct Fields {
    what: &'static str,
    map: BTreeMap<i64, Value>,
}

impl Fields {
    /// Opens a map whose keys are integers, ascending, each once.
    pub(crate) fn open(what: &'static str, value: Value) -> Result<Self, WireError> {
        let Value::Map(pairs) = value else {
            return Err(WireError::WrongType {
                what,
                field: "message",
                expected: "a map",
            });
        };
        let mut map = BTreeMap::new();
        let mut last = None;
        for (key, value) in pairs {
            let key: i64 = key
                .into_integer()
                .ok()
                .and_then(|i| i64::try_from(i).ok())
                .ok_or(WireError::WrongType {
                    what,
                    field: "key",
                    expected: "an integer",
                })?;
            if last.is_some_and(|l| l >= key) {
                return Err(WireError::NotDeterministic { what });
            }
            last = Some(key);
            map.insert(key, value);
        }
        Ok(Self { what, map })
    }

    /// Takes the version field and refuses every version but ours.
    pub(crate) fn version(&mut self, key: i64) -> Result<u8, WireError> {
        let found = self.uint(key, "version", u64::MAX)?;
        if found == u64::from(crate::VERSION) {
            Ok(crate::VERSION)
        } else {
            Err(WireError::Version {
                what: self.what,
                found,
            })
        }
    }

    /// A field in whatever form it has, for a reader of its own.
    pub(crate) fn value(&mut self, key: i64, field: &'static str) -> Result<Value, WireError> {
        self.take(key, field)
    }

    fn take(&mut self, key: i64, field: &'static str) -> Result<Value, WireError> {
        self.map.remove(&key).ok_or(WireError::Missing {
            what: self.what,
            field,
        })
    }

    /// A byte string of at most `max` bytes.
    pub(crate) fn bytes(
        &mut self,
        key: i64,
        field: &'static str,
        max: usize,
    ) -> Result<Vec<u8>, WireError> {
        let what = self.what;
        let value = self.take(key, field)?;
        bytes_of(what, field, value, max)
    }

    /// A byte string of exactly `N` bytes.
    pub(crate) fn array<const N: usize>(
        &mut self,
        key: i64,
        field: &'static str,
    ) -> Result<[u8; N], WireError> {
        let what = self.what;
        <[u8; N]>::try_from(self.bytes(key, field, usize::MAX)?)
            .map_err(|_| WireError::OutOfRange { what, field })
    }

    /// Text of at most `max` bytes.
    pub(crate) fn text(
        &mut self,
        key: i64,
        field: &'static str,
        max: usize,
    ) -> Result<String, WireError> {
        let what = self.what;
        match self.take(key, field)? {
            Value::Text(t) if t.len() <= max => Ok(t),
            Value::Text(t) => Err(WireError::TooLong {
                what: field,
                len: t.len(),
                max,
            }),
            _ => Err(WireError::WrongType {
                what,
                field,
                expected: "text",
            }),
        }
    }

    /// Text that is an identifier.
    pub(crate) fn id<T>(&mut self, key: i64, field: &'static str) -> Result<T, WireError>
    where
        T: std::str::FromStr<Err = crate::IdError>,
    {
        let what = self.what;
        let text = self.text(key, field, 64)?;
        text.parse().map_err(|source| WireError::BadId {
            what,
            field,
            source,
        })
    }

    /// An unsigned number up to and including `max`.
    pub(crate) fn uint(
        &mut self,
        key: i64,
        field: &'static str,
        max: u64,
    ) -> Result<u64, WireError> {
        let what = self.what;
        let value = self.take(key, field)?;
        uint_of(what, field, value, max)
    }

    /// A number that must fit a smaller unsigned type.
    pub(crate) fn small<T: TryFrom<u64>>(
        &mut self,
        key: i64,
        field: &'static str,
    ) -> Result<T, WireError> {
        let what = self.what;
        T::try_from(self.uint(key, field, u64::MAX)?)
            .map_err(|_| WireError::OutOfRange { what, field })
    }

    /// Seconds since 1970 in UTC; years 1970 to 9999.
    pub(crate) fn time(&mut self, key: i64, field: &'static str) -> Result<i64, WireError> {
        let what = self.what;
        i64::try_from(self.uint(key, field, MAX_TIME)?)
            .map_err(|_| WireError::OutOfRange { what, field })
    }

    /// The same when it may be absent.
    pub(crate) fn time_opt(
        &mut self,
        key: i64,
        field: &'static str,
    ) -> Result<Option<i64>, WireError> {
        if self.map.contains_key(&key) {
            self.time(key, field).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A list of at most `max` items.
    pub(crate) fn list(
        &mut self,
        key: i64,
        field: &'static str,
        max: usize,
    ) -> Result<Vec<Value>, WireError> {
        let what = self.what;
        match self.take(key, field)? {
            Value::Array(items) if items.len() <= max => Ok(items),
            Value::Array(_) => Err(WireError::OutOfRange { what, field }),
            _ => Err(WireError::WrongType {
                what,
                field,
                expected: "a list",
            }),
        }
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, key: i64) -> bool {
        self.map.contains_key(&key)
    }

    /// Ends the reading: nothing may be left.
    pub(crate) fn finish(self) -> Result<(), WireError> {
        match self.map.first_key_value() {
            None => Ok(()),
            Some((key, _)) => Err(WireError::UnknownField {
                what: self.what,
                key: *key,
            }),
        }
    }
}

/// 9999-12-31T23:59:59Z.
const MAX_TIME: u64 = 253_402_300_799;

/// Whether a time can be written at all.
pub(crate) fn time_ok(t: i64) -> bool {
    u64::try_from(t).is_ok_and(|t| t <= MAX_TIME)
}

/// A byte string of at most `max` bytes.
pub(crate) fn bytes_of(
    what: &'static str,
    field: &'static str,
    v: Value,
    max: usize,
) -> Result<Vec<u8>, WireError> {
    match v {
        Value::Bytes(b) if b.len() <= max => Ok(b),
        Value::Bytes(b) => Err(WireError::TooLong {
            what: field,
            len: b.len(),
            max,
        }),
        _ => Err(WireError::WrongType {
            what,
            field,
            expected: "bytes",
        }),
    }
}

/// Seconds since 1970 in UTC; years 1970 to 9999.
pub(crate) fn time_of(what: &'static str, field: &'static str, v: Value) -> Result<i64, WireError> {
    i64::try_from(uint_of(what, field, v, MAX_TIME)?)
        .map_err(|_| WireError::OutOfRange { what, field })
}

/// An unsigned number up to and including `max`.
pub(crate) fn uint_of(
    what: &'static str,
    field: &'static str,
    v: Value,
    max: u64,
) -> Result<u64, WireError> {
    let number = v.into_integer().map_err(|_| WireError::WrongType {
        what,
        field,
        expected: "a number",
    })?;
    match u64::try_from(number) {
        Ok(n) if n <= max => Ok(n),
        _ => Err(WireError::OutOfRange { what, field }),
    }
}
