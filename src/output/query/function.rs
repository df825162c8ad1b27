//! Functions of expressions. The library checks the arguments and computes the result, except where the order of fields
//! would be lost.

use std::borrow::Cow;

use jmespath::{Context, DEFAULT_RUNTIME, JmespathError, Rcvar, Variable, ast::Ast, interpret};
use serde_json::{Map, Value};

use super::evaluate::{Argument, Evaluation, Found, made, nothing, value_of, variable};

impl Evaluation<'_> {
    /// Calls a function.
    pub(super) fn call<'v>(self, name: &str, arguments: &[Argument<'v, '_>], offset: usize) -> Found<'v> {
        if let Some(found) = keeping_order(name, arguments) {
            return Ok(Cow::Owned(found));
        }
        if name == "map"
            && let [Argument::Expression(key), Argument::Value(items)] = arguments
            && items.is_array()
        {
            return Ok(made(self.keys(items, key)?));
        }
        if ["sort_by", "max_by", "min_by"].contains(&name)
            && let [Argument::Value(items), Argument::Expression(key)] = arguments
            && let Value::Array(items) = &**items
        {
            return self.by_key(name, items, key, offset);
        }
        self.by_library(name, arguments, offset).map(Cow::Owned)
    }

    /// The value of an expression for each element.
    fn keys(self, items: &Value, key: &Ast) -> Result<Vec<Value>, JmespathError> {
        let items = items.as_array().into_iter().flatten();
        items.map(|item| self.of(item, key).map(Cow::into_owned)).collect()
    }

    /// Lets the library order the keys of the elements, each with the place of its element.
    fn by_key<'v>(self, name: &str, items: &[Value], key: &Ast, offset: usize) -> Found<'v> {
        let mut pairs = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            pairs.push(Value::from(vec![self.of(item, key)?.into_owned(), Value::from(place)]));
        }
        let first = Ast::Index { offset, idx: 0 };
        let arguments = [Argument::Value(made(pairs)), Argument::Expression(&first)];
        let element = |pair: &Value| {
            let place = pair.get(1).and_then(Value::as_u64).and_then(|place| usize::try_from(place).ok());
            place.and_then(|place| items.get(place)).cloned().unwrap_or(Value::Null)
        };
        Ok(match self.by_library(name, &arguments, offset)? {
            Value::Array(pairs) if name == "sort_by" => made(pairs.iter().map(element).collect::<Vec<_>>()),
            Value::Null => nothing(),
            pair => Cow::Owned(element(&pair)),
        })
    }

    fn by_library(
        self,
        name: &str,
        arguments: &[Argument<'_, '_>],
        offset: usize,
    ) -> Result<Value, JmespathError> {
        let literal = |argument: &Argument<'_, '_>| match argument {
            Argument::Value(value) => Ok(Ast::Literal { offset, value: variable(value)? }),
            Argument::Expression(ast) => Ok(Ast::Expref { offset, ast: Box::new((*ast).clone()) }),
        };
        let args = arguments.iter().map(literal).collect::<Result<Vec<_>, JmespathError>>()?;
        let node = Ast::Function { offset, name: name.to_owned(), args };
        let mut context = Context::new(self.expression, &DEFAULT_RUNTIME);
        let result = interpret(&Rcvar::new(Variable::Null), &node, &mut context)?;
        value_of(&result)
    }
}

/// The functions whose result has objects, or depends on the order of fields.
const ORDERED: [&str; 7] = ["keys", "merge", "not_null", "reverse", "to_array", "to_string", "values"];

/// The result of a function whose result has objects, or depends on the order of their fields. `None` if it is none of
/// these or its arguments do not fit.
fn keeping_order(name: &str, arguments: &[Argument<'_, '_>]) -> Option<Value> {
    let value = |argument: &Argument<'_, '_>| match argument {
        Argument::Value(value) => Some(value.clone().into_owned()),
        Argument::Expression(_) => None,
    };
    if !ORDERED.contains(&name) {
        return None;
    }
    let values: Vec<Value> = arguments.iter().map(value).collect::<Option<_>>()?;
    match (name, values.as_slice()) {
        ("keys", [Value::Object(fields)]) => Some(fields.keys().map(String::as_str).collect()),
        ("values", [Value::Object(fields)]) => Some(fields.values().cloned().collect()),
        ("merge", [_, ..]) => {
            let objects = values.iter().map(Value::as_object).collect::<Option<Vec<_>>>()?;
            let fields = objects.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
            Some(Value::Object(fields.collect::<Map<_, _>>()))
        }
        ("not_null", [_, ..]) => {
            Some(values.iter().find(|value| !value.is_null()).cloned().unwrap_or_default())
        }
        ("reverse", [Value::Array(items)]) => Some(items.iter().rev().cloned().collect()),
        ("to_array", [Value::Array(_)]) => values.into_iter().next(),
        ("to_array", [value]) => Some(Value::from(vec![value.clone()])),
        ("to_string", [value @ (Value::Object(_) | Value::Array(_))]) => Some(Value::from(value.to_string())),
        _ => None,
    }
}
