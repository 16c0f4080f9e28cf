//! The memory of the card: a littlefs image in RAM, also written to a file if the card is kept.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use generic_array::typenum::{U8, U512};
use littlefs2::{driver::Storage, fs::Filesystem, io::Error};

const BLOCK: usize = 512;
const BLOCKS: usize = 256;

/// 128 KiB of flash. A copy of the file is a copy of the card, with the same keys, certificates and PIN.
pub(crate) struct Flash {
    bytes: Vec<u8>,
    file: Option<File>,
}

impl Flash {
    /// Empty memory that ends with the process.
    pub(crate) fn volatile() -> Self {
        let mut flash = Self {
            bytes: vec![0xff; BLOCK * BLOCKS],
            file: None,
        };
        Filesystem::format(&mut flash).expect("128 KiB of RAM can be formatted");
        flash
    }

    /// The memory in the file `path`, which is made and formatted if it does not exist.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let new = bytes.is_empty();
        if !new && bytes.len() != BLOCK * BLOCKS {
            let reason = format!(
                "{} is not the memory of a card: {} bytes",
                path.display(),
                bytes.len()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        bytes.resize(BLOCK * BLOCKS, 0xff);
        let mut flash = Self {
            bytes,
            file: Some(file),
        };
        if new {
            flash
                .save(0, BLOCK * BLOCKS)
                .map_err(|_| io::Error::other("the new card cannot be written"))?;
            Filesystem::format(&mut flash)
                .map_err(|_| io::Error::other("the new card cannot be formatted"))?;
        }
        Ok(flash)
    }

    fn save(&self, offset: usize, len: usize) -> Result<usize, Error> {
        if let Some(file) = &self.file {
            let position = u64::try_from(offset).map_err(|_| Error::INVALID)?;
            file.write_all_at(&self.bytes[offset..offset + len], position)
                .map_err(|_| Error::IO)?;
        }
        Ok(len)
    }
}

impl Storage for Flash {
    const READ_SIZE: usize = 16;
    const WRITE_SIZE: usize = 16;
    const BLOCK_SIZE: usize = BLOCK;
    const BLOCK_COUNT: usize = BLOCKS;

    type CACHE_SIZE = U512;
    type LOOKAHEAD_SIZE = U8;

    fn read(&mut self, offset: usize, buffer: &mut [u8]) -> Result<usize, Error> {
        let stored = self
            .bytes
            .get(offset..offset + buffer.len())
            .ok_or(Error::INVALID)?;
        buffer.copy_from_slice(stored);
        Ok(buffer.len())
    }

    fn write(&mut self, offset: usize, data: &[u8]) -> Result<usize, Error> {
        self.bytes
            .get_mut(offset..offset + data.len())
            .ok_or(Error::NO_SPACE)?
            .copy_from_slice(data);
        self.save(offset, data.len())
    }

    fn erase(&mut self, offset: usize, len: usize) -> Result<usize, Error> {
        self.bytes
            .get_mut(offset..offset + len)
            .ok_or(Error::NO_SPACE)?
            .fill(0xff);
        self.save(offset, len)
    }
}
