//! One recorded request with its answer, and the operation that it is of.

use serde_json::Value;
use swa_apim::model::ResourceId;
use url::Url;

use crate::replay::Recorded;

/// Where every recorded request was sent to.
pub(crate) const AZURE: &str = "https://management.azure.com";

/// A request that a client of Microsoft's sent, and what Azure answered.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) file: &'static str,
    /// Its index in the file, from 0.
    pub(crate) number: usize,
    pub(crate) url: Url,
    pub(crate) recorded: Recorded,
}

impl Interaction {
    pub(super) fn read(file: &'static str, number: usize, value: &Value) -> Self {
        let url = Url::parse(value["request"]["uri"].as_str().unwrap()).unwrap();
        Self { file, number, url, recorded: Recorded::of_uniform(value) }
    }

    /// How a failure names it.
    pub(crate) fn name(&self) -> String {
        format!("{} #{}: {} -> {}", self.file, self.number, self.operation(), self.recorded.status)
    }

    /// The path, decoded.
    pub(crate) fn path(&self) -> String {
        decoded(self.url.path())
    }

    /// The resource whose path this is; `None` where the path is a collection's or malformed.
    pub(crate) fn id(&self) -> Option<ResourceId> {
        ResourceId::parse(&self.path()).ok()
    }

    /// The resource that the last segment of the path belongs to: a collection's or an action's.
    pub(crate) fn parent(&self) -> ResourceId {
        ResourceId::parse(self.path().rsplit_once('/').unwrap().0).unwrap()
    }

    /// The answer as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.recorded.body).unwrap_or_else(|error| panic!("{}: {error}", self.name()))
    }

    /// The method and the shape of the path: `GET {service}/products/{}/subscriptions`.
    pub(crate) fn operation(&self) -> String {
        format!("{} {}", self.recorded.method, shape(&self.path()))
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Where the progress of what this began is asked for, as the program chooses between two links.
    pub(crate) fn progress(&self) -> Option<Url> {
        let link = self.recorded.header("azure-asyncoperation").or_else(|| self.recorded.header("location"));
        link.map(|link| Url::parse(link).unwrap())
    }
}

/// A path with `{}` for each name, and words for what most paths begin with.
fn shape(path: &str) -> String {
    let mut segments = path.trim_matches('/').split('/');
    let mut shape = String::new();
    while let Some(kind) = segments.next() {
        let kind = kind.to_lowercase();
        let name = segments.next();
        shape.extend(["/", &kind]);
        match name {
            Some(namespace) if kind == "providers" => shape.extend(["/", &namespace.to_lowercase()]),
            Some(_) => shape += "/{}",
            None => {}
        }
    }
    let group = "/subscriptions/{}/resourcegroups/{}";
    let service = format!("{group}/providers/microsoft.apimanagement/service/{{}}");
    let site = format!("{group}/providers/microsoft.web/staticsites/{{}}");
    shape.replace(&service, "{service}").replace(&site, "{site}").replace(group, "{group}")
}

fn decoded(path: &str) -> String {
    let escaped = path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}
