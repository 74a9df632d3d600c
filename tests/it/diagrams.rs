//! Endpoint rules as binary decision diagrams: those of a service give the same endpoints as its tree.
//!
//! No published model has both forms, so the trees of all embedded services are converted here, and both are evaluated with the same
//! parameters, which are chosen from the texts that a tree compares and from those that its functions accept.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tucuxi::endpoint::{EndpointParams, EndpointResolver, ParameterType, Partitions, Ruleset};
use tucuxi::model::{Embedded, ModelSource};

/// References from this number on are results; this one is "no rule matches".
const NO_MATCH: i32 = 100_000_000;

/// A diagram that is made from a tree. No condition is evaluated twice, and no variable has two definitions.
#[derive(Default)]
struct Compiler {
    conditions: Vec<Value>,
    results: Vec<Value>,
    nodes: Vec<[i32; 3]>,
    /// The rules without nesting: conditions and result.
    rules: Vec<(Vec<usize>, i32)>,
    /// Conditions, results and nodes by what they are, so that equal ones exist once.
    known: HashMap<String, i32>,
    /// The nodes of what is left to decide.
    decided: HashMap<String, i32>,
}

impl Compiler {
    /// The diagram of a tree.
    fn compile(tree: &Value) -> Value {
        let mut this = Self {
            nodes: vec![[-1, 1, -1]],
            ..Self::default()
        };
        this.flatten(&tree["rules"], &[], &BTreeMap::new());
        let root = this.node(0, 0, BTreeMap::new());
        let numbers = this.nodes.iter().flatten();
        let bytes: Vec<u8> = numbers.flat_map(|number| number.to_be_bytes()).collect();
        json!({
            "version": "1.1", "parameters": tree["parameters"], "conditions": this.conditions, "results": this.results,
            "root": root, "nodeCount": this.nodes.len(), "nodes": BASE64_STANDARD.encode(bytes),
        })
    }

    /// Adds the rules of a list, below these conditions. `names` has the new names of variables.
    fn flatten(&mut self, rules: &Value, above: &[usize], names: &BTreeMap<String, String>) {
        for rule in rules.as_array().unwrap() {
            let (mut conditions, mut names) = (above.to_vec(), names.clone());
            for condition in rule["conditions"].as_array().into_iter().flatten() {
                let mut condition = renamed(condition, &names);
                let test = json!([condition["fn"], condition["argv"]]).to_string();
                if let Some(name) = condition["assign"].as_str() {
                    let count = self.known.len();
                    let key = format!("name {name} {test}");
                    let number = *self.known.entry(key).or_insert(count as i32);
                    let unique = format!("{name}_{number}");
                    names.insert(name.to_owned(), unique.clone());
                    condition["assign"] = unique.into();
                }
                let at = self.numbered("condition", condition, |this| &mut this.conditions);
                conditions.push(at as usize);
            }
            match rule["type"] == "tree" {
                true => self.flatten(&rule["rules"], &conditions, &names),
                false => {
                    let mut result = renamed(rule, &names);
                    result["conditions"] = json!([]);
                    let at = self.numbered("result", result, |this| &mut this.results);
                    self.rules.push((conditions, NO_MATCH + 1 + at));
                }
            }
        }
    }

    fn numbered(&mut self, what: &str, value: Value, of: fn(&mut Self) -> &mut Vec<Value>) -> i32 {
        let key = format!("{what} {value}");
        if let Some(number) = self.known.get(&key) {
            return *number;
        }
        let list = of(self);
        list.push(value);
        let number = i32::try_from(list.len()).unwrap() - 1;
        self.known.insert(key, number);
        number
    }

    /// The reference to what a condition of a rule leads to, if these conditions are known.
    fn node(&mut self, mut rule: usize, mut at: usize, mut held: BTreeMap<usize, bool>) -> i32 {
        let condition = loop {
            let Some((conditions, result)) = self.rules.get(rule) else {
                return NO_MATCH;
            };
            match conditions
                .get(at)
                .map(|condition| (condition, held.get(condition)))
            {
                None => return *result,
                Some((_, Some(true))) => at += 1,
                Some((_, Some(false))) => (rule, at) = (rule + 1, 0),
                Some((condition, None)) => break *condition,
            }
        };
        let left = &self.rules[rule..];
        held.retain(|known, _| {
            left.iter()
                .any(|(conditions, _)| conditions.contains(known))
        });
        let key = format!("{rule} {at} {held:?}");
        if let Some(reference) = self.decided.get(&key) {
            return *reference;
        }
        let mut with = |holds| {
            let mut held = held.clone();
            held.insert(condition, holds);
            self.node(rule, at, held)
        };
        let (high, low) = (with(true), with(false));
        let reference = match high == low {
            true => high,
            false => {
                let nodes = &mut self.nodes;
                *self
                    .known
                    .entry(format!("node {condition} {high} {low}"))
                    .or_insert_with(|| {
                        nodes.push([condition as i32, high, low]);
                        i32::try_from(nodes.len()).unwrap()
                    })
            }
        };
        self.decided.insert(key, reference);
        reference
    }
}

/// A part of a rule with other names of variables, in references and in templates.
fn renamed(part: &Value, names: &BTreeMap<String, String>) -> Value {
    let with = |text: &str| {
        names.iter().fold(text.to_owned(), |text, (old, new)| {
            let text = text.replace(&format!("{{{old}}}"), &format!("{{{new}}}"));
            text.replace(&format!("{{{old}#"), &format!("{{{new}#"))
        })
    };
    match part {
        Value::String(text) => with(text).into(),
        Value::Array(items) => items.iter().map(|item| renamed(item, names)).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let new = value.as_str().and_then(|value| names.get(value));
                match new.filter(|_| name == "ref") {
                    Some(new) => (name.clone(), new.as_str().into()),
                    None => (name.clone(), renamed(value, names)),
                }
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// Texts that make a difference to functions.
const TEXTS: [&str; 24] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "cn-north-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "aws-global",
    "nowhere",
    "",
    "https://example.com",
    "https://example.com:8443/path",
    "http://192.168.0.1",
    "not a url",
    "bucket",
    "Bucket_1",
    "a.b.c",
    "bucket--use1-az4--x-s3",
    "arn:aws:s3:us-west-2:123456789012:accesspoint:myendpoint",
    "arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:accesspoint:reports",
    "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/mybanner",
    "arn:aws:dynamodb:us-east-1:123456789012:table/t",
    "arn:aws:s3:::bucket",
    "123456789012",
    "required",
];

/// The texts in a tree that are no templates.
fn constants(of: &Value, into: &mut Vec<String>) {
    match of {
        Value::String(text) if !text.contains('{') => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| constants(item, into)),
        Value::Object(members) => members.values().for_each(|item| constants(item, into)),
        _ => {}
    }
}

/// Parameters by chance. Most required ones have a value.
fn params(rules: &Ruleset, texts: &[String], random: &mut Random) -> EndpointParams {
    let mut params = EndpointParams::new();
    let text = |random: &mut Random| match random.below(2) {
        0 => TEXTS[random.below(TEXTS.len())].to_owned(),
        _ if texts.is_empty() => "x".to_owned(),
        _ => texts[random.below(texts.len())].clone(),
    };
    for parameter in rules.parameters() {
        let is_region = parameter.built_in.as_deref() == Some("AWS::Region");
        let limit = if parameter.required || is_region {
            20
        } else {
            2
        };
        if random.below(limit) == 0 {
            continue;
        }
        match parameter.kind {
            ParameterType::Boolean => params.set(&parameter.name, random.below(2) == 0),
            ParameterType::StringArray => {
                let list: Vec<String> = (0..random.below(3)).map(|_| text(random)).collect();
                params.set(&parameter.name, list);
            }
            _ if is_region => params.set(&parameter.name, TEXTS[random.below(8)]),
            _ => params.set(&parameter.name, &*text(random)),
        }
    }
    params
}

fn outcome(resolver: &EndpointResolver, params: &EndpointParams) -> Result<String, String> {
    let endpoint = resolver.resolve(params).map_err(|e| {
        let text = e.to_string();
        // the places of rules differ
        match text.strip_prefix("malformed endpoint data at ") {
            Some(error) => error.split_once(": ").unwrap().1.to_owned(),
            None => text,
        }
    })?;
    Ok(format!("{endpoint:?}"))
}

#[test]
fn a_diagram_gives_the_endpoints_of_its_tree() {
    let partitions = Embedded.load("partitions").unwrap().unwrap();
    let partitions = Arc::new(Partitions::parse(&partitions).unwrap());
    let (mut services, mut found, mut errors) = (0, 0, 0);
    for service in Embedded.services().unwrap() {
        let Some(version) = Embedded
            .versions(&service, "endpoint-rule-set-1")
            .unwrap()
            .pop()
        else {
            continue;
        };
        let text = Embedded.load(&format!("{service}/{version}/endpoint-rule-set-1"));
        let text = text.unwrap().unwrap();
        let tree: Value = serde_json::from_str(&text).unwrap();
        let diagram = Compiler::compile(&tree).to_string();
        let resolver =
            |text: &str| EndpointResolver::new(Ruleset::parse(text).unwrap(), partitions.clone());
        let (of_tree, of_diagram) = (resolver(&text), resolver(&diagram));
        let mut texts = Vec::new();
        constants(&tree["rules"], &mut texts);
        texts.sort_unstable();
        texts.dedup();
        let mut random = Random(service.len() as u64);
        // most services have the same few rules
        let count = if text.len() > 20_000 { 500 } else { 20 };
        for _ in 0..count {
            let params = params(of_tree.ruleset(), &texts, &mut random);
            let expected = outcome(&of_tree, &params);
            assert_eq!(
                outcome(&of_diagram, &params),
                expected,
                "{service} {params:?}"
            );
            match expected {
                Ok(_) => found += 1,
                Err(_) => errors += 1,
            }
        }
        services += 1;
    }
    println!("{services} services: {found} endpoints, {errors} errors");
    assert!(
        services > 400 && found > 3_000 && errors > 3_000,
        "{services} {found} {errors}"
    );
}

/// The case of Smithy's specification tests that has both forms.
#[test]
fn both_forms_of_one_service_are_equal() {
    let parameters = json!({"useFips": {"type": "boolean", "default": false, "required": true}});
    let condition =
        json!({"fn": "ite", "argv": [{"ref": "useFips"}, "-fips", ""], "assign": "suffix"});
    let mut rule = json!({"type": "endpoint", "conditions": [condition], "endpoint": {"url": "https://example{suffix}.com"}});
    let tree = json!({"version": "1.1", "parameters": parameters, "rules": [rule]});
    rule["conditions"] = json!([]);
    let diagram = json!({"version": "1.1", "parameters": parameters, "conditions": [condition], "results": [rule],
        "root": 2, "nodeCount": 2, "nodes": "/////wAAAAH/////AAAAAAX14QEF9eEA"});
    // where both branches are "no rule matches", the compiler has no node
    assert_eq!(Compiler::compile(&tree)["root"], diagram["root"]);
    let partitions = Embedded.load("partitions").unwrap().unwrap();
    let partitions = Arc::new(Partitions::parse(&partitions).unwrap());
    for rules in [tree, diagram] {
        let rules = Ruleset::parse(&rules.to_string()).unwrap();
        let resolver = EndpointResolver::new(rules, partitions.clone());
        for (fips, expected) in [
            (true, "https://example-fips.com"),
            (false, "https://example.com"),
        ] {
            let params = EndpointParams::new().with("useFips", fips);
            assert_eq!(resolver.resolve(&params).unwrap().url, expected);
        }
    }
}
