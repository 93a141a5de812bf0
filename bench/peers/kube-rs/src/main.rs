//! Syncs one reflector of kube-rs with an API server, says in one line of JSON what that took, and with `--updates` in a second line
//! how long so many updates after the sync took to arrive.
//!
//!     kube-rs-contestant --kubeconfig ./config --kind typed --count 50000 --updates 20000

mod memory;

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::time::Instant;

use futures::{Stream, StreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::{Lookup, store::Writer};
use kube::runtime::{reflector, watcher, watcher::Event};
use kube::{Client, Config};
use memory::{allocated, cpu_ms, resident};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

type Failure = Box<dyn std::error::Error>;

struct Task {
    count: usize,
    updates: usize,
}

/// Times and processor time count from the start of the watch.
async fn follow<K>(
    writer: Writer<K>,
    events: impl Stream<Item = Result<Event<K>, watcher::Error>>,
    task: Task,
) -> Result<(), Failure>
where
    K: Lookup + Clone + Debug,
    K::DynamicType: Eq + Hash + Clone,
{
    let store = writer.as_reader();
    let before = allocated();
    let (mut cpu, mut start) = (cpu_ms(), Instant::now());
    let mut events = std::pin::pin!(reflector(writer, events));
    let mut updates = None;
    while let Some(event) = events.next().await {
        match event? {
            Event::InitDone if updates.is_none() => {
                let (sync_ms, sync_cpu_ms) = (start.elapsed().as_secs_f64() * 1e3, cpu_ms() - cpu);
                println!(
                    "{}",
                    serde_json::json!({
                        "objects": store.len(), "syncMs": sync_ms, "cpuMs": sync_cpu_ms, "heapBytesBefore": before,
                        "heapBytes": allocated(), "rssBytes": resident("VmRSS"), "peakRssBytes": resident("VmHWM"),
                    })
                );
                if store.len() != task.count {
                    return Err(format!("{} objects instead of {}", store.len(), task.count).into());
                }
                if task.updates == 0 {
                    return Ok(());
                }
                updates = Some(0);
                (cpu, start) = (cpu_ms(), Instant::now());
            }
            Event::Apply(_) => {
                if let Some(seen) = updates.as_mut() {
                    *seen += 1;
                    if *seen == task.updates {
                        let line = serde_json::json!({
                            "burstMs": start.elapsed().as_secs_f64() * 1e3, "burstCpuMs": cpu_ms() - cpu,
                        });
                        println!("{line}");
                        return Ok(());
                    }
                }
            }
            _ => {}
        }
    }
    Err("the stream ended".into())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flags: HashMap<&str, &str> = arguments
        .chunks_exact(2)
        .map(|pair| (pair[0].trim_start_matches('-'), pair[1].as_str()))
        .collect();
    let number = |name: &str| flags.get(name).map_or(Ok(0), |text| text.parse::<usize>());
    let task = Task { count: number("count")?, updates: number("updates")? };
    let path = flags.get("kubeconfig").ok_or("--kubeconfig is missing")?;
    let config = Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &KubeConfigOptions::default()).await?;
    let client = Client::try_from(config)?;
    let streaming = watcher::Config::default().streaming_lists();
    match flags.get("kind").copied() {
        Some("typed") => {
            follow(Writer::<Pod>::default(), watcher(Api::<Pod>::all(client), streaming), task).await
        }
        Some("metadata") => {
            let events = watcher(Api::<PartialObjectMeta<Pod>>::all(client), streaming);
            follow(Writer::<PartialObjectMeta<Pod>>::default(), events, task).await
        }
        Some("dynamic") => {
            let pods = ApiResource::erase::<Pod>(&());
            let api = Api::<DynamicObject>::all_with(client, &pods);
            follow(Writer::<DynamicObject>::new(pods), watcher(api, streaming), task).await
        }
        other => Err(format!("--kind {other:?} is none of typed, metadata and dynamic").into()),
    }
}
