//! Numbers of any size (`bigInteger`, `bigDecimal`) in every protocol.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tucuxi::model::Memory;
use tucuxi::transport::{Replay, SentRequest};
use tucuxi::{Client, Error, Output};

use super::smithy::protocol_trait;
use crate::unsigned;

fn model(protocol: &str) -> Value {
    let number = |kind: &str, traits: Value| json!({"target": format!("smithy.api#{kind}"), "traits": traits});
    let members = || {
        json!({
            "Large": number("BigInteger", json!({})),
            "Small": number("BigInteger", json!({})),
            "Long": number("BigDecimal", json!({})),
            "Short": number("BigDecimal", json!({})),
            "All": {"target": "n#All"},
        })
    };
    let (mut input, mut output) = (members(), members());
    input["InQuery"] = number("BigInteger", json!({"smithy.api#httpQuery": "q"}));
    input["InHeader"] = number("BigDecimal", json!({"smithy.api#httpHeader": "x-h"}));
    output["InHeader"] = number("BigDecimal", json!({"smithy.api#httpHeader": "x-h"}));
    json!({"smithy": "2.0", "shapes": {
        "n#Numbers": {"type": "service", "version": "1", "operations": [{"target": "n#Add"}],
            "traits": {protocol_trait(protocol): {}}},
        "n#Add": {"type": "operation", "input": {"target": "n#AddRequest"}, "output": {"target": "n#AddResult"},
            "traits": {"smithy.api#http": {"method": "POST", "uri": "/add"}}},
        "n#AddRequest": {"type": "structure", "members": input},
        "n#AddResult": {"type": "structure", "members": output},
        "n#All": {"type": "list", "member": {"target": "smithy.api#BigInteger"}},
    }})
}

fn client(protocol: &str, replay: Replay) -> (Client, Arc<Replay>) {
    let models = Memory::new().with("numbers/1/service-2", model(protocol).to_string());
    let config = unsigned()
        .endpoint_url("https://n.example")
        .build()
        .unwrap();
    let replay = Arc::new(replay);
    (
        Client::with_models(config, replay.clone(), models).unwrap(),
        replay,
    )
}

fn get(protocol: &str, body: &[u8]) -> Result<Output, Error> {
    let headers = [("x-h", "-7.100000000000000000000001")];
    let (client, _) = client(
        protocol,
        Replay::new().respond(200, &headers, body.to_vec()),
    );
    client.request("numbers", "Add").send()
}

fn add(protocol: &str, params: Value) -> Result<SentRequest, Error> {
    let (client, replay) = client(protocol, Replay::new().respond(200, &[], "{}"));
    match client.request("numbers", "Add").params(params).send() {
        Err(error) if replay.sent().is_empty() => Err(error),
        _ => Ok(replay.sent().remove(0)),
    }
}

const SEVENTY_BITS: &str = "1180591620717411303424";
const PRECISE: &str = "0.100000000000000000000001";

fn values() -> Value {
    json!({"Large": SEVENTY_BITS, "Small": -7, "Long": PRECISE, "Short": 1.5, "All": [u64::MAX, "-18446744073709551617"]})
}

const CBOR: &[u8] = b"\xa5\x65Large\xc2\x49\x40\0\0\0\0\0\0\0\0\x65Small\x26\
    \x64Long\xc4\x82\x37\xc2\x4a\x15\x2d\x02\xc7\xe1\x4a\xf6\x80\x00\x01\
    \x65Short\xc4\x82\x20\x0f\x63All\x82\x1b\xff\xff\xff\xff\xff\xff\xff\xff\xc3\x49\x01\0\0\0\0\0\0\0\0";

/// The bodies of request and response, which are equal in JSON and CBOR.
fn bodies() -> [(&'static str, Vec<u8>, Vec<u8>); 7] {
    let json = br#"{"Large":1180591620717411303424,"Small":-7,"Long":0.100000000000000000000001,"Short":1.5,"All":[18446744073709551615,-18446744073709551617]}"#;
    let text = br#"{"Large":"1180591620717411303424","Small":"-7","Long":"0.100000000000000000000001","Short":"1.5","All":["18446744073709551615","-18446744073709551617"]}"#;
    let form = |list: &str| {
        format!("Action=Add&Version=1&Large={SEVENTY_BITS}&Small=-7&Long={PRECISE}&Short=1.5&All{list}.1=18446744073709551615&All{list}.2=-18446744073709551617").into_bytes()
    };
    let xml = |root: &str, list: &str| {
        let members = "<Large>1180591620717411303424</Large><Small>-7</Small><Long>0.100000000000000000000001</Long><Short>1.5</Short>";
        format!(
            "<{root}>{members}<All><{list}>18446744073709551615</{list}><{list}>-18446744073709551617</{list}></All></{root}>"
        )
    };
    let wrapped = format!("<AddResponse>{}</AddResponse>", xml("AddResult", "member"));
    [
        ("json", json.to_vec(), json.to_vec()),
        ("rest-json", json.to_vec(), json.to_vec()),
        ("smithy-rpc-v2-json", text.to_vec(), text.to_vec()),
        ("smithy-rpc-v2-cbor", CBOR.to_vec(), CBOR.to_vec()),
        ("query", form(".member"), wrapped.into_bytes()),
        ("ec2", form(""), xml("AddResponse", "member").into_bytes()),
        (
            "rest-xml",
            xml("AddRequest", "member").into_bytes(),
            xml("AddResult", "member").into_bytes(),
        ),
    ]
}

#[test]
fn no_digit_is_lost_in_any_protocol() {
    for (protocol, request, response) in bodies() {
        let mut params = values();
        if protocol.starts_with("rest") {
            params["InQuery"] = SEVENTY_BITS.into();
            params["InHeader"] = PRECISE.into();
        }
        let sent = add(protocol, params).unwrap();
        let shown = String::from_utf8_lossy(&sent.body);
        assert_eq!(sent.body, request, "{protocol}: {shown}");
        let mut expected = values();
        if protocol.starts_with("rest") {
            assert_eq!(sent.uri.query(), Some(&*format!("q={SEVENTY_BITS}")));
            assert_eq!(sent.headers["x-h"], PRECISE);
            expected["InHeader"] = "-7.100000000000000000000001".into();
        }
        let output = get(protocol, &response).unwrap();
        assert_eq!(output.warnings(), [], "{protocol}");
        let mut text = Vec::new();
        output.write_json(&mut text).unwrap();
        let text = serde_json::from_slice(&text).unwrap();
        for mut found in [output.to_value().unwrap(), text] {
            found.sort_all_objects();
            expected.sort_all_objects();
            assert_eq!(found, expected, "{protocol}");
        }
    }
}

#[test]
fn a_type_of_the_program_is_text_or_a_number() {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Numbers {
        large: String,
        small: i8,
        long: f64,
        short: f64,
    }
    for (protocol, _, response) in bodies() {
        let found: Numbers = get(protocol, &response).unwrap().deserialize().unwrap();
        assert_eq!(
            (&*found.large, found.small),
            (SEVENTY_BITS, -7),
            "{protocol}"
        );
        assert_eq!((found.long, found.short), (0.1, 1.5), "{protocol}");
    }
}

#[test]
fn parameters_that_are_not_such_numbers_are_refused() {
    let cases = [
        (
            json!({"Large": 1e21}),
            "must be an integer of 64 bits, or a string with its digits",
        ),
        (json!({"Large": 7.5}), "must be an integer"),
        (json!({"Large": "7.5"}), "must be an integer"),
        (json!({"Large": "0x7"}), "must be an integer"),
        (json!({"All": [7, true]}), "must be an integer"),
        (
            json!({"Long": "1,5"}),
            "must be a number, or a string with its digits",
        ),
        (json!({"Long": "NaN"}), "must be a number"),
    ];
    for (protocol, ..) in bodies() {
        for (params, expected) in &cases {
            let error = add(protocol, params.clone()).unwrap_err().to_string();
            assert!(error.contains(expected), "{protocol}: {error}");
            let path = params.as_object().unwrap().keys().next().unwrap();
            assert!(
                error.contains(&format!("{path}: ")) || error.contains("All[1]: "),
                "{error}"
            );
        }
    }
    let nines = "9".repeat(5000);
    for params in [
        json!({"Large": nines}),
        json!({"Long": "1e99999999999999999999"}),
    ] {
        let error = add("smithy-rpc-v2-cbor", params.clone()).unwrap_err();
        assert!(error.to_string().contains("too large for CBOR"), "{error}");
        assert!(add("json", params).is_ok());
    }
}

#[test]
fn other_values_are_returned_as_they_came() {
    let cases: [(&str, &[u8], Value); 8] = [
        (
            "json",
            br#"{"Large":1.5,"Small":"7"}"#,
            json!({"Large": 1.5, "Small": 7}),
        ),
        ("json", br#"{"Large":"many"}"#, json!({"Large": "many"})),
        (
            "json",
            br#"{"Large":1e21,"Small":"7"}"#,
            json!({"Large": 1e21, "Small": 7}),
        ),
        (
            "json",
            br#"{"Long":true,"Small":"7"}"#,
            json!({"Long": true, "Small": 7}),
        ),
        (
            "rest-xml",
            b"<AddResult><Large>many</Large></AddResult>",
            json!({"Large": "many"}),
        ),
        (
            "smithy-rpc-v2-cbor",
            b"\xa1\x65Large\xc4\x82\x20\x0f",
            json!({"Large": 1.5}),
        ),
        (
            "smithy-rpc-v2-cbor",
            b"\xa1\x65Large\xf5",
            json!({"Large": true}),
        ),
        (
            "smithy-rpc-v2-cbor",
            b"\xa1\x64Long\xfb\x3f\xb9\x99\x99\x99\x99\x99\x9a",
            json!({"Long": 0.1}),
        ),
    ];
    for (protocol, body, mut expected) in cases {
        let output = get(protocol, body).unwrap();
        if protocol.starts_with("rest") {
            expected["InHeader"] = "-7.100000000000000000000001".into();
        }
        assert_eq!(output.to_value().unwrap(), expected, "{protocol}");
        let is_fit = body.ends_with(b"\x9a");
        assert_eq!(
            output.warnings().len(),
            usize::from(!is_fit),
            "{protocol} {expected}"
        );
    }
    // cut anywhere, a body is an error
    for end in 1..CBOR.len() {
        assert!(
            get("smithy-rpc-v2-cbor", &CBOR[..end])
                .and_then(|output| output.to_value())
                .is_err(),
            "{end}"
        );
    }
}
