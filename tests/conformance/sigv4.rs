//! Signatures of versions 4 and 4a over given requests.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};
use tucuxi::Credentials;
use tucuxi::auth::{Algorithm, Payload, Signer};

use crate::compare;
use crate::suite::{Suite, Verdict, files, finish, folder, json as read, text};

/// A request in a file.
struct Raw {
    request: http::Request<()>,
    body: Vec<u8>,
    /// Whether the path must be encoded to be sent: then the signer does not encode it again.
    is_raw: bool,
}

impl Raw {
    fn parse(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        // a header may continue on the next line
        let mut lines: Vec<String> = Vec::new();
        for line in head.lines() {
            match (line.starts_with([' ', '\t']), lines.last_mut()) {
                (true, Some(last)) => *last += &format!(" {}", line.trim()),
                _ => lines.push(line.to_owned()),
            }
        }
        let (method, rest) = lines[0].split_once(' ').unwrap();
        let target = rest
            .rsplit_once(" HTTP/")
            .map_or(rest, |(target, _)| target);
        let is_fine = |c: char| c.is_ascii_graphic();
        let mut encoded = String::new();
        for c in target.chars() {
            match is_fine(c) {
                true => encoded.push(c),
                false => encoded.extend(c.to_string().bytes().map(|b| format!("%{b:02X}"))),
            }
        }
        let mut host = "example.amazonaws.com";
        let mut request = http::Request::builder().method(method);
        for line in &lines[1..] {
            let (name, value) = line.split_once(':').unwrap();
            match name.eq_ignore_ascii_case("host") {
                true => host = value.trim(),
                false => request = request.header(name, value.trim()),
            }
        }
        let path = target.split('?').next().unwrap();
        Self {
            request: request
                .uri(format!("https://{host}{encoded}"))
                .body(())
                .unwrap(),
            body: body.as_bytes().to_vec(),
            is_raw: !path.chars().all(is_fine),
        }
    }
}

fn credentials(of: &Value) -> Credentials {
    let text = |name: &str| of.get(name).and_then(Value::as_str);
    let id = text("access_key_id").unwrap();
    let who = Credentials::new(id, text("secret_access_key").unwrap());
    match text("token").or_else(|| text("session_token")) {
        Some(token) => who.with_session_token(token),
        None => who,
    }
}

pub(crate) fn time(text: &str) -> SystemTime {
    let seconds = text.parse::<jiff::Timestamp>().unwrap().as_second();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs())
}

fn signature(of: &http::Request<()>) -> Option<String> {
    let header = of
        .headers()
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    let query = || {
        of.uri()
            .query()?
            .split("X-Amz-Signature=")
            .nth(1)
            .map(str::to_owned)
    };
    let in_header = header.and_then(|h| h.split("Signature=").nth(1).map(str::to_owned));
    let found = in_header.or_else(query)?;
    found.split('&').next().map(str::to_owned)
}

/// Signs a request with the settings in `context`, in a header or in the query.
fn signed(
    raw: &Raw,
    context: &Value,
    algorithm: Algorithm,
    in_query: bool,
) -> Result<String, String> {
    let who = credentials(&context["credentials"]);
    let text = |name: &str| context[name].as_str().unwrap();
    let mut signer = Signer::new(
        &who,
        text("region"),
        text("service"),
        time(text("timestamp")),
    );
    signer.algorithm = algorithm;
    signer.normalize_path = context["normalize"] != false;
    signer.content_sha256 = context["sign_body"] == true;
    signer.sign_token = context["omit_session_token"] != true;
    signer.double_encode = !raw.is_raw;
    let mut request = raw.request.clone();
    let result = match in_query {
        true => {
            let seconds = context["expiration_in_seconds"].as_u64().unwrap_or(3600);
            signer.presign(
                &mut request,
                Payload::Bytes(&raw.body),
                Duration::from_secs(seconds),
            )
        }
        false => signer.sign(&mut request, Payload::Bytes(&raw.body)),
    };
    result.map_err(|e| e.to_string())?;
    signature(&request).ok_or_else(|| "it has no signature".into())
}

#[test]
fn sigv4() {
    let Some(root) = folder("sigv4") else { return };
    let mut aws = Suite::new("sigv4 aws-c-auth");
    for file in files(&root.join("aws-c-auth-v4"), "context.json") {
        let folder = file.parent().unwrap();
        let name = folder.file_name().unwrap().to_string_lossy();
        let context = read(&file);
        for place in ["header", "query"] {
            aws.case(&format!("{name} {place}"), || {
                of_aws(folder, &context, place)
            });
        }
    }
    let mut java = Suite::new("sigv4 smithy-java");
    for file in files(&root.join("smithy-java"), "context.json") {
        let folder = file.parent().unwrap();
        java.case(&folder.file_name().unwrap().to_string_lossy(), || {
            of_java(folder)
        });
    }
    let mut botocore = Suite::new("sigv4 aws4_testsuite");
    for file in files(&root.join("aws4_testsuite"), ".req") {
        let name = file.file_stem().unwrap().to_string_lossy();
        botocore.case(&name, || of_botocore(&file));
    }
    finish([aws, java, botocore]);
}

fn of_aws(folder: &Path, context: &Value, place: &str) -> Verdict {
    let raw = Raw::parse(&text(&folder.join("request.txt")));
    let expected = text(&folder.join(format!("{place}-signature.txt")));
    let found = signed(&raw, context, Algorithm::SigV4, place == "query");
    found
        .and_then(|found| compare::equal("the signature", &*found, expected.trim()))
        .into()
}

fn of_java(folder: &Path) -> Verdict {
    let file = read(&folder.join("context.json"));
    let mut context = file["properties"].clone();
    context["credentials"] = file["credentials"].clone();
    let raw = Raw::parse(&text(&folder.join("request.txt")));
    let expected = signature(&Raw::parse(&text(&folder.join("signed.txt"))).request);
    let found = signed(&raw, &context, Algorithm::SigV4, false);
    found
        .and_then(|found| compare::equal("the signature", &Some(found), &expected))
        .into()
}

fn of_botocore(file: &Path) -> Verdict {
    let raw = Raw::parse(&text(file));
    let authorization = text(&file.with_extension("authz"));
    let expected = authorization.trim().rsplit_once("Signature=").unwrap().1;
    // if only the canonical request has the token, the signer adds it
    let canonical = text(&file.with_extension("creq"));
    let token = canonical
        .lines()
        .find_map(|line| line.strip_prefix("x-amz-security-token:"));
    let context = json!({
        "credentials": {
            "access_key_id": "AKIDEXAMPLE",
            "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "token": token,
        },
        "region": "us-east-1",
        "service": "service",
        "timestamp": "2015-08-30T12:36:00Z",
    });
    let found = signed(&raw, &context, Algorithm::SigV4, false);
    found
        .and_then(|found| compare::equal("the signature", &*found, expected))
        .into()
}

#[test]
fn sigv4a() {
    let Some(root) = folder("sigv4a") else { return };
    let mut suite = Suite::new("sigv4a");
    let mut keys: HashMap<String, VerifyingKey> = HashMap::new();
    for file in files(&root, "context.json") {
        let folder = file.parent().unwrap();
        let name = folder.file_name().unwrap().to_string_lossy();
        let context = read(&file);
        let key = folder.join("public-key.json");
        if !key.exists() {
            suite.case(&name, || {
                Verdict::Skipped("the case has no key and no signature")
            });
            continue;
        }
        let key = text(&key);
        let key = *keys.entry(key.clone()).or_insert_with(|| public_key(&key));
        for place in ["header", "query"] {
            suite.case(&format!("{name} {place}"), || {
                of_aws_4a(folder, &context, place, key)
            });
        }
    }
    finish([suite]);
}

fn public_key(text: &str) -> VerifyingKey {
    let json: Value = serde_json::from_str(text).unwrap();
    let half = |name: &str| unhex(json[name].as_str().unwrap());
    VerifyingKey::from_sec1_bytes(&[vec![4], half("X"), half("Y")].concat()).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Verifies that the expected signature and ours match the expected key and string to sign.
fn of_aws_4a(folder: &Path, context: &Value, place: &str, key: VerifyingKey) -> Verdict {
    let raw = Raw::parse(&text(&folder.join("request.txt")));
    let string = text(&folder.join(format!("{place}-string-to-sign.txt")));
    let verify = |what: &str, signature: &str| {
        let signature = Signature::from_der(&unhex(signature.trim())).map_err(|e| e.to_string())?;
        let result = key.verify(string.as_bytes(), &signature);
        result.map_err(|_| format!("{what} signature is not one of the given text"))
    };
    let given = text(&folder.join(format!("{place}-signature.txt")));
    let ours = signed(&raw, context, Algorithm::SigV4a, place == "query");
    verify("the given", &given)
        .and_then(|()| ours.and_then(|ours| verify("our", &ours)))
        .into()
}
