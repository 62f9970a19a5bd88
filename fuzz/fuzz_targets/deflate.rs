//! Hands what libFuzzer makes up to the target `deflate`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::deflate::run(data));
