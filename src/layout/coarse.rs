//! Names of the 20 m bands of an optical role, as the study has them.

/// `s2_20m_t` for `s2_t`.
pub fn coarse_name(role: &str) -> String {
    format!("s2_20m_{}", role.strip_prefix("s2_").unwrap_or(role))
}

/// `s2_t` for `s2_20m_t`; nothing for another name.
pub fn fine_name(role: &str) -> Option<String> {
    role.strip_prefix("s2_20m_").map(|date| format!("s2_{date}"))
}
