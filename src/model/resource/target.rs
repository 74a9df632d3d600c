//! Places among parameters.
//!
//! ```text
//! target = step *("." step)
//! step   = name ["[" (nothing | number | "*") "]"]     a list: append, this index, the index of the resource
//! ```

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The place of a value in parameters, such as `Filters[0].Values[0]`, `InstanceIds[]` or `Entries[*].Id`. `[]` appends to the list;
/// `[*]` is the index of the resource in its page.
///
/// ```
/// use tucuxi::resource::Target;
///
/// let target: Target = serde_json::from_str(r#""Filters[0].Values[]""#)?;
/// assert!(target.steps().map(|step| step.name()).eq(["Filters", "Values"]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Target {
    text: Box<str>,
    steps: Box<[TargetStep]>,
}

/// A step of a [`Target`].
///
/// ```
/// use tucuxi::resource::Target;
///
/// let target: Target = serde_json::from_str(r#""Delete.Objects[].Key""#)?;
/// let lists = target.steps().filter(|step| step.is_list()).map(|step| step.name());
/// assert!(lists.eq(["Objects"]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TargetStep {
    name: Box<str>,
    /// The index, if the step is a list.
    at: Option<At>,
}

/// The index in a list.
#[derive(Clone, Copy, Debug)]
enum At {
    End,
    Number(u8),
    /// The index of the resource in its page.
    Resource,
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split('.').map(TargetStep::parse).collect() {
            Some(steps) => Ok(Self {
                text: text.into(),
                steps,
            }),
            None => Err(format!("{text:?} is not a valid target")),
        }
    }
}

impl TargetStep {
    /// Returns the name of the member.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the member is a list.
    pub fn is_list(&self) -> bool {
        self.at.is_some()
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, at) = match text.strip_suffix(']') {
            None => (text, None),
            Some(list) => {
                let (name, at) = list.split_once('[')?;
                let at = match at {
                    "" => At::End,
                    "*" => At::Resource,
                    number => At::Number(number.parse().ok()?),
                };
                (name, Some(at))
            }
        };
        let is_name = !name.is_empty() && !name.contains(['[', ']']);
        is_name.then(|| Self {
            name: name.into(),
            at,
        })
    }
}

impl Target {
    /// Returns the steps.
    pub fn steps(&self) -> impl Iterator<Item = &TargetStep> {
        self.steps.iter()
    }

    /// Sets the value at this place. `index` is that of the resource in its page.
    pub(crate) fn put(&self, params: &mut Value, value: Value, index: Option<usize>) {
        let mut place = params;
        for step in &self.steps {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[&*step.name];
            let Some(at) = step.at else { continue };
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let length = place.as_array().map_or(0, Vec::len);
            let index = match at {
                At::End => length,
                At::Number(number) => number.into(),
                At::Resource => index.unwrap_or(length),
            };
            if let Value::Array(list) = &mut *place {
                // skipped indexes are empty objects until their values are set
                list.resize_with(length.max(index + 1), || Value::Object(Map::new()));
            }
            place = &mut place[index];
        }
        *place = value;
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_set_at_their_targets() {
        // (target, value and resource index, set in this order; the resulting parameters)
        let cases = [
            (vec![("A", 0)], json!({"A": 0})),
            (vec![("A.B", 0), ("A.C", 0)], json!({"A": {"B": 0, "C": 1}})),
            (vec![("A[]", 0), ("A[]", 1)], json!({"A": [0, 1]})),
            (
                vec![("A[0].N", 0), ("A[0].V[0]", 0)],
                json!({"A": [{"N": 0, "V": [1]}]}),
            ),
            (vec![("A[1]", 0)], json!({"A": [{}, 0]})),
            (vec![("A[1].B", 0)], json!({"A": [{}, {"B": 0}]})),
            (
                vec![("A[*].I", 0), ("A[*].R", 0), ("A[*].I", 1)],
                json!({"A": [{"I": 0, "R": 1}, {"I": 2}]}),
            ),
            (
                vec![("A.B[].C", 0), ("A.B[].C", 1)],
                json!({"A": {"B": [{"C": 0}, {"C": 1}]}}),
            ),
        ];
        for (puts, expected) in cases {
            let mut params = json!({});
            for (value, (target, index)) in puts.iter().enumerate() {
                let target = Target::try_from((*target).to_owned()).unwrap();
                target.put(&mut params, value.into(), Some(*index));
            }
            assert_eq!(params, expected, "{puts:?}");
        }
    }

    #[test]
    fn an_invalid_target_is_an_error() {
        for text in ["", "A..B", "A[", "A]", "[0]", "A[x]", "A[0]B", "A[70000]"] {
            let error = Target::try_from(text.to_owned()).unwrap_err();
            assert_eq!(error, format!("{text:?} is not a valid target"));
        }
    }
}
