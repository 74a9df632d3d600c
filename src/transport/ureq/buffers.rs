//! The buffers of a connection.

use std::ops::Range;

use ureq::unversioned::transport::Buffers;

/// Buffers that take memory only for what was once in them: the system allocates the pages of a zeroed block when they are written.
/// Those of `ureq`, which it still has above TLS, are written in advance: 256 KiB for each connection.
#[derive(Debug)]
pub(super) struct Fresh {
    output: Vec<u8>,
    input: Vec<u8>,
    /// The bytes of the input that were read and not consumed.
    filled: Range<usize>,
    /// Whether the last to consume took something.
    progress: bool,
    sizes: Sizes,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) input: usize,
    pub(super) output: usize,
}

/// How much space for other bytes `ureq` expects.
const SCRATCH: usize = 10 * 1024;

impl Fresh {
    pub(super) fn new(sizes: Sizes) -> Self {
        Self {
            output: Vec::new(),
            input: Vec::new(),
            filled: 0..0,
            progress: false,
            sizes,
        }
    }

    /// Allocates what has not been used yet, and moves the input to the start if that gives room.
    fn prepare_input(&mut self) {
        if self.input.is_empty() {
            self.input = vec![0; self.sizes.input];
        }
        if self.filled.is_empty() {
            self.filled = 0..0;
        } else if self.filled.start > 0 && self.filled.end > self.input.len() / 2 {
            self.input.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
        }
    }

    fn prepare_output(&mut self) {
        if self.output.is_empty() {
            self.output = vec![0; self.sizes.output];
        }
    }
}

impl Buffers for Fresh {
    fn output(&mut self) -> &mut [u8] {
        self.prepare_output();
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.filled.clone()]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.prepare_input();
        &mut self.input[self.filled.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.filled.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.prepare_input();
        self.prepare_output();
        let len = self.input.len().max(self.filled.end + SCRATCH);
        self.input.resize(len, 0);
        (&mut self.input[self.filled.end..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.progress && !self.filled.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_consumed_in_order() {
        let mut buffers = Fresh::new(Sizes {
            input: 10,
            output: 4,
        });
        assert_eq!((buffers.input().len(), buffers.output().len()), (0, 4));
        let (mut sent, mut received) = (0_u8, 0_u8);
        // how much is read, and how much of it is consumed
        for (read, consumed) in [(10, 3), (3, 9), (1, 0), (5, 7), (10, 10), (4, 1), (0, 3)] {
            let room = buffers.input_append_buf();
            let read = read.min(room.len());
            for byte in &mut room[..read] {
                *byte = sent;
                sent += 1;
            }
            buffers.input_appended(read);
            for byte in &buffers.input()[..consumed] {
                assert_eq!(*byte, received);
                received += 1;
            }
            buffers.input_consume(consumed);
            let is_left = sent != received;
            assert_eq!(buffers.can_use_input(), is_left && consumed > 0);
            let (scratch, output) = buffers.tmp_and_output();
            assert!(scratch.len() >= SCRATCH && output.len() == 4);
            scratch.fill(0xff);
        }
        assert_eq!(sent, received);
    }

    #[test]
    fn a_full_buffer_has_no_room() {
        let mut buffers = Fresh::new(Sizes {
            input: 4,
            output: 1,
        });
        assert_eq!(buffers.input_append_buf().len(), 4);
        buffers.input_appended(4);
        assert_eq!(buffers.input_append_buf().len(), 0);
        buffers.input_consume(1);
        assert_eq!(buffers.input_append_buf().len(), 1);
    }
}
