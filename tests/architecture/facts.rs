//! A fact has one home: the file or folder that may know it, read from the source.

use crate::source::{self, SourceFile};

/// A fact, the texts by which a file shows that it knows it, and the files and folders that may.
struct Fact {
    what: &'static str,
    signs: &'static [&'static str],
    homes: &'static [&'static str],
}

const TYPES: &str = "the names of resource types";

const FACTS: [Fact; 9] = [
    Fact {
        what: TYPES,
        signs: &["microsoft.web", "microsoft.apimanagement"],
        homes: &[
            "model/arm.rs",
            // Names of permissions, as role definitions have them.
            "engine/rights/need.rs",
            // What Azure has and this program does not.
            "emulator/control/not_emulated.rs",
            // A text that explains how Azure's own messages are read.
            "cli/explanation/",
            // Invented ids.
            "fuzzing.rs",
            "provider/arm/fuzzing.rs",
            "emulator/control/fuzzing.rs",
            "output/hostile.rs",
        ],
    },
    Fact {
        what: "how an address is split",
        signs: &[
            "split_once(\"://",
            "contains(\"://",
            "strip_prefix(\"http",
            "starts_with(\"http",
            "find(':')",
            "Ipv6Addr",
        ],
        // A key of JSON ends at a colon too.
        homes: &["model/host.rs", "output/paint.rs"],
    },
    Fact {
        what: "what a URL means",
        signs: &["url::{", "url::Url", "Url::parse"],
        homes: &["model/address.rs", "provider/arm/"],
    },
    Fact {
        what: "how a file is written",
        signs: &[
            "fs::write",
            "fs::rename",
            "fs::copy",
            "hard_link(",
            "File::create",
            "File::options",
            "OpenOptions::new().create",
            ".persist(",
            "NamedTempFile",
            "tempfile()",
        ],
        // A model has its own way, with a lock, generations and checks of who can read it.
        homes: &["files/", "provider/json/file/"],
    },
    Fact {
        what: "hexadecimal digits",
        signs: &[":02x}", ":02X}", ":x}", "from_str_radix"],
        homes: &[
            "model/hex.rs",
            // Characters that are escaped in code, in XML and in messages; a time in an id.
            "export/",
            "model/policy/entity.rs",
            "model/ownership.rs",
            "provider/arm/failure/redact.rs",
        ],
    },
    Fact {
        what: "byte order marks",
        signs: &["\\u{feff}", "\\xef\\xbb\\xbf"],
        // What is not to be seen is removed from what is printed, marks among it; a test holds that it is.
        homes: &["model/mark.rs", "model/hazard.rs", "output/hostile.rs"],
    },
    Fact {
        what: "the header `Retry-After`",
        signs: &["RETRY_AFTER", "retry-after"],
        // One reads it, the emulator writes it.
        homes: &["provider/arm/http/asked.rs", "provider/arm/fuzzing.rs", "emulator/reply.rs"],
    },
    Fact {
        what: "how many requests Azure accepts",
        signs: &["x-ms-ratelimit-remaining-subscription"],
        homes: &["provider/request_kind.rs"],
    },
    Fact { what: "how a word is quoted for a shell", signs: &["shlex"], homes: &["diagnosis.rs"] },
];

impl Fact {
    /// The line of a file outside the homes that shows that it knows the fact.
    fn known_in<'a>(&self, file: &'a SourceFile) -> Option<&'a str> {
        let is_home =
            |home: &&str| file.path == **home || home.ends_with('/') && file.path.starts_with(*home);
        if self.homes.iter().any(is_home) {
            return None;
        }
        file.code.lines().find(|line| self.signs.iter().any(|sign| self.shows(sign, line)))
    }

    /// Whether a line contains a sign. Names of types are compared ignoring case.
    fn shows(&self, sign: &str, line: &str) -> bool {
        line.contains(sign) || self.what == TYPES && line.to_ascii_lowercase().contains(sign)
    }
}

#[test]
fn a_fact_has_one_home() {
    for fact in &FACTS {
        for file in source::all() {
            let line = fact.known_in(file);
            assert_eq!(line, None, "{} knows {}, at home in {:?}", file.path, fact.what, fact.homes);
        }
    }
}

#[test]
fn each_home_knows_its_fact() {
    for fact in &FACTS {
        for home in fact.homes {
            let knows = |file: &&SourceFile| file.path.starts_with(home);
            let mut files = source::all().iter().filter(knows);
            let shows = |line: &str| fact.signs.iter().any(|sign| fact.shows(sign, line));
            let found = files.any(|file| file.code.lines().any(shows));
            assert!(found, "`{home}` no longer knows {}", fact.what);
        }
    }
}

#[test]
fn a_fact_outside_its_home_is_found() {
    let fact = &FACTS[0];
    let knows = |path: &str, code: &str| fact.known_in(&SourceFile::parse(path.to_owned(), code)).is_some();
    assert!(knows("engine/a.rs", "let kind = \"Microsoft.Web/staticSites\";"));
    assert!(knows("engine/a.rs", "let kind = \"microsoft.apimanagement/service\";"));
    assert!(!knows("model/arm.rs", "let kind = \"Microsoft.Web/staticSites\";"));
    assert!(!knows("engine/a.rs", "// Microsoft.Web/staticSites"));
}

/// A line that bounds what is done concurrently by anything else than a constant of `provider/at_once.rs`.
fn own_bound(file: &SourceFile) -> Option<&str> {
    let bounds =
        |line: &&str| ["buffered(", "buffer_unordered(", "AT_ONCE"].iter().any(|it| line.contains(it));
    file.code.lines().filter(bounds).find(|line| !line.contains("at_once::"))
}

#[test]
fn concurrent_work_is_bounded_by_the_constants_of_one_file() {
    for file in source::all() {
        assert_eq!(own_bound(file), None, "{}: bounds stand in `provider/at_once.rs`", file.path);
    }
    let file = |code: &str| SourceFile::parse("engine/a.rs".to_owned(), code);
    assert!(own_bound(&file("all.buffered(8)")).is_some());
    assert!(own_bound(&file("all.buffered(at_once::LINKS_READ)")).is_none());
}
