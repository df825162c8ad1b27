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

# Build the program that packages contain: static, with every optimisation; for musl where that can be had
static:
    .github/package/build

# Make a Debian package of it
deb:
    .github/package/deb "$(.github/package/build)" target

# Make every file of a release in target/release-files, install and use the packages, and upload nothing
release-dry-run:
    rm -rf target/release-files && mkdir -p target/release-files
    cargo cyclonedx --version || cargo install --locked cargo-cyclonedx
    .github/package/bill target/release-files "$(uname -m)-unknown-linux-gnu"
    .github/package/release target/release-files "$(uname -m)-unknown-linux-musl=$(.github/package/build)"
    SWA_APIM_PACKAGED=$(.github/package/build) cargo test --locked --test packages
    ls -l target/release-files

# Set the address of the repository, such as https://github.com/OWNER/NAME
address URL:
    .github/package/address {{URL}}

# The pages as a site, in target/book; needs mdBook
book:
    mdbook build

# Time a build with nothing built before, and weigh the program
cold-build PROFILE='release':
    .github/package/cold-build {{PROFILE}}

# Time whole processes, built as packages are, against their bounds
bench:
    cargo bench --locked

# Fuzz every target for some seconds each, within limits of time and memory; needs a nightly compiler and cargo-fuzz
fuzz SECONDS='60':
    fuzz/seeds.py
    for target in $(ls fuzz/seeds); do \
        cargo +nightly fuzz run "$target" -- \
            -max_total_time={{SECONDS}} -max_len=65536 -timeout=10 -rss_limit_mb=2048 || exit 1; \
    done
