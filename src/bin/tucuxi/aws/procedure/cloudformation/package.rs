//! `cloudformation package`

use std::fs;

use serde_json::Value;

use super::super::{PLAIN, Procedure, Task, required, switch, value};
use super::artifacts::Exporter;
use super::template::{parse_text, read_text};
use super::uploader::Uploader;
use super::{KMS_KEY_ID, S3_PREFIX};
use crate::failure::Failure;
use crate::output::json_text;
use crate::yaml::{Dialect, text_of};

pub(in super::super) const PACKAGE: Procedure = Procedure {
    service: "cloudformation",
    name: "package",
    about: "uploads the files and folders that a template names, and prints the template with their places in S3",
    notes: &[
        "Code, API definitions, nested templates and other artifacts may be paths of files or folders, relative to the template. Folders are zipped. Objects are named by the MD5 of their content, and uploaded if they are not there yet.",
    ],
    flags: &[
        required("template-file", "FILE", "the template, in YAML or JSON"),
        required("s3-bucket", "BUCKET", "the bucket of the objects"),
        S3_PREFIX,
        KMS_KEY_ID,
        value(
            "output-template-file",
            "FILE",
            "the file of the new template; by default it is printed",
        ),
        switch("use-json", "writes JSON instead of YAML"),
        switch("force-upload", "replaces objects that are there already"),
        value(
            "metadata",
            "NAME=VALUE,...",
            "the metadata of all objects, or a JSON object",
        ),
    ],
    run,
    ..PLAIN
};

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let shown = task.required("template-file").to_owned();
    let path = task.path(&shown);
    let text = read_text(&path, &shown)?;
    let metadata = match task.value("metadata") {
        None => None,
        Some(text) => Some(task.map("metadata", text)?),
    };
    let metadata = metadata.map(Value::Object);
    let uploader = Uploader::new(task, metadata);
    let folder = std::path::absolute(
        path.parent()
            .map(|folder| folder.join("."))
            .unwrap_or_default(),
    )?;
    let mut template = parse_text(&text, &shown)?;
    Exporter::new(&uploader, folder).export(&mut template)?;
    let text = match task.has("use-json") {
        true => json_text(&template.to_json()),
        false => text_of(&template, Dialect::CloudFormation),
    };
    let Some(out) = task.value("output-template-file").map(str::to_owned) else {
        return task.print(&format!("\n{text}"));
    };
    let path = task.path(&out);
    fs::write(&path, text).map_err(Failure::file(&out))?;
    let path = std::path::absolute(path)?;
    task.print(&format!(
        "\nSuccessfully packaged artifacts and wrote output template to file {out}.\n\
         Execute the following command to deploy the packaged template\n\
         aws cloudformation deploy --template-file {} --stack-name <YOUR STACK NAME>\n",
        path.display()
    ))
}
