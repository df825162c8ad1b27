#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| swa_apim::fuzzing::address(data));
