//! Hints for unknown options.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Options of `aws` that this command lacks, and what to use instead.
const OF_AWS: [(&str, &str); 17] = [
    (
        "--ca-bundle",
        "set AWS_CA_BUNDLE, or ca_bundle in the profile",
    ),
    (
        "--cli-binary-format",
        "blobs are base64 in parameters and results",
    ),
    (
        "--cli-connect-timeout",
        "there is no such setting on the command line",
    ),
    (
        "--cli-input-json",
        "pass the parameters as JSON, @FILE or -",
    ),
    (
        "--cli-input-yaml",
        "pass the parameters as JSON, @FILE or -",
    ),
    (
        "--cli-read-timeout",
        "there is no such setting on the command line",
    ),
    (
        "--color",
        "only the log of --debug is coloured; set NO_COLOR=1 to turn that off",
    ),
    (
        "--generate-cli-skeleton",
        "tucuxi describe SERVICE OPERATION --skeleton prints parameters to fill in",
    ),
    ("--max-items", "use the operation's own limit, or --query"),
    ("--no-cli-pager", "there is no pager"),
    (
        "--no-paginate",
        "a call fetches only one page without --paginate",
    ),
    (
        "--no-verify-ssl",
        "certificates are always verified; set AWS_CA_BUNDLE to trust another CA",
    ),
    (
        "--output",
        "the output is always JSON; --query EXPRESSION selects from it",
    ),
    (
        "--page-size",
        "use the operation's own parameter for the page size",
    ),
    (
        "--starting-token",
        "use the operation's own parameter for the token",
    ),
    ("--v2-debug", "use --debug"),
    ("--version-id", "pass VersionId in the JSON parameters"),
];

/// Adds a hint to an error about an option of `aws`, in place of clap's suggestion of a similar option, which would mislead:
/// `--out` for `--output` writes a file.
pub(crate) fn explained(mut error: Error) -> Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let given = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(given)) => given.clone(),
        _ => return error,
    };
    let name = given.split('=').next().unwrap_or_default();
    if let Some((_, hint)) = OF_AWS.iter().find(|(known, _)| *known == name) {
        error.remove(ContextKind::SuggestedArg);
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![(*hint).into()]),
        );
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    fn shown(args: &[&str]) -> String {
        let args = [&["tucuxi", "call", "s3", "ListBuckets"], args].concat();
        let error = command().try_get_matches_from(args).unwrap_err();
        explained(error).to_string()
    }

    #[test]
    fn options_of_aws_get_hints() {
        for (name, hint) in OF_AWS {
            for given in [vec![name], vec![name, "x"]] {
                let shown = shown(&given);
                assert!(
                    shown.contains(&format!("unexpected argument '{name}'")),
                    "{shown}"
                );
                assert!(shown.contains(&format!("tip: {hint}\n")), "{shown}");
                assert!(!shown.contains("similar"), "{shown}");
            }
            let with_value = format!("{name}=x");
            assert!(shown(&[&with_value]).contains(hint), "{name}");
        }
        assert!(shown(&["--outt", "x"]).contains("'--out'"));
    }
}
