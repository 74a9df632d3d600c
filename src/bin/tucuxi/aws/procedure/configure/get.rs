//! `configure get`

use tucuxi::internals::shared_files::Found;

use super::super::Positional;
use super::{COMMON, Place, Procedure, Task};
use crate::failure::Failure;

pub(in super::super) const GET: Procedure = Procedure {
    name: "get",
    about: "prints the value of a key of a profile",
    notes: &[
        "NAME is a key of the profile that --profile names; SECTION.KEY is a key of a nested section; PROFILE.KEY, profile.NAME.KEY and their nested sections name the profile, and plugins.KEY the section [plugins]. Environment variables are not looked at.",
        "Exits with 1 if the key is not set.",
    ],
    positionals: &[Positional {
        name: "NAME",
        help: "the key, and where it is",
        is_literal: false,
    }],
    run,
    ..COMMON
};

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    let name = task.positional(0).to_owned();
    let parts: Vec<&str> = name.split('.').collect();
    let plugin = match parts[..] {
        ["plugins", key] => place.files.other_text("plugins", key)?,
        _ => None,
    };
    let found = match &plugin {
        Some(text) => Some(Found::Text(text)),
        None => find(&place, &parts)?,
    };
    match found {
        Some(Found::Text(text)) => task.print(&format!("{text}\n")),
        Some(Found::Nested(_)) => {
            eprintln!("tucuxi: [ERROR]: {name} is a section; name a key in it, as in {name}.KEY");
            Err(Failure::Reported(1))
        }
        None => Err(Failure::Reported(1)),
    }
}

fn find<'p>(place: &'p Place, parts: &[&str]) -> Result<Option<Found<'p>>, Failure> {
    let (profile, parts) = match parts {
        [key] => {
            let profile = place.files.chosen_profile(&place.profile)?;
            return Ok(profile.value(key));
        }
        ["profile", name, rest @ ..] => (*name, rest),
        [name, rest @ ..] if *name == "default" || place.files.profile(name).exists() => {
            (*name, rest)
        }
        parts => (&*place.profile.value, parts),
    };
    let [key, rest @ ..] = parts else {
        let what = "the name ends with a profile; add a key of it, as in profile.NAME.KEY";
        return Err(Failure::Other(what.into()));
    };
    let found = place.files.profile(profile).value(key);
    Ok(match rest {
        [nested] => match found {
            Some(Found::Nested(keys)) => {
                let mut keys = keys.iter().rev();
                let text = keys.find(|(key, _)| key == nested);
                text.map(|(_, text)| Found::Text(text))
            }
            _ => None,
        },
        _ => found,
    })
}
