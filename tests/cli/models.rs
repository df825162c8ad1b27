//! Models that are missing, damaged or from the future.

use snapbox::str;

use crate::support::{MODEL, Shop, site};

/// Whatever is wrong with the model, no command changes a byte of it.
fn untouched(shop: &Shop, lines: &[&str]) {
    let before = std::fs::read(shop.path(MODEL)).unwrap();
    for line in lines {
        shop.run(line);
        assert_eq!(std::fs::read(shop.path(MODEL)).unwrap(), before, "{line}");
    }
}

const EVERYTHING: [&str; 5] =
    ["status", "link", "relink", "unlink --purge --yes", "model import resources.json"];

#[test]
fn a_missing_model_says_how_to_get_one() {
    let shop = Shop::sample();
    shop.run("status --model nowhere.json").is(str![[r#"
exit 2
--- stderr
error: the model `[DIR]/nowhere.json` does not exist
hint: for Azure, add `--provider arm`; name a model with `--model FILE`, create one with `swa-apim model import` or `swa-apim init --sample`, or use `--sample`

"#]]);
    shop.run("link --model nowhere.json").is(str![[r#"
exit 2
--- stdout
prod: failed
--- stderr
error: the model `[DIR]/nowhere.json` does not exist
hint: for Azure, add `--provider arm`; name a model with `--model FILE`, create one with `swa-apim model import` or `swa-apim init --sample`, or use `--sample`

"#]]);
    assert!(!shop.path("nowhere.json").exists());
}

#[test]
fn a_model_that_was_cut_off_names_the_place_and_the_way_back() {
    let shop = Shop::linked();
    let text = shop.read(MODEL);
    shop.write(MODEL, &text[..2000]);
    shop.run("status").is(str![[r#"
exit 1
--- stderr
error: `[DIR]/control-plane.json` is damaged at line 7, column 115: the text ends too early
hint: correct the file at that position, or restore the previous generation: `cp '[DIR]/control-plane.json.previous' '[DIR]/control-plane.json'`

"#]]);
    shop.run("link").is(str![[r#"
exit 1
--- stdout
prod: failed
--- stderr
error: `[DIR]/control-plane.json` is damaged at line 7, column 115: the text ends too early
hint: correct the file at that position, or restore the previous generation: `cp '[DIR]/control-plane.json.previous' '[DIR]/control-plane.json'`

"#]]);
    shop.write("resources.json", "[]");
    untouched(&shop, &EVERYTHING);
}

#[test]
fn the_way_back_of_the_hint_leads_back() {
    let shop = Shop::linked();
    shop.write(MODEL, "{");
    let run = shop.run("status");
    let copy = run.stderr.split('`').rev().nth(1).unwrap().to_owned();
    assert!(shop.command("sh").args(["-c", &copy]).status().unwrap().success(), "{copy}");
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn a_model_of_a_newer_schema_is_not_changed() {
    let shop = Shop::sample();
    shop.edit(|model| model["schemaVersion"] = 2.into());
    shop.run("status").is(str![[r#"
exit 2
--- stderr
error: `[DIR]/control-plane.json` has schema version 2; this program supports 1
hint: install the current version of `swa-apim`; the file was not changed

"#]]);
    shop.write("resources.json", "[]");
    untouched(&shop, &EVERYTHING);
}

#[test]
fn a_directory_is_not_a_model() {
    let shop = Shop::sample();
    std::fs::create_dir(shop.path("folder")).unwrap();
    shop.run("status --model folder").is(str![[r#"
exit 2
--- stderr
error: `[DIR]/folder` is a directory, but a model is a file
hint: specify a file in the directory with `--model`

"#]]);
}

#[test]
fn an_empty_file_is_no_model() {
    let shop = Shop::sample();
    shop.write(MODEL, "");
    shop.run("status").is(str![[r#"
exit 1
--- stderr
error: `[DIR]/control-plane.json` is damaged at line 1, column 1: the file is empty
hint: correct the file at that position; nothing was changed

"#]]);
    shop.write("resources.json", "[]");
    untouched(&shop, &EVERYTHING);
}

#[test]
fn a_model_that_is_not_utf_8_is_damaged() {
    let shop = Shop::sample();
    shop.write(MODEL, b"{\"schemaVersion\":1,\n\"lineage\":\"\xff\"}");
    shop.run("status").is(str![[r#"
exit 1
--- stderr
error: `[DIR]/control-plane.json` is damaged at line 2, column 12: the file is not UTF-8
hint: correct the file at that position; nothing was changed

"#]]);
}

#[test]
fn a_site_that_cannot_be_understood_leaves_the_state_unknown() {
    let shop = Shop::sample();
    shop.change(&site(), |site| site["properties"] = "a text".into());
    shop.run("status").is(str![[r#"
exit 5
--- stdout
prod: unknown
 broken  static web app  shop-web
 ok      API Management  shop-apim, Consumption, https://shop-apim.azure-api.net
 -       unknown         linked backend, product, subscription, policy, key of the site, APIs

SWAAPIM090 broken: `properties.defaultHostname` of `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web` must be a string, but is missing
  -> correct the resource that the message names, in Azure or in the model, and run the command again

"#]]);
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM090 broken: `properties.defaultHostname` of `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web` must be a string, but is missing
  -> correct the resource that the message names, in Azure or in the model, and run the command again
--- stderr
error: could not plan the link
  caused by: `properties.defaultHostname` of `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web` must be a string, but is missing
hint: correct the resource that the message names, in Azure or in the model, and run the command again

"#]]);
}

#[test]
fn a_failed_import_changes_nothing() {
    let shop = Shop::sample();
    let before = shop.read(MODEL);
    shop.run("model import nope.json").is(str![[r#"
exit 2
--- stderr
error: could not read `nope.json`: No such file or directory (os error 2)
hint: specify a file with an array of ARM resources, or `-` for standard input

"#]]);
    shop.write("in.json", "garbage");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: `in.json` is not JSON: line 1, column 1: a value was expected
hint: give it a resource or a list of resources: what `az ... --output json` prints, or what an ARM call answers

"#]]);
    shop.write("in.json", "[{\"name\": \"x\"}]");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: element 0 cannot be imported
  caused by: the resource has no `id`
hint: correct or remove the element; nothing was changed

"#]]);
    shop.write("in.json", "[{\"id\": \"x/y\"}]");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: element 0 (`x/y`) cannot be imported
  caused by: `x/y` is not an ARM resource ID: it does not begin with `/subscriptions/`
hint: correct or remove the element; nothing was changed

"#]]);
    shop.write("in.json", b"\xff\xfe[\0]\0");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: `in.json` is encoded as UTF-16, but JSON must be UTF-8
hint: save the file as UTF-8; in Windows PowerShell, use `| Out-File -Encoding utf8 FILE`

"#]]);
    shop.write("in.json", "[7]");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: element 0 cannot be imported
  caused by: a resource must be a JSON object, but this is a number
hint: correct or remove the element; nothing was changed

"#]]);
    assert_eq!(shop.read(MODEL), before);
}

#[test]
fn an_export_can_be_queried() {
    let run = Shop::sample().run("model export --query '[].name' -o tsv");
    assert_eq!(run.exits(0).stdout, "shop-apim\ncatalog\norders\nshop-web\n");
}

#[test]
fn the_sample_is_reported_as_created_only_once() {
    let shop = Shop::empty();
    assert!(shop.run("init --sample").exits(0).stderr.contains("have been created"));
    let model = shop.read(MODEL);
    assert!(shop.run("init --sample").exits(0).stderr.contains("already exist"));
    assert_eq!(shop.read(MODEL), model);
}

#[cfg(unix)]
mod files {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink},
    };

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    /// Commands that write the model.
    const CHANGES: [&str; 3] = ["relink --env prod", "unlink --env prod", "model import resources.json"];

    fn make_pipe(path: &std::path::Path) {
        mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
    }

    fn refused(shop: &Shop, wanted: &[&str]) {
        shop.write("resources.json", "[]");
        let before = fs::read(shop.path(MODEL)).ok();
        for line in CHANGES {
            let run = shop.run(line);
            let said = &run.exits(2).stderr;
            assert!(wanted.iter().all(|wanted| said.contains(wanted)), "{line}: {said}");
            assert_eq!(fs::read(shop.path(MODEL)).ok(), before, "{line}");
        }
    }

    #[test]
    fn a_lock_that_is_a_link_is_refused_and_its_target_stays_as_it_is() {
        let shop = Shop::linked();
        shop.write("precious", "text");
        fs::set_permissions(shop.path("precious"), Permissions::from_mode(0o644)).unwrap();
        let lock = shop.path(&format!("{MODEL}.lock"));
        for hard in [false, true] {
            fs::remove_file(&lock).unwrap();
            if hard { fs::hard_link(shop.path("precious"), &lock) } else { symlink("precious", &lock) }
                .unwrap();
            refused(&shop, &["control-plane.json.lock", if hard { "hard link" } else { "symbolic link" }]);
            assert_eq!(shop.read("precious"), "text");
            assert_eq!(fs::metadata(shop.path("precious")).unwrap().permissions().mode() & 0o777, 0o644);
        }
        fs::remove_file(&lock).unwrap();
        shop.run("unlink --env prod").exits(0);
        assert_eq!(fs::metadata(&lock).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_lock_or_a_previous_generation_that_is_not_a_regular_file_is_refused_at_once() {
        for suffix in [".lock", ".previous"] {
            let shop = Shop::linked();
            let path = shop.path(&format!("{MODEL}{suffix}"));
            fs::remove_file(&path).unwrap();
            make_pipe(&path);
            refused(&shop, &[suffix, "a pipe"]);
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            refused(&shop, &[suffix, "a directory"]);
            assert_eq!(shop.state(), "linked", "it can be read");
        }
    }

    #[test]
    fn a_model_that_is_a_pipe_or_a_device_is_refused_and_never_waited_for() {
        let shop = Shop::sample();
        fs::remove_file(shop.path(MODEL)).unwrap();
        make_pipe(&shop.path(MODEL));
        let run = shop.run("status");
        assert!(run.exits(2).stderr.contains("a pipe"), "{}", run.stderr);
        let run = shop.run("status --model /dev/null");
        assert!(run.exits(2).stderr.contains("a device"), "{}", run.stderr);
        let run = shop.run("model import - --model /dev/null");
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_model_with_another_name_is_read_and_not_written() {
        let shop = Shop::linked();
        fs::hard_link(shop.path(MODEL), shop.path("other.json")).unwrap();
        refused(&shop, &["control-plane.json", "hard link"]);
        assert_eq!(shop.state(), "linked");
    }

    #[test]
    fn a_model_whose_keys_other_users_can_read_is_read_with_a_warning_and_not_written() {
        let shop = Shop::linked();
        for (suffix, mode) in [("", 0o644), ("", 0o660), (".previous", 0o604)] {
            shop.run("relink --env prod").exits(0);
            let path = shop.path(&format!("{MODEL}{suffix}"));
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            refused(&shop, &["contains keys", &format!("chmod 600 '{}'", path.display())]);
            let status = shop.run("status --env prod");
            assert_eq!(status.exits(0).stderr.contains("chmod 600"), suffix.is_empty(), "{}", status.stderr);
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
        shop.run("unlink --env prod").exits(0);
    }

    /// A user who is not the one that the tests run as.
    const ANOTHER: u32 = 65534;

    fn give_away(shop: &Shop, names: &[&str]) -> bool {
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            for name in names {
                chown(shop.path(name), Some(ANOTHER), Some(ANOTHER)).unwrap();
            }
        } else {
            crate::skip::skipped("the superuser alone can give a file to another user");
        }
        is_root
    }

    #[test]
    fn a_model_of_another_user_is_refused_before_anything_is_written() {
        use std::os::unix::process::CommandExt as _;
        let shop = Shop::linked();
        shop.write("resources.json", "[]");
        fs::remove_file(shop.path(&format!("{MODEL}.lock"))).unwrap();
        fs::set_permissions(shop.path(""), Permissions::from_mode(0o777)).unwrap();
        fs::set_permissions(shop.path(MODEL), Permissions::from_mode(0o644)).unwrap();
        if !give_away(&shop, &[crate::support::CONFIG]) {
            return;
        }
        let as_another = |line: &str| shop.swa_apim(line).uid(ANOTHER).gid(ANOTHER).output();
        if !as_another("--version").is_ok_and(|run| run.status.success()) {
            crate::skip::skipped("other users may not run the program where it is");
            return;
        }
        let (before, files) = (shop.read(MODEL), names(&shop));
        for line in CHANGES {
            let run = as_another(line).unwrap();
            let said = String::from_utf8(run.stderr).unwrap();
            assert_eq!(run.status.code(), Some(2), "{line}: {said}");
            assert!(said.contains("belongs to another user") && said.contains("hint: "), "{line}: {said}");
            assert_eq!((shop.read(MODEL), names(&shop)), (before.clone(), files.clone()), "{line}");
        }
    }

    #[test]
    fn a_model_that_the_superuser_changes_stays_its_owners_and_private() {
        let shop = Shop::linked();
        let all = [MODEL, "control-plane.json.lock", "control-plane.json.previous"];
        if !give_away(&shop, &all) {
            return;
        }
        for line in ["relink --env prod", "unlink --env prod"] {
            shop.run(line).exits(0);
            for name in all {
                let found = fs::metadata(shop.path(name)).unwrap();
                assert_eq!((found.uid(), found.mode() & 0o777), (ANOTHER, 0o600), "{line}: {name}");
            }
        }
    }

    fn names(shop: &Shop) -> Vec<std::ffi::OsString> {
        let mut names: Vec<_> =
            fs::read_dir(shop.path("")).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_model_without_keys_may_be_readable_and_is_private_once_it_has_keys() {
        let shop = Shop::sample();
        let mode = |mode: u32| {
            assert_eq!(fs::metadata(shop.path(MODEL)).unwrap().permissions().mode() & 0o777, mode);
        };
        fs::set_permissions(shop.path(MODEL), Permissions::from_mode(0o644)).unwrap();
        let site = site();
        shop.write("in.json", format!("{{\"id\":\"{site}\",\"properties\":{{}},\"tags\":{{\"a\":\"b\"}}}}"));
        shop.run("model import in.json").exits(0);
        mode(0o644);
        shop.run("link --env prod").exits(0);
        mode(0o600);
        shop.run("relink --env prod").exits(0);
    }

    #[test]
    fn results_go_to_devices_pipes_and_standard_output() {
        let shop = Shop::linked();
        symlink("/dev/null", shop.path("null")).unwrap();
        for out in ["/dev/null", "null"] {
            for line in ["model export", "graph", "unlink --env prod --dry-run", "export --format bicep"] {
                shop.run(&format!("{line} --out {out}")).exits(0);
            }
            shop.run(&format!("doctor --env prod --role-definition {out}"));
        }
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert!(fs::symlink_metadata(shop.path("null")).unwrap().is_symlink());
        let printed = shop.run("model export").exits(0).stdout.clone();
        for out in ["-", "/dev/stdout", "/dev/fd/1"] {
            assert_eq!(shop.run(&format!("model export --out {out}")).exits(0).stdout, printed, "{out}");
        }
        assert!(!shop.path("-").exists());
        make_pipe(&shop.path("pipe"));
        let reader = std::thread::spawn({
            let pipe = shop.path("pipe");
            move || fs::read_to_string(pipe).unwrap()
        });
        shop.run("model export --out pipe").exits(0);
        assert_eq!(reader.join().unwrap(), printed);
    }

    #[test]
    fn a_result_that_a_killed_run_left_half_written_is_removed_by_the_next_run() {
        let shop = Shop::linked();
        shop.write(".swa-apimAb12Cd", "half");
        shop.run("model export --out all.json").exits(0);
        assert!(!shop.path(".swa-apimAb12Cd").exists());
    }
}
