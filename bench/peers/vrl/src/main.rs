//! Maps NDJSON through a VRL program, line by line, on one thread.
//!
//! vrl-peer PROGRAM.vrl INPUT.ndjson OUTPUT.ndjson
//!
//! The program is compiled and the input read before the clock starts. Prints the number of entities and the CPU time
//! of parsing, mapping and serialising them, and of the same without the program, as JSON.

use std::io::Write;
use std::{env, fs, hint, process};

use vrl::compiler::runtime::Runtime;
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Program, TargetValue, TimeZone};
use vrl::value::{Secrets, Value};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// CPU time of this thread in seconds.
fn cpu_s() -> f64 {
    // "utime" and "stime" of /proc count in hundredths of a second, so the scheduler's nanoseconds are read instead.
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("schedstat");
    let nanoseconds: u64 = text.split(' ').next().unwrap().parse().unwrap();
    nanoseconds as f64 / 1e9
}

fn compile(path: &str) -> Program {
    let source = fs::read_to_string(path).expect("the program");
    match vrl::compiler::compile(&source, &vrl::stdlib::all()) {
        Ok(result) => result.program,
        Err(diagnostics) => {
            eprintln!("{:?}", diagnostics);
            process::exit(1);
        }
    }
}

fn main() {
    let args: Vec<String> = env::args().collect();
    let program = compile(&args[1]);
    let input = fs::read(&args[2]).expect("the input");
    let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();

    let mut text = Vec::with_capacity(1 << 16);
    let start = cpu_s();
    for line in &lines {
        let value: Value = serde_json::from_slice(line).expect("an entity");
        text.clear();
        serde_json::to_writer(&mut text, &value).unwrap();
        hint::black_box(&text);
    }
    let identity = cpu_s() - start;

    let zone = TimeZone::default();
    let mut runtime = Runtime::new(RuntimeState::default());
    let mut out = Vec::with_capacity(input.len() * 2);
    let start = cpu_s();
    for line in &lines {
        let value: Value = serde_json::from_slice(line).expect("an entity");
        let mut target = TargetValue { value, metadata: Value::Object(Default::default()), secrets: Secrets::new() };
        runtime.resolve(&mut target, &program, &zone).expect("the mapping");
        runtime.clear();
        serde_json::to_writer(&mut out, &target.value).unwrap();
        out.push(b'\n');
    }
    let mapping = cpu_s() - start;

    fs::File::create(&args[3]).expect("the output").write_all(&out).expect("writing");
    println!(
        "{{\"entities\": {}, \"mapping_cpu_s\": {}, \"identity_cpu_s\": {}}}",
        lines.len(),
        mapping,
        identity
    );
}
