//! Hands what libFuzzer makes up to the target `extension`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::extension::run(data));
