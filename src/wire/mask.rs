//! Masking and unmasking of payloads (RFC 6455 §5.3), in steps of whole vectors.
//!
//! A payload that comes in pieces needs no counter: `turned` gives the key as the next piece needs it. The keys
//! themselves come from above. Called by the connection's two halves.

/// How many bytes are masked in one step; a multiple of four, so that each step begins with the key as it is.
const WIDE: usize = 32;

/// Masks or unmasks `payload` in place; its first byte meets the first byte of `key`.
#[inline]
pub fn apply(payload: &mut [u8], key: [u8; 4]) {
    let wide: [u8; WIDE] = repeated(key);
    let (blocks, rest) = payload.as_chunks_mut::<WIDE>();
    for block in blocks {
        xor(block, &wide);
    }
    let (words, tail) = rest.as_chunks_mut::<4>();
    for word in words {
        xor(word, &key);
    }
    for (byte, mask) in tail.iter_mut().zip(key) {
        *byte ^= mask;
    }
}

/// The key as it applies to what follows `length` bytes of payload.
#[inline]
#[must_use]
pub fn turned(mut key: [u8; 4], length: usize) -> [u8; 4] {
    key.rotate_left(length % 4);
    key
}

/// Appends `payload` to `out`, masked with `key`: masked on its way, so that each byte is touched once.
#[inline]
pub fn append(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    out.reserve(payload.len());
    if !append_by::<WIDE>(out, payload, key) && !append_by::<8>(out, payload, key) {
        out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    }
}

/// Appends what is at least `N` bytes long in steps of `N`, a multiple of four. What no step is left for is the end of
/// one more, which writes once again what comes before it: cheaper than a loop over single bytes.
#[inline]
fn append_by<const N: usize>(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) -> bool {
    const { assert!(N.is_multiple_of(4), "a step begins with the key as it is") };
    let Some(last) = payload.last_chunk::<N>() else { return false };
    let (blocks, rest) = payload.as_chunks::<N>();
    let mask = repeated(key);
    for block in blocks {
        out.extend_from_slice(&xored(block, &mask));
    }
    if !rest.is_empty() {
        out.truncate(out.len() - (N - rest.len()));
        out.extend_from_slice(&xored(last, &repeated(turned(key, rest.len()))));
    }
    true
}

/// The key as often as it fits.
#[inline]
fn repeated<const N: usize>(key: [u8; 4]) -> [u8; N] {
    std::array::from_fn(|at| key[at % 4])
}

#[inline]
fn xored<const N: usize>(block: &[u8; N], mask: &[u8; N]) -> [u8; N] {
    let mut block = *block;
    xor(&mut block, mask);
    block
}

#[inline]
fn xor<const N: usize>(bytes: &mut [u8; N], mask: &[u8; N]) {
    for (byte, mask) in bytes.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    fn one_by_one(payload: &[u8]) -> Vec<u8> {
        payload.iter().enumerate().map(|(at, byte)| byte ^ KEY[at % 4]).collect()
    }

    #[test]
    fn masks_the_example_of_section_5_7() {
        let mut payload = *b"Hello";
        apply(&mut payload, KEY);
        assert_eq!(payload, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn agrees_with_masking_byte_by_byte_at_every_length() {
        let payload: Vec<u8> = (0..200).collect();
        for length in 0..payload.len() {
            let mut masked = payload[..length].to_vec();
            apply(&mut masked, KEY);
            assert_eq!(masked, one_by_one(&payload[..length]), "length {length}");
        }
    }

    #[test]
    fn a_split_payload_goes_on_with_the_turned_key() {
        let payload: Vec<u8> = (0..100).collect();
        for split in 0..=payload.len() {
            let mut masked = payload.clone();
            let (first, second) = masked.split_at_mut(split);
            apply(first, KEY);
            apply(second, turned(KEY, split));
            assert_eq!(masked, one_by_one(&payload), "split at {split}");
        }
    }

    #[test]
    fn appending_masks_at_every_length_and_leaves_what_was_there() {
        let payload: Vec<u8> = (0..200).collect();
        for length in 0..payload.len() {
            let mut out = vec![0xee; 3];
            append(&mut out, &payload[..length], KEY);
            assert_eq!(out[..3], [0xee; 3]);
            assert_eq!(out[3..], one_by_one(&payload[..length]), "length {length}");
        }
    }
}
