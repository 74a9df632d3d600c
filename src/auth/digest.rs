//! Challenges of HTTP Digest authentication, and the responses to them (RFC 7616).

use std::fmt::Write as _;
use std::sync::Mutex;

use md5::Md5;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::sync;

/// A challenge that can be met: its hash is supported, and it does not require a hash of the body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    hash: Hash,
    /// The algorithm as the service wrote it.
    algorithm: Option<String>,
    /// Whether the hash of the password is of this session.
    is_session: bool,
    /// Whether the request has a counter and a nonce of the client. Services of 1999 (RFC 2069) do not know them.
    has_quality: bool,
    /// Whether only the nonce has expired.
    is_stale: bool,
    /// Whether the user name is sent as a hash.
    hashes_user: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha256,
}

impl Hash {
    fn of(self, text: &str) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::new());
        let mut hex = |bytes: &[u8]| {
            for byte in bytes {
                // writing to a String cannot fail
                let _ = write!(out, "{byte:02x}");
            }
        };
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
        }
        out
    }
}

impl Challenge {
    /// Reads the challenges of a header `WWW-Authenticate` that can be met. It may have several, of any scheme.
    pub(super) fn parse_all(header: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for (scheme, parameters) in challenges(header) {
            if scheme.eq_ignore_ascii_case("digest") {
                all.extend(Self::of(&parameters));
            }
        }
        all
    }

    pub(super) fn strength(&self) -> impl Ord + use<> {
        self.hash
    }

    fn of(parameters: &[(String, String)]) -> Option<Self> {
        let get = |name: &str| {
            let mut all = parameters.iter();
            let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        let is = |name: &str| get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let algorithm = get("algorithm");
        let upper = algorithm.as_deref().unwrap_or("MD5").to_ascii_uppercase();
        let (name, is_session) = match upper.strip_suffix("-SESS") {
            Some(name) => (name, true),
            None => (&*upper, false),
        };
        let hash = match name {
            "MD5" => Hash::Md5,
            "SHA-256" => Hash::Sha256,
            _ => return None,
        };
        let qualities = get("qop");
        let offers_auth = |list: &str| {
            list.split(',')
                .any(|q| q.trim().eq_ignore_ascii_case("auth"))
        };
        if qualities.as_deref().is_some_and(|list| !offers_auth(list)) {
            return None;
        }
        Some(Self {
            realm: get("realm")?,
            nonce: get("nonce")?,
            opaque: get("opaque"),
            hash,
            algorithm,
            is_session,
            has_quality: qualities.is_some(),
            is_stale: is("stale"),
            hashes_user: is("userhash"),
        })
    }

    /// Returns the header `Authorization` of a request. `count` is the number of requests with the challenge's nonce.
    fn answer(
        &self,
        (user, password): (&str, &str),
        (method, target): (&str, &str),
        nonce: &str,
        count: u32,
    ) -> Zeroizing<String> {
        let hash = |text: &str| self.hash.of(text);
        let secret = Zeroizing::new(format!("{user}:{}:{password}", self.realm));
        let mut secret = hash(&secret);
        if self.is_session {
            secret = hash(&format!("{}:{}:{nonce}", &*secret, self.nonce));
        }
        let request = hash(&format!("{method}:{target}"));
        let count = format!("{count:08x}");
        let proof = match self.has_quality {
            true => hash(&format!(
                "{}:{}:{count}:{nonce}:auth:{}",
                &*secret, self.nonce, &*request
            )),
            false => hash(&format!("{}:{}:{}", &*secret, self.nonce, &*request)),
        };
        let user = match self.hashes_user {
            true => hash(&format!("{user}:{}", self.realm)),
            false => Zeroizing::new(user.to_owned()),
        };
        let mut out = Zeroizing::new(format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"",
            quoted(&user),
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(target),
            &*proof
        ));
        // writing to a String cannot fail
        if let Some(algorithm) = &self.algorithm {
            let _ = write!(out, ", algorithm={algorithm}");
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(out, ", opaque={}", quoted(opaque));
        }
        if self.has_quality || self.is_session {
            let _ = write!(out, ", cnonce=\"{nonce}\"");
        }
        if self.has_quality {
            let _ = write!(out, ", qop=auth, nc={count}");
        }
        if self.hashes_user {
            out.push_str(", userhash=true");
        }
        out
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Splits a header into challenges: scheme and parameters.
fn challenges(header: &str) -> Vec<(&str, Vec<(String, String)>)> {
    let mut all: Vec<(&str, Vec<(String, String)>)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return all;
        }
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let value = after.trim_start().strip_prefix('=');
        match (value, all.last_mut()) {
            (Some(value), Some((_, parameters))) if !value.starts_with('=') => {
                let (value, after) = parameter(value.trim_start());
                parameters.push((word.to_owned(), value));
                rest = after;
            }
            // the padding of a token68
            (Some(value), _) => rest = value,
            (None, _) => {
                all.push((word, Vec::new()));
                rest = after;
            }
        }
    }
}

/// Reads the value of a parameter, and returns the rest of the header.
fn parameter(text: &str) -> (String, &str) {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if is_escaped => {
                value.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return (value, &inner[at + 1..]),
            c => value.push(c),
        }
    }
    (value, "")
}

/// How many challenges a call meets: a nonce may expire between two attempts, but a service cannot keep a call busy.
const MOST: u32 = 3;

/// The challenges of a call.
#[derive(Default)]
pub(super) struct Digests(Mutex<State>);

#[derive(Default)]
struct State {
    current: Option<Challenge>,
    /// The number of challenges so far.
    challenges: u32,
    /// The number of requests with the current challenge.
    requests: u32,
}

impl Digests {
    /// Takes a challenge, unless it rejects the response to an earlier one, and returns whether it did.
    pub(super) fn accept(&self, challenge: Challenge) -> bool {
        let mut state = sync::lock(&self.0);
        let is_new = match &state.current {
            None => true,
            Some(known) => challenge.is_stale && challenge.nonce != known.nonce,
        };
        if !is_new || state.challenges == MOST {
            return false;
        }
        *state = State {
            current: Some(challenge),
            challenges: state.challenges + 1,
            requests: 0,
        };
        true
    }

    /// Returns the header of the next request, or `None` before the first challenge.
    pub(super) fn answer(
        &self,
        user: &str,
        password: &str,
        method: &str,
        target: &str,
        nonce: &str,
    ) -> Option<Zeroizing<String>> {
        let mut state = sync::lock(&self.0);
        state.requests = state.requests.saturating_add(1);
        let challenge = state.current.as_ref()?;
        Some(challenge.answer((user, password), (method, target), nonce, state.requests))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7616, 3.9.1, and of RFC 2069.
    #[test]
    fn responses_are_those_of_the_specifications() {
        let header = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
            Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5,
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
        let all = Challenge::parse_all(&header.replace('\n', " "));
        let responses = [
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            "8ca523f5e9506fed4657c9700eebdbec",
        ];
        assert_eq!(all.len(), responses.len());
        assert!(all[0].strength() > all[1].strength());
        for (challenge, response) in all.iter().zip(responses) {
            let login = ("Mufasa", "Circle of Life");
            let nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let answer = challenge.answer(login, ("GET", "/dir/index.html"), nonce, 1);
            assert!(
                answer.contains(&format!("response=\"{response}\"")),
                "{}",
                &*answer
            );
            assert!(answer.contains("qop=auth, nc=00000001"), "{}", &*answer);
        }
        let old = Challenge::parse_all(r#"Digest realm="r", nonce="n""#);
        let answer = old[0].answer(("u", "p"), ("GET", "/"), "c", 1);
        assert!(
            !answer.contains("qop") && !answer.contains("cnonce"),
            "{}",
            &*answer
        );
    }

    #[test]
    fn challenges_that_cannot_be_met_are_ignored() {
        for (header, expected) in [
            (r#"Basic realm="r""#, 0),
            (r#"Digest realm="r""#, 0),
            (r#"Digest realm="r", nonce="n", algorithm=SHA-512-256"#, 0),
            (r#"Digest realm="r", nonce="n", qop="auth-int""#, 0),
            (
                r#"Negotiate dG9rZW4=, Digest realm="a \"b\", c", nonce=n, Basic realm="r""#,
                1,
            ),
            (r#"Digest realm="r", nonce="unfinished"#, 1),
            ("Digest", 0),
            (",, =", 0),
        ] {
            assert_eq!(Challenge::parse_all(header).len(), expected, "{header}");
        }
        let found = &Challenge::parse_all(r#"Digest realm="a \"b\", c", nonce=n"#)[0];
        assert_eq!(found.realm, r#"a "b", c"#);
    }

    #[test]
    fn a_rejected_response_is_not_repeated() {
        let challenge = |text: &str| Challenge::parse_all(text).remove(0);
        let digests = Digests::default();
        assert!(digests.answer("u", "p", "GET", "/", "c").is_none());
        assert!(digests.accept(challenge(r#"Digest realm="r", nonce="1""#)));
        assert!(digests.answer("u", "p", "GET", "/", "c").is_some());
        assert!(!digests.accept(challenge(r#"Digest realm="r", nonce="2""#)));
        assert!(digests.accept(challenge(r#"Digest realm="r", nonce="2", stale=true"#)));
        assert!(!digests.accept(challenge(r#"Digest realm="r", nonce="2", stale=true"#)));
        let endless = |n: u32| challenge(&format!(r#"Digest realm="r", nonce="n{n}", stale=true"#));
        let accepted = (0..100).filter(|n| digests.accept(endless(*n))).count();
        assert_eq!(accepted as u32, MOST - 2, "no service keeps a call busy");
    }
}
