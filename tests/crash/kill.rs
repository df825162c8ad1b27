//! Killed, at once and without a chance to tidy up.

use std::{os::unix::process::ExitStatusExt as _, sync::Mutex};

use crate::{
    scenario::{Generation, SCENARIOS, for_each},
    support::{MODEL, Sandbox, told},
    trace::{Fault, around_writes, calls, can_trace},
};

#[test]
fn killed_before_or_after_any_write_the_model_is_one_whole_generation_and_the_command_again_finishes_it() {
    if !can_trace() {
        return;
    }
    for scenario in &SCENARIOS {
        let course = scenario.course();
        let traced = calls(&course.sandbox(), course.args);
        let replacing =
            traced.iter().position(|call| call.shown.contains(&format!("{MODEL}.next\", \""))).unwrap();
        let found = Mutex::new(Vec::new());
        for_each(&around_writes(&traced), |call| {
            let sandbox = course.sandbox();
            Fault::Kill(call.clone()).run(&sandbox, course.args);
            let what = format!("{:?} killed at {}", course.args, call.shown);
            let generation = course.assert_whole(&sandbox, &what);
            let at = traced.iter().position(|other| other == call).unwrap();
            let expected = if at <= replacing { Generation::Before } else { Generation::After };
            assert_eq!(generation, expected, "{what}");
            course.assert_finished_by_running_again(&sandbox, &what);
            found.lock().unwrap().push(generation);
        });
        let found = found.into_inner().unwrap();
        for generation in [Generation::Before, Generation::After] {
            assert!(found.contains(&generation), "{:?}: {found:?}", course.args);
        }
    }
}

#[test]
fn killed_with_any_part_of_a_file_written_the_model_is_whole_and_the_command_again_finishes_it() {
    const SIGXFSZ: i32 = 25;
    for scenario in &SCENARIOS {
        let course = scenario.course();
        let blocks: Vec<usize> = (0..20).collect();
        let killed = Mutex::new(0);
        for_each(&blocks, |blocks| {
            let sandbox = course.sandbox();
            let output = limited(&sandbox, "", *blocks, course.args);
            let what = format!("{:?} with files of at most {blocks} blocks", course.args);
            if output.status.signal() == Some(SIGXFSZ) {
                *killed.lock().unwrap() += 1;
                assert_eq!(course.assert_whole(&sandbox, &what), Generation::Before, "{what}");
            } else {
                assert!(output.status.success(), "{what}: {}", told(&output));
            }
            course.assert_finished_by_running_again(&sandbox, &what);
        });
        assert!(killed.into_inner().unwrap() > 3, "{:?} was hardly ever stopped", course.args);
    }
}

#[test]
fn a_first_model_that_was_never_finished_is_made_by_the_command_again() {
    if !can_trace() {
        return;
    }
    for args in [["init", "--sample"].as_slice(), &["link", "--env", "prod", "--sample"]] {
        let undisturbed = Sandbox::empty();
        let traced = calls(&undisturbed, args);
        for_each(&around_writes(&traced), |call| {
            let sandbox = Sandbox::empty();
            Fault::Kill(call.clone()).run(&sandbox, args);
            sandbox.succeed(args);
            // a file without keys may be left: its name is chance's, so that two never write into one
            let known = |name: &str| undisturbed.files().contains(name) || name.starts_with(".swa-apim");
            let leftover = |name: &String| !known(name);
            let left: Vec<String> = sandbox.files().into_iter().filter(leftover).collect();
            assert!(left.is_empty(), "{args:?} killed at {}: {left:?}", call.shown);
            sandbox.succeed(&["status", "--env", "prod", args.last().unwrap()]);
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
