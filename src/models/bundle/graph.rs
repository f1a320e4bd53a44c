//! The graph of objects of a bundle: it knows what the program that saved it called its variables.

use std::collections::BTreeMap;

use super::entry::{fields, text_length};
use crate::error::{Error, Result};
use crate::store::wire::{Part, Value};

/// The name of the variable of each key, as `conv1_relu/kernel` of
/// `layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE`. Variables that have no name of a layer
/// are left out.
pub(super) fn names(bytes: &[u8]) -> Result<BTreeMap<String, String>> {
    let cut = || Error::invalid("the graph of objects is cut off");
    let (length, rest) = text_length(bytes).ok_or_else(cut)?;
    let text = rest.get(4..).filter(|text| text.len() == length as usize).ok_or_else(cut)?;
    let mut names = BTreeMap::new();
    fields(Part { bytes: text, at: 0 }, |field, value| match (field, value) {
        (1, Value::Part(node)) => fields(node, |field, value| match (field, value) {
            (2, Value::Part(attribute)) => {
                let (mut name, mut key) = (String::new(), String::new());
                fields(attribute, |field, value| {
                    match (field, value) {
                        (2, Value::Part(part)) => name = word(part)?,
                        (3, Value::Part(part)) => key = word(part)?,
                        _ => {}
                    }
                    Ok(())
                })?;
                if name.contains('/') {
                    names.insert(key, name);
                }
                Ok(())
            }
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    Ok(names)
}

fn word(part: Part) -> Result<String> {
    let text = std::str::from_utf8(part.bytes);
    text.map(str::to_owned).map_err(|_| Error::invalid("a name is not text"))
}
