//! JSON without a shape, which is compared with what serde_json reads.

use serde_json::{Map, Number, Value};

use super::ReadError;
use super::json_number;
use super::json_tokens::Tokens;

/// Reads a text into a value.
pub(crate) fn value(src: &str) -> Result<Value, ReadError> {
    let mut tokens = Tokens::new(src);
    let value = next(&mut tokens)?;
    tokens.end().map(|()| value)
}

/// Skips a text.
pub(crate) fn skip(src: &str) -> Result<(), ReadError> {
    let mut tokens = Tokens::new(src);
    tokens.skip()?;
    tokens.end()
}

fn next(tokens: &mut Tokens<'_>) -> Result<Value, ReadError> {
    let mut is_first = true;
    Ok(match tokens.peek() {
        b'{' => {
            tokens.open()?;
            let mut map = Map::new();
            while tokens.next_name(&mut is_first)? {
                let name = tokens.text()?.into_cow().into_owned();
                tokens.colon()?;
                map.insert(name, next(tokens)?);
            }
            tokens.close(b'}')?;
            map.into()
        }
        b'[' => {
            tokens.open()?;
            let mut list = Vec::new();
            while tokens.next_element(&mut is_first)? {
                list.push(next(tokens)?);
            }
            tokens.close(b']')?;
            list.into()
        }
        b'"' => tokens.text()?.as_str().into(),
        b't' => tokens.word("true").map(|()| true.into())?,
        b'f' => tokens.word("false").map(|()| false.into())?,
        b'n' => tokens.word("null").map(|()| Value::Null)?,
        _ => match tokens.number()? {
            json_number::Number::F64(float) => {
                Number::from_f64(float).map_or(Value::Null, Value::Number)
            }
            json_number::Number::I64(number) => number.into(),
            json_number::Number::U64(number) => number.into(),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    fn compare(text: &str) {
        let shown = |read: Result<Value, ReadError>| match read {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        let theirs = shown(serde_json::from_str(text));
        assert_eq!(shown(value(text)), theirs, "{text:?}");
        let theirs = serde_json::from_str::<IgnoredAny>(text);
        let ours = skip(text).map_err(|error| error.to_string());
        let theirs = theirs.map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(ours, theirs, "{text:?} is skipped");
    }

    #[test]
    fn texts_are_read_as_serde_json_reads_them() {
        let numbers = "0 -0 -1 12 01 -01 1. .5 - + 1e 1e+ 1e5 1E-5 -1.5e+3 1e400 0e999999999999 1e999999999999 1e-999999999999 \
            9007199254740993 0.1 0.30000000000000004 1.7976931348623157e308 5e-324 123456789.123456789123456789 1x \
            9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615 \
            18446744073709551616 -18446744073709551615 -18446744073709551616 123456789012345678901234567890 1e5.5";
        let texts = r#"""|"a|"a"b|"\u00e9\ud83d\ude00"|"\ud83d"|"\ud83d\u0041"|"\ude00"|"\ud83dx"|"\ud83d\n"|"\u12g4"|"\u+123"|"\u12"|"\x"|
            "\"\\\/\b\f\n\r\t"|"\|"é😀"|"long enough for two words\n and some more"|"a quote at the end of a word"|"1234567"|"12345678"|"\
            "|"	"|"é\"#;
        let others = r#"|null|nul|nulL|true|tru|trux|false|fals| null |null x|[|]|{|}|[]|{}|[1,2]|[1,]|[,1]|[1 2]|[1|[1,|{"a"|{"a":|{"a":1|
            {"a":1,|{"a":1,}|{,}|{"a":1 "b":2}|{"a" 1}|{a:1}|{1:2}|{"a":1,"a":2}|[[],{},[{}],{"a":[]}]|{"a":{"b":[1,{"c":null}]}}|[1}|{"a":1]|
            [nul]|{"a":tru}|[01]|[1.]|["a]|{"\ud83d":1}|{"a\n":1}|:|,|é|[é]|x"#;
        let mut all: Vec<String> = numbers.split_ascii_whitespace().map(Into::into).collect();
        all.extend(texts.split('|').chain(others.split('|')).map(Into::into));
        all.push("\"\u{0}\"".into());
        all.push("[\u{0}]".into());
        all.push("\u{feff}[]".into());
        for depth in [126, 127, 128, 129] {
            all.push("[".repeat(depth) + &"]".repeat(depth));
            all.push(r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth));
            all.push("[".repeat(depth));
        }
        for text in &all {
            compare(text);
            for inside in [
                format!("[{text}]"),
                format!("{{\"a\": {text},\n \"b\":1}}"),
                format!("\n [ {text}\t,{text} ] "),
            ] {
                compare(&inside);
            }
        }
        // a response that is cut
        let whole = r#"{"Items":[{"a":{"S":"x\n"},"b":{"N":"-1.5"}}, {"c":[1,-2.5e3,true,null]}],"é":"\ud83d\ude00"}"#;
        for (at, _) in whole.char_indices() {
            compare(&whole[..at]);
            compare(&whole[at..]);
            compare(&format!("{},{}", &whole[..at], &whole[at..]));
        }
    }
}
