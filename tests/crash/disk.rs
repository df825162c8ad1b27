//! A disk that is full, broken, or not to be written.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    process::Output,
    sync::Mutex,
};

use crate::{
    kill::limited,
    scenario::{CHANGES, Course, FILES, Generation, Makes, Scenario, for_each},
    support::{MODEL, Sandbox, told},
    trace::{Call, Fault, calls, can_trace},
};

/// How a call can fail.
fn errors(call: &Call) -> &'static [&'static str] {
    match call.name.as_str() {
        _ if call.creates() => &["EACCES", "EIO", "ENOSPC", "EROFS"],
        name if name.contains("write") => &["ENOSPC", "EIO", "EDQUOT"],
        name if name.contains("sync") => &["EIO", "ENOSPC"],
        name if name.contains("link") || name.contains("rename") => &["EIO", "EACCES", "ENOSPC"],
        _ => &["EIO"],
    }
}

/// Exit code, message and model are as they have to be, and the next run, undisturbed, succeeds.
fn assert_storage_failure(course: &Course, sandbox: &Sandbox, output: &Output, what: &str) {
    let generation = course.assert_whole(sandbox, what);
    match output.status.code() {
        // not every write is needed: who holds the lock is a courtesy, and a link can be a copy
        Some(0) => assert_eq!(generation, Generation::After, "{what}"),
        // 2: what the user has to change before another run can succeed
        Some(2 | 5) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let folder = fs::canonicalize(sandbox.folder()).unwrap();
            let place = match course.makes {
                Makes::Generation => folder.to_str().unwrap(),
                Makes::File(name) => name,
            };
            // `init` writes a second file before its own.
            let named = said.contains(place) || said.contains("/.gitignore`");
            assert!(named, "{what}: no path in: {said}");
            assert!(said.contains("\nhint: "), "{what}: no next step in: {said}");
        }
        _ => panic!("{what}: {}", told(output)),
    }
    course.assert_finished_by_running_again(sandbox, generation, what);
}

/// Lets every write of a command fail. `sample` chooses among the errors that a call can fail with.
fn assert_each_failure_is_one_of_storage(
    scenario: &Scenario,
    sample: impl Fn(usize, &'static [&'static str]) -> Vec<&'static str>,
) {
    let course = scenario.course();
    let traced = calls(&course.sandbox_with_old_file(), course.args, scenario.code);
    let writes = traced.iter().filter(|call| call.writes() && !call.prints()).enumerate();
    let faults: Vec<Fault> = writes
        .flat_map(|(at, call)| {
            sample(at, errors(call)).into_iter().map(|errno| Fault::Fail(call.clone(), errno))
        })
        .collect();
    let storage_failures = Mutex::new(0);
    for_each(&faults, |fault| {
        let ran = fault.run(|| course.sandbox_with_old_file(), course.args);
        let Some((sandbox, output)) = ran else { return };
        *storage_failures.lock().unwrap() += usize::from(matches!(output.status.code(), Some(2 | 5)));
        assert_storage_failure(&course, &sandbox, &output, &format!("{:?} with {fault:?}", course.args));
    });
    assert!(storage_failures.into_inner().unwrap() > 2, "{:?} hardly noticed", course.args);
}

#[test]
fn any_write_of_a_model_that_fails_in_any_way_is_a_storage_failure_with_a_path_and_a_next_step() {
    if !can_trace() {
        return;
    }
    assert_each_failure_is_one_of_storage(&CHANGES[0], |_, errors| errors.to_vec());
}

#[test]
fn any_write_of_any_command_that_fails_is_a_storage_failure_with_a_path_and_a_next_step() {
    if !can_trace() {
        return;
    }
    // One writer writes all models, and one all other files: the ways to fail take turns.
    for (turn, scenario) in CHANGES[1..].iter().chain(&FILES).enumerate() {
        assert_each_failure_is_one_of_storage(scenario, |at, errors| {
            vec![errors[(at + turn) % errors.len()]]
        });
    }
}

#[test]
fn a_disk_that_fails_from_some_write_on_leaves_a_whole_model_and_a_documented_exit_code() {
    if !can_trace() {
        return;
    }
    for scenario in [&CHANGES[1], &CHANGES[8], &CHANGES[11], &FILES[0], &FILES[6]] {
        let course = scenario.course();
        let traced = calls(&course.sandbox_with_old_file(), course.args, scenario.code);
        let writes = traced.iter().filter(|call| call.writes());
        let faults: Vec<Fault> = writes.map(|call| Fault::FailFrom(call.clone(), errors(call)[0])).collect();
        for_each(&faults, |fault| {
            let ran = fault.run(|| course.sandbox_with_old_file(), course.args);
            let Some((sandbox, output)) = ran else { return };
            let what = format!("{:?} with {fault:?}", course.args);
            // 1: what was to be said could not be printed
            assert!(matches!(output.status.code(), Some(0 | 1 | 2 | 5)), "{what}: {}", told(&output));
            let generation = course.assert_whole(&sandbox, &what);
            assert!(output.status.code() != Some(0) || generation == Generation::After, "{what}");
            course.assert_finished_by_running_again(&sandbox, generation, &what);
        });
    }
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_file_is_a_storage_failure() {
    for scenario in [&CHANGES[0], &CHANGES[3], &CHANGES[10]] {
        let course = scenario.course();
        let blocks: Vec<usize> = (1..=7).collect();
        for_each(&blocks, |blocks| {
            let sandbox = course.sandbox();
            let output = limited(&sandbox, "trap '' XFSZ;", *blocks, course.args);
            let what = format!("{:?} with files of at most {blocks} blocks", course.args);
            assert_storage_failure(&course, &sandbox, &output, &what);
        });
    }
}

#[test]
fn a_result_that_cannot_be_printed_fails_and_the_change_is_kept() {
    if !can_trace() {
        return;
    }
    for scenario in &CHANGES {
        let course = scenario.course();
        let traced = calls(&course.sandbox(), course.args, scenario.code);
        let prints: Vec<&Call> = traced.iter().filter(|call| call.prints_result()).collect();
        assert!(!prints.is_empty());
        for_each(&prints, |call| {
            let fault = Fault::Fail((*call).clone(), "ENOSPC");
            let (sandbox, output) = fault.run(|| course.sandbox(), course.args).unwrap();
            let what = format!("{:?} with {fault:?}", course.args);
            assert_eq!(output.status.code(), Some(1), "{what}: {}", told(&output));
            assert!(
                String::from_utf8_lossy(&output.stderr).starts_with("error: "),
                "{what}: {}",
                told(&output)
            );
            let generation = course.assert_whole(&sandbox, &what);
            assert_eq!(generation, Generation::After, "{what}");
            course.assert_finished_by_running_again(&sandbox, generation, &what);
        });
    }
}

#[test]
fn status_writes_nothing_but_its_report() {
    if !can_trace() {
        return;
    }
    let course = CHANGES[1].course();
    let traced = calls(&course.sandbox(), &["status", "--all"], 0);
    let writes: Vec<&str> = traced
        .iter()
        .filter(|call| call.writes() && !call.prints())
        .map(|call| call.shown.as_str())
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn in_a_read_only_directory_status_works_and_a_change_reports_the_directory() {
    const NOBODY: u32 = 65_534;
    let course = CHANGES[0].course();
    let sandbox = course.sandbox();
    // nothing stops root, who therefore steps down
    let is_root = fs::metadata(sandbox.folder()).unwrap().uid() == 0;
    let run = |args: &[&str]| {
        let mut command = sandbox.command(args);
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output()
    };
    if is_root {
        for path in sandbox.files().iter().map(|name| sandbox.path(name)).chain([sandbox.folder().to_owned()])
        {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    fs::set_permissions(sandbox.folder(), fs::Permissions::from_mode(0o555)).unwrap();
    if !run(&["--version"]).is_ok_and(|output| output.status.success()) {
        crate::skip::skipped("other users may not run the program where it is");
        return;
    }
    let status = run(&["status", "--all"]).unwrap();
    assert!(status.status.success(), "{}", told(&status));
    let change = run(course.args).unwrap();
    assert_eq!(change.status.code(), Some(2), "{}", told(&change));
    let said = String::from_utf8_lossy(&change.stderr);
    assert!(said.contains(MODEL) && said.contains("\nhint: "), "{said}");
    assert_eq!(course.assert_whole(&sandbox, "in a read-only folder"), Generation::Before);
    fs::set_permissions(sandbox.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let again = run(course.args).unwrap();
    assert!(again.status.success(), "{}", told(&again));
}
