//! Hands what libFuzzer makes up to the target `request`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::request::run(data));
