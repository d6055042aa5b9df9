//! The mutants, as cargo-mutants finds them.

use std::path::PathBuf;

use serde::Deserialize;

use crate::Failed;

/// A change of the source that some test should notice.
pub struct Mutant {
    pub id: usize,
    pub file: PathBuf,
    pub genre: Genre,
    pub span: Span,
    pub replacement: String,
    /// What cargo-mutants calls it: place and change.
    pub name: String,
    /// What the function returns that it is in, with the arrow.
    pub returns: String,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
    #[serde(other)]
    Other,
}

/// What the change takes the place of; lines and columns count from one.
#[derive(Deserialize)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

#[derive(Deserialize)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

#[derive(Deserialize)]
struct Listed {
    file: PathBuf,
    genre: Genre,
    span: Span,
    replacement: String,
    name: String,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    return_type: String,
}

impl Mutant {
    /// The folder of the source that it is in.
    pub fn folder(&self) -> &str {
        let folder = self
            .file
            .components()
            .nth(2)
            .and_then(|folder| folder.as_os_str().to_str());
        folder.unwrap_or_default().trim_end_matches(".rs")
    }
}

/// Reads what `cargo mutants --list --json` prints.
pub fn read(json: &[u8]) -> Result<Vec<Mutant>, Failed> {
    let listed: Vec<Listed> = serde_json::from_slice(json)?;
    let number = |(id, listed): (usize, Listed)| {
        let Listed {
            file,
            genre,
            span,
            replacement,
            name,
            function,
        } = listed;
        let returns = function.map_or(String::new(), |function| function.return_type);
        Mutant {
            id,
            file,
            genre,
            span,
            replacement,
            name,
            returns,
        }
    };
    Ok(listed.into_iter().enumerate().map(number).collect())
}
