//! Links that are read again: only those that a change of their model concerns, and with the same result as all of them.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    sync::Arc,
};

use serde_json::{Value, json};
use swa_apim::{
    ambient::System,
    cli,
    config::{FILE_NAME, MODEL_NAME},
    engine::{Existing, Intent, Previews},
    model::{ApimServiceId, KeySlot, Resource, ResourceId},
    provider::{Expected, Writes as _, json::JsonControlPlane},
    report::LinkReport,
    workflow::{
        self, Deaf, ExitDetail, KnownOverview, LinkChange, OtherSites, Overview, Workspace, WorkspaceOptions,
        WriteAccess,
    },
};

const PROVIDERS: &str = "/subscriptions/s/resourceGroups/rg/providers";
const SITES: [&str; 4] = ["docs", "help", "mail", "shop"];

fn service() -> ApimServiceId {
    ApimServiceId::parse(&format!("{PROVIDERS}/Microsoft.ApiManagement/service/apim")).unwrap()
}

fn site(name: &str) -> String {
    format!("{PROVIDERS}/Microsoft.Web/staticSites/{name}")
}

fn resource(id: &str, sku: &str, properties: &Value) -> Resource {
    Resource::from_value(json!({"id": id, "sku": {"name": sku}, "properties": properties})).unwrap()
}

fn open(folder: &Path) -> Workspace {
    Workspace::open(folder, WorkspaceOptions::new(cli::command_line)).unwrap()
}

/// Changes the model as another program does.
async fn change(folder: &Path, change: impl AsyncFnOnce(&JsonControlPlane)) {
    let path = folder.join(MODEL_NAME);
    let model = JsonControlPlane::open(&path, std::time::Duration::ZERO, Arc::new(System)).unwrap();
    model.begin().await.unwrap();
    change(&model).await;
    model.commit().await.unwrap();
}

/// Four sites, each linked, and a configuration that finds two of them by name only.
async fn four_links() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(MODEL_NAME);
    drop(JsonControlPlane::create(&path, "", std::time::Duration::ZERO, Arc::new(System)).unwrap());
    change(folder.path(), async |model| {
        let gateway = json!({"gatewayUrl": "https://apim.azure-api.net", "provisioningState": "Succeeded"});
        put(model, resource(service().as_str(), "Standard", &gateway)).await;
        let api = service().api("orders").unwrap();
        put(model, resource(api.as_str(), "", &json!({"path": "api/orders", "displayName": "Orders"}))).await;
        for name in SITES {
            let host = json!({"defaultHostname": format!("calm-sea-{name}.5.azurestaticapps.net")});
            put(model, resource(&site(name), "Standard", &host)).await;
        }
    })
    .await;
    let env = |name: &str| {
        let group = if name < "m" { "resource-group = \"rg\"\nsubscription = \"s\"\n" } else { "" };
        format!(
            "[env.{name}]\nstatic-web-app = \"{name}\"\napim = \"apim\"\napis = [\"orders\"]\n\
             max-key-age = \"30d\"\n{group}\n"
        )
    };
    let head = format!("[provider.json]\nmodel = \"{MODEL_NAME}\"\n");
    write(&folder.path().join(FILE_NAME), (head + &SITES.map(env).concat()).as_bytes());
    let work = open(folder.path());
    let link = LinkChange::new(Intent::Link { existing: Existing::Keep });
    let proposal = workflow::propose(&work, &work.envs(true).unwrap(), &link, &Deaf).await.unwrap();
    proposal.carry_out(&work, WriteAccess::grant(), &Deaf).await;
    folder
}

fn write(path: &Path, content: &[u8]) {
    File::create(path).unwrap().write_all(content).unwrap();
}

async fn put(model: &JsonControlPlane, resource: Resource) {
    model.put(resource, Expected::Anything).await.unwrap();
}

/// Reads all links as if for the first time.
async fn status(folder: &Path) -> Vec<Value> {
    let work = open(folder);
    let envs = work.envs(true).unwrap();
    let status = workflow::status(&work, &envs, Previews::Allow, ExitDetail::Plain, &Deaf).await.unwrap();
    status.report.links.iter().map(|link| serde_json::to_value(link).unwrap()).collect()
}

/// Reads again and again, as a page does.
struct Reader {
    options: WorkspaceOptions,
    known: KnownOverview,
}

impl Reader {
    fn new() -> Self {
        Self { options: WorkspaceOptions::new(cli::command_line), known: KnownOverview::default() }
    }

    async fn read(&mut self, folder: &Path, others: OtherSites) -> Overview {
        let work = Workspace::open(folder, self.options.clone()).unwrap();
        let envs = work.envs(true).unwrap();
        workflow::overview(&work, &envs, others, &Deaf, &mut self.known).await.unwrap()
    }
}

async fn again(folder: &Path, reader: &mut Reader) -> Vec<Arc<LinkReport>> {
    reader.read(folder, OtherSites::Skip).await.links
}

/// Reads the sites that no env names again, compares them with a first read, and returns them with their states.
async fn others(folder: &Path, reader: &mut Reader) -> Vec<String> {
    let again = reader.read(folder, OtherSites::Read).await.others.unwrap();
    let first = Reader::new().read(folder, OtherSites::Read).await.others.unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&first).unwrap());
    let shown =
        again.sites.iter().map(|site| format!("{} {} {}", site.name, site.environment, site.state.as_str()));
    shown.collect()
}

/// Reads the links again, compares them with a first read, and returns the sites whose links were observed again.
async fn observed(
    folder: &Path,
    reader: &mut Reader,
    before: &mut Vec<Arc<LinkReport>>,
) -> Vec<&'static str> {
    let now = again(folder, reader).await;
    let as_json: Vec<Value> = now.iter().map(|link| serde_json::to_value(link.as_ref()).unwrap()).collect();
    assert_eq!(as_json, status(folder).await);
    let pairs = SITES.into_iter().zip(before.iter().zip(&now));
    let others = pairs.filter(|(_, (before, now))| !Arc::ptr_eq(before, now)).map(|(name, _)| name).collect();
    *before = now;
    others
}

#[tokio::test]
async fn only_the_links_that_a_change_concerns_are_observed_again() {
    let folder = four_links().await;
    let folder = folder.path();
    let mut reader = Reader::new();
    let mut links = again(folder, &mut reader).await;
    assert!(links.iter().all(|link| link.state.as_str() == "linked"), "{links:?}");
    assert!(observed(folder, &mut reader, &mut links).await.is_empty());

    let product = |at: usize| links[at].product.as_ref().unwrap().id.clone();
    let products: Vec<ResourceId> =
        (0..SITES.len()).map(|at| ResourceId::parse(&product(at)).unwrap()).collect();
    let subscription = links[1].subscription.as_ref().unwrap().id.clone();

    change(folder, async |model| {
        let backend = format!("{}/builds/default/linkedBackends", site("docs"));
        let found = model.resources().unwrap();
        let backend = found.iter().find(|it| it.id().as_str().starts_with(&backend)).unwrap().id().clone();
        model.delete(&backend, Expected::Anything).await.unwrap();
    })
    .await;
    assert_eq!(observed(folder, &mut reader, &mut links).await, ["docs"]);
    assert_ne!(links[0].state.as_str(), "linked");

    change(folder, async |model| {
        let id = ResourceId::parse(&subscription).unwrap().try_into().unwrap();
        model.regenerate(&id, KeySlot::Primary).await.unwrap();
    })
    .await;
    assert_eq!(observed(folder, &mut reader, &mut links).await, ["help"]);

    change(folder, async |model| {
        let policy = ResourceId::parse(&format!("{}/policies/policy", products[2])).unwrap();
        model.delete(&policy, Expected::Anything).await.unwrap();
    })
    .await;
    assert_eq!(observed(folder, &mut reader, &mut links).await, ["mail"]);
    assert!(!links[2].findings.is_empty());

    // A product with the name that a link's product had can be taken for it.
    let title = links[3].product.as_ref().unwrap().display_name.clone();
    change(folder, async |model| {
        let id = products[3].as_str();
        put(model, resource(id, "", &json!({"displayName": "renamed"}))).await;
    })
    .await;
    assert_eq!(observed(folder, &mut reader, &mut links).await, ["shop"]);
    change(folder, async |model| {
        let twin = service().product("twin").unwrap();
        put(model, resource(twin.as_str(), "", &json!({"displayName": title}))).await;
    })
    .await;
    assert_eq!(observed(folder, &mut reader, &mut links).await, ["shop"]);
}

#[tokio::test]
async fn what_links_have_in_common_concerns_all_of_them() {
    let folder = four_links().await;
    let folder = folder.path();
    let mut reader = Reader::new();
    let mut links = again(folder, &mut reader).await;

    // An API that each product has.
    change(folder, async |model| {
        let api = service().api("orders").unwrap();
        put(model, resource(api.as_str(), "", &json!({"path": "orders", "displayName": "Orders"}))).await;
    })
    .await;
    assert_eq!(observed(folder, &mut reader, &mut links).await, SITES);

    // Names can mean other resources.
    change(folder, async |model| {
        let twin = site("mail").replace("/rg/", "/other/");
        put(model, resource(&twin, "Standard", &json!({"defaultHostname": "other.azurestaticapps.net"})))
            .await;
    })
    .await;
    assert_eq!(observed(folder, &mut reader, &mut links).await, SITES);
    assert!(links[2].error.is_some(), "two sites have this name");

    // Another configuration of one env.
    let file = folder.join(FILE_NAME);
    let text = fs::read_to_string(&file).unwrap();
    write(&file, text.replacen("apis = [\"orders\"]", "apis = []", 1).as_bytes());
    assert_eq!(observed(folder, &mut reader, &mut links).await, ["docs", "mail"], "a failure is not kept");

    // A model that cannot be read is reported with each link, and read again later.
    let model = folder.join(MODEL_NAME);
    let whole = fs::read(&model).unwrap();
    write(&model, &whole[..whole.len() / 2]);
    let failed = again(folder, &mut reader).await;
    assert!(failed.iter().all(|link| link.error.is_some()));
    write(&model, &whole);
    assert_eq!(observed(folder, &mut reader, &mut links).await, SITES);
}

#[tokio::test]
async fn the_sites_that_no_env_names_are_those_of_a_first_read_after_any_change() {
    let folder = four_links().await;
    let folder = folder.path();
    let mut reader = Reader::new();
    assert!(others(folder, &mut reader).await.is_empty());
    let add = async |id: String| {
        let host = format!("{}.azurestaticapps.net", id.rsplit('/').next().unwrap());
        let host = json!({"defaultHostname": host, "hostname": host});
        change(folder, async |model| put(model, resource(&id, "Standard", &host)).await).await;
    };

    add(site("new")).await;
    assert_eq!(others(folder, &mut reader).await, ["new default unlinked"]);
    change(folder, async |model| {
        let backend = format!("{}/builds/default/linkedBackends/apim", site("new"));
        put(model, resource(&backend, "", &json!({"backendResourceId": service().as_str()}))).await;
    })
    .await;
    assert_eq!(others(folder, &mut reader).await, ["new default partial"]);

    // A preview of a site that an env names.
    add(format!("{}/builds/staging", site("mail"))).await;
    assert_eq!(others(folder, &mut reader).await, ["mail staging unlinked", "new default partial"]);

    // An env for the site.
    let file = folder.join(FILE_NAME);
    let text = fs::read_to_string(&file).unwrap();
    write(&file, format!("{text}[env.new]\nstatic-web-app = \"new\"\napim = \"apim\"\n").as_bytes());
    assert_eq!(others(folder, &mut reader).await, ["mail staging unlinked"]);
    write(&file, text.as_bytes());
    assert_eq!(others(folder, &mut reader).await, ["mail staging unlinked", "new default partial"]);

    for gone in [format!("{}/builds/staging", site("mail")), site("new")] {
        let gone = ResourceId::parse(&gone).unwrap();
        change(folder, async |model| model.delete(&gone, Expected::Anything).await.unwrap()).await;
    }
    assert!(others(folder, &mut reader).await.is_empty());

    // A second site with the name of an env's site: the name means neither of them.
    add(site("docs").replace("/rg/", "/other/")).await;
    assert_eq!(others(folder, &mut reader).await, ["docs default unlinked"]);
    add(site("mail").replace("/rg/", "/other/")).await;
    assert_eq!(others(folder, &mut reader).await.len(), 3);
}
