//! Hands what libFuzzer makes up to the target `response`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::response::run(data));
