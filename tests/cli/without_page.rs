//! A build with the emulator and without the page.

use crate::support::Shop;

#[test]
fn a_build_without_the_page_refuses_to_serve_it_beside_the_emulator() {
    let shop = Shop::sample();
    let done = shop.run("emulate --sample --ui --listen 127.0.0.1:0 --data-plane 127.0.0.1:0");
    assert!(done.stderr.contains("this build of swa-apim has no page"), "{}", done.stderr);
    assert!(done.stderr.contains("remove `--ui`"), "{}", done.stderr);
    done.exits(2);
    let help = shop.run("emulate --help");
    assert!(!help.stdout.contains("--ui"), "{}", help.stdout);
    help.exits(0);
}
