//! Text to syntax tree. The only file that knows the `cel` crate; everything behind it sees [`Syntax`].

use std::sync::Arc;

use cel::common::ast::{Expr as Ast, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::PrattParser;
use cel::parser::pratt_parser::{Lexer, Token, TokenKind};
use rust_decimal::Decimal;

use super::slip;
use super::tree::{Arithmetic, Comparison};
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::value::normalise;

/// A node of the syntax tree and the byte offset of the token that stands for it.
#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Decimal(Decimal),
    Text(String),
    Name(String),
    Select(Box<Syntax>, String),
    List(Vec<Syntax>),
    /// `&&` over all of them.
    And(Vec<Syntax>),
    /// `||` over all of them.
    Or(Vec<Syntax>),
    Not(Box<Syntax>),
    Negate(Box<Syntax>),
    If(Box<[Syntax; 3]>),
    Binary(Operator, Box<[Syntax; 2]>),
    /// `name(args)` or `receiver.name(args)`, macros included: the receiver is the first argument.
    Call {
        name: String,
        args: Vec<Syntax>,
    },
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operator {
    Compare(Comparison),
    Arithmetic(Arithmetic),
    In,
    Index,
}

impl Operator {
    /// By the name that the `cel` crate gives it.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            operators::EQUALS => Operator::Compare(Comparison::Eq),
            operators::NOT_EQUALS => Operator::Compare(Comparison::Ne),
            operators::LESS => Operator::Compare(Comparison::Lt),
            operators::LESS_EQUALS => Operator::Compare(Comparison::Le),
            operators::GREATER => Operator::Compare(Comparison::Gt),
            operators::GREATER_EQUALS => Operator::Compare(Comparison::Ge),
            operators::ADD => Operator::Arithmetic(Arithmetic::Add),
            operators::SUBSTRACT => Operator::Arithmetic(Arithmetic::Subtract),
            operators::MULTIPLY => Operator::Arithmetic(Arithmetic::Multiply),
            operators::DIVIDE => Operator::Arithmetic(Arithmetic::Divide),
            operators::MODULO => Operator::Arithmetic(Arithmetic::Modulo),
            operators::IN => Operator::In,
            operators::INDEX => Operator::Index,
            _ => return None,
        })
    }
}

/// An [`Detail::Expression`] at a byte offset of the text.
pub(super) fn fault(text: &str, at: usize, reason: impl Into<String>) -> Error {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    Detail::Expression {
        text: text.to_owned(),
        line: before.matches('\n').count() as u32 + 1,
        column: line.chars().count() as u32 + 1,
        reason: reason.into(),
    }
    .into()
}

pub(super) fn parse(text: &str) -> Result<Syntax> {
    let chars = text.chars().count();
    if chars > limits::EXPRESSION_CHARS_MAX {
        return Err(limit(
            "characters of an expression",
            limits::EXPRESSION_CHARS_MAX as u64,
            chars as u64,
        ));
    }
    let prepared = prepare(text)?;
    let parser = PrattParser::new()
        .max_recursion_depth(limits::EXPRESSION_DEPTH_MAX)
        .enable_variadic_operator_asts(true);
    let tree = parser.clone().parse(&prepared).map_err(|errors| {
        let first = errors.errors.into_iter().next();
        let (position, message) = first.map_or(((1, 1), String::new()), |e| (e.pos, e.msg));
        let reason = message.strip_prefix("Syntax error: ").unwrap_or(&message);
        unparsed(text, offset_of(text, position), reason)
    })?;
    // The parser hands out its table of positions only together with an error. Numbers are given to nodes
    // in the order of parsing, so the same text with a bracket too many at its end has the same table.
    let positions = parser
        .parse(&format!("{prepared}\n)"))
        .err()
        .and_then(|errors| errors.errors.into_iter().find_map(|e| e.source_info));
    Conversion { text, positions }.node(tree)
}

pub(super) fn limit(what: &'static str, max: u64, actual: u64) -> Error {
    Detail::Limit { what, max, actual }.into()
}

/// The fault where the parser stopped, with the right form of what is written as in another language.
fn unparsed(text: &str, at: usize, reason: &str) -> Error {
    let mut words = Vec::new();
    let mut lexer = Lexer::new(text);
    loop {
        let token = lexer.lex();
        match token.kind {
            TokenKind::TokEnd | TokenKind::TokError => break,
            TokenKind::TokWhitespace | TokenKind::TokComment => {}
            _ => words.push((
                token.start,
                text.get(token.start..token.end).unwrap_or_default(),
            )),
        }
    }
    let stopped = words.partition_point(|(start, _)| *start < at);
    if let Some((at, form)) = slip::right_form(&words, stopped) {
        return fault(text, at, form);
    }
    match words.get(stopped) {
        None if reason.starts_with("mismatched input") => {
            fault(text, at, "the expression ends where a value is missing")
        }
        Some((_, word)) if reason.ends_with("expecting <EOF>") => {
            let word: String = word.chars().take(40).collect();
            let what =
                format!("`{word}` does not belong here; conditions are joined by `&&` or `||`");
            fault(text, at, what)
        }
        _ => fault(text, at, reason),
    }
}

/// The byte offset of the parser's (line, column in bytes), both from 1.
fn offset_of(text: &str, (line, column): (isize, isize)) -> usize {
    let lines = text
        .split_inclusive('\n')
        .take(usize::try_from(line - 1).unwrap_or(0));
    let start: usize = lines.map(str::len).sum();
    start + usize::try_from(column - 1).unwrap_or(0)
}

/// Reads the tokens once before the parser does, to refuse what the parser would overflow the stack on, and
/// to give the macros a capital letter (`has` → `Has`). The parser would otherwise expand them into loops
/// over an accumulator, whose meaning would have to be recognised again, and would refuse `has` of a plain
/// name. Lengths stay the same, and with them all positions.
fn prepare(text: &str) -> Result<String> {
    let mut prepared = text.to_owned();
    let mut depth = Depth::default();
    let mut lexer = Lexer::new(text);
    let mut before = TokenKind::TokEnd;
    let mut name: Option<(Token, TokenKind)> = None;
    loop {
        let token = lexer.lex();
        match token.kind {
            TokenKind::TokWhitespace | TokenKind::TokComment => continue,
            TokenKind::TokEnd => return Ok(prepared),
            TokenKind::TokError => {
                let reason = lexer.get_error().map_or("", |error| error.message.as_str());
                let rest = text.get(token.start..).unwrap_or_default();
                return Err(match (reason, rest.chars().next()) {
                    ("unexpected character", Some(character)) => {
                        let what = format!("`{character}` is no part of an expression");
                        fault(text, token.start, what)
                    }
                    _ => fault(text, token.start, reason),
                });
            }
            TokenKind::TokLeftParen => {
                if let Some((token, before)) = name {
                    capitalise_macro(text, &mut prepared, token, before == TokenKind::TokDot)?;
                }
            }
            _ => {}
        }
        depth.count(token.kind)?;
        name = (token.kind == TokenKind::TokIdent).then_some((token, before));
        before = token.kind;
    }
}

fn capitalise_macro(text: &str, prepared: &mut String, token: Token, method: bool) -> Result<()> {
    let name = text.get(token.start..token.end).unwrap_or_default();
    let Some(first) = name.get(..1) else {
        return Ok(());
    };
    if first.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Err(fault(
            text,
            token.start,
            format!("there is no function `{name}`"),
        ));
    }
    let is_macro = if method {
        matches!(
            name,
            "exists" | "all" | "exists_one" | "existsOne" | "map" | "filter"
        )
    } else {
        name == "has"
    };
    if is_macro {
        prepared.replace_range(token.start..=token.start, &first.to_ascii_uppercase());
    }
    Ok(())
}

/// An upper bound of the depth of the tree that the tokens so far can make. The parser's own bound counts
/// brackets only, while `a + a + …`, `a.b.c…` and `a ? b : c ? d : …` nest without any.
#[derive(Default)]
struct Depth {
    total: usize,
    current: Level,
    outer: Vec<Level>,
}

/// What nests inside one pair of brackets: conditionals, and operators between two separators.
#[derive(Default)]
struct Level {
    conditionals: usize,
    chain: usize,
}

impl Depth {
    fn count(&mut self, kind: TokenKind) -> Result<()> {
        use TokenKind as T;
        match kind {
            T::TokLeftParen | T::TokLeftBracket | T::TokLeftBrace => {
                self.add_to_chain();
                self.outer.push(std::mem::take(&mut self.current));
            }
            T::TokRightParen | T::TokRightBracket | T::TokRightBrace => {
                self.total -= self.current.conditionals + self.current.chain;
                self.current = self.outer.pop().unwrap_or_default();
            }
            T::TokComma => {
                self.total -= self.current.conditionals + self.current.chain;
                self.current = Level::default();
            }
            T::TokLogicalAnd | T::TokLogicalOr | T::TokColon => self.end_chain(),
            T::TokQuestion => {
                self.end_chain();
                self.current.conditionals += 1;
                self.total += 1;
            }
            T::TokDot
            | T::TokExclamation
            | T::TokMinus
            | T::TokPlus
            | T::TokAsterisk
            | T::TokSlash
            | T::TokPercent
            | T::TokIn
            | T::TokEqualEqual
            | T::TokExclamationEqual
            | T::TokLess
            | T::TokLessEqual
            | T::TokGreater
            | T::TokGreaterEqual => self.add_to_chain(),
            _ => {}
        }
        let max = usize::from(limits::EXPRESSION_DEPTH_MAX);
        if self.total > max {
            return Err(limit(
                "depth of an expression",
                max as u64,
                self.total as u64,
            ));
        }
        Ok(())
    }

    fn add_to_chain(&mut self) {
        self.current.chain += 1;
        self.total += 1;
    }

    fn end_chain(&mut self) {
        self.total -= self.current.chain;
        self.current.chain = 0;
    }
}

/// `null`, `true` and `false` under the names that other languages have for them. No field is called so: the names of
/// fields have small letters.
fn constant_of_others(name: &str) -> Option<&'static str> {
    match name {
        "NULL" | "Null" | "None" => Some("null"),
        "TRUE" | "True" => Some("true"),
        "FALSE" | "False" => Some("false"),
        _ => None,
    }
}

struct Conversion<'a> {
    text: &'a str,
    positions: Option<Arc<SourceInfo>>,
}

impl Conversion<'_> {
    fn node(&self, tree: IdedExpr) -> Result<Syntax> {
        let at = self
            .positions
            .as_ref()
            .and_then(|positions| positions.offset_for(tree.id))
            .map_or(0, |(start, _)| start as usize);
        let (at, kind) = match tree.expr {
            Ast::Literal(literal) => (at, self.literal(at, literal)?),
            Ast::Ident(name) => {
                let name = name.trim_start_matches('.');
                if let Some(word) = constant_of_others(name) {
                    return Err(fault(
                        self.text,
                        at,
                        format!("`{name}` is written `{word}`"),
                    ));
                }
                (at, Kind::Name(name.to_owned()))
            }
            Ast::Select(select) => {
                let at = self.after_dot(at, &select.field);
                let operand = Box::new(self.node(*select.operand)?);
                (at, Kind::Select(operand, select.field))
            }
            Ast::List(list) => (at, Kind::List(self.nodes(list.elements)?)),
            Ast::Call(call) => match call.target {
                Some(receiver) => {
                    let mut args = vec![self.node(*receiver)?];
                    args.extend(self.nodes(call.args)?);
                    let at = self.before_bracket(at, &call.func_name);
                    let name = call.func_name;
                    (at, Kind::Call { name, args })
                }
                None => (at, self.operator(at, call.func_name, call.args)?),
            },
            Ast::Map(_) | Ast::Struct(_) => {
                return Err(fault(self.text, at, "there are no maps, only lists"));
            }
            Ast::Comprehension(_) | Ast::Unspecified => {
                return Err(fault(self.text, at, "this is not understood"));
            }
        };
        Ok(Syntax { at, kind })
    }

    fn nodes(&self, trees: Vec<IdedExpr>) -> Result<Vec<Syntax>> {
        trees.into_iter().map(|tree| self.node(tree)).collect()
    }

    fn operator(&self, at: usize, name: String, args: Vec<IdedExpr>) -> Result<Kind> {
        let args = self.nodes(args)?;
        let missing = |_| fault(self.text, at, "an operand is missing");
        Ok(match name.as_str() {
            operators::LOGICAL_AND => Kind::And(args),
            operators::LOGICAL_OR => Kind::Or(args),
            operators::CONDITIONAL => Kind::If(Box::new(args.try_into().map_err(missing)?)),
            operators::LOGICAL_NOT | operators::NEGATE => {
                let [operand] = args.try_into().map_err(missing)?;
                if name == operators::NEGATE {
                    Kind::Negate(Box::new(operand))
                } else {
                    Kind::Not(Box::new(operand))
                }
            }
            _ => match Operator::named(&name) {
                Some(operator) => {
                    Kind::Binary(operator, Box::new(args.try_into().map_err(missing)?))
                }
                None => Kind::Call { name, args },
            },
        })
    }

    fn literal(&self, at: usize, literal: LiteralValue) -> Result<Kind> {
        Ok(match literal {
            LiteralValue::Null => Kind::Null,
            LiteralValue::Boolean(value) => Kind::Bool(value.into_inner()),
            LiteralValue::Int(value) => Kind::Int(value.into_inner()),
            LiteralValue::UInt(value) => Kind::Int(
                i64::try_from(value.into_inner())
                    .map_err(|_| fault(self.text, at, "the number is too large"))?,
            ),
            LiteralValue::Double(value) => {
                Kind::Decimal(self.decimal(at, value.is_sign_negative())?)
            }
            LiteralValue::String(value) => {
                Kind::Text(normalise::text(&value.into_inner()).into_owned())
            }
            LiteralValue::Bytes(_) => {
                return Err(fault(self.text, at, "there are no byte strings"));
            }
        })
    }

    /// The number as it is written, where the parser's binary floating point would round it.
    fn decimal(&self, at: usize, negative: bool) -> Result<Decimal> {
        let rest = self.text.get(at..).unwrap_or_default();
        let mut lexer = Lexer::new(rest);
        let written = loop {
            let token = lexer.lex();
            match token.kind {
                TokenKind::TokFloat => break rest.get(token.start..token.end).unwrap_or_default(),
                TokenKind::TokMinus | TokenKind::TokWhitespace | TokenKind::TokComment => {}
                _ => break "",
            }
        };
        let number = if written.contains(['e', 'E']) {
            Decimal::from_scientific(written)
        } else {
            Decimal::from_str_exact(written)
        };
        match number {
            Ok(number) if negative => Ok(-number),
            Ok(number) => Ok(number),
            Err(_) => Err(fault(
                self.text,
                at,
                "a number has up to 28 digits, those after the point included",
            )),
        }
    }

    /// The offset of a selected name, of which the parser gives that of the dot before it.
    fn after_dot(&self, dot: usize, name: &str) -> usize {
        let rest = self.text.get(dot..).unwrap_or_default();
        rest.find(name).map_or(dot, |start| dot + start)
    }

    /// The offset of a method's name, of which the parser gives that of the bracket after it.
    fn before_bracket(&self, bracket: usize, name: &str) -> usize {
        let before = self.text.get(..bracket).unwrap_or_default().trim_end();
        before.len().saturating_sub(name.len())
    }
}
