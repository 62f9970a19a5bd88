//! Hands what libFuzzer makes up to the target `event`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wscope_fuzz::event::run(data));
