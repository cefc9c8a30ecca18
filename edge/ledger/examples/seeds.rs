//! `seeds FOLDER FILE…`: writes what the fuzzer begins with, a folder per target, out of report files.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut words = env::args().skip(1);
    let folder = words.next().ok_or(io::ErrorKind::InvalidInput)?;
    for (number, file) in words.enumerate() {
        for (part, (target, seed)) in ledger::fuzzing::seeds(&fs::read(file)?).into_iter().enumerate() {
            let folder = Path::new(&folder).join(target);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("seed-{number}-{part}")), seed)?;
        }
    }
    Ok(())
}
