//! A network's card.

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// What a network is and takes; `models/*.toml` or a user's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Name, as `msop-unet-small`.
    pub name: String,
    /// Network: `ssop-unet`, `msop-unet`, …
    pub network: String,
    /// Features of the first level (the study: 64); the others scale with it.
    pub width: i64,
    /// Input roles in order, as `s1_t`, `s2_t`, `dem`. Leaving out the `s1_*` or `dem` makes the ablations.
    pub inputs: Vec<String>,
    /// Target role.
    #[serde(default = "target")]
    pub target: String,
}

fn target() -> String {
    "s2_target".to_owned()
}

impl Card {
    /// Names of the cards that ship with the program.
    pub fn shipped() -> Vec<&'static str> {
        todo!()
    }
    /// A shipped card by name, or a user's file by path.
    pub fn open(name_or_path: &str) -> Result<Self> {
        let _ = name_or_path;
        todo!()
    }
    /// Checks that a layout offers every input and the target. Refuses with the names that are missing.
    pub fn check_roles(&self, roles: &[&str], with_target: bool) -> Result<()> {
        let _ = (roles, with_target);
        todo!()
    }
}
