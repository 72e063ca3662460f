/** What a program logged of itself, as activations, slices, waits and settlements; see log.mjs. */
import { Mode, Wait } from "./kinds.mjs";
import { Kind, STRIDE } from "./log.mjs";

/** A piece of running time, in milliseconds of the program's clock. */
export interface Segment {
  readonly begin: number;
  readonly end: number;
}

/** What runs between two suspensions of an activation, or one run of a callback. */
export interface Slice {
  /** Its pieces: what it calls runs in between. */
  readonly segments: Segment[];
  /** True for the part before the first suspension; of a generator also after each `yield`. */
  readonly isFirst: boolean;
  /** `Wait` of the await that it follows; 0 for none. */
  readonly after: number;
}

/** An activation or a callback. */
export interface Unit {
  readonly id: number;
  /** Who called it or asked for it; 0 is the driver. */
  readonly caller: number;
  /** `Mode` of an activation, 0 of a callback. */
  readonly mode: number;
  /** `Callback` of a callback, 0 of an activation. */
  readonly callback: number;
  readonly slices: Slice[];
  /** True once it has waited. */
  suspends: boolean;
  /** When it was over; NaN if it gave the promise of another. */
  end: number;
  /** True if it ended by an exception. */
  threw: boolean;
  /** The activation whose promise it gave as its own; 0 for none. */
  returned: number;
}

/** One await. */
export interface Await {
  readonly unit: Unit;
  readonly wait: number;
  readonly begin: number;
  /** NaN if it never went on. */
  end: number;
  /** Numbers of the promises or activations waited for. */
  readonly members: number[];
  /** How many it waits for; more than `members` if some settle unseen. */
  readonly count: number;
}

/** A promise that was settled: when and by whom. */
export interface Settlement {
  readonly time: number;
  /** Unit; 0 is the driver. */
  readonly by: number;
  readonly threw: boolean;
}

/** Everything that one program told. */
export interface Truth {
  readonly units: ReadonlyMap<number, Unit>;
  readonly awaits: readonly Await[];
  /** By number of the promise, or of the activation whose promise it is. */
  readonly settlements: ReadonlyMap<number, Settlement>;
}

/** Reads what `drive` of log.mjs gave. */
export function readTruth(events: readonly number[]): Truth {
  return new TruthReader().read(events);
}

class TruthReader {
  readonly #units = new Map<number, Unit>();
  readonly #awaits: Await[] = [];
  readonly #settlements = new Map<number, Settlement>();
  /** Beginning of the piece of running time that a unit is in. */
  readonly #begins = new Map<number, number>();
  /** What a unit waits for. */
  readonly #waiting = new Map<number, Await>();

  read(events: readonly number[]): Truth {
    for (let at = 0; at < events.length; at += STRIDE) {
      const [kind, subject, first, second, time] = events.slice(
        at,
        at + STRIDE,
      );
      this.#event(kind, subject, first, second, time);
    }
    return {
      units: this.#units,
      awaits: this.#awaits,
      settlements: this.#settlements,
    };
  }

  #event(
    kind: number,
    subject: number,
    first: number,
    second: number,
    time: number,
  ): void {
    switch (kind) {
      case Kind.Enter:
        this.#enter(subject, first, second);
        return this.#begin(subject, time);
      case Kind.Schedule:
        this.#add(subject, first, 0, second);
        return;
      case Kind.Call:
        return this.#end(subject, time);
      case Kind.Return:
        return this.#begin(subject, time);
      case Kind.Suspend:
        return this.#suspend(subject, first, second, time);
      case Kind.Resume:
        return this.#resume(subject, time);
      case Kind.Yield:
        return this.#end(subject, time);
      case Kind.Yielded:
        this.#unit(subject).slices.push(slice(true, 0));
        return this.#begin(subject, time);
      case Kind.Begin:
        this.#unit(subject).slices.push(slice(false, 0));
        return this.#begin(subject, time);
      case Kind.End:
        return this.#end(subject, time);
      case Kind.Exit: {
        this.#end(subject, time);
        const unit = this.#unit(subject);
        unit.end = time;
        unit.threw = first === 1;
        this.#settlements.set(subject, {
          time,
          by: subject,
          threw: unit.threw,
        });
        return;
      }
      case Kind.Tail:
        this.#end(subject, time);
        // The next one that it calls is the one it gives.
        this.#unit(subject).returned = -1;
        return;
      case Kind.Settle:
        this.#settlements.set(subject, { time, by: first, threw: false });
        return;
      case Kind.Member:
        this.#waiting.get(subject)?.members.push(first);
        return;
    }
  }

  #unit(id: number): Unit {
    const unit = this.#units.get(id);
    if (unit === undefined) throw new Error(`Cannot read truth: no unit ${id}`);
    return unit;
  }

  #add(id: number, caller: number, mode: number, callback: number): Unit {
    const unit: Unit = {
      id,
      caller,
      mode,
      callback,
      slices: [],
      suspends: false,
      end: NaN,
      threw: false,
      returned: 0,
    };
    this.#units.set(id, unit);
    return unit;
  }

  #enter(id: number, callerId: number, mode: number): void {
    this.#add(id, callerId, mode, 0).slices.push(slice(true, 0));
    const caller = this.#units.get(callerId);
    if (caller === undefined) return;
    if (caller.returned === -1) caller.returned = id;
    // Made while its caller was about to wait: the caller waits for it.
    const isMember = mode === Mode.Beside || mode === Mode.Either;
    if (isMember) this.#waiting.get(callerId)?.members.push(id);
  }

  #begin(id: number, time: number): void {
    this.#begins.set(id, time);
  }

  #end(id: number, end: number): void {
    const begin = this.#begins.get(id);
    if (begin === undefined) return;
    this.#begins.delete(id);
    this.#unit(id).slices.at(-1)!.segments.push({ begin, end });
  }

  #suspend(id: number, wait: number, detail: number, time: number): void {
    this.#end(id, time);
    const unit = this.#unit(id);
    unit.suspends = true;
    const isGroup = wait === Wait.All || wait === Wait.Settled ||
      wait === Wait.Race || wait === Wait.Any;
    const made: Await = {
      unit,
      wait,
      begin: time,
      end: NaN,
      members: wait === Wait.Kept ? [detail] : [],
      count: isGroup ? detail : 1,
    };
    this.#awaits.push(made);
    this.#waiting.set(id, made);
  }

  #resume(id: number, time: number): void {
    const ended = this.#waiting.get(id);
    if (ended !== undefined) ended.end = time;
    this.#waiting.delete(id);
    this.#unit(id).slices.push(slice(false, ended?.wait ?? 0));
    this.#begin(id, time);
  }
}

function slice(isFirst: boolean, after: number): Slice {
  return { segments: [], isFirst, after };
}
