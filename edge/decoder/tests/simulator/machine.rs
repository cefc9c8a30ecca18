//! The processes, a step at a time: which of them has its turn is chance.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use decoder::world::{Limits, Object};
use engine::error::{Error, Result};
use engine::ingest;
use engine::ports::{Endpoints, Experience, PartMessage};
use engine::workspace;
use shared::{Timestamp, WorkspaceId};

use crate::bucket::{ORIGIN, Waits, Wire};
use crate::object::{self, Kept, ObjectWorld, Queued, Shelf};
use crate::town::{Effect, Process, Town, Who};

/// Times a message is delivered before it goes to the dead letters.
const ATTEMPTS: u32 = 6;
/// Seconds until a message comes again whose reader did not say anything.
const UNSEEN: i64 = 60;
/// Messages that are worked off at once.
const AT_ONCE: usize = 3;

type Running = Pin<Box<dyn Future<Output = ()>>>;
/// The answer of a process to another, once it is there; none where that process ended.
type Reply = Rc<RefCell<Option<Option<Result<String>>>>>;

enum Task {
    /// An alarm of the object.
    Wake(Running),
    /// A request to the object, and where its answer goes.
    Asked(Running, Reply),
    /// A message that is worked off, as what process, and what came of it.
    Read(Running, Process, Queued, Rc<Cell<Option<Outcome>>>),
}

/// What became of a message.
#[derive(Clone, Copy)]
enum Outcome {
    Done,
    Again(u32),
}

/// A request that waits for the object to take it.
struct Asks {
    what: String,
    body: String,
    reply: Reply,
}

/// All processes of a workspace.
pub struct Machine {
    pub workspace: WorkspaceId,
    pub town: Rc<Town>,
    pub kept: Rc<Kept>,
    pub limits: Limits,
    object: Rc<ObjectWorld>,
    process: Process,
    tasks: Vec<Task>,
    asks: Rc<RefCell<Vec<Asks>>>,
    /// Dead letters on their way to the object.
    letters: Vec<(PartMessage, Option<Reply>)>,
    /// When a job is due next, as of so many changes of jobs.
    wakes_at: Cell<(Option<u64>, Option<Timestamp>)>,
}

impl Machine {
    pub fn new(workspace: WorkspaceId, town: Rc<Town>, limits: Limits) -> Self {
        let kept = Rc::new(Kept::default());
        let process = Process::new(Who::Object);
        let object = Rc::new(object::start(&workspace, &town, &kept, &process));
        Self {
            workspace,
            town,
            kept,
            limits,
            object,
            process,
            tasks: Vec::new(),
            asks: Rc::default(),
            letters: Vec::new(),
            wakes_at: Cell::default(),
        }
    }

    /// When a job is due next.
    fn next_wake(&self) -> Option<Timestamp> {
        let now = Some(self.kept.jobs.get());
        if self.wakes_at.get().0 != now {
            self.wakes_at.set((now, workspace::next_wake(&*self.object).unwrap()));
        }
        self.wakes_at.get().1
    }

    /// The object as it runs.
    pub fn object(&self) -> &Rc<ObjectWorld> {
        &self.object
    }

    /// Asks the object something from outside; it is answered as steps are taken.
    pub fn run(&mut self, event: impl AsyncFnOnce(Rc<ObjectWorld>) -> Result<()> + 'static) {
        let object = self.object.clone();
        let reply = Reply::default();
        let answer = reply.clone();
        let running = Box::pin(async move {
            let outcome = event(object).await;
            *answer.borrow_mut() = Some(Some(outcome.map(|()| String::new())));
        });
        self.tasks.push(Task::Asked(running, reply));
    }

    /// Whether nothing runs and nothing waits to be taken.
    pub fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.asks.borrow().is_empty() && self.letters.is_empty()
    }

    /// Whether a message is worked off.
    pub fn is_reading(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task, Task::Read(..)))
    }

    /// Whether messages wait in the queue.
    pub fn has_messages(&self) -> bool {
        !self.kept.queue.borrow().is_empty()
    }

    /// When anything is due next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let job = self.next_wake();
        let message = self.kept.queue.borrow().iter().map(|queued| queued.due).min();
        [job, message].into_iter().flatten().min()
    }

    /// Takes a step: somebody has a turn, or begins. False when there is nobody.
    pub fn step(&mut self) -> bool {
        self.take_asks();
        self.send_letters();
        let (begins, turn) = {
            let mut dice = self.town.dice.borrow_mut();
            (dice.below(3) == 0, dice.next() as usize)
        };
        if (begins || self.tasks.is_empty()) && self.begin() {
            return true;
        }
        if self.tasks.is_empty() {
            return false;
        }
        self.poll(turn % self.tasks.len());
        if self.process.is_dead.get() {
            self.restart();
        }
        true
    }

    /// Begins what is due: an alarm, or a message.
    fn begin(&mut self) -> bool {
        let now = self.town.now();
        let wakes = self.tasks.iter().filter(|task| matches!(task, Task::Wake(_))).count();
        let most = 1 + usize::from(self.town.strikes("alarm fires twice", |rates| rates.doubled));
        let is_due = self.next_wake().is_some_and(|due| due <= now);
        if is_due && wakes < most {
            self.town.meter.borrow_mut().alarms += 1;
            let object = self.object.clone();
            self.tasks.push(Task::Wake(Box::pin(async move {
                workspace::wake(&*object).await;
            })));
            return true;
        }
        let readers = self.tasks.iter().filter(|task| matches!(task, Task::Read(..))).count();
        let due: Vec<usize> = {
            let queue = self.kept.queue.borrow();
            (0..queue.len()).filter(|place| queue[*place].due <= now).collect()
        };
        if due.is_empty() || readers >= AT_ONCE {
            return false;
        }
        // Any of them: a queue keeps no order.
        let place = *self.town.dice.borrow_mut().pick(&due);
        let queued = self.kept.queue.borrow_mut().swap_remove(place);
        if self.town.strikes("message delivered twice", |rates| rates.doubled) {
            self.kept.queue.borrow_mut().push(queued.clone());
        }
        self.read(queued);
        true
    }

    fn read(&mut self, queued: Queued) {
        self.town.meter.borrow_mut().delivered();
        let process = Process::new(Who::Decoder);
        let outcome: Rc<Cell<Option<Outcome>>> = Rc::default();
        let (town, kept) = (self.town.clone(), self.kept.clone());
        let world = DecoderWorld {
            object: Line { town: town.clone(), process: process.clone(), asks: self.asks.clone() },
            http: Wire { town: town.clone(), process: process.clone(), asked: Cell::default() },
            blobs: Shelf { town: town.clone(), kept, process: process.clone() },
            pace: Waits(town),
            endpoints: Endpoints::with_all(ORIGIN).unwrap(),
            experience: Experience::default(),
            limits: self.limits,
        };
        let (message, result) = (queued.message.clone(), outcome.clone());
        let running = Box::pin(async move {
            let worked = decoder::work_off(&world, &message).await;
            result.set(Some(match worked {
                Ok(None) => Outcome::Done,
                Ok(Some(seconds)) => Outcome::Again(seconds),
                Err(_) => Outcome::Again(30),
            }));
        });
        self.tasks.push(Task::Read(running, process, queued, outcome));
    }

    fn poll(&mut self, place: usize) {
        let mut context = Context::from_waker(Waker::noop());
        let mut task = self.tasks.swap_remove(place);
        match &mut task {
            Task::Wake(running) | Task::Asked(running, _) => {
                if running.as_mut().poll(&mut context).is_pending() {
                    self.tasks.push(task);
                }
            }
            Task::Read(running, process, queued, outcome) => {
                let is_over = running.as_mut().poll(&mut context).is_ready();
                if process.is_dead.get() {
                    self.again(queued.clone(), UNSEEN);
                } else if !is_over {
                    self.tasks.push(task);
                } else if let Some(Outcome::Again(seconds)) = outcome.get() {
                    self.again(queued.clone(), i64::from(seconds));
                } else {
                    self.town.meter.borrow_mut().queue_operations += 1;
                }
            }
        }
    }

    /// A message comes again, or has come often enough.
    fn again(&mut self, queued: Queued, seconds: i64) {
        let attempts = queued.attempts + 1;
        if attempts >= ATTEMPTS {
            self.town.count("dead letter");
            self.letters.push((queued.message, None));
            return;
        }
        let due = workspace::jobs::after_seconds(self.town.now(), seconds);
        self.kept.queue.borrow_mut().push(Queued { due, attempts, ..queued });
    }

    /// The object takes what others ask of it.
    fn take_asks(&mut self) {
        let taken: Vec<Asks> = self.asks.borrow_mut().drain(..).collect();
        for Asks { what, body, reply } in taken {
            let (object, answer) = (self.object.clone(), reply.clone());
            let running = Box::pin(async move {
                let outcome = ingest::serve(&*object, &what, body.as_bytes()).await;
                *answer.borrow_mut() = Some(Some(outcome));
            });
            self.tasks.push(Task::Asked(running, reply));
        }
    }

    /// Dead letters are told until the object has taken note.
    fn send_letters(&mut self) {
        let asks = self.asks.clone();
        self.letters.retain_mut(|(message, reply)| match reply {
            Some(waiting) => {
                let answer = waiting.borrow_mut().take();
                match answer {
                    Some(Some(Ok(_))) => false,
                    Some(_) => {
                        *reply = None;
                        true
                    }
                    None => true,
                }
            }
            None => {
                let body = serde_json::to_string(message).unwrap();
                let waiting = Reply::default();
                asks.borrow_mut().push(Asks { what: "part/dead".to_owned(), body, reply: waiting.clone() });
                *reply = Some(waiting);
                true
            }
        });
    }

    /// The object's process ended: what it was at is gone, what it knew in memory too.
    fn restart(&mut self) {
        self.tasks.retain_mut(|task| match task {
            Task::Wake(_) => false,
            Task::Asked(_, reply) => {
                *reply.borrow_mut() = Some(None);
                false
            }
            Task::Read(..) => true,
        });
        self.process = Process::new(Who::Object);
        self.object = Rc::new(object::start(&self.workspace, &self.town, &self.kept, &self.process));
    }

    /// Ends every process, as a deployment does.
    pub fn deploy(&mut self) {
        self.town.count("deployment");
        for task in std::mem::take(&mut self.tasks) {
            match task {
                Task::Read(_, _, queued, _) => self.again(queued, UNSEEN),
                Task::Asked(_, reply) => *reply.borrow_mut() = Some(None),
                Task::Wake(_) => {}
            }
        }
        self.restart();
    }
}

/// The decoder's line to the object.
struct Line {
    town: Rc<Town>,
    process: Process,
    asks: Rc<RefCell<Vec<Asks>>>,
}

impl Object for Line {
    async fn ask(&self, _workspace: &WorkspaceId, what: &str, body: String) -> Result<String> {
        self.town.point(&self.process, Effect::Ask, false).await;
        self.town.meter.borrow_mut().asks += 1;
        let reply = Reply::default();
        self.asks.borrow_mut().push(Asks { what: what.to_owned(), body, reply: reply.clone() });
        let answer = poll_fn(|context| {
            context.waker().wake_by_ref();
            reply.borrow_mut().take().map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        self.town.point(&self.process, Effect::Ask, true).await;
        answer.unwrap_or_else(|| Err(Error::store("the object's process ended")))
    }
}

/// What the decoder has, for one message.
struct DecoderWorld {
    object: Line,
    http: Wire,
    blobs: Shelf,
    pace: Waits,
    endpoints: Endpoints,
    experience: Experience,
    limits: Limits,
}

impl decoder::world::World for DecoderWorld {
    type Object = Line;
    type Http = Wire;
    type Pace = Waits;
    type Blobs = Shelf;

    fn object(&self) -> &Line {
        &self.object
    }
    fn http(&self) -> &Wire {
        &self.http
    }
    fn pace(&self) -> &Waits {
        &self.pace
    }
    fn blobs(&self) -> &Shelf {
        &self.blobs
    }
    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }
    fn experience(&self) -> &Experience {
        &self.experience
    }
    fn limits(&self) -> Limits {
        self.limits
    }
}
