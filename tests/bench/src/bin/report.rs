//! `report FOLDER ROWS time|none`: writes the files of a generated report.

use std::fs;
use std::path::Path;

use bench::report::{self, Order};

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rows, order] = arguments.as_slice() else {
        return Err("report FOLDER ROWS time|none".to_owned());
    };
    let folder = Path::new(folder);
    let rows: usize = rows.parse().map_err(|_| "how many rows?")?;
    let order = if order == "time" { Order::Time } else { Order::None };
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for place in 0..rows.div_ceil(report::FILE) {
        let of_file = report::FILE.min(rows - place * report::FILE);
        let bytes = report::file(place, of_file, rows, order).map_err(|error| error.to_string())?;
        let path = folder.join(format!("report-{:05}.snappy.parquet", place + 1));
        fs::write(path, bytes).map_err(|error| error.to_string())?;
    }
    Ok(())
}
