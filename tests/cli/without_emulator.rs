//! A build without the emulator.

use crate::support::Shop;

#[test]
fn a_build_without_the_emulator_says_how_to_get_it() {
    let shop = Shop::sample();
    for line in
        ["emulate", "emulate --sample --listen 127.0.0.1:0", "emulate --help", "--env prod emulate -h"]
    {
        let done = shop.run(line);
        assert!(done.stderr.contains("this build of swa-apim has no emulator"), "{line}: {}", done.stderr);
        assert!(done.stderr.contains("cargo install swa-apim"), "{line}: {}", done.stderr);
        done.exits(2);
    }
}

#[test]
fn a_build_without_the_emulator_does_not_list_it() {
    let shop = Shop::sample();
    let help = shop.run("--help");
    assert!(!help.stdout.contains("emulate"), "{}", help.stdout);
    help.exits(0);
}
