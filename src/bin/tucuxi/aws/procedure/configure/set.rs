//! `configure set`

use tucuxi::config::FileEdit;

use super::super::Positional;
use super::{COMMON, Place, Procedure, Task};
use crate::failure::Failure;

pub(in super::super) const SET: Procedure = Procedure {
    name: "set",
    about: "sets a key of a profile",
    notes: &[
        "NAME is a key of the profile that --profile names, such as region; SECTION.KEY is a key of a nested section, such as s3.max_concurrent_requests; default.KEY and profile.NAME.KEY name the profile, and plugins.KEY the section [plugins].",
        "aws_access_key_id, aws_secret_access_key and aws_session_token are saved in ~/.aws/credentials, all others in ~/.aws/config.",
    ],
    positionals: &[
        Positional {
            name: "NAME",
            help: "the key, and where it is",
            is_literal: false,
        },
        Positional {
            name: "VALUE",
            help: "the value, as it is",
            is_literal: true,
        },
    ],
    run,
    ..COMMON
};

/// The keys that are in the credentials file.
const CREDENTIALS: [&str; 3] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
];

/// What a name stands for.
#[derive(Debug, PartialEq, Eq)]
struct Target<'n> {
    section: Section<'n>,
    key: &'n str,
    nested: Option<&'n str>,
}

#[derive(Debug, PartialEq, Eq)]
enum Section<'n> {
    /// The profile in use.
    Chosen,
    Plugins,
    Profile(&'n str),
}

impl<'n> Target<'n> {
    fn parse(name: &'n str) -> Result<Self, Failure> {
        let parts: Vec<&str> = name.split('.').collect();
        let (section, rest) = match &parts[..] {
            [key] => (Section::Chosen, std::slice::from_ref(key)),
            ["default", rest @ ..] => (Section::Profile("default"), rest),
            ["profile", name, rest @ ..] => (Section::Profile(name), rest),
            ["plugins", _] => (Section::Plugins, &parts[1..]),
            _ => (Section::Chosen, &parts[..]),
        };
        match *rest {
            [key] => Ok(Self {
                section,
                key,
                nested: None,
            }),
            [key, nested] => Ok(Self {
                section,
                key,
                nested: Some(nested),
            }),
            [] => Err(Failure::Other(format!("{name:?} names no key").into())),
            _ => Err(Failure::Other(
                format!("{name:?} has more parts than a profile, a section and a key").into(),
            )),
        }
    }
}

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    let (name, value) = (task.positional(0), task.positional(1));
    let target = Target::parse(name)?;
    let is_credentials = CREDENTIALS.contains(&target.key);
    let edit = match is_credentials {
        true => FileEdit::credentials(),
        false => FileEdit::config(),
    };
    let edit = match target.section {
        Section::Chosen => edit.profile(&place.profile.value),
        Section::Plugins => edit.section("plugins"),
        Section::Profile(name) => edit.profile(name),
    };
    let edit = match target.nested {
        Some(nested) => edit.set_nested(target.key, nested, value),
        None => edit.set(target.key, value),
    };
    match is_credentials {
        true => place.save_credentials(&edit),
        false => place.save(&edit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_parts_of_aws() {
        let target = |section, key, nested| Target {
            section,
            key,
            nested,
        };
        for (name, expected) in [
            ("region", target(Section::Chosen, "region", None)),
            ("s3.x", target(Section::Chosen, "s3", Some("x"))),
            (
                "default.region",
                target(Section::Profile("default"), "region", None),
            ),
            (
                "default.s3.x",
                target(Section::Profile("default"), "s3", Some("x")),
            ),
            (
                "profile.a.region",
                target(Section::Profile("a"), "region", None),
            ),
            (
                "profile.a.s3.x",
                target(Section::Profile("a"), "s3", Some("x")),
            ),
            ("plugins.a", target(Section::Plugins, "a", None)),
            ("default", target(Section::Chosen, "default", None)),
        ] {
            assert_eq!(Target::parse(name).unwrap(), expected, "{name}");
        }
        for name in ["profile.a", "default.a.b.c", "profile.a.b.c.d", "a.b.c"] {
            assert_eq!(Target::parse(name).unwrap_err().code(), 255, "{name}");
        }
    }
}
