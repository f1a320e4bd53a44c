//! A lane over calls that only write down that they were made.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_uint};

use super::*;

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static FAILS: Cell<&'static str> = const { Cell::new("") };
}

/// Writes a call down; 7 where it is to fail.
fn say(name: &'static str, detail: impl std::fmt::Display) -> i32 {
    SAID.with_borrow_mut(|said| said.push(format!("{name} {detail}").trim_end().to_owned()));
    if FAILS.get() == name { 7 } else { 0 }
}

fn told(out: *mut *mut c_void, value: usize) {
    // SAFETY: the lane passes a pointer to a local of its own.
    unsafe { *out = value as *mut c_void };
}

extern "C" fn new_stream(out: *mut *mut c_void, flags: c_uint) -> c_int {
    told(out, 11);
    say("new stream", flags)
}
extern "C" fn new_event(out: *mut *mut c_void, flags: c_uint) -> c_int {
    told(out, 22);
    say("new event", flags)
}
extern "C" fn record(event: *mut c_void, stream: *mut c_void) -> c_int {
    say("record", format!("{} on {}", event as usize, stream as usize))
}
extern "C" fn wait(event: *mut c_void) -> c_int {
    say("wait", event as usize)
}
extern "C" fn current(index: i32, out: *mut *mut c_void) -> i32 {
    told(out, 33);
    say("current", index)
}
extern "C" fn on_device(index: i32, out: *mut *mut c_void) -> i32 {
    told(out, 44);
    say("on device", index)
}
extern "C" fn off_device(guard: *mut c_void) -> i32 {
    say("off device", guard as usize)
}
extern "C" fn on_stream(stream: *mut c_void, index: i32, out: *mut *mut c_void) -> i32 {
    told(out, 55);
    say("on stream", format!("{} of {index}", stream as usize))
}
extern "C" fn off_stream(guard: *mut c_void) -> i32 {
    say("off stream", guard as usize)
}

const CALLS: Calls = Calls {
    new_stream,
    new_event,
    record,
    wait,
    current,
    on_device,
    off_device,
    on_stream,
    off_stream,
};

fn said() -> Vec<String> {
    SAID.with_borrow_mut(std::mem::take)
}

/// Lanes go back to a pool by number of their GPU: 901 and 902 are no machine's.
#[test]
fn a_batch_waits_for_the_reads_of_the_last_and_is_copied_on_a_stream_of_its_own() {
    let lane = Lane::with(CALLS, Device::Cpu, 901).unwrap();
    assert_eq!(said(), ["on device 901", "new stream 1", "new event 3", "off device 44"]);
    let stored = Tensor::from_slice(&[1i16, 2, 3]);
    lane.ready().unwrap();
    assert_eq!(lane.carry(&stored).unwrap(), stored);
    lane.read().unwrap();
    // The mark goes on the stream that computes (33), not on the lane's (11).
    let want = [
        "wait 22",
        "on stream 11 of 901",
        "off stream 55",
        "on device 901",
        "current 901",
        "record 22 on 33",
        "off device 44",
    ];
    assert_eq!(said(), want);
    // What a lane leaves is the next one's.
    drop(lane);
    let next = Lane::with(CALLS, Device::Cpu, 901).unwrap();
    assert_eq!((next.stream as usize, next.last_read as usize, said().len()), (11, 22, 0));
}

#[test]
fn a_call_that_fails_is_named_and_leaves_no_guard_behind() {
    FAILS.set("new event");
    let text = Lane::with(CALLS, Device::Cpu, 902).err().unwrap().to_string();
    assert!(text.contains("could not make an event (error 7)"), "{text}");
    assert_eq!(said().last().unwrap(), "off device 44");
    FAILS.set("on stream");
    let lane = Lane::with(CALLS, Device::Cpu, 902).unwrap();
    said();
    assert!(lane.carry(&Tensor::from_slice(&[1i16])).is_err());
    // A guard that was not made is not given back.
    assert_eq!(said(), ["on stream 11 of 902"]);
    FAILS.set("");
}

#[test]
fn the_cpu_needs_no_lane() {
    assert!(Lane::open(Device::Cpu).unwrap().is_none());
}
