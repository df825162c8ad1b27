//! An `APIOps` configuration that excludes the products of links from extraction, and therefore from publishing.

use std::{collections::BTreeSet, fmt::Write as _};

use super::LinkExport;
use crate::report::escaped_json;

const HEAD: &str = "\
# For `apiops extract --filter`: extracts everything except the products and subscriptions of links. Azure creates them
# for each site. If they were published to another service, they would accept no requests, or requests of another site.
# The older extractor (Azure/apiops) lists what it extracts: do not add these to its productNames and subscriptionNames.
# Warning: if the artifacts already contain them, publishing a commit that removes them deletes them and breaks the link.
";

pub(super) fn write(links: &[LinkExport]) -> String {
    let products: BTreeSet<&str> = links.iter().map(|link| link.product.as_str()).collect();
    let subscriptions: BTreeSet<&str> =
        links.iter().map(|link| link.apim_subscription.as_deref().unwrap_or(&link.product)).collect();
    format!("{HEAD}products:\n{}subscriptions:\n{}", excluded(&products), excluded(&subscriptions))
}

/// Returns one entry for each name. A list that contains only exclusions includes everything else.
fn excluded(names: &BTreeSet<&str>) -> String {
    names.iter().fold(String::new(), |mut text, name| {
        // A JSON string is also a YAML string; without quotes, `!` would start a tag.
        let _ =
            writeln!(text, "  - {}", escaped_json(serde_json::Value::from(format!("!{name}")).to_string()));
        text
    })
}
