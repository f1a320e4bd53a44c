//! The cards that ship with the program.

/// Name and text of every card of `models/`.
pub(super) const CARDS: &[(&str, &str)] = &[
    ("ssop-unet", include_str!("../../models/ssop-unet.toml")),
    ("ssop-unet-nodem", include_str!("../../models/ssop-unet-nodem.toml")),
    ("ssop-unet-nosar", include_str!("../../models/ssop-unet-nosar.toml")),
    ("ssop-unet-nosar-nodem", include_str!("../../models/ssop-unet-nosar-nodem.toml")),
    ("ssop-unet-20m", include_str!("../../models/ssop-unet-20m.toml")),
    ("ssop-unet-small", include_str!("../../models/ssop-unet-small.toml")),
    ("ssop-unet-20m-small", include_str!("../../models/ssop-unet-20m-small.toml")),
    ("ssop-resnet", include_str!("../../models/ssop-resnet.toml")),
    ("msop-unet", include_str!("../../models/msop-unet.toml")),
    ("msop-unet-nodem", include_str!("../../models/msop-unet-nodem.toml")),
    ("msop-unet-nosar", include_str!("../../models/msop-unet-nosar.toml")),
    ("msop-unet-nosar-nodem", include_str!("../../models/msop-unet-nosar-nodem.toml")),
    ("msop-unet-20m", include_str!("../../models/msop-unet-20m.toml")),
    ("msop-unet-small", include_str!("../../models/msop-unet-small.toml")),
    ("msop-unet-20m-small", include_str!("../../models/msop-unet-20m-small.toml")),
    ("os1-unet", include_str!("../../models/os1-unet.toml")),
    ("os1-unet-impostor", include_str!("../../models/os1-unet-impostor.toml")),
    ("os1-unet-20m", include_str!("../../models/os1-unet-20m.toml")),
    ("david", include_str!("../../models/david.toml")),
    ("david-20m", include_str!("../../models/david-20m.toml")),
    ("monthly", include_str!("../../models/monthly.toml")),
    ("monthly-sar", include_str!("../../models/monthly-sar.toml")),
    ("monthly-david", include_str!("../../models/monthly-david.toml")),
    ("monthly-david-sar", include_str!("../../models/monthly-david-sar.toml")),
];
