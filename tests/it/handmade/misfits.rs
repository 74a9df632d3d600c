//! Members that do not match the model: they are converted, passed through or dropped, and the warnings name those that were
//! not converted.

use serde::Deserialize;
use serde_json::{Value, json};
use tucuxi::{ErrorKind, Output};

use super::service::{Case, PROTOCOLS};

/// The response, the result, and the paths of the warnings.
type Row = (&'static str, Value, &'static [&'static str]);

fn is_json(protocol: &str) -> bool {
    protocol.ends_with("json")
}

fn paths(output: &Output) -> Vec<String> {
    let warnings = output.warnings().iter();
    warnings.map(|warning| warning.path.to_string()).collect()
}

/// Every target receives the same result, and strict mode returns an error where there is a warning.
fn check(case: &Case<'_>, body: &[u8], expected: &Value, warnings: &[&str]) {
    let what = format!("{}: {}", case.protocol, String::from_utf8_lossy(body));
    let output = case.get(body).unwrap_or_else(|e| panic!("{what}: {e}"));
    let found = output.to_value().unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!(found, *expected, "{what}");
    assert_eq!(paths(&output), warnings, "{what}");
    let mut text = Vec::new();
    output.write_json(&mut text).unwrap();
    let text: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(text, *expected, "{what}");
    let fresh = case.get(body).unwrap();
    assert_eq!(
        paths(&fresh),
        warnings,
        "{what}: the warnings are asked for first"
    );
    assert_eq!(fresh.deserialize::<Value>().unwrap(), *expected, "{what}");
    let strict = Case {
        strict: true,
        bound: case.bound.clone(),
        ..*case
    };
    let read = strict.get(body).unwrap().to_value();
    match warnings.first() {
        None => assert_eq!(read.unwrap(), *expected, "{what}"),
        Some(path) => {
            let error = read.unwrap_err().to_string();
            let path = if path.is_empty() { "the result" } else { path };
            let named =
                error.starts_with(&format!("kinds.Get: cannot read the response: {path}: "));
            assert!(named, "{what}: {error}");
        }
    }
}

fn check_rows(protocols: &[&str], rows: &[Row]) {
    for protocol in protocols {
        for (inner, expected, warnings) in rows {
            let case = Case::of(protocol);
            check(&case, case.document(inner).as_bytes(), expected, warnings);
        }
    }
}

#[test]
fn json_members_are_read_as_far_as_they_fit() {
    check_rows(
        &["json", "rest-json"],
        &[
            // scalars of another type that can be converted
            (
                r#""Int":"7","Long":"-1","Yes":"true","Double":"1.5""#,
                json!({"Int": 7, "Long": -1, "Yes": true, "Double": 1.5}),
                &[],
            ),
            (
                r#""Int":12.0,"Long":1e3,"Yes":"FALSE""#,
                json!({"Int": 12, "Long": 1000, "Yes": false}),
                &[],
            ),
            (
                r#""Yes":1,"Int":" 7 ","Long":"12.0""#,
                json!({"Yes": true, "Int": 7, "Long": 12}),
                &[],
            ),
            (r#""Double":"NaN""#, json!({"Double": "NaN"}), &[]),
            (r#""Double":1e400"#, json!({"Double": "Infinity"}), &[]),
            (r#""Double":-Infinity"#, json!({"Double": "-Infinity"}), &[]),
            (
                r#""Long":18446744073709551615"#,
                json!({"Long": u64::MAX}),
                &[],
            ),
            (r#""Longs":["1",2,3.0]"#, json!({"Longs": [1, 2, 3]}), &[]),
            // scalars that cannot be converted
            (r#""Int":12.5"#, json!({"Int": 12.5}), &["Int"]),
            (
                r#""Int":"x","Yes":"yes","Double":"1,5""#,
                json!({"Int": "x", "Yes": "yes", "Double": "1,5"}),
                &["Int", "Yes", "Double"],
            ),
            (
                r#""Int":true,"Yes":2"#,
                json!({"Int": true, "Yes": 2}),
                &["Int", "Yes"],
            ),
            (
                r#""Long":123456789012345678901234567890"#,
                json!({"Long": "123456789012345678901234567890"}),
                &["Long"],
            ),
            (
                r#""Long":"-9223372036854775809""#,
                json!({"Long": "-9223372036854775809"}),
                &["Long"],
            ),
            (
                r#""Text":5,"Texts":[true,1.50]"#,
                json!({"Text": "5", "Texts": ["true", "1.50"]}),
                &["Text", "Texts[0]", "Texts[1]"],
            ),
            (
                r#""Seal":"a","Inner":{"Long":1}"#,
                json!({"Seal": "a", "Inner": {"Long": 1}}),
                &["Seal"],
            ),
            (r#""Seal":"AAE\nC""#, json!({"Seal": "AAE\nC"}), &[]),
            // timestamps
            (
                r#""When":"28/11/2026, 13:46:33""#,
                json!({"When": "2026-11-28T13:46:33Z"}),
                &[],
            ),
            (
                r#""When":"2020-01-01 00:00:00 UTC""#,
                json!({"When": "2020-01-01T00:00:00Z"}),
                &[],
            ),
            (
                r#""When":"1577836800.5""#,
                json!({"When": "2020-01-01T00:00:00.5Z"}),
                &[],
            ),
            (
                r#""When":1795871635.8202364"#,
                json!({"When": "2026-11-28T13:13:55.820236Z"}),
                &[],
            ),
            (
                r#""When":"Wed Jan  1 00:00:00 2020""#,
                json!({"When": "2020-01-01T00:00:00Z"}),
                &[],
            ),
            (
                r#""When":"05/11/2026""#,
                json!({"When": "05/11/2026"}),
                &["When"],
            ),
            (r#""When":"""#, json!({"When": ""}), &["When"]),
            (
                r#""When":1577836800000"#,
                json!({"When": 1577836800000_u64}),
                &["When"],
            ),
            (
                r#""When":"2020-13-01T00:00:00Z""#,
                json!({"When": "2020-13-01T00:00:00Z"}),
                &["When"],
            ),
            (r#""When":true"#, json!({"When": true}), &["When"]),
            // other kinds
            (
                r#""Texts":{"a":1},"Text":"t""#,
                json!({"Text": "t"}),
                &["Texts"],
            ),
            (
                r#""Tags":["a"],"Inner":[],"Text":{},"Int":[1],"Texts":"a""#,
                json!({"Text": {}, "Int": [1]}),
                &["Tags", "Inner", "Text", "Int", "Texts"],
            ),
            (
                r#""Inners":[{"Long":1},7,{"Text":{}},null]"#,
                json!({"Inners": [{"Long": 1}, {"Text": {}}, null]}),
                &["Inners[1]", "Inners[2].Text"],
            ),
            (
                r#""Tags":{"a":{},"b":"c","d":null}"#,
                json!({"Tags": {"a": {}, "b": "c", "d": null}}),
                &[r#"Tags["a"]"#],
            ),
            (
                r#""Secrets":{"hush":"x"}"#,
                json!({"Secrets": {"hush": "x"}}),
                &["Secrets[*]"],
            ),
            // null
            (
                r#""Int":null,"Texts":["a",null],"Text":"t""#,
                json!({"Texts": ["a", null], "Text": "t"}),
                &[],
            ),
            // unions
            (
                r#""Choice":{"A":"a","B":null,"__type":"x"}"#,
                json!({"Choice": {"A": "a"}}),
                &[],
            ),
            (
                r#""Choice":{"A":"a","B":1}"#,
                json!({"Choice": {"A": "a", "B": 1}}),
                &["Choice"],
            ),
            (r#""Choice":{}"#, json!({"Choice": {}}), &["Choice"]),
            (
                r#""Choice":{"C":1},"Text":"t""#,
                json!({"Choice": {"SDK_UNKNOWN_MEMBER": {"name": "C"}}, "Text": "t"}),
                &[],
            ),
            (
                r#""Choice":{"A":[]},"Text":"t""#,
                json!({"Choice": {"A": []}, "Text": "t"}),
                &["Choice.A"],
            ),
            // text that is not Unicode
            (
                r#""Text":"a\ud800b""#,
                json!({"Text": "a\u{fffd}b"}),
                &["Text"],
            ),
            (
                r#""Text":"\ud83d\ude00""#,
                json!({"Text": "\u{1f600}"}),
                &[],
            ),
            (
                r#""Tags":{"\udc00":"x"}"#,
                json!({"Tags": {"\u{fffd}": "x"}}),
                &["Tags[\"\u{fffd}\"]"],
            ),
            (r#""New":"\ud800","Text":"t""#, json!({"Text": "t"}), &[]),
        ],
    );
    for protocol in ["json", "rest-json"] {
        let body = b"{\"Text\":\"a\xffb\",\"Int\":1}";
        check(
            &Case::of(protocol),
            body,
            &json!({"Text": "a\u{fffd}b", "Int": 1}),
            &["Text"],
        );
        let body = b"\xef\xbb\xbf{\"Text\":\"a\"}";
        check(&Case::of(protocol), body, &json!({"Text": "a"}), &[]);
    }
}

#[test]
fn xml_members_are_read_as_far_as_they_fit() {
    check_rows(
        &["rest-xml", "query", "ec2"],
        &[
            (
                "<Int> 7 </Int><Yes>True</Yes><Long>12.0</Long>",
                json!({"Int": 7, "Yes": true, "Long": 12}),
                &[],
            ),
            (
                "<Yes>1</Yes><Double>1e400</Double>",
                json!({"Yes": true, "Double": "Infinity"}),
                &[],
            ),
            (
                "<Int>x</Int><Yes>yes</Yes><Text>t</Text>",
                json!({"Int": "x", "Yes": "yes", "Text": "t"}),
                &["Int", "Yes"],
            ),
            (
                "<Int></Int><Long/>",
                json!({"Int": "", "Long": ""}),
                &["Int", "Long"],
            ),
            (
                "<Long>123456789012345678901</Long>",
                json!({"Long": "123456789012345678901"}),
                &["Long"],
            ),
            (
                "<When>Wed Jan  1 00:00:00 2020</When>",
                json!({"When": "2020-01-01T00:00:00Z"}),
                &[],
            ),
            (
                "<When>28/11/2026, 13:46:33</When>",
                json!({"When": "2026-11-28T13:46:33Z"}),
                &[],
            ),
            (
                "<When>1795871635.8202364</When>",
                json!({"When": "2026-11-28T13:13:55.820236Z"}),
                &[],
            ),
            ("<When>soon</When>", json!({"When": "soon"}), &["When"]),
            ("<Seal>A</Seal>", json!({"Seal": "A"}), &["Seal"]),
            (
                "<Text>a<b/></Text><Int>1</Int>",
                json!({"Int": 1}),
                &["Text"],
            ),
            (
                "<Inner>text</Inner><Texts>text</Texts><Tags>text</Tags><Text>t</Text>",
                json!({"Text": "t"}),
                &["Inner", "Texts", "Tags"],
            ),
            (
                "<Inner> \n </Inner><Texts/>",
                json!({"Inner": {}, "Texts": []}),
                &[],
            ),
            (
                "<Text>a</Text><Int>1</Int><Text>b</Text>",
                json!({"Text": "a", "Int": 1}),
                &["Text"],
            ),
            (
                "<Inner><Long>1</Long></Inner><Inner><Long>2</Long></Inner>",
                json!({"Inner": {"Long": 1}}),
                &["Inner"],
            ),
            (
                "<Again>a</Again><Int>1</Int><Again>b</Again>",
                json!({"Again": ["a", "b"], "Int": 1}),
                &[],
            ),
            (
                "<Tags><entry><key>a</key></entry><entry><key>b</key><value>c</value></entry></Tags>",
                json!({"Tags": {"b": "c"}}),
                &[r#"Tags["a"]"#],
            ),
            (
                "<Tags><entry><value>a</value></entry><entry/><entry><key>b</key><value/></entry></Tags>",
                json!({"Tags": {"b": ""}}),
                &["Tags[0]", "Tags[1]"],
            ),
            (
                "<Choice><A>a</A><B>1</B></Choice>",
                json!({"Choice": {"A": "a", "B": 1}}),
                &["Choice"],
            ),
            ("<Choice/>", json!({"Choice": {}}), &["Choice"]),
            (
                "<Choice><C>1</C></Choice>",
                json!({"Choice": {"SDK_UNKNOWN_MEMBER": {"name": "C"}}}),
                &[],
            ),
            (
                "<Text>a&#xd800;b</Text>",
                json!({"Text": "a\u{fffd}b"}),
                &["Text"],
            ),
            (
                "<Text>&#xd83d;&#xde00;</Text>",
                json!({"Text": "\u{1f600}"}),
                &[],
            ),
            // line ends in all kinds of text
            (
                "<Text>a\r\nb\rc&#13;d\n</Text>",
                json!({"Text": "a\nb\nc\rd\n"}),
                &[],
            ),
            (
                "<Text><![CDATA[a\r\nb\r]]></Text>",
                json!({"Text": "a\nb\n"}),
                &[],
            ),
            (
                "<Texts><member>\r</member></Texts><Seal>AA\r\nEC</Seal>",
                json!({"Texts": ["\n"], "Seal": "AA\nEC"}),
                &[],
            ),
            (
                "<Tags><entry><key>a\r\nb</key><value>\r</value></entry></Tags>",
                json!({"Tags": {"a\nb": "\n"}}),
                &[],
            ),
        ],
    );
    for protocol in ["rest-xml", "query", "ec2"] {
        let case = Case::of(protocol);
        let body = case.document("<Text>a#b</Text><Int>1</Int>").into_bytes();
        let body: Vec<u8> = body
            .iter()
            .map(|b| if *b == b'#' { 0xff } else { *b })
            .collect();
        check(
            &case,
            &body,
            &json!({"Text": "a\u{fffd}b", "Int": 1}),
            &[""],
        );
    }
}

fn entry(name: &str, value: &[u8]) -> Vec<u8> {
    [&[0xa1, 0x60 + name.len() as u8], name.as_bytes(), value].concat()
}

#[test]
fn cbor_members_are_read_as_far_as_they_fit() {
    let rows: [(&str, &[u8], Value, &[&str]); 18] = [
        ("Int", b"\xf9\x4a\x00", json!({"Int": 12}), &[]), // 12.0
        ("Int", b"\xf9\x4a\x40", json!({"Int": 12.5}), &["Int"]),
        ("Int", b"\x617", json!({"Int": 7}), &[]),
        ("Yes", b"\x64true", json!({"Yes": true}), &[]),
        ("Int", b"\xf5", json!({"Int": true}), &["Int"]),
        (
            "Long",
            b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
            json!({"Long": "-18446744073709551616"}),
            &["Long"],
        ),
        (
            "Long",
            b"\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00",
            json!({"Long": "18446744073709551616"}),
            &["Long"],
        ),
        ("Long", b"\xd9\xd9\xf7\x05", json!({"Long": 5}), &[]), // a tag without meaning
        ("When", b"\xf5", json!({"When": true}), &["When"]),
        (
            "Text",
            b"\x43\x61\x62\x63",
            json!({"Text": "YWJj"}),
            &["Text"],
        ),
        ("Text", b"\x05", json!({"Text": "5"}), &["Text"]),
        (
            "Text",
            b"\x62\xff\x61",
            json!({"Text": "\u{fffd}a"}),
            &["Text"],
        ),
        ("Seal", b"\x64AAEC", json!({"Seal": "AAEC"}), &[]),
        ("Seal", b"\x61A", json!({"Seal": "A"}), &["Seal"]),
        ("Texts", b"\xa1\x61a\x01", json!({}), &["Texts"]),
        ("Inner", b"\x80", json!({}), &["Inner"]),
        (
            "Texts",
            b"\x83\x61a\xf6\xf7",
            json!({"Texts": ["a", null, null]}),
            &[],
        ),
        (
            "Choice",
            b"\xa2\x61A\x61a\x61B\x01",
            json!({"Choice": {"A": "a", "B": 1}}),
            &["Choice"],
        ),
    ];
    let case = Case::of("smithy-rpc-v2-cbor");
    for (name, value, expected, warnings) in rows {
        check(&case, &entry(name, value), &expected, warnings);
    }
    let text = b"\xc0\x742020-01-01T00:00:00Z";
    check(
        &case,
        &entry("When", text),
        &json!({"When": "2020-01-01T00:00:00Z"}),
        &[],
    );
    let seconds = [&b"\xc1\xfb"[..], &1_795_871_635.820_236_4_f64.to_be_bytes()].concat();
    let expected = json!({"When": "2026-11-28T13:13:55.820236Z"});
    check(&case, &entry("When", &seconds), &expected, &[]);
}

#[test]
fn headers_are_read_as_far_as_they_fit() {
    let bound = json!({
        "Int": {"location": "header", "locationName": "x-int"},
        "Yes": {"location": "header", "locationName": "x-yes"},
        "When": {"location": "header", "locationName": "x-when"},
        "Longs": {"location": "header", "locationName": "x-longs"},
        "Tags": {"location": "headers", "locationName": "x-tag-"},
        "Text": {"location": "header", "locationName": "x-json", "jsonvalue": true},
        "Long": {"location": "statusCode"},
    });
    type Headers = &'static [(&'static str, &'static str)];
    let rows: [(Headers, Value, &[&str]); 9] = [
        (
            &[("x-int", "12.0"), ("x-yes", "TRUE")],
            json!({"Int": 12, "Yes": true}),
            &[],
        ),
        (
            &[("x-int", "abc"), ("x-yes", "on")],
            json!({"Int": "abc", "Yes": "on"}),
            &["Int", "Yes"],
        ),
        (
            &[("x-when", "Wed Jan  1 00:00:00 2020")],
            json!({"When": "2020-01-01T00:00:00Z"}),
            &[],
        ),
        (
            &[("x-when", "Wednesday, 01-Jan-20 00:00:00 GMT")],
            json!({"When": "2020-01-01T00:00:00Z"}),
            &[],
        ),
        (&[("x-when", "later")], json!({"When": "later"}), &["When"]),
        (
            &[("x-longs", "1, x,\"3\"")],
            json!({"Longs": [1, "x", 3]}),
            &["Longs[1]"],
        ),
        (&[("x-tag-a", "b")], json!({"Tags": {"a": "b"}}), &[]),
        (
            &[("x-json", "eyJhIjoiXHVkODAwIn0=")],
            json!({"Text": {"a": "\u{fffd}"}}),
            &["Text.a"],
        ),
        (&[("x-json", "e30%")], json!({"Text": "e30%"}), &["Text"]),
    ];
    for protocol in ["rest-json", "rest-xml"] {
        for (headers, expected, warnings) in &rows {
            let case = Case {
                bound: bound.clone(),
                headers,
                ..Case::of(protocol)
            };
            let mut expected = expected.clone();
            expected["Long"] = 200.into();
            if expected.get("Tags").is_none() {
                expected["Tags"] = json!({});
            }
            check(&case, case.document("").as_bytes(), &expected, warnings);
        }
    }
}

#[test]
fn unreadable_numbers_are_none_or_name_their_field() {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Lenient<'a> {
        text: &'a str,
        int: Option<i32>,
        yes: Option<bool>,
        when: Option<String>,
        longs: Vec<Option<u64>>,
    }
    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "PascalCase")]
    struct Bold {
        #[serde(rename = "Inners")]
        _inners: Vec<Inner>,
    }
    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "PascalCase")]
    struct Inner {
        #[serde(rename = "Long")]
        _long: u64,
    }
    for protocol in PROTOCOLS.into_iter().filter(|p| *p != "smithy-rpc-v2-cbor") {
        let case = Case::of(protocol);
        let (fields, inners) = match is_json(protocol) {
            true => (
                r#""Text":"t","Int":"x","Yes":"y","When":"soon","Longs":["1","b"]"#,
                r#""Inners":[{"Long":1},{"Long":"x"}]"#,
            ),
            false => (
                "<Text>t</Text><Int>x</Int><Yes>y</Yes><When>soon</When><Longs><m>1</m><m>b</m></Longs>",
                "<Inners><m><Long>1</Long></m><m><Long>x</Long></m></Inners>",
            ),
        };
        let output = case.members(fields).unwrap();
        let expected = Lenient {
            text: "t",
            int: None,
            yes: None,
            when: Some("soon".into()),
            longs: vec![Some(1), None],
        };
        assert_eq!(
            output.deserialize_borrowed::<Lenient<'_>>().unwrap(),
            expected,
            "{protocol}"
        );
        let error = case
            .members(inners)
            .unwrap()
            .deserialize::<Bold>()
            .unwrap_err();
        let error = error.to_string();
        let start = "kinds.Get: cannot read the response: Inners[1].Long: invalid type: string";
        assert!(error.starts_with(start), "{protocol}: {error}");
    }
}

#[test]
fn warnings_are_bounded() {
    let inner = format!(r#""Longs":[{}1]"#, r#""x","#.repeat(5000));
    let output = Case::of("json").members(&inner).unwrap();
    assert_eq!(
        output.to_value().unwrap()["Longs"]
            .as_array()
            .unwrap()
            .len(),
        5001
    );
    assert_eq!(output.warnings().len(), 100);
}

#[test]
fn malformed_documents_write_nothing() {
    for protocol in ["json", "rest-json"] {
        for body in [
            r#"{"Text":"a","Int":1"#,
            r#"{"Text":"a","Int":}"#,
            r#"{"Text":"a"} x"#,
            r#"{"Text":"\ud800"#,
            r#"["a"]"#,
        ] {
            let output = Case::of(protocol).get(body.as_bytes());
            let mut out = Vec::new();
            let error = output.and_then(|output| output.write_json(&mut out));
            assert!(error.is_err(), "{protocol}: {body}");
            assert_eq!(out, b"", "{protocol}: {body}");
        }
    }
    let body = b"\xa2\x64Text\x61a\x63Int";
    let mut out = Vec::new();
    let output = Case::of("smithy-rpc-v2-cbor").get(body);
    assert!(
        output
            .and_then(|output| output.write_json(&mut out))
            .is_err()
    );
    assert_eq!(out, b"");
}

#[test]
fn misfits_in_errors_keep_code_and_members() {
    for protocol in PROTOCOLS {
        let case = Case {
            status: 400,
            ..Case::of(protocol)
        };
        let body: Vec<u8> = match protocol {
            "json" | "rest-json" | "smithy-rpc-v2-json" => {
                br#"{"__type":"x#Refused","message":"a\ud800","When":"soon","Long":"7"}"#.to_vec()
            }
            "smithy-rpc-v2-cbor" => [
                &b"\xa4\x66__type\x67Refused\x67message\x62a\xff"[..],
                b"\x64When\x64soon\x64Long\x617",
            ]
            .concat(),
            "ec2" => b"<Response><Errors><Error><Code>Refused</Code><Message>a&#xd800;</Message><When>soon</When><Long>7</Long></Error></Errors></Response>".to_vec(),
            _ => b"<ErrorResponse><Error><Code>Refused</Code><Message>a\xff</Message><When>soon</When><Long>7</Long></Error></ErrorResponse>".to_vec(),
        };
        let error = case.get(&body).unwrap_err();
        let found = error.service_error().unwrap();
        assert_eq!(&*found.code, "Refused", "{protocol}");
        assert_eq!(&*found.message, "a\u{fffd}", "{protocol}");
        assert_eq!(found.value["When"], "soon", "{protocol}");
        assert_eq!(found.value["Long"], 7, "{protocol}");
        assert_eq!(error.kind(), ErrorKind::Service);
    }
}
