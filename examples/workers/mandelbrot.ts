/** The worker of `main.ts`: counts the points of its rows that never leave. */

import type { Rows } from "./main.ts";

const LIMIT = 400;

const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: Rows }) => void;
  postMessage(count: number): void;
};

scope.onmessage = ({ data }) => scope.postMessage(count(data));

function count({ from, to, width, height }: Rows): number {
  let inside = 0;
  for (let row = from; row < to; row++) {
    for (let column = 0; column < width; column++) {
      if (stays(3 * column / width - 2, 2 * row / height - 1)) inside++;
    }
  }
  return inside;
}

/** True if the point does not leave within so many steps. */
function stays(x: number, y: number): boolean {
  let a = 0;
  let b = 0;
  for (let step = 0; step < LIMIT; step++) {
    const c = a * a - b * b + x;
    b = 2 * a * b + y;
    a = c;
    if (a * a + b * b > 4) return false;
  }
  return true;
}
