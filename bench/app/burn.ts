/** CPU work of an amount that is the same in every process, whatever else the machine does. */

/** Takes time in proportion to `steps`. */
export function burn(steps: number): void {
  let state = 1;
  for (let i = 0; i < steps; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  sink.state = state;
}

/** Where results go: a loop without one could be left out by the engine. */
export const sink = { state: 0 };

/** How many steps take `micros` microseconds on this machine, when nothing else runs. */
export function stepsFor(micros: number): number {
  const steps = 1_000_000;
  let fastest = Infinity;
  for (let round = 0; round < 20; round++) {
    const began = performance.now();
    burn(steps);
    fastest = Math.min(fastest, performance.now() - began);
  }
  return Math.round(steps * micros / (fastest * 1000));
}
