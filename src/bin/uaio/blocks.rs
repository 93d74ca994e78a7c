//! Blocks that say what they are, so that a wrong byte is found and can be explained.
//!
//! | word | content |
//! |---|---|
//! | 0 | magic |
//! | 1 | number of the block in the file |
//! | 2 | version: how often the block was written since the file was made |
//! | 3 | seed of the run |
//! | 4 | checksum of all other words |
//! | 5… | filler that depends on words 1 to 3 |

use std::fmt;

/// A block's length is a multiple of this: the smallest unit of `O_DIRECT`.
pub const UNIT: usize = 512;

const WORD: usize = 8;
const MAGIC: u64 = u64::from_le_bytes(*b"uaiodemo");
const CHECKSUM_WORD: usize = 4;
const HEADER_WORDS: usize = 5;
const LANES: usize = 8;
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a block is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub number: u64,
    pub version: u64,
    pub seed: u64,
}

/// How a block differs from what is expected.
#[derive(Debug, PartialEq, Eq)]
pub enum Difference {
    /// A whole block, but another one: stale, misplaced or of another run.
    Other(Identity),
    /// Not a whole block: torn, overwritten in part, or a flipped byte.
    Broken,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(found) => write!(
                f,
                "a whole block, but it is block {} in version {} of seed {:#x}",
                found.number, found.version, found.seed
            ),
            Self::Broken => f.write_str("its checksum does not fit its bytes"),
        }
    }
}

/// Makes `block` the block that `identity` names.
pub fn fill(block: &mut [u8], identity: Identity) {
    let key = mix(identity.seed ^ mix(identity.number ^ mix(identity.version)));
    let mut word = key;
    for chunk in block.chunks_exact_mut(WORD) {
        chunk.copy_from_slice(&word.to_le_bytes());
        word = word.wrapping_add(ODD);
    }
    put(block, 0, MAGIC);
    put(block, 1, identity.number);
    put(block, 2, identity.version);
    put(block, 3, identity.seed);
    put(block, CHECKSUM_WORD, 0);
    let sum = checksum(block);
    put(block, CHECKSUM_WORD, sum);
}

/// Checks every byte of `block`. The checksum field itself is left as it was found.
pub fn check(block: &mut [u8], expected: Identity) -> Result<(), Difference> {
    let stored = get(block, CHECKSUM_WORD);
    put(block, CHECKSUM_WORD, 0);
    let whole = checksum(block) == stored && get(block, 0) == MAGIC;
    put(block, CHECKSUM_WORD, stored);
    let found = Identity { number: get(block, 1), version: get(block, 2), seed: get(block, 3) };
    match (whole, found == expected) {
        (true, true) => Ok(()),
        (true, false) => Err(Difference::Other(found)),
        (false, _) => Err(Difference::Broken),
    }
}

/// Eight independent lanes, so that the processor can overlap them. The rotation carries the high
/// bits, which a product only ever moves up, back down.
fn checksum(block: &[u8]) -> u64 {
    let mut lanes = [MAGIC; LANES];
    for group in block.chunks_exact(LANES * WORD) {
        for (lane, word) in lanes.iter_mut().zip(group.chunks_exact(WORD)) {
            let mut bytes = [0; WORD];
            bytes.copy_from_slice(word);
            *lane = (*lane ^ u64::from_le_bytes(bytes)).rotate_left(29).wrapping_mul(ODD);
        }
    }
    lanes.iter().fold(block.len() as u64, |sum, lane| mix(sum ^ lane))
}

/// The finaliser of splitmix64.
pub fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(ODD);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn get(block: &[u8], word: usize) -> u64 {
    let mut bytes = [0; WORD];
    bytes.copy_from_slice(&block[word * WORD..][..WORD]);
    u64::from_le_bytes(bytes)
}

fn put(block: &mut [u8], word: usize, value: u64) {
    block[word * WORD..][..WORD].copy_from_slice(&value.to_le_bytes());
}

const _: () = assert!(UNIT >= HEADER_WORDS * WORD && UNIT % (LANES * WORD) == 0);

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Identity = Identity { number: 7, version: 3, seed: 99 };

    #[test]
    fn a_filled_block_is_what_it_says() {
        let mut block = vec![0; 4096];
        fill(&mut block, ONE);
        assert_eq!(check(&mut block, ONE), Ok(()));
        let stale = Identity { version: 2, ..ONE };
        assert_eq!(check(&mut block, stale), Err(Difference::Other(ONE)));
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let mut block = vec![0; UNIT];
        fill(&mut block, ONE);
        for bit in 0..UNIT * 8 {
            block[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(check(&mut block, ONE), Err(Difference::Broken), "bit {bit}");
            block[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn two_equal_changes_in_one_lane_do_not_cancel() {
        let mut block = vec![0; 4096];
        fill(&mut block, ONE);
        block[64 * 8 + 7] ^= 0x80;
        block[64 * 9 + 7] ^= 0x80;
        assert_eq!(check(&mut block, ONE), Err(Difference::Broken));
    }
}
