/** Writes to sockets of node's, which tell when the data has gone. */

import { type ApiRow, operationName } from "../apis/api_table.ts";
import type { WrapperContext } from "./callback.ts";
import { Operation } from "./operation.ts";
import { wrapCallback } from "./operations.ts";
import { replace } from "./replace.ts";

/** What is looked at of a socket: node:http says there whose it is. */
interface Socket {
  readonly _httpMessage?: unknown;
}

/** The `wrap` of a row whose functions are such. */
export function wrapSocketWrites(
  row: Pick<ApiRow, "owner" | "keys" | "reason">,
): (context: WrapperContext, owner: object) => void {
  return (context, owner) => {
    for (const key of row.keys) {
      const name = operationName(row.owner, key);
      const operation = new Operation(context.sites, name, row.reason);
      replace(owner, key, (original) => {
        const write = wrapCallback(original, operation, context, () => false);
        return function (this: Socket, ...args: unknown[]): unknown {
          const isHttp = this?._httpMessage !== undefined &&
            this._httpMessage !== null;
          return Reflect.apply(isHttp ? original : write, this, args);
        };
      });
    }
  };
}
