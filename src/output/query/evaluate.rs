//! Evaluates an expression over JSON whose objects keep their order. The library parses expressions, but evaluates them
//! over objects that are sorted by name.

use std::borrow::Cow;

use jmespath::{
    Context, DEFAULT_RUNTIME, ErrorReason, Expression, JmespathError, Rcvar, RuntimeError, Variable,
    ast::{Ast, KeyValuePair},
};
use serde_json::{Map, Value};

/// A part of the report, or a value that the expression makes.
pub(super) type Found<'v> = Result<Cow<'v, Value>, JmespathError>;

/// Returns what an expression selects.
///
/// # Errors
///
/// If a function does not accept its arguments.
pub(super) fn search(query: &Expression<'static>, data: &Value) -> Result<Value, JmespathError> {
    let evaluation = Evaluation { expression: query.as_str() };
    evaluation.of(data, query.as_ast()).map(Cow::into_owned)
}

/// The evaluation of one expression, whose text is a part of its errors.
#[derive(Clone, Copy)]
pub(super) struct Evaluation<'e> {
    pub(super) expression: &'e str,
}

/// An argument of a function.
pub(super) enum Argument<'v, 'a> {
    /// A value.
    Value(Cow<'v, Value>),
    /// An expression that the function evaluates for each element.
    Expression(&'a Ast),
}

impl Evaluation<'_> {
    /// Evaluates a node on a value.
    pub(super) fn of<'v>(self, data: &'v Value, node: &Ast) -> Found<'v> {
        match node {
            Ast::Identity { .. } => Ok(Cow::Borrowed(data)),
            Ast::Field { name, .. } => Ok(part(data.get(name))),
            Ast::Index { idx, .. } => {
                Ok(part(data.as_array().and_then(|items| items.get(place(items, *idx)?))))
            }
            Ast::Slice { start, stop, step, offset } => self.slice(data, (*start, *stop, *step), *offset),
            Ast::Literal { value, .. } => value_of(value).map(Cow::Owned),
            Ast::Subexpr { lhs, rhs, .. } => self.then(self.of(data, lhs)?, rhs),
            Ast::Or { lhs, rhs, .. } => {
                let left = self.of(data, lhs)?;
                if is_truthy(&left) { Ok(left) } else { self.of(data, rhs) }
            }
            Ast::And { lhs, rhs, .. } => {
                let left = self.of(data, lhs)?;
                if is_truthy(&left) { self.of(data, rhs) } else { Ok(left) }
            }
            Ast::Not { node, .. } => {
                let found = self.of(data, node)?;
                Ok(made(!is_truthy(&found)))
            }
            Ast::Condition { predicate, then, .. } => {
                let found = self.of(data, predicate)?;
                if is_truthy(&found) { self.of(data, then) } else { Ok(nothing()) }
            }
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                let (left, right) = (self.of(data, lhs)?, self.of(data, rhs)?);
                let (left, right) = (variable(&left)?, variable(&right)?);
                Ok(left.compare(comparator, &right).map_or_else(nothing, made))
            }
            Ast::ObjectValues { node, .. } => match &*self.of(data, node)? {
                Value::Object(fields) => Ok(made(fields.values().cloned().collect::<Vec<_>>())),
                _ => Ok(nothing()),
            },
            Ast::Projection { lhs, rhs, .. } => {
                let left = self.of(data, lhs)?;
                self.project(&left, rhs)
            }
            Ast::Flatten { node, .. } => {
                Ok(self.of(data, node)?.as_array().map_or_else(nothing, |it| flat(it)))
            }
            Ast::MultiList { elements, .. } => self.list(data, elements),
            Ast::MultiHash { elements, .. } => self.hash(data, elements),
            Ast::Function { name, args, offset } => {
                let arguments =
                    args.iter().map(|arg| self.argument(data, arg)).collect::<Result<Vec<_>, _>>()?;
                self.call(name, &arguments, *offset)
            }
            Ast::Expref { offset, .. } => {
                let reason =
                    ErrorReason::Parse("`&` is allowed only in the arguments of a function".to_owned());
                Err(JmespathError::new(self.expression, *offset, reason))
            }
        }
    }

    /// Evaluates a node on a value that may be a part of the report.
    fn then<'v>(self, data: Cow<'v, Value>, node: &Ast) -> Found<'v> {
        match data {
            Cow::Borrowed(data) => self.of(data, node),
            Cow::Owned(data) => self.of(&data, node).map(|found| Cow::Owned(found.into_owned())),
        }
    }

    fn argument<'v, 'a>(self, data: &'v Value, node: &'a Ast) -> Result<Argument<'v, 'a>, JmespathError> {
        match node {
            Ast::Expref { ast, .. } => Ok(Argument::Expression(ast)),
            node => self.of(data, node).map(Argument::Value),
        }
    }

    /// The results for all elements that are not null.
    fn project<'v>(self, left: &Value, rhs: &Ast) -> Found<'v> {
        let Value::Array(items) = left else { return Ok(nothing()) };
        let mut collected = Vec::new();
        for item in items {
            let found = self.of(item, rhs)?;
            if !found.is_null() {
                collected.push(found.into_owned());
            }
        }
        Ok(made(collected))
    }

    fn list<'v>(self, data: &Value, elements: &[Ast]) -> Found<'v> {
        if data.is_null() {
            return Ok(nothing());
        }
        let found = elements.iter().map(|element| self.of(data, element).map(Cow::into_owned));
        Ok(made(found.collect::<Result<Vec<_>, _>>()?))
    }

    fn hash<'v>(self, data: &Value, elements: &[KeyValuePair]) -> Found<'v> {
        if data.is_null() {
            return Ok(nothing());
        }
        let field = |pair: &KeyValuePair| Ok((pair.key.clone(), self.of(data, &pair.value)?.into_owned()));
        let fields = elements.iter().map(field).collect::<Result<Map<_, _>, JmespathError>>()?;
        Ok(Cow::Owned(Value::Object(fields)))
    }

    /// The library chooses the elements, of which only the places are given to it.
    fn slice<'v>(
        self,
        data: &Value,
        (start, stop, step): (Option<i32>, Option<i32>, i32),
        offset: usize,
    ) -> Found<'v> {
        if step == 0 {
            let mut context = Context::new(self.expression, &DEFAULT_RUNTIME);
            context.offset = offset;
            return Err(JmespathError::from_ctx(&context, ErrorReason::Runtime(RuntimeError::InvalidSlice)));
        }
        let Value::Array(items) = data else { return Ok(nothing()) };
        let places: Vec<usize> = (0..items.len()).collect();
        let chosen = Variable::from_serializable(places)?.slice(start, stop, step).unwrap_or_default();
        let item = |place: &Rcvar| items.get(index_of(place)?).cloned();
        Ok(made(chosen.iter().filter_map(item).collect::<Vec<_>>()))
    }
}

/// A part of the report, or null.
fn part(found: Option<&Value>) -> Cow<'_, Value> {
    found.map_or_else(nothing, Cow::Borrowed)
}

/// A value that the expression makes.
pub(super) fn made<'v>(value: impl Into<Value>) -> Cow<'v, Value> {
    Cow::Owned(value.into())
}

pub(super) fn nothing<'v>() -> Cow<'v, Value> {
    Cow::Owned(Value::Null)
}

/// The place that an index names, which counts from the end if it is negative.
fn place(items: &[Value], index: i32) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 { items.len().checked_sub(distance) } else { Some(distance) }
}

/// The elements, with those that are arrays replaced by their elements.
fn flat<'v>(items: &[Value]) -> Cow<'v, Value> {
    let mut collected = Vec::new();
    for item in items {
        match item {
            Value::Array(inner) => collected.extend(inner.iter().cloned()),
            other => collected.push(other.clone()),
        }
    }
    made(collected)
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// A value as the library has it.
pub(super) fn variable(value: &Value) -> Result<Rcvar, JmespathError> {
    Variable::try_from(value.clone()).map(Rcvar::new)
}

/// A value of the library.
pub(super) fn value_of(variable: &Variable) -> Result<Value, JmespathError> {
    serde_json::to_value(variable)
        .map_err(|error| JmespathError::new("", 0, ErrorReason::Parse(error.to_string())))
}

/// The number that a value of the library is, as a place in an array.
pub(super) fn index_of(variable: &Variable) -> Option<usize> {
    usize::try_from(value_of(variable).ok()?.as_u64()?).ok()
}
