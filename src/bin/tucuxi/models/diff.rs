//! `tucuxi models diff OLD NEW`: what a release adds and removes.

use std::collections::BTreeSet;
use std::path::Path;

use clap::ArgMatches;
use serde_json::{Map, Value, json};
use tucuxi::model::{Archive, Directory, Embedded, Kind, Memory, ModelSource, ServiceModel};

use super::path;
use crate::bar::Bar;
use crate::failure::Failure;
use crate::out;

/// The kind of file that is the model itself.
const MODEL: &str = "service-2";

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let old = source(&path(matches, "OLD"))?;
    let new = source(&path(matches, "NEW"))?;
    let only = matches.get_one::<String>("service");
    let names = |source: &dyn ModelSource| -> Result<BTreeSet<String>, Failure> {
        let mut names: BTreeSet<String> = source.services()?.into_iter().collect();
        names.retain(|name| only.is_none_or(|only| only == name));
        Ok(names)
    };
    let (before, after) = (names(&*old)?, names(&*new)?);
    if before.is_empty() && after.is_empty() {
        let what = only.map_or_else(|| "models".to_owned(), |only| format!("a model of {only}"));
        return Err(Failure::Usage(format!("neither OLD nor NEW has {what}")));
    }
    let bar = Bar::new("Comparing models");
    let mut changed = Vec::new();
    let both: Vec<&String> = before.intersection(&after).collect();
    for (done, service) in both.iter().enumerate() {
        bar.show(done as u64, Some(both.len() as u64));
        let (old, new) = (Facts::read(&*old, service)?, Facts::read(&*new, service)?);
        let change = Change::between(&old, &new);
        if !change.is_empty() {
            changed.push(((*service).clone(), change));
        }
    }
    drop(bar);
    let lone = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        one.difference(other).cloned().collect()
    };
    let (added, removed) = (lone(&after, &before), lone(&before, &after));
    match matches.get_flag("json") {
        true => {
            let changed = changed
                .iter()
                .map(|(service, change)| (service.clone(), change.json()));
            let changed: Map<String, Value> = changed.collect();
            let services = json!({"added": added, "removed": removed});
            out::value(&json!({"services": services, "changed": changed}), None)
        }
        false => {
            let mut lines: Vec<String> = Vec::new();
            lines.extend(added.iter().map(|service| format!("+ service {service}")));
            lines.extend(removed.iter().map(|service| format!("- service {service}")));
            for (service, change) in &changed {
                lines.push(service.clone());
                lines.extend(change.lines().map(|line| format!("  {line}")));
            }
            out::lines(lines)
        }
    }
}

/// The models that an argument names.
fn source(path: &Path) -> Result<Box<dyn ModelSource>, Failure> {
    if path.is_dir() {
        return Ok(Box::new(Directory::new(path)));
    }
    if !path.exists() && path == Path::new("embedded") {
        return Ok(Box::new(Embedded));
    }
    let name = path.to_string_lossy();
    match name.ends_with(".json") || name.ends_with(".json.gz") {
        true => Ok(Box::new(Memory::new().with_file(path)?)),
        false => Ok(Box::new(Archive::new(path))),
    }
}

/// What is compared of a model. Names of members and values follow that of their shape.
#[derive(Default)]
struct Facts {
    version: String,
    operations: BTreeSet<String>,
    members: BTreeSet<String>,
    values: BTreeSet<String>,
}

impl Facts {
    fn read(source: &dyn ModelSource, service: &str) -> Result<Self, Failure> {
        let version = source
            .versions(service, MODEL)?
            .into_iter()
            .max()
            .unwrap_or_default();
        let text = source.load(&format!("{service}/{version}/{MODEL}"))?;
        let model = ServiceModel::parse(service, text.unwrap_or_default())?;
        let mut facts = Self {
            version,
            operations: model.operation_names().map(str::to_owned).collect(),
            ..Self::default()
        };
        for name in model.shape_names() {
            let Some(id) = model.shape_id(name) else {
                continue;
            };
            let shape = model.shape(id)?;
            if let Kind::Structure(members) | Kind::Union(members) = &shape.kind {
                let members = members
                    .iter()
                    .map(|member| format!("{name}.{}", member.name));
                facts.members.extend(members);
            }
            let values = shape.values.iter().map(|value| format!("{name}.{value}"));
            facts.values.extend(values);
        }
        Ok(facts)
    }
}

/// What is new and what is gone.
struct Difference {
    what: &'static str,
    added: Vec<String>,
    removed: Vec<String>,
}

struct Change {
    /// The versions, if they differ.
    version: Option<(String, String)>,
    differences: Vec<Difference>,
}

impl Change {
    fn between(old: &Facts, new: &Facts) -> Self {
        let kinds = [
            ("operation", &old.operations, &new.operations),
            ("member", &old.members, &new.members),
            ("value", &old.values, &new.values),
        ];
        let differences = kinds.into_iter().map(|(what, old, new)| Difference {
            what,
            added: new.difference(old).cloned().collect(),
            removed: old.difference(new).cloned().collect(),
        });
        let is_other = old.version != new.version;
        Self {
            version: is_other.then(|| (old.version.clone(), new.version.clone())),
            differences: differences.collect(),
        }
    }

    fn is_empty(&self) -> bool {
        let mut differences = self.differences.iter();
        self.version.is_none()
            && differences.all(|found| found.added.is_empty() && found.removed.is_empty())
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let version = self.version.iter();
        let version = version.map(|(old, new)| format!("version {old} -> {new}"));
        let found = self.differences.iter().flat_map(|found| {
            let what = found.what;
            let added = found
                .added
                .iter()
                .map(move |name| format!("+ {what} {name}"));
            let removed = found
                .removed
                .iter()
                .map(move |name| format!("- {what} {name}"));
            added.chain(removed)
        });
        version.chain(found)
    }

    fn json(&self) -> Value {
        let mut out = Map::new();
        if let Some((old, new)) = &self.version {
            out.insert("version".into(), json!({"old": old, "new": new}));
        }
        for found in &self.differences {
            if !found.added.is_empty() || !found.removed.is_empty() {
                let name = format!("{}s", found.what);
                out.insert(
                    name,
                    json!({"added": found.added, "removed": found.removed}),
                );
            }
        }
        out.into()
    }
}
