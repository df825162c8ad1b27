# What CI runs
ci:
    .ci/run

# Make generated files and the console blocks of the pages anew; look at the difference before committing it
accept:
    SNAPSHOTS=overwrite cargo test --locked --test generated every_generated_file_is_fresh
    TRYCMD=overwrite cargo test --locked --test docs the_pages_show_what_the_program_does
    git diff --stat

# Link the sample
try *ARGS:
    cargo run --locked -- {{ARGS}} --sample

# Make a Debian package of a release build
deb:
    cargo build --release --locked
    .github/package/deb target/release/swa-apim target

# Build one static binary; needs musl-tools, and `rustup target add x86_64-unknown-linux-musl`
static:
    cargo build --release --locked --target x86_64-unknown-linux-musl

# The pages as a site, in target/book; needs mdBook
book:
    mdbook build

# Time a build with nothing built before, and weigh the program
cold-build:
    .github/package/cold-build

# Time whole processes of a release build against their bounds
bench:
    cargo bench --locked

# Fuzz every target for some seconds each, within limits of time and memory; needs a nightly compiler and cargo-fuzz
fuzz SECONDS='60':
    fuzz/seeds.py
    for target in $(ls fuzz/seeds); do \
        cargo +nightly fuzz run "$target" -- \
            -max_total_time={{SECONDS}} -max_len=65536 -timeout=10 -rss_limit_mb=2048 || exit 1; \
    done
