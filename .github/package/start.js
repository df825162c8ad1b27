#!/usr/bin/env node
// Starts the program of this platform, and ends as it ends.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const name = `@swa-apim/${process.platform}-${process.arch}`;

function program() {
  try {
    return require.resolve(`${name}/bin/swa-apim${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    console.error(`error: the package ${name} is not installed`);
    console.error("hint: install swa-apim without --omit=optional; docs/install.md lists the platforms");
    process.exit(1);
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });

child.on("error", (error) => {
  console.error(`error: could not start the program: ${error.message}`);
  process.exit(1);
});

// A terminal sends Ctrl-C to the program too; every other signal is passed on, so that the program ends in order.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}

child.on("exit", (code, signal) => {
  process.exitCode = signal ? 128 + constants.signals[signal] : code;
});
