//! Names and texts of other parties, as Azure, a file or a client can contain them: markup, control characters, characters
//! that reverse the direction of a text, and 10,000 characters. None does anything in a browser, and every page fits.

use serde_json::{Value, json};

use crate::{
    azure::{Fault, Kind, LABEL, SERVICE, SITE, activity::event, site},
    in_azure,
    manners::{NARROW, WIDE},
    support::{MODEL, Sandbox, service_id},
    webdriver::Browser,
    world::Served,
};

const MARKUP: &str =
    "\"'><img src=x onerror=window.ran=1><script>window.ran=1</script><svg onload=window.ran=1></svg><b>";
const HAZARDS: &str = "\u{202e}\u{2066}\u{200f}\u{7}\u{1b}[31m\u{85}\u{2028}";
/// What an id of a resource may contain of it.
const IN_AN_ID: &str = "a'&lt;{{7}}\u{202e}\u{200f}";

/// A text with everything.
fn hostile() -> String {
    format!("{MARKUP}{HAZARDS}{}", "x".repeat(10_000))
}

/// Replaces every text by a hostile one, except those on which it depends what a resource is.
fn spoil(value: &mut Value) {
    const KEPT: [&str; 17] = [
        "id",
        "name",
        "type",
        "location",
        "defaultHostname",
        "gatewayUrl",
        "backendResourceId",
        "scope",
        "value",
        "format",
        "protocols",
        "method",
        "urlTemplate",
        "apiRevision",
        "ownerId",
        "serviceUrl",
        "path",
    ];
    match value {
        Value::String(text) => *text = hostile(),
        Value::Array(values) => values.iter_mut().for_each(spoil),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "path" {
                    *value = format!("api/{}", hostile()).into();
                } else if !KEPT.contains(&name.as_str()) {
                    spoil(value);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is wrong with the page: elements and scripts of other parties, characters that a reader does not see, and content
/// that is too wide or too tall.
async fn problems(window: &Browser) -> Vec<String> {
    let script = r"
        const found = [], root = document.documentElement;
        if (root.scrollWidth > innerWidth) {
            const wide = [...document.querySelectorAll('main *, header *')].filter((it) => it.getBoundingClientRect().right > innerWidth + 1);
            found.push(`${root.scrollWidth - innerWidth} px too wide: ${wide.map((it) => it.outerHTML.slice(0, 90)).slice(0, 3)}`);
        }
        if (window.ran) found.push('a script has run');
        const foreign = 'img, iframe, object, embed, base, style, b, [onerror], [onload], [style]';
        for (const it of document.querySelectorAll(foreign)) found.push(it.outerHTML.slice(0, 90));
        if (document.scripts.length !== 1) found.push(`${document.scripts.length} scripts`);
        const shown = root.cloneNode(true);
        shown.querySelectorAll('input[type=hidden]').forEach((it) => it.remove());
        shown.querySelector('#filter')?.removeAttribute('value');
        shown.querySelectorAll('option').forEach((it) => it.removeAttribute('value'));
        const hazard = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u202a-\u202e\u2066-\u2069]/;
        const at = shown.outerHTML.search(hazard);
        if (at >= 0) found.push(`a hazard: ${JSON.stringify(shown.outerHTML.slice(Math.max(0, at - 90), at + 9))}`);
        for (const row of document.querySelectorAll('.list tbody tr, #traffic tbody tr')) {
            if (row.offsetHeight > 400) found.push(`a row is ${row.offsetHeight} px tall: ${row.innerText.slice(0, 90)}`);
        }
        return found;";
    serde_json::from_value(window.run(script).await).unwrap()
}

/// Opens each path in a wide and in a narrow window, and waits until it says this.
async fn check(window: &Browser, pages: &[(&str, &str)]) {
    for look in [WIDE, NARROW] {
        window.resize(look).await;
        for (path, words) in pages {
            window.go(path).await;
            window.says(words).await;
            let path = &path[..path.len().min(60)];
            assert_eq!(problems(window).await, Vec::<String>::new(), "{path}, {} px", look.width);
        }
    }
}

#[tokio::test]
async fn a_check_of_hostile_names_finds_what_it_is_for() {
    let served = Served::with_sites(1);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.says("e0").await;
    assert_eq!(problems(&window).await, Vec::<String>::new());
    for (spoilt, word) in [
        ("main.innerHTML += '<img src=x>'", "<img"),
        ("main.append(document.createElement('script'))", "scripts"),
        ("main.append('\\u202e')", "hazard"),
        ("main.querySelector('a').title = '\\u0007'", "hazard"),
        ("main.style.width = '3000px'", "too wide"),
        ("main.querySelector('tbody tr').style.height = '500px'", "px tall"),
        ("window.ran = 1", "has run"),
    ] {
        window.go("/").await;
        window.run(&format!("const main = document.getElementById('main'); {spoilt}")).await;
        let found = problems(&window).await.join("; ");
        assert!(found.contains(word), "{spoilt}: {found}");
    }
}

#[tokio::test]
async fn hostile_names_of_a_configuration_and_a_model_do_nothing_and_fit_the_window() {
    let sandbox = Sandbox::with_sites(2);
    let long = format!("{IN_AN_ID}{}", "y".repeat(10_000));
    let config = String::from_utf8(sandbox.read("swa-apim.toml")).unwrap();
    // A name in TOML has no control characters.
    let env: String = hostile().chars().filter(|c| !c.is_control()).collect();
    let config = config.replace("[env.e0]", &format!("[env.{}]", serde_json::to_string(&env).unwrap()));
    sandbox.write("swa-apim.toml", &config.replace("/site-0\"", &format!("/{long}\"")));
    let model = String::from_utf8(sandbox.read(MODEL)).unwrap();
    sandbox.write(MODEL, &model.replace("/staticSites/site-0", &format!("/staticSites/{long}")));
    sandbox.succeed(&["link", "--all"]);
    let mut model = sandbox.model();
    model["resources"].as_array_mut().unwrap().iter_mut().for_each(spoil);
    sandbox.write(MODEL, &model.to_string());
    let served = Served::of(sandbox, &[]);
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.says("shop-apim").await;
    let link = window.run("return document.querySelector('#links tbody a').getAttribute('href')").await;
    let link = link.as_str().unwrap().to_owned();
    let (relink, purge) = (format!("{link}/relink"), format!("{link}/purge"));
    let prune = format!("/prune?service={}", in_azure::encoded(&service_id()));
    let pages = [
        ("/", "shop-apim"),
        (link.as_str(), "Parts"),
        (&relink, "onerror"),
        (&purge, "onerror"),
        ("/services", "shop-apim"),
        ("/picture", "shop-apim"),
        (&prune, "shop-apim"),
        ("/?q=%22%3E%3Cimg%20src%3Dx%3E%E2%80%AE", "No link matches"),
    ];
    check(&window, &pages).await;
}

#[tokio::test]
async fn hostile_texts_of_azure_do_nothing_and_fit_the_window() {
    let azure = in_azure::scene();
    // An address is shorter than 32 KiB.
    let other = format!("{SITE}-{IN_AN_ID}{}", "y".repeat(2_000));
    azure.put(&site(&other, "calm-second.5.azurestaticapps.net"));
    let served = in_azure::served(&azure, &in_azure::one_env());
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    window.go("/links/prod/link").await;
    window.click("form.apply button").await;
    window.says("Applied.").await;
    let product = format!("{SERVICE}/products/{LABEL}");
    let mut events = Vec::new();
    for (number, operation) in
        ["products/write", "products/delete", "products/policies/write"].iter().enumerate()
    {
        let operation = format!("Microsoft.ApiManagement/service/{operation}");
        let mut one = event(&operation, &product, (number, "Succeeded", "2026-01-01T00:00:00Z"));
        one["caller"] = json!(hostile());
        one["status"] = json!({"value": hostile(), "localizedValue": hostile()});
        one["operationName"]["localizedValue"] = json!(hostile());
        events.push(one);
    }
    azure.log(events);
    let ids = azure.state().ids();
    for id in ids {
        let mut resource = azure.state().get(&id).unwrap().clone();
        spoil(&mut resource);
        azure.put(&resource);
    }
    let outside = format!("/site?id={}", in_azure::encoded(&format!("{SITE}-other")));
    let linked = format!("{outside}&environment=default&apim={}", in_azure::encoded(SERVICE));
    let prune = format!("/prune?service={}", in_azure::encoded(SERVICE));
    window.go("/links/prod").await;
    window.says("onerror").await;
    let pages = [
        ("/", "gate"),
        ("/links/prod", "History"),
        ("/links/prod/relink", "onerror"),
        ("/links/prod/purge", "onerror"),
        ("/services", "gate"),
        ("/picture", "gate"),
        (&outside, "shop-other"),
        (&linked, "shop-other"),
        (&prune, "gate"),
    ];
    check(&window, &pages).await;
    let refused = Kind::Error(403, "AuthorizationFailed", Box::leak(hostile().into_boxed_str()));
    azure.fault(Fault::always("GET", "", refused.clone()));
    azure.fault(Fault::always("POST", "", refused));
    check(&window, &[("/links/prod/link", "onerror"), ("/links/prod/relink", "onerror")]).await;
}

/// An API that answers with markup, and with characters that a reader does not see.
#[cfg(feature = "emulator")]
fn hostile_api() -> String {
    use std::io::{Read as _, Write as _};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let body = hostile();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nx-said: {MARKUP}{}\r\ncontent-length: {}\r\nconnection: \
                 close\r\n\r\n",
                "x".repeat(4_000),
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), body.as_bytes()].concat());
        }
    });
    format!("http://{address}")
}

#[cfg(feature = "emulator")]
#[tokio::test]
async fn hostile_requests_and_answers_of_an_emulator_do_nothing_and_fit_the_window() {
    use crate::emulated_browser::call;

    let sandbox = Sandbox::with_sites(1);
    sandbox.succeed(&["link", "--all"]);
    let mut model = sandbox.model();
    for resource in model["resources"].as_array_mut().unwrap() {
        if resource["id"].as_str().unwrap().ends_with("/apis/orders")
            && resource["properties"].get("path").is_some()
        {
            resource["properties"]["serviceUrl"] = hostile_api().into();
        }
    }
    sandbox.write(MODEL, &model.to_string());
    let (served, ready) = Served::beside_emulator(sandbox, &[]);
    let data_plane = ready["dataPlane"].as_str().unwrap();
    let Some(window) = Browser::open(&served, WIDE).await else { return };
    let path = in_azure::encoded(&format!("{MARKUP}{HAZARDS}"));
    call(data_plane, &format!("/api/orders/{path}{}", "x".repeat(5_000))).await;
    call(data_plane, &format!("/{path}")).await;
    let pages =
        [("/traffic", "/api/orders/"), ("/traffic/1", "Hops"), ("/traffic?q=%3Cimg%E2%80%AE", "No request")];
    check(&window, &pages).await;
    for look in [WIDE, NARROW] {
        window.resize(look).await;
        window.go("/try").await;
        window.click("#path").await;
        window.press("orders/7").await;
        window.click("form.fields button").await;
        window.says("Body").await;
        window.says("onerror").await;
        assert_eq!(problems(&window).await, Vec::<String>::new(), "an answer, {} px", look.width);
        window.go("/switches").await;
        window.click("#faults").await;
        window.press("<img src=x onerror=window.ran=1>").await;
        window.click("button[value=save]").await;
        window.says("Nothing was changed").await;
        assert_eq!(
            problems(&window).await,
            Vec::<String>::new(),
            "a switch that is refused, {} px",
            look.width
        );
    }
}
