//! Writes all mutants of a source file into the file itself, each behind a question whether it is the one that is on.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::list::{Genre, Mutant};

/// A source file with its mutants in it.
pub struct Woven {
    pub text: String,
    /// What is written for which mutants, in bytes of `text`: where the compiler complains, these are at fault.
    pub places: Vec<(Range<usize>, Vec<usize>)>,
    /// Mutants that cannot be chosen at run time.
    pub left_out: Vec<usize>,
}

impl Woven {
    /// The mutants that an error at `bytes` of the text is about.
    pub fn blamed(&self, bytes: &Range<usize>) -> &[usize] {
        let around = self
            .places
            .iter()
            .filter(|(place, _)| place.start <= bytes.start && bytes.end <= place.end);
        around
            .min_by_key(|(place, _)| place.len())
            .map_or(&[], |(_, mutants)| mutants)
    }
}

/// `text` with those of `mutants` that are not in `without`.
pub fn weave(text: &str, mutants: &[&Mutant], without: &HashSet<usize>) -> syn::Result<Woven> {
    let mut syntax = Syntax::default();
    syntax.visit_file(&syn::parse_file(text)?);
    let lines = Lines::of(text);
    let mut edits = Edits::default();
    let mut left_out = Vec::new();
    for mutant in mutants
        .iter()
        .filter(|mutant| !without.contains(&mutant.id))
    {
        if !edits.add(mutant, text, &lines.bytes(mutant), &syntax) {
            left_out.push(mutant.id);
        }
    }
    let mut writer = Writer {
        text,
        edits: edits.sorted(),
        next: 0,
        out: String::new(),
        places: Vec::new(),
    };
    writer.write(0..text.len());
    Ok(Woven {
        text: writer.out,
        places: writer.places,
        left_out,
    })
}

/// The condition under which a mutant is what runs.
fn on(id: usize) -> String {
    format!("crate::mutant::on({id})")
}

/// What of the syntax a mutant's own span does not tell.
#[derive(Default)]
struct Syntax {
    /// The whole expression of an operator, by the first byte of the operator.
    operations: HashMap<usize, Range<usize>>,
    /// The expression that a field is written in, by the first byte of the field.
    structs: HashMap<usize, Range<usize>>,
    /// The pattern of an arm and its guard, by the first byte of the arm.
    arms: HashMap<usize, (Range<usize>, Option<Range<usize>>)>,
}

impl<'ast> Visit<'ast> for Syntax {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if !has_let(&binary.left) && !has_let(&binary.right) {
            self.operations
                .insert(start(binary.op.span()), binary.span().byte_range());
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        self.operations
            .insert(start(unary.op.span()), unary.span().byte_range());
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_struct(&mut self, structure: &'ast syn::ExprStruct) {
        for field in &structure.fields {
            self.structs
                .insert(start(field.span()), structure.span().byte_range());
        }
        visit::visit_expr_struct(self, structure);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let guard = arm
            .guard
            .as_ref()
            .map(|(_, guard)| guard.span().byte_range());
        self.arms
            .insert(start(arm.span()), (arm.pat.span().byte_range(), guard));
        visit::visit_arm(self, arm);
    }
}

fn start(span: Span) -> usize {
    span.byte_range().start
}

/// Whether the condition introduces a name, so that it is part of an `if` and no expression of its own.
fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// Where each line begins.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let starts = [0]
            .into_iter()
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Lines { text, starts }
    }

    fn bytes(&self, mutant: &Mutant) -> Range<usize> {
        let byte = |line: usize, column: usize| {
            let from = self.starts[line - 1];
            let before = self.text[from..].chars().take(column - 1);
            from + before.map(char::len_utf8).sum::<usize>()
        };
        let (from, to) = (&mutant.span.start, &mutant.span.end);
        byte(from.line, from.column)..byte(to.line, to.column)
    }
}

/// What is to be written: at a place without length something more, at others one of several forms.
#[derive(Default)]
struct Edits {
    forms: HashMap<(usize, usize), Vec<(usize, String)>>,
    /// By place; text, and for which mutant.
    inserts: Vec<(usize, usize, String)>,
}

enum Edit {
    Insert {
        at: usize,
        mutant: usize,
        text: String,
    },
    Choose {
        range: Range<usize>,
        forms: Vec<(usize, String)>,
    },
}

impl Edit {
    fn range(&self) -> Range<usize> {
        match self {
            Edit::Insert { at, .. } => *at..*at,
            Edit::Choose { range, .. } => range.clone(),
        }
    }
}

impl Edits {
    /// Whether there is a way to choose this mutant at run time.
    fn add(&mut self, mutant: &Mutant, text: &str, bytes: &Range<usize>, syntax: &Syntax) -> bool {
        let id = mutant.id;
        let on = on(id);
        match mutant.genre {
            // A function can return one type only, and with `impl` it is not named.
            Genre::FnValue if mutant.returns.contains("impl ") => return false,
            Genre::FnValue => {
                let instead = format!("if {on} {{ return {}; }} ", mutant.replacement);
                self.inserts.push((bytes.start, id, instead));
            }
            Genre::BinaryOperator | Genre::UnaryOperator | Genre::StructField => {
                let of = if mutant.genre == Genre::StructField {
                    &syntax.structs
                } else {
                    &syntax.operations
                };
                let Some(whole) = of.get(&bytes.start) else {
                    return false;
                };
                let form = [
                    &text[whole.start..bytes.start],
                    &mutant.replacement,
                    &text[bytes.end..whole.end],
                ]
                .concat();
                self.forms
                    .entry((whole.start, whole.end))
                    .or_default()
                    .push((id, form));
            }
            Genre::MatchArm => match syntax.arms.get(&bytes.start) {
                Some((pattern, None)) => self.inserts.push((pattern.end, id, format!(" if !{on}"))),
                Some((_, Some(guard))) => self.around(guard, id, &format!("!{on} && (")),
                None => return false,
            },
            Genre::MatchArmGuard => {
                let or_and = if mutant.replacement == "true" {
                    format!("{on} || (")
                } else {
                    format!("!{on} && (")
                };
                self.around(bytes, id, &or_and);
            }
            Genre::Other => return false,
        }
        true
    }

    fn around(&mut self, range: &Range<usize>, mutant: usize, before: &str) {
        self.inserts.push((range.start, mutant, before.to_string()));
        self.inserts.push((range.end, mutant, ")".to_string()));
    }

    /// From left to right, what is around before what is within, and what is more before what is instead.
    fn sorted(self) -> Vec<Edit> {
        let forms = self
            .forms
            .into_iter()
            .map(|((from, to), forms)| Edit::Choose {
                range: from..to,
                forms,
            });
        let inserts = self
            .inserts
            .into_iter()
            .map(|(at, mutant, text)| Edit::Insert { at, mutant, text });
        let mut edits: Vec<Edit> = inserts.chain(forms).collect();
        edits.sort_by_key(|edit| {
            let range = edit.range();
            (range.start, !range.is_empty(), usize::MAX - range.end)
        });
        edits
    }
}

struct Writer<'t> {
    text: &'t str,
    edits: Vec<Edit>,
    next: usize,
    out: String,
    places: Vec<(Range<usize>, Vec<usize>)>,
}

impl Writer<'_> {
    fn write(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while let Some(edit) = self
            .edits
            .get(self.next)
            .filter(|edit| edit.range().start < range.end)
        {
            let (here, first) = (edit.range(), self.out.len() + edit.range().start - at);
            self.out.push_str(&self.text[at..here.start]);
            at = here.end;
            let mutants = match edit {
                Edit::Insert { mutant, text, .. } => {
                    self.out.push_str(text);
                    self.next += 1;
                    vec![*mutant]
                }
                Edit::Choose { forms, .. } => {
                    let forms = forms.clone();
                    self.next += 1;
                    self.choose(&forms, here);
                    forms.into_iter().map(|(id, _)| id).collect()
                }
            };
            self.places.push((first..self.out.len(), mutants));
        }
        self.out.push_str(&self.text[at..range.end]);
    }

    fn choose(&mut self, forms: &[(usize, String)], original: Range<usize>) {
        self.out.push('(');
        for (id, form) in forms {
            let first = self.out.len();
            self.out
                .push_str(&format!("if {} {{ {form} }} else ", on(*id)));
            self.places.push((first..self.out.len(), vec![*id]));
        }
        self.out.push_str("{ ");
        self.write(original);
        self.out.push_str(" })");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{Position, Span};

    /// `text` with the mutant that puts `replacement` in the place of `what`.
    fn woven(text: &str, genre: Genre, what: &str, replacement: &str) -> Option<String> {
        let from = text.find(what)?;
        let position = |at: usize| {
            let line = text[..at].matches('\n').count() + 1;
            let column = text[..at]
                .lines()
                .last()
                .map_or(0, |line| line.chars().count())
                + 1;
            Position { line, column }
        };
        let span = Span {
            start: position(from),
            end: position(from + what.len()),
        };
        let mutant = Mutant {
            id: 7,
            file: "a.rs".into(),
            genre,
            span,
            replacement: replacement.to_string(),
            name: String::new(),
            returns: "-> bool".to_string(),
        };
        let woven = weave(text, &[&mutant], &HashSet::new()).ok()?;
        woven.left_out.is_empty().then_some(woven.text)
    }

    #[test]
    fn each_kind_of_mutant_is_a_choice_at_run_time() {
        use Genre::*;
        const ON: &str = "crate::mutant::on(7)";
        let arm = "fn f(c: C) -> u8 { match c { C::A if d => 1, C::B => 2, _ => 3 } }";
        for (text, genre, what, replacement, expected) in [
            (
                "fn f() -> bool { g() }",
                FnValue,
                "g()",
                "true",
                "fn f() -> bool { if ON { return true; } g() }",
            ),
            (
                "fn f() { é(a + b * 2 == c) }",
                BinaryOperator,
                "+",
                "-",
                "fn f() { é((if ON { a - b * 2 } else { a + b * 2 }) == c) }",
            ),
            (
                "fn f() { g(!a && b) }",
                UnaryOperator,
                "!",
                "",
                "fn f() { g((if ON { a } else { !a }) && b) }",
            ),
            (
                "fn f() { S { a: 1, ..s } }",
                StructField,
                "a: 1,",
                "",
                "fn f() { (if ON { S {  ..s } } else { S { a: 1, ..s } }) }",
            ),
            (
                arm,
                MatchArm,
                "C::B => 2,",
                "",
                "fn f(c: C) -> u8 { match c { C::A if d => 1, C::B if !ON => 2, _ => 3 } }",
            ),
            (
                arm,
                MatchArm,
                "C::A if d => 1,",
                "",
                "fn f(c: C) -> u8 { match c { C::A if !ON && (d) => 1, C::B => 2, _ => 3 } }",
            ),
            (
                arm,
                MatchArmGuard,
                "d",
                "true",
                "fn f(c: C) -> u8 { match c { C::A if ON || (d) => 1, C::B => 2, _ => 3 } }",
            ),
        ] {
            assert_eq!(
                woven(text, genre, what, replacement),
                Some(expected.replace("ON", ON)),
                "{what}"
            );
        }
        let chain = "fn f() { if let Some(a) = b && c {} }";
        assert_eq!(woven(chain, BinaryOperator, "&&", "||"), None);
    }

    #[test]
    fn mutants_of_one_expression_share_its_original() {
        let text = "fn f() { g(a + b + c) }";
        let operator = |id, column| Mutant {
            id,
            file: "a.rs".into(),
            genre: Genre::BinaryOperator,
            span: Span {
                start: Position { line: 1, column },
                end: Position {
                    line: 1,
                    column: column + 1,
                },
            },
            replacement: "-".to_string(),
            name: String::new(),
            returns: String::new(),
        };
        let (inner, outer) = (operator(1, 14), operator(2, 18));
        let woven = weave(text, &[&inner, &outer], &HashSet::new()).ok();
        let text = woven.as_ref().map(|woven| woven.text.as_str());
        let inner = "(if crate::mutant::on(1) { a - b } else { a + b })";
        let expected = format!(
            "fn f() {{ g((if crate::mutant::on(2) {{ a + b - c }} else {{ {inner} + c }})) }}"
        );
        assert_eq!(text, Some(expected.as_str()));
        // An error within the text of a mutant is its fault, one around it that of all who share the place.
        let at = |what: &str| expected.find(what).map_or(0..0, |at| at..at + 1);
        let blamed = |what| woven.as_ref().map(|woven| woven.blamed(&at(what)).to_vec());
        assert_eq!(blamed("a - b"), Some(vec![1]));
        assert_eq!(blamed("+ c }"), Some(vec![2]));
        assert_eq!(blamed("fn f"), Some(vec![]));
    }
}
