//! The JSON Schema of the catalogue's files, for editors. Made from the types that read them, so it cannot disagree.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::raw::{RawBlocks, RawHolidays, RawProcedure, RawProfiles};
use crate::rules::raw::{RawConditionsFile, RawFactsFile};

/// The schema of a procedure's file; those of the other files are its `$defs`: `FactsFile`, `ConditionsFile`,
/// `BlocksFile`, `ProfilesFile`, `HolidaysFile`.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let others = [
        ("FactsFile", generator.subschema_for::<RawFactsFile>()),
        (
            "ConditionsFile",
            generator.subschema_for::<RawConditionsFile>(),
        ),
        ("BlocksFile", generator.subschema_for::<RawBlocks>()),
        ("ProfilesFile", generator.subschema_for::<RawProfiles>()),
        ("HolidaysFile", generator.subschema_for::<RawHolidays>()),
    ];
    let mut root = generator.into_root_schema_for::<RawProcedure>().to_value();
    if let Some(definitions) = root.get_mut("$defs").and_then(Value::as_object_mut) {
        for (name, schema) in others {
            definitions.insert(name.to_owned(), json!(schema));
        }
    }
    root
}
