//! Hands what libFuzzer makes up to the target `target`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::target::run(data));
