//! Envs that are not chosen, not there or not readable.

use snapbox::str;

use crate::support::{CONFIG, Shop};

#[test]
fn an_unknown_env_leads_to_the_nearest_one() {
    Shop::sample().run("status --env prd").is(str![[r#"
exit 2
--- stderr
error: the env `prd` does not exist in `swa-apim.toml`
hint: did you mean `prod`? the envs are: prod

"#]]);
}

#[test]
fn one_of_several_envs_must_be_selected() {
    let shop = Shop::sample();
    shop.add_env("[env.staging]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'");
    shop.run("link").is(str![[r#"
exit 2
--- stderr
error: `swa-apim.toml` has 2 envs, and none was selected
hint: add `--env NAME`; the envs are: prod, staging

"#]]);
}

#[test]
fn all_envs_and_one_env_contradict_each_other() {
    Shop::sample().run("link --all --env prod").is(str![[r#"
exit 2
--- stderr
error: `--all` and `--env` cannot be used together
hint: remove one of them

"#]]);
}

#[test]
fn malformed_toml_is_shown_with_a_caret() {
    let shop = Shop::sample();
    shop.write(CONFIG, "[env.prod]\nstatic-web-app = \"shop-web\n");
    shop.run("status").is(str![[r#"
exit 2
--- stderr
error: swa-apim.toml, line 2, column 27: invalid basic string, expected `"`
  |
2 | static-web-app = "shop-web
  |                           ^

"#]]);
}

#[test]
fn an_unknown_key_leads_to_the_nearest_one() {
    let shop = Shop::sample();
    shop.configure("resource-group", "resourcegroup");
    shop.run("status").is(str![[r#"
exit 2
--- stderr
error: swa-apim.toml, line 5, column 1: unknown key `resourcegroup` in `[env.prod]`
  |
5 | resourcegroup = "rg-shop"
  | ^^^^^^^^^^^^^
hint: did you mean `resource-group`?

"#]]);
}

#[test]
fn without_a_file_the_message_says_how_to_begin() {
    let shop = Shop::empty();
    shop.run("status").is(str![[r#"
exit 2
--- stderr
error: no `swa-apim.toml` was found, and `--static-web-app` and `--apim` are not specified
hint: `swa-apim init` writes a configuration; `--static-web-app NAME --apim NAME --provider arm` works in Azure without one, where `swa-apim list` shows the names; `--sample` uses the built-in sample

"#]]);
    shop.run("status --env prod").is(str![[r#"
exit 2
--- stderr
error: the env `prod` does not exist because no `swa-apim.toml` was found
hint: `swa-apim init` writes a configuration; `--static-web-app NAME --apim NAME --provider arm` works in Azure without one, where `swa-apim list` shows the names; `--sample` uses the built-in sample

"#]]);
    shop.run("link --all").is(str![[r#"
exit 2
--- stderr
error: no `swa-apim.toml` was found
hint: `swa-apim init` writes a configuration; `--static-web-app NAME --apim NAME --provider arm` works in Azure without one, where `swa-apim list` shows the names; `--sample` uses the built-in sample

"#]]);
    shop.run("status --config nope.toml").is(str![[r#"
exit 2
--- stderr
error: the file `nope.toml` (from `--config`) does not exist
hint: `swa-apim init` creates a configuration

"#]]);
}

#[test]
fn azure_is_asked_only_with_a_token_that_may_be_one_and_at_an_address_that_may_have_it() {
    let shop = Shop::sample();
    let arm = |line: &str, more: &[(&str, &str)]| {
        shop.run_with(line, &[&[("SWA_APIM_PROVIDER", "arm")], more].concat())
    };
    arm("status", &[("SWA_APIM_CREDENTIAL", "client-secret")]).is(str![[r#"
exit 6
--- stderr
error: the credential `client-secret` is not configured: set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET
hint: set the missing variables, or unset SWA_APIM_CREDENTIAL to use the first credential that works

"#]]);
    arm("status", &[("SWA_APIM_CREDENTIAL", "password")]).is(str![[r#"
exit 2
--- stderr
error: SWA_APIM_CREDENTIAL: `password` is not a kind of credential
hint: the kinds are access-token, client-secret, client-certificate, workload-identity, azure-pipelines, github-actions, managed-identity, azure-cli, azure-developer-cli

"#]]);
    arm("status", &[("SWA_APIM_ACCESS_TOKEN", "two words")]).is(str![[r#"
exit 6
--- stderr
error: `SWA_APIM_ACCESS_TOKEN` is not a token: it contains spaces or other characters that are not allowed
hint: set a new token: `SWA_APIM_ACCESS_TOKEN=$(az account get-access-token --query accessToken -o tsv)`

"#]]);
    arm("status --endpoint http://arm.example", &[("SWA_APIM_ACCESS_TOKEN", "x")]).is(str![[r#"
exit 2
--- stderr
error: `endpoint` (from `--endpoint`) is not valid
  caused by: `http://arm.example` is not a valid endpoint of Azure Resource Manager: the access token would be sent in plain text
hint: specify a URL such as https://management.azure.com; http is only allowed for this machine

"#]]);
}

#[test]
fn a_model_does_not_provision_by_itself() {
    Shop::sample().run("link --provisioning service").is(str![[r#"
exit 2
--- stdout
prod: failed
--- stderr
error: the JSON model does not support provisioning by the service (from `--provisioning`)
hint: remove `provisioning`, or set it to `engine`

"#]]);
}

#[test]
fn what_a_flag_cannot_be_is_refused_before_anything_else() {
    let shop = Shop::sample();
    shop.run("status --query links[").is(str![[r#"
exit 2
--- stderr
error: invalid value 'links[' for '--query <JMESPATH>': Parse error: Expected number, ':', or '*' -- found Eof (line 0, column 6)
links[
      ^

For more information, try '--help'.

"#]]);
    shop.run("status --output xml").is(str![[r#"
exit 2
--- stderr
error: invalid value 'xml' for '--output <OUTPUT>'
  [possible values: table, json, jsonc, yaml, yamlc, tsv, markdown, none]

  tip: a similar value exists: 'yaml'

For more information, try '--help'.

"#]]);
    shop.run("status --timeout soon").is(str![[r#"
exit 2
--- stderr
error: invalid value 'soon' for '--timeout <TIME>': not a duration; examples are 30s, 2m and 1h 30m

For more information, try '--help'.

"#]]);
    shop.run("status --timeout=-5s").is(str![[r#"
exit 2
--- stderr
error: invalid value '-5s' for '--timeout <TIME>': a duration cannot be negative

For more information, try '--help'.

"#]]);
    shop.run("link --envv prod").is(str![[r#"
exit 2
--- stderr
error: unexpected argument '--envv' found

  tip: a similar argument exists: '--env'

Usage: swa-apim link --env <NAME>

For more information, try '--help'.

"#]]);
}

#[test]
fn a_query_that_does_not_fit_the_result_says_so() {
    Shop::sample().run("status --query 'length(links[0].product)'").is(str![[r#"
exit 2
--- stderr
error: the query cannot be applied to the result: Runtime error: Argument 0 expects type array|object|string, given null (line 0, column 6)
    length(links[0].product)
          ^

"#]]);
}

#[test]
fn a_query_that_fails_after_a_change_does_not_hide_the_change() {
    let shop = Shop::sample();
    shop.run("link --query 'length(nothing)'").is(str![[r#"
exit 2
--- stderr
error: the command has finished, but its result could not be printed
  caused by: the query cannot be applied to the result: Runtime error: Argument 0 expects type array|object|string, given null (line 0, column 6)
    length(nothing)
          ^

"#]]);
    assert_eq!(shop.state(), "linked");
}

#[cfg(unix)]
#[test]
fn a_file_of_another_user_that_was_found_is_refused_until_it_is_named() {
    use std::os::unix::fs::{chown, lchown, symlink};
    const ANOTHER: u32 = 65534;
    let shop = Shop::sample();
    if !rustix::process::geteuid().is_root() {
        crate::skip::skipped("the superuser alone can give a file to another user");
        return;
    }
    let own = shop.read(CONFIG);
    let refused = |what: &str| {
        for line in ["status", "link", "status --env prod"] {
            let run = shop.run(line);
            assert!(run.exits(2).stderr.contains("belongs to another user"), "{what}: {}", run.stderr);
            assert!(run.stderr.contains(&format!("--config {CONFIG}")), "{what}: {}", run.stderr);
        }
        shop.run(&format!("status --config {CONFIG}")).exits(0);
    };
    chown(shop.path(CONFIG), Some(ANOTHER), None).unwrap();
    refused("the file");
    std::fs::remove_file(shop.path(CONFIG)).unwrap();
    shop.write("own.toml", own);
    symlink("own.toml", shop.path(CONFIG)).unwrap();
    shop.run("status").exits(0);
    lchown(shop.path(CONFIG), Some(ANOTHER), None).unwrap();
    refused("a link to an own file");
}

#[test]
fn a_configuration_that_cannot_be_read_is_a_mistake_in_the_command_line_or_the_file() {
    let shop = Shop::sample();
    std::fs::create_dir(shop.path("folder")).unwrap();
    for line in ["status --config folder", "init --env new --static-web-app a --apim b --config folder"] {
        let run = shop.run(line);
        assert!(run.exits(2).stderr.contains("could not read"), "{line}: {}", run.stderr);
        assert!(run.stderr.contains("hint: "), "{line}: {}", run.stderr);
    }
}
