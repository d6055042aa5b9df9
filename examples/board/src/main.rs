//! A sales board in the browser: a web service on one database file, which many threads use at once.
//!
//! `api` has the routes, `show` what they answer, `live` the stream of changes, `failure` what errors become,
//! `sample` the data to begin with.

mod api;
mod failure;
mod live;
mod sample;
mod show;

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use crm_core::{Crm, Id, Pipeline, Query};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use failure::Failure;

/// Threads that may be in the database at once; requests beyond that wait for one.
const DATABASE_THREADS_MAX: usize = 32;
/// Windows that may be open at once: each holds a connection.
const STREAMS_MAX: usize = 500;

/// A sales board in the browser, on one file.
#[derive(Parser)]
#[command(name = "board", version)]
struct Arguments {
    /// The database file, made if it is not there. Without one it is `target/board.crm` with the sample data
    file: Option<PathBuf>,
    /// Puts the quickstart's data into the file if it has no pipeline yet
    #[arg(long)]
    sample: bool,
    /// Where to listen. Nobody signs in: whoever reaches this address may do everything
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// What every request works with. Cheap to clone.
#[derive(Clone)]
struct App {
    crm: Crm,
    /// The pipeline that the board shows.
    pipeline: Id<Pipeline>,
    /// The number of the last commit, sent anew after each.
    news: watch::Receiver<u64>,
    /// Places for streams of events.
    streams: Arc<Semaphore>,
}

impl App {
    /// Asks the database something. Its calls block, for a write until it is on the disk, so that they have
    /// threads of their own and requests that wait cost none.
    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&App) -> crm_core::Result<R> + Send + 'static,
    ) -> Result<R, Failure> {
        let app = self.clone();
        let answer = tokio::task::spawn_blocking(move || question(&app)).await;
        Ok(answer.map_err(|_| Failure::defect())??)
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("board: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = match &arguments.file {
        Some(file) => file.clone(),
        None => here.join("../../target/board.crm"),
    };
    let crm = Crm::open(&file)?;
    let pipelines = || crm.list::<Pipeline>(Query::default().limit(1));
    if pipelines()?.rows.is_empty() && (arguments.sample || arguments.file.is_none()) {
        sample::fill(&crm, &here.join("../quickstart/data"))?;
    }
    let pipeline = pipelines()?.rows.first().map(|pipeline| pipeline.id());
    let pipeline = pipeline.ok_or("the file has no pipeline; --sample puts one into it")?;

    let app = App {
        news: live::follow(&crm),
        streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        crm,
        pipeline,
    };
    // Nothing is lost when the process is ended: what was answered is on the disk.
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(DATABASE_THREADS_MAX)
        .build()?
        .block_on(async {
            let listener = TcpListener::bind(arguments.listen).await?;
            println!("The board is at http://{}", listener.local_addr()?);
            axum::serve(listener, api::router(app)).await
        })?;
    Ok(())
}
