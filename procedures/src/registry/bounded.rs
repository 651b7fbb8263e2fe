//! Reading JSON from strangers without letting its size decide over memory: one record at a time, and no more parts of it
//! than a record can have.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{ImportError, MAX_RECORDS};

/// The most values and keys of one record; the published ones have about 150.
const MAX_PARTS: usize = 5_000;
/// Where other tools put the list.
const LISTS: [&str; 4] = ["records", "data", "results", "items"];
/// The text by which one error is told from the others on its way through serde.
const TOO_MANY: &str = "too many records";

/// One record as JSON.
pub(super) struct Row {
    pub(super) value: Value,
    /// It had more parts than are read; `value` is not all of it.
    pub(super) over: bool,
    /// Some key appeared twice.
    pub(super) key_twice: bool,
}

impl Row {
    /// A value that is in memory already.
    pub(super) fn of(value: Value) -> Self {
        Self {
            over: parts(&value) > MAX_PARTS,
            value,
            key_twice: false,
        }
    }
}

fn parts(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(parts).sum::<usize>(),
        Value::Object(object) => 1 + object.values().map(|value| 1 + parts(value)).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

/// Hands each record to `take`.
pub(super) fn rows(bytes: &[u8], take: &mut dyn FnMut(Row)) -> Result<(), ImportError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut sink = Sink { take, count: 0 };
    let result = File(&mut sink)
        .deserialize(&mut json)
        .and_then(|found| json.end().map(|()| found));
    match result {
        Ok(true) => Ok(()),
        Ok(false) => Err(ImportError::NotRecords),
        Err(error) if error.to_string().starts_with(TOO_MANY) => Err(ImportError::TooManyRecords),
        Err(error) => Err(ImportError::Json(error.to_string())),
    }
}

struct Sink<'a> {
    take: &'a mut dyn FnMut(Row),
    count: usize,
}

impl Sink<'_> {
    fn list<'de, A: SeqAccess<'de>>(&mut self, mut list: A) -> Result<(), A::Error> {
        loop {
            let mut budget = Budget::new();
            let Some(value) = list.next_element_seed(Part(&mut budget))? else {
                return Ok(());
            };
            if self.count == MAX_RECORDS {
                return Err(A::Error::custom(TOO_MANY));
            }
            self.count += 1;
            (self.take)(budget.row(value));
        }
    }
}

/// The whole file. `true` when there was a list or a record.
struct File<'s, 'a>(&'s mut Sink<'a>);

impl<'de> DeserializeSeed<'de> for File<'_, '_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for File<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<bool, A::Error> {
        self.0.list(list).map(|()| true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut budget = Budget::new();
        let mut record = Map::new();
        let mut lists = false;
        while let Some(key) = map.next_key::<String>()? {
            if LISTS.contains(&key.as_str()) {
                let mut list = List {
                    sink: self.0,
                    budget: &mut budget,
                    found: false,
                };
                let value = map.next_value_seed(&mut list)?;
                lists |= list.found;
                if !list.found {
                    record.insert(key, value);
                }
            } else {
                budget.take();
                let value = map.next_value_seed(Part(&mut budget))?;
                if !budget.over {
                    budget.key_twice |= record.insert(key, value).is_some();
                }
            }
        }
        if lists {
            return Ok(true);
        }
        (self.0.take)(budget.row(Value::Object(record)));
        Ok(true)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }
}

/// How much of a record may still be read.
struct Budget {
    left: usize,
    over: bool,
    key_twice: bool,
}

impl Budget {
    fn new() -> Self {
        Self {
            left: MAX_PARTS,
            over: false,
            key_twice: false,
        }
    }

    fn take(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.over = true,
        }
        !self.over
    }

    fn row(self, value: Value) -> Row {
        Row {
            value,
            over: self.over,
            key_twice: self.key_twice,
        }
    }
}

/// A value under one of the names of lists: a list of records, or something else.
struct List<'l, 's, 'a> {
    sink: &'l mut Sink<'a>,
    budget: &'s mut Budget,
    found: bool,
}

impl<'de> DeserializeSeed<'de> for &mut List<'_, '_, '_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut List<'_, '_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Value, A::Error> {
        self.found = true;
        self.sink.list(list).map(|()| Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        Part(self.budget).visit_map(map)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Part(self.budget).visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Part(self.budget).visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Part(self.budget).visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Part(self.budget).visit_f64(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Part(self.budget).visit_str(value)
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Part(self.budget).visit_unit()
    }
}

/// A value of a record, as far as the budget goes; the rest is read past.
struct Part<'b>(&'b mut Budget);

impl Part<'_> {
    fn leaf(self, value: impl Into<Value>) -> Value {
        if self.0.take() {
            value.into()
        } else {
            Value::Null
        }
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        if self.0.over {
            return from
                .deserialize_ignored_any(IgnoredAny)
                .map(|_| Value::Null);
        }
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.0.take();
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Part(self.0))? {
            // Past the budget nothing is kept, so that a long list of nothing takes no memory.
            if !self.0.over {
                items.push(item);
            }
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.0.take();
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            self.0.take();
            let value = map.next_value_seed(Part(self.0))?;
            if !self.0.over {
                self.0.key_twice |= object.insert(key, value).is_some();
            }
        }
        Ok(Value::Object(object))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(self.leaf(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(self.leaf(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(self.leaf(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(self.leaf(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(self.leaf(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(self.leaf(Value::Null))
    }
}
