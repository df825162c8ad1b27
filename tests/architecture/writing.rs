//! Who can change a control plane: a page that only reads cannot, because it has no permission and no way to get one.

use std::collections::BTreeSet;

use crate::source::{self, SourceFile};

/// The files of the use cases that change a control plane: with a permission, or a model that the command names.
const WRITERS: [&str; 5] = [
    "workflow/change/writing.rs",
    "workflow/model.rs",
    "workflow/plane.rs",
    "workflow/prune/mod.rs",
    "workflow/snapshot.rs",
];

/// The use cases of a page that shows: they read control planes, and write no file.
const READ: [&str; 26] = [
    "Deadline",
    "Deaf",
    "ExitDetail",
    "KnownOverview",
    "LinkLog",
    "Listener",
    "MissingSample",
    "OtherSites",
    "Overview",
    "Result",
    "Services",
    "Status",
    "StepNews",
    "StepStage",
    "UsageError",
    "WorkflowError",
    "Workspace",
    "WorkspaceOptions",
    "audit",
    "emulated",
    "graph",
    "listed_on",
    "overview",
    "report",
    "services",
    "status",
];

/// What plans need, and what a change needs. It is only in the files that a page without a permission does not use.
const CHANGE: [&str; 7] = ["LinkChange", "PruneResult", "Saved", "WriteAccess", "propose", "prune", "reopen"];

/// The files of the page that plan and apply changes, the values of their plans, and the start of the page, which
/// passes the permission on.
const CHANGING: [&str; 4] = ["ui/changes.rs", "ui/mod.rs", "ui/pages/mod.rs", "ui/plans.rs"];

fn of(module: &str) -> impl Iterator<Item = &'static SourceFile> {
    source::all().iter().filter(move |file| file.module == module)
}

#[test]
fn only_the_command_line_grants_write_access() {
    let grants = |file: &&SourceFile| file.code.contains("WriteAccess::grant");
    let granting: BTreeSet<&str> =
        source::all().iter().filter(grants).map(|file| file.module.as_str()).collect();
    assert_eq!(granting, BTreeSet::from(["cli"]));
}

#[test]
fn few_use_cases_write() {
    let signs = ["Writes as _", "::Writes", "dyn ControlPlane", "for_changes"];
    let writes = |file: &&SourceFile| signs.iter().any(|sign| file.code.contains(sign));
    let writers: BTreeSet<&str> = of("workflow").filter(writes).map(|file| file.path.as_str()).collect();
    assert_eq!(writers, BTreeSet::from(WRITERS));
}

#[test]
fn a_page_that_only_reads_names_no_use_case_that_writes() {
    for file in of("ui") {
        for name in use_cases(file) {
            let is_known = READ.contains(&name)
                || CHANGING.contains(&file.path.as_str()) && CHANGE.contains(&name)
                || name == "self";
            assert!(
                is_known,
                "{} uses `workflow::{name}`: add it to the use cases that read, if it does",
                file.path
            );
        }
    }
}

#[test]
fn a_page_names_no_control_plane() {
    for file in of("ui") {
        let names = file.paths.iter().flat_map(|path| path.split("::"));
        let planes = ["Plane", "ControlPlane", "JsonControlPlane", "ArmControlPlane", "OwnRoute"];
        let known: BTreeSet<&str> = names.filter(|name| planes.contains(name)).collect();
        assert!(known.is_empty(), "{} names {known:?}", file.path);
    }
}

/// The names of the use cases that a file uses.
fn use_cases(file: &SourceFile) -> BTreeSet<&str> {
    let prefixes = ["crate::workflow::", "workflow::"];
    let within =
        file.paths.iter().filter_map(|path| prefixes.iter().find_map(|prefix| path.strip_prefix(prefix)));
    within.filter_map(|path| path.split("::").next()).collect()
}
