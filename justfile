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

# Time whole processes of a release build against their bounds
bench:
    cargo bench --locked
