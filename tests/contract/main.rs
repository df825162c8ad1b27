//! One suite for every control plane, and what only the one in a file has to do.

mod behaviour;
mod file;
mod import;
mod properties;
mod reference;
mod world;
