//! Functions and macros: which there are, and what they take and give.

use std::sync::Arc;

use super::compile::{Compiler, Typed, common_field};
use super::functions::{Function, Unit};
use super::pattern::Pattern;
use super::syntax::{Kind, Syntax, limit};
use super::tree::{Loop, LoopKind, Node};
use super::types::Type;
use crate::error::{Error, Result, excerpt, nearest};
use crate::limits;
use crate::value::{Currency, Value, Zone, fold};

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Any,
    Text,
    Int,
    /// A whole number or a decimal, which is made of it.
    Number,
    Money,
    Date,
    PartialDate,
    Instant,
    Duration,
    Parts,
    List,
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    Bool,
    Int,
    Number,
    Money,
    Text,
    Texts,
    Date,
    Instant,
    Duration,
}

/// Every function of fixed types, one line for each form; the first that fits is taken.
#[rustfmt::skip]
const FUNCTIONS: &[(&str, &[Takes], Gives, Function)] = {
    use Function as F;
    use Gives as G;
    use Takes as T;
    &[
        ("contains", &[T::Text, T::Text], G::Bool, F::Contains),
        ("startsWith", &[T::Text, T::Text], G::Bool, F::StartsWith),
        ("endsWith", &[T::Text, T::Text], G::Bool, F::EndsWith),
        ("like", &[T::Text, T::Text], G::Bool, F::Like),
        ("like", &[T::Parts, T::Text], G::Bool, F::Like),
        ("lower", &[T::Text], G::Text, F::Lower),
        ("upper", &[T::Text], G::Text, F::Upper),
        ("trim", &[T::Text], G::Text, F::Trim),
        ("replace", &[T::Text, T::Text, T::Text], G::Text, F::Replace),
        ("split", &[T::Text, T::Text], G::Texts, F::Split),
        ("size", &[T::Text], G::Int, F::Size),
        ("size", &[T::List], G::Int, F::Size),
        ("string", &[T::Any], G::Text, F::ToText),
        ("abs", &[T::Int], G::Int, F::Abs),
        ("abs", &[T::Number], G::Number, F::Abs),
        ("abs", &[T::Money], G::Money, F::Abs),
        ("abs", &[T::Duration], G::Duration, F::Abs),
        ("round", &[T::Number], G::Number, F::Round),
        ("round", &[T::Number, T::Int], G::Number, F::Round),
        ("round", &[T::Money], G::Money, F::Round),
        ("round", &[T::Money, T::Int], G::Money, F::Round),
        ("int", &[T::Number], G::Int, F::ToInt),
        ("int", &[T::Text], G::Int, F::ToInt),
        ("decimal", &[T::Number], G::Number, F::ToDecimal),
        ("decimal", &[T::Text], G::Number, F::ToDecimal),
        ("double", &[T::Number], G::Number, F::ToDecimal),
        ("double", &[T::Text], G::Number, F::ToDecimal),
        ("money", &[T::Number, T::Text], G::Money, F::ToMoney),
        ("date", &[T::Text], G::Date, F::ToDate),
        ("date", &[T::Date], G::Date, F::ToDate),
        ("date", &[T::PartialDate], G::Date, F::ToDate),
        ("date", &[T::Instant], G::Date, F::DayOf),
        ("timestamp", &[T::Text], G::Instant, F::ToInstant),
        ("timestamp", &[T::Date], G::Instant, F::StartOfDay),
        ("year", &[T::Date], G::Int, F::Year),
        ("year", &[T::PartialDate], G::Int, F::Year),
        ("month", &[T::Date], G::Int, F::Month),
        ("month", &[T::PartialDate], G::Int, F::Month),
        ("day", &[T::Date], G::Int, F::Day),
        ("day", &[T::PartialDate], G::Int, F::Day),
        ("weekday", &[T::Date], G::Int, F::Weekday),
        ("duration", &[T::Text], G::Duration, F::ToDuration),
        ("days", &[T::Int], G::Duration, F::Days),
        ("hours", &[T::Int], G::Duration, F::Hours),
        ("minutes", &[T::Int], G::Duration, F::Minutes),
        ("getFullYear", &[T::Instant, T::Text], G::Int, F::Get(Unit::FullYear)),
        ("getMonth", &[T::Instant, T::Text], G::Int, F::Get(Unit::Month)),
        ("getDate", &[T::Instant, T::Text], G::Int, F::Get(Unit::Date)),
        ("getDayOfMonth", &[T::Instant, T::Text], G::Int, F::Get(Unit::DayOfMonth)),
        ("getDayOfWeek", &[T::Instant, T::Text], G::Int, F::Get(Unit::DayOfWeek)),
        ("getDayOfYear", &[T::Instant, T::Text], G::Int, F::Get(Unit::DayOfYear)),
        ("getHours", &[T::Instant, T::Text], G::Int, F::Get(Unit::Hours)),
        ("getMinutes", &[T::Instant, T::Text], G::Int, F::Get(Unit::Minutes)),
        ("getSeconds", &[T::Instant, T::Text], G::Int, F::Get(Unit::Seconds)),
        ("getMilliseconds", &[T::Instant, T::Text], G::Int, F::Get(Unit::Milliseconds)),
        ("getHours", &[T::Duration], G::Int, F::Get(Unit::Hours)),
        ("getMinutes", &[T::Duration], G::Int, F::Get(Unit::Minutes)),
        ("getSeconds", &[T::Duration], G::Int, F::Get(Unit::Seconds)),
        ("getMilliseconds", &[T::Duration], G::Int, F::Get(Unit::Milliseconds)),
    ]
};

/// Those that are checked by code of their own; the macros as the parser knows them.
const SPECIAL: [&str; 10] = [
    "has", "changed", "matches", "coalesce", "min", "max", "exists", "all", "filter", "map",
];

impl Takes {
    fn accepts(self, ty: &Type) -> bool {
        match self {
            _ if *ty == Type::Null => true,
            Takes::Any => !matches!(ty, Type::List(_)),
            Takes::Text => *ty == Type::Text,
            Takes::Int => *ty == Type::Int,
            Takes::Number => ty.is_number(),
            Takes::Money => *ty == Type::Money,
            Takes::Date => *ty == Type::Date,
            Takes::PartialDate => *ty == Type::PartialDate,
            Takes::Instant => *ty == Type::DateTime,
            Takes::Duration => *ty == Type::Duration,
            Takes::Parts => *ty == Type::Parts,
            Takes::List => matches!(ty, Type::List(_)),
        }
    }
}

impl Gives {
    fn ty(self) -> Type {
        match self {
            Gives::Bool => Type::Bool,
            Gives::Int => Type::Int,
            Gives::Number => Type::Decimal,
            Gives::Money => Type::Money,
            Gives::Text => Type::Text,
            Gives::Texts => Type::List(Box::new(Type::Text)),
            Gives::Date => Type::Date,
            Gives::Instant => Type::DateTime,
            Gives::Duration => Type::Duration,
        }
    }
}

impl<'c> Compiler<'c> {
    pub(super) fn call(&mut self, at: usize, name: &str, args: &[Syntax]) -> Result<Typed<'c>> {
        match (name, args) {
            ("Has", [arg]) => {
                let arg = self.expression(arg)?.node;
                let node = Node::Not(Box::new(Node::IsNull(Box::new(arg))));
                Ok(Typed::new(node, Type::Bool, at))
            }
            ("All" | "Exists" | "Exists_one" | "ExistsOne" | "Filter" | "Map", _) => {
                self.each(at, name, args)
            }
            ("changed", [arg]) => {
                let field = self.own_field(arg)?;
                Ok(Typed::new(Node::Changed(field.id), Type::Bool, at))
            }
            ("matches", [text, pattern]) => self.matches(at, text, pattern),
            ("coalesce", [_, ..]) => self.coalesce(at, args),
            ("min" | "max", [_, ..]) => self.extreme(at, name, args),
            (_, []) => match self.built_in(at, name) {
                Some(typed) => Ok(typed),
                None => Err(self.unknown_function(at, name)),
            },
            _ => {
                let args: Result<Vec<_>> = args.iter().map(|arg| self.expression(arg)).collect();
                self.function(at, name, args?)
            }
        }
    }

    fn function(&self, at: usize, name: &str, mut args: Vec<Typed<'c>>) -> Result<Typed<'c>> {
        // `year(created_at)` is that of the day in the organisation's zone.
        if let ("year" | "month" | "day" | "weekday", [arg]) = (name, args.as_mut_slice())
            && arg.ty == Type::DateTime
        {
            let node = std::mem::replace(&mut arg.node, Node::Const(Value::Null));
            *arg = Typed::new(Node::Call(Function::DayOf, vec![node]), Type::Date, arg.at);
        }
        let fits = |takes: &[Takes]| {
            // Only a time zone can be left out.
            let optional = usize::from(takes == [Takes::Instant, Takes::Text]);
            (takes.len() - optional..=takes.len()).contains(&args.len())
                && takes
                    .iter()
                    .zip(&args)
                    .all(|(takes, arg)| takes.accepts(&arg.ty))
        };
        let named = || FUNCTIONS.iter().filter(|(known, ..)| *known == name);
        let Some((_, _, gives, function)) = named().find(|(_, takes, ..)| fits(takes)) else {
            if named().next().is_none() {
                return Err(self.unknown_function(at, name));
            }
            let given: Vec<String> = args.iter().map(|arg| arg.ty.to_string()).collect();
            let given = given.join(" and ");
            return Err(self.fault(at, format!("`{name}` does not take {given}")));
        };
        self.check_arguments(*function, &args)?;
        let literal = args.first().is_some_and(|arg| arg.literal().is_some());
        let nodes = args.into_iter().map(|arg| arg.node).collect();
        let typed = self.folded(Typed::new(call_node(*function, nodes), gives.ty(), at))?;
        // Only reading a text can fail without a null or an overflow.
        if literal && matches!(typed.node, Node::Const(Value::Null)) {
            return Err(self.fault(at, format!("this text is not {}", typed.ty)));
        }
        Ok(typed)
    }

    /// Refuses literals that can never work.
    fn check_arguments(&self, function: Function, args: &[Typed<'c>]) -> Result<()> {
        let Some(last) = args.last() else {
            return Ok(());
        };
        let Some(text) = last.literal() else {
            return Ok(());
        };
        let problem = match function {
            Function::Get(_) if args.len() == 2 && text.parse::<Zone>().is_err() => {
                "is not a time zone, such as `Europe/Berlin`"
            }
            Function::ToMoney if Currency::new(text).is_err() => {
                "is not the ISO 4217 code of a currency, such as `EUR`"
            }
            Function::ToInstant if !super::literal::is_instant(text) => {
                "is not a date-time, such as `2024-01-31T12:00:00Z`"
            }
            _ => return Ok(()),
        };
        Err(self.fault(last.at, format!("`{}` {problem}", excerpt(text))))
    }

    fn unknown_function(&self, at: usize, name: &str) -> Error {
        // The macros have a capital letter here; see `syntax`.
        let mut name = name.to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        let known = FUNCTIONS.iter().map(|(known, ..)| *known).chain(SPECIAL);
        let reason = match nearest(&name, known) {
            Some(near) if near == name => format!("`{name}` takes other arguments"),
            Some(near) => format!("there is no function `{name}`; did you mean `{near}`?"),
            None => format!("there is no function `{name}`"),
        };
        self.fault(at, reason)
    }

    fn matches(&mut self, at: usize, text: &Syntax, pattern: &Syntax) -> Result<Typed<'c>> {
        let text = self.expression(text)?;
        if !Takes::Text.accepts(&text.ty) {
            return Err(self.fault(text.at, format!("{} and has no pattern", text.describe())));
        }
        let pattern = self.expression(pattern)?;
        let Some(source) = pattern.literal() else {
            return Err(self.fault(pattern.at, "the pattern must be a text that is written out"));
        };
        let chars = source.chars().count();
        if chars > limits::REGEX_CHARS_MAX {
            let max = limits::REGEX_CHARS_MAX as u64;
            return Err(limit(
                "characters of a regular expression",
                max,
                chars as u64,
            ));
        }
        let pattern_is =
            |reason: String| self.fault(pattern.at, format!("the pattern is refused: {reason}"));
        let pattern = Pattern::parse(source).map_err(pattern_is)?;
        self.pattern_bytes = self.pattern_bytes.saturating_add(pattern.bytes());
        if self.pattern_bytes > limits::EXPRESSION_REGEX_BYTES_MAX {
            return Err(limit(
                "bytes of the compiled patterns of an expression",
                limits::EXPRESSION_REGEX_BYTES_MAX as u64,
                self.pattern_bytes as u64,
            ));
        }
        let node = Node::Matches(Box::new(text.node), Arc::new(pattern));
        Ok(Typed::new(node, Type::Bool, at))
    }

    fn coalesce(&mut self, at: usize, args: &[Syntax]) -> Result<Typed<'c>> {
        let args: Result<Vec<_>> = args.iter().map(|arg| self.expression(arg)).collect();
        let (ty, args) = self.joined(args?)?;
        let field = common_field(&args);
        let nodes = args.into_iter().map(|arg| arg.node).collect();
        Ok(Typed::new(Node::Call(Function::Coalesce, nodes), ty, at).with_field(field))
    }

    fn extreme(&mut self, at: usize, name: &str, args: &[Syntax]) -> Result<Typed<'c>> {
        let args: Result<Vec<_>> = args.iter().map(|arg| self.expression(arg)).collect();
        let (ty, args) = self.joined(args?)?;
        let ty = match ty {
            Type::List(element) if args.len() == 1 => *element,
            ty => ty,
        };
        if matches!(ty, Type::List(_) | Type::Parts | Type::Ref) {
            return Err(self.fault(at, format!("`{name}` needs values that have an order")));
        }
        let function = if name == "min" {
            Function::Min
        } else {
            Function::Max
        };
        let nodes = args.into_iter().map(|arg| arg.node).collect();
        Ok(Typed::new(Node::Call(function, nodes), ty, at))
    }

    /// `list.exists(variable, condition)` and its like; `map` has an optional condition before what it makes.
    fn each(&mut self, at: usize, name: &str, args: &[Syntax]) -> Result<Typed<'c>> {
        let kind = match name {
            "All" => LoopKind::All,
            "Exists" => LoopKind::Exists,
            "Filter" => LoopKind::Filter,
            "Map" => LoopKind::Map,
            _ => LoopKind::ExistsOne,
        };
        let (list, variable, test, body) = match (kind, args) {
            (LoopKind::Map, [list, variable, body]) => (list, variable, None, Some(body)),
            (LoopKind::Map, [list, variable, test, body]) => {
                (list, variable, Some(test), Some(body))
            }
            (LoopKind::Map, _) => {
                return Err(self.fault(at, "write `list.map(x, …)`"));
            }
            (_, [list, variable, test]) => (list, variable, Some(test), None),
            _ => {
                let name = name.to_lowercase();
                return Err(self.fault(
                    at,
                    format!("write `list.{name}(x, …)` with a condition on x"),
                ));
            }
        };
        let Kind::Name(variable) = &variable.kind else {
            return Err(self.fault(variable.at, "the variable must be a plain name"));
        };
        let list = self.expression(list)?;
        let element = match &list.ty {
            Type::List(element) => (**element).clone(),
            Type::Null => Type::Null,
            _ => return Err(self.fault(list.at, format!("{}, not a list", list.describe()))),
        };
        self.variables
            .push((variable.clone(), element.clone(), list.field));
        let test = test.map(|test| self.condition(test)).transpose()?;
        let body = body.map(|body| self.expression(body)).transpose()?;
        self.variables.pop();
        let (ty, field) = match (kind, &body) {
            (LoopKind::Filter, _) => (Type::List(Box::new(element)), list.field),
            (LoopKind::Map, Some(body)) => (Type::List(Box::new(body.ty.clone())), body.field),
            _ => (Type::Bool, None),
        };
        let looped = Loop::new(kind, list.node, test, body.map(|body| body.node));
        let node = Node::Loop(Box::new(looped));
        Ok(Typed::new(node, ty, at).with_field(field))
    }
}

/// The node of a call; the text that `like` looks for is folded once, where it is written out.
fn call_node(function: Function, mut args: Vec<Node>) -> Node {
    if function == Function::Like
        && let Some(Node::Const(Value::Text(part))) = args.get(1)
    {
        let part = fold(part).into_owned();
        return Node::Like(Box::new(args.swap_remove(0)), part);
    }
    Node::Call(function, args)
}
