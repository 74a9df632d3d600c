//! Mixins and `apply` statements, resolved: <https://smithy.io/2.0/spec/mixins.html>.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

type Shapes = Map<String, Value>;

const MIXIN: &str = "smithy.api#mixin";

/// How deep mixins may be nested.
const MAX_DEPTH: usize = 64;

/// Returns the model without mixins and `apply` statements, or `None` if it has none.
pub(super) fn flatten(text: &str) -> Result<Option<String>, String> {
    if !text.contains("\"mixins\"") && !text.contains("\"apply\"") {
        return Ok(None);
    }
    let mut model: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let Some(shapes) = model.get_mut("shapes").and_then(Value::as_object_mut) else {
        return Ok(None);
    };
    let mut members = Vec::new();
    let applied: Vec<String> = (shapes.iter())
        .filter(|(_, shape)| shape["type"] == "apply")
        .map(|(id, _)| id.clone())
        .collect();
    for id in applied {
        let traits = shapes.shift_remove(&id).map(|mut s| s["traits"].take());
        let traits = traits.unwrap_or_default();
        match id.split_once('$') {
            // members may come from a mixin, so they follow
            Some((shape, member)) => members.push((shape.to_owned(), member.to_owned(), traits)),
            None => apply(shapes.get_mut(&id), &id, traits)?,
        }
    }
    let ids: Vec<String> = shapes.keys().cloned().collect();
    let mut resolved = HashMap::new();
    for id in &ids {
        resolve(shapes, id, &mut resolved, 0)?;
    }
    let is_mixin = |shape: &Value| shape["traits"].get(MIXIN).is_some();
    let mixins: BTreeSet<String> = (shapes.iter())
        .filter(|(_, shape)| is_mixin(shape))
        .map(|(id, _)| id.clone())
        .collect();
    for (id, shape) in resolved {
        shapes.insert(id, shape);
    }
    for (shape, member, traits) in members {
        let id = format!("{shape}${member}");
        let shape = shapes.get_mut(&shape);
        let found = shape.and_then(|shape| match &*member {
            "member" | "key" | "value" if shape.get("members").is_none() => shape.get_mut(&member),
            _ => shape.get_mut("members")?.get_mut(&member),
        });
        apply(found, &id, traits)?;
    }
    shapes.retain(|id, _| !mixins.contains(id));
    Ok(Some(model.to_string()))
}

fn apply(to: Option<&mut Value>, id: &str, traits: Value) -> Result<(), String> {
    let to = to.ok_or_else(|| format!("traits are applied to {id}, which does not exist"))?;
    let (Some(to), Value::Object(traits)) = (to.as_object_mut(), traits) else {
        return Err(format!(
            "the traits that are applied to {id} are not an object"
        ));
    };
    merge(to, "traits", traits, true);
    Ok(())
}

/// Adds the entries of an object member. `overrides` is whether they replace entries that exist.
fn merge(to: &mut Map<String, Value>, member: &str, entries: Map<String, Value>, overrides: bool) {
    let existing = to.entry(member).or_insert_with(|| Map::new().into());
    if let Value::Object(existing) = existing {
        for (name, value) in entries {
            if overrides || !existing.contains_key(&name) {
                existing.insert(name, value);
            }
        }
    }
}

/// Resolves the mixins of a shape, those of its mixins first.
fn resolve(
    shapes: &Shapes,
    id: &str,
    resolved: &mut HashMap<String, Value>,
    depth: usize,
) -> Result<(), String> {
    if resolved.contains_key(id) {
        return Ok(());
    }
    let shape = shapes.get(id);
    let shape = shape.ok_or_else(|| format!("there is no mixin {id}"))?;
    let Some(mixins) = shape.get("mixins").and_then(Value::as_array) else {
        return Ok(());
    };
    if depth == MAX_DEPTH {
        return Err(format!(
            "the mixins of {id} are nested too deeply, or in a circle"
        ));
    }
    let mut whole = Map::new();
    for mixin in mixins {
        let mixin = mixin["target"].as_str().unwrap_or_default();
        resolve(shapes, mixin, resolved, depth + 1)?;
        let parent = resolved.get(mixin).or_else(|| shapes.get(mixin));
        if let Some(Value::Object(parent)) = parent {
            inherit(&mut whole, parent);
        }
    }
    if let Value::Object(own) = shape {
        add(&mut whole, own);
    }
    whole.shift_remove("mixins");
    resolved.insert(id.to_owned(), whole.into());
    Ok(())
}

/// Adds what a shape gets from a mixin: everything but its local traits.
fn inherit(to: &mut Map<String, Value>, mixin: &Map<String, Value>) {
    let mut mixin = mixin.clone();
    if let Some(Value::Object(traits)) = mixin.get_mut("traits") {
        let own = traits.shift_remove(MIXIN).unwrap_or_default();
        for local in own["localTraits"].as_array().into_iter().flatten() {
            traits.shift_remove(local.as_str().unwrap_or_default());
        }
    }
    add(to, &mixin);
}

/// Adds the properties of a shape: lists and objects are joined, other values replaced. A member that is defined again keeps its
/// target, and its traits are joined.
fn add(to: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (name, value) in from {
        match (to.get_mut(name), value) {
            (Some(Value::Object(to)), Value::Object(from)) if name == "members" => {
                for (member, value) in from {
                    match (to.get_mut(member), value) {
                        (Some(Value::Object(to)), Value::Object(from)) => add(to, from),
                        _ => {
                            to.insert(member.clone(), value.clone());
                        }
                    }
                }
            }
            (Some(Value::Object(to)), Value::Object(from)) => {
                to.extend(
                    from.iter()
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
            }
            (Some(Value::Array(to)), Value::Array(from)) => to.extend(from.iter().cloned()),
            _ => {
                to.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flat(shapes: Value) -> Result<Value, String> {
        let model = json!({"smithy": "2.0", "shapes": shapes}).to_string();
        let flat = flatten(&model)?.expect("the model has mixins or apply statements");
        let flat: Value = serde_json::from_str(&flat).unwrap();
        Ok(flat["shapes"].clone())
    }

    #[test]
    fn members_and_traits_of_mixins_come_first() {
        let target = |id: &str| json!([{"target": id}]);
        let found = flat(json!({
            "a#Base": {"type": "structure", "members": {"x": {"target": "a#X", "traits": {"t": 1}}},
                "traits": {MIXIN: {"localTraits": ["local"]}, "local": 1, "kept": 1}},
            "a#Middle": {"type": "structure", "mixins": target("a#Base"),
                "members": {"y": {"target": "a#Y"}}, "traits": {MIXIN: {}, "kept": 2}},
            "a#Thing": {"type": "structure", "mixins": target("a#Middle"),
                "members": {"z": {"target": "a#Z"}, "x": {"target": "a#X", "traits": {"u": 1}}}, "traits": {"own": 1}},
            "a#Thing$y": {"type": "apply", "traits": {"late": 1}},
        }))
        .unwrap();
        let expected = json!({"a#Thing": {
            "type": "structure",
            "members": {
                "x": {"target": "a#X", "traits": {"t": 1, "u": 1}},
                "y": {"target": "a#Y", "traits": {"late": 1}},
                "z": {"target": "a#Z"},
            },
            "traits": {"kept": 2, "own": 1},
        }});
        assert_eq!(found, expected);
        let names: Vec<_> = found["a#Thing"]["members"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        assert_eq!(names, ["x", "y", "z"]);
    }

    #[test]
    fn traits_are_applied_to_entries() {
        let found = flat(json!({
            "a#L": {"type": "list", "member": {"target": "a#X"}},
            "a#L$member": {"type": "apply", "traits": {"on": {}}},
        }));
        assert_eq!(found.unwrap()["a#L"]["member"]["traits"], json!({"on": {}}));
        for id in ["a#other", "a#other$member"] {
            let found = flat(json!({id: {"type": "apply", "traits": {}}}));
            assert!(found.unwrap_err().contains(id));
        }
    }

    #[test]
    fn a_circle_of_mixins_is_an_error() {
        let target = |id: &str| json!([{"target": id}]);
        let found = flat(json!({
            "a#A": {"type": "structure", "mixins": target("a#B"), "traits": {MIXIN: {}}},
            "a#B": {"type": "structure", "mixins": target("a#A"), "traits": {MIXIN: {}}},
        }));
        assert!(found.unwrap_err().contains("circle"));
    }
}
