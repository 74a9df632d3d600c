//! `tucuxi models list`

use clap::ArgMatches;
use serde_json::{Value, json};
use tucuxi::model::{DataFile, Origin};

use crate::failure::Failure;
use crate::{args, out};

/// The kind of file that is the model itself.
const MODEL: &str = "service-2";

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let client = args::client(matches)?;
    let known = client.introspect();
    let mut rows = Vec::new();
    match matches.get_one::<String>("SERVICE") {
        Some(service) => {
            let files = known.data_files(service)?.into_iter();
            rows.extend(files.map(|file| (service.clone(), file)));
        }
        None => {
            for service in known.services()? {
                let files = known.data_files(&service)?.into_iter();
                let mut models = files.filter(|file| file.kind == MODEL && file.is_used);
                rows.extend(models.next().map(|file| (service.clone(), file)));
            }
        }
    }
    if matches.get_flag("json") {
        let rows: Vec<Value> = rows
            .iter()
            .map(|(service, file)| json_of(service, file))
            .collect();
        return out::value(&rows.into(), None);
    }
    let is_of_one = matches.contains_id("SERVICE");
    out::lines(rows.iter().map(|(service, file)| {
        let DataFile {
            version,
            kind,
            origin,
            ..
        } = file;
        let unused = if file.is_used { "" } else { "  (not used)" };
        match is_of_one {
            true => format!("{kind:<24} {version:<12} {origin}{unused}"),
            false => format!("{service:<40} {version:<12} {origin}"),
        }
    }))
}

fn json_of(service: &str, file: &DataFile) -> Value {
    let (source, path) = match &file.origin {
        Origin::Archive { archive, member } => {
            ("archive", Some(format!("{}: {member}", archive.display())))
        }
        Origin::Embedded => ("embedded", None),
        Origin::File(path) => ("file", Some(path.display().to_string())),
        _ => ("program", None),
    };
    json!({
        "service": service,
        "version": file.version,
        "kind": file.kind,
        "source": source,
        "path": path,
        "used": file.is_used,
    })
}
