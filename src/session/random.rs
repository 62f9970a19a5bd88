//! Where unpredictable bytes come from: masks and handshake keys (RFC 6455 §5.3, §10.3), and jitter.
//!
//! A cryptographic generator seeded once from the system, so that a mask costs no system call.

use rand::Rng;
use rand::rngs::StdRng;

/// A source for the masks of one connection.
pub fn masks() -> crate::wire::Draw {
    let mut generator: StdRng = rand::make_rng();
    Box::new(move |bytes| generator.fill_bytes(bytes))
}

/// `N` unpredictable bytes.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let mut generator: StdRng = rand::make_rng();
    generator.fill_bytes(&mut bytes);
    bytes
}
