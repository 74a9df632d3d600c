//! Schemas of scalars.

use std::sync::LazyLock;

use serde_json::{Map, Number, Value, json};

use super::{Direction, Writer};
use crate::model::{Kind, Notes, Shape};

/// Base64 as a call decodes it: padded, without other characters and without bits after the last byte.
const BASE64: &str =
    "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

/// The digits of an integer and of a decimal number of any size.
const INTEGER: &str = "^-?(?:0|[1-9][0-9]*)$";
const DECIMAL: &str = "^-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$";

/// The timestamps that a call reads, as far as an expression can tell: seconds since 1970; ISO 8601; numbers with words between them.
static TIMESTAMP: LazyLock<String> = LazyLock::new(|| {
    const SECONDS: &str = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?";
    const DATE: &str = r"\d{4}-?\d\d-?\d\d";
    const TIME: &str = r"\d\d(?::?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?)?";
    const ZONE: &str = r"[Zz]|[+-]\d\d(?::?\d\d(?::?\d\d)?)?";
    const WORDS: &str = concat!(
        r"(?:[\sTZ,./:+-]|GMT|UTC?|[ECMP][SD]T|[AaPp][Mm]",
        r"|(?:Mon|Tues?|Wed|Wednes|Thurs?|Thu|Fri|Sat|Satur|Sun)(?:day)?",
        r"|Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?",
        r"|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)",
    );
    let iso = format!("{DATE}(?:[Tt ]{TIME}(?:{ZONE})?)?");
    let others = format!(r"{WORDS}*\d+(?:{WORDS}+\d+)+{WORDS}*");
    format!(r"^\s*(?:{SECONDS}|{iso}|{others})\s*$")
});

/// The seconds of the years 1 to 9999.
const SECONDS: (i64, i64) = (-62_135_596_800, 253_402_300_800);

impl Writer<'_> {
    pub(super) fn scalar(&self, shape: &Shape, notes: &Notes) -> Map<String, Value> {
        let is_input = self.direction == Direction::Input;
        let schema = match &shape.kind {
            Kind::Blob => {
                let mut schema = json!({"type": "string", "contentEncoding": "base64"});
                if is_input {
                    schema["pattern"] = BASE64.into();
                }
                schema
            }
            Kind::Boolean => json!({"type": "boolean"}),
            Kind::BigDecimal => {
                json!({"anyOf": [self.number(notes), {"type": "string", "pattern": DECIMAL}]})
            }
            Kind::BigInteger => {
                json!({"anyOf": [self.integer(notes), {"type": "string", "pattern": INTEGER}]})
            }
            Kind::Double | Kind::Float => json!({"anyOf": [
                self.number(notes),
                {"enum": ["NaN", "Infinity", "-Infinity"]},
            ]}),
            Kind::Integer | Kind::Long => self.integer(notes),
            Kind::String => {
                let mut schema = json!({"type": "string"});
                if let Some(min) = self.min(notes) {
                    schema["minLength"] = min;
                }
                if !shape.values.is_empty() {
                    // a service adds values before a model has them
                    schema["anyOf"] = json!([{"enum": shape.values}, {"type": "string"}]);
                }
                schema
            }
            Kind::Timestamp if is_input => json!({"anyOf": [
                {"type": "string", "pattern": *TIMESTAMP},
                {"type": "number", "minimum": SECONDS.0, "exclusiveMaximum": SECONDS.1},
            ]}),
            Kind::Timestamp => json!({"type": "string", "format": "date-time"}),
            _ => json!({}),
        };
        match schema {
            Value::Object(schema) => schema,
            _ => Map::new(), // all are objects
        }
    }

    /// The schema of a float.
    fn number(&self, notes: &Notes) -> Value {
        let mut number = json!({"type": "number"});
        if let Some(min) = notes
            .min
            .clone()
            .filter(|_| self.direction == Direction::Input)
        {
            number["minimum"] = min.into();
        }
        number
    }

    /// The schema of an integer of 64 bits.
    fn integer(&self, notes: &Notes) -> Value {
        let lowest = Number::from(i64::MIN);
        let min = (notes.min.clone()).filter(|min| min.as_f64() > lowest.as_f64());
        match self.direction == Direction::Input {
            true => json!({
                "type": "integer",
                "minimum": min.unwrap_or(lowest),
                "maximum": u64::MAX,
            }),
            false => json!({"type": "integer"}),
        }
    }
}
