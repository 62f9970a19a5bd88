//! Hands what libFuzzer makes up to the target `connection`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::connection::run(data));
