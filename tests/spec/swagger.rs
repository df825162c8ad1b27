//! Swagger files: found, read, and their references followed from file to file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use jsonschema::{Draft, Registry, Validator};
use serde_json::Value;
use url::Url;

use crate::operation::Operation;

/// What stands for the folder of the definitions in the addresses of files.
const ROOT: &str = "spec:///";

/// Every definition there is.
pub(crate) struct Swagger {
    /// The files by their addresses, every reference in them made absolute.
    files: BTreeMap<String, Value>,
    registry: Registry<'static>,
    pub(crate) operations: Vec<Operation>,
}

impl Swagger {
    /// Microsoft's definitions, or `None`, with a notice, where they are not at hand.
    pub(crate) fn of_azure() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/arm-spec/specification");
        if !folder.is_dir() {
            crate::skip::skipped("Microsoft's definitions are not beside the repository");
            return None;
        }
        let mut files = BTreeMap::new();
        for path in json_files(&folder) {
            let relative = path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
            let address = Url::parse(ROOT).unwrap().join(&relative).unwrap();
            let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            make_absolute(&mut document, &address);
            files.insert(address.to_string(), document);
        }
        let known = Registry::new().draft(Draft::Draft4).extend(files.clone()).unwrap();
        let mut swagger = Self { files, registry: known.prepare().unwrap(), operations: Vec::new() };
        swagger.operations = swagger.files.values().flat_map(|file| Operation::all(file, &swagger)).collect();
        Some(swagger)
    }

    /// What a value refers to, or the value itself.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else { return value };
        let (file, pointer) = reference.split_once('#').unwrap();
        let pointer = pointer.replace("%5B", "[").replace("%5D", "]");
        let target = self.files.get(file).and_then(|file| file.pointer(&pointer));
        self.resolve(target.unwrap_or_else(|| panic!("`{reference}` leads nowhere")))
    }

    /// What a schema says, in the dialect that Swagger's schemas are written in.
    pub(crate) fn validator(&self, schema: &Value) -> Validator {
        let options = jsonschema::options().with_draft(Draft::Draft4).with_registry(&self.registry);
        options.build(schema).unwrap()
    }
}

/// Every definition below a folder, without examples and what they are made of.
fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() && path.file_name().unwrap() != "examples" {
            found.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found
}

fn make_absolute(value: &mut Value, base: &Url) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                // Some names have brackets, which no address has.
                let written = base.join(reference).unwrap().to_string();
                *reference = written.replace('[', "%5B").replace(']', "%5D");
            }
            members.values_mut().for_each(|member| make_absolute(member, base));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| make_absolute(value, base)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
