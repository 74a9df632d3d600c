//! `eks update-kubeconfig`: adds a cluster to a file of kubectl.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tucuxi::config::Source;
use tucuxi::internals::command::Writer;

use super::{PLAIN, Procedure, Task, is_on_path, required, switch, value};
use crate::failure::Failure;
use crate::yaml::{Dialect, Yaml, parse, text_of};

pub(super) const UPDATE_KUBECONFIG: Procedure = Procedure {
    service: "eks",
    name: "update-kubeconfig",
    about: "adds a cluster to the configuration of kubectl, and makes it the current context",
    notes: &[
        "The configuration is the first file of KUBECONFIG that has the cluster already, else the first of all, or ~/.kube/config. kubectl then runs eks get-token whenever it needs a token.",
    ],
    flags: &[
        required("name", "NAME", "the name of the cluster"),
        value("kubeconfig", "FILE", "the file, instead of KUBECONFIG"),
        value(
            "role-arn",
            "ARN",
            "the role whose credentials kubectl has in the cluster",
        ),
        value(
            "proxy-url",
            "URL",
            "the proxy between kubectl and the cluster",
        ),
        switch("dry-run", "prints the new file and writes nothing"),
        switch("verbose", "prints the entries that were added"),
        value(
            "alias",
            "NAME",
            "the name of the context; by default the cluster's ARN",
        ),
        value(
            "user-alias",
            "NAME",
            "the name of the user; by default the cluster's ARN",
        ),
        value(
            "assume-role-arn",
            "ARN",
            "the role whose credentials describe the cluster, such as one of another account",
        ),
        value(
            "exec-command",
            "PROGRAM",
            "what kubectl runs; by default aws. tucuxi has the same command",
        ),
    ],
    run,
    ..PLAIN
};

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let cluster = describe(task)?;
    let arn = cluster["arn"].as_str().unwrap_or_default();
    let entry = cluster_entry(task, &cluster, arn);
    let user = user_entry(task, &cluster, arn);
    let user_name = task.value("user-alias").unwrap_or(arn);
    let name = task.value("alias").unwrap_or(user_name).to_owned();
    let context = Yaml::map([
        (
            "context",
            Yaml::map([
                ("cluster", Yaml::text(arn)),
                ("user", Yaml::text(user_name)),
            ]),
        ),
        ("name", Yaml::text(&*name)),
    ]);
    let (path, mut content) = choose(task, arn)?;
    let is_update = has_cluster(&content, arn);
    for (list, entry) in [
        ("clusters", &entry),
        ("users", &user),
        ("contexts", &context),
    ] {
        insert(&mut content, list, entry);
    }
    content.set("current-context", Yaml::text(&*name));
    let text = text_of(&content, Dialect::Plain);
    if task.has("dry-run") {
        return task.print(&text);
    }
    write(&path, &text).map_err(Failure::file(&path.to_string_lossy()))?;
    let path = path.display();
    task.print(&match is_update {
        true => format!("Updated context {name} in {path}\n"),
        false => format!("Added new context {name} to {path}\n"),
    })?;
    if task.has("verbose") {
        let entries = [context, user, entry].map(|entry| text_of(&entry, Dialect::Plain));
        task.print(&format!("Entries:\n\n{}\n", entries.join("\n")))?;
    }
    if program(task) == "aws" && !is_on_path(task.config().environment(), "aws") {
        task.remark(
            "kubectl will run aws, which is not on the PATH: --exec-command tucuxi replaces it",
        );
    }
    Ok(())
}

fn describe(task: &Task<'_, '_>) -> Result<Value, Failure> {
    let client = match task.value("assume-role-arn") {
        Some(role) => task.as_role(&task.client, role, "EKSDescribeClusterSession")?,
        None => task.client.clone(),
    };
    let name = json!({"name": task.required("name")});
    let mut described = client.call("eks", "DescribeCluster", name)?;
    let cluster = described["cluster"].take();
    match cluster["status"].as_str() {
        Some("ACTIVE" | "UPDATING") => Ok(cluster),
        Some(status) => Err(Failure::Other(
            format!("the cluster is not usable: its status is {status}").into(),
        )),
        None => Err(Failure::Other("the response describes no cluster".into())),
    }
}

fn cluster_entry(task: &Task<'_, '_>, cluster: &Value, arn: &str) -> Yaml {
    let text = |value: &Value| Yaml::text(value.as_str().unwrap_or_default());
    let mut inner = Yaml::map([
        (
            "certificate-authority-data",
            text(&cluster["certificateAuthority"]["data"]),
        ),
        ("server", text(&cluster["endpoint"])),
    ]);
    if let Some(url) = task.value("proxy-url") {
        inner.set("proxy-url", Yaml::text(url));
    }
    Yaml::map([("cluster", inner), ("name", Yaml::text(arn))])
}

/// What makes kubectl run `eks get-token`.
fn user_entry(task: &Task<'_, '_>, cluster: &Value, arn: &str) -> Yaml {
    let region = arn.split(':').nth(3).unwrap_or_default();
    let outpost = &cluster["outpostConfig"];
    // a local cluster on an Outpost
    let is_local = !outpost.is_null() && outpost["etcdInstanceType"].is_null();
    let (option, id) = match is_local {
        true => ("--cluster-id", cluster["id"].as_str().unwrap_or_default()),
        false => ("--cluster-name", task.required("name")),
    };
    let mut args = vec![
        "--region",
        region,
        "eks",
        "get-token",
        option,
        id,
        "--output",
        "json",
    ];
    if let Some(role) = task.value("role-arn") {
        args.extend(["--role", role]);
    }
    let args = args.into_iter().map(Yaml::text).collect();
    let mut exec = Yaml::map([
        (
            "apiVersion",
            Yaml::text("client.authentication.k8s.io/v1beta1"),
        ),
        ("args", Yaml::List(args)),
        ("command", Yaml::text(program(task))),
    ]);
    let profile = task.config().profile();
    if profile.source != Source::Default {
        let variable = Yaml::map([
            ("name", Yaml::text("AWS_PROFILE")),
            ("value", Yaml::text(&*profile.value)),
        ]);
        exec.set("env", Yaml::List(vec![variable]));
    }
    let name = task.value("user-alias").unwrap_or(arn);
    Yaml::map([
        ("name", Yaml::text(name)),
        ("user", Yaml::map([("exec", exec)])),
    ])
}

fn program<'t>(task: &'t Task<'_, '_>) -> &'t str {
    task.value("exec-command").unwrap_or("aws")
}

/// Chooses the file: the first that has the cluster, or else the first.
fn choose(task: &Task<'_, '_>, arn: &str) -> Result<(PathBuf, Yaml), Failure> {
    let paths = paths(task)?;
    for path in &paths {
        match load(path) {
            Ok(content) if has_cluster(&content, arn) => return Ok((path.clone(), content)),
            Ok(_) => {}
            Err(error) if paths.len() > 1 => task.remark(&format!("passed over: {error}")),
            Err(_) => {}
        }
    }
    let first = paths.into_iter().next().unwrap_or_default();
    let content = load(&first).map_err(|error| Failure::Other(error.into()))?;
    Ok((first, content))
}

fn paths(task: &Task<'_, '_>) -> Result<Vec<PathBuf>, Failure> {
    let env = task.config().environment();
    let home = env.get("HOME").map(Path::new);
    let absolute = |path: &str| {
        let expanded = match (path.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => task.path(path),
        };
        std::path::absolute(expanded)
    };
    let listed = match task.value("kubeconfig") {
        Some(path) => vec![path],
        None => {
            let listed = env.get("KUBECONFIG").unwrap_or_default();
            let separator = if cfg!(windows) { ';' } else { ':' };
            let listed = listed.split(separator);
            listed.filter(|path| !path.trim().is_empty()).collect()
        }
    };
    match (listed.is_empty(), home) {
        (true, Some(home)) => Ok(vec![home.join(".kube/config")]),
        (true, None) => Err(Failure::Other(
            "there is no home folder for .kube/config: --kubeconfig names a file".into(),
        )),
        (false, _) => Ok(listed
            .into_iter()
            .map(absolute)
            .collect::<io::Result<_>>()?),
    }
}

const LISTS: [&str; 3] = ["clusters", "contexts", "users"];

/// Reads a file; one that does not exist has empty lists.
fn load(path: &Path) -> Result<Yaml, String> {
    let wrong = |text: &str| format!("{}: {text}", path.display());
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(wrong(&error.to_string())),
    };
    let content = parse(&text, Dialect::Plain).map_err(|error| wrong(&error))?;
    let entries = match content {
        Yaml::Null => {
            let list = || Yaml::List(Vec::new());
            return Ok(Yaml::map([
                ("apiVersion", Yaml::text("v1")),
                ("clusters", list()),
                ("contexts", list()),
                ("current-context", Yaml::text("")),
                ("kind", Yaml::text("Config")),
                ("preferences", Yaml::Map(Vec::new())),
                ("users", list()),
            ]));
        }
        Yaml::Map(entries) => entries,
        _ => return Err(wrong("the configuration must be a map")),
    };
    let content = Yaml::Map(entries);
    for name in LISTS {
        let is_valid = match content.get(name) {
            None | Some(Yaml::Null) => true,
            Some(Yaml::List(items)) => items.iter().all(|item| matches!(item, Yaml::Map(_))),
            Some(_) => false,
        };
        if !is_valid {
            return Err(wrong(&format!("{name} must be a list of maps")));
        }
    }
    Ok(content)
}

fn has_cluster(content: &Yaml, name: &str) -> bool {
    position(content, "clusters", name).is_some()
}

fn position(content: &Yaml, list: &str, name: &str) -> Option<usize> {
    let Some(Yaml::List(items)) = content.get(list) else {
        return None;
    };
    let is_it = |item: &Yaml| item.get("name").and_then(Yaml::as_text) == Some(name);
    items.iter().position(is_it)
}

/// Adds an entry to a list, or replaces the one of the same name.
fn insert(content: &mut Yaml, list: &str, entry: &Yaml) {
    let name = entry.get("name").and_then(Yaml::as_text);
    let at = name.and_then(|name| position(content, list, name));
    match (content.get_mut(list), at) {
        (Some(Yaml::List(items)), Some(at)) => items[at] = entry.clone(),
        (Some(Yaml::List(items)), None) => items.push(entry.clone()),
        _ => content.set(list, Yaml::List(vec![entry.clone()])),
    }
}

/// Replaces the file, which only its owner may read if it is new.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = match path.exists() {
        true => Writer::open(path)?,
        false => Writer::private(path)?,
    };
    file.write_all(text.as_bytes())?;
    file.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_the_same_name_are_replaced() {
        let old = "clusters:\n- name: a\n  cluster: {server: x}\n- name: b\nusers: null\n";
        let mut content = parse(old, Dialect::Plain).unwrap();
        let entry = Yaml::map([("name", Yaml::text("a"))]);
        insert(&mut content, "clusters", &entry);
        insert(&mut content, "users", &entry);
        insert(&mut content, "contexts", &entry);
        let expected = "clusters:\n- name: a\n- name: b\nusers:\n- name: a\ncontexts:\n- name: a\n";
        assert_eq!(text_of(&content, Dialect::Plain), expected);
    }
}
