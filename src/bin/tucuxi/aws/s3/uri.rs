//! S3 URIs: `s3://BUCKET/KEY`, where the bucket may be the ARN of an access point.

/// Returns what follows `s3://`.
pub(super) fn of_s3(path: &str) -> Option<&str> {
    path.strip_prefix("s3://")
}

/// Splits a path, without `s3://`, into bucket and key.
pub(super) fn bucket_and_key(path: &str) -> (&str, &str) {
    let end = match arn_end(path) {
        Some(end) => end,
        None => path.find('/').unwrap_or(path.len()),
    };
    let (bucket, rest) = path.split_at(end);
    let is_outpost = bucket.contains(":s3-outposts:");
    let key = rest.strip_prefix('/');
    let key = key.or_else(|| rest.strip_prefix(':').filter(|_| is_outpost));
    (bucket, key.unwrap_or(rest))
}

/// Says what commands do not support in a path.
///
/// # Errors
///
/// Returns a message if the path is that of such a resource.
pub(super) fn check(path: &str) -> Result<(), String> {
    let Some([service, resource]) = arn(path) else {
        return Ok(());
    };
    let kind = |at| resource.split([':', '/']).nth(at);
    match (service, kind(0), kind(2)) {
        ("s3-object-lambda", ..) => Err(format!(
            "s3://{path}: S3 Object Lambda is not supported by these commands; use s3api"
        )),
        ("s3-outposts", Some("outpost"), Some("bucket")) => Err(format!(
            "s3://{path}: buckets of Outposts are not supported by these commands; use s3control"
        )),
        _ => Ok(()),
    }
}

/// Whether a bucket is a directory bucket (S3 Express).
pub(super) fn is_directory_bucket(bucket: &str) -> bool {
    bucket.ends_with("--x-s3")
}

/// The service and the resource of an ARN.
fn arn(path: &str) -> Option<[&str; 2]> {
    let mut fields = path.splitn(6, ':');
    let (scheme, partition) = (fields.next()?, fields.next()?);
    let (service, _, account) = (fields.next()?, fields.next()?, fields.next()?);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_arn = scheme == "arn" && partition.starts_with("aws") && is_account;
    is_arn.then_some([service, fields.next()?])
}

/// The end of the ARN of an access point at the beginning of a path.
fn arn_end(path: &str) -> Option<usize> {
    let [service, resource] = arn(path)?;
    let start = path.len() - resource.len();
    let words = match (service, resource.split([':', '/']).next()) {
        ("s3", Some("accesspoint")) => 2,
        ("s3-outposts", Some("outpost")) => 4,
        _ => return None,
    };
    // access points of S3 have names up to a slash
    let ends: &[char] = if words == 2 { &['/'] } else { &[':', '/'] };
    let mut at = resource.find([':', '/'])? + 1;
    for _ in 2..words {
        at += resource[at..].find([':', '/'])? + 1;
    }
    let name = resource[at..].find(ends).unwrap_or(resource.len() - at);
    (name > 0).then_some(start + at + name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_ends_before_the_key() {
        const POINT: &str = "arn:aws:s3:us-west-2:123456789012:accesspoint";
        const OUTPOST: &str = "arn:aws:s3-outposts:us-west-2:123456789012:outpost";
        for (path, bucket, key) in [
            ("", "", ""),
            ("b", "b", ""),
            ("b/", "b", ""),
            ("b/k/l", "b", "k/l"),
            ("b//k", "b", "/k"),
            (&format!("{POINT}/p"), &format!("{POINT}/p"), ""),
            (&format!("{POINT}:p/k/l"), &format!("{POINT}:p"), "k/l"),
            (&format!("{POINT}/p/k:l"), &format!("{POINT}/p"), "k:l"),
            (
                "arn:aws:s3::123456789012:accesspoint/x.mrap/k",
                "arn:aws:s3::123456789012:accesspoint/x.mrap",
                "k",
            ),
            (
                &format!("{OUTPOST}/o/accesspoint/p/k"),
                &format!("{OUTPOST}/o/accesspoint/p"),
                "k",
            ),
            (
                &format!("{OUTPOST}:o:accesspoint:p:k"),
                &format!("{OUTPOST}:o:accesspoint:p"),
                "k",
            ),
            ("arn:aws:s3:::b/k", "arn:aws:s3:::b", "k"),
        ] {
            assert_eq!(bucket_and_key(path), (bucket, key), "{path}");
        }
    }

    #[test]
    fn other_resources_are_errors() {
        for (path, is_supported) in [
            ("b/k", true),
            ("arn:aws:s3:us-west-2:123456789012:accesspoint/p", true),
            (
                "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/p",
                false,
            ),
            (
                "arn:aws:s3-outposts:us-west-2:123456789012:outpost/o/bucket/b",
                false,
            ),
            (
                "arn:aws:s3-outposts:us-west-2:123456789012:outpost/o/accesspoint/p",
                true,
            ),
        ] {
            assert_eq!(check(path).is_ok(), is_supported, "{path}");
        }
    }
}
