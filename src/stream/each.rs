//! An operator from a closure.

use std::marker::PhantomData;

use super::{Emit, Operator, Weigh};
use crate::error::Result;

/// Calls a closure for each item; the closure gives none, one or more.
pub struct Each<In, Out, F> {
    name: String,
    apply: F,
    // A function pointer, so that the operator is `Send` whatever passes through it.
    kinds: PhantomData<fn(In) -> Out>,
}

impl<In, Out, F> Each<In, Out, F>
where
    F: FnMut(In, &mut Emit<Out>) -> Result<()>,
{
    /// A named operator.
    pub fn new(name: &str, apply: F) -> Self {
        Self { name: name.to_owned(), apply, kinds: PhantomData }
    }
}

impl<In, Out, F> Operator for Each<In, Out, F>
where
    In: Send + Weigh,
    Out: Send + Weigh,
    F: FnMut(In, &mut Emit<Out>) -> Result<()> + Send,
{
    type In = In;
    type Out = Out;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn apply(&mut self, item: In, out: &mut Emit<Out>) -> Result<()> {
        (self.apply)(item, out)
    }
}
