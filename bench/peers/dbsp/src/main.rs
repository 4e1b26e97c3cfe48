//! orders ⋈ customers ⋈ countries in dbsp: a full load, one customer changed (median of 100), 1% of customers changed.
//! dbsp-joins ORDERS.ndjson CUSTOMERS.ndjson COUNTRIES.ndjson; prints one JSON object.

use dbsp::utils::{Tup2, Tup4};
use dbsp::Runtime;
use serde_json::{json, Value};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::Instant;

const VERSION: &str = "0.349.0";

fn lines(path: &str) -> Vec<Value> {
    let file = BufReader::new(File::open(path).expect("the data file is there"));
    file.lines().map(|line| serde_json::from_str(&line.expect("text")).expect("JSON")).collect()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_string()
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc");
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).expect("VmHWM");
    line.split_whitespace().nth(1).expect("a number").parse::<f64>().expect("a number") / 1024.0
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    // An order's id, customer, and the rest as text; a customer's id, name, country, note; a country's id and name.
    type Order = Tup4<String, String, String, String>;
    type Customer = Tup4<String, String, String, String>;
    let (mut circuit, (orders, customers, countries, output)) = Runtime::init_circuit(1, |circuit| {
        let (orders, order_handle) = circuit.add_input_zset::<Order>();
        let (customers, customer_handle) = circuit.add_input_zset::<Customer>();
        let (countries, country_handle) = circuit.add_input_zset::<Tup2<String, String>>();
        let named = customers.map_index(|c| (c.2.clone(), c.clone())).join(
            &countries.map_index(|c| (c.0.clone(), c.1.clone())),
            |_, customer, country| Tup4(customer.0.clone(), customer.1.clone(), country.clone(), String::new()),
        );
        let joined = orders.map_index(|o| (o.1.clone(), o.clone())).join(
            &named.map_index(|c| (c.0.clone(), c.clone())),
            |_, order, customer| Tup2(order.clone(), Tup2(customer.1.clone(), customer.2.clone())),
        );
        Ok((order_handle, customer_handle, country_handle, joined.output()))
    })
    .expect("the circuit is built");

    let all_orders = lines(&files[0]);
    let all_customers: Vec<Customer> = lines(&files[1])
        .iter()
        .map(|c| Tup4(text(c, "_id"), text(c, "name"), text(c, "country"), text(c, "note")))
        .collect();
    for country in lines(&files[2]) {
        countries.push(Tup2(text(&country, "_id"), text(&country, "name")), 1);
    }
    for customer in &all_customers {
        customers.push(customer.clone(), 1);
    }
    circuit.transaction().expect("a step");
    let start = Instant::now();
    for chunk in all_orders.chunks(10_000) {
        for order in chunk {
            let rest = format!("{} {}", order["amount"], text(order, "at"));
            orders.push(Tup4(text(order, "_id"), text(order, "customer"), rest, text(order, "text")), 1);
        }
        circuit.transaction().expect("a step");
        let _ = output.consolidate();
    }
    let full_s = start.elapsed().as_secs_f64();

    let mut current = all_customers;
    let mut change = |numbers: &[usize], version: usize| -> f64 {
        let start = Instant::now();
        for &number in numbers {
            let before = current[number].clone();
            let mut after = before.clone();
            after.1 = format!("{} {version}", before.1);
            customers.push(before, -1);
            customers.push(after.clone(), 1);
            current[number] = after;
        }
        circuit.transaction().expect("a step");
        let _ = output.consolidate();
        start.elapsed().as_secs_f64()
    };
    let count = all_orders.len() / 10;
    let mut ones: Vec<f64> = (0..100).map(|i| change(&[(i * 997) % count], i)).collect();
    ones.sort_by(f64::total_cmp);
    let every: Vec<usize> = (0..count).step_by(100).collect();
    let one_in_100_s = change(&every, 1000);
    println!(
        "{}",
        json!({"version": VERSION, "full_s": full_s, "one_ms": ones[50] * 1000.0, "one_in_100_s": one_in_100_s,
               "peak_mb": peak_mb()})
    );
}
