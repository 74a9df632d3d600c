//! What is said of options that the command does not have.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Options of `aws`, which users bring with them, and what serves instead.
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
        "give the parameters as JSON, @FILE or -",
    ),
    (
        "--cli-input-yaml",
        "give the parameters as JSON, @FILE or -",
    ),
    (
        "--cli-read-timeout",
        "there is no such setting on the command line",
    ),
    (
        "--color",
        "only the log of --debug has colours; NO_COLOR=1 leaves them out",
    ),
    (
        "--generate-cli-skeleton",
        "tucuxi describe SERVICE OPERATION shows the parameters",
    ),
    (
        "--max-items",
        "a call is one request; its parameters and --query say how much is shown",
    ),
    ("--no-cli-pager", "nothing is paged"),
    (
        "--no-paginate",
        "a call is one request, so only one page is fetched",
    ),
    (
        "--no-verify-ssl",
        "certificates are always verified; set AWS_CA_BUNDLE for one of your own",
    ),
    (
        "--output",
        "the output is always JSON; --query EXPRESSION picks from it",
    ),
    (
        "--page-size",
        "give the operation's own parameter for the size of a page",
    ),
    (
        "--starting-token",
        "give the operation's own parameter for the beginning of a page",
    ),
    ("--v2-debug", "give --debug"),
    ("--version-id", "give the parameter in the JSON"),
];

/// The error with a hint for an option of `aws`. A similar option that does something else is no help, such as `--out`, which
/// writes a file, for `--output`.
pub(super) fn explained(mut error: Error) -> Error {
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
    use super::super::command;
    use super::*;

    fn shown(args: &[&str]) -> String {
        let args = [&["tucuxi", "call", "s3", "ListBuckets"], args].concat();
        let error = command().try_get_matches_from(args).unwrap_err();
        explained(error).to_string()
    }

    #[test]
    fn an_option_of_aws_gets_its_own_hint() {
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
