//! Listings that are not complete, or not what was asked for.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Response, World, is_listing, listed, object, page};

/// A listing: the response to the nth request.
type Listing = fn(usize) -> Response;

const TOKEN: &str =
    "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
const LAST: &str = "<IsTruncated>false</IsTruncated>";

fn text(status: u16, body: &str) -> Response {
    (status, Vec::new(), body.into())
}

/// Listings because of which nothing may be deleted. Each lists `p/zz` at most.
const DOUBTFUL: &[(&str, Listing)] = &[
    ("the same token again and again", |_| {
        page(&format!("{TOKEN}{}", listed("p/zz")))
    }),
    ("the same token without keys", |_| page(TOKEN)),
    ("two tokens by turns", |nth| {
        let token = TOKEN.replace(">t<", if nth % 2 == 0 { ">a<" } else { ">b<" });
        page(&token)
    }),
    ("truncated without a token", |_| {
        page("<IsTruncated>true</IsTruncated>")
    }),
    ("truncated with an empty token", |_| {
        page(&TOKEN.replace(">t<", "><"))
    }),
    ("no word about its end", |_| page(&listed("p/zz"))),
    ("no word about its end, and no keys", |_| page("")),
    ("the end and a token", |_| {
        page(&format!(
            "{LAST}<NextContinuationToken>t</NextContinuationToken>"
        ))
    }),
    ("an odd word about its end", |_| {
        page("<IsTruncated>maybe</IsTruncated>")
    }),
    ("a second page that is refused", |nth| match nth {
        0 => page(&format!("{TOKEN}{}", listed("p/zz"))),
        _ => text(403, "<Error><Code>AccessDenied</Code></Error>"),
    }),
    ("a second page that fails", |nth| match nth {
        0 => page(TOKEN),
        _ => text(500, "<Error><Code>InternalError</Code></Error>"),
    }),
    ("a second page that is empty", |nth| match nth {
        0 => page(TOKEN),
        _ => text(200, ""),
    }),
    ("a second page that is a login page", |nth| match nth {
        0 => page(TOKEN),
        _ => text(200, "<html><body>log in</body></html>"),
    }),
    ("a second page that repeats a key", |nth| match nth {
        0 => page(&format!("{TOKEN}{}", listed("p/zz"))),
        _ => page(&format!("{LAST}{}", listed("p/zz"))),
    }),
    ("a key twice", |_| {
        page(&format!("{LAST}{0}{0}", listed("p/zz")))
    }),
    ("a key of another prefix", |_| {
        page(&format!("{LAST}{}", listed("q/zz")))
    }),
    ("no body", |_| text(200, "")),
    ("204", |_| text(204, "")),
    ("a login page", |_| {
        text(200, "<html><body>log in</body></html>")
    }),
    ("a text", |_| text(200, "ok")),
    ("JSON", |_| text(200, "{\"IsTruncated\": false}")),
    ("the result of another operation", |_| {
        text(
            200,
            "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>",
        )
    }),
    ("an error with status 200", |_| {
        text(200, "<Error><Code>InternalError</Code></Error>")
    }),
    ("XML that breaks off", |_| {
        text(
            200,
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>p/z",
        )
    }),
    ("XML that breaks off after a key", |_| {
        text(200, &format!("<ListBucketResult>{LAST}{}", listed("p/zz")))
    }),
    ("a key without a name", |_| {
        page(&format!("{LAST}<Contents><Size>1</Size></Contents>"))
    }),
    ("an empty key", |_| page(&format!("{LAST}{}", listed("")))),
    ("more keys announced than sent", |_| {
        page(&format!("{LAST}<KeyCount>3</KeyCount>{}", listed("p/zz")))
    }),
    ("404", |_| {
        text(404, "<Error><Code>NoSuchBucket</Code></Error>")
    }),
    ("403", |_| {
        text(403, "<Error><Code>AccessDenied</Code></Error>")
    }),
    ("301", |_| {
        text(301, "<Error><Code>PermanentRedirect</Code></Error>")
    }),
    ("500", |_| text(500, "")),
    ("304", |_| text(304, "")),
];

/// What a job needs.
const JOB: &str = "--batch-function arn:aws:lambda:us-east-1:123456789012:function:f --batch-manifest s3://lists/ --batch-role arn:aws:iam::123456789012:role/r --account-id 123456789012";

fn world(listing: Listing) -> World {
    let count = AtomicUsize::new(0);
    World::new(move |asked| match is_listing(asked) {
        true => listing(count.fetch_add(1, Ordering::Relaxed)),
        false if asked.line.starts_with("DELETE") => (204, Vec::new(), Vec::new()),
        false => object(),
    })
}

#[test]
fn nothing_is_deleted_on_a_doubtful_listing() {
    for (name, listing) in DOUBTFUL {
        for command in [
            // deletes in/keep
            "sync s3://river/p in --delete",
            // deletes p/zz
            "sync in s3://river/p --delete",
            "sync s3://sea/p s3://river/p --delete",
            "rm s3://river/p --recursive",
            "rm s3://river/p --recursive --batch",
            "sync s3://sea/p s3://river/p --delete --batch",
        ] {
            let world = world(*listing);
            let before = world.outside();
            let ran = match command.ends_with("--batch") {
                true => world.run(&format!("{command} {JOB}")),
                false => world.run(command),
            };
            assert_ne!(ran.code, 0, "{command}: {name}");
            assert!(!ran.err.is_empty(), "{command}: {name}");
            assert_eq!(world.deletions(), Vec::<String>::new(), "{command}: {name}");
            let has_manifest = world
                .server
                .lines()
                .iter()
                .any(|line| line.contains(".csv"));
            assert!(!has_manifest, "{command}: {name}");
            let kept = world.inside().remove("keep");
            assert_eq!(kept.as_deref(), Some(&b"mine"[..]), "{command}: {name}");
            assert_eq!(world.outside(), before, "{command}: {name}");
        }
    }
}

#[test]
fn no_doubtful_listing_empties_a_bucket() {
    for (name, listing) in DOUBTFUL {
        let world = world(*listing);
        let ran = world.run("rb s3://river --force");
        // with the whole bucket, no key is one of another prefix
        let is_whole = *name == "a key of another prefix";
        assert!(ran.code != 0 || is_whole, "{name}");
        assert!(
            world.deletions().is_empty() || is_whole,
            "{name}: {:?}",
            world.deletions()
        );
    }
}

#[test]
fn no_listing_hangs() {
    for (name, listing) in DOUBTFUL {
        for command in [
            "ls s3://river/p/",
            "cp s3://river/p in --recursive",
            "mv s3://river/p in --recursive",
        ] {
            let world = world(*listing);
            let before = world.outside();
            world.run(command);
            assert_eq!(world.outside(), before, "{command}: {name}");
            let inside = world.inside();
            let is_known = |name: &String| ["keep", "zz"].contains(&&**name);
            assert!(inside.keys().all(is_known), "{command}: {name}: {inside:?}");
            // what was downloaded whole may be moved, as nothing else depends on the listing
            let deletions = world.deletions().len();
            let moved = usize::from(command.starts_with("mv") && inside.contains_key("zz"));
            assert!(deletions <= moved, "{command}: {name}");
        }
    }
}

#[test]
fn a_complete_listing_deletes() {
    let good: Listing = |_| page(&format!("{LAST}{}", listed("p/zz")));
    let ran = world(good);
    assert_eq!(ran.run("sync s3://river/p in --delete").code, 0);
    assert_eq!(ran.inside().keys().collect::<Vec<_>>(), ["zz"]);
    let ran = world(good);
    assert_eq!(ran.run("rm s3://river/p --recursive").code, 0);
    assert_eq!(ran.deletions(), ["DELETE /river/p/zz"]);
}
