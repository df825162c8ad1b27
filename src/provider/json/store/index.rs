//! Indices: the products that have a display name, and the subscriptions of a product.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

use serde::Deserialize;

use crate::{
    model::{ApimSubscription, ArmType},
    provider::json::{
        rules::kind::{ResourceKind, cut, is_direct_child, name},
        text::document::ModelDocument,
    },
};

/// The indices of the services in which something was looked up so far.
#[derive(Clone, Default)]
pub(crate) struct Index {
    services: HashMap<Box<str>, ServiceIndex>,
    searches: usize,
}

/// The number of searches after which an index saves time.
const SEARCHES: usize = 8;

type ServiceIndex = HashMap<Label, BTreeSet<Box<str>>>;

/// The criterion by which a product or a subscription is looked up.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::provider::json) enum Label {
    DisplayName(String),
    /// The lower-case name of the product in a scope.
    Product(String),
}

impl Label {
    pub(in crate::provider::json) fn text(&self) -> &str {
        match self {
            Self::DisplayName(text) | Self::Product(text) => text,
        }
    }
}

impl Index {
    /// Returns the keys of the products of a service that have a display name.
    pub(crate) fn products_named(
        &mut self,
        document: &ModelDocument,
        service: &str,
        name: &str,
    ) -> Vec<Box<str>> {
        self.look_up(document, service, &Label::DisplayName(name.to_owned()))
    }

    /// Returns the keys of the subscriptions whose scope is a product.
    pub(crate) fn subscriptions_of(&mut self, document: &ModelDocument, product: &str) -> Vec<Box<str>> {
        self.look_up(document, cut(product), &Label::Product(name(product).to_owned()))
    }

    fn look_up(&mut self, document: &ModelDocument, service: &str, label: &Label) -> Vec<Box<str>> {
        if !self.services.contains_key(service) {
            self.searches += 1;
            if self.searches <= SEARCHES {
                return search(document, service, label);
            }
            self.services.insert(service.into(), build(document, service));
        }
        let found = self.services.get(service).and_then(|index| index.get(label));
        found.into_iter().flatten().cloned().collect()
    }

    /// Removes a resource that will change from the index.
    pub(crate) fn forget(&mut self, document: &ModelDocument, key: &str) {
        if let Some((index, label)) = self.place(document, key)
            && let Some(keys) = index.get_mut(&label)
        {
            keys.remove(key);
        }
    }

    /// Adds a resource that has changed to the index.
    pub(crate) fn note(&mut self, document: &ModelDocument, key: &str) {
        if let Some((index, label)) = self.place(document, key) {
            index.entry(label).or_default().insert(key.into());
        }
    }

    fn place(&mut self, document: &ModelDocument, key: &str) -> Option<(&mut ServiceIndex, Label)> {
        if !matches!(ResourceKind::of(key), ResourceKind::Product | ResourceKind::Subscription) {
            return None;
        }
        let index = self.services.get_mut(cut(key))?;
        let text = document.text(document.resources.get(key)?);
        Some((index, label(key, text)?))
    }
}

fn build(document: &ModelDocument, service: &str) -> ServiceIndex {
    let mut index = ServiceIndex::new();
    for of in [ArmType::Product, ArmType::ApimSubscription] {
        for (key, text) in members(document, service, of) {
            if let Some(label) = label(key, text) {
                index.entry(label).or_default().insert(key.into());
            }
        }
    }
    index
}

fn search(document: &ModelDocument, service: &str, wanted: &Label) -> Vec<Box<str>> {
    let of = match wanted {
        Label::DisplayName(_) => ArmType::Product,
        Label::Product(_) => ArmType::ApimSubscription,
    };
    // A text without escapes contains what it names; ids in any case.
    let may_be = |text: &str| match wanted {
        Label::DisplayName(name) => text.contains(name.as_str()) || text.contains('\\'),
        Label::Product(name) => text.to_ascii_lowercase().contains(name.as_str()) || text.contains('\\'),
    };
    let found = members(document, service, of).filter(|(_, text)| may_be(text));
    found.filter(|(key, text)| label(key, text).as_ref() == Some(wanted)).map(|(key, _)| key.into()).collect()
}

/// Returns the keys and the texts of the resources of a type in a service.
fn members<'a>(
    document: &'a ModelDocument,
    service: &str,
    of: ArmType,
) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    let prefix = format!("{service}/{}/", of.collection());
    let below = document.below(&prefix).filter(move |(key, _)| is_direct_child(key, &prefix));
    below.map(|(key, text)| (key, document.text(text)))
}

/// Returns the criterion by which a product or a subscription is looked up.
pub(in crate::provider::json) fn label(key: &str, resource: &str) -> Option<Label> {
    #[derive(Deserialize)]
    struct Partial<'a> {
        #[serde(borrow)]
        properties: Properties<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Properties<'a> {
        #[serde(borrow, default)]
        display_name: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        scope: Option<Cow<'a, str>>,
    }
    // a malformed resource is not in the index; the code that reads it reports the error
    let Partial { properties } = serde_json::from_str(resource).ok()?;
    if ResourceKind::of(key) == ResourceKind::Product {
        return properties.display_name.map(|name| Label::DisplayName(name.into_owned()));
    }
    let scope = properties.scope?;
    ApimSubscription::product_of_scope(&scope).map(|name| Label::Product(name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const SERVICE: &str = "/subscriptions/s/resourcegroups/rg/providers/microsoft.apimanagement/service/a";

    #[test]
    fn a_name_is_found_however_the_file_spells_it() {
        let product = |name: &str, text: &str| {
            format!(r#"{{"id":"{SERVICE}/products/{name}","properties":{{"displayName":"{text}"}}}}"#)
        };
        let subscription = |name: &str, scope: &str| {
            format!(r#"{{"id":"{SERVICE}/subscriptions/{name}","properties":{{"scope":"{scope}"}}}}"#)
        };
        let resources = [
            product("p", "Ab/c"),
            product("q", r"\u0041b\/c"),
            product("r", "ab/c"),
            subscription("s", "/products/P"),
            subscription("t", r"\/PRODUCTS\/\u0070"),
            subscription("u", "/products/pp"),
        ];
        let text = format!(r#"{{"schemaVersion":1,"resources":[{}]}}"#, resources.join(","));
        let document = ModelDocument::parse(text.into_bytes(), Path::new("x")).unwrap();
        let mut index = Index::default();
        let names = |keys: Vec<Box<str>>| keys.iter().map(|key| name(key).to_owned()).collect::<Vec<_>>();
        // First by searches, then by the index.
        for _ in 0..=SEARCHES {
            assert_eq!(names(index.products_named(&document, SERVICE, "Ab/c")), ["p", "q"]);
            let product = format!("{SERVICE}/products/p");
            assert_eq!(names(index.subscriptions_of(&document, &product)), ["s", "t"]);
        }
    }
}
