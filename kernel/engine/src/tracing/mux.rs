//! muxTracer: several tracers over one execution, their results by name.

use revm::primitives::Log;

use super::value::Value;
use super::watcher::{
    FrameEnd, FrameStart, Place, Step, TransactionEnd, TransactionStart, Watcher,
};
use super::world::World;
use crate::machine::Stopped;

/// Passes every event on, in the order of the config.
pub struct MuxTracer {
    watchers: Vec<(String, Box<dyn Watcher>)>,
}

impl MuxTracer {
    pub fn new(watchers: Vec<(String, Box<dyn Watcher>)>) -> Self {
        Self { watchers }
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Box<dyn Watcher>> {
        self.watchers.iter_mut().map(|(_, watcher)| watcher)
    }
}

impl Watcher for MuxTracer {
    fn wants_steps(&self) -> bool {
        self.watchers
            .iter()
            .any(|(_, watcher)| watcher.wants_steps())
    }

    fn wants_places(&self) -> bool {
        self.watchers
            .iter()
            .any(|(_, watcher)| watcher.wants_places())
    }

    fn start(&mut self, start: &TransactionStart) {
        self.each().for_each(|watcher| watcher.start(start));
    }

    fn enter(&mut self, frame: &FrameStart) {
        self.each().for_each(|watcher| watcher.enter(frame));
    }

    fn exit(&mut self, frame: &FrameEnd) {
        self.each().for_each(|watcher| watcher.exit(frame));
    }

    fn step(&mut self, step: &Step<'_>, world: &dyn World) -> Result<(), Stopped> {
        self.each()
            .try_for_each(|watcher| watcher.step(step, world))
    }

    fn place(&mut self, place: &Place<'_>) {
        self.each()
            .filter(|watcher| watcher.wants_places())
            .for_each(|watcher| watcher.place(place));
    }

    fn log(&mut self, log: &Log, index: usize, depth: usize) {
        self.each()
            .for_each(|watcher| watcher.log(log, index, depth));
    }

    fn end(&mut self, end: &TransactionEnd, world: &dyn World) -> Result<(), Stopped> {
        self.each().try_for_each(|watcher| watcher.end(end, world))
    }

    fn result(self: Box<Self>) -> Value {
        let watchers = self.watchers.into_iter();
        Value::Map(
            watchers
                .map(|(name, watcher)| (name.into(), watcher.result()))
                .collect(),
        )
    }
}
