/** Sizes that a trace must keep to, each with what breaks beyond it. */

/**
 * Size of a batch buffer in bytes, its Batch record included. @default of the
 * recorder. No reader depends on it; Go's own buffers hold 64488 bytes.
 */
export const BATCH_BYTES = 65_536;

/**
 * Longest encoding of one event without inline text: a lead byte, a length
 * byte and five values of at most 10 bytes. The length byte of an event is
 * therefore always below 128 and can be patched in place.
 */
export const MAX_EVENT_BYTES = 52;

/** Longest unsigned varint: 64 bits in groups of seven. */
export const MAX_UVARINT_BYTES = 10;

/**
 * Longest text of a String or UserLog record. Go's readers refuse more than
 * 1,000,000 bytes.
 */
export const MAX_STRING_BYTES = 1_000_000;

/**
 * Longest text the recorder writes: Go caps function and file names so. Longer
 * ones keep their tail, where the telling part of a path is.
 */
export const MAX_NAME_BYTES = 1024;

/** Most frames of a stack: with more, the profile pages of Go 1.23 panic. */
export const MAX_STACK_FRAMES = 128;

/** Most frames that a reader accepts in a Stack record, as Go's do. */
export const MAX_READ_STACK_FRAMES = 1000;

/** Longest body of a length-prefixed record for Go 1.23 and later. */
export const MAX_RECORD_BYTES = 2048;

/** Bytes of the header. */
export const HEADER_BYTES = 16;
