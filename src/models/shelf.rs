//! The cards that ship with the program.

/// Name and text of every card of `models/`.
pub(super) const CARDS: &[(&str, &str)] = &[
    ("ssop-unet", include_str!("../../models/ssop-unet.toml")),
    ("ssop-unet-small", include_str!("../../models/ssop-unet-small.toml")),
    ("ssop-resnet", include_str!("../../models/ssop-resnet.toml")),
    ("msop-unet", include_str!("../../models/msop-unet.toml")),
    ("msop-unet-small", include_str!("../../models/msop-unet-small.toml")),
    ("os1-unet", include_str!("../../models/os1-unet.toml")),
    ("david", include_str!("../../models/david.toml")),
    ("monthly", include_str!("../../models/monthly.toml")),
];
