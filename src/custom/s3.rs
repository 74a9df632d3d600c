//! Names of buckets, and what may stand in their place.

/// What is wrong with a bucket's name, if anything is. Rules of names are not checked further: services change them.
pub(super) fn bucket_fault(name: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    let is_name = (1..=255).contains(&name.len()) && name.bytes().all(is_plain);
    (!is_name && !is_access_point(name)).then(|| {
        format!(
            "{name:?} is neither a bucket's name (1 to 255 letters, digits, periods, hyphens and underscores) nor the ARN \
             of an access point"
        )
    })
}

/// `arn:aws:s3:region:account:accesspoint/name` and its kin: Object Lambda, several regions, Outposts.
fn is_access_point(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let mut part = || parts.next().unwrap_or_default();
    let (arn, partition, service, region, account, resource) =
        (part(), part(), part(), part(), part(), part());
    let is_region = |region: &str| {
        region
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let words: Vec<&str> = resource.split([':', '/']).collect();
    let is_word = |word: &str, more: &[u8]| {
        (1..=63).contains(&word.len())
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    let fits = match (service, &words[..]) {
        ("s3" | "s3-object-lambda", ["accesspoint", name]) => is_word(name, b"-."),
        ("s3-outposts", ["outpost", outpost, "accesspoint", name]) => {
            !region.is_empty() && is_word(outpost, b"-") && is_word(name, b"-")
        }
        _ => false,
    };
    arn == "arn" && partition.starts_with("aws") && is_region(region) && is_account && fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_access_points_are_told_from_anything_else() {
        let cases = [
            ("my-bucket", true),
            ("Old_Bucket.name", true),
            ("", false),
            ("a/b", false),
            ("arn:aws:s3:us-west-2:123456789012:accesspoint/my", true),
            ("arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:my", true),
            (
                "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap",
                true,
            ),
            (
                "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/b",
                true,
            ),
            (
                "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-0/accesspoint/a",
                true,
            ),
            ("arn:aws:s3:us-west-2:123456789012:accesspoint", false),
            (
                "arn:aws:s3:us-west-2:123456789012:accesspoint/my/endpoint",
                false,
            ),
            ("arn:aws:s3:us-west-2:123456789012:bucket_name:b", false),
            ("arn:aws:s3:us-west-2::accesspoint:x", false),
            ("arn:aws:sqs:us-west-2:123456789012:someresource", false),
        ];
        for (name, good) in cases {
            assert_eq!(bucket_fault(name).is_none(), good, "{name}");
        }
    }
}
