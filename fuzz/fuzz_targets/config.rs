//! Hands what libFuzzer makes up to the target `config`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::config::run(data));
