//! The container image: what is in it, and a run of it in a root directory.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    place::{Root, done, has, may_change_root, place_of, repository, script, stated},
    program::program,
    release::Release,
};

const AUTHORITIES: &str = "etc/ssl/certs/ca-certificates.crt";
const USER: &str = "65532:65532";

fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// An image layout.
struct Image {
    folder: TempDir,
    manifest: Value,
    config: Value,
}

impl Image {
    /// The image, built once, or nothing where the test has said that it is skipped.
    fn built() -> Option<&'static Self> {
        static IMAGE: OnceLock<Image> = OnceLock::new();
        Release::made().map(|release| IMAGE.get_or_init(|| Self::of(release)))
    }

    fn of(release: &Release) -> Self {
        let folder = TempDir::new().unwrap();
        // Its own list of authorities, so that the test does not depend on this machine's.
        let listed = folder.path().join("authorities.pem");
        std::io::Write::write_all(&mut fs::File::create(&listed).unwrap(), b"a list\n").unwrap();
        let program = format!("{}={}", architecture(), release.program.display());
        done(script("oci").arg(folder.path().join("image")).arg(program).env("SSL_CERT_FILE", listed));
        let mut image = Self { folder, manifest: Value::Null, config: Value::Null };
        let layout: Value =
            serde_json::from_slice(&fs::read(image.path().join("index.json")).unwrap()).unwrap();
        let index = image.document(&layout["manifests"][0]);
        assert_eq!(index["manifests"][0]["platform"]["architecture"], architecture());
        image.manifest = image.document(&index["manifests"][0]);
        image.config = image.document(&image.manifest["config"]);
        image
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// The file that a descriptor names, which is what its digest and its size say.
    fn blob(&self, descriptor: &Value) -> PathBuf {
        let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let path = self.path().join("blobs/sha256").join(digest);
        assert_eq!(descriptor["size"], fs::metadata(&path).unwrap().len());
        let told = done(Command::new("sha256sum").arg(&path));
        assert!(told.starts_with(digest), "{told}");
        path
    }

    fn document(&self, descriptor: &Value) -> Value {
        serde_json::from_slice(&fs::read(self.blob(descriptor)).unwrap()).unwrap()
    }

    /// The files of the image, unpacked with their owners.
    fn unpacked(&self) -> Root {
        let root = Root::new();
        for layer in self.manifest["layers"].as_array().unwrap() {
            let mut tar = Command::new("tar");
            done(tar.arg("--numeric-owner").arg("-xpzf").arg(self.blob(layer)).arg("-C").arg(root.path()));
        }
        root
    }

    /// The program in a root, as a container runtime starts it.
    fn command(&self, root: &Root) -> Command {
        let config = &self.config["config"];
        let mut command = Command::new(place_of("chroot"));
        command.arg(format!("--userspec={}", config["User"].as_str().unwrap())).arg(root.path());
        command.arg(config["Entrypoint"][0].as_str().unwrap()).env_clear();
        let variables = config["Env"].as_array().unwrap().iter();
        command.envs(variables.map(|variable| variable.as_str().unwrap().split_once('=').unwrap()));
        command
    }
}

#[test]
fn it_has_the_program_a_user_and_authorities_and_nothing_else() {
    let Some(image) = Image::built() else { return };
    let layers = image.manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1);
    let listed = done(Command::new("tar").arg("--numeric-owner").arg("-tvzf").arg(image.blob(&layers[0])));
    let files: BTreeMap<&str, Vec<&str>> = listed
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .map(|fields| (fields[5], fields[..3].to_vec()))
        .collect();
    let size = |path: &Path| fs::metadata(path).unwrap().len().to_string();
    let program = size(program().unwrap());
    let expected = BTreeMap::from([
        ("etc/", vec!["drwxr-xr-x", "0/0", "0"]),
        ("etc/group", vec!["-rw-r--r--", "0/0", "18"]),
        ("etc/passwd", vec!["-rw-r--r--", "0/0", "53"]),
        ("etc/ssl/", vec!["drwxr-xr-x", "0/0", "0"]),
        ("etc/ssl/certs/", vec!["drwxr-xr-x", "0/0", "0"]),
        (AUTHORITIES, vec!["-rw-r--r--", "0/0", "7"]),
        ("home/", vec!["drwxr-xr-x", "0/0", "0"]),
        ("home/swa-apim/", vec!["drwx------", "65532/65532", "0"]),
        ("swa-apim", vec!["-rwxr-xr-x", "0/0", &program]),
    ]);
    assert_eq!(files, expected);
}

#[test]
fn it_is_described() {
    let Some(image) = Image::built() else { return };
    let config = &image.config["config"];
    assert_eq!(config["User"], USER);
    assert_eq!(config["Entrypoint"], serde_json::json!(["/swa-apim"]));
    let labels = &config["Labels"];
    assert_eq!(labels["org.opencontainers.image.version"], stated("version"));
    assert_eq!(labels["org.opencontainers.image.licenses"], stated("license"));
    assert_eq!(labels["org.opencontainers.image.source"], stated("repository"));
    assert_eq!(image.config["os"], "linux");
}

#[test]
fn it_links_the_sample_and_serves_it_without_rights() {
    let Some(image) = Image::built() else { return };
    if !may_change_root() {
        return;
    }
    let root = image.unpacked();
    let linked = done(image.command(&root).args(["link", "--env", "prod", "--sample"]));
    assert!(linked.contains("linked `shop-web` to `shop-apim`"), "{linked}");

    let mut command = image.command(&root);
    command.args([
        "emulate",
        "--sample",
        "--allow-remote",
        "--listen",
        "0.0.0.0:0",
        "--data-plane",
        "0.0.0.0:0",
    ]);
    let mut process =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port: String =
        line.split("0.0.0.0:").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
    let mut status = Command::new(env!("CARGO_BIN_EXE_swa-apim"));
    status.args(["status", "--static-web-app", "shop-web", "--apim", "shop-apim", "-o", "tsv"]).env_clear();
    status
        .env("HOME", image.folder.path())
        .env("SWA_APIM_PROVIDER", "arm")
        .env("SWA_APIM_ACCESS_TOKEN", "a-token");
    let told = done(status.env("SWA_APIM_ENDPOINT", format!("http://127.0.0.1:{port}")));
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(told.contains("\tlinked\t"), "{told}");
}

#[test]
fn tools_for_images_read_it() {
    let Some(image) = Image::built() else { return };
    if !has("skopeo") {
        return;
    }
    let at = format!("oci:{}:{}", image.path().display(), stated("version"));
    let told: Value = serde_json::from_str(&done(Command::new("skopeo").args(["inspect", &at]))).unwrap();
    assert_eq!(told["Architecture"], architecture());
    assert_eq!(told["Labels"]["org.opencontainers.image.title"], "swa-apim");
}

#[test]
fn a_program_of_another_processor_is_refused() {
    let Some(release) = Release::made() else { return };
    let folder = TempDir::new().unwrap();
    let other = if architecture() == "amd64" { "arm64" } else { "amd64" };
    let program = format!("{other}={}", release.program.display());
    let refused = crate::place::ran(script("oci").arg(folder.path().join("image")).arg(program));
    let told = crate::place::told(&refused);
    assert!(!refused.status.success() && told.contains("is not built for it"), "{told}");
}

#[test]
fn the_example_for_compose_starts_the_emulator_that_it_waits_for() {
    let Some(image) = Image::built() else { return };
    let example = fs::read_to_string(repository().join("docs/examples/compose.yaml")).unwrap();
    let example: Value = serde_norway::from_str(&example).unwrap();
    let service = &example["services"]["azure"];
    let owner = stated("repository").replace("https://github.com/", "ghcr.io/");
    assert_eq!(service["image"], format!("{owner}:{}", stated("version")));
    if !may_change_root() {
        return;
    }
    let root = image.unpacked();
    // Ports of its own, since others may be in use on this machine.
    let words = |list: &Value| -> Vec<String> {
        let words = list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
        words.map(|word| if word.starts_with("0.0.0.0:") { "0.0.0.0:0".to_owned() } else { word }).collect()
    };
    let mut command = image.command(&root);
    let command = command.args(words(&service["command"])).stdin(Stdio::null()).stderr(Stdio::null());
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let check = words(&service["healthcheck"]["test"]);
    assert_eq!(check[..2], ["CMD", "/swa-apim"]);
    done(image.command(&root).args(&check[2..]));
    process.kill().unwrap();
    process.wait().unwrap();
}
