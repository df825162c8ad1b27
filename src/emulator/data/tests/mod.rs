//! Tests of the data plane on real sockets, with a real API as its backend.

mod api;
mod content;
mod gateway;
mod headers;
mod limits;
mod policies;
mod rules;
mod secrecy;
mod signing_in;
mod streams;
mod tokens;
mod traces;
mod versions;
mod world;
