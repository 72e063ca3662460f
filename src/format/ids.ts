/** The numbers by which a trace names things, each a type of its own, and the names of absence. */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** A goroutine. 1 or more, never used twice in one trace; 0 is {@linkcode NO_GO}. */
export type GoId = Branded<number, "GoId">;
/** A processor: one event loop. 0 is the main thread's, k that of worker k; -1 is {@linkcode NO_PROC}. */
export type ProcId = Branded<number, "ProcId">;
/** An entry of the string table, 1 or more; 0 is {@linkcode NO_STRING}. */
export type StringId = Branded<number, "StringId">;
/** An entry of the stack table, 1 to 2^32 - 1; 0 is {@linkcode NO_STACK}. */
export type StackId = Branded<number, "StackId">;
/** A user task, 1 or more; 0 is {@linkcode NO_USER_TASK}. */
export type UserTaskId = Branded<number, "UserTaskId">;

/** No goroutine: the scheduler, the loop itself, the network poller. */
export const NO_GO = 0 as GoId;
/** No processor: what belongs to no loop. Written as 2^64 - 1. */
export const NO_PROC = -1 as ProcId;
/** The empty string. Never written as a String record. */
export const NO_STRING = 0 as StringId;
/** No stack. Never an entry of the stack table. */
export const NO_STACK = 0 as StackId;
/** No user task: the parent of a root task, the task of a free region or log. */
export const NO_USER_TASK = 0 as UserTaskId;
