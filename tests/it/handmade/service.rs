//! A service with one operation, whose result has a member of every kind, and its responses in every protocol.

use serde_json::{Map, Value, json};
use tucuxi::model::Memory;
use tucuxi::transport::Replay;
use tucuxi::{Client, Error, Output};

use crate::unsigned;

pub(crate) const PROTOCOLS: [&str; 7] = [
    "json",
    "rest-json",
    "rest-xml",
    "query",
    "ec2",
    "smithy-rpc-v2-cbor",
    "smithy-rpc-v2-json",
];

/// The members of the result: names and shapes.
const MEMBERS: [(&str, &str); 15] = [
    ("Text", "Text"),
    ("Int", "Int"),
    ("Long", "Long"),
    ("Double", "Double"),
    ("Yes", "Yes"),
    ("When", "When"),
    ("Seal", "Seal"),
    ("Texts", "Texts"),
    ("Longs", "Longs"),
    ("Tags", "Tags"),
    ("Inner", "Inner"),
    ("Inners", "Inners"),
    ("Choice", "Choice"),
    ("Secrets", "Secrets"),
    ("Again", "Again"),
];

/// The model. `bound` has the bindings of the result's members, by name.
fn model(protocol: &str, bound: &Value) -> Value {
    let mut members = Map::new();
    for (name, shape) in MEMBERS {
        let mut member = json!({"shape": shape});
        if let Some(binding) = bound[name].as_object() {
            member.as_object_mut().unwrap().extend(binding.clone());
        }
        members.insert(name.into(), member);
    }
    let mut result = json!({"type": "structure", "members": members});
    if let Some(payload) = bound.get("payload") {
        result["payload"] = payload.clone();
    }
    json!({
        "metadata": {
            "apiVersion": "2024-01-01", "endpointPrefix": "kinds", "protocol": protocol, "protocols": [protocol],
            "serviceId": "Kinds", "signatureVersion": "v4", "jsonVersion": "1.1", "targetPrefix": "Kinds",
        },
        "operations": {"Get": {
            "name": "Get", "http": {"method": "POST", "requestUri": "/"},
            "output": {"shape": "Result", "resultWrapper": "GetResult"}, "errors": [{"shape": "Refused"}],
        }},
        "shapes": {
            "Result": result,
            "Refused": {"type": "structure", "exception": true, "members": {
                "message": {"shape": "Text"}, "When": {"shape": "When"}, "Long": {"shape": "Long"},
            }},
            "Text": {"type": "string"}, "Int": {"type": "integer"}, "Long": {"type": "long"}, "Double": {"type": "double"},
            "Yes": {"type": "boolean"}, "When": {"type": "timestamp"}, "Seal": {"type": "blob"},
            "Texts": {"type": "list", "member": {"shape": "Text"}},
            "Longs": {"type": "list", "member": {"shape": "Long"}},
            "Tags": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
            "Secret": {"type": "string", "sensitive": true},
            "Secrets": {"type": "map", "key": {"shape": "Secret"}, "value": {"shape": "Long"}},
            "Inner": {"type": "structure", "members": {"Text": {"shape": "Text"}, "Long": {"shape": "Long"}}},
            "Inners": {"type": "list", "member": {"shape": "Inner"}},
            "Again": {"type": "list", "member": {"shape": "Text"}, "flattened": true},
            "Choice": {"type": "structure", "union": true, "members": {"A": {"shape": "Text"}, "B": {"shape": "Long"}}},
        },
    })
}

/// A response, and the settings of the client.
pub(crate) struct Case<'c> {
    pub(crate) protocol: &'c str,
    pub(crate) bound: Value,
    pub(crate) headers: &'c [(&'c str, &'c str)],
    pub(crate) strict: bool,
    pub(crate) status: u16,
}

impl<'c> Case<'c> {
    pub(crate) fn of(protocol: &'c str) -> Self {
        Self {
            protocol,
            bound: json!({}),
            headers: &[],
            strict: false,
            status: 200,
        }
    }

    pub(crate) fn get(&self, body: &[u8]) -> Result<Output, Error> {
        let text = model(self.protocol, &self.bound).to_string();
        let models = Memory::new().with("kinds/2024-01-01/service-2", text);
        let config = unsigned()
            .max_attempts(1)
            .endpoint_url("http://kinds.test")
            .strict_responses(self.strict)
            .build()
            .unwrap();
        let replay = Replay::new().respond(self.status, self.headers, body.to_vec());
        let client = Client::with_models(config, replay, models)?;
        client.request("kinds", "Get").send_buffered()
    }

    /// Receives a response with these members, in JSON or XML.
    pub(crate) fn members(&self, inner: &str) -> Result<Output, Error> {
        self.get(self.document(inner).as_bytes())
    }

    pub(crate) fn document(&self, inner: &str) -> String {
        match self.protocol {
            "json" | "rest-json" | "smithy-rpc-v2-json" => format!("{{{inner}}}"),
            "query" => format!("<GetResponse><GetResult>{inner}</GetResult></GetResponse>"),
            "ec2" => format!("<GetResponse>{inner}</GetResponse>"),
            _ => format!("<GetResult>{inner}</GetResult>"),
        }
    }
}
