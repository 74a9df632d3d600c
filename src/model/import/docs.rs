//! Removes documentation where the formats have it. A member may itself be named `documentation`.

use serde_json::Value;

/// Removes the documentation from a data file of this kind.
pub(super) fn strip(kind: &str, value: &mut Value) {
    match kind {
        "endpoint-rule-set-1" => strip_rules(value),
        "service-2" => strip_service(value),
        "waiters-2" => each(value, "waiters", |waiter| {
            remove(waiter, &["description", "documentation"])
        }),
        _ => {}
    }
}

/// The traits of Smithy that are for people, and for tests of SDKs.
const TRAITS: [&str; 5] = [
    "smithy.api#documentation",
    "smithy.api#examples",
    "smithy.api#externalDocumentation",
    "smithy.rules#endpointTests",
    "smithy.test#smokeTests",
];

/// Removes the documentation from a Smithy model.
pub(super) fn strip_smithy(model: &mut Value) {
    let strip = |shape: &mut Value| {
        if let Some(traits) = shape.get_mut("traits").and_then(Value::as_object_mut) {
            traits.retain(|name, _| !TRAITS.contains(&&**name));
        }
    };
    each(model, "shapes", |shape| {
        strip(shape);
        each(shape, "members", strip);
        for part in ["key", "member", "value"] {
            at(shape, part, strip);
        }
    });
}

fn strip_service(model: &mut Value) {
    const NAMES: &[&str] = &["documentation", "documentationUrl"];
    remove(model, NAMES);
    each(model, "clientContextParams", |param| remove(param, NAMES));
    each(model, "operations", |operation| {
        remove(operation, NAMES);
        for part in ["input", "output"] {
            at(operation, part, |shape| remove(shape, NAMES));
        }
        each(operation, "errors", |error| remove(error, NAMES));
    });
    each(model, "shapes", |shape| {
        remove(shape, NAMES);
        each(shape, "members", |member| remove(member, NAMES));
        for part in ["key", "member", "value"] {
            at(shape, part, |target| remove(target, NAMES));
        }
    });
}

fn strip_rules(ruleset: &mut Value) {
    each(ruleset, "parameters", |parameter| {
        remove(parameter, &["documentation"])
    });
    each(ruleset, "rules", strip_rule);
}

fn strip_rule(rule: &mut Value) {
    remove(rule, &["documentation"]);
    each(rule, "rules", strip_rule);
}

fn remove(object: &mut Value, names: &[&str]) {
    if let Value::Object(members) = object {
        members.retain(|name, value| !(names.contains(&&**name) && value.is_string()));
    }
}

fn at(object: &mut Value, name: &str, then: impl FnOnce(&mut Value)) {
    if let Some(value) = object.get_mut(name) {
        then(value);
    }
}

/// Calls `then` for all members of the object, or items of the list, with this name.
fn each(object: &mut Value, name: &str, mut then: impl FnMut(&mut Value)) {
    match object.get_mut(name) {
        Some(Value::Object(members)) => members.values_mut().for_each(then),
        Some(Value::Array(items)) => items.iter_mut().for_each(&mut then),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_documentation_is_removed() {
        let mut model = json!({
            "documentation": "d",
            "operations": {"documentation": {"documentation": "d", "input": {"shape": "In", "documentation": "d"},
                "errors": [{"shape": "E", "documentation": "d"}]}},
            "shapes": {
                "documentation": {"type": "structure", "documentation": "d",
                    "members": {"documentation": {"shape": "documentation", "documentation": "d"}}},
                "L": {"type": "list", "member": {"shape": "S", "documentation": "d"}},
            },
        });
        strip("service-2", &mut model);
        let expected = json!({
            "operations": {"documentation": {"input": {"shape": "In"}, "errors": [{"shape": "E"}]}},
            "shapes": {
                "documentation": {"type": "structure", "members": {"documentation": {"shape": "documentation"}}},
                "L": {"type": "list", "member": {"shape": "S"}},
            },
        });
        assert_eq!(model, expected);
    }

    #[test]
    fn smithy_models_lose_traits_for_people() {
        let traits = json!({"smithy.api#documentation": "d", "smithy.api#required": {}});
        let mut model = json!({"smithy": "2.0", "shapes": {
            "a#S": {"type": "structure", "traits": traits, "members": {"smithy.api#documentation": {"target": "a#L", "traits": traits}}},
            "a#L": {"type": "list", "member": {"target": "a#S", "traits": traits}},
            "a#Tower": {"type": "service", "traits": {"smithy.rules#endpointTests": {"testCases": []}, "smithy.api#title": "t"}},
        }});
        strip_smithy(&mut model);
        let kept = json!({"smithy.api#required": {}});
        let expected = json!({"smithy": "2.0", "shapes": {
            "a#S": {"type": "structure", "traits": kept, "members": {"smithy.api#documentation": {"target": "a#L", "traits": kept}}},
            "a#L": {"type": "list", "member": {"target": "a#S", "traits": kept}},
            "a#Tower": {"type": "service", "traits": {"smithy.api#title": "t"}},
        }});
        assert_eq!(model, expected);
    }

    #[test]
    fn rules_lose_documentation_at_every_depth() {
        let mut rules = json!({
            "parameters": {"documentation": {"type": "string", "documentation": "d"}},
            "rules": [{"documentation": "d", "rules": [{"documentation": "d", "error": "documentation"}]}],
        });
        strip("endpoint-rule-set-1", &mut rules);
        let expected = json!({
            "parameters": {"documentation": {"type": "string"}},
            "rules": [{"rules": [{"error": "documentation"}]}],
        });
        assert_eq!(rules, expected);
    }
}
