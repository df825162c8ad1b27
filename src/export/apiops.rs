//! An `APIOps` configuration that excludes the products of links from extraction, and therefore from publishing.

use std::{collections::BTreeSet, fmt::Write as _};

use super::LinkExport;

const HEAD: &str = "\
# For `apiops extract --filter`: everything but what linking static web apps has made. Azure makes and names these for
# each site; published to another service, they would let in nobody, or the wrong ones.
# The older extractor (Azure/apiops) lists what it takes: leave these out of its productNames and subscriptionNames.
# What is among the artifacts already: publishing a commit that takes it out would delete it, and cut off the site.
";

pub(super) fn write(links: &[LinkExport]) -> String {
    let products: BTreeSet<&str> = links.iter().map(|link| link.product.as_str()).collect();
    let subscriptions: BTreeSet<&str> =
        links.iter().map(|link| link.subscription.as_deref().unwrap_or(&link.product)).collect();
    format!("{HEAD}products:\n{}subscriptions:\n{}", excluded(&products), excluded(&subscriptions))
}

/// Returns one entry for each name. A list that contains only exclusions includes everything else.
fn excluded(names: &BTreeSet<&str>) -> String {
    names.iter().fold(String::new(), |mut text, name| {
        // A JSON string is also a YAML string; without quotes, `!` would start a tag.
        let _ = writeln!(text, "  - {}", serde_json::Value::from(format!("!{name}")));
        text
    })
}
