//! Objects that are not what HeadObject or a listing says.

use super::{Response, World, is_listing, page};
use crate::support::loopback::Asked;

const SIZE: usize = 20;

/// How a server responds to HeadObject, and to GetObject.
struct Lie {
    name: &'static str,
    head: fn() -> Response,
    get: fn(&Asked) -> Response,
}

fn headers(length: Option<usize>, etag: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("etag", format!("\"{etag}\"")),
        ("last-modified", "Wed, 01 Jan 2020 00:00:00 GMT".to_owned()),
    ];
    if let Some(length) = length {
        headers.push(("content-length", length.to_string()));
    }
    headers
}

fn head() -> Response {
    (200, headers(Some(SIZE), "e"), Vec::new())
}

fn get(length: usize, etag: &str) -> Response {
    (200, headers(None, etag), vec![b'x'; length])
}

const LIES: &[Lie] = &[
    Lie {
        name: "a shorter object",
        head,
        get: |_| get(SIZE - 1, "e"),
    },
    Lie {
        name: "a longer object",
        head,
        get: |_| get(SIZE + 1, "e"),
    },
    Lie {
        name: "an empty object",
        head,
        get: |_| get(0, "e"),
    },
    Lie {
        name: "another object",
        head,
        get: |_| get(SIZE, "other"),
    },
    Lie {
        name: "a login page",
        head,
        get: |_| (200, Vec::new(), b"<html>log in</html>".to_vec()),
    },
    Lie {
        name: "a wrong checksum",
        head,
        get: |_| {
            let (status, mut headers, body) = get(SIZE, "e");
            headers.push(("x-amz-checksum-crc32", "AAAAAA==".to_owned()));
            (status, headers, body)
        },
    },
    Lie {
        name: "an error with status 200",
        head,
        get: |_| {
            (
                200,
                Vec::new(),
                b"<Error><Code>SlowDown</Code></Error>".to_vec(),
            )
        },
    },
    Lie {
        name: "no object any more",
        head,
        get: |_| {
            (
                404,
                Vec::new(),
                b"<Error><Code>NoSuchKey</Code></Error>".to_vec(),
            )
        },
    },
    Lie {
        name: "a precondition that fails",
        head,
        get: |_| {
            (
                412,
                Vec::new(),
                b"<Error><Code>PreconditionFailed</Code></Error>".to_vec(),
            )
        },
    },
    Lie {
        name: "not modified",
        head,
        get: |_| (304, Vec::new(), Vec::new()),
    },
    Lie {
        name: "a part of the object",
        head,
        get: |_| {
            let (_, mut headers, body) = get(5, "e");
            headers.push(("content-range", format!("bytes 0-4/{SIZE}")));
            (206, headers, body)
        },
    },
    Lie {
        name: "a part that is not one",
        head,
        get: |_| {
            let (_, mut headers, body) = get(SIZE, "e");
            headers.push(("content-range", "bytes 5-24/99".to_owned()));
            (206, headers, body)
        },
    },
    Lie {
        name: "a size of 18 digits",
        head: || (200, headers(Some(999_999_999_999_999_999), "e"), Vec::new()),
        get: |_| get(SIZE, "e"),
    },
    Lie {
        name: "a negative size",
        head: || {
            let mut headers = headers(None, "e");
            headers.push(("content-length", "-1".to_owned()));
            (200, headers, Vec::new())
        },
        get: |_| get(SIZE, "e"),
    },
    Lie {
        name: "an invalid number of parts",
        head: || {
            let mut headers = headers(Some(30 * 1024 * 1024), "e");
            headers.push(("accept-ranges", "bytes".to_owned()));
            (200, headers, Vec::new())
        },
        get: |asked| {
            let (_, mut headers, body) = get(SIZE, "e");
            let range = asked
                .header("range")
                .unwrap_or("bytes=0-19")
                .replace('=', " ");
            headers.push(("content-range", format!("{range}/31457280")));
            (206, headers, body)
        },
    },
    Lie {
        name: "whole objects instead of parts",
        head: || (200, headers(Some(30 * 1024 * 1024), "e"), Vec::new()),
        get: |_| get(SIZE, "e"),
    },
];

fn respond(lie: &Lie, asked: &Asked) -> Response {
    match asked.line.split(' ').next() {
        Some("HEAD") => (lie.head)(),
        Some("DELETE") => (204, Vec::new(), Vec::new()),
        _ if is_listing(asked) => {
            let size = (lie.head)().1;
            let size = size.iter().find(|(name, _)| *name == "content-length");
            let size = size.map_or("20", |(_, size)| size);
            page(&format!(
                "<IsTruncated>false</IsTruncated><Contents><Key>keep</Key><LastModified>2030-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>{size}</Size></Contents>"
            ))
        }
        _ => (lie.get)(asked),
    }
}

#[test]
fn no_file_is_replaced_by_what_is_not_the_object() {
    for lie in LIES {
        for command in [
            "cp s3://river/keep in/keep",
            "mv s3://river/keep in/keep",
            "mv s3://river in --recursive",
            "sync s3://river in --delete",
        ] {
            let world = World::new(move |asked| respond(lie, asked));
            let before = world.outside();
            let ran = world.run(command);
            let name = lie.name;
            if *name == *"another object" && ran.code == 0 {
                // it is what the key has by now
                assert_eq!(world.inside()["keep"], vec![b'x'; SIZE], "{command}");
                continue;
            }
            assert_ne!(ran.code, 0, "{command}: {name}");
            assert!(!ran.err.is_empty(), "{command}: {name}");
            let inside = world.inside();
            let kept = inside.get("keep").map(Vec::as_slice);
            assert_eq!(kept, Some(&b"mine"[..]), "{command}: {name}: {ran:?}");
            assert_eq!(world.deletions(), Vec::<String>::new(), "{command}: {name}");
            assert_eq!(world.outside(), before, "{command}: {name}");
        }
    }
}

#[test]
fn an_upload_that_was_not_confirmed_deletes_no_file() {
    for (name, status, headers, body) in [
        ("no ETag", 200, vec![], ""),
        ("a login page", 200, vec![], "<html>log in</html>"),
        (
            "an error with status 200",
            200,
            vec![],
            "<Error><Code>InternalError</Code></Error>",
        ),
        ("created", 201, vec![], ""),
        ("no content", 204, vec![], ""),
        (
            "a redirect",
            307,
            vec![("location", "http://127.0.0.1:9/".to_owned())],
            "",
        ),
        (
            "403",
            403,
            vec![],
            "<Error><Code>AccessDenied</Code></Error>",
        ),
    ] {
        for command in ["mv in/keep s3://river/k", "mv in s3://river/p --recursive"] {
            let headers = headers.clone();
            let world = World::new(move |asked| match is_listing(asked) {
                true => page("<IsTruncated>false</IsTruncated>"),
                false => (status, headers.clone(), body.into()),
            });
            let ran = world.run(command);
            assert_ne!(ran.code, 0, "{command}: {name}");
            assert!(world.inside().contains_key("keep"), "{command}: {name}");
        }
    }
}

#[test]
fn a_copy_that_was_not_confirmed_deletes_no_object() {
    for (name, status, body) in [
        ("no result", 200, ""),
        ("a login page", 200, "<html>log in</html>"),
        (
            "an error with status 200",
            200,
            "<Error><Code>InternalError</Code></Error>",
        ),
        ("XML that breaks off", 200, "<CopyObjectResult><ETag>\"e"),
        ("no ETag", 200, "<CopyObjectResult/>"),
        (
            "an empty ETag",
            200,
            "<CopyObjectResult><ETag>\"\"</ETag></CopyObjectResult>",
        ),
        ("403", 403, "<Error><Code>AccessDenied</Code></Error>"),
    ] {
        for command in [
            "mv s3://river/keep s3://sea/k",
            "mv s3://river s3://sea --recursive",
        ] {
            let world = World::new(move |asked| match asked.line.split(' ').next() {
                Some("HEAD") => head(),
                Some("PUT") => (status, Vec::new(), body.into()),
                _ if is_listing(asked) => respond(&LIES[0], asked),
                _ => (204, Vec::new(), Vec::new()),
            });
            let ran = world.run(command);
            assert_ne!(ran.code, 0, "{command}: {name}");
            assert_eq!(world.deletions(), Vec::<String>::new(), "{command}: {name}");
        }
    }
}
