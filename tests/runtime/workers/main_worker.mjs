postMessage(import.meta.main);
