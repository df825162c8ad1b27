//! The program asks as the recorded client did, hears what Azure answered, and what it makes of that is
//! checked against the recorded text.

use serde_json::{Value, json};
use swa_apim::{
    diagnosis::{Diagnose as _, ExitCode},
    model::{
        ApimServiceId, ApimSubscriptionId, Key, KeyPair, KeySlot, Permission, Permissions, ProductApiId,
        Resource, ResourceId,
    },
    provider::{
        Collection, ETag, Expected, Grants as _, ProviderError, Reads as _, Writes as _,
        arm::{ArmControlPlane, ArmFailure},
    },
};

use crate::{
    interaction::{AZURE, Interaction},
    replay::{Recorded, Replay},
    table::Ask,
    typed,
};

/// What stands in for the end of an operation whose end is not recorded: as apim-service.json #8 has it.
const SUCCEEDED: &str = r#"{"status":"Succeeded"}"#;

/// A server of recorded answers, and the program's own client of it.
pub(crate) struct Stage {
    replay: Replay,
    plane: ArmControlPlane,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let replay = Replay::start();
        Self { plane: replay.plane(), replay }
    }
}

/// One interaction about to be replayed, with what follows it in its story.
pub(crate) struct Asked<'a> {
    one: &'a Interaction,
    /// All of its file.
    story: &'a [Interaction],
    /// The questions after the progress of what it began.
    polls: Vec<&'a Interaction>,
    replay: &'a Replay,
    plane: &'a ArmControlPlane,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(one: &'a Interaction, story: &'a [Interaction], stage: &'a Stage) -> Self {
        let Stage { replay, plane } = stage;
        replay.clear();
        Self { one, story, polls: progress_of(one, story), replay, plane }
    }

    /// Replays it, and checks all that the program makes of it.
    pub(crate) async fn check(&self, ask: Ask) {
        match ask {
            Ask::Get => self.get().await,
            Ask::Put => self.put().await,
            Ask::Delete => self.delete().await,
            Ask::List(collection) => self.list(&collection(&self.one.parent())).await,
            Ask::SitesOfEach => self.sites_of_each().await,
            Ask::Graph => self.graph().await,
            Ask::Permissions => self.permissions().await,
            Ask::SetKeys => self.set_keys().await,
            Ask::Keys => self.keys().await,
            Ask::Regenerate(slot) => self.regenerate(slot).await,
        }
        assert_eq!(self.replay.left(), 0, "answers that the program did not ask for: {}", self.name());
        self.sent_as_recorded();
    }

    /// The program's first request is the recorded one, apart from its version and its query.
    fn sent_as_recorded(&self) {
        // The sites of each Azure subscription are listed after the subscriptions are.
        let sent = self.replay.asked().into_iter().map(|asked| {
            let path = format!("{AZURE}{}", asked.target.split('?').next().unwrap());
            let sent = Interaction { url: path.parse().unwrap(), ..self.one.clone() };
            (asked.method, sent.operation(), sent.path().to_ascii_lowercase())
        });
        let sent: Vec<_> = sent.collect();
        let (method, operation) = (self.one.recorded.method.clone(), self.one.operation());
        let path = self.one.path().to_ascii_lowercase();
        let of_many = operation.contains("/subscriptions/{}/providers/");
        let is_it =
            |it: &(String, String, String)| it.0 == method && it.1 == operation && (of_many || it.2 == path);
        assert!(sent.iter().any(is_it), "{sent:?} for {}", self.name());
    }

    fn name(&self) -> String {
        self.one.name()
    }

    fn id(&self) -> ResourceId {
        self.one.id().unwrap()
    }

    /// What is answered from now on.
    fn answer(&self, recorded: impl IntoIterator<Item = Recorded>) {
        let moved = recorded.into_iter().map(|one| one.moved(AZURE, &self.replay.origin).without_wait());
        self.replay.then(moved);
    }

    /// Lets the recorded answer come, then those to the questions after the progress of what it began.
    fn answer_to_the_end(&self) {
        self.answer([self.one.recorded.clone()]);
        self.answer(self.polls.iter().map(|poll| poll.recorded.clone()));
        let by_status = self.one.recorded.header("azure-asyncoperation").is_some();
        if self.one.progress().is_some() && self.polls.is_empty() {
            let body = if by_status { SUCCEEDED } else { "" };
            self.answer([Recorded { method: "GET".to_owned(), ..success(body) }]);
        }
        let shows_the_end =
            self.polls.last().is_some_and(|poll| poll.recorded.body.contains("\"properties\""));
        if by_status && !shows_the_end && self.one.recorded.method == "PUT" {
            // The version is read after the operation.
            let (method, sent) = ("GET".to_owned(), String::new());
            let headers = self.one.recorded.headers.iter();
            let headers = headers.filter(|(name, _)| name.eq_ignore_ascii_case("etag")).cloned().collect();
            let shown = self.one.recorded.body.clone();
            let bare = || json!({"id": self.id().as_str(), "properties": {}}).to_string();
            let body = if shown.is_empty() { bare() } else { shown };
            self.answer([Recorded { method, sent, status: 200, headers, body }]);
        }
    }

    async fn get(&self) {
        let id = self.id();
        if self.one.recorded.status >= 400 && !is_absence(self.one) {
            return self.fails(async |plane| plane.get(&id).await.map(drop)).await;
        }
        self.answer([self.one.recorded.clone()]);
        let found = self.plane.get(&id).await.unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        if self.one.recorded.status == 404 {
            return assert_eq!(found, None, "{}", self.name());
        }
        let found = found.unwrap_or_else(|| panic!("{}", self.name()));
        assert_eq!(found.value.id(), &id, "{}", self.name());
        if id.is_a(ProductApiId::TYPE) {
            // The answer to HEAD has neither body nor version.
            return assert!(found.etag.as_str().starts_with("content:"), "{}", self.name());
        }
        typed::same(&found.value, &self.one.json(), &self.name());
        match self.version() {
            Some(version) => assert_eq!(found.etag, version, "{}", self.name()),
            None => assert!(found.etag.as_str().starts_with("content:"), "{}", self.name()),
        }
    }

    /// The version that API Management gives a resource: in a header, or as `etag` in a service itself.
    fn version(&self) -> Option<ETag> {
        if !self.one.path().to_lowercase().contains("/microsoft.apimanagement/") {
            return None;
        }
        let within = || self.one.json()["etag"].as_str().map(str::to_owned);
        self.one.recorded.header("etag").map(str::to_owned).or_else(within).map(ETag::new)
    }

    async fn put(&self) {
        let mut sent: Value = serde_json::from_str(&self.one.recorded.sent).unwrap_or_else(|_| json!({}));
        sent["id"] = self.id().as_str().into();
        let resource = Resource::from_value(sent).unwrap();
        if self.one.recorded.status >= 400 {
            return self
                .fails(async |plane| plane.put(resource.clone(), Expected::Anything).await.map(drop))
                .await;
        }
        self.answer_to_the_end();
        let put = self.plane.put(resource, Expected::Anything).await;
        let put = put.unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        if self.id().is_a(ProductApiId::TYPE) {
            // The header is the API's version, and not the version of its place in the product.
            return assert!(put.as_str().starts_with("content:"), "{put} of {}", self.name());
        }
        // Versions of Microsoft.Web are computed from the content, because most of its resources have none.
        let of_api_management = self.id().as_str().to_lowercase().contains("/microsoft.apimanagement/");
        match self.version_at_the_end().filter(|_| of_api_management) {
            // In the body of a service it stands without quotes.
            Some(version) => {
                assert_eq!(put.as_str().trim_matches('"'), version.trim_matches('"'), "{}", self.name());
            }
            None => assert!(put.as_str().starts_with("content:"), "{put} of {}", self.name()),
        }
    }

    /// The version in the last answer that has one: an operation's own progress tells none.
    fn version_at_the_end(&self) -> Option<String> {
        let mut answers = self.polls.iter().rev().map(|poll| &poll.recorded).chain([&self.one.recorded]);
        let version = |answer: &Recorded| {
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            answer.header("etag").or(body["etag"].as_str()).map(str::to_owned)
        };
        answers.find_map(version)
    }

    async fn delete(&self) {
        let id = self.id();
        if self.one.recorded.status >= 400 && !is_absence(self.one) {
            return self.fails(async |plane| plane.delete(&id, Expected::Anything).await).await;
        }
        self.answer_to_the_end();
        let done = self.plane.delete(&id, Expected::Anything).await;
        done.unwrap_or_else(|error| panic!("{}: {error}", self.name()));
    }

    /// A failure that the recorded client saw: a passing one is asked again, any other is what it says.
    async fn fails(&self, ask: impl AsyncFn(&ArmControlPlane) -> Result<(), ProviderError>) {
        let failure = failure_of(self.one);
        let recorded = &self.one.recorded;
        if [429, 500, 502, 503, 504].contains(&recorded.status) || failure.code() == "ServiceLocked" {
            assert_eq!(failure.diagnosis().exit, ExitCode::Unavailable, "{}", self.name());
            let method = recorded.method.clone();
            self.answer([recorded.clone(), Recorded { method, ..success(r#"{"properties":{}}"#) }]);
            let again = ask(self.plane).await;
            return again.unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        }
        self.answer([recorded.clone()]);
        let error = ask(self.plane).await.unwrap_err();
        let (exit, is) = match (recorded.status, failure.code()) {
            (403, _) => (ExitCode::NotAuthorized, matches!(error, ProviderError::NotAuthorized(_))),
            (404, "NotFound/51004") => (ExitCode::Refused, matches!(error, ProviderError::Rejected { .. })),
            other => panic!("{other:?} of {}", self.name()),
        };
        assert!(is, "{error:?} of {}", self.name());
        assert_eq!(error.diagnosis().exit, exit, "{}", self.name());
        said_in_full(&error.to_string(), self.one);
    }

    async fn list(&self, collection: &Collection) {
        let pages = self.pages();
        self.answer(pages.iter().map(|page| page.recorded.clone()));
        if pages.last().unwrap().json()["nextLink"].as_str().is_some_and(|link| !link.is_empty()) {
            // The recorded client stopped here.
            self.answer([Recorded { method: "GET".to_owned(), ..success(r#"{"value":[]}"#) }]);
        }
        let found = self.plane.list(collection).await;
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        let mut sent: Vec<(ResourceId, Value)> = Vec::new();
        for page in &pages {
            for value in page.json()["value"].as_array().unwrap() {
                sent.push((own_id(collection, value), value.clone()));
            }
        }
        sent.sort_by(|(one, _), (other, _)| one.cmp(other));
        let ids = |all: Vec<ResourceId>| all.iter().map(ResourceId::to_string).collect::<Vec<_>>();
        let read = ids(found.iter().map(|found| found.value.id().clone()).collect());
        assert_eq!(read, ids(sent.iter().map(|(id, _)| id.clone()).collect()), "{}", self.name());
        for (found, (_, value)) in found.iter().zip(&sent) {
            typed::same(&found.value, value, &self.name());
            assert!(found.etag.as_str().starts_with("content:"), "a list has no versions: {}", self.name());
        }
    }

    /// The page, and the recorded ones that its links lead to.
    fn pages(&self) -> Vec<&Interaction> {
        let mut pages = vec![self.one];
        loop {
            let last = pages[pages.len() - 1];
            let next = last.json()["nextLink"].as_str().and_then(|link| link.parse::<url::Url>().ok());
            let is_next =
                |other: &&Interaction| Some(&other.url) == next.as_ref() && other.number > last.number;
            match self.story.iter().find(is_next) {
                Some(page) => pages.push(page),
                None => return pages,
            }
        }
    }

    /// The list of subscriptions and a list of sites, one of them recorded elsewhere.
    async fn sites_of_each(&self) {
        let other = |file, number: usize| crate::library::interactions(file).unwrap().swap_remove(number);
        let of_subscriptions = self.one.path() == "/subscriptions";
        let (subscriptions, sites) = if of_subscriptions {
            (self.one.clone(), other("web-static-sites.json", 0))
        } else {
            (other("arm-misc.json", 20), self.one.clone())
        };
        let count = subscriptions.json()["value"].as_array().unwrap().len();
        self.answer([subscriptions.recorded]);
        self.answer((0..count).map(|_| sites.recorded.clone()));
        let found = self.plane.list(&Collection::StaticSitesOfEach).await.unwrap();
        let sent = sites.json()["value"].as_array().cloned().unwrap();
        assert_eq!(found.len(), count * sent.len(), "{}", self.name());
        for value in sent {
            let id = ResourceId::parse(value["id"].as_str().unwrap()).unwrap();
            let found = found.iter().find(|found| found.value.id() == &id);
            typed::same(&found.unwrap().value, &value, &self.name());
        }
    }

    async fn graph(&self) {
        self.answer([self.one.recorded.clone()]);
        let found = self.plane.list(&Collection::StaticSites).await;
        if self.one.recorded.status == 400 {
            let error = found.unwrap_err();
            assert!(matches!(error, ProviderError::Rejected { .. }), "{error:?}");
            return said_in_full(&error.to_string(), self.one);
        }
        let Some(sent) = self.one.json()["data"].as_array().cloned() else {
            // A table, which the program does not ask for, is an answer to something else, and not an empty one.
            let error = found.unwrap_err();
            assert_eq!(error.diagnosis().exit, ExitCode::Unavailable, "{}: {error}", self.name());
            return assert!(error.to_string().contains("is not a list"), "{error}");
        };
        let found = found.unwrap();
        // What belongs to no Azure subscription is of no type that the program looks for.
        let ids = sent.iter().map(|value| value["id"].as_str().unwrap());
        let ids: Vec<ResourceId> = ids.filter_map(|id| ResourceId::parse(id).ok()).collect();
        assert_eq!(found.len(), ids.len(), "{}", self.name());
        for id in ids {
            assert!(found.iter().any(|found| found.value.id() == &id), "{id} of {}", self.name());
        }
    }

    async fn permissions(&self) {
        self.answer([self.one.recorded.clone()]);
        let path = self.one.path();
        let (scope, _) = path.rsplit_once("/providers/").unwrap();
        let scope = ResourceId::parse(scope).unwrap();
        let texts = |value: &Value| {
            value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let of = |element: &Value| Permission {
            actions: texts(&element["actions"]),
            not_actions: texts(&element["notActions"]),
        };
        let sent = self.one.json()["value"].as_array().unwrap().iter().map(of).collect();
        let found = self.plane.permissions(&scope).await.unwrap();
        assert_eq!(found, Some(Permissions::new(sent)), "{}", self.name());
    }

    async fn set_keys(&self) {
        self.answer([self.one.recorded.clone()]);
        let version = if let Some(version) = self.one.recorded.header("etag") {
            version.to_owned()
        } else {
            // 204 has no version, so the program asks for it.
            let is_read = |other: &&Interaction| {
                other.recorded.method == "GET" && other.recorded.status == 200 && other.id() == self.one.id()
            };
            let read = self.story.iter().rfind(is_read).unwrap();
            self.answer([read.recorded.clone()]);
            read.recorded.header("etag").unwrap().to_owned()
        };
        let key = |text: &str| Key::new(text).unwrap();
        let keys = KeyPair { primary: key("a"), secondary: key("b") };
        let id = ApimSubscriptionId::try_from(self.id()).unwrap();
        let set = self.plane.set_keys(&id, keys, Expected::Anything).await.unwrap();
        assert_eq!(set.as_str(), version, "{}", self.name());
    }

    async fn keys(&self) {
        self.answer([self.one.recorded.clone()]);
        let id = ApimSubscriptionId::try_from(self.one.parent()).unwrap();
        let found = self.plane.keys(&id).await.unwrap().unwrap();
        let sent = self.one.json();
        assert_eq!(found.value.primary.expose(), sent["primaryKey"].as_str().unwrap(), "{}", self.name());
        assert_eq!(found.value.secondary.expose(), sent["secondaryKey"].as_str().unwrap(), "{}", self.name());
        assert_eq!(Some(found.etag.as_str()), self.one.recorded.header("etag"), "{}", self.name());
    }

    async fn regenerate(&self, slot: KeySlot) {
        self.answer([self.one.recorded.clone()]);
        let id = ApimSubscriptionId::try_from(self.one.parent()).unwrap();
        self.plane.regenerate(&id, slot).await.unwrap();
    }
}

fn success(body: &str) -> Recorded {
    Recorded {
        method: String::new(),
        sent: String::new(),
        status: 200,
        headers: Vec::new(),
        body: body.to_owned(),
    }
}

/// The questions after the progress of what an answer began, until it is over.
pub(crate) fn progress_of<'a>(begun: &Interaction, story: &'a [Interaction]) -> Vec<&'a Interaction> {
    let Some(link) = begun.progress() else { return Vec::new() };
    let link = Interaction { url: link, ..begun.clone() };
    let is_poll = |other: &&Interaction| {
        other.number > begun.number
            && other.recorded.method == "GET"
            && other.path() == link.path()
            && other.parameter("asyncId") == link.parameter("asyncId")
    };
    let mut polls = Vec::new();
    for poll in story.iter().filter(is_poll) {
        polls.push(poll);
        let status = serde_json::from_str::<Value>(&poll.recorded.body).unwrap_or_default();
        if poll.recorded.status != 202 && status["status"] != "InProgress" {
            break;
        }
    }
    polls
}

/// Whether a failure proves that the resource does not exist.
fn is_absence(one: &Interaction) -> bool {
    let proofs = ["ResourceNotFound", "ResourceGroupNotFound", "ServiceNotFound"];
    one.recorded.status == 404 && proofs.contains(&failure_of(one).code())
}

/// What the program decodes of a recorded failure.
pub(crate) fn failure_of(one: &Interaction) -> ArmFailure {
    let status = reqwest::StatusCode::from_u16(one.recorded.status).unwrap();
    let headers = one.recorded.headers.iter().map(|(name, value)| {
        let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, value.parse::<reqwest::header::HeaderValue>().unwrap())
    });
    ArmFailure::read(status, &headers.collect(), one.recorded.body.as_bytes())
}

/// Checks that a message has Azure's code and Azure's text, whatever the envelope.
pub(crate) fn said_in_full(message: &str, one: &Interaction) {
    let Ok(sent) = serde_json::from_str::<Value>(&one.recorded.body) else {
        // Of a page, the title is told: it names what answered in Azure's place.
        return assert!(message.contains("AzureResourceManager"), "{message}");
    };
    let error = sent.get("error").unwrap_or(&sent);
    for member in [["code", "Code"], ["message", "Message"]] {
        let Some(text) = member.iter().find_map(|name| error[name].as_str()) else { continue };
        let text = text.trim_end_matches(['.', ':']);
        assert!(message.contains(text), "`{text}` of {}: {message}", one.name());
    }
}

/// The id of an element of a list, whatever path was asked: the resource's own.
fn own_id(collection: &Collection, value: &Value) -> ResourceId {
    let name = value["name"].as_str().unwrap();
    let service = |id: &ResourceId| ApimServiceId::try_from(id.clone()).unwrap();
    match collection {
        Collection::ProductSubscriptions(product) => {
            (*product.service().apim_subscription(name).unwrap()).clone()
        }
        Collection::ApiProducts(api) => (*service(&api.parent().unwrap()).product(name).unwrap()).clone(),
        _ => ResourceId::parse(value["id"].as_str().unwrap()).unwrap(),
    }
}
