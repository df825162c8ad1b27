//! The static program alone in a root directory.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::UdpSocket,
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::{
    place::{Root, done, may_change_root, ran, told},
    program::program,
    skip::skipped,
};

const AUTHORITY: &str = "shop-apim.azure-api.net";
const NAME_SERVER: &str = "127.0.0.77";

/// A root directory with the program, and nothing else.
fn root() -> Option<Root> {
    let program = program()?;
    if !may_change_root() {
        return None;
    }
    let root = Root::new();
    // Not by this process: while it writes a program, no other thread may start a process, or the program is busy.
    done(Command::new("cp").arg(program).arg(root.path().join("swa-apim")));
    Some(root)
}

/// Azure, as the program plays it in a root directory, over TLS with a certificate that it writes to `/emulator.pem`.
struct Azure {
    process: Child,
    port: String,
}

impl Azure {
    fn start(root: &Root) -> Self {
        let mut command = root.command("/swa-apim");
        command.args([
            "emulate",
            "--sample",
            "--listen",
            "127.0.0.1:0",
            "--data-plane",
            "127.0.0.1:0",
            "--tls",
        ]);
        command.args(["--tls-cert", "/emulator.pem", "--allow-host", AUTHORITY, "--log", "off"]);
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addresses: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let address = addresses.to_string();
        let port = address.split("127.0.0.1:").nth(1).unwrap();
        let port = port.chars().take_while(char::is_ascii_digit).collect();
        Self { process, port }
    }

    /// A command of the program against it, by a name.
    fn command(&self, root: &Root, name: &str, words: &[&str]) -> Command {
        let mut command = root.command("/swa-apim");
        command
            .env("SWA_APIM_PROVIDER", "arm")
            .env("SWA_APIM_ACCESS_TOKEN", "a-token")
            .env("SWA_APIM_GRACE", "1");
        command.env("SWA_APIM_ENDPOINT", format!("https://{name}:{}", self.port));
        command.env("SWA_APIM_STATIC_WEB_APP", "shop-web").env("SWA_APIM_APIM", "shop-apim");
        command.env("SWA_APIM_SUBSCRIPTION", subscription());
        command.args(words);
        command
    }
}

impl Drop for Azure {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The billing scope of the sample.
fn subscription() -> String {
    let sample = include_str!("../../src/config/sample.json");
    let (_, rest) = sample.split_once("/subscriptions/").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn it_needs_no_library() {
    let Some(program) = program() else { return };
    let file = ran(Command::new("ldd").arg(program));
    let told = told(&file);
    assert!(told.contains("statically linked") || told.contains("not a dynamic executable"), "{told}");
}

#[test]
fn it_links_the_sample_where_there_is_nothing_else() {
    let Some(root) = root() else { return };
    let linked = ran(root.command("/swa-apim").args(["link", "--env", "prod", "--sample"]));
    assert!(linked.status.success(), "{}", told(&linked));
    let state =
        ran(root.command("/swa-apim").args(["status", "--sample", "-o", "tsv", "--query", "links[0].state"]));
    assert_eq!(told(&state), "linked\n");
}

#[test]
fn it_speaks_to_azure_with_the_authorities_that_a_variable_or_the_system_names() {
    let Some(root) = root() else { return };
    root.put("etc/hosts", "127.0.0.1 localhost\n");
    let azure = Azure::start(&root);
    let named = ran(azure.command(&root, "localhost", &["link"]).env("SSL_CERT_FILE", "/emulator.pem"));
    assert!(named.status.success(), "{}", told(&named));
    assert!(told(&named).contains("linked `shop-web` to `shop-apim`"), "{}", told(&named));

    fs::create_dir_all(root.path().join("etc/ssl/certs")).unwrap();
    fs::copy(root.path().join("emulator.pem"), root.path().join("etc/ssl/certs/ca-certificates.crt"))
        .unwrap();
    let usual = ran(&mut azure.command(&root, "localhost", &["status", "-v"]));
    assert!(usual.status.success(), "{}", told(&usual));
    assert!(!told(&usual).contains("built-in"), "{}", told(&usual));
}

#[test]
fn without_authorities_it_verifies_servers_with_those_that_are_built_in_and_says_so() {
    let Some(root) = root() else { return };
    root.put("etc/hosts", "127.0.0.1 localhost\n");
    let azure = Azure::start(&root);
    let refused = ran(&mut azure.command(&root, "localhost", &["status", "-v"]));
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(told(&refused).contains("the built-in ones"), "{}", told(&refused));
    assert!(told(&refused).contains("SSL_CERT_FILE"), "it is said how to name others: {}", told(&refused));
    let quiet = ran(&mut azure.command(&root, "localhost", &["status"]));
    assert!(!told(&quiet).contains("built-in"), "{}", told(&quiet));

    // What the user names is not replaced by anything.
    let lost = ran(azure.command(&root, "localhost", &["status", "-v"]).env("SSL_CERT_FILE", "/lost.pem"));
    assert!(!lost.status.success() && told(&lost).contains("/lost.pem"), "{}", told(&lost));
    assert!(!told(&lost).contains("built-in"), "{}", told(&lost));
}

#[test]
fn it_asks_name_servers() {
    let Some(root) = root() else { return };
    let Ok(socket) = UdpSocket::bind((NAME_SERVER, 53)) else {
        skipped("no name server may be started here");
        return;
    };
    thread::spawn(move || answer_names(&socket));
    root.put("etc/resolv.conf", &format!("nameserver {NAME_SERVER}\n"));
    let azure = Azure::start(&root);
    let named = ran(azure.command(&root, AUTHORITY, &["status"]).env("SSL_CERT_FILE", "/emulator.pem"));
    assert!(named.status.success(), "{}", told(&named));
}

/// Says of every name that it is this machine.
fn answer_names(socket: &UdpSocket) {
    let mut question = [0; 512];
    while let Ok((length, asker)) = socket.recv_from(&mut question) {
        let name_end = question[12..length].iter().position(|byte| *byte == 0).unwrap() + 13;
        let is_ipv4 = question[name_end..name_end + 2] == [0, 1];
        let mut answer = question[..2].to_vec();
        answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_ipv4), 0, 0, 0, 0]);
        answer.extend(&question[12..name_end + 4]);
        if is_ipv4 {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        let _ = socket.send_to(&answer, asker);
    }
}
