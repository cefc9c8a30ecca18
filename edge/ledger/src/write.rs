//! Writes report files with the physical traits of AWS's own, from ready-made columns. Cost arithmetic is not here.

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, Float64Array, Float64Builder, MapBuilder, MapFieldNames, RecordBatch,
    StringArray, StringBuilder, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression as Codec, GzipLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

/// One column of a report file.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name, exactly as it shall stand in the schema.
    pub name: String,
    /// Values, one per row.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it; optional ones hold nulls")]
pub enum Values {
    Text(Vec<String>),
    OptionalText(Vec<Option<String>>),
    Double(Vec<f64>),
    OptionalDouble(Vec<Option<f64>>),
    /// Milliseconds since 1970, UTC.
    TimestampMillis(Vec<i64>),
    OptionalTimestampMillis(Vec<Option<i64>>),
    /// `MAP<string, string>`.
    TextMap(Vec<Vec<(String, String)>>),
    /// `MAP<string, double>`.
    DoubleMap(Vec<Vec<(String, f64)>>),
}

/// Physical form of the file. The default is what AWS writes for the legacy report.
#[derive(Clone, Debug)]
pub struct Form {
    /// Data pages v2 rather than v1.
    pub page_v2: bool,
    /// Dictionary encoding where it pays.
    pub dictionary: bool,
    /// Compression.
    pub compression: Compression,
    /// INT96 rather than INT64 milliseconds for timestamps.
    pub int96: bool,
    /// Rows per row group.
    pub row_group_rows: usize,
}

/// Compression of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Parquet's")]
pub enum Compression {
    None,
    Snappy,
    Gzip,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            page_v2: true,
            dictionary: true,
            compression: Compression::Snappy,
            int96: false,
            row_group_rows: 1_000_000,
        }
    }
}

/// Why a file could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot write the report file: {0}")]
pub struct WriteError(pub String);

/// Writes one file. `Text`, `Double`, `TimestampMillis` become REQUIRED columns, the optional ones OPTIONAL.
pub fn write_report(columns: &[Column], form: &Form) -> Result<Bytes, WriteError> {
    if form.int96 {
        return Err(WriteError("INT96 is not written".to_owned()));
    }
    let fields: Vec<Field> = columns.iter().map(field).collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays: Vec<ArrayRef> = columns.iter().map(array).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(failed)?;
    let compression = match form.compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Snappy => Codec::SNAPPY,
        Compression::Gzip => Codec::GZIP(GzipLevel::default()),
    };
    let properties = WriterProperties::builder()
        .set_writer_version(if form.page_v2 {
            WriterVersion::PARQUET_2_0
        } else {
            WriterVersion::PARQUET_1_0
        })
        .set_dictionary_enabled(form.dictionary)
        .set_compression(compression)
        .set_max_row_group_row_count(Some(form.row_group_rows.max(1)))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by("parquet-mr version 1.12.0".to_owned())
        .build();
    // AWS's files hold no schema of Arrow's.
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, schema, options).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    writer.close().map_err(failed)?;
    Ok(Bytes::from(bytes))
}

fn failed(cause: impl std::fmt::Display) -> WriteError {
    WriteError(cause.to_string())
}

fn field(column: &Column) -> Field {
    let moment = || DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let (kind, is_optional) = match &column.values {
        Values::Text(_) => (DataType::Utf8, false),
        Values::OptionalText(_) => (DataType::Utf8, true),
        Values::Double(_) => (DataType::Float64, false),
        Values::OptionalDouble(_) => (DataType::Float64, true),
        Values::TimestampMillis(_) => (moment(), false),
        Values::OptionalTimestampMillis(_) => (moment(), true),
        Values::TextMap(_) => (map_type(DataType::Utf8), true),
        Values::DoubleMap(_) => (map_type(DataType::Float64), true),
    };
    Field::new(&column.name, kind, is_optional)
}

fn map_type(value: DataType) -> DataType {
    let entries = vec![Field::new("key", DataType::Utf8, false), Field::new("value", value, true)];
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(entries.into()), false)), false)
}

fn array(column: &Column) -> ArrayRef {
    match &column.values {
        Values::Text(values) => Arc::new(StringArray::from_iter_values(values)),
        Values::OptionalText(values) => Arc::new(StringArray::from_iter(values)),
        Values::Double(values) => Arc::new(Float64Array::from_iter_values(values.iter().copied())),
        Values::OptionalDouble(values) => Arc::new(Float64Array::from_iter(values.iter().copied())),
        Values::TimestampMillis(values) => {
            Arc::new(TimestampMillisecondArray::from_iter_values(values.iter().copied()).with_timezone("UTC"))
        }
        Values::OptionalTimestampMillis(values) => {
            Arc::new(TimestampMillisecondArray::from_iter(values.iter().copied()).with_timezone("UTC"))
        }
        Values::TextMap(rows) => {
            map(rows, |builder: &mut StringBuilder, value| builder.append_value(value), StringBuilder::new())
        }
        Values::DoubleMap(rows) => map(
            rows,
            |builder: &mut Float64Builder, value| builder.append_value(*value),
            Float64Builder::new(),
        ),
    }
}

fn map<B: ArrayBuilder, T>(
    rows: &[Vec<(String, T)>],
    mut append: impl FnMut(&mut B, &T),
    values: B,
) -> ArrayRef {
    let names =
        MapFieldNames { entry: "key_value".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    let mut builder = MapBuilder::new(Some(names), StringBuilder::new(), values);
    for row in rows {
        for (key, value) in row {
            builder.keys().append_value(key);
            append(builder.values(), value);
        }
        // Keys and values are appended in pairs, so that their lengths agree.
        let _ = builder.append(true);
    }
    Arc::new(builder.finish())
}
