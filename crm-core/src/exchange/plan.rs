//! Plans: what a database needs before some files can be imported, and the imports in their order.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::csv::{ImportOptions, ImportProgress, ImportReport};
use super::definition::{field_from_json, object_from_json};
use crate::api::Session;
use crate::error::{Detail, Error, Result};
use crate::schema::FieldDef;

/// What a database needs before some files can be imported, and the imports in their order. As JSON:
///
/// ```json
/// {
///   "objects": [
///     {"name": "product", "plural": "products", "title": ["name"],
///      "fields": [{"name": "name", "ty": "text", "required": true, "unique": true}]}
///   ],
///   "fields": {"deal": [{"name": "product", "ty": "reference", "targets": ["product"], "indexed": true}]},
///   "imports": [
///     {"rows": [{"name": "Sales"}], "map": {"object": "pipeline", "mode": {"upsert": "name"}}},
///     {"file": "products.csv", "map": "products.json"}
///   ]
/// }
/// ```
///
/// A field has the members of [`FieldDef`]; `name` and `ty` are needed. An import reads a `file` or has its
/// `rows` in the plan; its mapping stands in the plan or in a file beside it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportPlan {
    /// Custom objects; those that are there stay as they are.
    pub objects: Vec<PlannedObject>,
    /// Custom fields, by object; those that are there stay as they are.
    pub fields: BTreeMap<String, Vec<Map<String, Json>>>,
    /// The imports in their order.
    pub imports: Vec<PlannedImport>,
}

/// A custom object of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedObject {
    /// The name, lower snake case, singular.
    pub name: String,
    /// What people call several.
    pub plural: String,
    /// The fields, in the form of [`FieldDef`].
    pub fields: Vec<Map<String, Json>>,
    /// The names of the fields that make the title of a record.
    pub title: Vec<String>,
}

/// An import of a plan.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedImport {
    /// The file, in the folder of the data.
    #[serde(default)]
    pub file: Option<String>,
    /// The rows, if there is no file.
    #[serde(default)]
    pub rows: Vec<BTreeMap<String, String>>,
    /// The mapping.
    pub map: ImportOptions,
}

impl ImportPlan {
    /// From its JSON file, with the mapping files beside it.
    ///
    /// # Errors
    /// `Io` for a file that cannot be read, `Invalid` for one that is not as it should be.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let wrong =
            |error: serde_json::Error| Error::invalid(path.display(), format!("the plan: {error}"));
        let mut plan: Json = serde_json::from_str(&read(path)?).map_err(wrong)?;
        let imports = plan.get_mut("imports").and_then(Json::as_array_mut);
        for import in imports.into_iter().flatten() {
            if let Some(map) = import.get_mut("map")
                && let Json::String(file) = map
            {
                let path = path.with_file_name(file);
                *map = serde_json::from_str(&read(&path)?).map_err(|error| {
                    Error::invalid(path.display(), format!("the mapping: {error}"))
                })?;
            }
        }
        serde_json::from_value(plan).map_err(wrong)
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &std::io::Error) -> Error {
    Detail::Io(format!("{}: {error}", path.display())).into()
}

impl Session {
    /// Makes the objects and fields of a plan and runs its imports, with the files of a folder. All imports
    /// are one operation, which the reports name. A cancelled import is the last one.
    ///
    /// # Errors
    /// As [`add_object`](Session::add_object), [`add_fields`](Session::add_fields) and
    /// [`import_csv`](Session::import_csv); `Io` for a file that cannot be read. What was done before stays.
    pub fn run_import_plan(
        &self,
        plan: &ImportPlan,
        folder: impl AsRef<Path>,
        progress: &mut dyn FnMut(ImportProgress) -> ControlFlow<()>,
    ) -> Result<Vec<ImportReport>> {
        for planned in &plan.objects {
            if self.catalog().object_named(&planned.name).is_err() {
                let json = serde_json::to_value(planned);
                let json =
                    json.map_err(|error| Error::invalid(&planned.name, error.to_string()))?;
                self.add_object(object_from_json(&json)?)?;
            }
        }
        for (object, fields) in &plan.fields {
            let catalog = self.catalog();
            let there = catalog.object_named(object)?;
            let fields: Vec<FieldDef> = fields
                .iter()
                .map(|field| field_from_json(&Json::Object(field.clone())))
                .collect::<Result<_>>()?;
            let new = fields
                .into_iter()
                .filter(|field| there.field_named(&field.name).is_err());
            let new: Vec<FieldDef> = new.collect();
            if !new.is_empty() {
                self.add_fields(object, new)?;
            }
        }
        let mut reports: Vec<ImportReport> = Vec::new();
        for import in &plan.imports {
            let mut options = import.map.clone();
            if options.operation.is_none() {
                options.operation = reports.first().map(|report| report.operation.clone());
            }
            let report = match &import.file {
                Some(file) => {
                    let path = folder.as_ref().join(file);
                    if options.name.is_empty() {
                        options.name.clone_from(file);
                    }
                    let data = fs::File::open(&path).map_err(|error| at(&path, &error))?;
                    self.import_csv(data, &options, progress)?
                }
                None => self.import_csv(&*csv_of(&import.rows)?, &options, progress)?,
            };
            let cancelled = report.cancelled;
            reports.push(report);
            if cancelled {
                break;
            }
        }
        Ok(reports)
    }
}

/// Rows of a plan as a file.
fn csv_of(rows: &[BTreeMap<String, String>]) -> Result<Vec<u8>> {
    let failed = |error: ::csv::Error| Error::from(Detail::Io(error.to_string()));
    let columns: std::collections::BTreeSet<&String> =
        rows.iter().flat_map(BTreeMap::keys).collect();
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    csv.write_record(&columns).map_err(failed)?;
    for row in rows {
        let cells = columns
            .iter()
            .map(|column| row.get(*column).map_or("", String::as_str));
        csv.write_record(cells).map_err(failed)?;
    }
    csv.into_inner()
        .map_err(|error| failed(error.into_error().into()))
}
