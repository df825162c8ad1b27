//! A directory as the content of a site.

use std::path::Path;

use hyper::Method;

use super::world::{OTHER_SITE, SITE, World, request};

#[expect(clippy::disallowed_methods, reason = "files for a test")]
pub(super) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

async fn world(folder: &Path) -> World {
    let site = folder.join("site");
    write(&site.join("index.html"), "<h1>shop</h1>");
    write(&site.join("a b.js"), "1");
    write(&site.join("docs/index.html"), "docs");
    write(&site.join("empty/file"), "");
    write(&folder.join("secret"), "secret");
    World::with_content(vec![("MANGO".to_owned(), site)]).await
}

#[tokio::test]
async fn files_come_with_their_types_and_the_api_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    for (path, content_type, body) in [
        ("/", "text/html", "<h1>shop</h1>"),
        ("/index.html", "text/html", "<h1>shop</h1>"),
        ("/a%20b.js?v=1", "text/javascript", "1"),
        ("/docs/", "text/html", "docs"),
    ] {
        let answer = world.get(SITE, path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        assert_eq!(answer.header("content-type"), content_type, "{path}");
    }
    assert_eq!(world.get(SITE, "/api/orders").await.status, 200);
    assert_eq!(world.get(OTHER_SITE, "/index.html").await.status, 404, "another site has its own content");
}

#[tokio::test]
async fn a_head_has_no_body_and_a_range_is_a_part() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let mut head = request(SITE, "/", &[]);
    *head.method_mut() = Method::HEAD;
    let answer = world.send(head).await;
    assert_eq!((answer.status, answer.header("content-length"), answer.body.as_str()), (200, "13", ""));
    let part = world.get_with(SITE, "/index.html", &[("range", "bytes=4-7")]).await;
    assert_eq!((part.status, part.body.as_str()), (206, "shop"));
    let mut post = request(SITE, "/index.html", &[]);
    *post.method_mut() = Method::POST;
    assert_eq!(world.send(post).await.status, 405);
}

#[tokio::test]
async fn no_file_outside_of_the_directory_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    for path in [
        "/../secret",
        "/%2e%2e/secret",
        "/docs/..%2f..%2fsecret",
        "/..%5csecret",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/secret",
        "/empty/",
        "/index.html/x",
        "/.auth",
        "/.swa/health",
        "/nul%00",
    ] {
        let answer = world.get(SITE, path).await;
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        assert!(!answer.body.contains("secret"), "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_out_of_the_directory_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let site = folder.path().join("site");
    std::os::unix::fs::symlink(folder.path().join("secret"), site.join("out")).unwrap();
    std::os::unix::fs::symlink(folder.path(), site.join("up")).unwrap();
    std::os::unix::fs::symlink(site.join("index.html"), site.join("within")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret"), site.join("empty/index.html")).unwrap();
    for path in ["/out", "/up/secret", "/empty/", "/empty/index.html"] {
        assert_eq!(world.get(SITE, path).await.status, 404, "{path}");
    }
    assert_eq!(world.get(SITE, "/within").await.status, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn the_rules_are_not_served_by_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let site = folder.path().join("site");
    write(&site.join("staticwebapp.config.json"), "{}");
    std::os::unix::fs::symlink("staticwebapp.config.json", site.join("rules.json")).unwrap();
    for path in ["/staticwebapp.config.json", "/rules.json", "/docs/../staticwebapp.config.json"] {
        assert!([400, 404].contains(&world.get(SITE, path).await.status), "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_and_a_device_are_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let site = folder.path().join("site");
    let made = std::process::Command::new("mkfifo").arg(site.join("pipe")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("pipe", site.join("to-pipe")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", site.join("device")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(site.join("socket")).unwrap();
    for path in ["/pipe", "/to-pipe", "/device", "/socket"] {
        assert_eq!(world.get(SITE, path).await.status, 404, "{path}");
    }
    assert_eq!(world.get(SITE, "/").await.status, 200);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_changes_while_it_is_served_never_leads_out() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let site = folder.path().join("site");
    write(&folder.path().join("outside/file"), "secret");
    let over = std::sync::atomic::AtomicBool::new(false);
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Points the link in turn to a directory of the site and to one outside of it.
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    for target in ["empty", "../outside"] {
                        let next = site.join("next");
                        std::os::unix::fs::symlink(target, &next).unwrap();
                        std::fs::rename(&next, site.join("turning")).unwrap();
                    }
                }
            });
            tokio::runtime::Handle::current().block_on(async {
                for _ in 0..200 {
                    let answer = world.get(SITE, "/turning/file").await;
                    assert!(answer.status == 404 || answer.status == 200, "{answer:?}");
                    assert_ne!(answer.body, "secret");
                }
            });
            over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    });
}

#[tokio::test]
async fn a_directory_leads_to_its_slash_and_never_to_another_host() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    for path in ["/docs", "//docs", "///docs", "/%2fdocs", "/%2f%2fdocs"] {
        let answer = world.get(SITE, &format!("{path}?x=1")).await;
        if answer.status == 404 {
            continue;
        }
        let location = answer.header("location");
        assert_eq!((answer.status, location.ends_with("docs/?x=1")), (307, true), "{path}: {location}");
        let second = location.as_bytes()[1];
        assert!(location.starts_with('/') && second != b'/' && second != b'\\', "{path}: {location}");
    }
    for path in ["/\\docs", "/\\evil.example/docs", "//evil.example/docs"] {
        assert_eq!(world.get(SITE, path).await.status, 404, "{path}");
    }
}
