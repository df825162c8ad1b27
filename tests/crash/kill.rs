//! Killed, at once and without a chance to tidy up.

use std::{os::unix::process::ExitStatusExt as _, sync::Mutex};

use crate::{
    scenario::{CHANGES, EMULATOR, FILES, Generation, Makes, Scenario, assert_private, for_each},
    support::{MODEL, Sandbox, told},
    trace::{Call, Fault, around_effects, calls, can_trace},
};

fn assert_kills_are_survived(scenario: &Scenario) {
    let course = scenario.course();
    course.assert_status_is_as_before(&course.sandbox());
    let traced = calls(&course.sandbox_with_old_file(), course.args, scenario.code);
    let replacing = traced.iter().position(|call| is_replacing(call, scenario.makes)).unwrap();
    let found = Mutex::new(Vec::new());
    for_each(&around_effects(&traced), |call| {
        let ran = Fault::Kill(call.clone()).run(|| course.sandbox_with_old_file(), course.args);
        let (sandbox, _) = ran.unwrap();
        let what = format!("{:?} killed at {}", course.args, call.shown);
        let generation = course.assert_whole(&sandbox, &what);
        let at = traced.iter().position(|other| other == call).unwrap();
        let expected = if at <= replacing { Generation::Before } else { Generation::After };
        assert_eq!(generation, expected, "{what}");
        course.assert_finished_by_running_again(&sandbox, generation, &what);
        found.lock().unwrap().push(generation);
    });
    let found = found.into_inner().unwrap();
    for generation in [Generation::Before, Generation::After] {
        assert!(found.contains(&generation), "{:?}: {found:?}", course.args);
    }
}

/// Whether a call is the one that puts the new generation, or the new file, in its place.
fn is_replacing(call: &Call, makes: Makes) -> bool {
    let Makes::File(name) = makes else { return call.shown.contains(&format!("{MODEL}.next\", \"")) };
    call.name.starts_with("rename") && call.shown.contains(&format!("{name}\""))
}

#[test]
fn a_change_that_is_killed_anywhere_leaves_one_whole_generation_and_the_command_again_finishes_it() {
    if !can_trace() {
        return;
    }
    CHANGES.iter().for_each(assert_kills_are_survived);
}

#[test]
fn a_command_that_is_killed_anywhere_leaves_the_old_file_or_the_whole_new_one_and_nothing_else() {
    if !can_trace() {
        return;
    }
    FILES.iter().chain(EMULATOR).for_each(assert_kills_are_survived);
}

#[test]
fn killed_with_any_part_of_a_file_written_the_model_is_whole_and_the_command_again_finishes_it() {
    const SIGXFSZ: i32 = 25;
    // one that changes the links, and one that changes what is read to its end first
    for scenario in [&CHANGES[1], &CHANGES[10]] {
        let course = scenario.course();
        let blocks: Vec<usize> = (0..20).collect();
        let killed = Mutex::new(0);
        for_each(&blocks, |blocks| {
            let sandbox = course.sandbox();
            let output = limited(&sandbox, "", *blocks, course.args);
            let what = format!("{:?} with files of at most {blocks} blocks", course.args);
            let generation = course.assert_whole(&sandbox, &what);
            if output.status.signal() == Some(SIGXFSZ) {
                *killed.lock().unwrap() += 1;
                assert_eq!(generation, Generation::Before, "{what}");
            } else {
                assert!(output.status.success(), "{what}: {}", told(&output));
            }
            course.assert_finished_by_running_again(&sandbox, generation, &what);
        });
        assert!(killed.into_inner().unwrap() > 3, "{:?} was hardly ever stopped", course.args);
    }
}

#[test]
fn a_first_model_that_was_never_finished_is_created_by_the_command_again() {
    if !can_trace() {
        return;
    }
    let first: [&[&str]; 3] = [
        &["init", "--sample"],
        &["link", "--env", "prod", "--sample"],
        &["model", "import", "sites.json", "--model", MODEL],
    ];
    for args in first {
        let empty = || {
            let sandbox = Sandbox::empty();
            sandbox.write("sites.json", "[]");
            sandbox
        };
        let undisturbed = empty();
        let traced = calls(&undisturbed, args, 0);
        for_each(&around_effects(&traced), |call| {
            let (sandbox, _) = Fault::Kill(call.clone()).run(empty, args).unwrap();
            let what = format!("{args:?} killed at {}", call.shown);
            assert_private(&sandbox, &what);
            sandbox.succeed(args);
            assert_eq!(sandbox.files(), undisturbed.files(), "{what}, then again");
            assert_private(&sandbox, &what);
        });
    }
}

/// Runs the program where no file may grow beyond some blocks, after some words to the shell.
pub(crate) fn limited(sandbox: &Sandbox, first: &str, blocks: usize, args: &[&str]) -> std::process::Output {
    let script = format!("{first} ulimit -f {blocks}; exec \"$@\"");
    let mut shell = sandbox.program("sh");
    shell.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_swa-apim")]).args(args);
    shell.output().unwrap()
}
