/**
 * States of goroutines and processors along the ordered events: every
 * transition legal, or an error (spec, 9.7). On the way each event gets the
 * processor under which Go shows it, and the first start of a goroutine the
 * stack that its creation gave.
 */

import { TraceFormatError } from "./errors.ts";
import { EVENT_SPECS, EventType } from "./event_catalogue.ts";
import {
  GC_PROC,
  NETWORK_PROC,
  type RecordReader,
  SYSCALL_PROC,
  TIMER_PROC,
} from "./record_reader.ts";

const DEAD = 0;
const RUNNABLE = 1;
const RUNNING = 2;
const WAITING = 3;

/** What a goroutine does last, as far as a later event asks. */
const OTHER = 0;
const IN_NETWORK = 1;

/** How strict validation is. */
export interface ValidatorOptions {
  /**
   * True for a trace whose end is missing: an illegal transition is passed
   * over, because what would explain it may be behind the cut.
   */
  readonly partial: boolean;
}

/**
 * Checks the ordered events of `records` and completes them in place.
 *
 * @throws {TraceFormatError} Of kind `state` at the first illegal transition,
 * unless `partial`.
 */
export function validateEvents(
  records: RecordReader,
  options: ValidatorOptions,
): void {
  new Validator(records, options.partial).run();
}

class Validator {
  /** The event that is being looked at. */
  #row: number = 0;
  readonly #isPartial: boolean;
  readonly #records: RecordReader;
  /** State, by goroutine. */
  readonly #states: Uint8Array;
  /** 1 once a goroutine was seen at all, which is more than created. */
  readonly #isKnown: Uint8Array;
  readonly #isInNetwork: Uint8Array;
  /** Stack that its creation gave, until the first start, by goroutine. */
  readonly #entryStacks: Uint32Array;
  /** 1 while a mark assist is open, by goroutine. */
  readonly #isAssisting: Uint8Array;
  /** Goroutine on a processor; 0 none. */
  readonly #running: Uint32Array;
  readonly #isStarted: Uint8Array;
  readonly #isSweeping: Uint8Array;
  /** Per processor before 1.10, else all in place 0. */
  readonly #isStopped: Uint8Array;
  readonly #isStopPerProc: boolean;
  #isCollecting: boolean = false;
  readonly #tasks: Set<number> = new Set();
  /** Rows of the open regions of a goroutine, outermost first. */
  readonly #regions: Map<number, number[]> = new Map();

  constructor(records: RecordReader, isPartial: boolean) {
    this.#isPartial = isPartial;
    this.#records = records;
    const goroutines = records.goroutines.length;
    const procs = records.procs.length;
    this.#states = new Uint8Array(goroutines);
    this.#isKnown = new Uint8Array(goroutines);
    this.#isInNetwork = new Uint8Array(goroutines);
    this.#entryStacks = new Uint32Array(goroutines);
    this.#isAssisting = new Uint8Array(goroutines);
    this.#running = new Uint32Array(procs);
    this.#isStarted = new Uint8Array(procs);
    this.#isSweeping = new Uint8Array(procs);
    this.#isStopped = new Uint8Array(procs);
    this.#isStopPerProc = records.version < 10;
    this.#states[0] = RUNNING;
    this.#isKnown[0] = 1;
  }

  run(): void {
    const { events } = this.#records;
    const { type, go } = events;
    const states = this.#states;
    const isKnown = this.#isKnown;
    const running = this.#running;
    const isInNetwork = this.#isInNetwork;
    for (let row = 0; row < events.length; row++) {
      this.#row = row;
      const g = go[row];
      const p = events.proc[row];
      switch (type[row]) {
        case EventType.GoCreate: {
          if (states[g] !== RUNNING || running[p] !== g) {
            this.#refuse(this.#notRunning(g, p));
          }
          const created = events.target(row);
          // Looking at an event makes its goroutine known, as in Go.
          if (isKnown[created] === 1) {
            this.#refuse(`g ${this.#goText(created)} already exists`);
          }
          isKnown[created] = 1;
          states[created] = RUNNABLE;
          this.#entryStacks[created] = events.argument(row, 1);
          break;
        }
        case EventType.GoStart:
        case EventType.GoStartLocal:
        case EventType.GoStartLabel:
          if (states[g] !== RUNNABLE) {
            this.#refuse(
              `g ${this.#goText(g)} is not runnable before start`,
            );
          }
          if (running[p] !== 0) this.#refuse(this.#alreadyRunning(g, p));
          states[g] = RUNNING;
          running[p] = g;
          isInNetwork[g] = OTHER;
          if (this.#entryStacks[g] !== 0) {
            events.stack[row] = this.#entryStacks[g];
            this.#entryStacks[g] = 0;
          }
          break;
        case EventType.GoUnblock:
        case EventType.GoUnblockLocal:
          this.#unblock(row, g, p);
          break;
        case EventType.GoBlockNet:
          this.#park(g, p, WAITING);
          isInNetwork[g] = IN_NETWORK;
          break;
        case EventType.GoSleep:
        case EventType.GoBlock:
        case EventType.GoBlockSend:
        case EventType.GoBlockRecv:
        case EventType.GoBlockSelect:
        case EventType.GoBlockSync:
        case EventType.GoBlockCond:
        case EventType.GoBlockGC:
        case EventType.GoSysBlock:
          this.#park(g, p, WAITING);
          break;
        case EventType.GoSched:
        case EventType.GoPreempt:
          this.#park(g, p, RUNNABLE);
          break;
        case EventType.GoEnd:
          this.#park(g, p, DEAD);
          this.#regions.delete(g);
          break;
        case EventType.GoStop:
          this.#park(g, p, DEAD);
          break;
        case EventType.GoSysCall:
          this.#checkRunning(g, p);
          break;
        case EventType.GoSysExit:
        case EventType.GoSysExitLocal:
          if (states[g] !== WAITING) {
            this.#refuse(
              `g ${this.#goText(g)} is not waiting during syscall exit`,
            );
          }
          states[g] = RUNNABLE;
          isInNetwork[g] = OTHER;
          events.proc[row] = SYSCALL_PROC;
          break;
        case EventType.GoWaiting:
        case EventType.GoInSyscall:
          if (states[g] !== RUNNABLE) {
            this.#refuse(
              `g ${this.#goText(g)} is not runnable before ${this.#name()}`,
            );
          }
          states[g] = WAITING;
          break;
        default:
          this.#other(row, g, p);
      }
      isKnown[g] = 1;
    }
  }

  /** `E` by the current goroutine takes it off its processor. */
  #park(g: number, p: number, state: number): void {
    this.#checkRunning(g, p);
    this.#states[g] = state;
    this.#running[p] = 0;
  }

  #checkRunning(g: number, p: number): void {
    if (this.#states[g] !== RUNNING || this.#running[p] !== g) {
      this.#refuse(this.#notRunning(g, p));
    }
    if (g === 0) this.#refuse(`g 0 did ${this.#name()}`);
  }

  #unblock(row: number, g: number, p: number): void {
    const { events, timerGoroutines } = this.#records;
    const isTimer = timerGoroutines.size > 0 && timerGoroutines.has(g);
    if (this.#states[g] !== RUNNING) {
      this.#refuse(`g ${this.#goText(g)} is not running while unpark`);
    }
    if (!isTimer && this.#running[p] !== g) {
      this.#refuse(
        `p ${this.#procText(p)} is not running g ${
          this.#goText(g)
        } while unpark`,
      );
    }
    const target = events.target(row);
    if (this.#states[target] !== WAITING) {
      this.#refuse(
        `g ${this.#goText(target)} is not waiting before unpark`,
      );
    }
    if (isTimer) events.proc[row] = TIMER_PROC;
    else if (this.#isInNetwork[target] === IN_NETWORK) {
      events.proc[row] = NETWORK_PROC;
    }
    this.#isInNetwork[target] = OTHER;
    this.#states[target] = RUNNABLE;
    this.#isKnown[target] = 1;
  }

  /** The events that do not move a goroutine. */
  #other(row: number, g: number, p: number): void {
    const { events } = this.#records;
    switch (events.type[row]) {
      case EventType.ProcStart:
        if (this.#isStarted[p] === 1) {
          this.#refuse(`p ${this.#procText(p)} is running before start`);
        }
        this.#isStarted[p] = 1;
        break;
      case EventType.ProcStop:
        if (this.#isStarted[p] === 0) {
          this.#refuse(
            `p ${this.#procText(p)} is not running before stop`,
          );
        }
        if (this.#running[p] !== 0) {
          const g = this.#goText(this.#running[p]);
          this.#refuse(
            `p ${this.#procText(p)} is running a goroutine ${g} during stop`,
          );
        }
        this.#isStarted[p] = 0;
        break;
      case EventType.GCStart:
        if (this.#isCollecting) {
          this.#refuse("previous GC is not ended before a new one");
        }
        this.#isCollecting = true;
        events.proc[row] = GC_PROC;
        break;
      case EventType.GCDone:
        if (!this.#isCollecting) this.#refuse("bogus GC end");
        this.#isCollecting = false;
        break;
      case EventType.STWStart:
        this.#open(this.#isStopped, this.#isStopPerProc ? p : 0, "STW");
        break;
      case EventType.STWDone:
        this.#close(this.#isStopped, this.#isStopPerProc ? p : 0, "STW");
        break;
      case EventType.GCSweepStart:
        this.#open(this.#isSweeping, p, "sweeping");
        break;
      case EventType.GCSweepDone:
        this.#close(this.#isSweeping, p, "sweeping");
        break;
      case EventType.GCMarkAssistStart:
        this.#open(this.#isAssisting, g, "mark assist");
        break;
      case EventType.GCMarkAssistDone:
        // An assist may have begun before the trace, so a lone end is fine.
        this.#isAssisting[g] = 0;
        break;
      case EventType.UserTaskCreate:
        this.#createTask(events.argument(row, 0));
        break;
      case EventType.UserTaskEnd:
        this.#tasks.delete(events.argument(row, 0));
        break;
      case EventType.UserRegion:
        this.#region(row, g);
        break;
    }
  }

  #open(isOpen: Uint8Array, index: number, name: string): void {
    if (isOpen[index] === 1) {
      this.#refuse(`previous ${name} is not ended before a new one`);
    }
    isOpen[index] = 1;
  }

  #close(isOpen: Uint8Array, index: number, name: string): void {
    if (isOpen[index] === 0) this.#refuse(`bogus ${name} end`);
    isOpen[index] = 0;
  }

  #createTask(task: number): void {
    if (this.#tasks.has(task)) {
      const id = this.#records.wides.toText(task);
      this.#refuse(`task id conflicts (id:${id})`);
    }
    this.#tasks.add(task);
  }

  #region(row: number, g: number): void {
    const { events, strings, wides } = this.#records;
    const mode = events.argument(row, 1);
    if (mode !== 0 && mode !== 1) {
      this.#refuse("invalid user region mode", {
        found: wides.toText(mode),
        wanted: "0 or 1",
      });
    }
    let open = this.#regions.get(g);
    if (mode === 0) {
      if (open === undefined) this.#regions.set(g, open = []);
      open.push(row);
      return;
    }
    const top = open?.pop();
    // A region may have begun before the trace, so a lone end is fine.
    if (top === undefined) return;
    const name = strings.text(events.argument(row, 2));
    const wanted = strings.text(events.argument(top, 2));
    if (
      name !== wanted || events.argument(row, 0) !== events.argument(top, 0)
    ) {
      this.#refuse("misuse of region", {
        found: `the end of ${this.#regionText(row)}`,
        wanted: `the end of ${this.#regionText(top)}`,
      });
    }
  }

  #regionText(row: number): string {
    const { events, strings, wides } = this.#records;
    const name = strings.text(events.argument(row, 2));
    return `${JSON.stringify(name)} of task ${
      wides.toText(events.argument(row, 0))
    }`;
  }

  #name(): string {
    const type = this.#records.events.type[this.#row];
    return EVENT_SPECS[type - 1].name;
  }

  #goText(index: number): string {
    return this.#records.wides.toText(this.#records.goroutines.ids[index]);
  }

  #procText(index: number): string {
    return this.#records.wides.toSignedText(this.#records.procs.ids[index]);
  }

  #notRunning(g: number, p: number): string {
    const go = this.#goText(g);
    return this.#states[g] !== RUNNING
      ? `g ${go} is not running while ${this.#name()}`
      : `p ${this.#procText(p)} is not running g ${go} while ${this.#name()}`;
  }

  #alreadyRunning(g: number, p: number): string {
    const running = this.#goText(this.#running[p]);
    return `p ${this.#procText(p)} is already running g ${running} while ` +
      `start g ${this.#goText(g)}`;
  }

  /** Throws for the event that is being looked at; does nothing where the end of the trace is missing. */
  #refuse(
    rule: string,
    details: { found?: string; wanted?: string } = {},
  ): void {
    if (this.#isPartial) return;
    const { events, goroutines, procs } = this.#records;
    const row = this.#row;
    throw new TraceFormatError("validate the events", {
      kind: "state",
      rule,
      offset: events.offset[row],
      time: events.time[row],
      p: procs.ids[events.proc[row]],
      g: goroutines.ids[events.go[row]],
      ...details,
    });
  }
}
