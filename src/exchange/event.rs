//! Scalars as TensorBoard reads them: records of `Event` messages.

use std::path::Path;

use super::frame;
use crate::error::Result;
use crate::store::publish;
use crate::store::wire::{head, varint};

/// One number of a run at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// When it was measured, seconds since 1970.
    pub wall_s: f64,
    /// Optimiser steps taken.
    pub step: u64,
    /// What it is, as `loss/train`; a slash makes a group.
    pub tag: String,
    /// Its value.
    pub value: f32,
}

/// Publishes an event file whole: a head that names the version, then a record a scalar. TensorBoard
/// reads the files of a folder in the order of their names, which must hold `tfevents`.
pub fn write_events(path: &Path, scalars: &[Scalar]) -> Result<()> {
    let mut bytes = Vec::new();
    let begun = scalars.first().map_or(0.0, |s| s.wall_s);
    let mut version = wall(begun);
    text(&mut version, 3, "brain.Event:2");
    frame::write(&mut bytes, &[&version])?;
    for scalar in scalars {
        frame::write(&mut bytes, &[&event(scalar)])?;
    }
    publish(path, &bytes)
}

/// `Event { wall_time = 1, step = 2, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } }`.
fn event(scalar: &Scalar) -> Vec<u8> {
    let mut value = Vec::new();
    text(&mut value, 1, &scalar.tag);
    varint(&mut value, 2 << 3 | 5);
    value.extend(scalar.value.to_le_bytes());
    let mut summary = Vec::new();
    head(&mut summary, 1, value.len());
    summary.extend(value);
    let mut event = wall(scalar.wall_s);
    varint(&mut event, 2 << 3);
    varint(&mut event, scalar.step);
    head(&mut event, 5, summary.len());
    event.extend(summary);
    event
}

fn wall(seconds: f64) -> Vec<u8> {
    let mut event = Vec::new();
    varint(&mut event, 1 << 3 | 1);
    event.extend(seconds.to_le_bytes());
    event
}

fn text(out: &mut Vec<u8>, field: u64, text: &str) {
    head(out, field, text.len());
    out.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::frame::Frames;
    use super::*;
    use crate::store::wire::{Fields, Part, Value};

    #[test]
    fn a_scalar_comes_back_through_the_frames_and_the_wire() {
        let dir = tempfile::tempdir().unwrap();
        let path: Arc<Path> = dir.path().join("events.out.tfevents.1").into();
        let scalar = Scalar { wall_s: 1.5, step: 300, tag: "loss/train".into(), value: 0.25 };
        write_events(&path, std::slice::from_ref(&scalar)).unwrap();
        let mut frames = Frames::open(&path).unwrap();
        let first = frames.next().unwrap().unwrap().bytes;
        assert!(first.ends_with(b"brain.Event:2"));
        let second = frames.next().unwrap().unwrap().bytes;
        assert!(frames.next().unwrap().is_none());
        let mut fields = Fields::new(Part { bytes: &second, at: 0 });
        let Some((1, Value::Number(wall), _)) = fields.next().unwrap() else { panic!("wall") };
        assert_eq!(f64::from_bits(wall), 1.5);
        let Some((2, Value::Number(300), _)) = fields.next().unwrap() else { panic!("step") };
        let Some((5, Value::Part(summary), _)) = fields.next().unwrap() else { panic!("summary") };
        let Some((1, Value::Part(value), _)) = Fields::new(summary).next().unwrap() else {
            panic!("value")
        };
        let mut fields = Fields::new(value);
        let Some((1, Value::Part(tag), _)) = fields.next().unwrap() else { panic!("tag") };
        assert_eq!(tag.bytes, b"loss/train");
        let Some((2, Value::Number(bits), _)) = fields.next().unwrap() else { panic!("number") };
        assert_eq!(f32::from_bits(bits as u32), 0.25);
    }

    #[test]
    fn the_bytes_are_those_that_tensorflow_writes() {
        // tf.compat.v1.Event(wall_time=2.0, step=7, summary=…(tag="a", simple_value=1.0))
        let scalar = Scalar { wall_s: 2.0, step: 7, tag: "a".into(), value: 1.0 };
        let hex: String = event(&scalar).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "09000000000000004010072a0a0a080a0161150000803f");
    }
}
