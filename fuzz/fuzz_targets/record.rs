//! Hands what libFuzzer makes up to the target `record`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::record::run(data));
