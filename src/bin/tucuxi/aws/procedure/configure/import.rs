//! `configure import`

use tucuxi::config::FileEdit;

use super::super::{required, switch, value};
use super::{COMMON, Place, Procedure, Task};
use crate::failure::Failure;

pub(in super::super) const IMPORT: Procedure = Procedure {
    name: "import",
    about: "imports the CSV file of keys that the console offers",
    notes: &[
        "Each user becomes a profile of this name in ~/.aws/credentials. The file needs the columns \"User name\", \"Access key ID\" and \"Secret access key\".",
    ],
    flags: &[
        required("csv", "TEXT", "the CSV text, or file:// and the file"),
        value(
            "profile-prefix",
            "TEXT",
            "the start of the names of all profiles",
        ),
        switch(
            "skip-invalid",
            "skips rows without a name or keys instead of failing",
        ),
    ],
    run,
    ..COMMON
};

const COLUMNS: [&str; 3] = ["User Name", "Access Key ID", "Secret Access Key"];

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    let rows = rows(task.required("csv"), task.has("skip-invalid"))
        .map_err(|what| Failure::Other(format!("--csv: {what}").into()))?;
    let prefix = task.value("profile-prefix").unwrap_or_default();
    let mut edit = FileEdit::credentials();
    for [name, id, secret] in &rows {
        let profile = edit.profile(&format!("{prefix}{name}"));
        edit = profile
            .set("aws_access_key_id", id)
            .set("aws_secret_access_key", secret);
    }
    if !rows.is_empty() {
        place.save_credentials(&edit)?;
    }
    task.print(&format!(
        "Successfully imported {} profile(s)\n",
        rows.len()
    ))
}

/// Reads names and keys. The errors show no cell, which may be a secret.
fn rows(text: &str, skip_invalid: bool) -> Result<Vec<[&str; 3]>, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err("there is nothing in it".into());
    }
    let mut lines = text.lines();
    let titles: Vec<String> = cells(lines.next().unwrap_or_default())
        .map(str::to_lowercase)
        .collect();
    let mut places = [0; COLUMNS.len()];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let found = titles
            .iter()
            .position(|title| *title == column.to_lowercase());
        *place = found.ok_or_else(|| format!("the column {column:?} is missing"))?;
    }
    let mut rows = Vec::new();
    for (at, line) in lines.enumerate() {
        let cells: Vec<&str> = cells(line).collect();
        let row = places.map(|place| cells.get(place).copied().unwrap_or_default());
        match row.iter().position(|cell| cell.is_empty()) {
            None => rows.push(row),
            Some(_) if skip_invalid => {}
            Some(column) => {
                let column = COLUMNS[column];
                return Err(format!(
                    "row {} has no {column:?}; --skip-invalid skips such rows",
                    at + 1
                ));
            }
        }
    }
    Ok(rows)
}

/// The cells of a line. None contains a comma.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_titles() {
        let text = "\u{feff}x,user name , ACCESS KEY ID,secret access key\r\n,ann,A,s\r\n,bob,,t\n";
        assert_eq!(rows(text, true).unwrap(), [["ann", "A", "s"]]);
        for (text, expected) in [
            (text, "row 2 has no \"Access Key ID\""),
            ("a,b\n", "the column \"User Name\" is missing"),
            (" \n", "there is nothing in it"),
        ] {
            let error = rows(text, false).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
