//! Pictures of links: what is in them, that nothing in a name becomes markup, and that who draws them takes them.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{CONFIG, MODEL, Shop, apim, backends, service, site};

/// A text that means something in SVG, in Mermaid, in DOT and to a shell.
const EVIL: &str = r#"a"]<b>&`#;x"#;

/// Three sites: one linked, one unlinked, one linked elsewhere.
fn fleet() -> Shop {
    let shop = Shop::linked();
    for (name, label) in [("docs", "calm-sea-1"), ("blog", "calm-sea-2")] {
        let id = site().replace("shop-web", name);
        shop.add([json!({"id": id, "name": name, "type": "Microsoft.Web/staticSites", "location": "x",
            "sku": {"name": "Standard"}, "properties": {"defaultHostname": format!("{label}.azurestaticapps.net")}})]);
        shop.add_env(&format!("[env.{name}]\nstatic-web-app = '{id}'\napim = '{}'", apim()));
    }
    let elsewhere = backends().replace("shop-web", "blog");
    shop.add([json!({"id": format!("{elsewhere}/old"), "name": "old",
        "type": "Microsoft.Web/staticSites/builds/linkedBackends",
        "properties": {"backendResourceId": service("old"), "provisioningState": "Succeeded"}})]);
    shop
}

#[test]
fn the_picture_of_one_link_is_a_flowchart() {
    Shop::linked().run("graph").exits(0).is(snapbox::str![[r#"
exit 0
--- stdout
flowchart LR
  site0["shop-web"]
  subgraph service0["shop-apim<br/>Consumption"]
    product0x0[["agreeable-smoke-06273c21e"]]
    api0x0(["orders<br/>/api/orders"])
  end
  site0 -->|"✓ linked"| product0x0
  product0x0 --> api0x0

"#]]);
}

#[test]
fn every_format_says_the_state_of_every_link_in_words() {
    let shop = fleet();
    for format in ["mermaid", "dot", "svg"] {
        let text = shop.run(&format!("graph --all --format {format}")).exits(0).stdout.clone();
        for word in
            ["shop-web", "docs", "blog", "linked", "unlinked", "dangling", "old", "not found", "orders"]
        {
            assert!(text.contains(word), "{format} does not say `{word}`:\n{text}");
        }
    }
}

#[test]
fn the_extension_of_the_file_selects_the_format() {
    let shop = Shop::linked();
    for (file, begins) in
        [("a.svg", "<svg "), ("a.gv", "digraph "), ("a.mmd", "flowchart "), ("a", "flowchart ")]
    {
        let run = shop.run(&format!("graph --out {file}"));
        assert_eq!(run.exits(0).stdout, "", "{file}");
        assert!(shop.read(file).starts_with(begins), "{file}");
    }
    shop.run("graph --out a.txt --format dot").exits(0);
    assert!(shop.read("a.txt").starts_with("digraph "));
    shop.run("graph --out nowhere/a.svg").exits(2);
}

#[test]
fn only_a_service_shows_every_site_that_is_linked_to_it() {
    let shop = fleet();
    shop.write(CONFIG, "[provider.json]\nmodel = 'control-plane.json'\n");
    let text = shop.run("graph --apim shop-apim").exits(0).stdout.clone();
    assert!(text.contains("shop-web") && !text.contains("docs") && !text.contains("blog"), "{text}");
    shop.run("graph --apim shop-apom").exits(4);
}

#[test]
fn links_that_cannot_be_read_are_drawn_as_unknown() {
    let shop = fleet();
    shop.add_env("[env.lost]\nstatic-web-app = 'lost'\napim = 'shop-apim'");
    let run = shop.run("graph --all");
    assert!(run.exits(4).stdout.contains("✗ unknown"), "{}", run.stdout);
}

/// A model in which names are as bad as they can be where the model allows it.
fn evil() -> Shop {
    let shop = Shop::sample();
    shop.edit(|model| {
        for resource in model["resources"].as_array_mut().unwrap() {
            let id = resource["id"].as_str().unwrap().to_owned();
            if id.ends_with("/apis/orders") {
                resource["properties"]["path"] = format!("api/{EVIL}").into();
            }
            if id == apim() {
                resource["sku"]["name"] = EVIL.into();
            }
        }
    });
    let line = shop.env_line();
    shop.configure(&line, &format!("[env.'{}']", EVIL.replace('"', "")));
    shop.run("link").exits(0);
    shop
}

#[test]
fn nothing_in_a_name_becomes_markup() {
    let shop = evil();
    let svg = shop.run("graph --format svg").exits(0).stdout.clone();
    assert!(!svg.contains("<b>") && svg.contains("&lt;b&gt;"), "{svg}");
    let mermaid = shop.run("graph").exits(0).stdout.clone();
    assert!(!mermaid.contains("<b>") && !mermaid.contains(EVIL), "{mermaid}");
    assert_eq!(mermaid.matches('"').count() % 2, 0, "{mermaid}");
}

/// What a program that reads the picture from standard input makes of it; nothing where there is none.
fn drawn(program: &str, arguments: &[&str], picture: &str) -> Option<Vec<u8>> {
    use std::io::Write as _;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        crate::skip::skipped(&format!("there is no {program}"));
        return None;
    };
    child.stdin.take().unwrap().write_all(picture.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{picture}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
fn graphviz_and_a_renderer_of_svg_take_what_is_drawn() {
    for shop in [fleet(), evil()] {
        let dot = shop.run("graph --all --format dot").exits(0).stdout.clone();
        if let Some(svg) = drawn("dot", &["-Tsvg"], &dot) {
            assert!(String::from_utf8(svg).unwrap().contains("orders"));
        }
        let svg = shop.run("graph --all --format svg").exits(0).stdout.clone();
        if let Some(png) = drawn("rsvg-convert", &[], &svg) {
            assert!(png.starts_with(b"\x89PNG"), "{} bytes", png.len());
        }
    }
}

#[test]
fn a_hundred_sites_have_a_row_each_and_no_two_boxes_share_a_place() {
    let shop = Shop::sample();
    let mut config = "[provider.json]\nmodel = 'control-plane.json'\n".to_owned();
    let sites: Vec<Value> = (0..100)
        .map(|n| {
            let id = site().replace("shop-web", &format!("site-{n}"));
            let apim = apim();
            write!(config, "[env.e{n}]\nstatic-web-app = '{id}'\napim = '{apim}'\napis = ['orders']\n").unwrap();
            json!({"id": id, "name": format!("site-{n}"), "type": "Microsoft.Web/staticSites", "location": "x",
                "sku": {"name": "Standard"}, "properties": {"defaultHostname": format!("calm-{n}.azurestaticapps.net")}})
        })
        .collect();
    shop.add(sites);
    shop.write(CONFIG, config);
    shop.run("link --all -q").exits(0);
    let svg = shop.run("graph --all --format svg").exits(0).stdout.clone();
    let boxes: Vec<[i32; 4]> =
        svg.lines().filter(|line| line.starts_with("<rect class=\"b")).map(place).collect();
    assert_eq!(boxes.len(), 100 + 100 + 1 + 1, "sites, products, the service, the API");
    for (at, one) in boxes.iter().enumerate() {
        for other in &boxes[at + 1..] {
            assert!(!overlap(*one, *other), "{one:?} and {other:?}");
        }
    }
    assert!(!shop.read(MODEL).is_empty());
}

/// Left, top, width and height of a rectangle.
fn place(line: &str) -> [i32; 4] {
    ["x", "y", "width", "height"].map(|name| {
        let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    })
}

fn overlap(one: [i32; 4], other: [i32; 4]) -> bool {
    let along = |at: usize| one[at] < other[at] + other[at + 2] && other[at] < one[at] + one[at + 2];
    along(0) && along(1)
}

/// `--open` starts the machine's opener, which is one of our own here.
#[cfg(target_os = "linux")]
#[test]
fn open_hands_a_picture_to_the_machine() {
    use std::os::unix::fs::PermissionsExt as _;
    let shop = Shop::linked();
    shop.write("xdg-open", "#!/bin/sh\ncp \"$1\" opened.svg.part && mv opened.svg.part opened.svg\n");
    std::fs::set_permissions(shop.path("xdg-open"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", shop.path("").display());
    shop.run_with("graph --open --out a.svg", &[("PATH", &path)]).exits(0);
    let mut waits = 0..500;
    while !shop.path("opened.svg").exists() && waits.next().is_some() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(shop.read("opened.svg"), shop.read("a.svg"));
    let run = shop
        .run_with("graph --open", &[("PATH", "/nowhere"), ("TMPDIR", &shop.path("").display().to_string())]);
    assert!(run.exits(2).stderr.contains("manually"), "{}", run.stderr);
}
