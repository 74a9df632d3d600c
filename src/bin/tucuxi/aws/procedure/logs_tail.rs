//! `logs tail`: the events of a log group, as they arrive.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Positional, Procedure, Task, choice, moment, switch, value, values};
use crate::failure::Failure;
use crate::output::json_text;

pub(super) const TAIL: Procedure = Procedure {
    service: "logs",
    name: "tail",
    about: "prints the events of a log group",
    notes: &[
        "Events of several streams are in the order of their times as far as the service has received them.",
    ],
    positionals: &[Positional {
        name: "GROUP",
        help: "the log group",
        is_literal: false,
    }],
    flags: &[
        value(
            "since",
            "TIME",
            "the first event's time: 30s, 5m, 2h, 1d or 1w ago, a date and a time, or seconds since 1970; by default 10m",
        ),
        switch("follow", "goes on with new events until Ctrl-C"),
        choice(
            "format",
            &["detailed", "short", "json"],
            "detailed has time, stream and message, which is the default; short has no stream; json is detailed, with messages that are JSON on several lines",
        ),
        value(
            "filter-pattern",
            "PATTERN",
            "prints the events that this pattern of CloudWatch Logs matches",
        ),
        values(
            "log-stream-names",
            "NAME",
            "prints the events of these streams",
        ),
        value(
            "log-stream-name-prefix",
            "PREFIX",
            "prints the events of the streams whose names start so",
        ),
    ],
    exclusive: &[[&["log-stream-names"], &["log-stream-name-prefix"]]],
    is_local: false,
    run,
};

/// How long a poll waits for new events.
const PAUSE: Duration = Duration::from_secs(5);

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let since = task.value("since").unwrap_or("10m");
    let since =
        start(since, Timestamp::now()).map_err(|e| Failure::Usage(format!("--since: {e}")))?;
    let mut params = json!({
        "logGroupName": task.positional(0),
        "interleaved": true,
        "startTime": since.as_millisecond(),
    });
    for (option, member) in [
        ("filter-pattern", "filterPattern"),
        ("log-stream-name-prefix", "logStreamNamePrefix"),
    ] {
        if let Some(text) = task.value(option) {
            params[member] = text.into();
        }
    }
    if task.has("log-stream-names") {
        params["logStreamNames"] = task.values("log-stream-names").into();
    }
    match task.has("follow") {
        true => follow(task, params),
        false => {
            let request = task.client.request("logs", "FilterLogEvents");
            for page in request.params(params).pages()? {
                print(task, page?["events"].as_array().into_iter().flatten())?;
            }
            Ok(())
        }
    }
}

/// The moment that a text names: `5m` ago, or a time.
fn start(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let units = [
        ('s', 1),
        ('m', 60),
        ('h', 3600),
        ('d', 86_400),
        ('w', 604_800),
    ];
    let relative = units.iter().find_map(|(unit, seconds)| {
        let count = text.strip_suffix(*unit)?;
        let is_count = !count.is_empty() && count.bytes().all(|digit| digit.is_ascii_digit());
        is_count.then(|| count.parse::<i64>().ok()?.checked_mul(*seconds))
    });
    match relative {
        None => moment::parse(text),
        Some(seconds) => seconds
            .and_then(|seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok())
            .ok_or_else(|| format!("{text} is too long ago")),
    }
}

/// Polls until the command is interrupted, which is its regular end.
fn follow(task: &mut Task<'_, '_>, params: Value) -> Result<(), Failure> {
    let _ = ctrlc::set_handler(|| std::process::exit(0));
    let mut tail = Tail::new(params);
    loop {
        let page = task.call("logs", "FilterLogEvents", tail.params.clone())?;
        let (events, is_last) = tail.take(page);
        print(task, &events)?;
        if is_last {
            thread::sleep(PAUSE);
        }
    }
}

/// The place in a listing that is polled.
struct Tail {
    /// Of the next request.
    params: Value,
    newest: i64,
    /// The ids of the events with the newest time, which the next poll returns again.
    seen: HashSet<String>,
}

impl Tail {
    fn new(params: Value) -> Self {
        Self {
            params,
            newest: i64::MIN,
            seen: HashSet::new(),
        }
    }

    /// Takes the new events of a page, and says whether it was the last one.
    fn take(&mut self, mut page: Value) -> (Vec<Value>, bool) {
        let events = page["events"].take();
        let Value::Array(mut events) = events else {
            return (Vec::new(), self.next(&page));
        };
        let mut known = std::mem::take(&mut self.seen);
        let mut newest = self.newest;
        let mut times = Vec::new();
        events.retain(|event| {
            let id = event["eventId"].as_str().unwrap_or_default();
            let time = event["timestamp"].as_i64().unwrap_or_default();
            newest = newest.max(time);
            times.push((time, id.to_owned()));
            // an event without an id cannot be recognised
            id.is_empty() || !known.contains(id)
        });
        if newest > self.newest {
            known.clear();
        }
        known.extend(
            times
                .into_iter()
                .filter(|(time, _)| *time == newest)
                .map(|(_, id)| id),
        );
        self.seen = known;
        self.newest = newest;
        (events, self.next(&page))
    }

    fn next(&mut self, page: &Value) -> bool {
        let token = page["nextToken"].as_str().map(Value::from);
        let is_last = token.is_none();
        if let Some(params) = self.params.as_object_mut() {
            match token {
                Some(token) => drop(params.insert("nextToken".into(), token)),
                None => drop(params.shift_remove("nextToken")),
            }
            if is_last && self.newest > i64::MIN {
                params.insert("startTime".into(), self.newest.into());
            }
        }
        is_last
    }
}

fn print<'e>(
    task: &mut Task<'_, '_>,
    events: impl IntoIterator<Item = &'e Value>,
) -> Result<(), Failure> {
    let format = task.value("format").unwrap_or("detailed").to_owned();
    let colours = task.has_colours();
    let mut text = String::new();
    let escape = task.out.is_terminal();
    for event in events {
        text += &line(event, &format, colours, escape);
        text.push('\n');
    }
    task.print_as_is(&text)
}

fn line(event: &Value, format: &str, colours: bool, escape: bool) -> String {
    let coloured = |code: &str, text: String| match colours {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text,
    };
    let printable = |text: &str| match escape {
        true => tucuxi::internals::command::PrintableLines(text).to_string(),
        false => text.to_owned(),
    };
    let millis = event["timestamp"].as_i64().unwrap_or_default();
    let time = Timestamp::from_millisecond(millis).unwrap_or_default();
    let local = Offset::UTC.to_datetime(time);
    let pattern = match format {
        "short" => "%Y-%m-%dT%H:%M:%S",
        "json" if millis % 1000 == 0 => "%Y-%m-%dT%H:%M:%S+00:00",
        _ => "%Y-%m-%dT%H:%M:%S.%6f+00:00",
    };
    let time = coloured("32", local.strftime(pattern).to_string());
    let stream = event["logStreamName"].as_str().unwrap_or_default();
    let stream = coloured("36", printable(stream));
    let message = event["message"].as_str().unwrap_or_default();
    let message = match format {
        "json" => printable(&pretty(message)),
        _ => printable(message),
    };
    let line = match format {
        "short" => format!("{time} {message}"),
        _ => format!("{time} {stream} {message}"),
    };
    line.trim_end().to_owned()
}

/// A message that is JSON, on lines of its own and in ASCII.
fn pretty(message: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(message) else {
        return message.to_owned();
    };
    let mut text = String::from("\n");
    for c in json_text(&value).chars() {
        match c.is_ascii() && c != '\x7f' {
            true => text.push(c),
            false => {
                let mut units = [0; 2];
                let units = c.encode_utf16(&mut units).iter();
                text.extend(units.map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_relative_or_not() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        for (text, expected) in [
            ("10m", Ok(999_999_400)),
            ("1w", Ok(999_395_200)),
            ("0s", Ok(1_000_000_000)),
            ("5", Ok(5)),
            ("2001-09-09T01:46:40Z", Ok(1_000_000_000)),
        ] {
            assert_eq!(
                start(text, now).map(Timestamp::as_second),
                expected,
                "{text}"
            );
        }
        for text in [
            "5h30m",
            "m",
            "-5m",
            "99999999999999999999w",
            "9999999999999w",
            "",
        ] {
            assert!(start(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn polls_return_each_event_once() {
        let event = |id: &str, time: i64| json!({"eventId": id, "timestamp": time});
        let ids = |events: Vec<Value>| -> Vec<String> {
            let ids = events.iter().map(|event| event["eventId"].as_str());
            ids.flatten().map(str::to_owned).collect()
        };
        let mut tail = Tail::new(json!({"startTime": 1}));
        let page = json!({"events": [event("a", 5), event("b", 7)], "nextToken": "t"});
        let (events, is_last) = tail.take(page);
        assert_eq!(
            (ids(events), is_last),
            (vec!["a".into(), "b".into()], false)
        );
        assert_eq!(tail.params, json!({"startTime": 1, "nextToken": "t"}));
        let (events, is_last) = tail.take(json!({"events": [event("c", 7)]}));
        assert_eq!((ids(events), is_last), (vec!["c".into()], true));
        assert_eq!(tail.params, json!({"startTime": 7}));
        let page = json!({"events": [event("b", 7), event("c", 7), event("d", 7), event("e", 9)]});
        let (events, _) = tail.take(page);
        assert_eq!(ids(events), ["d", "e"]);
        let (events, _) = tail.take(json!({"events": [event("e", 9)]}));
        assert!(events.is_empty() && tail.params == json!({"startTime": 9}));
        let (events, _) = tail.take(json!({"events": []}));
        assert!(events.is_empty());
    }

    #[test]
    fn lines_have_the_formats_of_aws() {
        let event = json!({"timestamp": 1_577_836_800_120_i64, "logStreamName": "s", "message": "{\"a\": [\"ü\"]}\n"});
        for (format, expected) in [
            (
                "detailed",
                "2020-01-01T00:00:00.120000+00:00 s {\"a\": [\"ü\"]}",
            ),
            ("short", "2020-01-01T00:00:00 {\"a\": [\"ü\"]}"),
            (
                "json",
                "2020-01-01T00:00:00.120000+00:00 s \n{\n    \"a\": [\n        \"\\u00fc\"\n    ]\n}",
            ),
        ] {
            assert_eq!(line(&event, format, false, false), expected);
        }
        let event = json!({"timestamp": 0, "logStreamName": "s", "message": "a\u{1b}[2J"});
        assert_eq!(
            line(&event, "json", true, true),
            "\x1b[32m1970-01-01T00:00:00+00:00\x1b[0m \x1b[36ms\x1b[0m a\\u{1b}[2J"
        );
    }
}
