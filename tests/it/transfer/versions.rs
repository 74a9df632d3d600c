//! Deletions of all versions of objects and all delete markers.

use tucuxi::transfer::{DeletionPlan, TransferManager};
use tucuxi::transport::SentRequest;

use super::folders::report;
use super::syncs::{LAST, replayed};
use super::{BUCKET, Place};

const XML: &str = "application/xml";

fn version(key: &str, id: &str) -> String {
    format!("<Version><Key>{key}</Key><VersionId>{id}</VersionId><Size>1</Size></Version>")
}

fn marker(key: &str, id: &str) -> String {
    format!("<DeleteMarker><Key>{key}</Key><VersionId>{id}</VersionId></DeleteMarker>")
}

fn page(entries: &[String], end: &str) -> String {
    let entries = entries.concat();
    format!("<ListVersionsResult>{entries}{end}</ListVersionsResult>")
}

fn more(key: &str, id: &str) -> String {
    format!(
        "<IsTruncated>true</IsTruncated><NextKeyMarker>{key}</NextKeyMarker>\
         <NextVersionIdMarker>{id}</NextVersionIdMarker>"
    )
}

fn deleted(entries: &[(&str, &str)]) -> String {
    let entries = entries
        .iter()
        .map(|(key, id)| format!("<Deleted><Key>{key}</Key><VersionId>{id}</VersionId></Deleted>"));
    let entries: String = entries.collect();
    format!("<DeleteResult>{entries}</DeleteResult>")
}

fn plan(s3: &TransferManager) -> tucuxi::Result<DeletionPlan> {
    s3.delete_folder(BUCKET, "p").versions(true).plan()
}

fn entries(plan: &DeletionPlan) -> Vec<(&str, &str)> {
    let entries = plan.entries();
    entries.map(|(key, id)| (key, id.unwrap())).collect()
}

fn body(sent: &SentRequest) -> &str {
    std::str::from_utf8(&sent.body).unwrap()
}

#[test]
fn incomplete_listings_of_versions_delete_nothing() {
    let one = || version("p/a", "1");
    let cases = [
        ("no end", vec![page(&[one()], "")]),
        ("nothing", vec![String::new()]),
        ("an empty result", vec![page(&[], "")]),
        (
            "a listing of objects",
            vec![format!("<ListBucketResult>{LAST}</ListBucketResult>")],
        ),
        (
            "more without a marker",
            vec![page(&[one()], "<IsTruncated>true</IsTruncated>")],
        ),
        (
            "more with an empty marker",
            vec![page(&[one()], &more("", ""))],
        ),
        (
            "more with a version alone",
            vec![page(&[one()], &more("", "1"))],
        ),
        (
            "the last with a marker",
            vec![page(
                &[one()],
                &format!("{LAST}<NextKeyMarker>p/a</NextKeyMarker>"),
            )],
        ),
        (
            "the last with a version",
            vec![page(
                &[one()],
                &format!("{LAST}<NextVersionIdMarker>1</NextVersionIdMarker>"),
            )],
        ),
        (
            "a marker twice",
            vec![
                page(&[one()], &more("p/a", "1")),
                page(&[version("p/a", "2")], &more("p/a", "1")),
                page(&[], LAST),
            ],
        ),
        (
            "markers in turn",
            vec![
                page(&[one()], &more("p/a", "1")),
                page(&[version("p/b", "1")], &more("p/b", "1")),
                page(&[version("p/c", "1")], &more("p/a", "1")),
                page(&[], LAST),
            ],
        ),
        (
            "a version twice on two pages",
            vec![
                page(&[version("p/0", "0"), one()], &more("p/a", "1")),
                page(&[one()], LAST),
            ],
        ),
        (
            "a version twice on one page",
            vec![page(&[version("p/0", "0"), one(), one()], LAST)],
        ),
        (
            "a version that is a marker too",
            vec![page(
                &[version("p/0", "0"), one(), marker("p/a", "1")],
                LAST,
            )],
        ),
        (
            "a second page that is missing",
            vec![page(&[one()], &more("p/a", "1"))],
        ),
        (
            "a second page that is cut",
            vec![
                page(&[one()], &more("p/a", "1")),
                page(&[one()], LAST)[..60].to_owned(),
            ],
        ),
        (
            "a key outside the prefix",
            vec![page(&[one(), version("q/b", "1")], LAST)],
        ),
        (
            "a marker outside the prefix",
            vec![page(&[one(), marker("pb", "1")], LAST)],
        ),
        (
            "a key without a version",
            vec![page(
                &["<Version><Key>p/a</Key></Version>".to_owned()],
                LAST,
            )],
        ),
        ("an empty version", vec![page(&[version("p/a", "")], LAST)]),
        (
            "a marker without a key",
            vec![page(
                &["<DeleteMarker><VersionId>1</VersionId></DeleteMarker>".to_owned()],
                LAST,
            )],
        ),
        (
            "keys that are grouped",
            vec![page(
                &[one()],
                &format!("{LAST}<CommonPrefixes><Prefix>p/d/</Prefix></CommonPrefixes>"),
            )],
        ),
        (
            "another prefix",
            vec![page(&[], &format!("<Prefix>q/</Prefix>{LAST}"))],
        ),
        (
            "an end that is neither",
            vec![page(&[one()], "<IsTruncated>no</IsTruncated>")],
        ),
    ];
    let place = Place::new();
    for (name, pages) in cases {
        let pages: Vec<_> = pages.into_iter().map(|page| (XML, page)).collect();
        let (s3, _) = replayed(&place, &pages);
        let planned = plan(&s3);
        assert!(planned.is_err(), "{name}: {planned:?}");
        let (s3, replay) = replayed(&place, &pages);
        let result = s3.delete_folder(BUCKET, "p").versions(true).job().run();
        assert!(result.is_err(), "{name}: {result:?}");
        let sent = replay.sent();
        assert!(sent.iter().all(|sent| sent.method == "GET"), "{name}");
    }
}

#[test]
fn versions_are_deleted_before_delete_markers() {
    let place = Place::new();
    let first = [marker("p/a", "3"), version("p/a", "2"), version("p/a", "1")];
    let second = [version("p/b", "null"), marker("p/c", "1")];
    let pages = [
        (XML, page(&first, &more("p/a", "1"))),
        (XML, page(&second, LAST)),
        (XML, deleted(&[("p/a", "2"), ("p/a", "1"), ("p/b", "null")])),
        (XML, deleted(&[("p/a", "3"), ("p/c", "1")])),
    ];
    let (s3, replay) = replayed(&place, &pages);
    let planned = plan(&s3).unwrap();
    assert_eq!(
        entries(&planned),
        [
            ("p/a", "2"),
            ("p/a", "1"),
            ("p/b", "null"),
            ("p/a", "3"),
            ("p/c", "1")
        ]
    );
    assert_eq!(
        planned.to_string(),
        "delete s3://river/p/a (version 2)\n\
         delete s3://river/p/a (version 1)\n\
         delete s3://river/p/b (version null)\n\
         delete marker s3://river/p/a (version 3)\n\
         delete marker s3://river/p/c (version 1)\n"
    );
    assert_eq!(replay.sent().len(), 2, "a plan lists only");

    let report = planned.job().run().unwrap();
    assert_eq!(report.objects, 5);
    let sent = replay.sent();
    let next = sent[1].uri.to_string();
    assert!(
        next.contains("key-marker=p%2Fa") && next.contains("version-id-marker=1"),
        "{next}"
    );
    let (versions, markers) = (body(&sent[2]), body(&sent[3]));
    for part in [
        "<Key>p/a</Key><VersionId>2</VersionId>",
        "<VersionId>null</VersionId>",
    ] {
        assert!(
            versions.contains(part) && !markers.contains(part),
            "{versions}"
        );
    }
    assert!(
        markers.contains("<Key>p/c</Key><VersionId>1</VersionId>"),
        "{markers}"
    );
}

#[test]
fn delete_markers_stay_if_a_version_does() {
    let refused = "<DeleteResult><Error><Key>p/a</Key><VersionId>1</VersionId><Code>AccessDenied</Code>\
         <Message>locked</Message></Error></DeleteResult>";
    let place = Place::new();
    let pages = [
        (XML, page(&[marker("p/a", "2"), version("p/a", "1")], LAST)),
        (XML, refused.to_owned()),
    ];
    let (s3, replay) = replayed(&place, &pages);
    let error = plan(&s3).unwrap().job().run().unwrap_err();
    assert_eq!(replay.sent().len(), 2);
    let report = report(error);
    let [failure, kept] = &report.failures[..] else {
        panic!("{report:?}")
    };
    assert_eq!(failure.object, "s3://river/p/a (version 1)");
    assert!(failure.error.to_string().contains("AccessDenied: locked"));
    assert!(kept.error.to_string().contains("delete markers are kept"));
    assert_eq!(report.objects, 0);
}

#[test]
fn only_what_the_response_names_with_its_version_is_deleted() {
    let whole = "<Deleted><Key>p/a</Key><VersionId>1</VersionId></Deleted>\
                 <Deleted><Key>p/a</Key><VersionId>null</VersionId></Deleted>";
    let error = "<Error><Key>p/a</Key><VersionId>1</VersionId><Code>InternalError</Code></Error>";
    let cases = [
        ("both", whole.to_owned(), 2, 0),
        ("none", String::new(), 0, 2),
        ("another version", whole.replace('1', "2"), 1, 1),
        ("another key", whole.replace("p/a", "p/b"), 0, 2),
        (
            "no versions",
            "<Deleted><Key>p/a</Key></Deleted>".to_owned(),
            1,
            1,
        ),
        (
            "a new delete marker",
            "<Deleted><Key>p/a</Key><DeleteMarkerVersionId>3</DeleteMarkerVersionId></Deleted>"
                .to_owned(),
            0,
            2,
        ),
        (
            "a delete marker that was deleted",
            "<Deleted><Key>p/a</Key><DeleteMarkerVersionId>1</DeleteMarkerVersionId></Deleted>"
                .to_owned(),
            1,
            1,
        ),
        ("both, and an error of one", format!("{whole}{error}"), 1, 1),
    ];
    for (name, response, done, failed) in cases {
        let place = Place::new();
        let pages = [
            (
                XML,
                page(&[version("p/a", "1"), version("p/a", "null")], LAST),
            ),
            (XML, format!("<DeleteResult>{response}</DeleteResult>")),
        ];
        let (s3, _) = replayed(&place, &pages);
        let report = match s3.delete_folder(BUCKET, "p").versions(true).job().run() {
            Ok(report) => report,
            Err(error) => report(error),
        };
        assert_eq!(
            (report.objects, report.failures.len()),
            (done, failed),
            "{name}"
        );
    }
}

#[test]
fn versions_that_xml_cannot_hold_are_deleted_one_by_one() {
    let place = Place::new();
    let listed = page(
        &[
            version("p/a%0Ab", "1"),
            version("p/c+", "2"),
            version("p/d", "3"),
        ],
        &format!("{LAST}<EncodingType>url</EncodingType>"),
    );
    // the same response to each deletion, as their order is open
    let response = || (XML, deleted(&[("p/d", "3")]));
    let pages = [(XML, listed), response(), response(), response()];
    let (s3, replay) = replayed(&place, &pages);
    let job = s3.delete_folder(BUCKET, "p").versions(true).job();
    assert_eq!(job.run().unwrap().objects, 3);
    let mut alone: Vec<String> = replay.sent()[1..]
        .iter()
        .filter(|sent| sent.method == "DELETE")
        .map(|sent| sent.uri.to_string())
        .collect();
    alone.sort_unstable();
    assert_eq!(alone.len(), 2, "{alone:?}");
    assert!(
        alone[0].contains("/p/a%0Ab") && alone[0].contains("versionId=1"),
        "{alone:?}"
    );
    assert!(
        alone[1].contains("/p/c%20") && alone[1].contains("versionId=2"),
        "{alone:?}"
    );
}
