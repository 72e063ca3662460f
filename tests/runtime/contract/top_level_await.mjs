/** A module that waits while it is loaded. */
await new Promise((resolve) => setTimeout(resolve, 5));
export const isLoaded = true;
