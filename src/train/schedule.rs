//! How the learning rate changes from step to step.

use std::fmt;

/// The share of the learning rate at a step, after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// All of it: the study's.
    Constant,
    /// Falls along half a cosine to the share `end` at the last step.
    Cosine {
        /// Share that is left, 0 to 1.
        end: f64,
    },
    /// Times `factor` after each `every` steps.
    Step {
        /// Steps.
        every: u64,
        /// 0 to 1.
        factor: f64,
    },
    /// Falls by the same factor each step, to the share `end` at the last one.
    Exponential {
        /// Share that is left, more than 0, at most 1.
        end: f64,
    },
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Cosine { end: 0.1 }
    }
}

impl Schedule {
    /// `constant`, `cosine[:END]`, `step:EVERY:FACTOR` or `exponential:END`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let how = || {
            "write constant, cosine:0.1, step:1000:0.5 or exponential:0.01 (shares of the rate)"
                .to_owned()
        };
        let share = |text: &str| {
            text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(how)
        };
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            ["constant"] => Ok(Self::Constant),
            ["cosine"] => Ok(Self::default()),
            ["cosine", end] => Ok(Self::Cosine { end: share(end)? }),
            ["step", every, factor] => {
                let every = every.parse().ok().filter(|n| *n > 0).ok_or_else(how)?;
                Ok(Self::Step { every, factor: share(factor)? })
            }
            ["exponential", end] => match share(end)? {
                0.0 => Err(how()),
                end => Ok(Self::Exponential { end }),
            },
            _ => Err(how()),
        }
    }

    /// The share at `step` (from 0) of `steps`, of which the first `warmup` rise to it in a line.
    pub fn share(self, step: u64, steps: u64, warmup: u64) -> f64 {
        if step < warmup {
            return (step + 1) as f64 / warmup as f64;
        }
        let (past, length) = (step - warmup, steps.saturating_sub(warmup).max(1));
        let t = (past as f64 / length as f64).min(1.0);
        match self {
            Self::Constant => 1.0,
            Self::Cosine { end } => {
                end + (1.0 - end) / 2.0 * (1.0 + (std::f64::consts::PI * t).cos())
            }
            Self::Step { every, factor } => factor.powf((past / every.max(1)) as f64),
            Self::Exponential { end } => end.powf(t),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Cosine { end } => write!(f, "cosine:{end}"),
            Self::Step { every, factor } => write!(f, "step:{every}:{factor}"),
            Self::Exponential { end } => write!(f, "exponential:{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schedule_goes_where_it_says() {
        let at = |text: &str, step| Schedule::parse(text).unwrap().share(step, 110, 10);
        for text in ["constant", "cosine:0.1", "step:20:0.5", "exponential:0.01"] {
            assert_eq!(at(text, 0), 0.1, "{text}: a tenth of the warm-up");
            assert_eq!(at(text, 9), 1.0, "{text}: its end");
            assert_eq!(at(text, 10), 1.0, "{text}: the whole rate follows");
            assert_eq!(Schedule::parse(text).unwrap().to_string(), text);
        }
        let close = |text: &str, step, want: f64| {
            assert!((at(text, step) - want).abs() < 1e-12, "{text} {step}: {}", at(text, step));
        };
        close("constant", 109, 1.0);
        close("cosine:0.1", 60, 0.55);
        close("cosine:0.1", 110, 0.1);
        close("step:20:0.5", 29, 1.0);
        close("step:20:0.5", 30, 0.5);
        close("step:20:0.5", 109, 0.0625);
        close("exponential:0.01", 60, 0.1);
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for bad in ["", "linear", "cosine:2", "step:0:0.5", "step:5", "exponential:0", "cosine:x"] {
            assert!(Schedule::parse(bad).is_err(), "{bad}");
        }
    }
}
