//! Two emulators on one file, killed again and again while clients and commands change the model: an acknowledged change
//! stays, a deleted resource stays deleted, an older value never replaces a newer one, and the serial only grows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    support::{Sandbox, sites_hold_live_keys, told},
    world::{APIM, Answer, Emulated, TOKEN, raw, service},
};

/// How many clients change a product each.
const WRITERS: usize = 3;

/// For how long the emulators are killed: `KILLED_FOR` seconds, or 5.
fn time() -> Duration {
    let seconds = std::env::var("KILLED_FOR").ok().map(|seconds| seconds.parse().unwrap());
    Duration::from_secs(seconds.unwrap_or(5))
}

/// What clients know of the changes that were acknowledged.
#[derive(Clone, Default)]
struct Acknowledged {
    /// The number in each product's name, by product.
    numbers: BTreeMap<String, u64>,
    /// The products that are gone for good.
    deleted: BTreeSet<String>,
    /// The keys that ended.
    ended: BTreeSet<String>,
}

struct Scene {
    sandbox: Arc<Sandbox>,
    addresses: [Mutex<String>; 2],
    acknowledged: Mutex<Acknowledged>,
    /// How many changes were acknowledged.
    changes: AtomicUsize,
    over: AtomicBool,
}

impl Scene {
    /// Sends a request to one of the emulators; `None` where that ends before it answers.
    fn send(&self, to: usize, method: &str, product: &str, body: &Value) -> Option<Answer> {
        let address = self.addresses[to % 2].lock().unwrap().clone();
        let path = format!("{}/products/{product}?deleteSubscriptions=true&api-version={APIM}", service());
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("Host", address.as_str()), ("Authorization", &bearer), ("If-Match", "*")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = raw(&address, method, &path, &headers, body.as_bytes())?;
        // 503 is the answer where the other emulator holds the lock too long.
        assert!(answer.status < 500 || answer.status == 503, "{method} {product}: {}", answer.text);
        (answer.status < 500).then_some(answer)
    }

    fn is_over(&self) -> bool {
        self.over.load(SeqCst)
    }

    fn note(&self, change: impl FnOnce(&mut Acknowledged)) {
        change(&mut self.acknowledged.lock().unwrap());
        self.changes.fetch_add(1, SeqCst);
    }

    /// The model as it is in the file, judged by what was acknowledged before it was read.
    fn judged(&self) -> Value {
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        let model = self.sandbox.model();
        let numbers = numbers(&model);
        for (product, number) in &acknowledged.numbers {
            let found = numbers.get(product);
            assert!(found >= Some(number), "{product} is at {found:?}, and {number} was acknowledged");
        }
        let risen: Vec<_> = acknowledged.deleted.iter().filter(|name| numbers.contains_key(*name)).collect();
        assert!(risen.is_empty(), "{risen:?} were deleted, and are there again");
        let keys = keys(&model);
        assert!(acknowledged.ended.is_disjoint(&keys), "a key that ended is there again");
        model
    }
}

/// The numbers in the names of products, by product.
fn numbers(model: &Value) -> BTreeMap<String, u64> {
    let all = model["resources"].as_array().unwrap().iter();
    let products = all.filter(|it| it["type"] == "Microsoft.ApiManagement/service/products");
    let numbered = |product: &Value| {
        let shown = product["properties"]["displayName"].as_str()?;
        Some((product["name"].as_str()?.to_owned(), shown.rsplit_once(' ')?.1.parse().ok()?))
    };
    products.filter_map(numbered).collect()
}

/// Every key of the model.
fn keys(model: &Value) -> BTreeSet<String> {
    let secrets = model["secrets"].as_object().into_iter().flat_map(|secrets| secrets.values());
    let keys = secrets.flat_map(|keys| keys.as_object().unwrap());
    let keys = keys.filter(|(name, _)| name.ends_with("Key"));
    keys.filter_map(|(_, key)| key.as_str().map(str::to_owned)).collect()
}

/// Gives a product ever higher numbers, by either emulator.
fn write(scene: &Scene, writer: usize) {
    let product = format!("written-{writer}");
    for number in 1.. {
        if scene.is_over() {
            return;
        }
        let body = json!({"properties": {"displayName": format!("{product} {number}")}});
        let turn = writer + usize::try_from(number).unwrap();
        let Some(answer) = scene.send(turn, "PUT", &product, &body) else { continue };
        assert!([200, 201].contains(&answer.status), "{product}: {}", answer.text);
        scene.note(|known| known.numbers.extend([(product.clone(), number)]));
        if let Some(seen) = scene.send(turn + 1, "GET", &product, &Value::Null) {
            let shown = seen.body["properties"]["displayName"].as_str().unwrap_or_default();
            assert_eq!(shown, format!("{product} {number}"), "the other emulator sees it");
        }
    }
}

/// Creates products and deletes them, by either emulator.
fn create_and_delete(scene: &Scene) {
    for number in 1.. {
        if scene.is_over() {
            return;
        }
        let product = format!("passing-{number}");
        let body = json!({"properties": {"displayName": format!("{product} {number}")}});
        if scene.send(number, "PUT", &product, &body).is_none() {
            continue;
        }
        scene.changes.fetch_add(1, SeqCst);
        if let Some(answer) = scene.send(number + 1, "DELETE", &product, &Value::Null) {
            assert!([200, 204].contains(&answer.status), "{product}: {}", answer.text);
            scene.note(|known| known.deleted.extend([product]));
        }
    }
}

/// Links, adds an API and rotates the key, by commands on the file.
fn command(scene: &Scene) {
    let run = |args: &[&str]| {
        let mut command = scene.sandbox.command(&[args, &["--timeout", "5m"]].concat());
        let output = command.env("SWA_APIM_GRACE", "0s").output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", told(&output));
    };
    run(&["link", "--env", "e0"]);
    run(&["api", "add", "catalog", "--env", "e0", "--yes"]);
    let mut live = keys(&scene.sandbox.model());
    while !scene.is_over() {
        run(&["relink", "--env", "e0", "--yes"]);
        let now = keys(&scene.sandbox.model());
        let ended: Vec<String> = live.difference(&now).cloned().collect();
        assert!(!ended.is_empty(), "a rotation ends a key");
        scene.note(|known| known.ended.extend(ended));
        live = now;
    }
}

/// Reads the file all the while.
fn watch(scene: &Scene) {
    let (mut serial, mut seen) = (0, BTreeMap::new());
    while !scene.is_over() {
        let model = scene.judged();
        let now = model["serial"].as_u64().unwrap();
        assert!(now >= serial, "the serial was {serial} and is {now}");
        let numbers = numbers(&model);
        for (product, number) in &seen {
            let found = numbers.get(product).unwrap_or(number);
            assert!(found >= number, "{product} was at {number} and is at {found}");
        }
        (serial, seen) = (now, numbers);
    }
}

/// Ends the scene also where a thread panics, so that the test ends.
struct Curtain<'a>(&'a AtomicBool);

impl Drop for Curtain<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

#[test]
fn acknowledged_changes_stay_however_often_emulators_are_killed() {
    const ARGS: [&str; 4] = ["--log", "off", "--timeout", "5m"];
    let sandbox = Arc::new(Sandbox::with_sites(1));
    let mut emulators = [0, 1].map(|_| Emulated::over(Arc::clone(&sandbox), &ARGS));
    let addresses = [0, 1].map(|at: usize| Mutex::new(emulators[at].control.clone()));
    let scene = Scene {
        sandbox: Arc::clone(&sandbox),
        addresses,
        acknowledged: Mutex::default(),
        changes: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    };
    let (scene, mut killed) = (&scene, 0);
    thread::scope(|scope| {
        let curtain = Curtain(&scene.over);
        let with_curtain = |play: &dyn Fn()| {
            let _curtain = Curtain(&scene.over);
            play();
        };
        for writer in 0..WRITERS {
            scope.spawn(move || with_curtain(&|| write(scene, writer)));
        }
        scope.spawn(move || with_curtain(&|| create_and_delete(scene)));
        scope.spawn(move || with_curtain(&|| command(scene)));
        scope.spawn(move || with_curtain(&|| watch(scene)));
        let begun = Instant::now();
        while begun.elapsed() < time() && !scene.is_over() {
            let enough = scene.changes.load(SeqCst) + 10;
            while scene.changes.load(SeqCst) < enough && !scene.is_over() {
                thread::sleep(Duration::from_millis(1));
            }
            let at = killed % 2;
            // What takes its place drops, and so kills, the one that runs.
            emulators[at] = Emulated::over(Arc::clone(&sandbox), &ARGS);
            *scene.addresses[at].lock().unwrap() = emulators[at].control.clone();
            killed += 1;
        }
        drop(curtain);
    });
    let model = scene.judged();
    assert!(sites_hold_live_keys(&model));
    assert!(killed > 0 && scene.changes.load(SeqCst) > 0);
    let status = sandbox.status();
    assert_eq!(status["links"][0]["state"], "linked", "{status}");
}
