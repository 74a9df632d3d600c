//! `configure list-profiles`

use super::{COMMON, Place, Procedure};

pub(in super::super) const LIST_PROFILES: Procedure = Procedure {
    name: "list-profiles",
    about: "lists the profiles of both files",
    run: |task| {
        let place = Place::of(task)?;
        let names = place.files.profile_names().iter();
        let lines: String = names.map(|name| format!("{name}\n")).collect();
        task.print(&lines)
    },
    ..COMMON
};
