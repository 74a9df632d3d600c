//! Digests in results, which some SDKs verify: `MD5OfMessageBody` is that of the parameter `MessageBody`, and `MD5OfBody` that
//! of the member `Body` beside it.

use serde_json::Value;

use crate::checksum::ChecksumAlgorithm;

const PREFIX: &str = "MD5Of";

/// Sets the digests of texts in the result or in the parameters, and removes the others.
pub(super) fn set(result: &mut Value, params: &Value) {
    match result {
        Value::Array(items) => items.iter_mut().for_each(|item| set(item, params)),
        Value::Object(members) => {
            let names: Vec<String> = members
                .keys()
                .filter(|name| name.starts_with(PREFIX))
                .cloned()
                .collect();
            for name in names {
                let of = &name[PREFIX.len()..];
                let text = members
                    .get(of)
                    .or_else(|| params.get(of))
                    .and_then(Value::as_str);
                match text.map(md5) {
                    Some(digest) => drop(members.insert(name, digest.into())),
                    None => drop(members.shift_remove(&name)),
                }
            }
            members.values_mut().for_each(|member| set(member, params));
        }
        _ => {}
    }
}

fn md5(text: &str) -> String {
    let mut hasher = ChecksumAlgorithm::Md5.hasher();
    hasher.update(text.as_bytes());
    hasher.finish_hex()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn digests_are_those_of_their_texts() {
        let mut result = json!({
            "MD5OfMessageBody": "example",
            "MD5OfMessageAttributes": "example",
            "Messages": [{"Body": "", "MD5OfBody": "example"}],
        });
        set(&mut result, &json!({"MessageBody": "hello"}));
        let expected = json!({
            "MD5OfMessageBody": "5d41402abc4b2a76b9719d911017c592",
            "Messages": [{"Body": "", "MD5OfBody": "d41d8cd98f00b204e9800998ecf8427e"}],
        });
        assert_eq!(result, expected);
    }
}
